"""Fields that do not stay as we wrote them: somebody else writes them, too.

A webhook that changes what is written, or a GitOps tool that puts it back, would else be answered
by a write for every event. A field that did not stay twice is written again after 1, then 2, then
every 5 minutes; one that is to have another value, and every other field, at once.
"""

import secrets
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Final, Generic, NamedTuple

import msgspec
import structlog

from clusterimport.aio import Clock
from clusterimport.controllers.result import K
from clusterimport.controllers.shared.refusals import RETRY_SECONDS
from clusterimport.engine.managers import managers_of
from clusterimport.model.meta import Object
from clusterimport.model.names import FIELD_MANAGER

log = structlog.get_logger(__name__)

FIELD_CONTESTED: Final = "FieldContested"
TRUSTED_WRITES: Final = 2
"""So often a value is written before a field that loses it counts as another writer's."""
STAYED_SECONDS: Final = 2 * RETRY_SECONDS[-1]
"""A field that kept its value for so long has stayed; longer than the longest pause."""

Path = tuple[str, ...]
"""Where a field is, from the root of the object; keys of labels and annotations are fields."""


class Contested(NamedTuple):
    """A field that is left as another writer has it, for now."""

    path: Path
    due: float
    holder: str
    """Who holds it, empty while nobody has looked since it was written last."""

    def __str__(self) -> str:
        *above, last = self.path
        return ".".join(above) + f"[{last}]" if above[:1] == ["metadata"] else ".".join(self.path)


@dataclass(slots=True)
class _Written:
    value: bytes
    times: int
    at: float
    holder: str = ""


class ContestedFields(Generic[K]):
    """What was written to which field of each key's object, and how often; owned by one writer."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        # Values may be credentials; a digest of one is worth nothing outside.
        self._secret = secrets.token_bytes(16)
        # In the order of their last writes.
        self._written: dict[K, dict[Path, _Written]] = {}

    def withheld(self, key: K, patch: Mapping[str, Any]) -> tuple[Contested, ...]:
        """Return the fields of a merge patch that are not to be written now."""
        known = self._written.get(key, {})
        now = self._clock.monotonic()
        found: list[Contested] = []
        for path, value in _fields(patch):
            written = known.get(path)
            if written is None or not self._is_again(written, value, now):
                continue
            lost = written.times - TRUSTED_WRITES
            if lost < 0:
                continue
            due = written.at + RETRY_SECONDS[min(lost, len(RETRY_SECONDS) - 1)]
            if now < due:
                found.append(Contested(path, due, written.holder))
        return tuple(found)

    def wrote(self, key: K, patch: Mapping[str, Any], answer: Object | None = None) -> None:
        """Take note that the server accepted a merge patch.

        With an ``answer`` only what does not even stand there as written is somebody else's: what
        is changed later is a hand's, which is answered by one write each time.
        """
        known = self._written.pop(key, {})
        now = self._clock.monotonic()
        for path, value in _fields(patch):
            if answer is not None and _value_of(answer, path) == value:
                known.pop(path, None)
                continue
            before = known.get(path)
            again = before is not None and self._is_again(before, value, now)
            times = before.times + 1 if before is not None and again else 1
            known[path] = _Written(self._digest(value), times, now)
        for path in [path for path, each in known.items() if now - each.at > STAYED_SECONDS]:
            del known[path]
        if known:
            self._written[key] = known
        self._forget_what_stayed(now)

    def _forget_what_stayed(self, now: float) -> None:
        """Keep nothing of objects that were written long ago: of thousands that is most."""
        while self._written:
            key, known = next(iter(self._written.items()))
            if now - max(each.at for each in known.values()) <= STAYED_SECONDS:
                return
            del self._written[key]

    async def describe(
        self,
        key: K,
        fields: Sequence[Contested],
        what: str,
        read: Callable[[], Awaitable[Object]],
    ) -> str:
        """Name the fields of ``what`` that another writer holds, who that is, and what to do.

        It is read for its ``managedFields`` once per write of ours, and then told in the log.
        """
        if not all(field.holder for field in fields):
            live = await read()
            fields = [field._replace(holder=_holder(live, field)) for field in fields]
            for field in fields:
                self._held_by(key, field)
            log.warning("fields contested", object=what, fields=[str(field) for field in fields])
        told = "; ".join(f"{field}: {field.holder}" for field in fields)
        return (
            f"{what} has fields that do not stay as they were written. {told}. End one of the two; "
            "until then they are written again every few minutes, and at once when they are to "
            "have another value"
        )

    def seconds_until_due(self, fields: Sequence[Contested]) -> float:
        """Return the seconds until the first of these may be written again."""
        return max(min(field.due for field in fields) - self._clock.monotonic(), 0.0)

    def _held_by(self, key: K, field: Contested) -> None:
        """Remember who holds a field, until it is written again."""
        written = self._written.get(key, {}).get(field.path)
        if written is not None:
            written.holder = field.holder

    def forget(self, key: K) -> None:
        """Forget an object that is gone."""
        self._written.pop(key, None)

    def __len__(self) -> int:
        """Return of how many objects something is remembered."""
        return len(self._written)

    def _is_again(self, written: _Written, value: Any, now: float) -> bool:
        is_recent = now - written.at <= STAYED_SECONDS
        return is_recent and written.value == self._digest(value)

    def _digest(self, value: Any) -> bytes:
        encoded = msgspec.json.encode(_lasting(value), order="deterministic")
        return blake2b(encoded, digest_size=16, key=self._secret).digest()


def without_fields(patch: Mapping[str, Any], left_out: frozenset[Path]) -> dict[str, Any] | None:
    """Return a merge patch without some fields; None where nothing is left to write."""
    result: dict[str, Any] = {}
    is_empty = True
    for path, value in _fields(patch):
        if path in left_out:
            continue
        is_empty = False
        place = result
        for name in path[:-1]:
            place = place.setdefault(name, {})
        place[path[-1]] = value
    if is_empty:
        return None
    result.setdefault("metadata", {})["resourceVersion"] = patch["metadata"]["resourceVersion"]
    return result


def _fields(patch: Mapping[str, Any]) -> Iterator[tuple[Path, Any]]:
    for part in ("spec", "status"):
        for name, value in (patch.get(part) or {}).items():
            yield (part, name), value
    for name, value in patch["metadata"].items():
        if name == "resourceVersion":
            continue
        if isinstance(value, Mapping):
            for key, item in value.items():
                yield ("metadata", name, key), item
        else:
            yield ("metadata", name), value


def _value_of(obj: Object, path: Path) -> Any:
    value: Any = obj
    for name in path:
        value = (value or {}).get(name)
    return value


def _lasting(value: Any) -> Any:
    """Return a value without what tells when it came, as the times of conditions do."""
    if not isinstance(value, list):
        return value
    return [
        {name: item for name, item in each.items() if name != "lastTransitionTime"}
        if isinstance(each, Mapping)
        else each
        for each in value
    ]


def _holder(live: Object, field: Contested) -> str:
    others = [
        manager
        for manager in managers_of(live, field.path)
        if not manager.startswith(f"{FIELD_MANAGER} (")
    ]
    if others:
        return f"also written by {', '.join(others)}, by managedFields"
    return (
        "managedFields name no other writer, so a mutating admission webhook changes what is "
        "written, or another writer calls itself as this controller does"
    )
