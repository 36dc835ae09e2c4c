"""The API server's audit log: what was really asked of it, by whom, and what it answered."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any, Literal, NamedTuple

WRITE_VERBS = ("create", "update", "patch", "delete", "deletecollection")

AuditLevel = Literal["None", "Metadata", "Request", "RequestResponse"]


class AuditMark(NamedTuple):
    """A moment in the log: events of requests received at or after it come "since" it.

    The server writes a line when a request *ends*, so the time decides and the offset only
    saves reading what is older.
    """

    offset: int
    moment: datetime


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """One request as the server saw it when it ended; a watch, when it began."""

    user: str
    user_agent: str
    verb: str
    group: str
    resource: str
    subresource: str
    namespace: str
    name: str
    code: int
    uri: str
    received: datetime
    completed: datetime
    raw: Mapping[str, Any]
    """The whole audit.k8s.io/v1 Event, with the bodies if the level records them."""

    @classmethod
    def parse(cls, raw: Mapping[str, Any]) -> "AuditEvent":
        """Read one line of the log."""
        target = raw.get("objectRef", {})
        return cls(
            user=raw["user"].get("username", ""),
            user_agent=raw.get("userAgent", ""),
            verb=raw["verb"],
            group=target.get("apiGroup", ""),
            resource=target.get("resource", ""),
            subresource=target.get("subresource", ""),
            namespace=target.get("namespace", ""),
            name=target.get("name", ""),
            code=raw.get("responseStatus", {}).get("code", 0),
            uri=raw["requestURI"],
            received=datetime.fromisoformat(raw["requestReceivedTimestamp"]),
            completed=datetime.fromisoformat(raw["stageTimestamp"]),
            raw=raw,
        )

    @property
    def is_write(self) -> bool:
        """Whether the request could change something."""
        return self.verb in WRITE_VERBS


def policy(level: AuditLevel, *, with_reads: bool) -> str:
    """Return the audit policy (JSON): requests for resources, writes only unless `with_reads`."""
    rule: dict[str, Any] = {"level": level}
    if not with_reads:
        rule["verbs"] = list(WRITE_VERBS)
    document = {
        "apiVersion": "audit.k8s.io/v1",
        "kind": "Policy",
        "omitStages": ["RequestReceived"],
        "rules": [{"level": "None", "nonResourceURLs": ["*"]}, rule],
    }
    return json.dumps(document)


class AuditLog:
    """Reader of the log file; the server may be writing it."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def mark(self) -> AuditMark:
        """Return the present moment."""
        size = self._path.stat().st_size if self._path.exists() else 0
        return AuditMark(size, datetime.now(UTC))

    def events(
        self,
        *,
        user: str | None = None,
        verb: str | None = None,
        resource: str | None = None,
        since: AuditMark | None = None,
    ) -> list[AuditEvent]:
        """Return the events that match every given filter, in the order in which they ended.

        `resource` is the plural, or plural and subresource as in RBAC: `pods/status`.
        """
        return [
            event
            for event in self._read(since.offset if since else 0)
            if (user is None or event.user == user)
            and (verb is None or event.verb == verb)
            and (resource is None or resource in _names(event))
            and (since is None or event.received >= since.moment)
        ]

    def _read(self, offset: int) -> Iterator[AuditEvent]:
        if not self._path.exists():
            return
        with self._path.open("rb") as lines:
            lines.seek(offset)
            for line in lines:
                if not line.endswith(b"\n"):
                    return  # the server has not finished it
                raw = json.loads(line)
                if not _is_end_of_watch(raw):
                    yield AuditEvent.parse(raw)


def _names(event: AuditEvent) -> tuple[str, ...]:
    if event.subresource:
        return (f"{event.resource}/{event.subresource}",)
    return (event.resource,)


def _is_end_of_watch(raw: Mapping[str, Any]) -> bool:
    # A watch that was accepted is logged twice, and minutes apart; one that was refused, once.
    accepted = raw.get("responseStatus", {}).get("code") == HTTPStatus.OK
    return bool(raw["verb"] == "watch" and raw["stage"] == "ResponseComplete" and accepted)
