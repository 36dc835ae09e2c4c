"""Finding what a lifecycle refers to, and whom a change of it concerns."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clusterimport.controllers.inforce.references import ReferencedObject, ReferenceIndex
from clusterimport.controllers.lifecycles.reading import SharedReads
from clusterimport.controllers.lifecycles.references import (
    RECHECK_SECONDS,
    Resolution,
)
from clusterimport.controllers.lifecycles.unlabelled import FIRST_SECONDS, Unlabelled
from clusterimport.controllers.lifecycles.verdict import Held, NotYet
from clusterimport.controllers.shared.tally import State
from clusterimport.engine.errors import EvaluationError
from clusterimport.engine.lifecycle import ReferenceGuard, compile_lifecycle
from clusterimport.engine.rules import ImportRules
from clusterimport.kube import errors
from clusterimport.model.gvr import SECRETS
from clusterimport.model.identity import Identity
from clusterimport.model.keys import ObjectKey
from clusterimport.model.lifecycle import parse_lifecycle
from clusterimport.model.objects import JsonObject
from tests.fakes.controllers.importing import ImportRig
from tests.fakes.controllers.importobjects import (
    LABELLED,
    REFERENCE,
    lifecycle_body,
    secret_body,
    source_body,
)

pytestmark = pytest.mark.looptime

AUTH = ObjectKey("team", "auth-one")
TARGET = ReferencedObject(SECRETS.group_resource, AUTH)
OTHER = ReferencedObject(SECRETS.group_resource, ObjectKey("team", "other"))
FORBIDDEN = errors.Forbidden(403, "Forbidden")
SECOND = {
    "key": "ca",
    "group": "",
    "version": "v1",
    "resource": "secrets",
    "namespaceTemplate": "team",
    "nameTemplate": "{{ .references.auth.data.next }}",
}


def test_the_index_follows_what_was_resolved_last():
    """A lifecycle is found by what it refers to now, and by nothing it referred to before."""
    index = ReferenceIndex()
    index.replace("one", frozenset({TARGET}))
    index.replace("two", frozenset({TARGET, OTHER}))
    assert index.lifecycles_of(TARGET) == {"one", "two"}
    index.replace("one", frozenset({OTHER}))
    assert index.lifecycles_of(TARGET) == {"two"}
    assert index.lifecycles_of(OTHER) == {"one", "two"}
    index.forget("two")

    assert index.lifecycles_of(TARGET) == frozenset()
    assert index.lifecycles_of(OTHER) == {"one"}


TARGETS = st.frozensets(st.sampled_from([TARGET, OTHER]))


@given(st.lists(st.tuples(st.sampled_from("abc"), TARGETS)))
def test_the_two_views_of_the_index_agree(history):
    """After any history both directions hold the same pairs, and nothing empty is kept."""
    index = ReferenceIndex()
    for name, targets in history:
        index.replace(name, targets)

    forward = {(name, target) for name, found in index._targets.items() for target in found}
    backward = {(name, target) for target, found in index._lifecycles.items() for name in found}
    assert forward == backward
    assert forward == {(name, target) for name, found in dict(history).items() for target in found}
    assert all(index._targets.values())
    assert all(index._lifecycles.values())


class Rig(ImportRig):
    """A lifecycle with one reference to a Secret that exists and is seen."""

    def __init__(self, *references, see=True, **spec):
        super().__init__()
        self.active = self.activate(see=False, **spec)
        self.put(SECRETS, secret_body())
        if see:
            self.see()
        items = [REFERENCE | {"version": "v1"}, *references]
        self.record = parse_lifecycle({**lifecycle_body(references=items)})
        self.index = ReferenceIndex()
        self.reading = SharedReads(self.clock)
        self.unlabelled = Unlabelled(self.clock)
        self.resolution = self.look("mcp-one")

    def look(self, lifecycle, *, is_live=False):
        return Resolution(
            lifecycle,
            self.index,
            reads=self.reading,
            unlabelled=self.unlabelled,
            limits=self.limit_metrics,
            is_live=is_live,
        )

    async def resolve(self):
        compiled = compile_lifecycle(self.record, self.programs, ReferenceGuard(ImportRules()))
        return await self.resolution.resolve(compiled, self.active, source_body(), self.context.hub)

    async def held(self):
        with pytest.raises(Held) as caught:
            await self.resolve()
        return caught.value

    def reads(self):
        return len(self.rest.requests)


async def test_a_reference_is_read_when_it_is_needed():
    """The cache says that it is there, one GET brings its content, the status names it."""
    rig = Rig()
    found = await rig.resolve()

    assert found["auth"]["data"] == secret_body()["data"]
    assert [sent.path for sent in rig.rest.requests] == [
        SECRETS.path(namespace="team", name="auth-one")
    ]
    assert rig.resolution.status == [
        {
            "group": "",
            "version": "v1",
            "resource": "secrets",
            "namespace": "team",
            "name": "auth-one",
        }
    ]
    assert rig.index.lifecycles_of(TARGET) == {"mcp-one"}


async def test_the_cache_holds_no_content():
    """References are watched metadata-only."""
    rig = Rig()
    await rig.resolve()

    assert "data" not in rig.informers.of(SECRETS).store.get(AUTH)


async def test_a_reference_may_use_an_earlier_one():
    """Later references are found with what the ones before hold."""
    rig = Rig(SECOND)
    rig.put(SECRETS, secret_body(data={"next": "ca-one"}))
    rig.put(SECRETS, secret_body("ca-one"))
    rig.see()
    before = {"references": [REFERENCE, {**SECOND, "versions": ["v1"]}]}
    rig.active = rig.activate(**before)
    found = await rig.resolve()

    assert found["ca"]["metadata"]["name"] == "ca-one"
    assert [entry["name"] for entry in rig.resolution.status] == ["auth-one", "ca-one"]
    assert len(rig.index._targets["mcp-one"]) == 2


async def test_a_missing_reference_is_waited_for_without_a_request():
    """What the cache does not have costs nothing, and its coming is an event for the lifecycle."""
    rig = Rig()
    rig.drop(SECRETS, "auth-one", "team")
    rig.see()
    held = await rig.held()

    assert (held.reason, held.state) == ("ReferenceResourceNotFound", State.WAITING)
    assert "secrets team/auth-one does not exist" in held.message
    assert held.retry_after is None
    assert rig.reads() == 0
    assert rig.index.lifecycles_of(TARGET) == {"mcp-one"}
    assert rig.resolution.status[0]["name"] == "auth-one"


async def test_a_reference_that_went_in_between_is_missing_too():
    """The cache is behind: the GET decides."""
    rig = Rig()
    rig.drop(SECRETS, "auth-one", "team")
    held = await rig.held()

    assert (held.reason, held.state) == ("ReferenceResourceNotFound", State.WAITING)
    assert rig.reads() == 1


async def test_a_forbidden_read_is_told_with_the_role_and_tried_again():
    """No event tells of a grant, so a missing right is looked at again by itself."""
    rig = Rig()
    rig.rest.meet("GET", SECRETS.path(namespace="team", name="auth-one"), FORBIDDEN)
    held = await rig.held()

    assert (held.reason, held.state) == ("MissingPermission", State.FAILED)
    assert held.retry_after == RECHECK_SECONDS
    assert "reading secrets team/auth-one is forbidden" in held.message
    assert '"kind": "ClusterRole"' in held.message


@pytest.mark.parametrize(
    ("error", "reason", "state", "part"),
    [
        (FORBIDDEN, "MissingPermission", State.FAILED, "listing secrets is forbidden. Apply"),
        (
            errors.TransportError("connection refused"),
            "WaitDependentResourceSynced",
            State.WAITING,
            "secrets cannot be listed: connection refused",
        ),
    ],
)
async def test_a_cache_that_cannot_be_filled_says_why(error, reason, state, part):
    """A list that is refused needs a person, one that fails is waited for; nothing is read."""
    rig = Rig(see=False)
    rig.informers.of(SECRETS).fail(error)
    held = await rig.held()

    assert (held.reason, held.state) == (reason, state)
    assert part in held.message
    assert held.retry_after is None
    assert rig.reads() == 0


async def test_a_cache_that_failed_after_it_was_filled_goes_on():
    """What was listed completely is used while the server is away."""
    rig = Rig()
    rig.informers.of(SECRETS).fail(FORBIDDEN)

    assert "auth" in await rig.resolve()


async def test_a_cache_that_is_being_filled_is_not_told():
    """That a first list is under way is no verdict."""
    rig = Rig(see=False)
    with pytest.raises(NotYet):
        await rig.resolve()

    assert rig.reads() == 0


@pytest.mark.parametrize("references", [[], [REFERENCE | {"group": "x.io"}]])
async def test_a_lifecycle_of_another_generation_waits(references):
    """Where the policy's caches are of other references, nothing can be told yet."""
    rig = Rig(references=references, template="spec: {}")
    rig.store.serve(SECRETS._replace(group="x.io"), "Secret")
    rig.see()
    with pytest.raises(NotYet):
        await rig.resolve()

    assert rig.reads() == 0


