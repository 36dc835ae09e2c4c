"""Probes of imported clusters, which tenants share."""

from typing import Final

PROBES_AT_A_TIME: Final = 256
"""Most probes under way. Each may wait 5 s for a cluster that does not answer, and one tenant has
at most half of them."""

PROBE_SECONDS: Final = 5.0
"""Time for a whole probe; what clustersynchro-manager gives its own."""

RESOLUTION_SECONDS: Final = 3.0
"""Time for a name, of those five seconds, so that a dead name server is told from a dead API
server."""

RESOLVED_ADDRESSES: Final = 8
"""Most addresses of one name that are looked at; a name of a cluster has one or two."""

PROBE_BODY_BYTES: Final = 64 * 1024
"""Most bytes of an answer's body that are read; ``/version`` has half a KiB."""

PROBE_WIRE_BYTES: Final = 128 * 1024
"""Most bytes received in one handshake, and for one answer: certificates may have 100 KiB by
OpenSSL's limit, a body 64 KiB by ours, the rest are headers. It bounds what chunks of one byte or
endless interim answers cost."""

VERSION_CHARACTERS: Final = 64
"""Longest version that is believed; distributions append a word or two to Kubernetes' own."""

PROBE_WAIT_SECONDS: Final = 10.0
"""Longest that one probe waits for threads, processor time or memory of this process; after it
nothing is known of the cluster. Its own 5 s stand still meanwhile."""

HANDSHAKE_THREADS: Final = 4
"""Threads for TLS: a good handshake takes a millisecond or two, a malicious one hundreds."""

HANDSHAKE_CPU_SHARE: Final = 0.2
"""Processor seconds that the handshakes of one tenant may take per second, in the long run: a
container has one core. A thousand clusters that connect anew take 4 s together."""

HANDSHAKE_CPU_BURST_SECONDS: Final = 4.0
"""Processor seconds that a tenant may take at once after a quiet time, as at a start."""

RESOLVER_THREADS: Final = 64
"""Most names in resolution at once: a thread each. A tenant gets at most half, and less when
others have some, so that names which hold ``getaddrinfo`` for half a minute leave room."""

PEM_BYTES: Final = 256 * 1024
"""Most bytes of one PEM text of a probe: some hundred certificates, a few milliseconds to load."""

CERTIFICATE_BYTES: Final = 16 * 1024
"""Most bytes (DER) of one CA certificate that a probe loads; a large one has 2 KiB."""

PRIVATE_KEY_BYTES: Final = 8 * 1024
"""Most bytes (PEM) of a client's private key; RSA of 8192 bits has 6.4 KiB. A key may hold numbers
of any length, and a signature with them then takes minutes."""

SERVER_CERTIFICATES: Final = 32
"""Most certificates that a server may present; two or three are usual."""

SERVER_CERTIFICATE_BYTES: Final = 32 * 1024
"""Most bytes (DER) of all of them; 5 KiB are usual. In memory they take up to 40 times of it."""

RSA_KEY_BITS: Final = 8192
"""Largest RSA key that a server may present, as in Go's crypto/tls."""

RSA_EXPONENT: Final = 2**31 - 1
"""Largest public exponent of such a key, as in Go's crypto/rsa: one as long as the key makes each
verification two hundred times as dear."""

LOADED_TRUST_BYTES: Final = 64 * 1024
"""Estimated memory up to which a context has all CA certificates of its cluster, some twenty usual
ones. Of more it has those that a server is verified by, while it is."""

SELECTED_TRUST_BYTES: Final = 256 * 1024
"""Estimated memory of those: a hundred of one name. Usual are one or two."""

PRESENTED_CHAIN_BYTES: Final = 128 * 1024
"""Estimated memory of a client's certificate with its chain, fifty small ones: contexts have all of
it, and a tenant has at most half of PROBES_AT_A_TIME of them in use."""

KEPT_MEMORY_SHARE: Final = 0.2
"""Part of the memory which the process may use that connections kept between two probes may take
by our estimate, with their TLS contexts."""

KEPT_MEMORY_BYTES: Final = 1024 * 1024 * 1024
"""The same where nothing limits the memory of the process: some 25 000 connections."""

RESERVED_FILES: Final = 192
"""File descriptors that probes leave to the API server, the resolver's threads and the rest of the
process, beside those of the port of metrics."""

PROBE_RECEIVE_BYTES: Final = 2048
"""Most bytes taken from the socket at once; OpenSSL's buffer keeps that size for good."""

PROBE_CHUNK_BYTES: Final = 4096
"""Most bytes handed on at once, for other tasks run in between."""

PROBE_CHARGE_BYTES: Final = 256
"""What a reception counts at least, since one of a single byte costs as much work as any."""
