"""What one turn is measured on: a control plane of its own, a platform, a controller.

Nothing of a turn before is there: no objects, no revisions in etcd, no server that has grown.
"""

import contextlib
import itertools
import time
from collections.abc import Callable, Sequence
from typing import Any, Final, Self

from development import interrupts, manifests
from development.bench import platform
from development.bench.contenders import Contender, Door
from development.bench.errors import BenchError
from development.bench.load import Request, send
from development.bench.meter import Meter
from development.bench.processes import Sampler, Series
from development.bench.replica import Replica
from development.bench.requests import Seen, Tail
from development.bench.screen import Screen
from development.controlplane import components
from development.controlplane.client import AdminClient
from development.controlplane.components import ControlPlaneOptions
from development.controlplane.controlplane import ControlPlane
from development.controlplane.ports import free_ports
from development.controlplane.processes import Component
from development.installation import install
from development.world import CLUSTER_API, NAMESPACE, PEDIACLUSTER, SERVICE_ACCOUNT

POLL_SECONDS: Final = 0.2
READY_SECONDS: Final = 180.0
"""Of a component: a run of an hour does not end because the machine was busy for a minute."""
QUIET_SECONDS: Final = 2.5
QUIET_SHARE: Final = 0.1
"""Of a core: what a controller uses that has nothing to do."""
STUCK_SECONDS: Final = 90.0
"""Longer than any back-off: who has imported nothing for so long has stopped."""
SYNC_SECONDS: Final = 600.0
OF_IMPORTS: Final = ("source", "pediaclusterlifecycle")
"""The controllers that look at each imported cluster when a leader starts."""
PEER_ACCOUNT: Final = "bench-peer"
PEDIACLUSTERS: Final = "pediaclusters"


