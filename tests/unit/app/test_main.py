"""One replica from its start to its end, over a loopback server and real sockets."""

import asyncio
import json
import signal
import socket
import sys
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp import web

from clusterimport import __version__
from clusterimport.aio import SystemClock
from clusterimport.app.main import Replica
from clusterimport.kube.errors import KubeConfigError
from clusterimport.model.gvr import (
    API_SERVICES,
    CUSTOM_RESOURCE_DEFINITIONS,
    EVENTS,
    LEASES,
    LIFECYCLES,
    PEDIACLUSTERS,
    POLICIES,
    SECRETS,
)
from clusterimport.observability.errors import ListenError
from clusterimport.observability.metrics import Metrics
from clusterimport.settings import Settings
from development.apiserver.answers import Answer
from development.apiserver.server import running_apiserver
from development.manifests import ROOT
from tests.fakes.controllers.importobjects import (
    CLUSTERS,
    LABELLED,
    policy_body,
    secret_body,
    source_body,
)

NOWHERE = "http://127.0.0.1:1"
LEASE = "clusterpedia-controller-manager"
KEEPS_ALL = {"x-kubernetes-preserve-unknown-fields": True}
SERVED = (
    (POLICIES, "ClusterImportPolicy", False),
    (LIFECYCLES, "PediaClusterLifecycle", False),
    (PEDIACLUSTERS, "PediaCluster", False),
    (CUSTOM_RESOURCE_DEFINITIONS, "CustomResourceDefinition", False),
    (API_SERVICES, "APIService", False),
    (CLUSTERS, "Cluster", True),
    (SECRETS, "Secret", True),
    (LEASES, "Lease", True),
    (EVENTS, "Event", True),
)


def fill(store):
    """Serve everything, with our CRDs, a policy and its source."""
    for gvr, kind, namespaced in SERVED:
        store.serve(gvr, kind, namespaced=namespaced)
    for gvr in (POLICIES, LIFECYCLES, PEDIACLUSTERS):
        version = {"name": gvr.version, "schema": {"openAPIV3Schema": KEEPS_ALL}}
        crd = {
            "metadata": {"name": f"{gvr.resource}.{gvr.group}"},
            "spec": {"versions": [version]},
        }
        store.create(CUSTOM_RESOURCE_DEFINITIONS, "", crd)
    store.create(POLICIES, "", policy_body())
    store.create(CLUSTERS, "team", source_body())
    store.create(SECRETS, "team", secret_body())


def kubeconfig(path, url):
    """Write a kubeconfig for a server that asks for nothing."""
    path.write_text(
        f"""
apiVersion: v1
kind: Config
current-context: x
contexts: [{{name: x, context: {{cluster: x, user: x}}}}]
clusters: [{{name: x, cluster: {{server: "{url}"}}}}]
users: [{{name: x, user: {{}}}}]
"""
    )
    return str(path)


@pytest.fixture(name="server")
async def fixture_server():
    async with running_apiserver() as server:
        fill(server.store)
        yield server


@pytest.fixture(name="settings")
def fixture_settings(server, tmp_path):
    """Make settings for the server; nothing is listened to unless a test says where."""

    def make(**fields):
        defaults = {
            "kubeconfig": kubeconfig(tmp_path / "config", server.url),
            "lease_namespace": "system",
            "metrics_address": ("127.0.0.1", None),
            "identity": "me",
        }
        return Settings(**(defaults | fields))

    return make


@asynccontextmanager
async def running(settings):
    """Run a replica for the block, and let it stop in the orderly way."""
    clock = SystemClock()
    program = Replica(settings, metrics=Metrics(clock=clock), clock=clock)
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(program.run(stop))
        yield program
        stop.set()


