"""The health of imported clusters, asked of a real API server with the credentials imported."""

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from development import manifests
from development.controller import condition
from development.controlplane.certificates import CertificateAuthority
from development.controlplane.identities import Access
from development.world import (
    CLUSTER_API,
    LIFECYCLE,
    NAMESPACE,
    PEDIACLUSTER,
    POLICY_API,
    World,
    encode,
)
from tests.harness import imported
from tests.harness.imported import cluster, policy, ready, until_ready
from tests.harness.stubserver import StubServer, healthy

DAY_SECONDS = 24 * 3600
BY_HAND: dict[str, Any] = {"apiVersion": CLUSTER_API, "kind": PEDIACLUSTER}


def reasons(world: World, name: str) -> dict[str, str]:
    """Return the reasons in the status of a PediaCluster."""
    conditions = world.pediacluster(name).get("status", {}).get("conditions", [])
    return {found["type"]: found["reason"] for found in conditions}


WELL = {"Validated": "Validated", "ClusterHealthy": "Healthy", "Ready": "Ready"}


def test_h1_every_way_of_credentials_gives_ready_version_and_address(world: World) -> None:
    """A token or a client certificate, in fields or in a kubeconfig: kubectl tells the same."""
    token = imported.hub(world)
    certificate = world.control_plane.user_access("imported")
    both = replace(certificate, token=token.token)
    ways = {
        "certificate": cluster("certificate", certificate),
        "kubeconfig-certificate": cluster(
            "kubeconfig-certificate", kubeconfig=certificate.kubeconfig()
        ),
        "kubeconfig-token": cluster("kubeconfig-token", kubeconfig=token.kubeconfig()),
        "token": cluster("token", token),
        # A kubeconfig wins over everything that stands beside it.
        "two": cluster("two", replace(both, url="https://192.0.2.1"), kubeconfig=both.kubeconfig()),
    }
    world.apply(policy(), *ways.values())
    world.controller(probes=True)

    until_ready(world, list(ways), "Reachable")
    version = world.admin.get("/version")["gitVersion"]
    rows = world.admin.table(world.admin.path(CLUSTER_API, PEDIACLUSTER))
    shown = {row["Name"]: (row["Ready"], row["Version"], row["APIServer"]) for row in rows}
    assert shown == dict.fromkeys(ways, ("True", version, world.control_plane.url))
    assert {name: reasons(world, name) for name in ways} == dict.fromkeys(ways, WELL)
    lifecycles = world.admin.table(world.admin.path(POLICY_API, LIFECYCLE))
    assert {row["Name"]: row["Ready"] for row in lifecycles} == dict.fromkeys(ways, "True")
    status = world.until_settled("p")["status"]
    assert (status["imported"], status["failed"]) == (len(ways), 0)
    assert not any(condition(world.lifecycle(name), "CredentialExpiring") for name in ways)


def test_h1_nobody_is_ready_before_the_first_probe(world: World) -> None:
    """While a cluster is being asked its lifecycle is Unknown, and `kubectl wait` goes on."""
    imported.hub(world)
    authority = CertificateAuthority()
    has_answered = threading.Event()

    def answer(path: str, authorization: str) -> Iterator[bytes]:
        has_answered.wait(4)
        yield from healthy(path, authorization)

    with StubServer(authority, answer) as server:
        access = Access(server.url, authority.certificate_pem, token="t")
        world.apply(policy(), cluster("one", access))
        world.controller(probes=True)
        world.until(lambda: server.requests, "the cluster is asked")

        told = []

        def is_unknown() -> bool:
            told.append((ready(world, "one").get("status"), ready(world, "one").get("reason")))
            return told[-1] in {("Unknown", "Probing"), (None, None)}

        world.remains(is_unknown, "it is not ready, and not failed either", seconds=1.5)
        assert told[-1] == ("Unknown", "Probing")
        assert "Ready" not in reasons(world, "one")
        has_answered.set()
        until_ready(world, ["one"], "Reachable")
        assert ready(world, "one")["status"] == "True"


