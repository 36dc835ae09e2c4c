"""What a creation condition came to, in words that show no data."""

import hashlib
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import msgspec

from clusterimport.engine.evaluation import Program
from clusterimport.engine.usage import Path, paths_read

_DIGEST_BYTES: Final = 16


class ConditionOutcome(NamedTuple):
    """One evaluation of a creation condition."""

    is_met: bool
    printed: str
    """``nothing``, ``false`` in quotes, or how much of something else."""
    inputs: bytes
    """A digest of what the condition reads; equal as long as it need not be asked again."""


def evaluate_condition(program: Program, data: Mapping[str, Any]) -> ConditionOutcome:
    """Evaluate a condition; raises EvaluationError."""
    # Before the template runs: it may change what it is given.
    inputs = _digest(program, data)
    text = program.text(data)
    return ConditionOutcome(program.is_true(text), _described(text.strip()), inputs)


def _described(text: str) -> str:
    if not text:
        return "nothing"
    if text.lower() == "false":
        return "`false`"
    return f"something else of {len(text)} characters"


def _digest(program: Program, data: Mapping[str, Any]) -> bytes:
    values = [_value(data, path) for path in paths_read(program.template)]
    body = msgspec.json.encode(values, order="deterministic")
    return hashlib.blake2b(body, digest_size=_DIGEST_BYTES).digest()


def _value(data: Any, path: Path) -> Any:
    for name in path:
        if not isinstance(data, Mapping):
            # Of something else its whole is compared: a method of it may be called.
            return data
        data = data.get(name)
    return data
