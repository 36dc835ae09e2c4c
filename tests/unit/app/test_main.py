"""One replica from its start to its end, over a loopback server and real sockets."""

import asyncio
import json
import signal
import socket
import sys
from contextlib import asynccontextmanager

import aiohttp
import pytest

from clusterimport import __version__
from clusterimport.aio import SystemClock
from clusterimport.app.main import Replica
from clusterimport.kube.errors import KubeConfigError
from clusterimport.model.gvr import LIFECYCLES, PEDIACLUSTERS, POLICIES, SECRETS
from clusterimport.observability.errors import ListenError
from clusterimport.observability.metrics import Metrics
from development.apiserver.answers import Answer
from development.manifests import ROOT
from tests.fakes.app.replicas import free_port, holder, imported, kubeconfig, running, until
from tests.fakes.controllers.importobjects import LABELLED, policy_body, secret_body

NOWHERE = "http://127.0.0.1:1"


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
