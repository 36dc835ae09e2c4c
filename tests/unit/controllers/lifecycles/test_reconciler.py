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
from clusterimport.controllers.queues import OWNERLESS, SourceKey
from clusterimport.controllers.result import DONE
from clusterimport.kube import errors
from clusterimport.limits.counted import Limit
from clusterimport.limits.documents import KUBECONFIG_BYTES
from clusterimport.model.gvr import LIFECYCLES, PEDIACLUSTERS, SECRETS
from clusterimport.model.keys import ObjectKey
from clusterimport.model.names import ADOPT_ANNOTATION, SOURCE_ANNOTATION, SYNCHRO_FINALIZER
from tests.fakes.controllers.importing import KEEPS_ALL, ONE, condition, drain
from tests.fakes.controllers.importobjects import (
    CLUSTERS,
    MACHINES,
    ORPHANED,
    TEMPLATE,
    lifecycle_body,
    lifecycle_owner,
    pediacluster_body,
    policy_owner,
    secret_body,
    source_body,
)
from tests.fakes.controllers.reconcilers import LifecycleRig
from tests.fakes.engine.evaluating import base64_of

pytestmark = pytest.mark.looptime

COLLECTION = PEDIACLUSTERS.path()
OBJECT = PEDIACLUSTERS.path(name="mcp-one")
STATUS = LIFECYCLES.path(name="mcp-one", subresource="status")
NEW = base64_of("new")
IMPORTED = [("POST", COLLECTION), ("PATCH", STATUS)]


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


async def test_a_missing_source_is_waited_for():
    """Absence from the cache deletes nothing and says so."""
    rig = LifecycleRig()
    rig.drop(CLUSTERS, "one", "team")
    rig.exists()
    assert await rig.look() == DONE

    assert rig.ready() == "SourceResourceNotFound"
    assert condition(rig.get(LIFECYCLES, "mcp-one"), "Created")["status"] == "True"
    assert rig.get(PEDIACLUSTERS, "mcp-one") is not None


CONDITION = '{{ with .source.status }}{{ .phase | eq "Ready" }}{{ end }}'


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


async def test_t21_a_condition_says_what_it_printed_and_since_when():
    """Nothing, false, or so much of something else; and since when what it reads is as it is."""
    rig = LifecycleRig(policy={"creationCondition": CONDITION})

    async def told(**status):
        rig.put(CLUSTERS, source_body() | {"status": status, "heartbeat": rig.clock.monotonic()})
        rig.see()
        await rig.look()
        return condition(rig.get(LIFECYCLES, "mcp-one"), "Created")["message"]

    first = await told()
    assert first.startswith("the creation condition prints nothing, not `true`, since 20")
    assert "; what it reads is unchanged since 20" in first
    await asyncio.sleep(600)
    assert await told() == first, "what it does not read does not count"
    written = len(rig.rest.writes())

    second = await told(phase="Provisioning")
    assert second.startswith("the creation condition prints `false`, not `true`, since 20")
    await asyncio.sleep(600)
    third = await told(phase="Provisioned")
    since, unchanged = third.split("; what it reads is ")
    assert second.startswith(since)
    assert unchanged > second.split("; what it reads is ")[1]
    assert len(rig.rest.writes()) == written + 2
    assert "Provision" not in third

    rig.restart()
    await rig.look()
    assert len(rig.rest.writes()) == written + 2, "the next leader goes on with what was told"
    await told(phase="Ready")
    assert rig.subject._waits._seen == {}


async def test_t21_something_else_is_told_by_its_length():
    """What it is may be anything, and is nobody's business."""
    rig = LifecycleRig(policy={"creationCondition": "{{ .source.spec.url }}"})
    await rig.look()
    message = condition(rig.get(LIFECYCLES, "mcp-one"), "Ready")["message"]

    assert "prints something else of 24 characters, not `true`" in message
    assert "example" not in message