async def until(condition, seconds=30.0):
    """Wait for something to be true."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - the world outside makes no events
            await asyncio.sleep(0.01)


def holder(server):
    """Return who holds the lease, None if there is none."""
    lease = server.store.types[LEASES].objects.get(("system", LEASE))
    return lease["spec"].get("holderIdentity") if lease else None


def imported(server):
    return ("", "mcp-one") in server.store.types[PEDIACLUSTERS].objects


async def test_a_replica_takes_the_lease_imports_and_gives_it_back(server, settings):
    """The lease of Clusterpedia is held while it works, and free when it has stopped."""
    async with running(settings()) as program:
        await until(lambda: imported(server))
        assert holder(server)
        assert program.missing() == ()

    assert not holder(server)


async def test_what_a_label_selects_is_watched_whole_and_never_read(server, settings):
    """The server is told the selector with each view of Secrets, and is asked for none of them."""
    store = server.store
    policy = store.get(POLICIES, "", "mcp")
    store.update(POLICIES, "", "mcp", policy | {"spec": policy_body(references=[LABELLED])["spec"]})
    async with running(settings()):
        await until(lambda: imported(server))
        rotated = secret_body(token="rotated")
        secret = store.get(SECRETS, "team", "auth-one") | {"data": rotated["data"]}
        store.update(SECRETS, "team", "auth-one", secret)
        await until(
            lambda: (
                store.get(PEDIACLUSTERS, "", "mcp-one")["spec"]["tokenData"]
                == rotated["data"]["token"]
            )
        )

    of_secrets = [seen for seen in server.requests if seen.path.startswith("/api/v1/secrets")]
    assert of_secrets
    assert {seen.query.get("labelSelector") for seen in of_secrets} == {"of=mcp"}
    assert server.count("GET", SECRETS.path(namespace="team", name="auth-one")) == 0


def foreign_lease(server, **spec):
    """Have somebody hold Clusterpedia's lease in another namespace."""
    body = {"metadata": {"name": LEASE}, "spec": {"holderIdentity": "clusterpedia_1"} | spec}
    server.store.create(LEASES, "helm", body)


async def test_o3_a_lease_in_another_namespace_keeps_it_from_working(server, settings):
    """It is not ready, takes no lease and imports nothing, and says whose it waits for."""
    foreign_lease(server, leaseDurationSeconds=15)
    async with running(settings()) as program:
        found = f"sole control (lease helm/{LEASE}, held by clusterpedia_1)"
        await until(lambda: found in program.missing())
        await asyncio.sleep(0.3)
        assert holder(server) is None
        assert not imported(server)


async def test_o3_the_lease_of_another_namespace_can_be_shared(server, settings):
    """Under it, it stands by, and is ready."""
    foreign_lease(server, leaseDurationSeconds=15)
    async with running(settings(lease_namespace="helm")) as program:
        await until(lambda: program.missing() == ())
        assert not imported(server)


async def test_o3_without_leader_election_nobody_is_looked_for(server, settings):
    """Who turns it off answers for it."""
    foreign_lease(server, leaseDurationSeconds=15)
    async with running(settings(leader_elect=False)):
        await until(lambda: imported(server))


async def test_without_leader_election_there_is_no_lease(server, settings):
    """``--leader-elect=false`` imports at once."""
    async with running(settings(leader_elect=False)):
        await until(lambda: imported(server))

    assert holder(server) is None


async def test_a_standby_is_ready_and_writes_nothing(server, settings):
    """While another process leads, caches are warm and only the lease is looked at."""
    renewed = "2099-01-01T00:00:00.000000Z"
    spec = {
        "holderIdentity": "other",
        "leaseDurationSeconds": 15,
        "acquireTime": renewed,
        "renewTime": renewed,
        "leaseTransitions": 0,
    }
    server.store.create(LEASES, "system", {"metadata": {"name": LEASE}, "spec": spec})
    async with running(settings()) as program:
        await until(lambda: program.missing() == ())
        await asyncio.sleep(0.2)

    assert holder(server) == "other"
    assert {seen.method for seen in server.requests} == {"GET"}


async def test_before_its_start_a_replica_lacks_everything(settings):
    """Readiness names the connection until there is one."""
    clock = SystemClock()

    assert Replica(settings(), metrics=Metrics(clock=clock), clock=clock).missing() == (
        "connection",
    )


