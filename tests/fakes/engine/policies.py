"""Policies to compile, of which most have one field that a test is about."""

from typing import Any

from clusterimport.engine.evaluation import ProgramCache
from clusterimport.engine.policy import CompiledPolicy, compile_policy
from clusterimport.model.policy import ReferenceType
from tests.fakes.engine.evaluating import policy_record


def compile_one(**fields: Any) -> CompiledPolicy:
    return compile_policy(policy_record(**fields), ProgramCache())


def in_document(printing: str) -> str:
    """Return a template that prints something into a field of its own."""
    return f"spec:\n  shardingName: |-\n    {printing}"


def reference(key: str = "auth", **fields: Any) -> ReferenceType:
    return ReferenceType(
        key, "", "secrets", (), **{"namespace_template": "ns", "name_template": "n"} | fields
    )
