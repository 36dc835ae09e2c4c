"""Attack cases A01 to A13 and A27 on a real API server, by import and in PediaClusters by hand.

The controller runs under an audit hook that ends it where it starts a process, changes a file,
reads one that is not its own, or connects to an address that is not expected; the kernel watches
the files and the program that credentials name, and a trap listens where they lead.

A08, a name server that changes its mind, needs one that a test can script: see
``test_a_name_that_is_rebound`` in probes/test_addresses.py, and tests/unit/probing/test_dialer.py.
"""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from development.controller import condition
from development.controlplane.client import AdminClient
from development.controlplane.controlplane import ControlPlane
from development.world import LIFECYCLE, PEDIACLUSTER, POLICY, world_of
from tests.harness import canary, imported
from tests.harness.attack import (
    BY_HAND,
    LONGEST,
    NOT_PROBED,
    SHELLS,
    UNVERIFIED,
    Attack,
    Exhaustion,
    attacking,
    check_told,
)
from tests.harness.denial import DENIED, NO_HOSTS, Denial, denied
from tests.harness.hostile import INCOMPLETE, ODD_NAMES
from tests.harness.hostileservers import MARK
from tests.harness.imported import until_ready
from tests.harness.usage import LATE_SECONDS

MIB = 1 << 20


@pytest.fixture(scope="module", name="denial")
def _denial(
    control_plane: ControlPlane, admin: AdminClient, tmp_path_factory: pytest.TempPathFactory
) -> Denial:
    """Run a controller without any flag about addresses, from its start to its end."""
    with world_of(control_plane, tmp_path_factory.mktemp("denied")) as world:
        return denied(world)


@pytest.fixture(scope="module", name="attacked")
def _attacked(
    control_plane: ControlPlane,
    admin: AdminClient,
    tmp_path_factory: pytest.TempPathFactory,
    denial: Denial,
) -> Iterator[Attack]:
    """Release everything hostile at once, where no other controller is at work any more."""
    folder = tmp_path_factory.mktemp("attacks")
    with world_of(control_plane, folder) as world, attacking(world) as attack:
        yield attack


@pytest.fixture(name="attack")
def _attack(attacked: Attack) -> Attack:
    """Give a test what was released, as long as the controller withstands it."""
    attacked.check_withstood()
    return attacked


@pytest.fixture(scope="module", name="exhaustion")
def _exhaustion(attacked: Attack) -> Exhaustion:
    """Release what would exhaust its reader, when everything else has been told."""
    return attacked.exhaust()


both = pytest.mark.parametrize("shell", SHELLS)


def check_refused(attack: Attack, name: str, shell: str) -> None:
    """State that all cases of an attack are refused, and that nothing else comes of them."""
    cases = attack.of(name)
    assert cases
    for case in cases.items():
        SHELLS[shell](attack, *case)
    attack.check_withstood()
    until_ready(attack.world, ["well"], "Reachable")


@both
def test_a01_a_program_is_never_run(attack: Attack, shell: str) -> None:
    """A credential that names a program is refused, in use or not, a token beside it or not."""
    check_refused(attack, "a01", shell)


@both
def test_a02_other_ways_to_log_in_are_refused(attack: Attack, shell: str) -> None:
    """Neither plugins that are compiled in nor passwords are used, in addresses neither."""
    check_refused(attack, "a02", shell)


@both
def test_a03_paths_are_never_opened(attack: Attack, shell: str) -> None:
    """A path is refused, data beside it or not; no file is read for any credential."""
    check_refused(attack, "a03", shell)


@both
def test_a04_odd_names_are_refused_before_they_are_used(attack: Attack, shell: str) -> None:
    """What is no host name goes to no name server and no TLS library, nor into a message."""
    check_refused(attack, "a04", shell)


@both
def test_a05_a_proxy_of_a_credential_is_refused(attack: Attack, shell: str) -> None:
    """No proxy that a credential names sees the credential."""
    check_refused(attack, "a05", shell)