@pytest.mark.parametrize(
    ("created_before", "writes"), [(False, []), (True, [("POST", COLLECTION)])]
)
async def test_the_creation_condition_counts_before_the_creation_only(created_before, writes):
    """What was created once is made again and updated, whatever the condition says now."""
    rig = LifecycleRig(policy={"creationCondition": "{{ .source.spec.isReady }}"})
    if created_before:
        status = {"conditions": [{"type": "Created", "status": "True", "reason": "X"}]}
        rig.put(LIFECYCLES, {**rig.lifecycle_object, "status": status})
        rig.see()
    await rig.look()
    assert rig.rest.writes() == [*writes, ("PATCH", STATUS)]
    assert rig.ready() == ("Imported" if created_before else "WaitCreationCondition")

    existing = LifecycleRig(policy={"creationCondition": "{{ .source.spec.isReady }}"})
    existing.exists()
    await existing.look()
    assert existing.ready() == "Imported"


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

    assert rig.rest.writes() == [("PATCH", STATUS)]
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

    assert rig.rest.writes() == [("PATCH", STATUS)]
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


FORGED = {
    "source": lifecycle_body("mcp-evil")["spec"]["source"] | {"namespace": "other"},
    "references": [
        {
            "key": "auth",
            "group": "",
            "version": "v1",
            "resource": "secrets",
            "namespaceTemplate": "kube-system",
            "nameTemplate": "root",
            "allowedNamespaces": ["kube-system"],
        }
    ],
    "template": "spec: {apiserver: 'https://evil.example', caData: Y2E=, tokenData: dA==}",
    "creationCondition": "false",
    "updatePolicy": "All",
    "mode": "Observe",
    "deletionPolicy": "Orphan",
    "allowedCredentialFeatures": ["InsecureTLS", "ExecPlugin", "ServiceAccountToken"],
}


@pytest.mark.parametrize("fields", [[name] for name in FORGED] + [list(FORGED)])
async def test_t54_nothing_of_a_lifecycles_spec_is_followed(fields):
    """Whatever stands in it, what is imported is the policy's own, from the source it is for."""
    rig = LifecycleRig()
    rig.put(CLUSTERS, source_body("evil", namespace="other", url="https://evil.example"))
    rig.put(SECRETS, secret_body("root", token="root"), namespace="kube-system")
    spec = rig.lifecycle_object["spec"] | {name: FORGED[name] for name in fields}
    status = {"source": "clusters.cluster.mcp.io/team/one"}
    rig.put(LIFECYCLES, rig.lifecycle_object | {"spec": spec, "status": status})
    rig.see()
    await rig.look()

    assert rig.rest.writes() == IMPORTED
    assert rig.get(PEDIACLUSTERS, "mcp-one")["spec"] == pediacluster_body()["spec"]
    assert rig.get(PEDIACLUSTERS, "mcp-one")["metadata"]["ownerReferences"] == rig.owners
    reads = [sent.path for sent in rig.rest.requests if sent.method == "GET"]
    assert reads == [SECRETS.path(namespace="team", name="auth-one")]
    assert rig.get(LIFECYCLES, "mcp-one")["status"]["source"] == status["source"]


@pytest.mark.parametrize("is_there", [True, False])
async def test_t54_a_source_that_only_the_spec_names_has_to_have_the_name(is_there):
    """Where nothing else tells of it, the source in the spec counts if the policy names it so."""
    rig = LifecycleRig(source=FORGED["source"])
    if is_there:
        rig.put(CLUSTERS, source_body("evil", namespace="other"))
    rig.see()
    assert await rig.look() == DONE

    assert rig.rest.count("POST", COLLECTION) == 0
    evil = SourceKey("mcp", ObjectKey("other", "evil"))
    assert drain(rig.queues.sources) == [evil] * is_there, "which decides whether it is wanted"
    assert rig.context.candidates.includes("mcp", "mcp-one") is not is_there
    assert "source" not in (rig.get(LIFECYCLES, "mcp-one").get("status") or {})
    assert rig.ready() == (None if is_there else "SourceResourceNotFound")


