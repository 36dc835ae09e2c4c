"""What the API server sends, and how long work on one object may take."""

from typing import Final

REQUESTS_IN_FLIGHT: Final = 48
"""Requests at a time, watches aside: where a server on two cores stops getting faster. With
``--kube-api-qps`` and ``--kube-api-burst`` an operator may bound them further."""

FRESH_TURNS: Final = 8
"""Turns in a row that what has just happened has while a backlog waits, then that has one: in the
line before the API server, and of the turns of a tenant in a queue. So a backlog of N is done after
9 N turns, however many events there are."""

DISCOVERY_REQUESTS: Final = 8
"""Requests at a time where every group version has to be asked."""

CONNECT_SECONDS: Final = 10.0
"""A connection that takes longer is to a host that drops packets."""

ANSWER_BYTES: Final = 64 * 1024 * 1024
"""Most bytes of an answer that is no list: etcd holds objects of a few MiB at most, and discovery
of thousands of types takes as much. An aggregated API server may send what it likes."""

STREAM_LINE_BYTES: Final = 64 * 1024 * 1024
"""A line of a watch beyond this is no event: etcd holds objects of a few MiB at most."""

RECONCILE_SECONDS: Final = 120.0
"""A reconcile that hangs this long is cancelled and retried; its calls are bounded far below."""

LOOP_SHARE: Final = 0.25
"""Seconds per second for which the reconciles of one tenant may hold the event loop whatever others
do, some 50 imports; for longer only while nobody is at work who has held it less."""

LOOP_BURST_SECONDS: Final = 0.25
"""For how long a tenant may hold the loop after a quiet time: 50 imports."""


ERROR_BYTES: Final = 256 * 1024
"""How much of an error's body is read; a Status is far smaller, an HTML page is dropped anyway."""

ERROR_TEXT_CHARACTERS: Final = 256
"""Longest piece of a server's text that is kept; conditions and logs need no more."""

ERROR_CAUSES: Final = 16
"""Most causes that are kept of one answer."""

RETRY_AFTER_SECONDS: Final = 60.0
"""Longest wait a server may ask for, as long as our own back-off at most: one mistaken answer would
else hold an object back for an hour."""
