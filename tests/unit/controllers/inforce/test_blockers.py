"""What keeps a policy from being in force, and what stays of it meanwhile."""

import pytest

from clusterimport.controllers.inforce.schema import ServedSchemas
from clusterimport.model.gvr import POLICIES, GroupVersionResource
from clusterimport.model.names import EXTENSIONS_ANNOTATION, POLICY_FINALIZER
from tests.fakes.controllers.importing import KEEPS_ALL
from tests.fakes.controllers.importobjects import LABELLED, MACHINES, REFERENCE, policy_body
from tests.fakes.controllers.tracking import MACHINE, SELECTING, SOURCE, TrackerRig

pytestmark = pytest.mark.looptime

NODES = GroupVersionResource("infra.mcp.io", "v1", "nodes")
LOST = {"annotations": {EXTENSIONS_ANNOTATION: "mode"}}


async def test_nothing_is_judged_before_types_and_schemas_are_known():
    """A verdict before the first discovery, or without our CRDs, would be a wrong one."""
    rig = TrackerRig()
    rig.put(POLICIES, policy_body())
    rig.see(POLICIES)
    await rig.subject.reconcile("mcp")
    assert rig.subject.get("mcp") is None

    rig.schemas.current = ServedSchemas()
    assert await rig.look() is None
    rig.schemas.current = ServedSchemas(KEEPS_ALL, None)
    assert await rig.look() is None
    rig.schemas.current = ServedSchemas(KEEPS_ALL, KEEPS_ALL)
    assert (await rig.look()).governing is not None


@pytest.mark.parametrize(
    ("spec", "reason", "message"),
    [
        ({"nameTemplate": ""}, "InvalidPolicy", "spec.nameTemplate"),
        ({"nameTemplate": "{{"}, "FailedParseLifecycleName", "spec.nameTemplate"),
        ({"source": SELECTING | {"selectorTemplate": "{{"}}, "FailedParseSourceSelector", ""),
        (
            {"source": {"group": "x.io", "resource": "things"}},
            "FailedNegotiateSourceResource",
            "spec.source: the server has no things.x.io that",
        ),
        (
            {"source": SOURCE | {"versions": ["v7", "v8"]}},
            "FailedNegotiateSourceResource",
            "the server has clusters.cluster.mcp.io in v1, and not in v7 or v8",
        ),
        (
            {"references": [REFERENCE, REFERENCE | {"key": "b", "resource": "things"}]},
            "FailedNegotiateReferenceResource",
            "spec.references[1]: the server has no things that",
        ),
    ],
)
async def test_a_blocker_keeps_the_caches_of_the_last_generation(spec, reason, message):
    """A mistake is told with its reason; nothing is in force, and the caches stay warm."""
    rig = TrackerRig()
    before = (await rig.judge()).active
    state = await rig.judge(policy_body(**spec))

    assert state.generation == 2
    assert state.blocker.reason == reason
    assert message in state.blocker.message
    assert not state.blocker.freezes
    assert state.active is before
    assert state.governing is None
    assert rig.looked_at() == "policy and sources"
    fresh = TrackerRig()
    assert (await fresh.judge(policy_body(**spec))).active is None


async def test_t23_everything_that_is_wrong_is_told_at_once():
    """Templates, types and scopes together, each with its field and what may have been meant."""
    rig = TrackerRig()
    rig.serve_machines()
    state = await rig.judge(
        policy_body(
            source={"group": "cluster.mcp.io/v1", "resource": "Cluster"},
            references=[
                REFERENCE | {"namespaceTemplate": ""},
                REFERENCE | MACHINE | {"key": "machine", "versions": ["v9"]},
                REFERENCE | {"key": "node", "group": MACHINES.group, "resource": "machines"},
            ],
            creationCondition="{{ .Values.ready }}",
        )
    )

    assert state.blocker.reason == "InvalidPolicy"
    assert not state.blocker.is_unknown
    told = state.blocker.message
    for part in (
        "spec.creationCondition: reads .Values",
        "spec.references[auth].namespaceTemplate: secrets live in namespaces",
        "spec.references[node].namespaceTemplate: machines.cluster.mcp.io are cluster-scoped",
        "spec.source: the server has no Cluster.cluster.mcp.io/v1 that can be read and watched",
        "did you mean clusters of group cluster.mcp.io?",
        "spec.references[1]: the server has machines.cluster.mcp.io in v1, and not in v9",
    ):
        assert part in told


