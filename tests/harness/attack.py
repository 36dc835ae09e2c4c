"""Everything hostile at once, before a controller that runs under an audit hook."""

import contextlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from development.controller import ControllerProcess, condition
from development.controlplane.certificates import CertificateAuthority
from development.controlplane.identities import Access
from development.world import CLUSTER_API, LIFECYCLE, NAMESPACE, PEDIACLUSTER, World
from tests.harness import auditedrun, hostile, imported, platforms
from tests.harness.auditedrun import VIOLATION
from tests.harness.decoys import Decoys
from tests.harness.hostile import ODD_NAMES, Case, Lures, kubeconfig
from tests.harness.hostileservers import Behaviour, flooding, redirecting
from tests.harness.imported import cluster, policy, until_ready
from tests.harness.stubserver import StubServer, healthy
from tests.harness.usage import Usage

EXISTED = "was-"
"""Before the name of a source whose cluster was imported before its credential turned hostile."""
BY_HAND = "by-hand-"
"""Before the name of a PediaCluster that no policy made."""
LONGEST = 400
"""Characters of what is told of a credential."""
OBJECTS = 3
"""That each case is put into."""
UNVERIFIED = ("a10-allowed", "a10-allowed-field")
"""Clusters without a CA, of a policy that allows it."""
NOT_PROBED = ("a01-allowed", "a05-allowed")
"""Clusters that only a program or a proxy leads to, of a policy that allows both."""


class Exhaustion(NamedTuple):
    """What it cost to refuse what is made to exhaust its reader."""

    objects: int
    before: Usage
    after: Usage


@dataclass
class Attack:
    """What is there when everything was imported, and made by hand."""

    world: World
    process: ControllerProcess
    cases: Mapping[str, Case]
    behaviours: Mapping[str, Behaviour]
    servers: Mapping[str, StubServer]
    trap: StubServer
    decoys: Decoys
    existed: Mapping[str, Mapping[str, Any]]
    """PediaClusters by name, as they were before."""

    def of(self, attack: str) -> dict[str, Case]:
        """Return the cases of one attack."""
        return {name: case for name, case in self.cases.items() if name.startswith(f"{attack}-")}

    def release(self, cases: Mapping[str, Case]) -> None:
        """Put each case into a new source, into that of a cluster that exists, and by hand."""
        for name, case in cases.items():
            self.world.apply(
                cluster(name, **case.data),
                cluster(EXISTED + name, **case.data),
                made_by_hand(name, hostile.by_hand(case.data)),
            )

    def exhaust(self) -> Exhaustion:
        """Release the cases of A13 when all others are told; return what they cost in all."""
        for name, behaviour in self.behaviours.items():
            self.world.until_reason(LIFECYCLE, name, "Ready", behaviour.reason)
        self.world.until_settled("p")
        cases = self.of("a13")
        before = Usage.of(self.process)
        self.release(cases)
        for check in SHELLS.values():
            for name, case in cases.items():
                check(self, name, case)
        return Exhaustion(OBJECTS * len(cases), before, Usage.of(self.process))

    def check_withstood(self) -> None:
        """State that the controller runs, and has done nothing that a credential wanted."""
        assert VIOLATION not in self.process.log()
        assert self.process.probe("/healthz") == 200
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        assert children.read_text() == ""
        assert (self.trap.connections, self.decoys.are_touched()) == (0, False)

    def check_not_imported(self, name: str, case: Case) -> None:
        """State that nothing is created of a source, and nothing changed of what existed."""
        created = self.world.until_reason(LIFECYCLE, name, "Created", case.reason)
        updating = self.world.until_reason(LIFECYCLE, EXISTED + name, "Updating", case.reason)
        ready = imported.ready(self.world, EXISTED + name)
        assert (ready["status"], ready["reason"]) == ("False", case.reason)
        assert created["status"] == "False"
        assert updating["message"] == ready["message"]
        # Each names the object that is to be corrected.
        assert created["message"] == updating["message"].replace(EXISTED + name, name)
        check_told(created["message"], case.problem)
        assert name not in self.world.names(PEDIACLUSTER)
        was, now = self.existed[EXISTED + name], self.world.pediacluster(EXISTED + name)
        assert now["spec"] == was["spec"]
        assert now["metadata"]["uid"] == was["metadata"]["uid"]

    def check_not_connected(self, name: str, case: Case) -> None:
        """State that a PediaCluster made by hand is refused for the same reason."""
        name = BY_HAND + name
        validated = self.world.until_reason(PEDIACLUSTER, name, "Validated", "InvalidConfig")
        assert validated["status"] == "False"
        assert validated["message"].startswith(f"{case.reason}: ")
        check_told(validated["message"], case.problem)
        made = self.world.pediacluster(name)
        assert condition(made, "Ready")["status"] == "False"
        assert condition(made, "ClusterHealthy")["reason"] == "MonitorStop"
        assert not made["status"].get("version")


SHELLS: dict[str, Callable[[Attack, str, Case], None]] = {
    "import": Attack.check_not_imported,
    "by-hand": Attack.check_not_connected,
}
"""The two ways by which a credential comes to the controller, and how each refuses it."""


