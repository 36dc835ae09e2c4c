"""Lines out of chunks, without I/O.

Every byte is searched once and copied at most twice, whatever the sizes of chunks and lines; a
line may be far larger than any buffer of the HTTP library.
"""

from clusterimport.kube.errors import StreamError
from clusterimport.limits.requests import STREAM_LINE_BYTES


class LineSplitter:
    """Collects chunks and gives complete lines; blank lines are left out."""

    def __init__(self, *, max_line_bytes: int = STREAM_LINE_BYTES) -> None:
        self._max_line_bytes = max_line_bytes
        # Without a newline, always: each chunk is searched when it comes.
        self._tail = bytearray()

    def feed(self, chunk: bytes) -> list[bytes]:
        """Take a chunk and return the lines it completes; raises StreamError for a long one."""
        first, *rest = chunk.split(b"\n")
        if len(self._tail) + len(first) > self._max_line_bytes:
            raise StreamError("a line is too long for an event", reason="AnswerTooLarge")
        self._tail += first
        if not rest:
            return []
        lines = [bytes(self._tail), *rest[:-1]]
        self._tail = bytearray(rest[-1])
        if any(len(line) > self._max_line_bytes for line in rest):
            raise StreamError("a line is too long for an event", reason="AnswerTooLarge")
        return [line for line in lines if line and not line.isspace()]

    @property
    def has_partial_line(self) -> bool:
        """Whether bytes of an unfinished line are left; at the end of a stream, a broken event."""
        return bool(self._tail) and not self._tail.isspace()