async def test_t20_a_type_whose_server_is_silent_is_not_missing():
    """Nothing is said against the policy; what is known of it stays, and it goes on by itself."""
    rig = TrackerRig()
    rig.store.serve(NODES, "Node", namespaced=False)
    rig.store.types[NODES].is_silent = True
    reference = {"group": NODES.group, "resource": NODES.resource, "namespaceTemplate": ""}
    state = await rig.judge(policy_body(references=[REFERENCE | reference]))

    assert (state.blocker.reason, state.blocker.is_unknown) == ("APIServiceUnavailable", True)
    assert "kubectl describe apiservice v1.infra.mcp.io" in state.blocker.message
    assert "infra.mcp.io/v1 (Stale)" in state.blocker.message
    assert state.governing is None
    rig.store.types[NODES].is_silent = False
    assert (await rig.look()).governing is not None
    rig.store.types[NODES].is_silent = True
    assert (await rig.look()).governing is not None, "what was known is kept"


async def test_a_type_that_comes_later_puts_the_policy_in_force():
    """A failed negotiation is judged again after the next discovery, without another edit."""
    rig = TrackerRig()
    source = {"group": MACHINES.group, "resource": "machines"}
    body = policy_body(source=source, references=[], template="spec: {}")
    assert (await rig.judge(body)).active is None
    rig.serve_machines()
    state = await rig.look()

    assert state.governing.source_type == MACHINES
    assert not state.governing.is_namespaced
    assert rig.looked_at() == "policy and sources"


@pytest.mark.parametrize(
    ("spec", "metadata", "schemas", "status", "why"),
    [
        # Clusterpedia's manager erased the field when it added its finalizer.
        ({}, LOST | {"finalizers": [POLICY_FINALIZER]}, (KEEPS_ALL, KEEPS_ALL), "", "erased"),
        # The CRD prunes it: the annotation, or the field itself, tells that it was relied on.
        ({}, LOST, ({}, KEEPS_ALL), "", "do not keep"),
        ({}, LOST, (KEEPS_ALL, {}), "", "do not keep"),
        ({"mode": "Observe"}, {}, ({}, KEEPS_ALL), "", "do not keep"),
        # It was told before, and only a person ends that.
        ({}, LOST, (KEEPS_ALL, KEEPS_ALL), "ExtensionsLost", "not set again"),
        # A field of a newer version of this program.
        (
            {},
            {"annotations": {EXTENSIONS_ANNOTATION: "future"}},
            ({}, KEEPS_ALL),
            "",
            "spec.future",
        ),
        # Nothing is lost.
        ({}, LOST, (KEEPS_ALL, KEEPS_ALL), "", None),
        ({"mode": "Observe"}, LOST, (KEEPS_ALL, KEEPS_ALL), "ExtensionsLost", None),
        (
            {"mode": "Observe"},
            LOST | {"finalizers": [POLICY_FINALIZER]},
            (KEEPS_ALL, KEEPS_ALL),
            "",
            None,
        ),
        ({}, {"finalizers": [POLICY_FINALIZER]}, ({}, {}), "", None),
        ({"mode": "Import"}, {}, ({}, {}), "", None),
        ({}, {}, (KEEPS_ALL, KEEPS_ALL), "ExtensionsLost", None),
    ],
)
async def test_lost_extensions_freeze_a_policy(spec, metadata, schemas, status, why):
    """Where our fields were erased or pruned, nothing may be touched until a person mends it."""
    rig = TrackerRig()
    before = (await rig.judge()).active
    rig.schemas.current = ServedSchemas(*schemas)
    body = policy_body(**spec)
    if status:
        body["status"] = {"conditions": [{"type": "Validated", "reason": status}]}
    state = await rig.judge(body, **metadata)

    if why is None:
        assert state.blocker is None
        return
    assert state.blocker.reason == "ExtensionsLost"
    assert state.blocker.freezes
    assert why in state.blocker.message
    assert state.active is before
    assert state.governing is None


async def test_a_label_that_no_object_can_have_is_told():
    """Not the server's refusal of each list, but the policy names what is wrong with it."""
    rig = TrackerRig()
    bad = {**LABELLED, "labelSelector": {"matchLabels": {"-of": "mcp", "x": "a b"}}}
    state = await rig.judge(policy_body(references=[bad]))

    assert state.blocker.reason == "InvalidPolicy"
    for told in ("-of=mcp", "x=a b"):
        assert f"such a value: {told}" in state.blocker.message