def check_told(message: str, problem: str, *, longest: int = LONGEST) -> None:
    """State that a message names the problem, is short, and holds nothing a terminal obeys."""
    assert problem in message, message
    assert message.isprintable()
    assert message.isascii()
    assert len(message) <= longest


def made_by_hand(name: str, spec: Mapping[str, Any]) -> dict[str, Any]:
    """Return a PediaCluster that no policy made."""
    return {
        "apiVersion": CLUSTER_API,
        "kind": PEDIACLUSTER,
        "metadata": {"name": BY_HAND + name},
        "spec": {"syncResources": [], **spec},
    }


@contextlib.contextmanager
def attacking(world: World) -> Iterator[Attack]:
    """Import good clusters under the hook, and then everything hostile but what exhausts."""
    authority = CertificateAuthority()
    with ExitStack() as opened:

        def serving(answer: Any, authority: CertificateAuthority = authority) -> StubServer:
            return opened.enter_context(StubServer(authority, answer))

        trap = serving(healthy)
        decoys = opened.enter_context(Decoys(world.folder / "decoys"))
        behaviours = redirecting(trap.url) | flooding()
        servers = {name: serving(behaviour.answer) for name, behaviour in behaviours.items()}
        unverified = serving(healthy, CertificateAuthority("another"))
        servers |= dict.fromkeys(UNVERIFIED, unverified)
        lures = Lures(
            Access(trap.url, authority.certificate_pem, token="t"),
            decoys.file("token", "decoy"),
            decoys.program("program"),
            _address(trap.url),
        )
        cases, exhausting = hostile.cases(lures), hostile.exhausting(lures)
        hub = imported.hub(world)
        good = [*(EXISTED + name for name in cases | exhausting), "well"]
        loose = policy("loose")
        loose["spec"]["allowedCredentialFeatures"] = ["ExecPlugin", "InsecureTLS", "ProxyURL"]
        names = platforms.policy("names", nameTemplate="{{ .source.data.called }}")
        world.grant("configmaps", platforms.CONFIGMAPS_RULE)
        world.apply(policy(), loose, names, *(cluster(name, hub) for name in good))
        certificate = world.control_plane.user_access(imported.ACCOUNT)
        world.apply(cluster("certificate", certificate))
        process = world.controller(
            "--feature-gates=ClusterAuthenticationFromSecret=true",
            probes=True,
            environment=_proxies(f"http://{lures.proxy}"),
            command=auditedrun.command(
                *{_address(url) for url in (hub.url, *(made.url for made in servers.values()))}
            ),
        )
        until_ready(world, [*good, "certificate"], "Reachable", timeout_seconds=30)

        existed = {name: world.pediacluster(name) for name in good}
        all_cases = cases | exhausting
        attack = Attack(world, process, all_cases, behaviours, servers, trap, decoys, existed)
        attack.release(cases)
        for name in behaviours:
            access = Access(servers[name].url, authority.certificate_pem, token="t")
            world.apply(cluster(name, access))
        world.apply(*_allowed(lures, hub, Access(unverified.url, "", token="t")))
        world.apply(cluster("a12-many", **hostile.many_contexts(hub, lures.trap)))
        world.apply(*_odd_names())
        yield attack


def _allowed(lures: Lures, hub: Access, unverified: Access) -> Iterator[dict[str, Any]]:
    """Yield sources of what a policy may allow, none of which makes this process do it."""
    program = {"exec": hostile.exec_plugin(lures.program)}
    no_ca = {"insecure-skip-tls-verify": True, "certificate-authority-data": None}
    for name, content in {
        "a01-allowed": kubeconfig(lures.trap, user=program | {"token": None}),
        "a01-allowed-beside-token": kubeconfig(hub, user=program),
        "a05-allowed": kubeconfig(lures.trap, cluster={"proxy-url": f"http://{lures.proxy}"}),
        "a10-allowed": kubeconfig(unverified, cluster=no_ca),
        "a10-allowed-field": {"server": unverified.url, "token": unverified.token},
    }.items():
        yield cluster(name, by="loose", **content)


def _odd_names() -> Iterator[dict[str, Any]]:
    """Yield sources whose clusters would have odd names, and clusters with Secrets of such."""
    ca = platforms.credentials("a04", NAMESPACE)
    ca["metadata"]["labels"] = {"clusterpedia.io/cluster-credential": "true"}
    yield ca
    for kind, odd in ODD_NAMES.items():
        yield platforms.cluster(f"a04-{kind}", called=odd)
        sources = {"ca": {"name": "a04", "key": "ca"}, "token": {"name": odd, "key": "token"}}
        spec = {"apiserver": "https://192.0.2.1", "authenticationFrom": sources}
        yield made_by_hand(f"a04-secret-{kind}", spec)


def _address(url: str) -> str:
    return url.removeprefix("https://")


def _proxies(url: str) -> dict[str, str]:
    names = ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY")
    proxies = {name: url for upper in names for name in (upper, upper.lower())}
    return proxies | {"NO_PROXY": "", "no_proxy": ""}
