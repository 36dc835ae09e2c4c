"""What is in force of every policy, and the caches that it keeps."""

import pytest

from clusterimport.informers import InformerSpec, Keep
from clusterimport.kube import errors
from clusterimport.model.gvr import POLICIES, SECRETS
from tests.fakes.controllers.importing import ONE, taken
from tests.fakes.controllers.importobjects import (
    CLUSTERS,
    LABELLED,
    REFERENCE,
    policy_body,
    source_body,
)
from tests.fakes.controllers.tracking import MACHINE, SELECTING, SOURCE, TrackerRig
from tests.fakes.informers.handinformers import keys

pytestmark = pytest.mark.looptime
IN_MCP = {"key": "of", "operator": "In", "values": ["mcp"]}


async def test_a_valid_policy_is_in_force():
    """Its types are negotiated, its caches are in use, and the term hears of it."""
    rig = TrackerRig()
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
    assert rig.looked_at() == "policy and sources"
    assert list(rig.subject.names()) == ["mcp"]
    assert not active.has_complete_view
    rig.see(CLUSTERS, SECRETS)
    assert active.has_complete_view


async def test_looking_again_changes_nothing():
    """The same policy keeps its caches, and its sources are not looked at again."""
    rig = TrackerRig()
    before = await rig.judge()
    after = await rig.look()

    assert after.active.subscription is before.active.subscription
    assert rig.looked_at() == "policy"


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
    rig = TrackerRig()
    rig.serve_machines()
    template = {"template": "spec: {shardingName: a}"}
    before = (await rig.judge(policy_body(**template))).active.subscription
    state = await rig.judge(policy_body(**(template | change)))
    after = state.active.subscription

    assert state.blocker is None
    assert (after is before) is is_kept
    assert rig.looked_at() == "policy and sources"
    users = {informer.users for spec, informer in rig.informers.in_use.items()}
    assert users == {1}, "the caches of the old generation are given back"


async def test_a_new_template_says_what_is_news_of_sources():
    """Over the same caches: what only it reads has its source looked at from now on."""
    rig = TrackerRig()
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
    rig = TrackerRig()
    await rig.judge(
        policy_body(source=SELECTING | {"selectorTemplate": "{{ div 1 .source.spec.n }}"})
    )
    rig.put(CLUSTERS, source_body("one", n=0))
    rig.put(CLUSTERS, source_body("two", n=1))
    rig.see(CLUSTERS)

    assert keys(rig.sources()) == [ONE]


async def test_a_version_that_is_gone_moves_the_policy_to_another():
    """When the served version changes the caches follow, and all sources are looked at."""
    rig = TrackerRig()
    before = (await rig.judge()).active
    newer = CLUSTERS._replace(version="v2")
    rig.store.types.pop(CLUSTERS)
    rig.store.serve(newer, "Cluster")
    after = (await rig.look()).active

    assert after.source_type == newer
    assert after.subscription is not before.subscription
    assert rig.looked_at() == "policy and sources"


async def test_a_look_wakes_the_caches_whose_type_was_missing():
    """A cache that was told 404 lists at once when its policy is judged again."""
    rig = TrackerRig()
    await rig.judge()
    rig.sources().fail(errors.NotFound(404, "NotFound"), type_missing=True)
    await rig.look()

    assert rig.sources().relists == 1


async def test_a_policy_that_is_gone_gives_everything_back():
    """Its caches are released, its state is forgotten, and the term hears of it."""
    rig = TrackerRig()
    await rig.judge()
    rig.drop(POLICIES, "mcp")

    assert await rig.look() is None
    assert not any(spec.gvr in {CLUSTERS, SECRETS} for spec in rig.informers.in_use)
    assert rig.looked_at() == "policy"
    assert list(rig.subject.names()) == []


async def test_a_policy_made_again_takes_nothing_over():
    """Another uid under the same name starts without the old generation, even if it is invalid."""
    rig = TrackerRig()
    old = (await rig.judge()).active
    state = await rig.judge(policy_body(nameTemplate="{{"), uid="another")

    assert state.uid == "another"
    assert state.active is None
    assert not any(spec.gvr == CLUSTERS for spec in rig.informers.in_use)
    again = await rig.judge(policy_body(), uid="third")
    assert again.active.subscription is not old.subscription


async def test_a_reference_with_a_label_selector_is_watched_whole_within_it():
    """Policies that say the same share the cache; without a selector names alone are watched."""
    rig = TrackerRig()
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
