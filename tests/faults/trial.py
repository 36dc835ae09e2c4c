"""One trial: a fleet behind a proxy, a controller, a fault, and the judge at the end."""

import contextlib
import json
import time
from collections.abc import Callable, Iterator
from typing import Any

from development.controller import ControllerProcess, sum_of
from development.controlplane.client import POLL_INTERVAL_SECONDS
from development.controlplane.rest import ApiFailure
from development.world import (
    CLUSTER_API,
    LEASE,
    LIFECYCLE,
    NAMESPACE,
    PEDIACLUSTER,
    POLICY,
    POLICY_API,
    World,
)
from tests.faults.amiss import amiss, named
from tests.faults.fleet import POLICY_NAME, Fleet
from tests.faults.judge import judge
from tests.faults.judge.order import QUIET_SECONDS
from tests.faults.judge.record import Change, Outage, Run, Sample
from tests.harness.proxy import Exchange, FaultProxy, Match
from tests.harness.proxy.answer import Fault
from tests.harness.proxy.streams import EventFault
from tests.harness.steadyserver import SteadyServer
from tests.harness.stubserver import closed_port
from tests.harness.writes import USER

HEALED_SECONDS = 120.0
"""For all to be as it should be again; a back-off of a minute, and a machine under load."""
STARTED_SECONDS = 240.0
HEARD_SECONDS = 120.0
"""Events wait for whatever is more urgent."""
SETTLED_SECONDS = 4.0
"""Without a write: a machine under load is late with a status."""
_LOOK_SECONDS = 0.5
_SHOWN = 12


