"""Clusters that are at this machine or at a cloud's own services, probed by default: attack A07."""

from functools import partial
from typing import Any, Final, NamedTuple

from development.controller import condition
from development.controlplane.certificates import CertificateAuthority
from development.controlplane.identities import Access
from development.world import World
from tests.harness import auditedrun, hostile, imported
from tests.harness.attack import BY_HAND, made_by_hand
from tests.harness.auditedrun import VIOLATION
from tests.harness.imported import cluster, policy, until_ready
from tests.harness.stubserver import StubServer, healthy

DENIED: Final = {
    "loopback": "127.0.0.1",
    "loopback-other": "127.1.2.3",
    "name": "localhost",
    "loopback-6": "[::1]",
    "mapped": "[::ffff:127.0.0.1]",
    "unspecified": "0.0.0.0",
    "unspecified-6": "[::]",
    "metadata": "169.254.169.254",
    "metadata-6": "[fd00:ec2::254]",
    "link-local": "[fe80::1]",
}
NO_HOSTS: Final = {
    # 127.0.0.1 to some, and names to others.
    "decimal": "2130706433",
    "octal": "0177.0.0.1",
    "hexadecimal": "0x7f.0.0.1",
    "short": "127.1",
    "zone": "[fe80::1%25lo]",
}


class Denial(NamedTuple):
    """What a controller without any flag about probes has told."""

    lifecycles: dict[str, dict[str, Any]]
    """``Ready`` by name."""
    pediaclusters: dict[str, dict[str, Any]]
    """Those made by hand, by name."""
    exit_code: int
    connections: int
    log: str

    def check_quiet(self) -> None:
        """State that nothing was tried, and that the controller ended when it was told to."""
        assert VIOLATION not in self.log
        assert (self.exit_code, self.connections) == (0, 0)


def denied(world: World) -> Denial:
    """Import such clusters and make them by hand, where a controller may connect to none."""
    authority = CertificateAuthority()
    hosts = DENIED | NO_HOSTS
    with StubServer(authority, healthy) as trap:
        hub = imported.hub(world)
        world.apply(policy())
        for name, host in hosts.items():
            url = f"https://{host}:{trap.port}"
            access = Access(url, authority.certificate_pem, token="t")
            content = {"server": url, "ca": access.ca_pem, "token": access.token}
            world.apply(cluster(name, access), made_by_hand(name, hostile.by_hand(content)))
        process = world.controller(
            # The last one of a flag counts.
            "--probe-interval=30s",
            command=auditedrun.command(f"{hub.host}:{hub.port}"),
        )
        until_ready(world, list(DENIED), "AddressDenied")
        until_ready(world, list(NO_HOSTS), hostile.INCOMPLETE)
        for name in hosts:
            world.until(partial(_is_judged, world, BY_HAND + name), f"{name} is judged")
        return Denial(
            {name: imported.ready(world, name) for name in hosts},
            {name: world.pediacluster(BY_HAND + name) for name in hosts},
            process.terminate(),
            trap.connections,
            process.log(),
        )


def _is_judged(world: World, name: str) -> bool:
    return bool(condition(world.pediacluster(name), "Ready"))
