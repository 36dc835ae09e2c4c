"""The port of metrics and health: whoever can reach it is a stranger."""

from typing import Final

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

HTTPS_ACCEPTS: Final = 4
"""The same where TLS is spoken: a handshake costs 0.2 ms with a key on P-256, and 5 ms with the
longest RSA key that is in use."""

HTTPS_HANDSHAKES_SHARE: Final = 0.1
"""Most seconds per second for which handshakes of strangers hold the event loop: after each batch
of connections the others have their turn, so that at most some 500 a second are shaken hands with,
and 20 with such a key. Prometheus needs one in 15 s, and waits 10 s for it."""

HTTPS_REVIEWS: Final = 4
"""Tokens that the API server is asked about at a time, and one for each address: who sends tokens
without end waits for nobody but themselves."""

HTTPS_REVIEW_SECONDS: Final = 5.0
"""How long it may take to answer."""

HTTPS_ALLOWED_SECONDS: Final = 60.0
"""How long somebody who may see the metrics may, after the token or the right was taken away."""

HTTPS_REFUSED_SECONDS: Final = 10.0
"""How long somebody who may not has to wait after the right was given."""

HTTPS_VERDICTS: Final = 64
"""Most verdicts that are remembered of each kind, by a digest of the token: there is one for each
Prometheus. Those who are refused take no room from those who are not."""

METRICS_SLICE_SECONDS: Final = 0.01
"""For how long the text of a scrape is made before others have their turn."""

METRICS_TEXT_SECONDS: Final = 2.0
"""How long the text of a scrape may serve for others; it is made anew after ten times what making
it took, at the latest after this. There are two forms of it, and so two texts."""
