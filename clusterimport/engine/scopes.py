"""Whether a policy names namespaces where its types have some, and nowhere else."""

import re
from collections.abc import Sequence
from typing import Final

from clusterimport.model.fields import FieldProblem, Rule
from clusterimport.model.policy import PolicyRecord

_NAMESPACE_OF_SOURCE: Final = re.compile(r"\s*\{\{-?\s*\.source\.metadata\.namespace\s*-?\}\}\s*")


def scope_problems(
    record: PolicyRecord, *, source: bool | None, references: Sequence[bool | None]
) -> list[FieldProblem]:
    """Find references that can lead nowhere.

    ``source`` and ``references`` tell of each type whether it is namespaced, None where it is not
    known.
    """
    problems: list[FieldProblem] = []
    for reference, is_namespaced in zip(record.references, references, strict=True):
        field = f"spec.references[{reference.key}].namespaceTemplate"
        text = reference.namespace_template
        if is_namespaced is False and text:
            problem = f"{reference.group_resource} are cluster-scoped; leave it out"
            problems.append(FieldProblem(field, problem, Rule.SCOPE))
        elif is_namespaced and not text:
            problem = (
                f"{reference.group_resource} live in namespaces, so one is needed: written out, or "
                "`{{ .source.metadata.namespace }}` for that of the source"
            )
            problems.append(FieldProblem(field, problem, Rule.SCOPE))
        elif source is False and _NAMESPACE_OF_SOURCE.fullmatch(text):
            problem = (
                f"{record.source.group_resource} are cluster-scoped, so that there is no namespace "
                "of the source; write the namespace, or read it from another field"
            )
            problems.append(FieldProblem(field, problem, Rule.SCOPE))
    return problems
