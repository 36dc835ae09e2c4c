"""Two replicas: who takes over when, and what the one before may still do (E12).

Credentials rotate all the time, so that both would have something to write at any moment.
"""

import contextlib
import itertools
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from clusterimport.settings import Settings
from development.controller import ControllerProcess
from development.controlplane.audit import AuditEvent, AuditMark
from development.world import LEASE, NAMESPACE, PEDIACLUSTER, World, encode
from tests.harness import platforms
from tests.harness.eithercrds import either_crds
from tests.harness.holding import HoldingProxy
from tests.harness.writes import is_accepted, is_lease, object_writes, writes

NAMES = [f"c{number}" for number in range(Settings().lifecycle_workers // 2)]
"""As many as one namespace has looked at, or written, at the same time."""
ROTATION_SECONDS = 0.05

TAKEOVER = timedelta(seconds=17)
"""The lease of 15 s, and the pause between two looks at it."""
TAKEOVER_AFTER_RELEASE = timedelta(seconds=1)
RENEW_DEADLINE = timedelta(seconds=10)
FROZEN_SECONDS = 30.0


def leads(process: ControllerProcess) -> bool:
    """Whether a replica says that it leads."""
    return process.metric("leader_election_master_status") == 1


def start_leader(world: World, *, through: str = "") -> tuple[ControllerProcess, AuditMark]:
    """Start the first replica and wait until all is imported; return a mark from before."""
    mark = world.control_plane.audit_mark()
    world.grant("sources", platforms.CONFIGMAPS_RULE, platforms.SECRETS_RULE)
    world.apply(platforms.secret_policy("p"))
    for name in NAMES:
        world.apply(platforms.credentials(name), platforms.cluster(name))
    leader = world.controller(through=through)
    world.until(lambda: len(world.names(PEDIACLUSTER)) == len(NAMES), "all are imported")
    world.until_settled("p")
    return leader, mark


@contextlib.contextmanager
def rotating(world: World) -> Iterator[None]:
    """Change the token of one Secret after the other, until the end of the block."""
    stop = threading.Event()
    failures: list[BaseException] = []

    def rotate() -> None:
        try:
            for number, name in enumerate(itertools.cycle(NAMES)):
                patch = {"data": {"token": encode(f"rotated-{number}")}}
                world.admin.patch("v1", "Secret", name, patch, namespace="default")
                if stop.wait(ROTATION_SECONDS):
                    return
        except Exception as error:  # noqa: BLE001 - raised by the test's thread
            failures.append(error)

    thread = threading.Thread(target=rotate, name="rotation")
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
    assert failures == []


def until_writing(world: World, process: ControllerProcess, *, timeout_seconds: float = 30) -> None:
    """Wait until a replica writes lifecycles or PediaClusters."""
    mark = world.control_plane.audit_mark()
    world.until(
        lambda: [e for e in object_writes(world, mark, by=process) if is_accepted(e)],
        "the replica writes",
        timeout_seconds=timeout_seconds,
    )


def renewals(world: World, mark: AuditMark, process: ControllerProcess) -> list[AuditEvent]:
    """Return a replica's successful writes of the lease, in their order."""
    return [e for e in writes(world, mark, by=process) if is_lease(e) and is_accepted(e)]


def assert_is_fenced(
    world: World, mark: AuditMark, old: ControllerProcess, new: ControllerProcess
) -> None:
    """State what the audit log shows of a change of leaders."""
    last_renewal = renewals(world, mark, old)[-1]
    late = [
        event
        for event in writes(world, mark, by=old)
        if not is_lease(event) and event.received > last_renewal.received + RENEW_DEADLINE
    ]
    assert late == []
    assert_overwrites_nothing(world, mark, old, new)


def assert_overwrites_nothing(
    world: World, mark: AuditMark, old: ControllerProcess, new: ControllerProcess
) -> None:
    """State that no write of the old leader succeeded on what the new one had written."""
    first: dict[tuple[str, str], datetime] = {}
    for event in object_writes(world, mark, by=new):
        if is_accepted(event):
            first.setdefault((event.resource, event.name), event.completed)
    assert first
    overwritten = [
        event
        for event in object_writes(world, mark, by=old)
        if is_accepted(event)
        and event.completed > first.get((event.resource, event.name), event.completed)
    ]
    assert overwritten == []


@pytest.mark.timeout(180)
@either_crds
def test_e12_the_leader_is_killed_or_stopped(world: World) -> None:
    """A killed leader is followed within 17 s, one that is told to stop within 1 s."""
    first, mark = start_leader(world)
    second = world.controller()
    with rotating(world):
        until_writing(world, first)
        assert not leads(second)

        killed = datetime.now(UTC)
        first.kill()
        until_writing(world, second)
        assert renewals(world, mark, second)[0].completed - killed < TAKEOVER
        assert_is_fenced(world, mark, first, second)

        third = world.controller()
        until_writing(world, second)
        assert not leads(third)
        assert second.terminate() == 0
        released = renewals(world, mark, second)[-1].completed
        until_writing(world, third)
        assert renewals(world, mark, third)[0].completed - released < TAKEOVER_AFTER_RELEASE
        # Given back last: nothing was under way any more.
        assert [e for e in writes(world, mark, by=second) if e.completed > released] == []
        assert_is_fenced(world, mark, second, third)


@pytest.mark.slow
@pytest.mark.timeout(180)
@either_crds
def test_e12_the_leader_is_frozen(world: World) -> None:
    """A leader frozen for 30 s is followed within 17 s, writes nothing when it wakes, and waits."""
    with HoldingProxy(world.control_plane) as proxy:
        first, mark = start_leader(world, through=proxy.url)
        second = world.controller()
        with rotating(world):
            until_writing(world, first)
            frozen = datetime.now(UTC)
            first.freeze()
            thaw_at = time.monotonic() + FROZEN_SECONDS
            until_writing(world, second)
            assert renewals(world, mark, second)[0].completed - frozen < TAKEOVER
            time.sleep(thaw_at - time.monotonic())

            # Its own clock has to tell it: no refused renewal will.
            proxy.hold("/leases/")
            first.thaw()
            world.until(lambda: first.probe("/readyz") == 200, "it answers")
            # It has missed 600 rotations, and would write them within the second.
            time.sleep(3)
            assert (leads(first), leads(second)) == (False, True)
            assert_is_fenced(world, mark, first, second)
            proxy.release()

            # It has not ended but waits, and it is warm.
            mark = world.control_plane.audit_mark()
            assert second.terminate() == 0
            until_writing(world, first)
            released = renewals(world, mark, second)[-1].completed
            assert renewals(world, mark, first)[0].completed - released < TAKEOVER_AFTER_RELEASE
            first.kill()


@pytest.mark.timeout(180)
@either_crds
def test_e12_answers_that_come_too_late_lead_to_no_write(world: World) -> None:
    """What a leader was told while it was frozen is not written when it wakes after its deadline.

    Nothing stands between the answers and the writes but the gate: they are there, for one
    cluster each, before the leader can notice that it leads no more.
    """
    with HoldingProxy(world.control_plane) as proxy:
        leader, _ = start_leader(world, through=proxy.url)
        proxy.hold("/secrets/", reads=True)
        world.apply(*(platforms.credentials(name, token="late") for name in NAMES))
        world.until(lambda: len(proxy.held) == len(NAMES), "all are being read")

        leader.freeze()
        thaw_at = time.monotonic() + RENEW_DEADLINE.total_seconds() + 1
        proxy.release()
        time.sleep(thaw_at - time.monotonic())
        proxy.hold("/leases/")
        mark = world.control_plane.audit_mark()
        leader.thaw()
        world.until(lambda: not leads(leader), "it has noticed")
        world.remains(
            lambda: object_writes(world, mark, by=leader) == [], "it writes nothing", seconds=2
        )

        proxy.release()
        until_all_hold(world, "late")
        assert renewals(world, mark, leader)[0].completed < min(
            event.received for event in object_writes(world, mark, by=leader)
        )


@pytest.mark.timeout(180)
@either_crds
def test_e12_writes_under_way_do_not_overwrite(world: World) -> None:
    """Writes that were under way when a leader was cut off are refused when they arrive at last."""
    world.grant("configmaps", platforms.CONFIGMAPS_RULE)
    world.apply(platforms.policy("p"), *(platforms.cluster(name) for name in NAMES))
    with HoldingProxy(world.control_plane) as proxy:
        first = world.controller(through=proxy.url)
        world.until(lambda: len(world.names(PEDIACLUSTER)) == len(NAMES), "all are imported")
        world.until_settled("p")
        second = world.controller()
        mark = world.control_plane.audit_mark()
        world.until(lambda: renewals(world, mark, first), "the lease is renewed")

        proxy.hold()
        rotate_all(world, "under-way")
        world.until(lambda: len(held_patches(proxy)) == len(NAMES), "all are under way")
        until_all_hold(world, "under-way")
        rotate_all(world, "last")
        until_all_hold(world, "last")

        released = datetime.now(UTC)
        proxy.release()

        def arrived() -> list[AuditEvent]:
            return [e for e in object_writes(world, mark, by=first) if e.received > released]

        world.until(lambda: len(arrived()) >= len(NAMES), "they arrive")
        assert {event.code for event in arrived()} == {409}
        assert_overwrites_nothing(world, mark, first, second)
        until_all_hold(world, "last")
        assert (leads(first), leads(second)) == (False, True)
        lease = world.admin.read("coordination.k8s.io/v1", "Lease", LEASE, NAMESPACE)
        assert lease["spec"]["leaseTransitions"] == 1

        # None of them had started late, by the proxy's clock.
        last_renewal = max(e.received for e in renewals(world, mark, first))
        assert all(came < last_renewal + RENEW_DEADLINE for _, came in held_patches(proxy))


def rotate_all(world: World, token: str) -> None:
    """Give every cluster another token, in its ConfigMap: to write it takes no read."""
    world.apply(*(platforms.cluster(name, token=token) for name in NAMES))


def until_all_hold(world: World, token: str) -> None:
    """Wait until every PediaCluster has a token."""
    world.until(
        lambda: all(
            world.pediacluster(f"p-{name}")["spec"]["tokenData"] == encode(token) for name in NAMES
        ),
        f"all have the token {token}",
        timeout_seconds=30,
    )


def held_patches(proxy: HoldingProxy) -> list[tuple[str, datetime]]:
    """Return the held writes of PediaClusters."""
    return [(path, came) for path, came in proxy.held if "/pediaclusters/" in path]
