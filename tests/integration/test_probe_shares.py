"""One tenant's worst and another one's health: names, handshakes, memory and descriptors.

The controller is a process under its ServiceAccount; the clusters are servers of the tests, or lead
back to the control plane. A tenant is a namespace here.
"""

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from development.controller import COMMAND, condition
from development.controlplane.certificates import CertificateAuthority, KeyPair
from development.world import LIFECYCLE, POLICY_API, World
from tests.fakes.pki.hostilecertificates import chain, dear_rsa, ordinary_rsa, tiny_authorities
from tests.harness import bulk, imported, nameserver, platforms
from tests.harness.imported import ready
from tests.harness.steadyserver import SteadyServer
from tests.harness.stubserver import StubServer, healthy
from tests.harness.usage import Usage

MINE = "tenant-b"
THEIRS = "tenant-a"
MIB = 1 << 20


@pytest.fixture(name="tenants")
def _tenants(world: World) -> World:
    """Give a world with two namespaces, and a policy that imports what is in them."""
    for name in (MINE, THEIRS):
        # They stay for the next test: one that is being deleted takes nothing for a while.
        world.admin.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    world.grant("all", platforms.CONFIGMAPS_RULE, platforms.SECRETS_RULE)
    world.apply(platforms.secret_policy("p"))
    return world


def put(world: World, namespace: str, name: str, server: str, **parts: str) -> None:
    """Let there be a cluster of a tenant, with these credentials."""
    world.apply(
        platforms.credentials(name, namespace, **parts),
        platforms.cluster(name, namespace, server=server),
    )


def put_all(world: World, namespace: str, clusters: Sequence[tuple[str, str, str]]) -> None:
    """Let there be many clusters, given by name, server and CA."""
    with ThreadPoolExecutor(bulk.THREADS) as pool:
        list(pool.map(lambda one: put(world, namespace, one[0], one[1], ca=one[2]), clusters))


def reason(world: World, name: str) -> str:
    """Return what the lifecycle of a cluster says."""
    return str(ready(world, f"p-{name}").get("reason", ""))


def until_all(world: World, names: Sequence[str], expected: str, seconds: float = 30) -> float:
    """Wait until all say so, and state that none says meanwhile that it fails; return seconds."""
    started = time.monotonic()

    def are_well() -> bool:
        told = {name: ready(world, f"p-{name}") for name in names}
        for name, found in told.items():
            assert found.get("status") != "False", (name, found)
        return all(found.get("reason") == expected for found in told.values())

    world.until(are_well, f"all are {expected}", timeout_seconds=seconds)
    return time.monotonic() - started


@contextmanager
def honest(host: str = "127.0.0.1") -> Iterator[tuple[StubServer, str]]:
    """Give a healthy server, and the certificate of its CA."""
    authority = CertificateAuthority()
    pair = authority.server(names=["good.example"])
    with StubServer(authority, healthy, address=host, pair=pair) as server:
        yield server, authority.certificate_pem


@pytest.mark.timeout(180)
@pytest.mark.skipif(not nameserver.is_possible(), reason="needs root and mount namespaces")
def test_t52_names_that_never_resolve_hold_up_nobody_else(tenants: World, tmp_path: Path) -> None:
    """300 names whose name server is silent leave the names of another tenant to be resolved."""
    with ExitStack() as stack:
        names = stack.enter_context(nameserver.NameServer({"good.example": "127.0.0.1"}, tmp_path))
        server, ca = stack.enter_context(honest())
        dead = [(f"dead-{n}", f"https://dead-{n}.example:6443", ca) for n in range(300)]
        put_all(tenants, THEIRS, dead)
        process = tenants.controller(probes=True, command=names.wrap(COMMAND))
        tenants.until(
            lambda: len(names.asked) >= 30, "they are being asked for", timeout_seconds=60
        )
        mine = [f"good-{n}" for n in range(5)]
        for name in mine:
            put(tenants, MINE, name, f"https://good.example:{server.port}", ca=ca)
        until_all(tenants, mine, "Reachable", seconds=20)
        # A new connection for each, while the others go on.
        for name in mine:
            tenants.apply(platforms.credentials(name, MINE, ca=ca, token="another"))
        tenants.until(
            lambda: sum(token == "Bearer another" for _, token in server.requests) >= 2 * 5,
            "the rotated ones were asked",
            timeout_seconds=20,
        )
        until_all(tenants, mine, "Reachable", seconds=5)

        def told() -> set[str]:
            return {reason(tenants, name) for name, _, _ in dead}

        tenants.until(lambda: "NameNotResolved" in told(), "the offender is told")
        assert told() <= {"NameNotResolved", "Probing", ""}
        assert process.metric("clusterimport_limit_reached_total", limit="probe_names") > 0


