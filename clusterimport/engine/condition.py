"""What a creation condition came to, in words that show no data."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from clusterimport.engine.evaluation import Program
from clusterimport.engine.inputs import digest_of, found_at
from clusterimport.engine.usage import paths_read


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
    inputs = digest_of(found_at(data, path) for path in paths_read(program.template))
    text = program.text(data)
    return ConditionOutcome(program.is_true(text), _described(text.strip()), inputs)


def _described(text: str) -> str:
    if not text:
        return "nothing"
    if text.lower() == "false":
        return "`false`"
    return f"something else of {len(text)} characters"
