"""What many clusters share is read once, and however many they are, they delay nobody else."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from development.controlplane.audit import AuditMark
from development.world import PEDIACLUSTER, World, encode
from tests.harness import bulk, platforms
from tests.harness.proxy import NO_ANSWER, FaultProxy, Request
from tests.harness.writes import USER, kind_of, object_writes

MANY = 300
FEW = 6
"""Reads of a Secret per change: one for all, and one more for each few seconds that it takes."""

REFERENCE = {
    "key": "secret",
    "group": "",
    "resource": "secrets",
    "namespaceTemplate": "{{ .source.metadata.namespace }}",
    "nameTemplate": "{{ .source.data.secret }}",
}


@pytest.fixture
def world(strict_world: World) -> World:
    """Give a world whose server logs reads, too."""
    return strict_world


def _namespaces(world: World) -> None:
    """Make the namespaces of two tenants; they go with the control plane of this file."""
    for name in ("noisy", "quiet"):
        world.admin.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})


def _reads(world: World, since: AuditMark, name: str) -> int:
    """Count how often the controller has read a Secret."""
    events = world.control_plane.audit_events(
        user=USER, verb="get", resource="secrets", since=since
    )
    return sum(event.name == name for event in events)


def _tokens(world: World) -> set[str]:
    clusters = world.admin.list("cluster.clusterpedia.io/v1alpha2", PEDIACLUSTER)
    return {
        cluster["spec"]["tokenData"]
        for cluster in clusters
        if cluster["metadata"]["name"].startswith("p-noisy")
    }


@contextmanager
def _many_that_share(world: World) -> Iterator[None]:
    """Let clusters of one namespace stand that all refer to one Secret, and be imported."""
    _namespaces(world)
    world.grant("sources", platforms.CONFIGMAPS_RULE, platforms.SECRETS_RULE)
    world.apply(platforms.secret_policy("p", references=[REFERENCE]))
    objects = [platforms.credentials("shared", "noisy")]
    objects += [
        platforms.cluster(f"noisy-{number}", "noisy", secret="shared") for number in range(MANY)
    ]
    with bulk.standing(world, objects):
        world.controller()
        world.until(lambda: len(world.names(PEDIACLUSTER)) == MANY, "all stand", timeout_seconds=60)
        world.until_settled("p", timeout_seconds=60)
        yield


def _rotate(world: World) -> str:
    world.admin.apply(platforms.credentials("shared", "noisy", token="rotated"))
    return encode("rotated")


@pytest.mark.timeout(240)
def test_t57_a_secret_of_many_clusters_is_read_a_few_times_per_change(world: World) -> None:
    """A change of one Secret that 300 clusters refer to is read a handful of times, not 300."""
    before = world.control_plane.audit_mark()
    with _many_that_share(world):
        assert 1 <= _reads(world, before, "shared") <= 2 * FEW
        for token in ("rotated", "again"):
            mark = world.control_plane.audit_mark()
            world.admin.apply(platforms.credentials("shared", "noisy", token=token))
            world.until(
                lambda token=token: _tokens(world) == {encode(token)},
                "all follow",
                timeout_seconds=60,
            )
            assert 1 <= _reads(world, mark, "shared") <= FEW
            patched = [kind_of(event) for event in object_writes(world, mark)]
            assert patched.count(("patch", "pediaclusters")) == MANY


@pytest.mark.timeout(240)
def test_t57_another_tenant_is_imported_in_the_middle_of_a_change_of_many(world: World) -> None:
    """While 300 clusters follow one Secret, a cluster of another namespace does not wait for them.

    Told by the order in which the server took the writes.
    """
    with _many_that_share(world):
        world.apply(platforms.credentials("own", "quiet"))
        mark = world.control_plane.audit_mark()
        token = _rotate(world)
        world.apply(platforms.cluster("quiet", "quiet", secret="own"))
        world.until_pediacluster("p-quiet", timeout_seconds=60)
        world.until(lambda: _tokens(world) == {token}, "all follow", timeout_seconds=60)

        events = sorted(
            world.control_plane.audit_events(since=mark), key=lambda event: event.received
        )
        order = [
            (event.verb, event.resource, event.name) for event in events if not event.subresource
        ]
        asked = order.index(("patch", "configmaps", "quiet"))
        created = order.index(("create", "pediaclusters", "p-quiet"))
        followed = [
            place
            for place, (verb, resource, _) in enumerate(order)
            if (verb, resource) == ("patch", "pediaclusters")
        ]
        assert len(followed) == MANY
        between = sum(asked < place < created for place in followed)
        after = sum(place > created for place in followed)
        assert after > MANY // 3
        assert between < MANY // 3


def _hangs(request: Request) -> Any:
    return NO_ANSWER if "/namespaces/noisy/secrets/" in request.path else None


@pytest.mark.timeout(240)
def test_t57_reads_of_one_tenant_that_hang_do_not_hold_up_another(world: World) -> None:
    """While no read for 100 clusters of one namespace is answered, another one is imported."""
    _namespaces(world)
    world.grant("sources", platforms.CONFIGMAPS_RULE, platforms.SECRETS_RULE)
    names = [f"noisy-{number}" for number in range(100)]
    objects = [platforms.credentials(name, "noisy") for name in names]
    objects += [platforms.cluster(name, "noisy", secret=name) for name in names]
    world.apply(platforms.secret_policy("p", references=[REFERENCE]))
    with FaultProxy(world.control_plane) as proxy, bulk.standing(world, objects):
        proxy.inject(_hangs)
        mark = world.control_plane.audit_mark()
        world.controller(through=proxy.url)
        world.until(
            lambda: len(world.names("PediaClusterLifecycle")) == 100,
            "all lifecycles stand",
            timeout_seconds=60,
        )
        world.apply(
            platforms.credentials("own", "quiet"), platforms.cluster("quiet", "quiet", secret="own")
        )
        world.until_pediacluster("p-quiet")
        assert world.names(PEDIACLUSTER) == ["p-quiet"]
        assert all(_reads(world, mark, name) == 0 for name in names)
        proxy.heal()
        world.until(lambda: len(world.names(PEDIACLUSTER)) == 101, "all stand", timeout_seconds=60)