def _refused_chain() -> tuple[str, KeyPair]:
    ca, pair = chain(59, lambda number: dear_rsa() if number else ordinary_rsa())
    return ca.decode(), KeyPair(pair.certificate.decode(), pair.key.decode())


def _short_chain() -> tuple[str, KeyPair]:
    """Return one that is verified, and is as long as may be."""
    ca, pair = chain(31, lambda _: ec.generate_private_key(ec.SECP384R1()))
    return ca.decode(), KeyPair(pair.certificate.decode(), pair.key.decode())


@pytest.mark.timeout(240)
@pytest.mark.parametrize(
    ("make_chain", "expected"),
    [(_refused_chain, "TLSVerificationFailed"), (_short_chain, "Reachable")],
)
def test_t52_chains_that_are_dear_hold_up_nobody_else(
    tenants: World, make_chain: Any, expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Forty clusters with such chains, renewed all the time, leave others their rotations."""
    ca, pair = make_chain()
    names = [f"dear-{n}" for n in range(40)]
    mine = [f"good-{n}" for n in range(5)]
    with ExitStack() as stack:
        theirs = stack.enter_context(StubServer(CertificateAuthority(), healthy, pair=pair))
        server, own = stack.enter_context(honest())
        for name in mine:
            put(tenants, MINE, name, server.url, ca=own)
        process = tenants.controller(probes=True)
        until_all(tenants, mine, "Reachable")
        put_all(tenants, THEIRS, [(name, theirs.url, ca) for name in names])
        tenants.until(lambda: theirs.connections >= 4, "they are being asked")
        before, started = Usage.of(process), time.monotonic()
        number, waits = 0, []
        while time.monotonic() < started + 40:
            number += 1
            for name in names:
                secret = platforms.credentials(name, THEIRS, ca=ca, token=f"t{number}")
                tenants.apply(secret)
            if number % 2:
                token = f"renewed-{number}"
                for name in mine:
                    tenants.apply(platforms.credentials(name, MINE, ca=own, token=token))
                since = time.monotonic()
                tenants.until(
                    lambda token=token: len(_asked_with(server, token)) >= 2 * len(mine),
                    "they are asked with the new token",
                )
                waits.append(time.monotonic() - since)
                assert {reason(tenants, name) for name in mine} == {"Reachable"}
        after = Usage.of(process)
        tenants.until(
            lambda: any(reason(tenants, name) == expected for name in names),
            "the offender is told",
            timeout_seconds=60,
        )
    with capsys.disabled():
        cpu = after.cpu_seconds - before.cpu_seconds
        print(
            f"\n{len(names) * number} renewals of dear chains in 40 s: {cpu / 40:.0%} of a core, "
            f"others asked after {max(waits):.1f} s at most"
        )


def _asked_with(server: StubServer, token: str) -> list[str]:
    return [path for path, authorization in server.requests if authorization == f"Bearer {token}"]


@pytest.mark.timeout(580)
def test_t51_hundreds_of_authorities_do_not_fill_the_memory(
    tenants: World, capsys: pytest.CaptureFixture[str]
) -> None:
    """400 healthy clusters with 563 CAs each are probed within the Deployment's memory."""
    # A process of its own: it is asked hundreds of times while this one reads what is told.
    with SteadyServer() as server:
        access = server.access("any")
        url, ca = access.url, access.ca_pem
        bundle = ca + tiny_authorities(562).decode()
        mine = [f"good-{n}" for n in range(5)]
        heavy = [(f"heavy-{n}", url, f"{bundle}# {n}\n") for n in range(400)]
        for name in mine:
            put(tenants, MINE, name, url, ca=ca)
        process = tenants.controller(probes=True, memory_mib=512)
        until_all(tenants, mine, "Reachable")
        put_all(tenants, THEIRS, heavy)

        def are_asked() -> bool:
            lifecycles = tenants.admin.list(POLICY_API, LIFECYCLE)
            told = [condition(obj, "Ready").get("reason", "") for obj in lifecycles]
            # It may not be there yet when its source is seen.
            assert set(told) <= {"", "Probing", "ReferenceResourceNotFound", "Reachable"}
            assert process.process is not None
            assert process.process.poll() is None
            return told.count("Reachable") == len(heavy) + len(mine)

        # More than can be kept, and each has to wait for its tenant's share of the processor.
        tenants.until(are_asked, "all were asked", timeout_seconds=420)
        usage = Usage.of(process)
        # Two more rounds, with the imports of others.
        for number in range(3):
            name = f"late-{number}"
            put(tenants, MINE, name, url, ca=ca)
            until_all(tenants, [name], "Reachable")
            time.sleep(20)
        assert process.probe("/readyz") == 200
        assert process.process is not None
        assert process.process.poll() is None
        until_all(tenants, mine, "Reachable")
        peak = process.memory.peak_mib() if process.memory else 0.0
    with capsys.disabled():
        print(
            f"\n400 clusters with 563 CAs each: {usage.resident_bytes / MIB:.0f} MiB resident, "
            f"peak of the control group {peak:.0f} MiB of 512"
        )


@pytest.mark.timeout(180)
def test_t52_more_clusters_than_descriptors_are_healthy_all_the_same(tenants: World) -> None:
    """The want is told in the log, in a metric and in /readyz?verbose, and never as a fault."""
    access = imported.hub(tenants)
    names = [f"c-{n}" for n in range(150)]
    with ThreadPoolExecutor(bulk.THREADS) as pool:
        list(
            pool.map(
                lambda name: put(
                    tenants, MINE, name, access.url, ca=access.ca_pem, token=access.token
                ),
                names,
            )
        )
    limited = ("sh", "-c", 'ulimit -n 150 && exec "$0" "$@"', *COMMAND)
    process = tenants.controller("--probe-interval=5s", probes=True, command=limited)
    until_all(tenants, names, "Reachable", seconds=60)
    asked = process.metric("clusterimport_probes_total", reason="Reachable")

    def has_gone_round() -> bool:
        return process.metric("clusterimport_probes_total", reason="Reachable") > asked + 3 * 150

    tenants.until(has_gone_round, "all were asked three times more", timeout_seconds=60)
    until_all(tenants, names, "Reachable", seconds=5)
    assert process.metric("clusterimport_probes_total") == process.metric(
        "clusterimport_probes_total", reason="Reachable"
    )
    assert process.log().count("not all clusters keep a connection") == 1
    assert process.metric("clusterimport_limit_reached_total", limit="probe_connections") > 0
    notes = [line for line in process.text("/readyz?verbose").splitlines() if "probe-conn" in line]
    assert len(notes) == 1
    assert notes[0].startswith("[+]probe-connections 28 of 150 clusters keep one")
    assert "limit of open files: 150" in notes[0]
    assert len(list(Path(f"/proc/{process.pid}/fd").iterdir())) < 100
    assert condition(tenants.policy("p"), "Ready")["status"] == "True"
