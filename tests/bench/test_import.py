"""How fast and how large: an import, a restart over it, and one change in it.

Prints figures and states only counts, because wall-clock time differs between machines by a factor
of three. The raw speed of the server, measured beside it, makes a ratio of them.
"""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from development.world import CLUSTER_API, PEDIACLUSTER, POLICY_API, World
from tests.bench.measuring import count_pediaclusters, cpu_seconds, resident_mebibytes
from tests.harness import bulk, platforms

CLUSTERS = 1000
SHARING = 1500


def raw_writes_per_second(world: World, count: int = 400) -> float:
    """Return how many ConfigMaps a second this server takes from eight threads."""
    objects = [platforms.cluster(f"raw-{number}", labels={}) for number in range(count)]
    started = time.monotonic()
    with ThreadPoolExecutor(bulk.THREADS) as pool:
        list(pool.map(world.create, objects))
    return count / (time.monotonic() - started)


@pytest.mark.timeout(600)
def test_import_of_a_thousand(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """A thousand ready clusters with a Secret each are imported; a restart writes nothing."""
    raw = raw_writes_per_second(world)
    world.grant("all", platforms.CONFIGMAPS_RULE, platforms.SECRETS_RULE)
    names = [f"c{number:04}" for number in range(CLUSTERS)]
    objects = [platforms.cluster(name) for name in names]
    objects += [platforms.credentials(name, ca="x" * 1200) for name in names]
    with ThreadPoolExecutor(bulk.THREADS) as pool:
        list(pool.map(world.create, objects))
    controller = world.controller()
    idle = resident_mebibytes(controller)

    started, cpu = time.monotonic(), cpu_seconds(controller)
    world.apply(platforms.secret_policy("p"))
    world.until(
        lambda: count_pediaclusters(world) == CLUSTERS, "all are imported", timeout_seconds=300
    )
    seconds, cpu = time.monotonic() - started, cpu_seconds(controller) - cpu
    assert len(world.admin.list(CLUSTER_API, PEDIACLUSTER)) == CLUSTERS
    world.until_settled("p", timeout_seconds=60)
    looks = controller.metric(
        "controller_runtime_reconcile_total", controller="pediaclusterlifecycle"
    )
    full = resident_mebibytes(controller)
    writes = controller.metric("clusterimport_writes_total")

    controller.terminate()
    started = time.monotonic()
    again = world.controller()
    world.until(
        lambda: again.metric("clusterimport_sources", policy="p", state="imported") == CLUSTERS,
        "the restarted controller has looked at all",
        timeout_seconds=120,
    )
    restart = time.monotonic() - started
    assert again.metric("clusterimport_writes_total") == 0

    with capsys.disabled():
        rate = CLUSTERS / seconds
        print(
            f"\nimport of {CLUSTERS}: {seconds:.1f} s, {rate:.0f} clusters/s; three writes each "
            f"are {3 * rate / raw:.0%} of the {raw:.0f} raw writes/s of this server\n"
            f"controller: {cpu:.1f} s of CPU ({1000 * cpu / CLUSTERS:.1f} ms a cluster), "
            f"{writes:.0f} writes of its own objects, {looks / CLUSTERS:.2f} looks at a lifecycle\n"
            f"memory: {idle:.0f} MiB idle, {full:.0f} MiB with {CLUSTERS} clusters\n"
            f"restart over them: {restart:.1f} s, 0 writes\n"
            "Clusterpedia's imports 10 clusters/s by default, 95 with its limits lifted"
        )


@pytest.mark.timeout(600)
def test_a_rotated_secret(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """A hundred rotations among idle clusters arrive one by one; prints how fast."""
    world.grant("all", platforms.CONFIGMAPS_RULE, platforms.SECRETS_RULE)
    names = [f"c{number:03}" for number in range(100)]
    with ThreadPoolExecutor(bulk.THREADS) as pool:
        list(pool.map(world.create, [platforms.cluster(name) for name in names]))
        list(pool.map(world.create, [platforms.credentials(name) for name in names]))
    world.apply(platforms.secret_policy("p"))
    world.controller()
    world.until(
        lambda: len(world.names(PEDIACLUSTER)) == len(names), "imported", timeout_seconds=120
    )
    world.until_settled("p")

    times = []
    for name in names:
        before = world.pediacluster(f"p-{name}")["spec"]["tokenData"]
        started = time.monotonic()
        world.admin.apply(platforms.credentials(name, token="rotated"))
        while world.pediacluster(f"p-{name}")["spec"]["tokenData"] == before:
            assert time.monotonic() - started < 30, "a rotation is not followed"
        times.append(time.monotonic() - started)
    times.sort()
    assert world.admin.read(POLICY_API, "ClusterImportPolicy", "p")["status"]["failed"] == 0

    with capsys.disabled():
        print(
            f"\nSecret rotated to PediaCluster patched: p50 {1000 * times[50]:.0f} ms, "
            f"p99 {1000 * times[98]:.0f} ms, worst {1000 * times[-1]:.0f} ms"
        )


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