async def test_health_is_served_from_the_beginning(server, settings):
    """A start that waits can be seen: /readyz says what for."""
    server.script("GET", "/apis", Answer(503), times=1000)
    for gvr in (POLICIES, LIFECYCLES, PEDIACLUSTERS):
        server.script("GET", gvr.path(), Answer(503), times=1000)
    port = free_port()
    async with (
        running(settings(metrics_address=("127.0.0.1", port))),
        aiohttp.ClientSession() as session,
    ):
        url = f"http://127.0.0.1:{port}"
        await until(lambda: server.count("GET", POLICIES.path()) > 0)
        async with session.get(f"{url}/readyz") as answer:
            assert answer.status == 503
            assert "clusterimportpolicies.policy.clusterpedia.io" in await answer.text()
        async with session.get(f"{url}/healthz") as answer:
            assert answer.status == 200
        async with session.get(f"{url}/metrics") as answer:
            assert "leader_election_master_status" in await answer.text()


async def test_a_port_that_is_taken_ends_the_start(server, settings):
    """Nothing was asked of the server by then."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(ExceptionGroup) as caught:
            async with running(settings(metrics_address=("127.0.0.1", port))):
                await asyncio.sleep(5)

    assert caught.group_contains(ListenError)
    assert server.requests == []


async def test_an_unreadable_kubeconfig_is_the_only_thing_told(settings, tmp_path):
    """A mistake in the settings ends the program with its own error, before anything starts."""
    clock = SystemClock()
    wrong = settings(kubeconfig=str(tmp_path / "missing"), metrics_address=("127.0.0.1", 0))
    program = Replica(wrong, metrics=Metrics(clock=clock), clock=clock)
    with pytest.raises(KubeConfigError):
        await program.run(asyncio.Event())


async def test_a_lost_lease_ends_the_term_and_keeps_the_replica(server, settings):
    """When somebody takes the lease away this one stops importing and stays warm."""
    fast = {"lease_duration_seconds": 3.0, "renew_deadline_seconds": 0.3}
    async with running(settings(retry_period_seconds=0.1, **fast)) as program:
        await until(lambda: imported(server))
        lease = server.store.get(LEASES, "system", LEASE)
        spec = {**lease["spec"], "holderIdentity": "other", "leaseDurationSeconds": 3600}
        server.store.update(LEASES, "system", LEASE, {**lease, "spec": spec})
        await until(lambda: program._manager.queues.policies.is_shutting_down)
        server.store.create(CLUSTERS, "team", source_body("two"))
        await asyncio.sleep(0.3)

        assert program.missing() == ()
        assert ("", "mcp-two") not in server.store.types[LIFECYCLES].objects
    assert holder(server) == "other"


@pytest.mark.slow
async def test_t09_a_replica_that_nobody_else_asks_for_asks_itself(server, settings):
    """It is ready as long as the server answers, says when it does not, and of no lease."""
    quick = {"leader_elect": False, "lease_duration_seconds": 0.4}
    async with running(settings(**quick)) as program:
        await until(lambda: imported(server) and program.missing() == ())
        for _ in range(12):
            await asyncio.sleep(0.05)
            assert program.missing() == ()
        hang = asyncio.Event()

        async def never(_):
            await hang.wait()
            return web.Response()

        server.script("GET", "/version", never, times=1000)
        await until(lambda: "API server (no answer for 0 s)" in program.missing())
        assert program.notes() == []
        hang.set()


@pytest.mark.slow
async def test_t09_a_lease_of_which_nothing_is_known_is_noted(server, settings):
    """Though the server answers all else."""
    fast = {"lease_duration_seconds": 1.0, "renew_deadline_seconds": 0.4}
    async with running(settings(retry_period_seconds=0.1, **fast)) as program:
        await until(lambda: imported(server))
        hang = asyncio.Event()

        async def never(_):
            await hang.wait()
            return web.Response()

        path = LEASES.path(namespace="system", name=LEASE)
        for method in ("GET", "PUT"):
            server.script(method, path, never, times=1000)
        await until(lambda: any("no answer about the lease" in note for note in program.notes()))
        hang.set()


@pytest.mark.slow
async def test_t08_a_restored_server_is_listed_anew_and_led_anew(server, settings):
    """The lease is older than it was: no cache is believed, and the term begins again."""
    async with running(settings(retry_period_seconds=0.1)) as program:
        await until(lambda: imported(server))
        term = program._manager._term
        lists = server.count("GET", LIFECYCLES.path())
        server.store.get(LEASES, "system", LEASE)
        stored = server.store.types[LEASES].objects["system", LEASE]
        stored["metadata"]["resourceVersion"] = "1"
        await until(lambda: program._manager._term not in {None, term})

        assert server.count("GET", LIFECYCLES.path()) > lists
    assert not holder(server)


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_t27_a_signal_stops_the_program(number, tmp_path):
    """SIGTERM and Ctrl-C end it with 0, even while the server cannot be reached.

    The log begins with what runs there, how, and for which server.
    """
    port = free_port()
    # A process of its own: logging is configured once and for all, and signals are real.
    code = (
        "from clusterimport.app.main import run; from clusterimport.settings import Settings; "
        f"raise SystemExit(run(Settings(kubeconfig={kubeconfig(tmp_path / 'config', NOWHERE)!r}, "
        f"metrics_address=('127.0.0.1', {port}), ignored_flags=('--some-flag',), "
        "given_flags=('--metrics-bind-address=:1',))))"
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, cwd=ROOT, stderr=asyncio.subprocess.PIPE
    )
    try:
        await until(lambda: is_open(port), seconds=60)
        process.send_signal(number)
        _, said = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()

    assert process.returncode == 0
    lines = [json.loads(line) for line in said.splitlines()]
    assert lines[0]["flags"] == ["--some-flag"]
    started = lines[1]
    assert (started["msg"], started["version"]) == ("starting", __version__)
    assert (started["server"], started["flags"]) == (NOWHERE, ["--metrics-bind-address=:1"])
    assert lines[-1]["msg"] == "stopped"
    assert "stopping" in [line["msg"] for line in lines]


@pytest.mark.slow
async def test_a_mistake_is_raised_to_the_command_line(tmp_path):
    """``run`` tells of settings that cannot work by an error of ours, and by nothing else."""
    missing = str(tmp_path / "missing")
    code = (
        "from clusterimport.app.main import run; from clusterimport.settings import Settings; "
        "from clusterimport.kube.errors import KubeConfigError\n"
        f"try:\n  run(Settings(kubeconfig={missing!r}))\n"
        "except KubeConfigError:\n  raise SystemExit(42)"
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, cwd=ROOT, stderr=asyncio.subprocess.PIPE
    )
    _, said = await process.communicate()

    assert (process.returncode, said) == (42, b"")


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def is_open(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@asynccontextmanager
async def secured(settings):
    """Run a replica with secure metrics; give what asks for them."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    flags = {"metrics_secure": True, "metrics_secure_address": ("127.0.0.1", port)}
    async with running(settings(**flags)) as program, aiohttp.ClientSession() as session:
        await until(lambda: program.missing() == ())

        async def ask(token):
            fields = {"Authorization": f"Bearer {token}"}
            address = f"https://127.0.0.1:{port}/metrics"
            async with session.get(address, headers=fields, ssl=False) as answer:
                return answer.status, await answer.text()

        yield ask


async def test_secure_metrics_are_shown_to_whom_the_api_server_lets_see_them(server, settings):
    """It is asked by the controller's own credentials, on a connection of its own."""
    user = {"username": "prometheus"}
    review = {"kind": "TokenReview", "status": {"authenticated": True, "user": user}}
    verdict = {"kind": "SubjectAccessReview", "status": {"allowed": True}}
    for path, answer in (
        ("/apis/authentication.k8s.io/v1/tokenreviews", review),
        ("/apis/authorization.k8s.io/v1/subjectaccessreviews", verdict),
    ):
        server.script("POST", path, Answer(201, answer))
    async with secured(settings) as ask:
        status, text = await ask("good")
        assert status == 200
        assert "clusterimport_build_info" in text


async def test_secure_metrics_are_shown_to_nobody_where_it_may_not_be_asked(server, settings):
    """Without the component's rights the answer is that it cannot be known."""
    path = "/apis/authentication.k8s.io/v1/tokenreviews"
    server.script("POST", path, Answer(403, {"kind": "Status", "reason": "Forbidden"}))
    async with secured(settings) as ask:
        assert (await ask("good"))[0] == 503