async def test_a_reference_that_is_not_allowed_is_not_read():
    """The guard looks at the target before the cache is asked."""
    rig = Rig()
    item = REFERENCE | {"version": "v1", "namespaceTemplate": "{{ .source.spec.url | len }}"}
    rig.record = parse_lifecycle(lifecycle_body(references=[item]))
    with pytest.raises(EvaluationError):
        await rig.resolve()

    assert rig.reads() == 0
    assert rig.resolution.status == []


async def test_a_secret_of_a_refused_type_is_not_used():
    """The guard looks at what was read; the lifecycle is told when that changes."""
    rig = Rig()
    rig.put(SECRETS, secret_body(type="bootstrap.kubernetes.io/token"))
    with pytest.raises(EvaluationError, match="bootstrap token"):
        await rig.resolve()

    assert rig.resolution.found == {}
    assert rig.index.lifecycles_of(TARGET) == {"mcp-one"}


async def _resolve_for(rig, lifecycle):
    rig.resolution = rig.look(lifecycle)
    return await rig.resolve()


async def test_t57_lifecycles_that_share_a_secret_read_it_once():
    """Whoever refers to the same object in the same version is served by one request."""
    rig = Rig()
    names = [f"mcp-{number}" for number in range(50)]
    for name in names:
        rig.index.add(name, TARGET)
    first = await asyncio.gather(*(_resolve_for(rig, name) for name in names[:25]))
    later = [await _resolve_for(rig, name) for name in names[25:]]
    assert all(found["auth"]["data"] == secret_body()["data"] for found in (*first, *later))
    assert rig.reads() == 1

    rig.put(SECRETS, secret_body(token="rotated"))
    rig.see()
    for name in names:
        found = await _resolve_for(rig, name)
        assert found["auth"]["data"] == secret_body(token="rotated")["data"]
    assert rig.reads() == 2


