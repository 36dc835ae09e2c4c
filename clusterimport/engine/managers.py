"""Who wrote a field last, as the API server's ``managedFields`` tell."""

from collections.abc import Sequence
from typing import Any, Final

from clusterimport.model.meta import Object, metadata_of

_SHOWN: Final = 64
"""Characters of a manager's name, which its client chooses."""


def managers_of(obj: Object, path: Sequence[str]) -> tuple[str, ...]:
    """Return the managers of a field, the latest first, each with its operation and time.

    They are what clients call themselves. ``path`` is from the root, as ("spec", "apiserver").
    """
    found = [
        (str(entry.get("time") or ""), _described(entry))
        for entry in metadata_of(obj).get("managedFields") or ()
        if _covers(entry.get("fieldsV1"), path)
    ]
    return tuple(dict.fromkeys(text for _, text in sorted(found, reverse=True)))


def _covers(fields: Any, path: Sequence[str]) -> bool:
    for name in path:
        fields = fields.get(f"f:{name}") if isinstance(fields, dict) else None
        if fields is None:
            return False
    return True


def _described(entry: dict[str, Any]) -> str:
    name = "".join(c for c in str(entry.get("manager") or "") if c.isprintable())[:_SHOWN]
    details = [str(entry.get(key)) for key in ("operation", "time") if entry.get(key)]
    return f"{name or 'somebody without a name'} ({', '.join(details)})"