async def test_t54_the_mark_on_its_pediacluster_tells_whose_a_lifecycle_is():
    """On CRDs that do not keep ``status.source``; the mark of another lifecycle tells nothing."""
    rig = LifecycleRig(source=FORGED["source"])
    rig.put(CLUSTERS, source_body("evil", namespace="other"))
    rig.put(SECRETS, secret_body(token="new"))
    rig.schemas.current = ServedSchemas(KEEPS_ALL, {})
    marks = {SOURCE_ANNOTATION: "clusters.cluster.mcp.io/team/one"}
    rig.exists(annotations=marks, owners=[lifecycle_owner("mcp-one", "older")])
    await rig.look()
    assert rig.rest.writes() == []
    rig.exists(annotations=marks, ownerReferences=rig.owners)
    await rig.look()

    assert rig.rest.writes() == [("PATCH", OBJECT), ("PATCH", STATUS)]
    assert rig.get(PEDIACLUSTERS, "mcp-one")["spec"] == pediacluster_body(tokenData=NEW)["spec"]


@pytest.mark.parametrize("is_witnessed", [True, False])
async def test_t12_what_is_called_otherwise_now_follows_its_source_until_it_goes(is_witnessed):
    """The old PediaCluster works until the new one stands; of what only a spec says, nothing."""
    rig = LifecycleRig(policy={"nameTemplate": "new-{{ .source.metadata.name }}"})
    status = {"source": "clusters.cluster.mcp.io/team/one"} if is_witnessed else {}
    rig.put(LIFECYCLES, rig.lifecycle_object | {"status": status})
    rig.put(SECRETS, secret_body(token="new"))
    rig.exists()
    await rig.look()

    assert rig.rest.count("PATCH", OBJECT) == is_witnessed
    assert rig.ready() == ("SourceRenamed" if is_witnessed else None)
    assert rig.context.tally.find("mcp", ONE) is None, "the lifecycle of the new name speaks for it"


async def test_t54_a_source_that_the_policy_does_not_take_is_not_imported():
    """It is in the cache for the sake of another policy; what is imported already stays."""
    source = {"group": CLUSTERS.group, "resource": CLUSTERS.resource}
    rig = LifecycleRig(policy={"source": source | {"selectorTemplate": "false"}})
    before = rig.exists()
    await rig.look()

    assert rig.ready() == "SourceResourceNotFound"
    assert rig.get(PEDIACLUSTERS, "mcp-one") == before


THEIRS = "clusters.cluster.mcp.io/other/one"
OURS = "clusters.cluster.mcp.io/team/one"
CREATED = {
    "type": "Created",
    "status": "True",
    "reason": "PediaClusterCreated",
    "lastTransitionTime": "2026-01-01T00:00:05Z",
}


def unowned(**annotations):
    """Return the metadata of a PediaCluster without owner."""
    marks = {f"policy.clusterpedia.io/{name}": value for name, value in annotations.items()}
    return {"ownerReferences": [], "annotations": marks}


@pytest.mark.parametrize(
    ("annotations", "ready"),
    [
        ({"lifecycle": "mcp-one", "source": OURS}, "Imported"),
        ({"lifecycle": "mcp-one", "source": THEIRS}, "NameConflict"),
        ({"lifecycle": "mcp-one"}, "NameConflict"),
        ({"lifecycle": "mcp-one", "source": THEIRS, "adopt": "mcp"}, "Imported"),
        ({"lifecycle": "mcp-one", "adopt": "mcp"}, "Imported"),
    ],
)
async def test_t56_an_orphan_goes_back_to_its_source_alone(annotations, ready):
    """Another source that is called the same does not take it over, unless a person says so."""
    rig = LifecycleRig(policy={"deletionPolicy": "Orphan"})
    before = rig.exists(owners=[], **unowned(**annotations))
    rig.put(SECRETS, secret_body(token="new"))
    await rig.look()
    after = rig.get(PEDIACLUSTERS, "mcp-one")

    assert rig.ready() == ready
    if ready == "NameConflict":
        assert after == before
        message = condition(rig.get(LIFECYCLES, "mcp-one"), "Ready")["message"]
        assert (f"of source {THEIRS}" in message) is (annotations.get("source") == THEIRS)
    else:
        assert after["spec"]["tokenData"] == NEW
        assert after["metadata"]["annotations"][SOURCE_ANNOTATION] == OURS


