"""Reads and writes of one resource type."""

import pytest

from clusterimport.kube.errors import (
    AlreadyExists,
    Conflict,
    Expired,
    Invalid,
    InvalidName,
    NotFound,
    StreamError,
    is_type_missing,
)
from clusterimport.kube.resources import ListOptions, ResourceClient
from clusterimport.model.gvr import PEDIACLUSTERS, POLICIES, SECRETS
from development.apiserver.answers import Answer, status_body


@pytest.fixture
def secrets(server, rest) -> ResourceClient:
    server.store.serve(SECRETS, "Secret")
    return ResourceClient(rest, SECRETS)


@pytest.fixture
def clusters(server, rest) -> ResourceClient:
    server.store.serve(PEDIACLUSTERS, "PediaCluster", namespaced=False)
    return ResourceClient(rest, PEDIACLUSTERS)


def named(name: str, **more) -> dict:
    return {"metadata": {"name": name}, **more}


async def test_create_and_get(server, secrets, clusters):
    """Namespaced and cluster-scoped objects are made and read where they belong."""
    made = await secrets.create(named("a", data={"k": "v"}), namespace="ns")
    await clusters.create(named("c"))

    assert await secrets.get("a", namespace="ns") == made
    assert made["metadata"]["namespace"] == "ns"
    assert (await clusters.get("c"))["kind"] == "PediaCluster"
    assert [seen.path for seen in server.requests][:2] == [
        "/api/v1/namespaces/ns/secrets",
        "/apis/cluster.clusterpedia.io/v1alpha2/pediaclusters",
    ]
    with pytest.raises(AlreadyExists):
        await clusters.create(named("c"))


async def test_metadata_only(server, secrets):
    """Objects and lists can be asked for without their content."""
    await secrets.create(named("a", data={"k": "v"}), namespace="ns")

    one = await secrets.get("a", namespace="ns", metadata_only=True)
    page = await secrets.list(ListOptions(metadata_only=True))

    assert one["kind"] == page.items[0]["kind"] == "PartialObjectMetadata"
    assert one["apiVersion"] == page.items[0]["apiVersion"] == "meta.k8s.io/v1"
    assert "data" not in one
    assert "data" not in page.items[0]
    assert [seen.headers["Accept"] for seen in server.requests[1:]] == [
        "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1",
        "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1",
    ]


async def test_a_missing_object_is_told_from_a_missing_type(secrets, rest):
    """NotFound of an object names it; for an unknown type is_type_missing is true."""
    with pytest.raises(NotFound) as missing_object:
        await secrets.get("a", namespace="ns")
    unknown = ResourceClient(rest, POLICIES)
    with pytest.raises(NotFound) as missing_type:
        await unknown.get("a")
    with pytest.raises(NotFound) as missing_collection:
        await unknown.list()

    assert missing_object.value.details_name == "a"
    assert not is_type_missing(missing_object.value)
    assert is_type_missing(missing_type.value)
    assert is_type_missing(missing_collection.value)


async def test_lists_are_paged_and_look_like_watched_objects(server, secrets):
    """Pages follow by their token, tell what remains, and items carry their type."""
    for name in "abcde":
        await secrets.create(named(name), namespace="ns")
    first = await secrets.list(ListOptions(limit=2))
    second = await secrets.list(ListOptions(limit=2, continue_token=first.continue_token))
    third = await secrets.list(ListOptions(limit=2, continue_token=second.continue_token))

    pages = (first, second, third)
    assert [[item["metadata"]["name"] for item in page.items] for page in pages] == [
        ["a", "b"],
        ["c", "d"],
        ["e"],
    ]
    assert [page.remaining for page in pages] == [3, 1, None]
    assert third.continue_token == ""
    assert {page.resource_version for page in pages} == {str(server.store.version)}
    assert {(item["apiVersion"], item["kind"]) for item in first.items} == {("v1", "Secret")}

    server.store.version += 1
    server.store.compact()
    with pytest.raises(Expired):
        await secrets.list(ListOptions(limit=2, continue_token=first.continue_token))


async def test_list_parameters_reach_the_server(server, secrets):
    """Selectors, versions and limits are parameters; unset ones are left out."""
    server.script("GET", "/api/v1/namespaces/ns/secrets", Answer(500, ""))
    with pytest.raises(Exception, match="list secrets: 500"):
        await secrets.list(
            ListOptions(
                namespace="ns",
                label_selector="a=b",
                field_selector="metadata.name=a",
                resource_version="5",
                resource_version_match="NotOlderThan",
                limit=500,
                continue_token="t",
            )
        )
    await secrets.list()

    assert server.requests[0].query == {
        "labelSelector": "a=b",
        "fieldSelector": "metadata.name=a",
        "resourceVersion": "5",
        "resourceVersionMatch": "NotOlderThan",
        "limit": "500",
        "continue": "t",
    }
    assert server.requests[1].query == {}