def test_h2_a_rotated_credential_is_probed_at_once(world: World) -> None:
    """A new token is tried when it comes: before the interval ends, and amid a pause."""
    good = imported.hub(world)
    world.apply(policy(), cluster("one", good))
    process = world.controller("--probe-interval=10m", probes=True)
    until_ready(world, ["one"], "Reachable")

    world.apply(cluster("one", good, token="wrong"))
    until_ready(world, ["one"], "Unauthorized")
    assert ready(world, "one")["status"] == "False"
    assert world.pediacluster("one")["spec"]["tokenData"] == encode("wrong")

    def failed() -> float:
        return process.metric("clusterimport_probes_total", reason="Unauthorized")

    # After 5 and 10 s; the next pause would be at least 18 s.
    world.until(lambda: failed() == 3, "it was tried again twice", timeout_seconds=30)
    renewed = imported.hub(world)
    world.apply(cluster("one", renewed))
    until_ready(world, ["one"], "Reachable", timeout_seconds=15)
    assert failed() == 3
    assert world.pediacluster("one")["spec"]["tokenData"] == encode(renewed.token)


def by_hand(name: str, **spec: Any) -> dict[str, Any]:
    """Return a PediaCluster that no policy made."""
    return {**BY_HAND, "metadata": {"name": name}, "spec": {"syncResources": [], **spec}}


def test_a_cluster_made_by_hand_is_judged_and_probed(world: World, tmp_path: Path) -> None:
    """A PediaCluster of no policy gets its status; one that would run a program is never asked."""
    access = imported.hub(world)
    authority = CertificateAuthority()
    proof = tmp_path / "was-run"
    with StubServer(authority, healthy) as server:
        refused = json.loads(Access(server.url, authority.certificate_pem).kubeconfig())
        refused["users"][0]["user"] = {
            "exec": {
                "apiVersion": "client.authentication.k8s.io/v1",
                "command": "touch",
                "args": [str(proof)],
                "interactiveMode": "Never",
            }
        }
        fields = {"apiserver": access.url, "caData": encode(access.ca_pem)}
        world.apply(
            by_hand("exec", kubeconfig=encode(json.dumps(refused))),
            by_hand("good", tokenData=encode(access.token), **fields),
            by_hand("incomplete", **fields),
        )
        world.controller(probes=True)

        world.until_reason(PEDIACLUSTER, "good", "Ready", "Ready")
        assert world.pediacluster("good")["status"]["version"].startswith("v1.")
        for name, reason, field in (
            ("exec", "CredentialRejected", "exec"),
            ("incomplete", "IncompleteCredentials", "tokenData"),
        ):
            validated = world.until_reason(PEDIACLUSTER, name, "Validated", "InvalidConfig")
            assert validated["status"] == "False"
            assert reason in validated["message"]
            assert field in validated["message"]
            assert reasons(world, name) == {
                "Validated": "InvalidConfig",
                "ClusterHealthy": "MonitorStop",
                "Ready": "NotReady",
            }
            assert condition(world.pediacluster(name), "Ready")["status"] == "False"

        # What was refused is looked at again after minutes, and when it has changed.
        mended = Access(server.url, authority.certificate_pem, token="t").kubeconfig()
        assert (server.connections, proof.exists()) == (0, False)
        world.apply(by_hand("exec", kubeconfig=encode(mended)))
        world.until_reason(PEDIACLUSTER, "exec", "Ready", "Ready", timeout_seconds=15)
        assert reasons(world, "exec") == WELL
        assert (server.connections, proof.exists()) == (1, False)


def kept_secret(name: str, access: Access, **labels: str) -> dict[str, Any]:
    """Return a Secret with a client certificate, beside the controller."""
    parts = {"ca": access.ca_pem, "cert": access.certificate_pem, "key": access.key_pem}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "namespace": NAMESPACE, "labels": labels},
        "data": {key: encode(value) for key, value in parts.items()},
    }