class Trial:
    """What a case does: begin, break, heal, and be judged."""

    def __init__(self, world: World, proxy: FaultProxy, fleet: Fleet) -> None:
        self.world = world
        self.proxy = proxy
        self.proxies = [proxy]
        self.fleet = fleet
        self.samples: list[Sample] = []
        self.outages: list[Outage] = []
        self.controllers: list[ControllerProcess] = []
        self.more_changes: list[Change] = []
        """What the audit log cannot tell: that a server was set back, for one."""
        self._mark = world.control_plane.audit_mark()

    # -- the story --------------------------------------------------------------------------

    def begin(self, *arguments: str, **spec: Any) -> ControllerProcess:
        """Make the fleet, import it, and look at the replica while all is well."""
        self.fleet.install(**spec)
        controller = self.start(*arguments)
        self.settle()
        # Events are best effort: a kill would lose those that still wait.
        self.hear()
        self.look()
        return controller

    def start(self, *arguments: str, ready: bool = True, **more: Any) -> ControllerProcess:
        """Start a replica behind the proxy."""
        controller = self.world.controller(
            *arguments, through=self.proxy.url, probes=True, ready=False, **more
        )
        self.controllers.append(controller)
        if ready:
            controller.wait_ready(STARTED_SECONDS)
        return controller

    @property
    def controller(self) -> ControllerProcess:
        """The replica that was started last."""
        return self.controllers[-1]

    def fault(self, fault: Fault, match: Match | None = None, *, cut: bool = False) -> float:
        """Put a fault before requests, and return when; ``cut``: open streams come again."""
        now = time.time()
        self.proxy.set(fault, match, cut=cut)
        return now

    def stream_fault(self, fault: EventFault, match: Match | None = None) -> None:
        """Put a fault before watch events."""
        self.proxy.set_events(fault, match)

    @contextlib.contextmanager
    def beside(self) -> Iterator[ControllerProcess]:
        """Run a second replica, behind a proxy of its own; the first one stays the last started."""
        with FaultProxy(self.world.control_plane) as proxy:
            self.proxies.append(proxy)
            controller = self.world.controller(through=proxy.url, probes=True)
            self.controllers.insert(0, controller)
            try:
                yield controller
            finally:
                controller.kill()

    def kill(self) -> None:
        """Kill the replica that was started last, and take the lease away that would lie 15 s."""
        self.controller.kill()
        with contextlib.suppress(ApiFailure):
            self.world.admin.delete("coordination.k8s.io/v1", "Lease", LEASE, NAMESPACE)

    def restart(self, *arguments: str) -> None:
        """Kill the replica, heal everything, and start the next one."""
        self.kill()
        self.proxy.heal()
        self.start(*arguments)

    def change_policy(self, **spec: Any) -> None:
        """Edit the policy."""
        self.world.admin.patch(POLICY_API, POLICY, POLICY_NAME, {"spec": spec})

    @contextlib.contextmanager
    def outage(self) -> Iterator[None]:
        """Note a time in which nothing can be read or written."""
        started = time.time()
        yield
        self.outages.append(Outage(started, time.time()))

    def look(self) -> Sample:
        """Ask the replica how it is, and keep the answer."""
        sample = sample_of(self.controller)
        self.samples.append(sample)
        return sample

    def requests(self, match: Match, since: float) -> int:
        """Count the requests that came since then."""
        return self._count(match, since)

    def until_done(self, match: Match, count: int = 1, *, since: float) -> None:
        """Wait until the server has done so many such requests since then."""
        self.world.until(
            lambda: self._count(match, since, is_done=True) >= count,
            f"{count} of {match}",
            timeout_seconds=60,
        )

    def until_requested(self, match: Match, count: int = 1, *, since: float) -> None:
        """Wait until so many such requests have come since then."""
        self.world.until(
            lambda: self._count(match, since) >= count, f"{count} of {match}", timeout_seconds=60
        )

    def _count(self, match: Match, since: float, *, is_done: bool = False) -> int:
        return sum(
            match.takes(each.request) and each.started >= since and (each.is_done or not is_done)
            for each in self.exchanges()
        )

    # -- the end ----------------------------------------------------------------------------

    def settle(self, *, timeout_seconds: float = HEALED_SECONDS) -> None:
        """Wait until every PediaCluster is what it should be, no more and no less, and is told."""

        def look() -> list[str]:
            wrong = amiss(self.world, self.fleet)
            if wrong:
                self._until_written()
            return wrong

        self._until_none(look, "all is as it should be", timeout_seconds)

    def hear(self) -> None:
        """Wait until each refusal has its Event."""
        self._until_none(self._unheard, "all refusals have their Events", HEARD_SECONDS)

    def end(self, *also: str, but: tuple[str, ...] = (), **facts: Any) -> Run:
        """Heal, wait until all is well, wait a while more, and judge."""
        for proxy in self.proxies:
            proxy.heal()
        self.settle()
        settled = self._until_quiet()
        time.sleep(QUIET_SECONDS + 0.5)
        # What is looked at now and then is in a queue for a moment, and what is lost for ever.
        with contextlib.suppress(AssertionError):
            self.world.until(lambda: not sample_of(self.controller).queued, "the queues are empty")
        self.look()
        run = self.run(settled, **facts)
        judge(run, *also, but=but)
        return run

    def exchanges(self) -> list[Exchange]:
        """Return what passed the proxies so far, in the order in which it came."""
        found = [each for proxy in self.proxies for each in proxy.history.exchanges]
        return sorted(found, key=lambda each: each.started)

    def run(self, settled: float, **facts: Any) -> Run:
        """Return everything that the judge looks at."""
        fields: dict[str, Any] = {
            "exchanges": self.exchanges(),
            "deliveries": self.proxy.history.deliveries,
            "changes": self._changes(),
            "wanted": self.fleet.wanted(),
            "refused": self.fleet.refused(),
            "waiting": self.fleet.waiting(),
            "sources": self.fleet.sources(),
            "foreign": self.fleet.foreign(),
            "pediaclusters": named(self.world, CLUSTER_API, PEDIACLUSTER),
            "lifecycles": named(self.world, POLICY_API, LIFECYCLE),
            "policies": named(self.world, POLICY_API, POLICY),
            "events": self._events(),
            "texts": self._texts(),
            "secrets": self.fleet.secrets,
            "samples": self.samples,
            "outages": self.outages,
            "settled": settled,
            "ended": time.time(),
        }
        return Run(**{**fields, **facts})

    def _until_quiet(self) -> float:
        # A policy's status follows the last change by up to a second.
        def last_write() -> float:
            writes = [
                each.started
                for each in self.exchanges()
                if each.request.is_write and each.request.resource not in {"leases", "events"}
            ]
            return max(writes, default=0.0)

        self.world.until(
            lambda: time.time() - last_write() > SETTLED_SECONDS,
            "no more is written",
            timeout_seconds=60,
        )
        return time.time()

    def _until_written(self) -> None:
        # To look is dear, and nothing is different before somebody has written.
        def written() -> int:
            return sum(each.request.is_write and each.is_done for each in self.exchanges())

        before, ends = written(), time.monotonic() + _LOOK_SECONDS
        while written() == before and time.monotonic() < ends:
            time.sleep(POLL_INTERVAL_SECONDS)

    def _until_none(self, look: Callable[[], list[str]], what: str, timeout_seconds: float) -> None:
        """Wait until nothing is wrong; raises AssertionError with what was wrong in the end."""
        wrong: list[str] = []

        def is_well() -> bool:
            wrong[:] = look()
            return not wrong

        try:
            self.world.until(is_well, what, timeout_seconds=timeout_seconds)
        except AssertionError as error:
            raise AssertionError("\n".join([*wrong[:_SHOWN], str(error)])) from error

    def _unheard(self) -> list[str]:
        told = {(each["reason"], each["regarding"]["name"]) for each in self._events()}
        sources = self.fleet.sources()
        return [
            f"no Event of {name} says {' or '.join(sorted(reasons))}"
            for name, reasons in self.fleet.refused().items()
            if not any((reason, sources[name].name) in told for reason in reasons)
        ]

    def _events(self) -> list[Any]:
        # Those of earlier tests are still there.
        started = self._mark.moment.isoformat()[:19]
        return [
            event
            for event in self.world.admin.list("events.k8s.io/v1", "Event")
            if event["metadata"]["creationTimestamp"] >= started
        ]

    def _texts(self) -> dict[str, str]:
        texts = {
            f"the log of replica {number}": each.log()
            for number, each in enumerate(self.controllers)
        }
        with contextlib.suppress(OSError):
            texts["metrics"] = self.controller.metrics_text()
        texts["Events"] = json.dumps(self._events())
        texts["lifecycles"] = json.dumps(named(self.world, POLICY_API, LIFECYCLE))
        return texts

    def _changes(self) -> list[Change]:
        audited = [
            Change(event.received.timestamp(), event.verb, event.resource, event.name)
            for event in self.world.control_plane.audit_events(since=self._mark)
            if event.is_write
            and event.user != USER
            and event.code < 300
            and not event.subresource
            and event.resource not in {"leases", "events"}
        ]
        return sorted([*audited, *self.more_changes])


@contextlib.contextmanager
def trial_of(world: World, *, keeps_history: bool = True) -> Iterator[Trial]:
    """Give a case its trial, and end the controllers before the proxy."""
    with (
        SteadyServer() as server,
        closed_port() as closed,
        FaultProxy(world.control_plane, keeps_history=keeps_history) as proxy,
    ):
        try:
            yield Trial(world, proxy, Fleet(world, server, closed))
        finally:
            world.stop_controllers()


def sample_of(controller: ControllerProcess) -> Sample:
    """Ask a replica how it is."""
    metrics = controller.metrics_text()
    return Sample(
        at=time.time(),
        is_ready=controller.probe("/readyz") == 200,
        open_files=sum_of(metrics, "process_open_fds"),
        resident_bytes=sum_of(metrics, "process_resident_memory_bytes"),
        queued=sum_of(metrics, "workqueue_depth"),
        silence_seconds=sum_of(metrics, "clusterimport_silence_seconds", of="api_server"),
    )
