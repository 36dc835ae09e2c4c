"""The writes to PediaClusters: fenced, as small as they can be, and refused ones not repeated."""

import asyncio
import dataclasses
import json

import pytest

from clusterimport.controllers.lifecycles.verdict import Held
from clusterimport.controllers.lifecycles.writer import PediaClusterWriter
from clusterimport.engine.errors import IncompleteCredentials
from clusterimport.engine.lifecycle import ReferenceGuard, compile_lifecycle
from clusterimport.engine.rules import ImportRules
from clusterimport.kube import errors
from clusterimport.model.gvr import LIFECYCLES, PEDIACLUSTERS
from clusterimport.model.lifecycle import parse_lifecycle
from clusterimport.model.names import SOURCE_ANNOTATION
from tests.fakes.controllers.importing import DIGEST, ImportRig, drain
from tests.fakes.controllers.importobjects import (
    CANARY,
    TEMPLATE,
    lifecycle_body,
    lifecycle_owner,
    pediacluster_body,
    secret_body,
    source_body,
)
from tests.fakes.engine.evaluating import base64_of

pytestmark = pytest.mark.looptime

COLLECTION = PEDIACLUSTERS.path()
OBJECT = PEDIACLUSTERS.path(name="mcp-one")
INVALID = errors.Invalid(
    422, "Invalid", verb="create", causes=(errors.Cause("spec.caData", "FieldValueInvalid", "x"),)
)


class Rig(ImportRig):
    """A lifecycle whose PediaCluster is to be written."""

    def __init__(self, **spec):
        super().__init__()
        self.obj = self.put(LIFECYCLES, lifecycle_body(**spec))
        self.see()
        self.record = parse_lifecycle(self.obj)
        self.owners = [lifecycle_owner("mcp-one", self.record.uid)]
        self.subject = PediaClusterWriter(self.context, DIGEST)

    def rendered(self, *, url="https://one.example:6443", token=CANARY, labels=None):
        if labels is not None:
            text = f"metadata: {{labels: {json.dumps(labels)}}}\n{TEMPLATE}"
            self.record = dataclasses.replace(self.record, template=text)
        compiled = compile_lifecycle(self.record, self.programs, ReferenceGuard(ImportRules()))
        return compiled.render(source_body(url=url), {"auth": secret_body(token=token)})

    async def write(self, *, created_at="", **values):
        return await self.subject.write(self.record, self.rendered(**values), created_at=created_at)

    async def held(self, **values):
        """Write, and return why that, or some of it, did not come about."""
        try:
            verdict = await self.write(**values)
        except Held as held:
            return held
        assert verdict.held is not None
        return verdict.held

    def exists(self, *, owners=None, see=True, **spec):
        owners = self.owners if owners is None else owners
        obj = self.put(PEDIACLUSTERS, pediacluster_body(owners=owners, **spec))
        if see:
            self.see()
        return obj


async def test_a_pediacluster_is_created_with_its_owner():
    """The lifecycle is its plain owner, the spec is what was rendered."""
    rig = Rig()
    verdict = await rig.write()
    obj = rig.get(PEDIACLUSTERS, "mcp-one")

    assert (verdict.exists, verdict.created_reason) == (True, "PediaClusterCreated")
    assert obj["metadata"]["ownerReferences"] == rig.owners
    assert obj["spec"] == pediacluster_body()["spec"]
    assert rig.metrics.counts == {"create pediaclusters": 1}


async def test_what_is_equal_is_not_written():
    """Before and after the cache shows the creation a second look writes nothing."""
    rig = Rig()
    await rig.write()
    assert (await rig.write()).exists
    rig.see()
    await rig.write()

    assert len(rig.rest.requests) == 1


async def test_only_a_difference_is_patched_at_the_version_seen():
    """A rotated token is one field with the resourceVersion; a stale view is a conflict."""
    rig = Rig()
    obj = rig.exists()
    assert (await rig.write(token="new")).exists
    body = rig.rest.last("PATCH").body
    assert body == {
        "metadata": {
            "annotations": {SOURCE_ANNOTATION: "clusters.cluster.mcp.io/team/one"},
            "resourceVersion": obj["metadata"]["resourceVersion"],
        },
        "spec": {"tokenData": base64_of("new")},
    }
    assert rig.metrics.counts == {"patch pediaclusters": 1}

    await rig.write(token="new")
    assert len(rig.rest.writes()) == 1
    rig.see()
    rig.exists(see=False, shardingName="x")
    with pytest.raises(errors.Conflict):
        await rig.write(token="third")


