"""What is in force of every policy."""

import dataclasses

import pytest

from clusterimport.controllers.inforce.schema import ServedSchemas
from clusterimport.controllers.inforce.tracker import PolicyTracker
from clusterimport.controllers.inforce.types import TypeRegistry
from clusterimport.controllers.queues import Sweep
from clusterimport.informers import InformerSpec, Keep
from clusterimport.kube import errors
from clusterimport.kube.restmapper import RESTMapper
from clusterimport.model.gvr import POLICIES, SECRETS, GroupVersionResource
from clusterimport.model.names import EXTENSIONS_ANNOTATION, POLICY_FINALIZER
from tests.fakes.controllers.importing import KEEPS_ALL, ONE, ImportRig, taken
from tests.fakes.controllers.importobjects import (
    CLUSTERS,
    LABELLED,
    MACHINES,
    REFERENCE,
    policy_body,
    source_body,
)
from tests.fakes.informers.handinformers import keys

pytestmark = pytest.mark.looptime

SOURCE = {"group": "cluster.mcp.io", "resource": "clusters"}
SELECTING = SOURCE | {"selectorTemplate": "{{ .source.spec.selected }}"}
NODES = GroupVersionResource("infra.mcp.io", "v1", "nodes")
MACHINE = {"resource": "machines", "group": MACHINES.group, "namespaceTemplate": ""}
IN_MCP = {"key": "of", "operator": "In", "values": ["mcp"]}
LOST = {"annotations": {EXTENSIONS_ANNOTATION: "mode"}}


class Rig(ImportRig):
    """A tracker over a server whose types are known."""

    def __init__(self):
        super().__init__()
        self.mapper = RESTMapper(self.rest)
        self.subject = PolicyTracker(
            hub=dataclasses.replace(
                self.hub, types=TypeRegistry(self.mapper, self.informers, self.clock)
            ),
            caches=self.caches,
            schemas=self.schemas,
            programs=self.programs,
            queues=self.hearing,
            references=self.references,
            latency=self.latency,
        )

    async def look(self, name="mcp"):
        """Discover, catch up, and look at a policy; return the verdict."""
        await self.mapper.refresh()
        self.see(POLICIES)
        taken(self.hearing)
        self.before = self.subject.revision(name)
        await self.subject.reconcile(name)
        return self.subject.get(name)

    def told(self):
        """Say what is looked at again, after the last look at the policy."""
        assert taken(self.hearing)["sweeps"] == [Sweep("mcp")]
        is_another = self.subject.get("mcp") and self.subject.revision("mcp") != self.before
        return "policy and sources" if is_another else "policy"

    async def judge(self, body=None, **metadata):
        """Store a policy and look at it."""
        self.put(POLICIES, body or policy_body(), **metadata)
        return await self.look()

    def serve_machines(self):
        self.store.serve(MACHINES, "Machine", namespaced=False)


async def test_a_valid_policy_is_in_force():
    """Its types are negotiated, its caches are in use, and the term hears of it."""
    rig = Rig()
    state = await rig.judge()
    active = state.active

    assert state.blocker is None
    assert (state.name, state.generation) == ("mcp", 1)
    assert active.source_type == CLUSTERS
    assert active.is_namespaced
    assert active.reference_types == {"auth": SECRETS}
    assert active.reference_versions == {"auth": "v1"}
    assert state.governing is active
    assert InformerSpec(SECRETS, keep=Keep.IDENTITY) in rig.informers.in_use
    assert rig.told() == "policy and sources"
    assert list(rig.subject.names()) == ["mcp"]
    assert not active.has_complete_view
    rig.see(CLUSTERS, SECRETS)
    assert active.has_complete_view


async def test_nothing_is_judged_before_types_and_schemas_are_known():
    """A verdict before the first discovery, or without our CRDs, would be a wrong one."""
    rig = Rig()
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


async def test_looking_again_changes_nothing():
    """The same policy keeps its caches, and its sources are not looked at again."""
    rig = Rig()
    before = await rig.judge()
    after = await rig.look()

    assert after.active.subscription is before.active.subscription
    assert rig.told() == "policy"


@pytest.mark.parametrize(
    ("change", "is_kept"),
    [
        ({"template": "spec: {shardingName: b}"}, True),
        ({"nameTemplate": "other-{{ .source.metadata.name }}"}, True),
        ({"creationCondition": "TRUE"}, True),
        ({"mode": "Observe"}, True),
        ({"source": SELECTING}, False),
        ({"source": SOURCE | {"labelSelector": "a=b"}}, False),
        ({"source": SOURCE | {"fieldSelector": "metadata.name=one"}}, False),
        (
            {
                "source": {"group": "cluster.mcp.io", "resource": "machines"},
                "references": [REFERENCE | {"namespaceTemplate": "team"}],
            },
            False,
        ),
        ({"references": [REFERENCE | {"namespaceTemplate": "literal"}]}, False),
        ({"references": [REFERENCE | MACHINE]}, False),
        ({"references": [REFERENCE | {"nameTemplate": "other"}]}, True),
        ({"references": []}, False),
    ],
)
async def test_caches_are_kept_unless_what_they_hold_changes(change, is_kept):
    """A new template goes on with warm caches; a new selector or type lists anew."""
    rig = Rig()
    rig.serve_machines()
    template = {"template": "spec: {shardingName: a}"}
    before = (await rig.judge(policy_body(**template))).active.subscription
    state = await rig.judge(policy_body(**(template | change)))
    after = state.active.subscription

    assert state.blocker is None
    assert (after is before) is is_kept
    assert rig.told() == "policy and sources"
    users = {informer.users for spec, informer in rig.informers.in_use.items()}
    assert users == {1}, "the caches of the old generation are given back"


