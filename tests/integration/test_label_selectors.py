"""References that the API server selects by labels: watched whole, and never read."""

from typing import Any

import pytest

from development.controlplane.audit import AuditEvent, AuditMark
from development.world import LIFECYCLE, PEDIACLUSTER, POLICY, World, encode
from tests.harness import platforms
from tests.harness.writes import USER, kind_of, object_writes

LABEL = {"cluster.example.io/name": "one"}
SELECTOR = {"matchExpressions": [{"key": "cluster.example.io/name", "operator": "Exists"}]}
REFERENCE = {
    "key": "secret",
    "group": "",
    "resource": "secrets",
    "namespaceTemplate": "{{ .source.metadata.namespace }}",
    "nameTemplate": "{{ .source.metadata.name }}",
}


@pytest.fixture
def world(strict_world: World) -> World:
    """Give a world whose server logs reads, too."""
    strict_world.grant("sources", platforms.CONFIGMAPS_RULE, platforms.SECRETS_RULE)
    return strict_world


def selecting(**selector: Any) -> dict[str, Any]:
    """Return the policy with a selector on its reference."""
    reference = {**REFERENCE, "labelSelector": selector or SELECTOR}
    return platforms.secret_policy("p", references=[reference])


def credentials(*, labels: dict[str, str] | None = None, **data: str) -> dict[str, Any]:
    """Return the Secret of the cluster, which has the label unless told otherwise."""
    secret = platforms.credentials("one", **data)
    secret["metadata"]["labels"] = LABEL if labels is None else labels
    return secret


def token(world: World) -> str:
    """Return the token with which the cluster is imported."""
    return str(world.pediacluster("p-one")["spec"]["tokenData"])


def asked(world: World, since: AuditMark, *verbs: str) -> list[AuditEvent]:
    """Return the controller's requests about Secrets."""
    events = world.control_plane.audit_events(user=USER, resource="secrets", since=since)
    return [event for event in events if event.verb in verbs]


def imported(world: World) -> AuditMark:
    """Let the cluster be imported by a selecting policy; return the moment before it."""
    mark = world.control_plane.audit_mark()
    world.apply(credentials(), platforms.cluster("one"), selecting())
    world.controller()
    world.until_pediacluster("p-one", timeout_seconds=45)
    world.until_settled("p", timeout_seconds=45)
    return mark


def test_neither_an_import_nor_a_rotation_reads_a_secret(world: World) -> None:
    """An import is three writes, a rotation one PATCH; a big Secret of others is never asked for.

    Every list and watch of Secrets carries the selector, so that the server keeps the others back.
    """
    world.apply(platforms.credentials("foreign", more="x" * 500_000))
    mark = imported(world)
    made = [each for each in object_writes(world, mark) if each.resource != "clusterimportpolicies"]
    assert sorted(map(kind_of, made)) == [
        ("create", "pediaclusterlifecycles"),
        ("create", "pediaclusters"),
        ("update", "pediaclusterlifecycles/status"),
    ]

    rotation = world.control_plane.audit_mark()
    world.admin.apply(credentials(token="rotated"))
    world.until(lambda: token(world) == encode("rotated"), "it follows")
    assert [kind_of(each) for each in object_writes(world, rotation)] == [
        ("patch", "pediaclusters")
    ]
    assert asked(world, mark, "get") == []
    views = asked(world, mark, "list", "watch")
    assert views
    assert all("labelSelector=cluster.example.io" in each.raw["requestURI"] for each in views)


def test_a_label_that_goes_and_comes(world: World) -> None:
    """Without it the cluster stays as it is, and its lifecycle says why; with it, it follows on."""
    imported(world)
    world.admin.apply(credentials(labels={}, token="unseen"))

    told = world.until_reason(
        LIFECYCLE, "p-one", "Updating", "ReferenceNotSelected", timeout_seconds=45
    )
    assert "secrets default/one is there, but has not the labels" in told["message"]
    assert encode("unseen") not in told["message"]
    assert token(world) == encode("token-of-one")

    world.admin.apply(credentials(token="seen"))
    world.until(lambda: token(world) == encode("seen"), "it follows again")


def test_a_selector_that_is_added_and_dropped(world: World) -> None:
    """Neither writes to what is imported; with it a rotation is not read, without it, it is."""
    world.apply(credentials(), platforms.cluster("one"), platforms.secret_policy("p"))
    world.controller()
    world.until_pediacluster("p-one", timeout_seconds=45)
    for policy, name, reads in (
        (selecting(), "first", 0),
        (platforms.secret_policy("p"), "second", 1),
    ):
        mark = world.control_plane.audit_mark()
        world.admin.apply(policy)
        world.until_settled("p", timeout_seconds=45)
        assert [e for e in object_writes(world, mark) if e.resource == "pediaclusters"] == []
        rotation = world.control_plane.audit_mark()
        world.admin.apply(credentials(token=name))
        world.until(lambda name=name: token(world) == encode(name), "it follows")
        assert len(asked(world, rotation, "get")) == reads


def test_a_selector_that_is_none(world: World) -> None:
    """The server refuses one that says nothing; a label that cannot be is told by the policy."""
    with pytest.raises(Exception, match="labelSelector"):
        world.apply(selecting(matchLabel={"a": "b"}))
    world.apply(selecting(matchLabels={"-a": "b"}))
    world.controller()

    told = world.until_reason(POLICY, "p", "Validated", "InvalidPolicy", timeout_seconds=45)
    assert "spec.references[secret].labelSelector" in told["message"]
    assert world.names(PEDIACLUSTER) == []