async def test_credentials_are_remembered_as_digests_only():
    """What is kept of our own write holds no credential."""
    rig = Rig()
    await rig.write()
    kept = rig.context.newest.pediacluster("mcp-one")
    assert kept["spec"]["tokenData"].startswith("digest:")
    rig.see()
    await rig.write(token="another")

    assert rig.context.newest.pediacluster("mcp-one")["spec"]["tokenData"].startswith("digest:")


async def test_a_name_that_was_just_taken_is_compared_not_overwritten():
    """A CREATE is fenced by its name: the object that won is read, and left if it is not ours."""
    rig = Rig()
    rig.exists(owners=[], see=False)
    held = await rig.held()

    assert held.reason == "NameConflict"
    assert rig.rest.writes() == [("POST", COLLECTION)]
    assert rig.get(PEDIACLUSTERS, "mcp-one")["metadata"]["ownerReferences"] == []


async def test_our_own_creation_that_was_not_answered_is_found_again():
    """After a lost answer the object with our mark is the one we made."""
    rig = Rig()
    rig.exists(see=False)
    assert (await rig.write()).created_reason == "PediaClusterCreated"

    assert rig.rest.writes() == [("POST", COLLECTION)]
    assert CANARY not in str(rig.context.newest.pediacluster("mcp-one"))


@pytest.mark.parametrize(
    ("made", "owner", "reason"),
    [
        ("2026-01-01T00:00:01Z", "", "PediaClusterCreated"),
        ("2026-01-01T00:00:00Z", "", "PediaClusterCreated"),
        ("2025-12-31T23:59:59Z", "", "PediaClusterExisted"),
        ("2026-01-01T00:00:01Z", "older", "PediaClusterExisted"),
    ],
)
async def test_what_was_made_for_the_lifecycle_was_created(made, owner, reason):
    """With its mark and not older than it, a PediaCluster is one whose creation was not told."""
    rig = Rig()
    owners = [lifecycle_owner("mcp-one", owner)] if owner else rig.owners
    rig.put(PEDIACLUSTERS, pediacluster_body(owners=owners), creationTimestamp=made)
    rig.see()

    assert (await rig.write()).created_reason == reason


@pytest.mark.parametrize("is_written", [True, False])
async def test_an_unmarked_pediacluster_is_ours_if_our_status_says_so(is_written):
    """After a swap the mark is added; without that claim it is never written."""
    rig = Rig()
    rig.exists(owners=[])
    if is_written:
        await rig.write(created_at="2026-01-01T00:00:00Z")
        assert rig.get(PEDIACLUSTERS, "mcp-one")["metadata"]["ownerReferences"] == rig.owners
    else:
        assert (await rig.held()).reason == "NameConflict"
        assert rig.rest.requests == []


async def test_a_token_that_would_become_empty_is_kept():
    """A Secret that is half way through a rotation changes nothing."""
    rig = Rig()
    rig.exists(certData=base64_of("c"), keyData=base64_of("k"))
    template = rig.record.template + '  certData: ""\n'
    rig.record = parse_lifecycle(lifecycle_body(template=template))
    with pytest.raises(IncompleteCredentials):
        await rig.write()

    assert rig.rest.requests == []


@pytest.mark.parametrize(
    ("method", "path", "reason"),
    [
        ("POST", COLLECTION, "CreationFailure"),
        ("PATCH", OBJECT, "FailedPatchPediaCluster"),
    ],
)
async def test_a_refused_body_waits_unless_it_changes(method, path, reason):
    """A 422 is held and told with its fields; the same body after a minute, another at once."""
    rig = Rig()
    if method == "PATCH":
        rig.exists(apiserver="https://old:6443")
    rig.rest.meet(method, path, *[INVALID] * 3)
    held = await rig.held()
    assert (held.reason, held.retry_after) == (reason, 60.0)
    assert "spec.caData (FieldValueInvalid)" in held.message
    await asyncio.sleep(15)
    assert (await rig.held()).retry_after == pytest.approx(45.0)
    assert rig.rest.count(method, path) == 1
    await rig.held(token="another")
    assert rig.rest.count(method, path) == 2
    rig.schemas_changed()
    await rig.held(token="another")
    assert rig.rest.count(method, path) == 3
    rig.subject.forget("mcp-one")
    await rig.write(token="another")

    assert CANARY not in str(held)
    assert rig.get(PEDIACLUSTERS, "mcp-one")["spec"]["tokenData"] == base64_of("another")


