"""How many deletions of one policy may happen within ten minutes without a person.

A mistake upstream (an emptied namespace, a restored backup, a changed selector) looks exactly like
many clusters being removed on purpose. Beyond the budget none is deleted until a person says so.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

WINDOW = timedelta(minutes=10)
"""Deletions younger than this count."""
FREE_DELETIONS = 5
"""This many are always allowed, or a policy with three clusters could never lose one."""
SHARE = 0.1
"""Part of a policy's lifecycles that may go within the window."""


class PastDeletion(NamedTuple):
    """One deletion, as remembered in ``status.deletions`` of its policy."""

    name: str
    uid: str
    time: str

    def to_dict(self) -> dict[str, Any]:
        """Return the wire form."""
        return {"name": self.name, "uid": self.uid, "time": self.time}


def parse_deletions(raw: Any) -> tuple[PastDeletion, ...]:
    """Read ``status.deletions``; entries that make no sense are left out."""
    if not isinstance(raw, list):
        return ()
    return tuple(
        PastDeletion(str(entry["name"]), str(entry.get("uid", "")), str(entry["time"]))
        for entry in raw
        if isinstance(entry, dict) and "name" in entry and _moment(entry.get("time")) is not None
    )


def recent(deletions: Iterable[PastDeletion], now: datetime) -> tuple[PastDeletion, ...]:
    """Return the deletions that are younger than the window."""
    kept = []
    for deletion in deletions:
        moment = _moment(deletion.time)
        if moment is not None and now - moment < WINDOW:
            kept.append(deletion)
    return tuple(kept)


def is_within(new: int, past: int, lifecycles: int) -> bool:
    """Whether ``new`` more deletions are allowed.

    Args:
        new: deletions asked for.
        past: deletions of the window.
        lifecycles: how many the policy has now; what the window took away is added again, so that
            the limit is that of the window's start.

    """
    return new + past <= max(FREE_DELETIONS, int(SHARE * (lifecycles + past)))


def _moment(text: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
