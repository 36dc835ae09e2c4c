"""The clients of a term: answers are told to the caches, and refusals are shared."""

import pytest

from clusterimport.kube import errors
from clusterimport.model.gvr import LIFECYCLES, PEDIACLUSTERS, SECRETS
from tests.fakes.controllers.importing import ImportRig
from tests.fakes.controllers.importobjects import lifecycle_body, secret_body

pytestmark = pytest.mark.looptime

RESOURCE = "pediaclusterlifecycles.policy.clusterpedia.io"
ABSENT = f"not found {RESOURCE} gone"


async def test_t34_every_answer_about_one_object_is_told():
    """Found with its uid, not found, and conflicts of whatever write."""
    rig = ImportRig()
    made = rig.put(LIFECYCLES, lifecycle_body())
    secret = rig.put(SECRETS, secret_body())
    client = rig.context.hub.client(LIFECYCLES)
    stale = {"metadata": {"resourceVersion": "1"}}
    await client.get("mcp-one")
    await rig.context.hub.client(SECRETS).read("auth-one", namespace="team")
    with pytest.raises(errors.NotFound):
        await client.get("gone")
    with pytest.raises(errors.NotFound):
        await client.patch("gone", {})
    with pytest.raises(errors.NotFound):
        await client.delete("gone")
    with pytest.raises(errors.Conflict):
        await client.patch("mcp-one", stale, subresource="status")
    with pytest.raises(errors.Conflict):
        await client.update(made | {"metadata": made["metadata"] | stale["metadata"]})
    with pytest.raises(errors.Conflict):
        await client.delete("mcp-one", uid="other")
    with pytest.raises(errors.AlreadyExists):
        await client.create(lifecycle_body())
    conflict = f"conflicted {RESOURCE} mcp-one"

    assert rig.informers.answers == [
        f"found {RESOURCE} mcp-one {made['metadata']['uid']}",
        f"found secrets team/auth-one {secret['metadata']['uid']}",
        *[ABSENT] * 3,
        *[conflict] * 4,
    ]


async def test_t34_a_type_that_is_not_served_says_nothing_of_objects():
    """A 404 without the object's name is about the type."""
    rig = ImportRig()
    rig.rest.meet("GET", PEDIACLUSTERS.path(name="x"), errors.NotFound(404, "NotFound"))
    with pytest.raises(errors.NotFound):
        await rig.context.hub.client(PEDIACLUSTERS).get("x")

    assert rig.informers.answers == []


async def test_t37_a_right_that_is_missing_for_one_object_is_asked_for_once():
    """The second object's write is not even sent, and another verb of the type is."""
    rig = ImportRig()
    for name in ("mcp-one", "mcp-two"):
        rig.put(LIFECYCLES, lifecycle_body(name))
    text = 'x is forbidden: User "u" cannot patch resource "pediaclusterlifecycles/status"'
    refused = errors.Forbidden(403, "Forbidden", text, verb="patch")
    path = LIFECYCLES.path(name="mcp-one") + "/status"
    rig.rest.meet("PATCH", path, refused)
    client = rig.context.hub.client(LIFECYCLES)
    for name in ("mcp-one", "mcp-two"):
        with pytest.raises(errors.Forbidden):
            await client.patch(name, {"status": {}}, subresource="status")

    assert rig.rest.writes() == [("PATCH", path)]
    await client.patch("mcp-two", {"spec": {}})
    assert len(rig.rest.writes()) == 2


async def test_t37_each_verb_and_namespace_is_another_right():
    """Where one is missing the others are asked for all the same."""
    rig = ImportRig()
    client = rig.context.hub.client(SECRETS)
    for namespace in ("one", "two"):
        rig.put(SECRETS, secret_body(), namespace=namespace)
    text = 'secrets is forbidden: User "u" cannot get resource "secrets"'
    refused = errors.Forbidden(403, "Forbidden", text, verb="get")
    rig.rest.meet("GET", SECRETS.path(namespace="one", name="auth-one"), refused)
    for _ in range(2):
        with pytest.raises(errors.Forbidden):
            await client.get("auth-one", namespace="one")
    await client.get("auth-one", namespace="two")
    await client.patch("auth-one", {}, namespace="one")

    assert [(sent.method, sent.path) for sent in rig.rest.requests] == [
        ("GET", SECRETS.path(namespace="one", name="auth-one")),
        ("GET", SECRETS.path(namespace="two", name="auth-one")),
        ("PATCH", SECRETS.path(namespace="one", name="auth-one")),
    ]


async def test_what_is_asked_arrives_as_it_was_asked():
    """The turnstiles take nothing off: neither metadata alone, nor who goes along."""
    rig = ImportRig()
    rig.put(LIFECYCLES, lifecycle_body())
    client = rig.context.hub.client(LIFECYCLES)
    whole = await client.get("mcp-one")
    part = await client.get("mcp-one", metadata_only=True)
    await client.delete("mcp-one", propagation_policy="Orphan")

    assert "spec" in whole
    assert "spec" not in part
    assert rig.rest.last("DELETE").body["propagationPolicy"] == "Orphan"
