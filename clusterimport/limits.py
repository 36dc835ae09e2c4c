"""Every bound of the program, with its reason, and how it is told that one was reached.

What a tenant can make big, many or slow is bounded here per object and per tenant, so that one
tenant's worst costs another one little (SECURITY.md has the whole picture). A bound that an
operator may have to change is the default of a flag and says so; the others are constants, since
nothing legitimate comes near them.
"""

from enum import StrEnum
from typing import Final, NamedTuple, Protocol


class Limit(StrEnum):
    """A bound, as the label ``limit`` of ``clusterimport_limit_reached_total`` names it."""

    TEMPLATE = "template"
    YAML_SIZE = "yaml_size"
    DELETION_BUDGET = "deletion_budget"
    KUBECONFIG_BYTES = "kubeconfig_bytes"
    HTTP_CONNECTIONS = "http_connections"
    HTTP_HEAD_BYTES = "http_head_bytes"
    HTTP_HEAD_SECONDS = "http_head_seconds"
    HTTP_ANSWER_SECONDS = "http_answer_seconds"
    PROBE_NAMES = "probe_names"
    PROBE_CPU = "probe_cpu"
    PROBE_MEMORY = "probe_memory"
    PROBE_CONNECTIONS = "probe_connections"
    SERVER_CERTIFICATES = "server_certificates"
    OBJECT_BYTES = "object_bytes"
    OBJECT_VALUES = "object_values"
    OBJECT_DEPTH = "object_depth"
    OBJECT_ENCODING = "object_encoding"
    NAMESPACE_SOURCE_BYTES = "namespace_source_bytes"
    LOOP_TIME = "loop_time"
    EVENTS = "events"
    ACCESS = "access"


# Templates and what they make of an object: work, not time, so that a bound is met at the same
# place every time. Together they keep a parse or a render below 40 ms. Counted as ``TEMPLATE``.

TEMPLATE_BYTES: Final = 128 * 1024
"""Most bytes of a template's text."""

TEMPLATE_TOKENS: Final = 6000
"""Words, literals and delimiters of a template; fields that follow one another are one."""

TEMPLATE_NESTING: Final = 100
"""Control structures and parentheses inside one another."""

TEMPLATE_CALLS: Final = 3000
"""Templates that call one another, or themselves, without end."""

TEMPLATE_STEPS: Final = 30_000
"""Steps of one render, each about a microsecond."""

TEMPLATE_OUTPUT_BYTES: Final = 1024 * 1024
"""Most bytes that a render prints; etcd takes some 1.5 MB."""

TEMPLATE_VALUE_SIZE: Final = 1024 * 1024
"""Bytes of one string, or items of one list, that a function makes."""

TEMPLATE_VALUE_DEPTH: Final = 100
"""Lists and maps inside one another, in a value that is printed or descended into."""

TEMPLATE_PATTERN_CHARACTERS: Final = 4096
"""Longest regular expression of a template."""

TEMPLATE_PATTERN_BYTES: Final = 1024 * 1024
"""Most memory of the program that a regular expression becomes."""

COMPILED_TEMPLATES: Final = 1024
"""Templates that are kept compiled, some 20 KiB each. A policy has about six, and its lifecycles
share them; the one that was used least recently is compiled again."""

# Documents and credentials.

YAML_NODES: Final = 2000
"""Values of a document or kubeconfig, about 10 ms of work: a PediaCluster has some 50, a kubeconfig
some 30."""

YAML_DEPTH: Final = 32
"""Levels of a document or kubeconfig. Both are counted as ``YAML_SIZE``."""

ADDRESS_CHARACTERS: Final = 2048
"""Longest address of a cluster."""

EXPIRY_TOKEN_CHARACTERS: Final = 16 * 1024
"""Longest token that is looked into for its end; a service account's has some 1 000 characters."""

EXPIRY_CHAIN_BYTES: Final = 64 * 1024
"""Most of a PEM chain that is looked at for its end; its first certificate has some 1 500 bytes."""

KUBECONFIG_BYTES: Final = 256 * 1024
"""Most bytes of a kubeconfig; one of a single cluster has some 6 KiB."""

# Deletions without a person, within ten minutes. Counted as ``DELETION_BUDGET``.

DELETIONS_AT_LEAST: Final = 5
"""Always allowed where a policy does not say otherwise, or three clusters could never lose one."""

DELETIONS_PERCENT: Final = 10
"""Part of a tenant's, and of a policy's, clusters that may go; a policy's ``maxDeletions`` says
otherwise."""

