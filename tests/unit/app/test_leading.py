"""A replica and the lease: who works, who stands by, and what a lost or unknown lease does."""

import asyncio

import pytest
from aiohttp import web

from clusterimport.model.gvr import LEASES, LIFECYCLES
from tests.fakes.app.replicas import LEASE, holder, imported, running, until
from tests.fakes.controllers.importobjects import CLUSTERS, source_body


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