async def test_t57_a_secret_of_one_lifecycle_alone_is_read_at_each_look():
    """What nobody else refers to is kept no longer than the evaluation."""
    rig = Rig()
    await rig.resolve()
    assert not rig.reading._kept
    await rig.resolve()

    assert rig.reads() == 2


async def test_t57_each_lifecycle_is_judged_by_itself():
    """That a Secret was read for one lifecycle does not allow it to another."""
    rig = Rig()
    rig.index.add("mcp-two", TARGET)
    rig.put(SECRETS, secret_body(type="kubernetes.io/service-account-token"))
    rig.see()
    items = [REFERENCE | {"version": "v1"}]
    features = {"allowedCredentialFeatures": ["ServiceAccountToken"]}
    rig.record = parse_lifecycle(lifecycle_body(references=items, **features))
    await rig.resolve()
    rig.record = parse_lifecycle(lifecycle_body(references=items))
    with pytest.raises(EvaluationError, match="service account token"):
        await _resolve_for(rig, "mcp-two")

    assert rig.reads() == 1


class Selecting(Rig):
    """The same where the policy tells the label of the Secret."""

    def __init__(self):
        super().__init__(references=[LABELLED])

    def cached(self):
        return self.active.subscription.reference_cache("auth", "team").store.get(AUTH)


