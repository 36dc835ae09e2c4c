"""The lock in a Lease object."""

from contextlib import asynccontextmanager

import pytest

from clusterimport.kube import errors
from clusterimport.kube.watch import WatchEvent
from clusterimport.leaderelection import LeaderRecord, LeaseLock, Lock
from clusterimport.model import gvr

RECORD = LeaderRecord("me", 15)


class FakeLeases:
    """A resource client that keeps one Lease and everything it was asked."""

    gvr = gvr.LEASES

    def __init__(self):
        self.stored = None
        self.requests = []
        self.events = []
        self.options = None

    async def get(self, name, *, namespace):
        self.requests.append(("get", namespace, name))
        if self.stored is None:
            raise errors.NotFound(404, "NotFound", details_name=name)
        return self.stored

    async def create(self, obj, *, namespace):
        self.requests.append(("create", namespace, obj))
        return self._store(obj)

    async def update(self, obj, *, namespace):
        self.requests.append(("update", namespace, obj))
        if obj["metadata"]["resourceVersion"] != self.stored["metadata"]["resourceVersion"]:
            raise errors.Conflict(409, "Conflict")
        return self._store(obj)

    def _store(self, obj):
        version = str(len(self.requests))
        self.stored = {**obj, "metadata": {**obj["metadata"], "resourceVersion": version}}
        return self.stored

    @asynccontextmanager
    async def watch(self, options):
        self.options = options
        yield self._stream()

    async def _stream(self):
        for event in self.events:
            yield event


@pytest.fixture(name="leases")
def _leases():
    return FakeLeases()


@pytest.fixture(name="lock")
def _lock(leases) -> Lock:
    return LeaseLock(leases, namespace="system", name="lease")


def test_the_name_tells_where_it_is(lock):
    """Logs show namespace and name."""
    assert lock.name == "system/lease"


async def test_a_lease_is_created_where_it_belongs(lock, leases):
    """The first record makes a complete Lease."""
    await lock.create(RECORD)

    assert leases.requests == [
        (
            "create",
            "system",
            {
                "apiVersion": "coordination.k8s.io/v1",
                "kind": "Lease",
                "metadata": {"name": "lease", "namespace": "system"},
                "spec": RECORD.to_spec(),
            },
        )
    ]


async def test_updates_build_on_what_was_written_last(lock, leases):
    """After a create, updates follow each other without any read."""
    await lock.create(RECORD)
    await lock.update(RECORD)
    await lock.update(LeaderRecord("me", 16))

    assert [request[0] for request in leases.requests] == ["create", "update", "update"]
    assert leases.requests[2][2]["metadata"]["resourceVersion"] == "2"
    assert leases.stored["spec"]["leaseDurationSeconds"] == 16


async def test_updates_keep_the_metadata(lock, leases):
    """Labels and whatever else others put on the Lease stay."""
    leases.stored = {
        "metadata": {"name": "lease", "resourceVersion": "7", "labels": {"a": "b"}},
        "spec": {**RECORD.to_spec(), "strategy": "new"},
    }
    record = await lock.get()
    await lock.update(record)

    assert leases.requests[0] == ("get", "system", "lease")
    assert leases.requests[1][2]["metadata"]["labels"] == {"a": "b"}
    assert leases.requests[1][2]["metadata"]["resourceVersion"] == "7"
    assert leases.requests[1][2]["spec"]["strategy"] == "new"


async def test_an_update_on_an_old_version_is_a_conflict(lock, leases):
    """Somebody else's write between ours is noticed."""
    await lock.create(RECORD)
    leases.stored = {**leases.stored, "metadata": {"name": "lease", "resourceVersion": "99"}}

    with pytest.raises(errors.Conflict):
        await lock.update(RECORD)
    await lock.get()
    await lock.update(RECORD)
    assert leases.requests[-1][2]["metadata"]["resourceVersion"] == "99"


@pytest.mark.parametrize(
    ("metadata", "is_lost"),
    [
        ({"resourceVersion": "6"}, True),
        ({"resourceVersion": "7"}, False),
        ({"resourceVersion": "8"}, False),
        ({"resourceVersion": "6", "uid": "another"}, False),
        ({"resourceVersion": "six"}, False),
    ],
)
@pytest.mark.parametrize("known_by", ["get", "update", "create"])
async def test_t08_a_lease_that_is_older_than_it_was_tells_of_a_restore(
    leases, metadata, is_lost, known_by
):
    """Whoever has read or written it knows; it is told once."""
    told = []
    lock = LeaseLock(
        leases, namespace="system", name="lease", on_history_lost=lambda: told.append(1)
    )
    leases.requests += [()] * (6 if known_by == "create" else 5)
    if known_by == "create":
        await lock.create(RECORD)
    else:
        leases.stored = {"metadata": {"name": "lease", "resourceVersion": "6"}, "spec": {}}
        await lock.get()
    if known_by == "update":
        await lock.update(RECORD)
    elif known_by == "get":
        leases.stored["metadata"]["resourceVersion"] = "7"
        await lock.get()
    assert told == []
    leases.stored = {"metadata": {"name": "lease", **metadata}, "spec": RECORD.to_spec()}
    for _ in range(2):
        await lock.get()

    assert told == ([1] if is_lost else [])


async def test_an_update_without_a_lease_is_not_sent(lock, leases):
    """Before the first read, and after one that found nothing, there is nothing to update."""
    with pytest.raises(errors.NotFound):
        await lock.update(RECORD)
    await lock.create(RECORD)
    leases.stored = None
    with pytest.raises(errors.NotFound):
        await lock.get()
    with pytest.raises(errors.NotFound):
        await lock.update(RECORD)

    assert [request[0] for request in leases.requests] == ["create", "get"]


async def test_a_lease_without_a_spec_is_nobodys(lock, leases):
    """A Lease that a person created empty can be read."""
    leases.stored = {"metadata": {"name": "lease", "resourceVersion": "7"}}

    assert await lock.get() == LeaderRecord()


async def test_the_watch_follows_this_lease_only(lock, leases):
    """The server filters by name; deletions are None, bookmarks are nothing."""
    lease = {"metadata": {"name": "lease"}, "spec": RECORD.to_spec()}
    leases.events = [
        WatchEvent("ADDED", lease),
        WatchEvent("BOOKMARK", {"metadata": {"resourceVersion": "5"}}),
        WatchEvent("MODIFIED", {**lease, "spec": {}}),
        WatchEvent("DELETED", lease),
    ]

    async with lock.watch(timeout_seconds=321) as records:
        seen = [record async for record in records]

    assert seen == [RECORD, LeaderRecord(), None]
    assert leases.options.namespace == "system"
    assert leases.options.field_selector == "metadata.name=lease"
    assert leases.options.timeout_seconds == 321
