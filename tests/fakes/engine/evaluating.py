"""Policies and lifecycles to evaluate, and an engine metric that counts."""

import base64
import json
from collections import Counter
from typing import Any

from clusterimport.engine.evaluation import ProgramCache
from clusterimport.engine.lifecycle import CompiledLifecycle, ReferenceGuard, compile_lifecycle
from clusterimport.engine.rules import ImportRules
from clusterimport.model.lifecycle import LifecycleRecord, LifecycleReference, SourceReference
from clusterimport.model.meta import OwnerReference
from clusterimport.model.policy import ImportOptions, PolicyRecord, ReferenceType, SourceType
from tests.fakes.limits.limitmetrics import CountingLimitMetrics

POLICY_OWNER = OwnerReference(
    "policy.clusterpedia.io/v1alpha1", "ClusterImportPolicy", "mcp", "p1", controller=True
)

PROGRAMS = ProgramCache()


class CountingEngineMetrics(CountingLimitMetrics):
    """Counts evaluations by kind."""

    def __init__(self) -> None:
        super().__init__()
        self.counts: Counter[str] = Counter()

    def evaluated(self, kind: str) -> None:
        """Count one."""
        self.counts[kind] += 1


def base64_of(content: str | bytes) -> str:
    """Return base64 as the data of a Secret has it."""
    data = content.encode() if isinstance(content, str) else content
    return base64.b64encode(data).decode()


PROGRAM = {"apiVersion": "client.authentication.k8s.io/v1beta1", "command": "x"}
"""An ``exec`` that client-go would run."""


def kubeconfig_of(*, cluster: Any = None, user: Any = None) -> str:
    """Return a kubeconfig in base64, whose cluster and user have these fields more."""
    body = {
        "current-context": "x",
        "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
        "clusters": [{"name": "c", "cluster": {"server": "https://c:6443"} | (cluster or {})}],
        "users": [{"name": "u", "user": {"token": "t"} | (user or {})}],
    }
    return base64_of(json.dumps(body))


def policy_record(**fields: Any) -> PolicyRecord:
    """Return a policy that selects everything and references nothing, but for these fields."""
    source = fields.pop("source", SourceType("cluster.mcp.io", "clusters"))
    references: tuple[ReferenceType, ...] = fields.pop("references", ())
    content = {
        "name_template": "mcp-{{ .source.metadata.name }}",
        "template": "spec: {}",
        "creation_condition": "true",
    }
    return PolicyRecord(
        name="mcp", uid="p1", generation=1, source=source, references=references, **content | fields
    )


def lifecycle_record(
    *references: LifecycleReference,
    template: str = "spec: {}",
    creation_condition: str = "true",
    namespace: str = "team-a",
    options: ImportOptions | None = None,
) -> LifecycleRecord:
    """Return a lifecycle `one` of policy `mcp` whose source is in a namespace, or in none."""
    return LifecycleRecord(
        name="one",
        uid="l1",
        generation=1,
        resource_version="7",
        policy=POLICY_OWNER,
        source=SourceReference("cluster.mcp.io", "v1", "clusters", namespace, "one"),
        references=references,
        template=template,
        creation_condition=creation_condition,
        options=options or ImportOptions(),
    )


def compiled(record: LifecycleRecord, rules: ImportRules | None = None) -> CompiledLifecycle:
    """Compile a lifecycle, of which many tests have the templates in common."""
    return compile_lifecycle(record, PROGRAMS, ReferenceGuard(rules or ImportRules()))