async def test_a_selected_reference_is_not_read():
    """Its cache has it as bytes, which are decoded when they are looked at."""
    rig = Selecting()
    found = await rig.resolve()

    assert found["auth"]["data"] == secret_body()["data"]
    assert type(rig.cached()) is JsonObject
    assert rig.reads() == 0
    rig.put(SECRETS, secret_body(token="rotated"))
    rig.see()
    found = await rig.resolve()
    assert found["auth"]["data"] == secret_body(token="rotated")["data"]
    assert rig.reads() == 0


async def test_a_secret_of_a_refused_type_is_not_used_from_a_cache():
    """The guard looks at what the cache has as at what was read."""
    rig = Selecting()
    rig.put(SECRETS, secret_body(type="bootstrap.kubernetes.io/token"))
    rig.see()
    with pytest.raises(EvaluationError, match="bootstrap token"):
        await rig.resolve()


async def test_a_look_at_everything_reads_a_selected_reference():
    """A cache that missed an event is found out."""
    rig = Selecting()
    rig.resolution = rig.look("mcp-one", is_live=True)
    await rig.resolve()

    assert rig.reads() == 1


async def test_what_was_read_is_never_gone_back_behind():
    """While the cache is behind what was read, it is read again; then the cache is believed."""
    rig = Selecting()
    rig.put(SECRETS, secret_body(token="rotated"))
    rig.resolution = rig.look("mcp-one", is_live=True)
    await rig.resolve()
    found = await _resolve_for(rig, "mcp-one")
    assert found["auth"]["data"] == secret_body(token="rotated")["data"]
    assert rig.reads() == 2

    rig.see()
    found = await _resolve_for(rig, "mcp-one")
    assert found["auth"]["data"] == secret_body(token="rotated")["data"]
    assert rig.reads() == 2
    assert not rig.reading._ahead


async def test_what_had_no_room_is_read():
    """Of an object beyond the bound its cache has the version alone, as without a selector."""
    rig = Selecting()
    cached = rig.cached()
    cache = rig.active.subscription.reference_cache("auth", "team")
    cache.see([Identity("v1", "Secret", "team", "auth-one", cached.uid, cached.resource_version)])
    found = await rig.resolve()

    assert found["auth"]["data"] == secret_body()["data"]
    assert rig.reads() == 1


async def test_a_selected_reference_that_cannot_be_read_is_told():
    """Its cache says why, and no request is made."""
    rig = Selecting()
    rig.put(SECRETS, secret_body(data={"x": "y" * 1024 * 1024}))
    rig.see()
    held = await rig.held()

    assert held.reason == "ReferenceTooLarge"
    assert rig.reads() == 0


async def test_a_selected_reference_that_is_missing_is_explained_a_while_later():
    """Neither its absence nor its want of a label costs a request at the first look."""
    rig = Selecting()
    rig.put(SECRETS, secret_body(), labels={})
    rig.see()
    assert (await rig.held()).reason == "ReferenceResourceNotFound"
    assert rig.reads() == 0
    await asyncio.sleep(FIRST_SECONDS)
    assert (await rig.held()).reason == "ReferenceNotSelected"
    assert rig.reads() == 1

    rig.put(SECRETS, secret_body(), labels={"of": "mcp"})
    rig.see()
    await rig.resolve()
    assert not rig.unlabelled._missed
    assert rig.reads() == 1


async def test_of_two_references_the_missing_one_is_asked_for():
    """That the first is there at each look does not put the question off for ever."""
    second = {**SECOND, "nameTemplate": "ca-one", "labelSelector": LABELLED["labelSelector"]}
    rig = Rig({**second, "version": "v1"}, references=[LABELLED, second])
    for _ in range(2):
        assert (await rig.held()).reason == "ReferenceResourceNotFound"
        await asyncio.sleep(FIRST_SECONDS)

    assert [sent.path for sent in rig.rest.requests] == [
        SECRETS.path(namespace="team", name="ca-one")
    ]