async def test_t56_an_orphan_of_before_is_marked_once_its_lifecycle_says_so():
    """One whose mark does not name its source is known by ``Created=True`` alone."""
    rig = LifecycleRig(policy={"deletionPolicy": "Orphan"})
    rig.put(LIFECYCLES, rig.lifecycle_object | {"status": {"conditions": [CREATED]}})
    rig.exists(owners=[], **unowned(lifecycle="mcp-one"))
    await rig.look()
    assert rig.rest.count("PATCH", OBJECT) == 1
    rig.see()
    await rig.look()

    assert rig.rest.count("PATCH", OBJECT) == 1
    assert rig.get(PEDIACLUSTERS, "mcp-one")["metadata"]["annotations"] == ORPHANED


@pytest.mark.parametrize(("source", "is_proposed"), [(THEIRS, True), (OURS, False), ("", False)])
async def test_t56_what_another_source_left_over_is_not_taken_over(source, is_proposed):
    """Its lifecycle is gone and another source's has the name: it goes, and is made anew."""
    rig = LifecycleRig()
    marks = {SOURCE_ANNOTATION: source} if source else {}
    before = rig.exists(owners=[lifecycle_owner("mcp-one", "older")], annotations=marks)
    await rig.look()
    after = rig.get(PEDIACLUSTERS, "mcp-one")
    proposed = [each.name for each in rig.context.candidates.of_policy(OWNERLESS)]

    assert rig.ready() == ("NameConflict" if is_proposed else "Imported")
    assert (after == before) is is_proposed
    assert proposed == (["mcp-one"] if is_proposed else [])
    rig.put(PEDIACLUSTERS, before, annotations={SOURCE_ANNOTATION: OURS})
    rig.see()
    await rig.look()
    assert rig.context.candidates.of_policy(OWNERLESS) == ()


@pytest.mark.parametrize(
    ("made", "is_lost", "ready"),
    [
        ("2026-01-01T00:00:05Z", False, "Imported"),
        ("2026-01-01T00:00:06Z", False, "NameConflict"),
        ("2026-01-01T00:00:05Z", True, "NameConflict"),
    ],
)
async def test_t56_what_was_made_by_hand_after_ours_was_deleted_is_a_strangers(
    made, is_lost, ready
):
    """An unmarked PediaCluster is ours by our word of before only if it was there by then."""
    rig = LifecycleRig()
    rig.put(LIFECYCLES, rig.lifecycle_object | {"status": {"conditions": [CREATED]}})
    before = rig.exists(owners=[], creationTimestamp=made)
    if is_lost:
        rig.newest.lost.add("mcp-one")
    await rig.look()

    assert rig.ready() == ready
    assert (rig.get(PEDIACLUSTERS, "mcp-one") == before) is (ready == "NameConflict")
    created = condition(rig.get(LIFECYCLES, "mcp-one"), "Created")["status"]
    assert created == ("False" if ready == "NameConflict" else "True")


async def test_t56_a_lifecycle_made_again_speaks_for_itself():
    """What was lost by one lifecycle of a name says nothing about the next."""
    rig = LifecycleRig()
    rig.newest.lost.add("mcp-one")
    rig.drop(LIFECYCLES, "mcp-one")
    rig.see()
    await rig.look()
    rig.put(LIFECYCLES, rig.lifecycle_object | {"status": {"conditions": [CREATED]}})
    rig.exists(owners=[])
    await rig.look()

    assert rig.ready() == "Imported"


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
    rig.rest.meet("PATCH", STATUS, lambda: before.extend(drain(rig.queues.lifecycles)))
    await rig.look()

    assert before == []
    assert drain(rig.queues.lifecycles) == ["old-one"]
    assert rig.context.tally.find("mcp", ONE).reason == "WaitCreationCondition"
