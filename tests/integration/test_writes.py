"""What an import costs the API server, counted in its audit log (E13), and one change (E14)."""

import time
from collections import Counter
from datetime import datetime, timedelta

import pytest

from development.controller import ControllerProcess
from development.controlplane.audit import AuditEvent, AuditMark
from development.world import LIFECYCLE, PEDIACLUSTER, World
from tests.harness import bulk, platforms
from tests.harness.eithercrds import either_crds
from tests.harness.writes import Writes, by_name, is_lease, kind_of, object_writes, writes

CREATE_LIFECYCLE = ("create", "pediaclusterlifecycles")
CREATE_PEDIACLUSTER = ("create", "pediaclusters")
LIFECYCLE_STATUS = ("update", "pediaclusterlifecycles/status")
POLICY_STATUS = ("patch", "clusterimportpolicies/status")
PATCH_PEDIACLUSTER = ("patch", "pediaclusters")

IMPORT = Counter([CREATE_LIFECYCLE, CREATE_PEDIACLUSTER, LIFECYCLE_STATUS])
"""The three writes of a cluster that is ready when it is first seen."""

STATUS_INTERVAL = timedelta(seconds=1)


def grant_reading(world: World) -> None:
    """Let the controller read what the policies of this file refer to."""
    world.grant("sources", platforms.CONFIGMAPS_RULE, platforms.SECRETS_RULE)


def policy_status_times(events: list[AuditEvent]) -> list[datetime]:
    """Return when each write of a policy's status was received."""
    return sorted(event.received for event in events if kind_of(event) == POLICY_STATUS)


def import_writes(world: World, mark: AuditMark) -> dict[str, Writes]:
    """Count the writes to lifecycles and PediaClusters, by their name."""
    return by_name([e for e in object_writes(world, mark) if e.resource != "clusterimportpolicies"])


@either_crds
def test_e13_three_writes_for_a_cluster_that_is_ready(world: World) -> None:
    """A ready cluster costs three writes, a policy's status one a second, and no Event is made."""
    grant_reading(world)
    # Of nobody else's name, since Events stay when a world ends.
    names = [f"ready-{number}" for number in range(100)]
    objects = [
        obj for name in names for obj in (platforms.credentials(name), platforms.cluster(name))
    ]
    world.apply(platforms.secret_policy("p"))
    with bulk.standing(world, objects):
        mark = world.control_plane.audit_mark()
        world.controller()
        world.until(lambda: len(world.names(PEDIACLUSTER)) == len(names), "all", timeout_seconds=60)
        world.until_settled("p", timeout_seconds=60)

        assert import_writes(world, mark) == {f"p-{name}": IMPORT for name in names}
        times = policy_status_times(object_writes(world, mark))
        # Two may come close to each other when the first is long on its way to a busy server.
        assert 1 <= len(times) <= (times[-1] - times[0]) / STATUS_INTERVAL + 2
        regarding = [
            event["regarding"]["kind"]
            for event in world.admin.list("events.k8s.io/v1", "Event")
            if event["reportingController"] == "clusterpedia.io/clusterimport"
            and event["regarding"]["name"] in {*names, *(f"p-{name}" for name in names)}
        ]
        assert regarding == []


@either_crds
def test_e13_one_more_write_for_each_reason_to_wait(world: World) -> None:
    """Each waiting reason that is shown costs one write, and a rotated credential another one."""
    grant_reading(world)
    condition = '{{ eq (index .source.data "ready" | default "no") "yes" }}'
    world.apply(platforms.secret_policy("p", creationCondition=condition))
    world.controller()
    mark = world.control_plane.audit_mark()

    world.apply(platforms.cluster("one"))
    world.until_reason(LIFECYCLE, "p-one", "Created", "ReferenceResourceNotFound")
    world.apply(platforms.credentials("one"))
    world.until_reason(LIFECYCLE, "p-one", "Created", "WaitCreationCondition")
    world.apply(platforms.cluster("one", ready="yes"))
    world.until_reason(LIFECYCLE, "p-one", "Created", "PediaClusterCreated")
    world.until_settled("p")
    shown = Counter([LIFECYCLE_STATUS, LIFECYCLE_STATUS])
    assert import_writes(world, mark) == {"p-one": IMPORT + shown}

    mark = world.control_plane.audit_mark()
    world.apply(platforms.credentials("one", token="rotated"))
    world.until(lambda: import_writes(world, mark), "the new token is written")
    # What would follow the write follows it at once; two seconds are ample.
    time.sleep(2)
    assert import_writes(world, mark) == {"p-one": Counter([PATCH_PEDIACLUSTER])}


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_e13_a_quiet_minute_and_a_restart(world: World, clusterpedia_world: World) -> None:
    """A minute without changes holds lease renewals only, and so does a restart."""
    worlds = (world, clusterpedia_world)
    running = []
    for each in worlds:
        grant_reading(each)
        # Of each kind: imported, waiting, and rejected without a lifecycle.
        each.apply(platforms.secret_policy("p"))
        never = "{{ .source.data.isReady }}"
        each.apply(platforms.policy("q", nameTemplate="taken", creationCondition=never))
        for name in ("one", "two", "three"):
            each.apply(platforms.credentials(name), platforms.cluster(name))
        running.append(each.controller())
    for each in worlds:
        for name in ("p", "q"):
            each.until_settled(name)
        assert each.names(PEDIACLUSTER) == ["p-one", "p-three", "p-two"]
        assert each.names(LIFECYCLE) == ["p-one", "p-three", "p-two", "taken"]

    # Events about the start may still be on their way, a last status until a second later.
    time.sleep(3)
    marks = [each.control_plane.audit_mark() for each in worlds]
    time.sleep(60)
    for each, mark in zip(worlds, marks, strict=True):
        seen = writes(each, mark)
        assert [kind_of(event) for event in seen if not is_lease(event)] == []
        # One each 2 s, if the machine is not too busy.
        assert 20 <= len(seen) <= 31

    marks = [each.control_plane.audit_mark() for each in worlds]
    for each, process in zip(worlds, running, strict=True):
        assert process.terminate() == 0
        again = each.controller()
        each.until(lambda again=again: has_looked_at_everything(again), "everything is looked at")
    # Longer than the first look at a policy is kept quiet about.
    time.sleep(35)
    for each, mark in zip(worlds, marks, strict=True):
        assert [kind_of(event) for event in writes(each, mark) if not is_lease(event)] == []


