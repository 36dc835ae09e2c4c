"""Which changes of a source are news to its policy, by what its templates read."""

import json

import pytest

from clusterimport.controllers.inforce.tracker import _Selector
from clusterimport.limits.counted import Limit
from clusterimport.model.gvr import LIFECYCLES, SECRETS
from clusterimport.model.meta import Identity
from clusterimport.model.objects import JsonObject, Problem, UnusableObject
from tests.fakes.controllers.importing import ImportRig, taken
from tests.fakes.controllers.importobjects import (
    CLUSTERS,
    REFERENCE,
    TEMPLATE,
    lifecycle_body,
    source_body,
)

pytestmark = pytest.mark.looptime

SOURCE = {"group": CLUSTERS.group, "resource": CLUSTERS.resource}
SHARDED = TEMPLATE.replace("{", "{{").replace("}", "}}") + "  shardingName: '{{{{ {} }}}}'"
BROKEN = UnusableObject(
    Identity("cluster.mcp.io/v1", "Cluster", "team", "one", "u", "1"),
    Problem("TooLarge", "it is too large", Limit.OBJECT_BYTES),
)


def version(active, content, *, uid="u", resource_version="1"):
    """Return one version of a source as the cache of a policy in force keeps it."""
    identity = Identity("cluster.mcp.io/v1", "Cluster", "team", "one", uid, resource_version)
    content = content | {
        "metadata": content["metadata"] | {"uid": uid, "resourceVersion": resource_version}
    }
    name = active.subscription._name
    answer = _Selector(active.compiled)(content)
    takers = frozenset() if answer is False else {name if answer else f"?{name}"}
    return JsonObject(identity, json.dumps(content).encode(), frozenset(takers))


def is_news(change, *, before=None, **spec):
    """Whether a policy would look at a source for this change of its fields."""
    rig = ImportRig()
    active = rig.activate(**spec)
    body = source_body(phase="Ready", n=1) | (before or {})
    old = version(active, body)
    changed = body | {"spec": body["spec"] | change.get("spec", {})}
    changed["metadata"] = body["metadata"] | change.get("metadata", {})
    changed |= {name: value for name, value in change.items() if name not in {"spec", "metadata"}}
    return active.subscription.is_news(old, version(active, changed, resource_version="2"))


@pytest.mark.parametrize(
    ("change", "spec", "expected"),
    [
        ({"status": {"heartbeat": 2}}, {}, False),
        ({"metadata": {"annotations": {"a": "b"}}}, {}, False),
        ({"spec": {"url": "https://other:6443"}}, {}, True),
        ({"spec": {"n": 2}}, {"nameTemplate": "mcp-{{ .source.spec.n }}"}, True),
        ({"spec": {"n": 2}}, {"creationCondition": "{{ gt .source.spec.n 1.0 }}"}, True),
        (
            {"spec": {"n": 2}},
            {"references": [REFERENCE | {"nameTemplate": "auth-{{ .source.spec.n }}"}]},
            True,
        ),
        (
            {"spec": {"n": 2}},
            {"references": [REFERENCE | {"namespaceTemplate": "x{{ .source.spec.n }}"}]},
            True,
        ),
        (
            {"spec": {"n": True}},
            {"template": SHARDED.format(".source.spec.n")},
            True,
        ),
        (
            {"spec": {"n": 1.0}},
            {"template": SHARDED.format(".source.spec.n")},
            True,
        ),
        ({"status": {"a": 1}}, {"template": SHARDED.format("len .source")}, True),
        (
            {"status": {"a": 1}},
            {"template": SHARDED.format("len .source.status")},
            True,
        ),
        (
            {"spec": {"phase": "Gone"}},
            {"source": SOURCE | {"selectorTemplate": '{{ eq .source.spec.phase "Ready" }}'}},
            True,
        ),
        (
            {"spec": {"phase": "Going"}},
            {"source": SOURCE | {"selectorTemplate": '{{ ne .source.spec.phase "x" }}'}},
            False,
        ),
        (
            {"spec": {"url": "https://other:6443"}},
            {"source": SOURCE | {"selectorTemplate": "{{ false }}"}},
            False,
        ),
        (
            {"status": {"a": 1}},
            {"source": SOURCE | {"selectorTemplate": "{{ div 1 0 }}"}},
            True,
        ),
    ],
)
async def test_only_what_is_read_is_news(change, spec, expected):
    """By the selector's word, and by what any of the templates finds, down to its type."""
    assert is_news(change, **spec) is expected


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        ([], True),
        ([{"type": "Created", "status": "False", "reason": "WaitCreationCondition"}], True),
        ([{"type": "Created", "status": "True", "reason": "PediaClusterCreated"}], False),
    ],
)
async def test_what_the_condition_reads_is_news_until_there_is_a_pediacluster(conditions, expected):
    """Afterwards it is not asked any more."""
    rig = ImportRig()
    active = rig.activate(creationCondition="{{ .source.status.phase }}")
    if conditions:
        body = lifecycle_body("mcp-one", policy_uid=active.record.uid)
        rig.put(LIFECYCLES, body | {"status": {"conditions": conditions}})
        rig.see()
    old = version(active, source_body() | {"status": {"phase": "true"}})
    new = version(active, source_body() | {"status": {"phase": "gone"}}, resource_version="2")

    assert active.subscription.is_news(old, new) is expected


async def test_what_cannot_be_compared_is_news():
    """What comes and goes, another object of the name, and what nobody can read."""
    active = ImportRig().activate()
    subscription, one = active.subscription, version(active, source_body())

    assert not subscription.is_news(one, version(active, source_body(), resource_version="2"))
    assert subscription.is_news(None, one)
    assert subscription.is_news(one, None)
    assert subscription.is_news(one, version(active, source_body(), uid="another"))
    assert subscription.is_news(one, BROKEN)
    assert subscription.is_news(BROKEN, one)
    subscription.compiled = None
    assert subscription.is_news(one, version(active, source_body(), resource_version="2"))


async def test_every_version_of_a_secret_is_news():
    """Nothing that is made of its content is kept, so that it is never compared."""
    rig = ImportRig()
    source = {"group": "", "resource": SECRETS.resource}
    active = rig.activate(source=source, references=[], template="spec: {apiserver: 'x'}")
    rig.see()
    one = version(active, source_body())

    assert active.subscription.is_news(one, version(active, source_body(), resource_version="2"))


async def test_a_heartbeat_has_nobody_look():
    """Its event ends at the cache, where one that is read has its source looked at."""
    rig = ImportRig()
    rig.activate()
    rig.put(CLUSTERS, source_body())
    rig.see()
    taken(rig.hearing)

    rig.put(CLUSTERS, source_body() | {"status": {"heartbeat": 2}})
    rig.see()
    assert "sources" not in taken(rig.hearing)

    rig.put(CLUSTERS, source_body(url="https://other:6443"))
    rig.see()
    assert len(taken(rig.hearing)["sources"]) == 1