@both
def test_a06_only_https_is_spoken(attack: Attack, shell: str) -> None:
    """Another scheme, or none in a kubeconfig, is refused."""
    check_refused(attack, "a06", shell)


@both
def test_a10_an_unverified_server_is_refused(attack: Attack, shell: str) -> None:
    """By default nobody connects where no certificate would be verified."""
    check_refused(attack, "a10", shell)


@both
def test_a11_impersonation_is_refused(attack: Attack, shell: str) -> None:
    """No credential speaks for somebody else."""
    check_refused(attack, "a11", shell)


@both
def test_a12_what_is_not_clear_is_refused(attack: Attack, shell: str) -> None:
    """Two readers of a kubeconfig never see two clusters in it."""
    check_refused(attack, "a12", shell)


def test_a01_a_program_is_not_run_where_it_is_allowed(attack: Attack) -> None:
    """The policy allows it to others: here the cluster is not probed, or by its token alone."""
    until_ready(attack.world, ["a01-allowed-beside-token"], "Reachable")
    until_ready(attack.world, list(NOT_PROBED), "Imported")
    for name in NOT_PROBED:
        check_told(imported.ready(attack.world, name)["message"], "is not probed: this controller")
        assert condition(attack.world.pediacluster(name), "Ready")["status"] == "Unknown"
    attack.check_withstood()


def test_a04_names_that_no_object_can_have_are_never_asked_for(attack: Attack) -> None:
    """Neither a PediaCluster nor a Secret is looked for by what is no RFC 1123 name."""
    for kind in ODD_NAMES:
        name = f"{BY_HAND}a04-secret-{kind}"
        validated = attack.world.until_reason(PEDIACLUSTER, name, "Validated", "InvalidConfig")
        field = "spec.authenticationFrom.token.name"
        check_told(validated["message"], f"IncompleteCredentials: {field} is no name that a Secret")
    ready = attack.world.until_reason(POLICY, "names", "Ready", "SourcesFailed")
    told = f"{len(ODD_NAMES)} of {len(ODD_NAMES)} sources failed"
    check_told(ready["message"], told, longest=len(ODD_NAMES) * LONGEST)
    for kind in ODD_NAMES:
        assert f"default/a04-{kind}: FailedParseLifecycleName: " in ready["message"]
    attack.check_withstood()


def test_a05_proxies_of_the_environment_are_ignored(attack: Attack) -> None:
    """Whatever proxy the controller's environment names, it and its probes connect directly."""
    environment = Path(f"/proc/{attack.process.pid}/environ").read_bytes()
    proxy = attack.trap.url.removeprefix("https://")
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        assert f"{name}=http://{proxy}\0".encode() in environment
    until_ready(attack.world, ["well", "certificate"], "Reachable")
    attack.check_withstood()


@pytest.mark.parametrize("name", DENIED)
def test_a07_no_probe_goes_to_this_machine_or_to_metadata(denial: Denial, name: str) -> None:
    """By default no connection with such an address is attempted; it is imported all the same."""
    ready = denial.lifecycles[name]
    assert (ready["status"], ready["reason"]) == ("False", "AddressDenied")
    check_told(ready["message"], "--probe-allow-cidr")
    made = denial.pediaclusters[name]
    assert condition(made, "Validated")["status"] == "True"
    assert condition(made, "ClusterHealthy")["reason"] == "NotReachable"
    assert condition(made, "Ready")["message"] == f"AddressDenied: {ready['message']}"
    denial.check_quiet()


@pytest.mark.parametrize("name", NO_HOSTS)
def test_a07_addresses_in_disguise_are_refused(denial: Denial, name: str) -> None:
    """What is an address to one client and a name to another is neither to this one."""
    ready = denial.lifecycles[name]
    assert ready["reason"] == INCOMPLETE
    check_told(ready["message"], "spec.apiserver ")
    made = denial.pediaclusters[name]
    assert condition(made, "Validated")["reason"] == "InvalidConfig"
    assert condition(made, "ClusterHealthy")["reason"] == "MonitorStop"
    denial.check_quiet()