def has_looked_at_everything(process: ControllerProcess) -> bool:
    """Whether the three sources of both policies are where they were."""
    counted = {
        (policy, state): process.metric("clusterimport_sources", policy=policy, state=state)
        for policy, state in (("p", "imported"), ("q", "waiting"), ("q", "failed"))
    }
    return counted == {("p", "imported"): 3, ("q", "waiting"): 1, ("q", "failed"): 2}


SOURCES = 1000

SOURCE_CHANGE = Counter(
    {
        # Once to keep the object, once to decide on it, and in each look at the lifecycle, whether
        # it is the one that the policy makes for this source.
        ("evaluation", "selector"): 4,
        ("evaluation", "name"): 3,
        # Namespace and name, in each look at the lifecycle.
        ("evaluation", "reference"): 4,
        ("evaluation", "template"): 2,
        ("reconcile", "source"): 1,
        # The second look is at what the first one wrote.
        ("reconcile", "pediaclusterlifecycle"): 2,
    }
)
"""The most that a change of one source may cost, however many there are."""
SECRET_CHANGE = Counter(
    {
        ("evaluation", "selector"): 2,
        ("evaluation", "name"): 2,
        ("evaluation", "reference"): 4,
        ("evaluation", "template"): 2,
        ("reconcile", "pediaclusterlifecycle"): 2,
    }
)
"""The same for a change of a Secret that one source refers to."""


class Work:
    """What a replica computes and writes from now on."""

    def __init__(self, world: World, process: ControllerProcess) -> None:
        self._world = world
        self._process = process
        self._before = self._counted()
        self._mark = world.control_plane.audit_mark()

    def written(self) -> Writes:
        """Count what was written."""
        return Counter(kind_of(event) for event in object_writes(self._world, self._mark))

    def done(self) -> Counter[tuple[str, str]]:
        """Count template evaluations by kind and reconciles by controller."""
        return self._counted() - self._before

    def _counted(self) -> Counter[tuple[str, str]]:
        kinds = ("selector", "name", "reference", "condition", "template")
        controllers = ("clusterimportpolicy", "source", "pediaclusterlifecycle", "deletion")
        metric = self._process.metric
        return Counter(
            {
                ("evaluation", kind): int(metric("clusterimport_evaluations_total", kind=kind))
                for kind in kinds
            }
            | {
                ("reconcile", name): int(
                    metric("controller_runtime_reconcile_total", controller=name)
                )
                for name in controllers
            }
        )


@pytest.mark.slow
@pytest.mark.timeout(240)
@either_crds
def test_e14_one_change_among_a_thousand(world: World) -> None:
    """A change of one source, or of one Secret, among 1 000 costs the work of that one."""
    grant_reading(world)
    names = [f"c{number}" for number in range(SOURCES)]
    objects = [
        obj for name in names for obj in (platforms.credentials(name), platforms.cluster(name))
    ]
    world.apply(platforms.secret_policy("p"))
    with bulk.standing(world, objects):
        process = world.controller()
        world.until(
            lambda: process.metric("clusterimport_sources", state="imported") == SOURCES,
            "all are imported",
            timeout_seconds=120,
        )
        world.until_settled("p")
        time.sleep(2)  # the last events of the import come back

        changed = platforms.cluster("c7", server="https://192.0.2.2:6443")
        for obj, limit in (
            (changed, SOURCE_CHANGE),
            (platforms.credentials("c7", token="rotated"), SECRET_CHANGE),
        ):
            before = world.pediacluster("p-c7")["spec"]
            work = Work(world, process)
            world.apply(obj)
            world.until(lambda: world.pediacluster("p-c7")["spec"] != before, "c7 is followed")  # noqa: B023
            # What should not come of it would come at once too.
            time.sleep(2)
            assert work.written() == Counter([PATCH_PEDIACLUSTER])
            done = work.done()
            assert done["evaluation", "template"] > 0
            assert done <= limit