async def test_a_new_template_says_what_is_news_of_sources():
    """Over the same caches: what only it reads has its source looked at from now on."""
    rig = Rig()
    rig.put(CLUSTERS, source_body("one", n=0))
    await rig.judge()
    rig.see(CLUSTERS)
    await rig.judge(policy_body(nameTemplate="mcp-{{ .source.spec.n }}"))
    rig.see(CLUSTERS)
    taken(rig.hearing)

    rig.put(CLUSTERS, source_body("one", n=1))
    rig.see(CLUSTERS)
    assert [key.source for key in taken(rig.hearing)["sources"]] == [ONE]


async def test_the_selector_decides_what_is_kept():
    """What a selector does not take stays out of the cache; what it cannot judge is kept."""
    rig = Rig()
    await rig.judge(
        policy_body(source=SELECTING | {"selectorTemplate": "{{ div 1 .source.spec.n }}"})
    )
    rig.put(CLUSTERS, source_body("one", n=0))
    rig.put(CLUSTERS, source_body("two", n=1))
    rig.see(CLUSTERS)

    assert keys(rig.sources()) == [ONE]


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
    rig = Rig()
    before = (await rig.judge()).active
    state = await rig.judge(policy_body(**spec))

    assert state.generation == 2
    assert state.blocker.reason == reason
    assert message in state.blocker.message
    assert not state.blocker.freezes
    assert state.active is before
    assert state.governing is None
    assert rig.told() == "policy and sources"
    fresh = Rig()
    assert (await fresh.judge(policy_body(**spec))).active is None


async def test_t23_everything_that_is_wrong_is_told_at_once():
    """Templates, types and scopes together, each with its field and what may have been meant."""
    rig = Rig()
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
    rig = Rig()
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
    rig = Rig()
    source = {"group": MACHINES.group, "resource": "machines"}
    body = policy_body(source=source, references=[], template="spec: {}")
    assert (await rig.judge(body)).active is None
    rig.serve_machines()
    state = await rig.look()

    assert state.governing.source_type == MACHINES
    assert not state.governing.is_namespaced
    assert rig.told() == "policy and sources"


async def test_a_version_that_is_gone_moves_the_policy_to_another():
    """When the served version changes the caches follow, and all sources are looked at."""
    rig = Rig()
    before = (await rig.judge()).active
    newer = CLUSTERS._replace(version="v2")
    rig.store.types.pop(CLUSTERS)
    rig.store.serve(newer, "Cluster")
    after = (await rig.look()).active

    assert after.source_type == newer
    assert after.subscription is not before.subscription
    assert rig.told() == "policy and sources"


async def test_a_look_wakes_the_caches_whose_type_was_missing():
    """A cache that was told 404 lists at once when its policy is judged again."""
    rig = Rig()
    await rig.judge()
    rig.sources().fail(errors.NotFound(404, "NotFound"), type_missing=True)
    await rig.look()

    assert rig.sources().relists == 1


async def test_a_policy_that_is_gone_gives_everything_back():
    """Its caches are released, its state is forgotten, and the term hears of it."""
    rig = Rig()
    await rig.judge()
    rig.drop(POLICIES, "mcp")

    assert await rig.look() is None
    assert not any(spec.gvr in {CLUSTERS, SECRETS} for spec in rig.informers.in_use)
    assert rig.told() == "policy"
    assert list(rig.subject.names()) == []


async def test_a_policy_made_again_takes_nothing_over():
    """Another uid under the same name starts without the old generation, even if it is invalid."""
    rig = Rig()
    old = (await rig.judge()).active
    state = await rig.judge(policy_body(nameTemplate="{{"), uid="another")

    assert state.uid == "another"
    assert state.active is None
    assert not any(spec.gvr == CLUSTERS for spec in rig.informers.in_use)
    again = await rig.judge(policy_body(), uid="third")
    assert again.active.subscription is not old.subscription


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
    rig = Rig()
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


async def test_a_reference_with_a_label_selector_is_watched_whole_within_it():
    """Policies that say the same share the cache; without a selector names alone are watched."""
    rig = Rig()
    selected = InformerSpec(SECRETS, label_selector="of=mcp", keep=Keep.REFERENCED)
    other = {**LABELLED, "labelSelector": {"matchExpressions": [IN_MCP]}}
    await rig.judge(policy_body(references=[LABELLED]))
    rig.put(POLICIES, policy_body("other", references=[other]))
    await rig.look("other")
    assert rig.informers.in_use[selected].users == 2
    assert InformerSpec(SECRETS, keep=Keep.IDENTITY) not in rig.informers.in_use

    await rig.judge(policy_body())
    assert rig.informers.in_use[selected].users == 1
    assert InformerSpec(SECRETS, keep=Keep.IDENTITY) in rig.informers.in_use
    rig.drop(POLICIES, "other")
    await rig.look("other")
    assert selected not in rig.informers.in_use


async def test_a_label_that_no_object_can_have_is_told():
    """Not the server's refusal of each list, but the policy names what is wrong with it."""
    rig = Rig()
    bad = {**LABELLED, "labelSelector": {"matchLabels": {"-of": "mcp", "x": "a b"}}}
    state = await rig.judge(policy_body(references=[bad]))

    assert state.blocker.reason == "InvalidPolicy"
    for told in ("-of=mcp", "x=a b"):
        assert f"such a value: {told}" in state.blocker.message
