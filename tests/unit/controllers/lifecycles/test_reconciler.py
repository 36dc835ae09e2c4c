"""One look at a lifecycle, from its source to the status."""

import asyncio

import pytest
from structlog.testing import capture_logs

from clusterimport.controllers.inforce.schema import ServedSchemas
from clusterimport.controllers.inforce.state import Blocker
from clusterimport.controllers.lifecycles.reconciler import (
    NOT_YET_SECONDS,
    TERMINATING_SECONDS,
)
from clusterimport.controllers.result import DONE
from clusterimport.kube import errors
from clusterimport.limits.counted import Limit
from clusterimport.limits.documents import KUBECONFIG_BYTES
from clusterimport.model.gvr import LIFECYCLES, PEDIACLUSTERS, SECRETS
from clusterimport.model.names import ADOPT_ANNOTATION, SYNCHRO_FINALIZER
from tests.fakes.controllers.importing import ONE, condition, drain
from tests.fakes.controllers.importobjects import (
    MACHINES,
    TEMPLATE,
    lifecycle_body,
    lifecycle_owner,
    pediacluster_body,
    policy_owner,
    secret_body,
)
from tests.fakes.controllers.reconcilers import LifecycleRig
from tests.fakes.engine.evaluating import base64_of

pytestmark = pytest.mark.looptime

COLLECTION = PEDIACLUSTERS.path()
OBJECT = PEDIACLUSTERS.path(name="mcp-one")
STATUS = LIFECYCLES.path(name="mcp-one", subresource="status")
NEW = base64_of("new")
IMPORTED = [("POST", COLLECTION), ("PUT", STATUS)]


async def test_a_ready_source_is_imported_with_two_writes():
    """PediaCluster, then status; a second look after the events writes nothing."""
    rig = LifecycleRig()
    assert await rig.look() == DONE
    assert rig.rest.writes() == IMPORTED
    assert rig.ready() == "Imported"
    assert rig.get(PEDIACLUSTERS, "mcp-one")["spec"] == pediacluster_body()["spec"]
    rig.see()
    assert await rig.look() == DONE

    assert rig.rest.writes() == IMPORTED


async def test_a_rotated_secret_reaches_the_pediacluster():
    """A change of the Secret queues those that refer to it, and one field is patched."""
    rig = LifecycleRig()
    await rig.look()
    rig.put(SECRETS, secret_body(token="new"))
    rig.see()
    assert drain(rig.hearing.lifecycles) == ["mcp-one"]
    await rig.look()

    assert rig.rest.writes() == [*IMPORTED, ("PATCH", OBJECT)]
    rig.put(SECRETS, secret_body("other"))
    rig.see()
    assert drain(rig.hearing.lifecycles) == []


@pytest.mark.parametrize(
    "why",
    [
        "condemned",
        "no owner",
        "another policy",
        "another uid",
        "unknown policy",
        "invalid policy",
        "unusable",
        "another type",
        "not viewed",
    ],
)
async def test_what_is_not_ours_to_touch_now_is_left_alone(why):
    """No read, no write, no status: who decides about it comes back by itself."""
    arguments = {
        "no owner": {"metadata": {"ownerReferences": []}},
        "another policy": {"metadata": {"ownerReferences": [policy_owner("other")]}},
        "another uid": {"metadata": {"ownerReferences": [policy_owner(uid="old")]}},
        "unusable": {"source": {"group": "cluster.mcp.io", "resource": "clusters"}},
        "another type": {
            "source": {
                "group": MACHINES.group,
                "version": "v1",
                "resource": MACHINES.resource,
                "namespace": "team",
                "name": "one",
            }
        },
        "not viewed": {"see": False},
    }
    rig = LifecycleRig(**arguments.get(why, {}))
    if why == "condemned":
        rig.context.candidates.condemn("mcp-one")
    elif why == "unknown policy":
        rig.tracker.drop("mcp")
    elif why == "invalid policy":
        rig.block(Blocker("InvalidPolicy", "m"))
    assert await rig.look() == DONE

    assert rig.rest.requests == []


async def test_t59_a_credential_beyond_a_bound_is_counted():
    """Its lifecycle names it, and the metric the bound."""
    rig = LifecycleRig()
    rig.put(SECRETS, secret_body(token="x" * (KUBECONFIG_BYTES + 1)))
    rig.see()
    await rig.look()

    assert rig.ready() == "IncompleteCredentials"
    assert rig.limit_metrics.reached == {Limit.KUBECONFIG_BYTES: 1}


