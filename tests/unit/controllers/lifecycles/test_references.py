"""Finding what a lifecycle refers to."""

import asyncio

import pytest

from clusterimport.controllers.lifecycles.references import RECHECK_SECONDS
from clusterimport.controllers.lifecycles.verdict import NotYet
from clusterimport.controllers.shared.tally import State
from clusterimport.engine.errors import EvaluationError
from clusterimport.kube import errors
from clusterimport.model.gvr import SECRETS
from clusterimport.model.lifecycle import parse_lifecycle
from tests.fakes.controllers.importobjects import REFERENCE, lifecycle_body, secret_body
from tests.fakes.controllers.resolving import (
    AUTH,
    FORBIDDEN,
    SECOND,
    TARGET,
    ResolvingRig,
    resolve_for,
)

pytestmark = pytest.mark.looptime


async def test_a_reference_is_read_when_it_is_needed():
    """The cache says that it is there, one GET brings its content, the status names it."""
    rig = ResolvingRig()
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
    rig = ResolvingRig()
    await rig.resolve()

    assert "data" not in rig.informers.of(SECRETS).store.get(AUTH)


async def test_a_reference_may_use_an_earlier_one():
    """Later references are found with what the ones before hold."""
    rig = ResolvingRig(SECOND)
    rig.put(SECRETS, secret_body(data={"next": "ca-one"}))
    rig.put(SECRETS, secret_body("ca-one"))
    rig.see()
    before = {"references": [REFERENCE, {**SECOND, "versions": ["v1"]}]}
    rig.active = rig.activate(**before)
    found = await rig.resolve()

    assert found["ca"]["metadata"]["name"] == "ca-one"
    assert [entry["name"] for entry in rig.resolution.status] == ["auth-one", "ca-one"]
    assert rig.index._targets.count("mcp-one") == 2


async def test_a_missing_reference_is_waited_for_without_a_request():
    """What the cache does not have costs nothing, and its coming is an event for the lifecycle."""
    rig = ResolvingRig()
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
    rig = ResolvingRig()
    rig.drop(SECRETS, "auth-one", "team")
    held = await rig.held()

    assert (held.reason, held.state) == ("ReferenceResourceNotFound", State.WAITING)
    assert rig.reads() == 1


async def test_a_forbidden_read_is_told_with_the_role_and_tried_again():
    """No event tells of a grant, so a missing right is looked at again by itself."""
    rig = ResolvingRig()
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
    rig = ResolvingRig(see=False)
    rig.informers.of(SECRETS).fail(error)
    held = await rig.held()

    assert (held.reason, held.state) == (reason, state)
    assert part in held.message
    assert held.retry_after is None
    assert rig.reads() == 0


async def test_a_cache_that_failed_after_it_was_filled_goes_on():
    """What was listed completely is used while the server is away."""
    rig = ResolvingRig()
    rig.informers.of(SECRETS).fail(FORBIDDEN)

    assert "auth" in await rig.resolve()


async def test_a_cache_that_is_being_filled_is_not_told():
    """That a first list is under way is no verdict."""
    rig = ResolvingRig(see=False)
    with pytest.raises(NotYet):
        await rig.resolve()

    assert rig.reads() == 0


@pytest.mark.parametrize("references", [[], [REFERENCE | {"group": "x.io"}]])
async def test_a_lifecycle_of_another_generation_waits(references):
    """Where the policy's caches are of other references, nothing can be told yet."""
    rig = ResolvingRig(references=references, template="spec: {}")
    rig.store.serve(SECRETS._replace(group="x.io"), "Secret")
    rig.see()
    with pytest.raises(NotYet):
        await rig.resolve()

    assert rig.reads() == 0


async def test_a_reference_that_is_not_allowed_is_not_read():
    """The guard looks at the target before the cache is asked."""
    rig = ResolvingRig()
    item = REFERENCE | {"version": "v1", "namespaceTemplate": "{{ .source.spec.url | len }}"}
    rig.record = parse_lifecycle(lifecycle_body(references=[item]))
    with pytest.raises(EvaluationError):
        await rig.resolve()

    assert rig.reads() == 0
    assert rig.resolution.status == []


async def test_a_secret_of_a_refused_type_is_not_used():
    """The guard looks at what was read; the lifecycle is told when that changes."""
    rig = ResolvingRig()
    rig.put(SECRETS, secret_body(type="bootstrap.kubernetes.io/token"))
    with pytest.raises(EvaluationError, match="bootstrap token"):
        await rig.resolve()

    assert rig.resolution.found == {}
    assert rig.index.lifecycles_of(TARGET) == {"mcp-one"}


async def test_t57_lifecycles_that_share_a_secret_read_it_once():
    """Whoever refers to the same object in the same version is served by one request."""
    rig = ResolvingRig()
    names = [f"mcp-{number}" for number in range(50)]
    for name in names:
        rig.index.add(name, TARGET)
    first = await asyncio.gather(*(resolve_for(rig, name) for name in names[:25]))
    later = [await resolve_for(rig, name) for name in names[25:]]
    assert all(found["auth"]["data"] == secret_body()["data"] for found in (*first, *later))
    assert rig.reads() == 1

    rig.put(SECRETS, secret_body(token="rotated"))
    rig.see()
    for name in names:
        found = await resolve_for(rig, name)
        assert found["auth"]["data"] == secret_body(token="rotated")["data"]
    assert rig.reads() == 2


async def test_t57_a_secret_of_one_lifecycle_alone_is_read_at_each_look():
    """What nobody else refers to is kept no longer than the evaluation."""
    rig = ResolvingRig()
    await rig.resolve()
    assert not rig.reading._kept
    await rig.resolve()

    assert rig.reads() == 2


async def test_t57_each_lifecycle_is_judged_by_itself():
    """That a Secret was read for one lifecycle does not allow it to another."""
    rig = ResolvingRig()
    rig.index.add("mcp-two", TARGET)
    rig.put(SECRETS, secret_body(type="kubernetes.io/service-account-token"))
    rig.see()
    items = [REFERENCE | {"version": "v1"}]
    features = {"allowedCredentialFeatures": ["ServiceAccountToken"]}
    rig.record = parse_lifecycle(lifecycle_body(references=items, **features))
    await rig.resolve()
    rig.record = parse_lifecycle(lifecycle_body(references=items))
    with pytest.raises(EvaluationError, match="service account token"):
        await resolve_for(rig, "mcp-two")

    assert rig.reads() == 1
