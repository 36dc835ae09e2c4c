"""The requests of a controller, followed in the audit log while it grows.

The times are the API server's, so that measuring a latency asks nothing of anybody.
"""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import msgspec

from development.controlplane.audit import WRITE_VERBS

_LEASES = "leases"


class _User(msgspec.Struct):
    username: str = ""


class _Target(msgspec.Struct):
    resource: str = ""
    subresource: str = ""
    namespace: str = ""
    name: str = ""


class _Line(msgspec.Struct):
    verb: str
    stage: str
    user: _User
    requestReceivedTimestamp: datetime  # noqa: N815 - the API's name
    stageTimestamp: datetime  # noqa: N815
    objectRef: _Target | None = None  # noqa: N815


class Seen(NamedTuple):
    """A request that has ended, or a watch that has begun; times in seconds since the epoch."""

    user: str
    verb: str
    resource: str
    """With the subresource, as in RBAC."""
    namespace: str
    name: str
    received: float
    ended: float

    @property
    def is_write(self) -> bool:
        """Whether it could change something."""
        return self.verb in WRITE_VERBS

    @property
    def is_lease(self) -> bool:
        """Whether it is about who leads, which a clock brings and not work."""
        return self.resource == _LEASES


class Tail:
    """Reads what was added to the log since it was last asked."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = path.stat().st_size if path.exists() else 0
        self._decoder = msgspec.json.Decoder(_Line)

    def read(self) -> list[Seen]:
        """Return the new requests, in the order in which they ended."""
        return list(self._read())

    def _read(self) -> Iterator[Seen]:
        with self._path.open("rb") as log:
            log.seek(self._offset)
            content = log.read()
        whole = content[: content.rfind(b"\n") + 1]  # the server has not finished the rest
        self._offset += len(whole)
        for text in whole.splitlines():
            line = self._decoder.decode(text)
            # A watch is logged when it begins, and once more when it ends.
            if line.verb == "watch" and line.stage == "ResponseComplete":
                continue
            target = line.objectRef or _Target()
            both = (target.resource, target.subresource)
            yield Seen(
                line.user.username,
                line.verb,
                "/".join(part for part in both if part),
                target.namespace,
                target.name,
                line.requestReceivedTimestamp.timestamp(),
                line.stageTimestamp.timestamp(),
            )