async def test_t27_a_write_is_told_with_policy_source_and_reason():
    """A creation, and an update of the connection; nothing of what was written."""
    rig = LifecycleRig()
    with capture_logs() as logs:
        await rig.look()
        rig.see()
        rig.put(SECRETS, secret_body(token="another"))
        rig.see()
        await rig.look()
    told = [entry for entry in logs if entry["event"] == "pediacluster written"]

    assert [(entry["verb"], entry["reason"]) for entry in told] == [
        ("create", "creation"),
        ("patch", "connection"),
    ]
    for entry in told:
        assert (entry["policy"], entry["pediacluster"]) == ("mcp", "mcp-one")
        assert entry["source"] == "clusters.cluster.mcp.io/team/one"
        assert len(entry) == 7


@pytest.mark.parametrize(
    ("metadata", "owners", "ready", "writes"),
    [
        ({}, [], "NameConflict", 0),
        ({"annotations": {ADOPT_ANNOTATION: "mcp"}}, [], "Imported", 1),
        ({"annotations": {ADOPT_ANNOTATION: "other"}}, [], "NameConflict", 0),
        ({}, [lifecycle_owner("mcp-one", "older")], "Imported", 1),
        ({}, [lifecycle_owner("mcp-two", "x")], "NameConflict", 0),
    ],
)
async def test_ownership_decides_before_anything_is_read(metadata, owners, ready, writes):
    """A PediaCluster without our mark is never written, unless a person offers it."""
    rig = LifecycleRig()
    rig.exists(owners=owners, **metadata)
    await rig.look()

    assert rig.ready() == ready
    assert rig.rest.count("PATCH", OBJECT) == writes
    if not writes:
        assert not any(sent.path.startswith("/api/v1") for sent in rig.rest.requests)
        message = condition(rig.get(LIFECYCLES, "mcp-one"), "Ready")["message"]
        assert f"{ADOPT_ANNOTATION}: mcp" in message
        assert condition(rig.get(LIFECYCLES, "mcp-one"), "Created")["status"] == "False"


@pytest.mark.parametrize("finalizers", [["x"], [SYNCHRO_FINALIZER]])
async def test_a_pediacluster_that_is_going_is_made_again_later(finalizers):
    """It is not written meanwhile; where clustersynchro-manager holds it, the command is told."""
    rig = LifecycleRig()
    rig.exists(deletionTimestamp="now", finalizers=finalizers)
    assert (await rig.look()).requeue_after == TERMINATING_SECONDS
    message = condition(rig.get(LIFECYCLES, "mcp-one"), "Ready")["message"]

    assert rig.rest.writes() == [("PUT", STATUS)]
    assert rig.ready() == "PediaClusterTerminating"
    assert ("kubectl patch pediacluster mcp-one" in message) is (SYNCHRO_FINALIZER in finalizers)


async def test_an_evaluation_error_changes_nothing_that_exists():
    """The template's failure is told; the PediaCluster stands as it is."""
    rig = LifecycleRig(policy={"template": TEMPLATE + '  keyData: "{{ fail "no" }}"\n'})
    before = rig.exists()
    assert await rig.look() == DONE

    assert rig.ready() == "FailedResolveAndDecodePediaCluster"
    assert rig.get(PEDIACLUSTERS, "mcp-one") == before
    assert condition(rig.get(LIFECYCLES, "mcp-one"), "Updating")["status"] == "True"


@pytest.mark.parametrize("exists", [True, False])
async def test_observe_writes_no_pediacluster(exists):
    """Where the policy says Observe, it is told what would be done, and not done."""
    rig = LifecycleRig(policy={"mode": "Observe"})
    if exists:
        rig.exists()
        rig.put(SECRETS, secret_body(token="new"))
        rig.see()
    await rig.look()
    message = condition(rig.get(LIFECYCLES, "mcp-one"), "Ready")["message"]

    assert rig.rest.writes() == [("PUT", STATUS)]
    told = "would change tokenData (another value)" if exists else "would create the PediaCluster"
    assert message.startswith(told)