DELETIONS_AT_MOST: Final = 1000
"""Allowed of however many clusters, whatever a policy says: each is an entry in its status, and
nobody removes so many in ten minutes without knowing."""

DELETIONS_REMEMBERED: Final = 2 * DELETIONS_AT_MOST
"""Entries of ``status.deletions``: the policy's and one tenant's share; some 400 KiB at most."""

DELETION_SLICE_SECONDS: Final = 10.0
"""For how long candidates are looked at, or deleted, in one go. However many there are and however
slowly the server answers, what was found and done by then stays found and done."""

DELETIONS_AT_ONCE: Final = 8
"""Lifecycles of one tenant whose deletion is under way together; each takes three requests."""

FINDING_SECONDS: Final = 1.0
"""How old the look may be that justifies a deletion: of many, those that had to wait are looked at
once more just before they go."""

FACTS_SECONDS: Final = 10.0
"""For how long the server's answer about a policy, or a CRD, serves all whose deletion rests on it
and who asked before it was given."""

REJECTIONS_REMEMBERED: Final = 64
"""Entries of ``status.rejected``, some 100 bytes each; of more the next leader tells none again."""

HELD_NAMESPACES_SHOWN: Final = 256
"""Entries of ``status.heldDeletions``, some 100 bytes each; others follow as these go."""

# The port of metrics and health: whoever can reach it is a stranger.

HTTP_CONNECTIONS: Final = 256
"""Most open connections of all peers; for one more, the peer that has the most loses its oldest.
The kubelet and Prometheus need one at a time. All of them at their worst (a head that is almost
complete, an answer that is not read) hold 6 MiB, and at most 32 MiB in the kernel."""

HTTP_FILES_SHARE: Final = 8
"""At most one in so many of the files that the process may open: the API server comes first."""

HTTP_HEAD_BYTES: Final = 16 * 1024
"""Most bytes before a body, and so of header fields; a mesh's proxy adds a few KiB to the 200 bytes
of the kubelet."""

HTTP_HEAD_SECONDS: Final = 5.0
"""How long a head may take to arrive; it comes in one packet."""

HTTP_ANSWER_SECONDS: Final = 10.0
"""How long an answer may take to be made and read, as Prometheus waits for one."""

HTTP_LINGER_SECONDS: Final = 1.0
"""How long a peer may take to close after the answer; it has been told that we will."""

HTTP_LINGER_BYTES: Final = 64 * 1024
"""Most bytes of a body, or of further requests, that are thrown away while waiting for that."""

HTTP_SOCKET_BYTES: Final = 32 * 1024
"""What the kernel is asked to buffer of a connection, each way; it takes the double, and would take
megabytes. 2 MB over a millisecond of latency take 60 of them."""

HTTP_BACKLOG: Final = 512
"""Connections that may wait in the kernel to be accepted. A longer line would only be a longer wait
where strangers fill it (with 4096 up to 10 s on a busy machine): who finds it full tries again
after a second, and a probe of the kubelet has five."""

HTTP_ACCEPTS_SHARE: Final = 4
"""One in so many of the connections that may be open is accepted in one go, a few milliseconds of
work: each is read from before it can be the oldest."""

HTTP_ACCEPTS_SECONDS: Final = 0.005
"""The pause after that, which belongs to everything else that this process does: as long as 64
connections took that never say anything, and have to go for others."""

METRICS_SLICE_SECONDS: Final = 0.01
"""For how long the text of a scrape is made before others have their turn."""

METRICS_TEXT_SECONDS: Final = 1.0
"""How long the text of a scrape may serve for others; it is made anew after ten times what making
it took, at the latest after this."""

# What the API server sends, and how long work on one object may take.

REQUESTS_IN_FLIGHT: Final = 48
"""Requests at a time, watches aside: where a server on two cores stops getting faster. With
``--kube-api-qps`` and ``--kube-api-burst`` an operator may bound them further."""

DISCOVERY_REQUESTS: Final = 8
"""Requests at a time where every group version has to be asked."""

CONNECT_SECONDS: Final = 10.0
"""A connection that takes longer is to a host that drops packets."""

STREAM_LINE_BYTES: Final = 64 * 1024 * 1024
"""A line of a watch beyond this is no event: etcd holds objects of a few MiB at most."""

RECONCILE_SECONDS: Final = 120.0
"""A reconcile that hangs this long is cancelled and retried; its calls are bounded far below."""

LOOP_SHARE: Final = 0.25
"""Seconds per second for which the reconciles of one tenant may hold the event loop whatever others
do, some 50 imports; for longer only while nobody is at work who has held it less."""

