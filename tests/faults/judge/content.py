"""What is written is right, is never older than what was, and is written no oftener than needed."""

import base64
import binascii
import re
from collections import Counter
from typing import Any

from tests.faults.judge.record import (
    LIFECYCLES,
    PEDIACLUSTERS,
    Connection,
    Object,
    Run,
    need,
)
from tests.harness.proxy.request import digest

_VERSION = re.compile(r"(\d{6})$")
"""Every value that changes ends with its number; later values have higher ones."""


def converges(run: Run) -> list[str]:
    """I1: after all is healed, each PediaCluster is what its source and references say."""
    need(run.wanted, "no PediaCluster is wanted")
    found: list[str] = []
    for name, wanted in run.wanted.items():
        obj = run.pediaclusters.get(name)
        if obj is None:
            found.append(f"PediaCluster {name} is missing")
        elif (told := connection_of(obj)) != wanted:
            found.append(f"PediaCluster {name} is {_tell(told)}, and should be {_tell(wanted)}")
    more = run.pediaclusters.keys() - run.wanted.keys() - run.foreign
    return [*found, *(f"PediaCluster {name} should not be there" for name in sorted(more))]


def never_travels_back(run: Run) -> list[str]:
    """I5: no write has a value older than one that was written before."""
    written = [
        each for each in run.writes(PEDIACLUSTERS) if each.request.verb in {"create", "patch"}
    ]
    need(written, "no PediaCluster was written")
    newest: dict[tuple[str, str], int] = {}
    found: list[str] = []
    for each in written:
        if each.request.subresource:
            continue
        spec = (each.request.json() or {}).get("spec") or {}
        for part, version in _versions(spec).items():
            key = (each.request.name, part)
            if version < newest.get(key, 0):
                found.append(f"{part} {newest[key]} was there, and {version} is written: {each}")
            newest[key] = max(version, newest.get(key, 0))
    return found


def writes_once(run: Run) -> list[str]:
    """I9: an object is created, changed and deleted no oftener than there was a reason to.

    It is created once, and again each time it was deleted, or the server set back; and changed or
    deleted for what others did to it, to its source and references, or to its policy.
    """
    counted: Counter[tuple[str, str, str]] = Counter(
        (each.request.verb, each.request.resource, each.request.name)
        for each in run.writes(PEDIACLUSTERS, LIFECYCLES)
        if not each.request.subresource
    )
    need(counted, "nothing was written")
    changes = Counter((change.verb, change.resource, change.name) for change in run.changes)
    found: list[str] = []
    for (verb, resource, name), count in sorted(counted.items()):
        if verb == "create":
            gone = changes["delete", resource, name] + changes["restore", "*", "*"]
            allowed = 1 + counted["delete", resource, name] + gone
        else:
            allowed = sum(
                each
                for (_, other, named), each in changes.items()
                if _is_reason(run, other, named, name)
            )
        if count > allowed:
            shown = [
                str(each)
                for each in run.writes(resource)
                if (each.request.verb, each.request.name) == (verb, name)
            ]
            found.append(f"{count} times {verb} {resource} {name}, for {allowed} reasons: {shown}")
    return found


def _is_reason(run: Run, resource: str, named: str, name: str) -> bool:
    if resource in {PEDIACLUSTERS, LIFECYCLES, "*"}:
        return named in {name, "*"}
    source = run.sources.get(name)
    # A reference has the name of its source.
    return source is not None and named in {source.name, source.policy}


def ends_alike(run: Run) -> list[str]:
    """I14: wherever it was killed, it ends where an undisturbed run does."""
    need(run.reference, "there was no undisturbed run")
    return [
        f"{key} is {_difference(run.essence.get(key), run.reference.get(key))}"
        for key in sorted(run.reference.keys() | run.essence.keys())
        if run.essence.get(key) != run.reference.get(key)
    ]


def connection_of(obj: Object) -> Connection:
    """Return what a PediaCluster says."""
    spec = obj.get("spec") or {}
    return Connection(spec.get("apiserver", ""), spec.get("tokenData", ""))


def _versions(spec: Object) -> dict[str, int]:
    values = {"apiserver": spec.get("apiserver"), "token": _decoded(spec.get("tokenData"))}
    matches = {part: _VERSION.search(value or "") for part, value in values.items()}
    return {part: int(match[1]) for part, match in matches.items() if match}


def _decoded(value: Any) -> str:
    try:
        return base64.b64decode(value or "").decode(errors="replace")
    except (binascii.Error, ValueError, TypeError):
        return ""


def _tell(connection: Connection) -> str:
    versions = _versions({"apiserver": connection.apiserver, "tokenData": connection.token})
    return f"{digest(repr(connection).encode())} {versions}"


def _difference(mine: Object | None, theirs: Object | None) -> str:
    if mine is None or theirs is None:
        return "missing" if mine is None else "there, and should not be"
    parts = sorted(key for key in mine.keys() | theirs.keys() if mine.get(key) != theirs.get(key))
    return f"different in {', '.join(parts)}"