def test_a09_no_redirect_is_followed(attack: Attack) -> None:
    """A server that sends elsewhere is told of; nothing is asked there, nor at another path."""
    for name, behaviour in attack.behaviours.items():
        if not name.startswith("a09-"):
            continue
        ready = attack.world.until_reason(LIFECYCLE, name, "Ready", behaviour.reason)
        assert ready["status"] == "False"
        requests = set(attack.servers[name].requests)
        assert ("/readyz", "Bearer t") in requests
        assert requests <= {("/readyz", "Bearer t"), ("/version", "Bearer t")}
    attack.check_withstood()


def test_a10_a_policy_may_allow_an_unverified_server(attack: Attack) -> None:
    """With InsecureTLS it is imported and probed, whatever certificate it has, and that shows."""
    until_ready(attack.world, list(UNVERIFIED), "Reachable")
    for name in UNVERIFIED:
        assert condition(attack.world.pediacluster(name), "Validated")["status"] == "True"
        told = attack.world.until_reason(LIFECYCLE, name, "InsecureTLS", "AllowedByPolicy")
        assert told["status"] == "True"
        assert "nobody verifies the certificate" in told["message"]

    def counts(feature: str, count: int) -> bool:
        name = "clusterimport_credential_features"
        return attack.process.metric(name, policy="loose", feature=feature) == count

    for feature, count in {"ExecPlugin": 2, "InsecureTLS": len(UNVERIFIED), "ProxyURL": 1}.items():
        attack.world.until(partial(counts, feature, count), f"{feature} counts")
    assert attack.servers[UNVERIFIED[0]].connections == len(UNVERIFIED)
    attack.check_withstood()


def test_a12_of_many_contexts_the_current_one_counts(attack: Attack) -> None:
    """Wherever it stands, and wherever the others lead."""
    until_ready(attack.world, ["a12-many"], "Reachable")
    status = attack.world.pediacluster("a12-many")["status"]
    assert status["apiserver"] == attack.world.control_plane.url
    attack.check_withstood()


@both
def test_a13_what_would_exhaust_or_construct_is_refused(
    attack: Attack, exhaustion: Exhaustion, shell: str
) -> None:
    """Bombs, depth, size and YAML tags are typed errors, which cost no more than others do."""
    check_refused(attack, "a13", shell)
    before, after = exhaustion.before, exhaustion.after
    assert after.peak_bytes - before.resident_bytes <= 16 * MIB
    assert after.cpu_seconds - before.cpu_seconds <= 0.1 * exhaustion.objects
    # A timer that is late because others have the processors is not what this is about.
    late = LATE_SECONDS * (after.late_timers - before.late_timers)
    assert late <= after.waited_seconds - before.waited_seconds


def test_a27_nothing_of_an_answer_is_told(attack: Attack) -> None:
    """Floods, bombs, drips, escapes and pages end in a verdict in our own words alone."""
    for name, behaviour in attack.behaviours.items():
        ready = attack.world.until_reason(LIFECYCLE, name, "Ready", behaviour.reason)
        assert ready["status"] == "False"
        told = condition(attack.world.pediacluster(name), "Ready")["message"]
        assert told == f"{behaviour.reason}: {ready['message']}"
        for message in (told, ready["message"]):
            check_told(message, "", longest=256)
        assert "version" not in attack.world.pediacluster(name)["status"]
    places = {
        "the server": canary.outside(attack.world.admin),
        "the log": attack.process.log(),
        "metrics": attack.process.metrics_text(),
    }
    for place, text in places.items():
        assert MARK not in text, place
        assert "\x1b" not in text, place
    attack.check_withstood()