LOOP_BURST_SECONDS: Final = 0.25
"""For how long a tenant may hold the loop after a quiet time: 50 imports."""

EVENTS_WAITING: Final = 1024
"""Kubernetes Events that wait to be written, about 1 KiB each; the conditions tell the same."""

# The log, where foreign text ends.

LOG_TEXT_CHARACTERS: Final = 4096
"""Longer values are cut: no field that is meant for a log is longer."""

LOG_DEPTH: Final = 6
"""Lists and maps inside one another that a field shows."""

LOG_FRAMES: Final = 30
"""Frames of a traceback: the innermost tell most, and a recursion would fill the log."""

LOG_ERRORS: Final = 5
"""Errors that a chain of causes, or a group, shows."""

# Probes of imported clusters, which tenants share.

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

CONTEXT_BYTES: Final = 32 * 1024 * 1024
"""Estimated memory of TLS contexts with many CA certificates that are in use by probes under way;
one of 256 KiB of PEM takes up to 2 MiB."""

KEPT_MEMORY_SHARE: Final = 0.25
"""Part of the memory which the process may use that connections kept between two probes may take
by our estimate, with their TLS contexts."""

KEPT_MEMORY_BYTES: Final = 1024 * 1024 * 1024
"""The same where nothing limits the memory of the process: some 25 000 connections."""

RESERVED_FILES: Final = 192
"""File descriptors that probes leave to the API server, the resolver's threads and the rest of the
process, beside those of the port of metrics."""

# Objects of others, and how much is kept of them.


class Bounds(NamedTuple):
    """How much of one object is read; managedFields and last-applied are not counted."""

    size_bytes: int
    """Of its JSON."""
    values: int
    """Maps, lists, and what stands in them; what a decoded object's memory depends on."""
    depth: int
    """Levels of maps and lists in each other."""


SOURCE_BOUNDS: Final = Bounds(size_bytes=1024 * 1024, values=20_000, depth=64)
"""A source or reference: what tenants write.

The largest real ones are Karmada's Clusters with the types of a member cluster in their status:
300 KB and 5 000 values; one of Cluster API has 10 KB and 300 values, and a dozen levels. The worst
that these bounds let through takes 9 MiB when it is decoded: 20 000 maps of one member each (184
bytes), with names of 43 characters of which one is outside the BMP (76 bytes and four for each);
that is 1 MiB of JSON. Decoded objects are not held while anything is waited for, so one
evaluation's source and references are all there is at a time, whatever the number of workers.
"""

OWN_BOUNDS: Final = Bounds(size_bytes=4 * 1024 * 1024, values=100_000, depth=64)
"""An object of our own three types, which no tenant writes.

A PediaCluster's status names every type of its cluster, fifteen values each, and a cluster full of
providers has 2 000 of them.
"""

NAMESPACE_SOURCE_BYTES: Final = 96 * 1024 * 1024
"""Most bytes that are kept of the sources of one namespace; default of a flag.

As compact JSON 30 000 clusters of Cluster API take 60 MiB. A fifth of the Deployment's 512 MiB.
"""

LIST_PAGE_BYTES: Final = 16 * 1024 * 1024
"""Most bytes of a page of a list; a larger one is asked for in smaller pages.

500 usual objects come to 3 MiB, and 500 of the largest to 700 MiB.
"""

LIST_BYTES: Final = 128 * 1024 * 1024
"""Most bytes of a list that the server can give only at one go."""

SHARED_READ_SECONDS: Final = 5.0
"""How long a reference that several lifecycles share is kept after it was read.

Looking at 1 500 of them takes about as long; then nobody wants it before it changes.
"""

SHARED_READ_BYTES: Final = 8 * 1024 * 1024
"""Most bytes of shared references at a time; beyond it one is read again, which costs a request.

Eight of the largest that are read, or a thousand kubeconfigs.
"""

SHARED_READS: Final = 256
"""Most shared references at a time, which bounds the search for one to drop; as above."""

FAILING_OBJECTS: Final = 3
"""So many objects of a type whose writes are answered by 5xx in a row are the server's fault.

Fewer may be their own: a webhook can fail because of what it is asked about. From then on one of
them tries, with back-off, and the others wait. Counted as ``ACCESS``, as is a missing right.
"""


class LimitMetrics(Protocol):
    """Counts bounds that were reached."""

    def limit_reached(self, limit: Limit) -> None:
        """Count one refusal, delay or cut for the sake of a bound."""


class NullLimitMetrics:
    """Counts nothing."""

    def limit_reached(self, limit: Limit) -> None:
        """Do nothing."""