class Stage:
    """Made for one turn of a contender."""

    def __init__(self, contender: Contender, screen: Screen) -> None:
        self.contender = contender
        self.screen = screen
        self._stack = contextlib.ExitStack()
        self._numbers = itertools.count(1)
        self._samplers: list[Sampler] = []
        options = ControlPlaneOptions(audit_reads=True, ready_timeout_seconds=READY_SECONDS)
        self.control_plane = ControlPlane(options)
        account = SERVICE_ACCOUNT if contender.is_ours else PEER_ACCOUNT
        self._account = account
        self.user = f"system:serviceaccount:{NAMESPACE}:{account}"
        self.distributions: dict[str, list[float]] = {}
        """Latencies in milliseconds, for plots."""

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as stack:
            stack.enter_context(self.control_plane)
            self.admin = stack.enter_context(AdminClient(self.control_plane))
            install(self.control_plane, self.admin, crds=self.contender.crds)
            self._allow_peer()
            for obj in platform.setting():
                if obj["kind"] == manifests.CRD:
                    self.admin.install_crd(obj)
                else:
                    self.admin.apply(obj)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        with interrupts.deferred():
            self._stack.close()

    # -- what is there ------------------------------------------------------------------------

    def populate(self, count: int) -> None:
        """Create Clusters that are ready, and their Secrets."""
        pairs = (platform.creation(number) for number in range(count))
        self.load(itertools.chain.from_iterable(pairs), 2 * count, "objects created")

    def load(
        self, requests: Any, count: int, what: str, *, in_flight: int = 16, per_second: float = 0.0
    ) -> float:
        """Send requests as the administrator; return the seconds it took."""

        def told(answered: int) -> None:
            self.screen.show(f"{answered} of {count} {what}")

        return send(
            self.control_plane.admin_access,
            requests,
            in_flight=in_flight,
            per_second=per_second,
            told=told,
        )

    def send(self, request: Request) -> None:
        """Send one request as the administrator."""
        self.admin.send(request.method, request.path, request.body, request.content_type)

    def apply_policy(self, *, has_selector: bool = True) -> None:
        """Apply the policy of the catalogue; a peer does not know the label selector."""
        has_selector = has_selector and self.contender.is_ours
        self.admin.apply(platform.policy(has_selector=has_selector))

    def imported(self) -> int:
        """Return how many PediaClusters there are, without a list of them."""
        page = self.admin.get(self.admin.path(CLUSTER_API, PEDIACLUSTER), limit="1")
        return len(page["items"]) + int(page["metadata"].get("remainingItemCount") or 0)

    def value_in(self, number: int) -> str:
        """Return the kubeconfig of a PediaCluster, as it stands in it."""
        found = self.admin.read(CLUSTER_API, PEDIACLUSTER, platform.pediacluster_of(number))
        value: str = found["spec"].get("kubeconfig", "")
        return value

    # -- who is at work -----------------------------------------------------------------------

    def start(self, *arguments: str, probes: bool = False, elects: bool = False) -> Replica:
        """Start a replica; does not wait for anything. Arguments are for ours."""
        number = next(self._numbers)
        (port,) = free_ports(1)
        probing = "--probe-allow-cidr=127.0.0.0/8" if probes else "--probe-interval=0"
        door = self._door(number, port)
        command = self.contender.command(door, probing, *arguments, elects=elects)
        component = Component(self.contender.name, command, door.folder / "log")
        works = None if self.contender.is_ours else self._watches()
        self.control_plane.start_beside(component)
        replica = Replica(component, port, works)
        sampler = Sampler({"controller": replica.pid, **self.server_pids()})
        self._samplers.append(self._stack.enter_context(sampler))
        return replica

    def tail(self) -> Tail:
        """Return a reader of the requests from now on."""
        return Tail(components.Files(self.control_plane.folder).audit_log)

    def own(self, seen: Sequence[Seen]) -> list[Seen]:
        """Return those requests that controllers have made, without leases."""
        return [each for each in seen if each.user == self.user and not each.is_lease]

    def meter(self, replica: Replica | None = None) -> Meter:
        """Begin to measure what is used; without a replica, of one that is started later."""
        return Meter(self.own, self.tail(), self.server_pids(), replica)

    def server_pids(self) -> dict[str, int]:
        """Return the processes of API server and etcd."""
        plane = self.control_plane
        named = {"API server": plane.apiserver.pid, "etcd": plane.etcd.pid}
        return {name: pid for name, pid in named.items() if pid is not None}

    def tell(self, name: str, seconds: Sequence[float]) -> None:
        """Keep latencies for a plot."""
        self.distributions[name] = [round(1000 * each, 2) for each in seconds]

    def series(self) -> list[Series]:
        """Return what was followed by the clock, one for each replica."""
        return [sampler.series() for sampler in self._samplers]

    # -- waiting ------------------------------------------------------------------------------

    def until_imported(self, replica: Replica, count: int) -> None:
        """Wait until so many PediaClusters are there; raises BenchError if their number stands."""
        last, moved = -1, time.monotonic()
        while (found := self.imported()) < count:
            self.screen.show(f"{found} of {count} imported")
            replica.check()
            if found != last:
                last, moved = found, time.monotonic()
            if time.monotonic() - moved > STUCK_SECONDS:
                raise BenchError(f"{replica.name} stopped at {found} of {count} clusters")
            time.sleep(POLL_SECONDS)

    def until_quiet(self, replica: Replica, *, timeout_seconds: float = 600.0) -> float:
        """Wait until a replica writes and lists nothing and uses no processor; return since when.

        One object is read now and then for ever: the looks of the hour are spread over it.
        """
        tail, used, last_look = self.tail(), replica.cpu_seconds(), time.time()
        busy, deadline = last_look, time.monotonic() + timeout_seconds
        while last_look - busy < QUIET_SECONDS:
            time.sleep(2 * POLL_SECONDS)
            replica.check()
            now, cpu = time.time(), replica.cpu_seconds()
            is_working = any(each.verb != "get" for each in self.own(tail.read()))
            if is_working or cpu - used > QUIET_SHARE * (now - last_look) + 0.01:
                busy = now
            used, last_look = cpu, now
            self.screen.show(f"quiet for {now - busy:.1f} s")
            if time.monotonic() > deadline:
                raise BenchError(f"{replica.name} does not come to rest")
        return busy

    def until_synced(self, replica: Replica, count: int) -> float:
        """Wait until a replica has looked at so many imported clusters; return when it had.

        Ours says so itself: it goes on for half a minute to look at their health, which nobody
        waits for. A start looks at each source and each lifecycle once. A peer has when it rests.
        """
        if not self.contender.is_ours:
            return self.until_quiet(replica)
        deadline = time.monotonic() + SYNC_SECONDS
        while (known := min(map(replica.reconciles, OF_IMPORTS))) < count:
            self.screen.show(f"{known:.0f} of {count} looked at")
            replica.check()
            if time.monotonic() > deadline:
                raise BenchError(f"{replica.name} has looked at {known:.0f} of {count} clusters")
            time.sleep(POLL_SECONDS)
        return time.time()

    def until(self, is_so: Callable[[], bool], what: str, *, timeout_seconds: float) -> None:
        """Wait for a fact; raises BenchError."""
        deadline = time.monotonic() + timeout_seconds
        while not is_so():
            interrupts.check()
            if time.monotonic() > deadline:
                raise BenchError(f"{self.contender.name}: not within {timeout_seconds:g} s: {what}")
            time.sleep(0.002)

    # -- the door -----------------------------------------------------------------------------

    def _allow_peer(self) -> None:
        """Let another controller do everything: which rights it needs is not ours to say."""
        if self.contender.is_ours:
            return
        account = {"kind": "ServiceAccount", "name": PEER_ACCOUNT, "namespace": NAMESPACE}
        self.admin.apply(
            {
                "apiVersion": "v1",
                "kind": "ServiceAccount",
                "metadata": {"name": PEER_ACCOUNT, "namespace": NAMESPACE},
            }
        )
        self.admin.apply(
            {
                "apiVersion": "rbac.authorization.k8s.io/v1",
                "kind": "ClusterRoleBinding",
                "metadata": {"name": PEER_ACCOUNT},
                "roleRef": {
                    "apiGroup": "rbac.authorization.k8s.io",
                    "kind": "ClusterRole",
                    "name": "cluster-admin",
                },
                "subjects": [account],
            }
        )

    def _door(self, number: int, port: int) -> Door:
        access = self.control_plane.service_account_access(NAMESPACE, self._account)
        folder = self.control_plane.folder / f"controller-{number}"
        folder.mkdir(mode=0o700)
        kubeconfig = folder / "kubeconfig"
        for name, text in (
            ("ca.crt", access.ca_pem),
            ("token", access.token),
            ("kubeconfig", access.kubeconfig()),
        ):
            (folder / name).write_text(text)
        return Door(folder, access.url, kubeconfig, port)

    def _watches(self) -> Callable[[], bool]:
        """Return whether a peer follows Secrets by now, which is the last that it begins."""
        tail = self.tail()
        return lambda: any(
            each.verb == "watch" and each.resource == "secrets" for each in self.own(tail.read())
        )
