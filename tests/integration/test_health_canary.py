"""Nothing of a credential, nor of what a cluster answers, shows anywhere (H6)."""

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from development.controller import ControllerProcess
from development.controlplane.certificates import CertificateAuthority
from development.controlplane.identities import Access
from development.world import CLUSTER_API, PEDIACLUSTER, World, encode
from tests.fakes.probing.scripted import http
from tests.harness import canary, imported
from tests.harness.imported import cluster, policy, until_ready
from tests.harness.stubserver import Answer, StubServer, healthy

TOKEN = canary.canary()
"""The credential, which these servers send back in every way they know."""
SAID = canary.canary()
"""What a server says of its own: in answers, in certificates, in place of TLS."""
PRIVATE = canary.canary()
"""A private key and certificates that are none."""
WANTED = {
    f"{kind} {name}": form
    for kind, text in {"token": TOKEN, "said": SAID, "private": PRIVATE}.items()
    for name, form in canary.forms(text).items()
}

ECHOES: dict[str, tuple[str, str]] = {
    # name: (reason, answer, where {} is what the server has got)
    "body": ("UnexpectedAnswer", "HTTP/1.1 200 {}\r\nContent-Length: 96\r\n\r\n" + "{}" * 4),
    "phrase": ("ServerError", "HTTP/1.1 500 {}\r\nContent-Length: 0\r\n\r\n"),
    "forbidden": ("Forbidden", "HTTP/1.1 403 {}\r\nX-{}: {}\r\nContent-Length: 24\r\n\r\n{}"),
    "location": (
        "Redirected",
        "HTTP/1.1 302 Found\r\nLocation: https://{}/?{}\r\nContent-Length: 0\r\n\r\n",
    ),
    "cookie": (
        "Unauthorized",
        "HTTP/1.1 401 No\r\nSet-Cookie: {}\r\nWWW-Authenticate: {}\r\nContent-Length: 0\r\n\r\n",
    ),
    "late": ("Throttled", "HTTP/1.1 429 {}\r\nRetry-After: {}\r\nContent-Length: 0\r\n\r\n"),
    "encoding": (
        "UnexpectedAnswer",
        "HTTP/1.1 200 OK\r\nContent-Encoding: {}\r\nContent-Length: 2\r\n\r\nok",
    ),
    "header": ("UnexpectedAnswer", "HTTP/1.1 200 OK\r\n{}\r\n\r\n"),
    "header-name": ("UnexpectedAnswer", "HTTP/1.1 200 OK\r\n{} {}: {}\r\n\r\n"),
    "length": ("UnexpectedAnswer", "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n"),
    "status": ("UnexpectedAnswer", "HTTP/1.1 {} {}\r\n\r\n"),
    "no-http": ("UnexpectedAnswer", "{}\r\n\r\n"),
    "chunk": ("UnexpectedAnswer", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{}\r\n"),
    "transfer": ("UnexpectedAnswer", "HTTP/1.1 200 OK\r\nTransfer-Encoding: {}\r\n\r\n"),
    "upgrade": ("UnexpectedAnswer", "HTTP/1.1 101 {}\r\nUpgrade: {}\r\n\r\n{}"),
    "too-large": (
        "AnswerTooLarge",
        "HTTP/1.1 200 OK\r\nContent-Length: 240000\r\n\r\n" + "{}" * 5000,
    ),
    "cut": ("ConnectionFailed", "HTTP/1.1 200 OK\r\nContent-Length: 4096\r\n\r\n{}"),
}
VERSIONS = {
    "version-token": {"gitVersion": TOKEN},
    "version-list": {"gitVersion": [TOKEN, SAID]},
    "version-long": {"gitVersion": f"v1.34.0-{TOKEN * 4}"},
    "version-lines": {"gitVersion": f"v1.34.0\n{SAID}"},
}


def echo(form: str) -> Answer:
    """Answer with what was sent, and with something of the server's own."""

    def answer(_: str, authorization: str) -> Iterator[bytes]:
        token = authorization.removeprefix("Bearer ")
        assert token == TOKEN
        parts = form.split("{}")
        said = [
            text for pair in zip(parts, [token, SAID] * len(parts), strict=False) for text in pair
        ]
        yield "".join(said[: 2 * len(parts) - 1]).encode()
        yield b""

    return answer


def version(content: object) -> Answer:
    """Answer as a healthy server whose version is odd."""

    def answer(path: str, _: str) -> Iterator[bytes]:
        yield http(json.dumps(content).encode() if path == "/version" else b"ok")

    return answer


@contextlib.contextmanager
def hostile_clusters() -> Iterator[dict[str, tuple[str, Access]]]:
    """Give the access of each hostile server and the reason that is to be told of it."""
    authority, stranger = CertificateAuthority(), CertificateAuthority(SAID)
    with contextlib.ExitStack() as opened:

        def trusted(server: StubServer) -> Access:
            opened.enter_context(server)
            return Access(server.url, authority.certificate_pem, token=TOKEN)

        made = {
            name: (reason, trusted(StubServer(authority, echo(form))))
            for name, (reason, form) in ECHOES.items()
        }
        for name, content in VERSIONS.items():
            made[name] = ("UnexpectedAnswer", trusted(StubServer(authority, version(content))))
        names = (SAID, f"{SAID}.example", "*.example")
        pair = authority.server(names, ())
        made["other-name"] = (
            "TLSVerificationFailed",
            trusted(StubServer(authority, healthy, pair=pair)),
        )
        made["other-ca"] = (
            "TLSVerificationFailed",
            trusted(StubServer(authority, healthy, pair=stranger.server())),
        )
        made["no-tls"] = (
            "TLSHandshakeFailed",
            trusted(StubServer(authority, healthy, greeting=f"{SAID}\r\n{SAID}\r\n".encode())),
        )
        well = trusted(StubServer(authority, healthy))
        key = f"-----BEGIN PRIVATE KEY-----\n{PRIVATE}\n-----END PRIVATE KEY-----\n"
        certificate = key.replace("PRIVATE KEY", "CERTIFICATE")
        made["bad-key"] = ("IncompleteCredentials", with_pair(well, certificate, key))
        client = authority.client(PRIVATE)
        made["other-key"] = ("IncompleteCredentials", with_pair(well, client.certificate_pem, key))
        made["bad-ca"] = ("IncompleteCredentials", Access(well.url, certificate, token=TOKEN))
        made["not-sendable"] = (
            "IncompleteCredentials",
            Access(well.url, authority.certificate_pem, token=f"{TOKEN}\n{TOKEN} {TOKEN}"),
        )
        made["well"] = ("Reachable", well)
        yield made


def with_pair(access: Access, certificate_pem: str, key_pem: str) -> Access:
    """Return an access by a client certificate in place of a token."""
    return Access(access.url, access.ca_pem, certificate_pem, key_pem)


def assert_nowhere(
    world: World, process: ControllerProcess, folder: Path, wanted: dict[str, str]
) -> None:
    """State that none of it is on the server, in the log, the metrics or a file."""
    places = {
        "the server": canary.outside(world.admin),
        "the log": process.log(),
        "metrics": process.metrics_text(),
    }
    for path in folder.rglob("*"):
        if path.is_file():
            places[str(path)] = path.read_bytes().decode(errors="replace")
    for place, text in places.items():
        assert canary.search(text, wanted) == [], place


@pytest.mark.timeout(240)
def test_h6_nothing_of_credentials_and_answers_shows(world: World, tmp_path: Path) -> None:
    """Servers that send the token back, and servers that talk, are told of in our words alone."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    hub = imported.hub(world)
    certificate = world.control_plane.user_access("imported")
    with hostile_clusters() as hostile:
        made = [cluster(name, access) for name, (_, access) in hostile.items()]
        made += [cluster("hub", hub), cluster("hub-certificate", certificate)]
        kubeconfig = yaml.safe_load(hostile["well"][1].kubeconfig())
        kubeconfig["users"][0]["user"]["exec"] = {"command": PRIVATE, "env": [{PRIVATE: PRIVATE}]}
        world.apply(policy(), *made)
        world.create(
            {
                "apiVersion": CLUSTER_API,
                "kind": PEDIACLUSTER,
                "metadata": {"name": "by-hand"},
                "spec": {"syncResources": [], "kubeconfig": encode(yaml.safe_dump(kubeconfig))},
            }
        )
        process = world.controller(
            "--log-level=debug",
            "--metrics-by-cluster=true",
            probes=True,
            environment={"TMPDIR": str(folder), "PYTHONASYNCIODEBUG": "1"},
        )
        wrong: dict[str, tuple[str | None, str]] = {}

        def all_told() -> bool:
            wrong.clear()
            for name, (reason, _) in hostile.items():
                found = imported.ready(world, name).get("reason")
                if found != reason:
                    wrong[name] = (found, reason)
            return not wrong

        try:
            # Where the machine was slow at the first try, the second one tells.
            world.until(all_told, "all are told", timeout_seconds=90)
        except AssertionError:
            assert wrong == {}
            raise
        until_ready(world, ["hub", "hub-certificate"], "Reachable")
        world.until_reason(PEDIACLUSTER, "by-hand", "Validated", "InvalidConfig")
        told = {event["reason"] for event in world.admin.list("events.k8s.io/v1", "Event")}
        assert {"UnexpectedAnswer", "TLSVerificationFailed", "IncompleteCredentials"} <= told

        own = {
            "the hub's token": hub.token,
            "the client's key": max(certificate.key_pem.splitlines(), key=len),
        }
        own |= {f"{name}, encoded": encode(text) for name, text in own.items()}
        assert_nowhere(world, process, folder, WANTED | own)
        assert process.terminate() == 0
        assert canary.search(process.log(), WANTED | own) == []