async def test_a_held_import_comes_back_when_it_said_so():
    """A missing right is looked at again by itself; the status tells of it."""
    rig = LifecycleRig()
    rig.rest.meet(
        "GET", SECRETS.path(namespace="team", name="auth-one"), errors.Forbidden(403, "Forbidden")
    )

    assert (await rig.look()).requeue_after == 30.0
    assert rig.ready() == "MissingPermission"


async def test_a_cache_that_is_being_filled_is_waited_for_in_silence():
    """No status is written for what the next seconds will change."""
    rig = LifecycleRig()
    rig.informers.of(SECRETS).add_interest("another", lambda _: True)
    assert (await rig.look()).requeue_after == NOT_YET_SECONDS

    assert rig.rest.requests == []


@pytest.mark.parametrize(
    ("error", "is_told"),
    [
        (errors.Conflict(409, "X"), False),
        (errors.ServiceUnavailable(503, "X"), True),
        (errors.TransportError("gone"), False),
    ],
)
async def test_a_failure_of_the_server_is_raised(error, is_told):
    """It is retried with back-off; a refusal shows in the policy's sum, a conflict does not."""
    rig = LifecycleRig()
    rig.rest.meet("POST", COLLECTION, error)
    with pytest.raises(type(error)):
        await rig.look()

    assert rig.rest.writes() == [("POST", COLLECTION)]
    assert (rig.context.tally.find("mcp", ONE) is not None) is is_told


async def test_warnings_of_the_document_are_logged_without_content():
    """A name in the template is ignored, and that is said."""
    rig = LifecycleRig(policy={"template": TEMPLATE + "metadata: {name: other}\n"})
    with capture_logs() as logs:
        await rig.look()

    (warning,) = [entry for entry in logs if entry["event"] == "rendered document"]
    assert "name" in warning["warning"]
    assert rig.get(PEDIACLUSTERS, "mcp-one") is not None


async def test_a_changed_crd_lets_a_refused_body_be_tried_at_once():
    """The memory of refusals is dropped when the schema may have changed."""
    rig = LifecycleRig()
    rig.rest.meet("POST", COLLECTION, errors.Invalid(422, "Invalid", verb="create"))
    assert (await rig.look()).requeue_after == 60.0
    await asyncio.sleep(1)
    await rig.look()
    assert rig.rest.count("POST", COLLECTION) == 1
    rig.schemas_changed()
    await rig.look()

    assert rig.rest.count("POST", COLLECTION) == 2


@pytest.mark.parametrize("has_extensions", [True, False])
async def test_t24_advice_can_be_followed_on_clusterpedias_crds(has_extensions):
    """Where no policy can have a field of ours, a refusal names the flag alone."""
    template = 'spec: {apiserver: "https://a.example", tokenData: dA==}'
    rig = LifecycleRig(policy={"template": template})
    if not has_extensions:
        rig.schemas.current = ServedSchemas({}, {})
    await rig.look()
    message = condition(rig.get(LIFECYCLES, "mcp-one"), "Ready")["message"]

    assert "--allowed-credential-features=InsecureTLS" in message
    assert ("allowedCredentialFeatures:" in message) is has_extensions


async def test_t24_a_message_names_the_secret():
    """A person has to know which object is to be corrected."""
    rig = LifecycleRig()
    rig.put(SECRETS, secret_body(token="t\n"))
    rig.see()
    await rig.look()
    message = condition(rig.get(LIFECYCLES, "mcp-one"), "Ready")["message"]

    assert "correct secrets team/auth-one" in message


async def test_t12_former_names_are_woken_by_what_was_told():
    """Not before it stands in the tally: it is what the lifecycle of the old name tells."""
    rig = LifecycleRig(policy={"creationCondition": "{{ .source.spec.never }}"})
    status = {"source": "clusters.cluster.mcp.io/team/one"}
    body = lifecycle_body("old-one", policy_uid=rig.active.record.uid)
    source = rig.lifecycle_object["spec"]["source"]
    rig.put(LIFECYCLES, body | {"spec": body["spec"] | {"source": source}, "status": status})
    rig.see()
    before = []
    rig.rest.meet("PUT", STATUS, lambda: before.extend(drain(rig.queues.lifecycles)))
    await rig.look()

    assert before == []
    assert drain(rig.queues.lifecycles) == ["old-one"]
    assert rig.context.tally.find("mcp", ONE).reason == "WaitCreationCondition"
