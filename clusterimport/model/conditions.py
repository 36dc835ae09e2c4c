"""Conditions in the form of ``metav1.Condition``, kept as the API server expects them.

Lists are never changed in place: they come from caches.
"""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from clusterimport.limits.messages import CONDITION_BYTES
from clusterimport.model.meta import Object

_CUT_MARK: Final = " … (cut)"


class Condition(NamedTuple):
    """One observation, without the time of its last transition, which `set_condition` keeps."""

    type: str
    status: str
    """``True``, ``False`` or ``Unknown``."""
    reason: str
    message: str = ""
    observed_generation: int = 0

    @property
    def is_true(self) -> bool:
        """Whether the status is ``True``."""
        return self.status == "True"


def conditions_of(obj: Object) -> Sequence[Object]:
    """Return the conditions of an object, empty where it has none."""
    return (obj.get("status") or {}).get("conditions") or []


def find(conditions: Sequence[Object], type_: str) -> Condition | None:
    """Return the condition of that type; absent parts are empty."""
    raw = _raw(conditions, type_)
    if raw is None:
        return None
    generation = raw.get("observedGeneration")
    return Condition(
        type=type_,
        status=str(raw.get("status") or ""),
        reason=str(raw.get("reason") or ""),
        message=str(raw.get("message") or ""),
        observed_generation=generation if isinstance(generation, int) else 0,
    )


def is_true(conditions: Sequence[Object], type_: str) -> bool:
    """Whether there is a condition of that type with status ``True``."""
    raw = _raw(conditions, type_)
    return raw is not None and raw.get("status") == "True"


def true_since(conditions: Sequence[Object], type_: str) -> str:
    """Return since when a condition has the status ``True``, in RFC 3339; empty if it has not."""
    raw = _raw(conditions, type_)
    if raw is None or raw.get("status") != "True":
        return ""
    return str(raw.get("lastTransitionTime") or "")


def set_condition(
    conditions: Sequence[Object], condition: Condition, now: str
) -> list[dict[str, Any]]:
    """Return the conditions with this one set, everything else as it was.

    ``now`` (RFC 3339 in seconds, UTC) becomes the transition time only where the status differs
    from the present one. Without a difference the result equals the input.
    """
    result = [dict(raw) for raw in conditions]
    position = next((i for i, raw in enumerate(result) if raw.get("type") == condition.type), None)
    changed: dict[str, Any] = {} if position is None else result[position]
    keeps_time = changed.get("status") == condition.status and changed.get("lastTransitionTime")
    changed |= {
        "type": condition.type,
        "status": condition.status,
        "reason": condition.reason,
        "message": cut_message(condition.message),
        "lastTransitionTime": keeps_time or now,
    }
    if condition.observed_generation:
        changed["observedGeneration"] = condition.observed_generation
    if position is None:
        result.append(changed)
    return result


def without(conditions: Sequence[Object], type_: str) -> list[dict[str, Any]]:
    """Return the conditions without those of that type."""
    return [dict(raw) for raw in conditions if raw.get("type") != type_]


def cut_message(message: str) -> str:
    """Shorten a message to what the schema accepts, saying that something is missing."""
    data = message.encode("utf-8", "replace")
    if len(data) <= CONDITION_BYTES:
        return data.decode()
    room = CONDITION_BYTES - len(_CUT_MARK.encode())
    return data[:room].decode("utf-8", "ignore") + _CUT_MARK


def _raw(conditions: Sequence[Object], type_: str) -> Object | None:
    return next((raw for raw in conditions if raw.get("type") == type_), None)
