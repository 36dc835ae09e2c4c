"""How a record's field is declared together with the flag that sets it."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Any


class FlagKind(StrEnum):
    """How the value of a flag is written."""

    TEXT = "text"
    NUMBER = "number"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    DURATION = "duration"
    """Go's, in seconds here."""
    CHOICE = "choice"
    LIST = "list"
    """Of the choices; given several times, all of them."""
    NETWORKS = "networks"
    ADDRESS = "address"
    GATE = "gate"
    """One of Clusterpedia's feature gates."""


class FlagGroup(StrEnum):
    """The sections of ``--help``."""

    CONNECTION = "Connection"
    ELECTION = "Leader election"
    IMPORT = "Import"
    HEALTH = "Health of imported clusters"
    SERVER = "Metrics and health"
    LOGS = "Logs"


@dataclass(frozen=True, slots=True)
class Flag:
    """How a user sets one field of the settings."""

    name: str
    group: FlagGroup
    help: str
    kind: FlagKind = FlagKind.TEXT
    metavar: str | None = None
    choices: tuple[str, ...] = ()
    is_default_shown: bool = True
    gate: str = ""
    """Which gate, where the kind is one."""
    least: int | None = None
    """The least that a number may be; no number may be infinite."""
    negative_is_zero: bool = False
    """Negative means "no limit" to client-go."""


def set_by(name: str, group: FlagGroup, help_: str, *, default: Any, **more: Any) -> Any:
    """Declare a field with its flag; the default of the two is one."""
    return field(default=default, metadata={"flag": Flag(name, group, help_, **more)})


def flags_of(record: type) -> Mapping[str, Flag]:
    """Return the flags of a record by the names of their fields, in the order of declaration."""
    found = {each.name: each.metadata.get("flag") for each in fields(record)}
    return {name: flag for name, flag in found.items() if flag is not None}


def declared_problems(record: Any) -> Iterator[str]:
    """Say by their flags which values of a record are not what is declared, a line for each."""
    for name, flag in flags_of(type(record)).items():
        value = getattr(record, name)
        if flag.least is not None and not (math.isfinite(value) and value >= flag.least):
            yield f"{flag.name} must be {flag.least} or more"
        if flag.kind is FlagKind.CHOICE and value not in flag.choices:
            yield f"{flag.name} must be one of {', '.join(flag.choices)}"
