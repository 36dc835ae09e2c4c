"""The caches of one generation of a policy, and what their changes tell."""

import json

import pytest

from clusterimport.controllers.inforce.references import ReferencedObject
from clusterimport.controllers.inforce.subscriptions import Subscription, SubscriptionSpec
from clusterimport.controllers.queues import OWNERLESS_KEY, Sweep
from clusterimport.informers import InformerSpec, InformerStatus, Keep
from clusterimport.kube import errors
from clusterimport.model.gvr import SECRETS
from clusterimport.model.meta import Identity, ObjectKey
from clusterimport.model.objects import JsonObject
from tests.fakes.controllers.importing import ONE, ImportRig, taken
from tests.fakes.controllers.importobjects import CLUSTERS, secret_body, source_body
from tests.fakes.informers.handinformers import keys

pytestmark = pytest.mark.looptime

SOURCE = {"group": CLUSTERS.group, "resource": CLUSTERS.resource}
EVERYWHERE = InformerSpec(SECRETS, keep=Keep.IDENTITY)
TEAM = EVERYWHERE._replace(namespace="team")
OTHER = EVERYWHERE._replace(namespace="other")
FORBIDDEN = errors.Forbidden(403, "Forbidden")
AWAY = errors.TransportError("connection refused")


def subscribe(rig, *, takes=lambda _: True, references=(("auth", (EVERYWHERE,)),)):
    spec = SubscriptionSpec(InformerSpec(CLUSTERS), "", references)
    return Subscription(
        "mcp",
        spec,
        takes,
        informers=rig.informers,
        caches=rig.caches,
        queues=rig.hearing,
        references=rig.references,
        latency=rig.latency,
    )


def told(rig, subscription=None):
    """Return the words for what was queued since the last time, and whether all sources are."""
    keys = taken(rig.hearing)
    before, rig.revision = getattr(rig, "revision", 0), subscription.revision if subscription else 0
    words = [f"source {key}" for key in keys.get("sources", ())]
    words += [f"lifecycle {name}" for name in keys.get("lifecycles", ())]
    words += ["leftovers"] * (OWNERLESS_KEY in keys.get("deletions", ()))
    if rig.revision != before:
        assert keys["sweeps"] == [Sweep("mcp")]
        words.append("all sources")
    return [*words, *(f"policy {name}" for name in keys.get("policies", ()))]


def refer(rig):
    """Let a lifecycle refer to the Secret."""
    rig.references.add(
        "mcp-one", ReferencedObject(SECRETS.group_resource, ObjectKey("team", "auth-one"))
    )


def uses(rig):
    """Return how many users each cache of a source or reference has."""
    ours = (CLUSTERS, SECRETS)
    in_use = rig.informers.in_use
    return {str(spec): use.users for spec, use in in_use.items() if spec.gvr in ours}


async def test_only_what_the_selector_takes_is_kept():
    """Sources that the policy does not select are not in its cache, and not told."""
    rig = ImportRig()
    subscribe(rig, takes=lambda obj: obj["metadata"]["name"] == "one")
    rig.put(CLUSTERS, source_body("one"))
    rig.put(CLUSTERS, source_body("two"))
    rig.see(CLUSTERS)

    assert keys(rig.sources()) == [ONE]
    assert [line for line in told(rig) if "source" in line] == ["source mcp:team/one"]


async def test_what_is_listed_first_is_looked_at_when_all_of_it_is_there():
    """Before that nothing can be decided; what comes after a relist is looked at by itself."""
    rig = ImportRig()
    subscription = subscribe(rig)
    refer(rig)
    rig.put(CLUSTERS, source_body())
    rig.put(SECRETS, secret_body())
    rig.see(CLUSTERS, initial=True)
    assert told(rig, subscription) == ["policy mcp"]
    rig.see(SECRETS, initial=True)
    assert told(rig, subscription) == ["leftovers", "all sources", "policy mcp"]

    rig.put(CLUSTERS, source_body("two"))
    rig.put(SECRETS, secret_body(token="new"))
    rig.see(CLUSTERS, SECRETS, initial=True)
    assert told(rig, subscription) == ["source mcp:team/two", "lifecycle mcp-one", "policy mcp"]