@pytest.mark.parametrize(("method", "path"), [("POST", COLLECTION), ("PATCH", OBJECT)])
async def test_an_accepted_write_ends_the_memory_of_a_refusal(method, path):
    """A body that was refused once and accepted then counts from the beginning again."""
    rig = Rig()

    def wrong():
        if method == "PATCH":
            rig.exists(apiserver="https://old:6443")
        elif rig.get(PEDIACLUSTERS, "mcp-one"):
            rig.drop(PEDIACLUSTERS, "mcp-one")
            rig.context.newest.written_pediaclusters.observed_deletion("mcp-one", "uid-2")

    wrong()
    rig.rest.meet(method, path, INVALID, INVALID)
    await rig.held()
    await asyncio.sleep(60)
    assert (await rig.held()).retry_after == 120.0
    await asyncio.sleep(120)
    await rig.write()
    wrong()
    rig.rest.meet(method, path, INVALID)

    assert (await rig.held()).retry_after == 60.0


@pytest.mark.parametrize(("method", "path"), [("POST", COLLECTION), ("PATCH", OBJECT)])
@pytest.mark.parametrize(
    "error",
    [
        errors.ServiceUnavailable(503, "X"),
        errors.Conflict(409, "X"),
        errors.TransportError("gone"),
        errors.GateClosed("shut"),
    ],
)
async def test_a_failure_of_the_moment_is_raised(method, path, error):
    """It is no refusal: the next try sends the same body at once."""
    rig = Rig()
    if method == "PATCH":
        rig.exists(apiserver="https://old:6443")
    rig.rest.meet(method, path, error)
    with pytest.raises(type(error)):
        await rig.write()

    assert (await rig.write()).exists


@pytest.mark.parametrize(
    ("exists", "values", "expected"),
    [
        (
            False,
            {},
            (
                False,
                (
                    "would create the PediaCluster with apiserver https://one.example:6443; "
                    "caData given; tokenData given; kubeconfig, certData, keyData absent; "
                    "syncResources none"
                ),
            ),
        ),
        (True, {}, (True, "")),
        (
            True,
            {"token": "b", "url": "https://x:1"},
            (
                True,
                (
                    "would change apiserver from https://one.example:6443 to https://x:1; "
                    "tokenData (another value)"
                ),
            ),
        ),
    ],
)
async def test_t14_observing_tells_and_writes_nothing(exists, values, expected):
    """What would be created or changed is told field by field, credentials as given or not."""
    rig = Rig()
    if exists:
        rig.exists()
    existing = rig.context.newest.pediacluster("mcp-one")
    verdict = rig.subject.observe(rig.record, rig.rendered(**values), existing)

    assert (verdict.exists, verdict.observed) == expected
    assert rig.rest.requests == []


async def test_t14_observing_tells_of_a_missing_mark():
    """Where only the owner differs, that is what would change."""
    rig = Rig()
    rig.exists(owners=[])
    existing = rig.context.newest.pediacluster("mcp-one")
    verdict = rig.subject.observe(rig.record, rig.rendered(), existing)

    assert verdict.observed == "would change the mark of whose it is (ownerReferences)"


async def test_t04_a_label_that_the_server_refuses_does_not_hold_a_rotation_back():
    """The connection is written by itself; the labels wait, and are told."""
    rig = Rig(updatePolicy="All")
    rig.exists()

    def refuse():
        rig.rest.meet("PATCH", OBJECT, INVALID)

    rig.rest.meet("PATCH", OBJECT, refuse)
    held = await rig.held(token="new", labels={"a": "b"})

    assert rig.get(PEDIACLUSTERS, "mcp-one")["spec"]["tokenData"] == base64_of("new")
    assert (held.reason, held.retry_after) == ("FailedPatchPediaCluster", 60.0)
    rig.see()
    await rig.held(token="newer", labels={"a": "b"})
    assert rig.get(PEDIACLUSTERS, "mcp-one")["spec"]["tokenData"] == base64_of("newer")
    corrected = await rig.write(token="newer", labels={"a": "c"})
    assert corrected.held is None
    assert rig.get(PEDIACLUSTERS, "mcp-one")["metadata"]["labels"] == {"a": "c"}


