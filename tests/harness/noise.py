"""What one tenant can do with the rights of a tenant: sources and Secrets in one namespace.

Each attack first makes what it needs, then goes on as fast as one client can until it is told to
stop, and takes everything away. None needs to know how the controller works.
"""

import contextlib
import json
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPException
from itertools import count, cycle
from pathlib import Path
from typing import Any, Final, NamedTuple

from development.controller import COMMAND, ControllerProcess
from development.controlplane.certificates import CertificateAuthority, KeyPair
from development.controlplane.client import AdminClient
from development.controlplane.identities import Access
from development.controlplane.rest import ApiFailure
from development.world import World
from tests.fakes.pki.hostilecertificates import chain, dear_rsa, ordinary_rsa, tiny_authorities
from tests.harness import bulk, lab, nameserver
from tests.harness.crowd import SHAPES, Crowd
from tests.harness.imported import hub
from tests.harness.stubserver import StubServer, healthy

NAMESPACE: Final = "tenant-a"
PATCH: Final = "lab.example/touched"
DEPLOYMENT_MIB: Final = 512
TOKEN_SECONDS: Final = 10 * 3600
DEPTH: Final = 9_900
"""The API server takes 10 000 levels."""
SOURCE_BYTES: Final = 1_300_000
"""Just below what etcd takes."""


class Attack(NamedTuple):
    """An attack by name, with how much of it there is."""

    name: str
    run: Callable[["Target", threading.Event], None]
    """Goes on until the event is set."""


class Target(NamedTuple):
    """What is attacked, and with what."""

    world: World
    controller: ControllerProcess
    access: Access
    """Of an API server that answers well."""
    strength: float
    """Part of the objects that an attack has at its full strength."""

    def some(self, number: int) -> range:
        """Return numbers for so many objects, at full strength."""
        return range(max(1, round(number * self.strength)))

    def lives(self) -> bool:
        """Whether the controller is still the process that was started."""
        process = self.controller.process
        return process is not None and process.poll() is None

    def client(self) -> AdminClient:
        """Return the client; the tenant's rights are a part of the administrator's."""
        return self.world.admin


def attacks() -> tuple[Attack, ...]:
    """Return all attacks."""
    return (
        Attack("nested lists", _nested),
        Attack("deep objects", _deep),
        Attack("labels", _labels),
        Attack("CA bundles", _authorities),
        Attack("dear chains", _chains),
        Attack("silent name servers", _names),
        Attack("short-lived sources", _churn),
        Attack("one Secret for many", _fan_out),
        Attack("unfinished heads", _heads),
        Attack("quotes", _quotes),
    )


@contextlib.contextmanager
def stage(world: World, neighbour: str, folder: Path, *, strength: float = 1.0) -> Iterator[Target]:
    """Give a controller in the Deployment's memory, for the platform of two tenants.

    Where this machine lets us, it asks a name server that is silent about all names.
    """
    lab.install(world, neighbour, NAMESPACE)
    access = hub(world, seconds=TOKEN_SECONDS)
    with contextlib.ExitStack() as stack:
        command: Sequence[str | Path] = COMMAND
        if nameserver.is_possible():
            names = stack.enter_context(nameserver.NameServer({}, folder))
            command = names.wrap(COMMAND)
        controller = world.controller(probes=True, memory_mib=DEPLOYMENT_MIB, command=command)
        yield Target(world, controller, access, strength)