async def test_a_complete_view_is_told_once():
    """The first complete list with this selector is a view; later changes are mere statuses."""
    rig = ImportRig()
    subscription = subscribe(rig, references=())
    assert not subscription.is_complete
    rig.see(CLUSTERS)
    assert subscription.is_complete
    assert told(rig, subscription) == ["leftovers", "all sources", "policy mcp"]

    rig.sources().fail(AWAY)
    assert told(rig, subscription) == ["policy mcp"]
    rig.see(CLUSTERS)
    assert told(rig, subscription) == ["policy mcp"]


@pytest.mark.parametrize(
    "answer",
    [
        InformerStatus(synced=True),
        InformerStatus(error=AWAY),
        InformerStatus(error=FORBIDDEN),
        InformerStatus(error=errors.NotFound(404), type_missing=True),
    ],
)
@pytest.mark.parametrize("is_source_first", [True, False])
async def test_a_view_is_complete_when_every_type_was_tried(answer, is_source_first):
    """All is looked at once, with what it refers to; what cannot be listed holds nobody up."""
    rig = ImportRig()
    subscription = subscribe(rig, references=(("auth", (TEAM, OTHER)),))
    steps = [
        lambda: rig.see(CLUSTERS),
        lambda: rig.informers.in_use[TEAM].see([]),
        lambda: rig.informers.in_use[OTHER].tell(answer),
    ]
    first, second, last = steps if is_source_first else reversed(steps)
    first()
    second()
    assert not subscription.is_complete
    assert told(rig, subscription) == ["policy mcp"]
    last()
    assert subscription.is_complete
    assert told(rig, subscription) == ["leftovers", "all sources", "policy mcp"]


async def test_a_failing_first_list_completes_nothing():
    """A status without a complete view is told, and no view."""
    rig = ImportRig()
    subscription = subscribe(rig)
    rig.sources().fail(FORBIDDEN)

    assert not subscription.is_complete
    assert told(rig, subscription) == ["policy mcp"]


async def test_a_synced_informer_is_no_view_before_this_interest_was_listed():
    """What was listed for the generation before does not count for the new selector."""
    rig = ImportRig()
    subscription = subscribe(rig)
    rig.sources().tell(InformerStatus(synced=True))

    assert not subscription.is_complete
    assert told(rig, subscription) == ["policy mcp"]


async def test_references_tell_whom_they_concern():
    """A cache that fills or is refused has all sources looked at; one that fails, the policy."""
    rig = ImportRig()
    subscription = subscribe(rig)
    refer(rig)
    secrets = rig.informers.of(SECRETS)
    secrets.fail(AWAY)
    rig.see(CLUSTERS)
    told(rig, subscription)
    rig.put(SECRETS, secret_body())
    rig.see(SECRETS)
    assert told(rig, subscription) == ["lifecycle mcp-one", "all sources", "policy mcp"]

    secrets.fail(AWAY)
    assert told(rig, subscription) == ["policy mcp"]
    secrets.fail(FORBIDDEN)
    assert told(rig, subscription) == ["all sources", "policy mcp"]
    secrets.tell(InformerStatus(synced=True))
    assert told(rig, subscription) == ["all sources", "policy mcp"]


async def test_t22_objects_that_are_not_kept_are_told_by_their_number():
    """What comes or goes and is not selected concerns the policy's count, and no source."""
    rig = ImportRig()
    subscription = subscribe(rig, takes=lambda _: False)
    rig.see(CLUSTERS)
    told(rig, subscription)
    rig.put(CLUSTERS, source_body())
    rig.see(CLUSTERS)
    assert told(rig, subscription) == ["policy mcp"]
    rig.see(CLUSTERS)
    assert told(rig, subscription) == []

    sources = rig.sources()
    subscription.close()
    rig.put(CLUSTERS, source_body("two"))
    sources.see([source_body(), source_body("two")])
    assert told(rig, subscription) == []