async def test_t04_a_connection_that_the_server_refuses_does_not_hold_labels_back():
    """Neither waits for the other, and what was refused is told first."""
    rig = Rig(updatePolicy="All")
    rig.exists()
    rig.rest.meet("PATCH", OBJECT, INVALID)
    held = await rig.held(token="new", labels={"a": "b"})

    assert "spec.caData" in held.message
    assert rig.get(PEDIACLUSTERS, "mcp-one")["metadata"]["labels"] == {"a": "b"}


async def test_t04_a_label_that_cannot_be_one_is_told_by_key_and_never_sent():
    """With All it is a failure to mend, and the rotation beside it is written."""
    rig = Rig(updatePolicy="All")
    rig.exists()
    held = await rig.held(token="new", labels={"owner": "Jane Doe <jane@lab.example>"})

    assert held.reason == "FailedResolveAndDecodePediaCluster"
    assert "metadata.labels[owner]" in held.message
    assert "jane" not in held.message
    assert rig.get(PEDIACLUSTERS, "mcp-one")["spec"]["tokenData"] == base64_of("new")
    assert len(rig.rest.writes()) == 1


async def test_t04_a_label_that_cannot_be_one_matters_only_where_labels_are_written():
    """With Credentials nothing of an update depends on it; a creation does."""
    rig = Rig()
    held = await rig.held(labels={"owner": "Jane Doe"})
    assert "metadata.labels[owner]" in held.message
    assert rig.rest.writes() == []
    rig.exists()

    assert (await rig.write(token="new", labels={"owner": "Jane Doe"})).held is None


async def test_t31_a_mark_that_the_server_refuses_is_tried_again_after_a_while():
    """It is no error of the import; the same mark is sent again after a minute."""
    rig = Rig(deletionPolicy="Orphan")
    rig.exists()
    rig.rest.meet("PATCH", OBJECT, INVALID, INVALID)
    for _ in range(3):
        await rig.subject.mark(rig.record)
    assert rig.rest.count("PATCH", OBJECT) == 1
    await asyncio.sleep(60)
    await rig.subject.mark(rig.record)
    assert rig.rest.count("PATCH", OBJECT) == 2
    await asyncio.sleep(120)
    await rig.subject.mark(rig.record)

    assert rig.get(PEDIACLUSTERS, "mcp-one")["metadata"].get("ownerReferences") is None


def contest(rig, times=1, **spec):
    """Have a webhook change what the next writes say."""
    webhook = rig.store.create, rig.store.update

    def changed(gvr, namespace, name, body, **more):
        body = {**body, "spec": {**body["spec"], **spec}}
        return webhook[1](gvr, namespace, name, body, **more)

    rig.store.update = changed


async def test_t36_a_field_that_a_webhook_changes_is_written_twice_and_then_with_back_off():
    """Forty events of the source make two writes; the condition names the field."""
    rig = Rig()
    rig.exists()
    contest(rig, apiserver="https://webhook:6443")
    for _ in range(40):
        await rig.write(url="https://two:6443")
        rig.see()
        await asyncio.sleep(1)
    held = await rig.held(url="https://two:6443")

    assert rig.rest.count("PATCH", OBJECT) == 2
    assert held.reason == "FieldContested"
    assert "spec.apiserver" in held.message
    assert "a mutating admission webhook" in held.message
    assert 0 < held.retry_after <= 60
    await asyncio.sleep(held.retry_after)
    again = await rig.write(url="https://two:6443")
    assert (again.held, rig.rest.count("PATCH", OBJECT)) == (None, 3)
    assert (await rig.held(url="https://two:6443")).retry_after == 120.0


async def test_t36_other_fields_and_other_values_are_written_at_once():
    """A rotation is not held back by a contested address beside it, nor a new address."""
    rig = Rig()
    rig.exists()
    contest(rig, apiserver="https://webhook:6443")
    for _ in range(3):
        await rig.write(url="https://two:6443")
    held = await rig.held(url="https://two:6443", token="new")
    assert held.reason == "FieldContested"
    assert rig.get(PEDIACLUSTERS, "mcp-one")["spec"]["tokenData"] == base64_of("new")
    patches = rig.rest.count("PATCH", OBJECT)
    await rig.write(url="https://three:6443", token="new")

    assert rig.rest.count("PATCH", OBJECT) == patches + 1
    assert rig.rest.last("PATCH").body["spec"] == {"apiserver": "https://three:6443"}