def test_secrets_beside_the_controller_are_used_where_that_is_allowed(world: World) -> None:
    """The authenticationFrom of a PediaCluster needs its gate and labelled Secrets."""
    access = world.control_plane.user_access("imported")
    label = {"clusterpedia.io/cluster-credential": "true"}
    world.apply(kept_secret("with", access, **label), kept_secret("without", access))
    for name in ("with", "without", "missing"):
        sources = {kind: {"name": name, "key": kind} for kind in ("ca", "cert", "key")}
        world.apply(by_hand(name, apiserver=access.url, authenticationFrom=sources))

    first = world.controller(probes=True)
    for name in ("with", "without", "missing"):
        refused = world.until_reason(PEDIACLUSTER, name, "Validated", "InvalidConfig")
        assert "ClusterAuthenticationFromSecret" in refused["message"]
    assert first.terminate() == 0

    component = manifests.MANIFESTS / "components" / "authentication-from" / "role.yaml"
    world.apply(*manifests.read(component))
    gate = "--feature-gates=ClusterAuthenticationFromSecret=true"
    world.controller(gate, "--probe-interval=1s", probes=True)
    world.until_reason(PEDIACLUSTER, "with", "Ready", "Ready")
    unusable = ("without", "missing")
    world.until(
        lambda: all("label" in validated(world, name) for name in unusable), "what to do is told"
    )
    assert {reasons(world, name)["Validated"] for name in unusable} == {"InvalidConfig"}
    # Nobody learns which Secrets there are.
    assert len({validated(world, name).replace(name, "") for name in unusable}) == 1

    # No event tells of it: it is read again with each probe.
    pair = CertificateAuthority().client("imported")
    foreign = replace(access, certificate_pem=pair.certificate_pem, key_pem=pair.key_pem)
    world.apply(kept_secret("with", foreign, **label))
    world.until_reason(PEDIACLUSTER, "with", "Ready", "NotReady")
    assert "Unauthorized" in condition(world.pediacluster("with"), "Ready")["message"]


def validated(world: World, name: str) -> str:
    """Return what is said of the credentials of a PediaCluster."""
    return str(condition(world.pediacluster(name), "Validated").get("message"))


def test_t25_a_credential_that_is_due_is_told(world: World) -> None:
    """A client certificate near its end shows in a condition, an Event and a metric.

    A new token of two days does not: somebody is expected to renew it before its last fifth.
    """
    short = imported.hub(world, seconds=2 * DAY_SECONDS)
    pair = world.control_plane.authority.client(
        "imported", lifetime=timedelta(days=3), age=timedelta(days=30)
    )
    certificate = Access(short.url, short.ca_pem, pair.certificate_pem, pair.key_pem)
    world.apply(
        policy(),
        policy("q"),
        cluster("token", short),
        cluster("certificate", certificate, by="q"),
        cluster("long", imported.hub(world)),
    )
    process = world.controller(probes=True)

    until_ready(world, ["token", "certificate", "long"], "Reachable")
    told = world.until_reason(LIFECYCLE, "certificate", "CredentialExpiring", "CredentialExpiring")
    assert told["status"] == "True"
    assert told["message"].startswith("the client certificate expires at 20")
    assert "renew it" in told["message"]
    assert ready(world, "certificate")["status"] == "True"
    for by, days in (("p", 2), ("q", 3)):
        left = process.metric("clusterimport_credential_expiry_seconds", policy=by)
        assert (days - 0.1) * DAY_SECONDS < left < days * DAY_SECONDS
    for name in ("token", "long"):
        assert condition(world.lifecycle(name), "CredentialExpiring") == {}

    def events() -> list[str]:
        return sorted(
            event["regarding"]["name"]
            for event in world.admin.list("events.k8s.io/v1", "Event")
            if event["reason"] == "CredentialExpiring" and event["regarding"]["kind"] == LIFECYCLE
            if event["regarding"]["uid"] in uids
        )

    uids = {world.lifecycle(name)["metadata"]["uid"] for name in ("token", "certificate", "long")}
    world.until(lambda: events() == ["certificate"], "an Event tells it once")

    renewed = world.control_plane.authority.client("imported", lifetime=timedelta(days=300))
    access = Access(short.url, short.ca_pem, renewed.certificate_pem, renewed.key_pem)
    world.apply(cluster("certificate", access, by="q"))
    world.until(
        lambda: not condition(world.lifecycle("certificate"), "CredentialExpiring"),
        "it was renewed",
    )
    world.until(
        lambda: (
            process.metric("clusterimport_credential_expiry_seconds", policy="q") > 20 * DAY_SECONDS
        ),
        "the metric says so",
    )