async def test_an_update_needs_the_current_version(clusters):
    """A PUT with the object's version passes once; with the old one it is a Conflict."""
    made = await clusters.create(named("c"))
    changed = await clusters.update({**made, "spec": {"a": 1}})

    assert changed["spec"] == {"a": 1}
    with pytest.raises(Conflict):
        await clusters.update({**made, "spec": {"a": 2}})


async def test_status_is_its_own_subresource(server, clusters):
    """Updates and patches of the status go to its path and leave the rest alone."""
    made = await clusters.create(named("c", spec={"a": 1}))
    updated = await clusters.update({**made, "spec": {}, "status": {"n": 1}}, subresource="status")
    patched = await clusters.patch("c", {"status": {"m": 2}}, subresource="status")

    assert updated["spec"] == {"a": 1}
    assert patched["status"] == {"n": 1, "m": 2}
    assert {seen.path.rpartition("/")[2] for seen in server.requests[1:]} == {"status"}


async def test_patches_carry_their_kind_and_their_preconditions(server, clusters):
    """A merge patch removes by null, a stale version is a Conflict, a wrong uid is Invalid."""
    made = await clusters.create(named("c", spec={"a": 1, "b": 2}))
    version = made["metadata"]["resourceVersion"]
    patch = {"metadata": {"resourceVersion": version}, "spec": {"a": None}}

    assert (await clusters.patch("c", patch))["spec"] == {"b": 2}
    assert server.requests[-1].headers["Content-Type"] == "application/merge-patch+json"
    with pytest.raises(Conflict):
        await clusters.patch("c", {**patch, "spec": {"b": 3}})
    with pytest.raises(Invalid):
        await clusters.patch("c", {"metadata": {"uid": "other"}})


@pytest.mark.parametrize(
    "nonsense",
    [{}, {"metadata": "c"}, {"metadata": {"name": 1}}, {"metadata": {"name": "other"}}],
)
async def test_an_answer_that_is_not_the_object_is_an_error(server, clusters, nonsense):
    """What answers 200 with something else has not done what was asked, and is not believed."""
    collection = "/apis/cluster.clusterpedia.io/v1alpha2/pediaclusters"
    for method, path, ask in (
        ("GET", f"{collection}/c", lambda: clusters.get("c")),
        ("POST", collection, lambda: clusters.create(named("c"))),
        ("PUT", f"{collection}/c", lambda: clusters.update(named("c"))),
        ("PATCH", f"{collection}/c", lambda: clusters.patch("c", {"spec": None})),
    ):
        server.script(method, path, Answer(200, nonsense))
        with pytest.raises(StreamError, match="not the object"):
            await ask()


async def test_deletes_carry_their_preconditions(server, clusters):
    """Another uid or version is a Conflict and deletes nothing; the right ones delete."""
    made = await clusters.create(named("c"))
    uid, version = made["metadata"]["uid"], made["metadata"]["resourceVersion"]

    with pytest.raises(Conflict):
        await clusters.delete("c", uid="other", resource_version=version)
    with pytest.raises(Conflict):
        await clusters.delete("c", uid=uid, resource_version="1")
    await clusters.delete("c", uid=uid, resource_version=version, propagation_policy="Background")

    assert server.requests[-1].body == {
        "apiVersion": "v1",
        "kind": "DeleteOptions",
        "preconditions": {"uid": uid, "resourceVersion": version},
        "propagationPolicy": "Background",
    }
    with pytest.raises(NotFound):
        await clusters.delete("c")
    assert server.requests[-1].body == {"apiVersion": "v1", "kind": "DeleteOptions"}


async def test_an_empty_or_hostile_name_sends_nothing(server, secrets):
    """No call about an object ever becomes one about its collection or another object."""
    for name in ("", "..", "a/b", "a/../../pods/b"):
        with pytest.raises(InvalidName):
            await secrets.get(name, namespace="ns")
        with pytest.raises(InvalidName):
            await secrets.delete(name, namespace="ns")
        with pytest.raises(InvalidName):
            await secrets.patch(name, {}, namespace="ns")
        with pytest.raises(InvalidName):
            await secrets.update(named(name), namespace="ns")
    with pytest.raises(InvalidName):
        await secrets.list(ListOptions(namespace="../kube-system"))

    assert server.requests == []


async def test_a_refused_write_does_not_echo_what_was_written(server, clusters):
    """A 422 of a real server quotes the value; the exception names the field only."""
    body = status_body(
        422,
        "Invalid",
        'PediaCluster "c" is invalid: spec.tokenData: Invalid value: "canary"',
        name="c",
        causes=[{"field": "spec.tokenData", "reason": "FieldValueInvalid", "message": "canary"}],
    )
    path = "/apis/cluster.clusterpedia.io/v1alpha2/pediaclusters"
    server.script("POST", path, Answer(422, body))

    with pytest.raises(Invalid) as caught:
        await clusters.create(named("c", spec={"tokenData": "canary"}))

    error = caught.value
    assert str(error) == (
        "create pediaclusters.cluster.clusterpedia.io: 422 Invalid:"
        " spec.tokenData (FieldValueInvalid)"
    )
    assert "canary" not in f"{error!r} {error.args} {vars(error)} {error.__context__!r}"