@pytest.mark.parametrize(
    ("caches", "key", "namespace", "expected"),
    [
        ((EVERYWHERE,), "auth", "team", EVERYWHERE),
        ((TEAM, OTHER), "auth", "other", OTHER),
        ((TEAM, OTHER), "auth", "third", None),
        ((EVERYWHERE,), "ca", "team", None),
    ],
)
async def test_a_reference_is_looked_for_where_it_can_be(caches, key, namespace, expected):
    """Each namespace has its cache, or one has all; elsewhere nothing is watched."""
    rig = ImportRig()
    found = subscribe(rig, references=(("auth", caches),)).reference_cache(key, namespace)

    assert (found.spec if found else None) == expected


async def test_a_cache_that_two_references_share_tells_once():
    """Two references to the same type are one handler, and two uses."""
    rig = ImportRig()
    subscription = subscribe(rig, references=(("auth", (EVERYWHERE,)), ("ca", (EVERYWHERE,))))
    refer(rig)
    rig.informers.of(SECRETS).fail(AWAY)
    rig.see(CLUSTERS)
    told(rig, subscription)
    rig.put(SECRETS, secret_body())
    rig.see(SECRETS)

    assert told(rig, subscription) == ["lifecycle mcp-one", "all sources", "policy mcp"]
    assert subscription.revision == 2
    assert uses(rig)[str(EVERYWHERE)] == 2


async def test_closing_gives_everything_back():
    """After ``close`` nothing is told and no cache is held; a second time changes nothing."""
    rig = ImportRig()
    old = subscribe(rig)
    new = subscribe(rig)
    sources = rig.sources()
    assert uses(rig) == {str(EVERYWHERE): 2, "clusters.v1.cluster.mcp.io": 2}
    assert len(sources.interests) == 2
    old.close()
    old.close()
    assert uses(rig) == {str(EVERYWHERE): 1, "clusters.v1.cluster.mcp.io": 1}
    assert len(sources.interests) == 1
    rig.see(CLUSTERS, SECRETS)
    assert new.is_complete
    assert told(rig, new) == ["leftovers", "all sources", "policy mcp"]
    assert not old.is_complete
    new.close()

    assert uses(rig) == {}
    assert not sources.has_handlers


async def test_waking_asks_only_for_what_was_not_served():
    """When a type may have come, the caches that lacked it list at once."""
    rig = ImportRig()
    subscription = subscribe(rig)
    sources, secrets = rig.sources(), rig.informers.of(SECRETS)
    subscription.wake()
    assert (sources.relists, secrets.relists) == (0, 0)
    secrets.fail(errors.NotFound(404, "NotFound"), type_missing=True)
    subscription.wake()
    assert (sources.relists, secrets.relists) == (0, 1)
    sources.fail(errors.NotFound(404, "NotFound"), type_missing=True)
    subscription.wake()

    assert (sources.relists, secrets.relists) == (1, 2)


@pytest.mark.parametrize(
    ("takers", "answer"),
    [({"{}", "x"}, True), ({"x"}, False), ({"?{}"}, None), (None, None)],
)
async def test_the_selector_is_not_asked_again(takers, answer):
    """What the cache found of this very object counts, where its view is of this selector."""
    rig = ImportRig()
    subscription = subscribe(rig, references=())
    names = takers and frozenset(each.format(subscription._name) for each in takers)
    source = JsonObject(Identity("v1", "Cluster", "team", "one", "u", "1"), b"{}", names)
    assert subscription.answer(source) is None, "nothing is complete yet"
    rig.see(CLUSTERS)

    assert subscription.answer(source) is answer
    assert subscription.answer(source_body()) is None


@pytest.mark.parametrize("is_taken", [True, False])
async def test_a_source_is_selected_as_its_cache_says(is_taken):
    """Also where the template would say otherwise: it is rendered once, when a source comes."""
    rig = ImportRig()
    selector = "false" if is_taken else "true"
    active = rig.activate(source=SOURCE | {"selectorTemplate": selector})
    takers = frozenset({active.subscription._name} if is_taken else ())
    identity = Identity("cluster.mcp.io/v1", "Cluster", "team", "one", "u", "1")
    source = JsonObject(identity, json.dumps(source_body()).encode(), takers)

    assert active.name_for(source) == ("mcp-one" if is_taken else "")