async def test_t36_the_condition_names_who_holds_the_field():
    """It is read live, once per write, and we ourselves are no other writer."""
    rig = Rig()
    rig.exists()
    contest(rig, apiserver="https://gitops:6443")
    for _ in range(2):
        await rig.write(url="https://two:6443")
    fields = {"f:spec": {"f:apiserver": {}}}
    managers = [
        {"manager": "clusterimport", "operation": "Update", "time": "3", "fieldsV1": fields},
        {"manager": "gitops", "operation": "Apply", "time": "2", "fieldsV1": fields},
    ]
    rig.store.types[PEDIACLUSTERS].objects["", "mcp-one"]["metadata"]["managedFields"] = managers
    first = await rig.held(url="https://two:6443")
    gets = rig.rest.count("GET", OBJECT)
    second = await rig.held(url="https://two:6443")

    assert "spec.apiserver: also written by gitops (Apply, 2)" in first.message
    assert first.message == second.message
    assert (gets, rig.rest.count("GET", OBJECT)) == (1, 1)


async def test_t36_a_label_that_does_not_stay_is_contested_like_a_connection_field():
    """With All, labels that a webhook takes off make no write for every event either."""
    rig = Rig(updatePolicy="All")
    rig.exists()
    update = rig.store.update

    def stripped(gvr, namespace, name, body, **more):
        body = {**body, "metadata": {**body["metadata"], "labels": {}}}
        return update(gvr, namespace, name, body, **more)

    rig.store.update = stripped
    for _ in range(10):
        await rig.write(labels={"a": "b"})
        rig.see()
    held = await rig.held(labels={"a": "b"})

    assert rig.rest.count("PATCH", OBJECT) == 2
    assert "metadata.labels[a]" in held.message


async def test_t36_a_field_that_stayed_for_ten_minutes_is_trusted_again():
    """Who changes it once an hour by hand is answered at once each time."""
    rig = Rig()
    rig.exists()
    for _ in range(5):
        assert (await rig.write(url="https://two:6443")).held is None
        rig.see()
        await asyncio.sleep(601)
        rig.exists()
        assert rig.context.newest.pediacluster("mcp-one")["spec"]["apiserver"] != "https://two:6443"

    assert rig.rest.count("PATCH", OBJECT) == 5
    for _ in range(2):
        assert (await rig.write(url="https://two:6443")).held is None
        rig.see()
        rig.exists()
    assert (await rig.held(url="https://two:6443")).reason == "FieldContested"


async def test_what_was_judged_is_handed_over_with_what_was_written():
    """A creation and a rotation each hand over the connection that stands there now."""
    rig = Rig()
    await rig.write()
    rig.see()
    first = handed_over(rig)
    await rig.write(token="new")
    rig.see()
    second = handed_over(rig)
    await rig.write(token="new")

    assert (first.connection.token, second.connection.token) == (CANARY, "new")
    assert handed_over(rig) is None


async def test_nothing_is_handed_over_where_something_else_was_stored():
    """What the server answers counts: a webhook may have changed the connection."""
    rig = Rig()
    create = rig.store.create

    def changed(gvr, namespace, body):
        spec = body["spec"] | {"apiserver": "https://elsewhere:6443"}
        return create(gvr, namespace, body | {"spec": spec})

    rig.store.create = changed
    await rig.write()

    assert "mcp-one" not in rig.context.handover


async def test_nothing_is_handed_over_where_somebody_set_secrets_beside_it():
    """What a Secret holds was not judged, whichever of the two counts."""
    rig = Rig()
    create = rig.store.create

    def changed(gvr, namespace, body):
        beside = {"authenticationFrom": {"token": {"name": "a", "key": "b"}}}
        return create(gvr, namespace, body | {"spec": body["spec"] | beside})

    rig.store.create = changed
    await rig.write()

    assert "mcp-one" not in rig.context.handover


async def test_nobody_looks_at_a_pediacluster_while_its_connection_is_written():
    """Whoever comes with the event comes back after the answer, also after a refusal."""
    rig = Rig()
    seen = []

    def asked(gvr, namespace, body):
        seen.append(rig.context.handover.is_awaited("mcp-one"))
        raise INVALID

    rig.store.create = asked
    with pytest.raises(Held):
        await rig.write()

    assert seen == [True]
    assert not rig.context.handover.is_awaited("mcp-one")
    assert drain(rig.queues.pediaclusters) == ["mcp-one"]


def handed_over(rig):
    """Take the verdict on the connection that stands in the PediaCluster."""
    return rig.context.handover.take(rig.context.newest.pediacluster("mcp-one"), frozenset())