@contextlib.contextmanager
def under(attack: Attack, target: Target) -> Iterator[None]:
    """Have an attack go on for the length of a `with` block."""
    stop = threading.Event()
    failures: list[BaseException] = []

    def run() -> None:
        try:
            attack.run(target, stop)
        except BaseException as error:  # noqa: BLE001 - told where the block ends
            failures.append(error)

    thread = threading.Thread(target=run, name=attack.name, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(120)
        assert not thread.is_alive(), f"{attack.name} does not end"
    if failures:
        raise failures[0]


def _nested(target: Target, stop: threading.Event) -> None:
    """Send lists of lists, which are 43 times as large in memory as in JSON."""
    lists: list[Any] = [[] for _ in range(SOURCE_BYTES // 3)]
    _keep_touching(target, [_source(f"nested-{n}", x=lists) for n in target.some(10)], stop)


def _deep(target: Target, stop: threading.Event) -> None:
    """Send objects deeper than an interpreter's stack."""
    deep = "[" * DEPTH + "]" * DEPTH
    sources = []
    for number in target.some(10):
        text = json.dumps(_source(f"deep-{number}", x="DEEP")).replace('"DEEP"', deep)
        sources.append(Raw(text, f"deep-{number}"))
    _keep_touching(target, sources, stop)


def _labels(target: Target, stop: threading.Event) -> None:
    """Give Secrets that nobody asks for as many labels as etcd takes."""
    labels = {f"l{number}": "" for number in range(90_000)}
    secrets = []
    for number in target.some(46):
        secret = lab.secret(NAMESPACE, f"labels-{number}", b"x")
        secret["metadata"]["labels"] = labels
        secrets.append(secret)
    _keep_touching(target, secrets, stop)


def _authorities(target: Target, stop: threading.Event) -> None:
    """Import clusters that answer, each with hundreds of authorities to trust."""
    access, mark = target.access, "-----END CERTIFICATE-----\n"
    pems = [f"{pem}{mark}" for pem in tiny_authorities(562).decode().split(mark)[:-1]]
    made = []
    for number in target.some(400):
        # No two are the same text, so that none can be shared.
        bundle = "".join((*pems[number:], *pems[:number]))
        whole = Access(access.url, access.ca_pem + bundle, token=access.token)
        made += [
            lab.secret(NAMESPACE, f"ca-{number}", whole.kubeconfig()),
            _source(f"ca-{number}"),
        ]
    _keep_touching(target, made, stop)


def _chains(target: Target, stop: threading.Event) -> None:
    """Import clusters whose certificates are dear to verify, and touch their Secrets."""
    ca, pair = chain(59, lambda number: dear_rsa() if number else ordinary_rsa())
    presented = KeyPair(pair.certificate.decode(), pair.key.decode())
    with StubServer(CertificateAuthority(), healthy, pair=presented) as server:
        kubeconfigs = [
            Access(server.url, ca.decode(), token=token).kubeconfig() for token in ("t", "u")
        ]
        names = [f"chain-{number}" for number in target.some(40)]
        made = [lab.secret(NAMESPACE, name, kubeconfigs[0]) for name in names]
        with _standing(target, [*made, *(_source(name) for name in names)]):
            for kubeconfig in cycle(reversed(kubeconfigs)):
                for name in names:
                    if stop.is_set():
                        return
                    target.client().apply(lab.secret(NAMESPACE, name, kubeconfig))


def _names(target: Target, stop: threading.Event) -> None:
    """Import clusters at names whose name server never answers."""
    access = target.access
    made: list[Made] = []
    for number in target.some(300):
        url = f"https://dead-{number}.example:6443"
        name = f"dead-{number}"
        made += [
            lab.secret(NAMESPACE, name, Access(url, access.ca_pem, token="t").kubeconfig()),
            _source(name),
        ]
    _keep_touching(target, made, stop)


def _churn(target: Target, stop: threading.Event) -> None:
    """Create clusters and delete them, and flip one that stays."""
    kubeconfig = target.access.kubeconfig()
    client = target.client()
    with _standing(target, [lab.secret(NAMESPACE, "churn", kubeconfig)]):
        for number in count():
            if stop.is_set():
                return
            source = _source(f"churn-{number % 12}", secret="churn")
            with contextlib.suppress(*FAILURES):
                client.create(source)
            stop.wait(0.3)
            target.world.delete(source)


def _fan_out(target: Target, stop: threading.Event) -> None:
    """Have one Secret read by very many clusters, and change it."""
    kubeconfigs = cycle([target.access.kubeconfig(), target.access.kubeconfig() + "\n"])
    made = [lab.secret(NAMESPACE, "shared", next(kubeconfigs))]
    made += [_source(f"shared-{number}", secret="shared") for number in target.some(1_500)]
    with _standing(target, made):
        while not stop.wait(2.0):
            target.client().apply(lab.secret(NAMESPACE, "shared", next(kubeconfigs)))


def _heads(target: Target, stop: threading.Event) -> None:
    """Open connections to the port of the metrics and send heads that never end."""
    with Crowd(target.controller.port, SHAPES["unfinished heads that fit"]):
        stop.wait()


def _quotes(target: Target, stop: threading.Event) -> None:
    """Have the policy quote as much as a source holds."""
    note = '"\\\n\x01é' * 90_000
    made: list[Any] = [lab.secret(NAMESPACE, "quotes", target.access.kubeconfig())]
    made += [_source(f"quotes-{n}", secret="quotes", note=note) for n in target.some(10)]
    _keep_touching(target, made, stop)


class Raw(NamedTuple):
    """A source as text, since Python's own writer of JSON cannot write it."""

    text: str
    name: str


Made = dict[str, Any] | Raw
FAILURES: Final = (ApiFailure, OSError, HTTPException)
"""What an attacker does not mind: a server that is busy, or refuses."""


def _source(name: str, **spec: Any) -> dict[str, Any]:
    return lab.cluster(NAMESPACE, name, **spec)


@contextlib.contextmanager
def _standing(target: Target, made: Sequence[Made]) -> Iterator[None]:
    try:
        with ThreadPoolExecutor(bulk.THREADS) as pool:
            list(pool.map(lambda obj: _create(target, obj), made))
        yield
    finally:
        objects = [_source(obj.name) if isinstance(obj, Raw) else obj for obj in made]
        bulk.delete(target.world, objects)


def _create(target: Target, obj: Made) -> None:
    with contextlib.suppress(*FAILURES):
        if isinstance(obj, Raw):
            target.client().create_text(lab.API, lab.KIND, NAMESPACE, obj.text)
        else:
            target.client().create(obj)


def _keep_touching(target: Target, made: Sequence[Made], stop: threading.Event) -> None:
    """Create objects, and make every one of them news again and again."""
    with _standing(target, made):
        for number, obj in enumerate(cycle(made)):
            if stop.is_set():
                return
            kind, name = ("", obj.name) if isinstance(obj, Raw) else _kind_and_name(obj)
            kind = kind or lab.KIND
            api_version = lab.API if kind == lab.KIND else "v1"
            touch = {"metadata": {"annotations": {PATCH: str(number)}}}
            with contextlib.suppress(*FAILURES):
                # As text: the answer is as large as the object, and no use.
                target.client().patch_text(api_version, kind, name, NAMESPACE, json.dumps(touch))


def _kind_and_name(obj: dict[str, Any]) -> tuple[str, str]:
    return obj["kind"], obj["metadata"]["name"]
