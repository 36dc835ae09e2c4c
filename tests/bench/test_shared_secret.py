"""A Secret that very many clusters read, and what its change costs another tenant.

Prints figures and states only counts, because wall-clock time differs between machines by a factor
of three.
"""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from development.world import World
from tests.bench.measuring import count_pediaclusters
from tests.harness import bulk, platforms

SHARING = 1500


@pytest.mark.timeout(600)
def test_a_secret_that_many_share(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """While 1 500 clusters follow one Secret, another tenant's is imported; prints how fast."""
    world.grant("all", platforms.CONFIGMAPS_RULE, platforms.SECRETS_RULE)
    for namespace in ("noisy", "quiet"):
        world.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}})
    reference = {
        "key": "secret",
        "group": "",
        "resource": "secrets",
        "namespaceTemplate": "{{ .source.metadata.namespace }}",
        "nameTemplate": "{{ .source.data.secret }}",
    }
    objects = [platforms.credentials("shared", "noisy", ca="x" * 1200)]
    objects += [platforms.cluster(f"n{n}", "noisy", secret="shared") for n in range(SHARING)]
    with ThreadPoolExecutor(bulk.THREADS) as pool:
        list(pool.map(world.create, objects))
    world.apply(platforms.credentials("alone", "quiet"), platforms.credentials("busy", "quiet"))
    world.apply(platforms.secret_policy("p", references=[reference]))
    controller = world.controller()
    world.until(lambda: count_pediaclusters(world) == SHARING, "imported", timeout_seconds=300)
    world.until_settled("p", timeout_seconds=60)

    alone = _import_seconds(world, "alone")
    reads = controller.metric("rest_client_requests_total", method="GET")
    patches = controller.metric("rest_client_requests_total", method="PATCH")
    started = time.monotonic()
    world.admin.apply(platforms.credentials("shared", "noisy", ca="x" * 1200, token="rotated"))
    busy = _import_seconds(world, "busy")
    world.until(
        lambda: controller.metric("rest_client_requests_total", method="PATCH") - patches > SHARING,
        "all follow",
        timeout_seconds=300,
    )
    seconds = time.monotonic() - started
    reads = controller.metric("rest_client_requests_total", method="GET") - reads

    with capsys.disabled():
        print(
            f"\none Secret changed, {SHARING} clusters follow: {seconds:.1f} s, {reads:.0f} GETs\n"
            f"import of another tenant's cluster: {1000 * alone:.0f} ms alone, "
            f"{1000 * busy:.0f} ms meanwhile"
        )


def _import_seconds(world: World, name: str) -> float:
    """Return how long it takes until the PediaCluster of a new source stands."""
    started = time.monotonic()
    world.admin.apply(platforms.cluster(name, "quiet", secret=name))
    world.until_pediacluster(f"p-{name}", timeout_seconds=120)
    return time.monotonic() - started
