"""A credential occurs nowhere but in Secrets and in PediaCluster.spec, whatever fails (E17)."""

import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml
from aiohttp import web

from tests.controlplane.client import AdminClient
from tests.controlplane.controlplane import ControlPlane
from tests.controlplane.rest import ApiFailure
from tests.harness import canary, platforms
from tests.harness.controller import ControllerProcess, condition
from tests.harness.proxy import NO_ANSWER, FaultProxy
from tests.harness.world import (
    CLUSTER_API,
    LIFECYCLE,
    PEDIACLUSTER,
    World,
    encode,
    install,
    world_of,
)

CANARY = canary.canary()
FORMS = canary.forms(CANARY)
PEDIACLUSTERS = "/apis/cluster.clusterpedia.io/v1alpha2/pediaclusters"
CRD_API = "apiextensions.k8s.io/v1"
QUOTED = "(.source.data.token | b64dec)"
GOOD = """spec:
  apiserver: "{{ .source.data.server | b64dec }}"
  caData: "{{ .source.data.ca }}"
  tokenData: "{{ .source.data.token }}"
"""
CERTIFICATE = """spec:
  apiserver: "{{ .source.data.server | b64dec }}"
  caData: "{{ .source.data.ca }}"
  certData: "{{ .source.data.token }}"
  keyData: "{{ .source.data.token }}"
"""
KUBECONFIG = 'spec:\n  kubeconfig: "{{ .source.data.kubeconfig }}"\n'
DATA = {
    "server": "https://192.0.2.1:6443",
    "ca": "ca",
    "token": f"{CANARY}+/=&\"'<é>",
    "plain": CANARY,
    "spaced": f"{CANARY} and more",
    "broken": f"{CANARY}\nsyncAllCustomResources: true",
    "json": json.dumps({CANARY: CANARY}),
}


class Way(NamedTuple):
    """A policy that meets the credential, and the reason that it has to end with."""

    name: str
    reason: str
    spec: dict[str, Any]


def fails(name: str, reason: str, **spec: Any) -> Way:
    """Make a way that fails, with the good template unless the spec says otherwise."""
    return Way(name, reason, spec)


def referring(**reference: Any) -> dict[str, Any]:
    """Return a spec with a reference to the Secret of the name `referred`, and one more."""
    first = {"key": "first", "group": "", "resource": "secrets"}
    places = {"namespaceTemplate": "{{ .source.metadata.namespace }}", "nameTemplate": "referred"}
    second = {**first, "key": "second", **places, **reference}
    return {"references": [{**first, **places}, second]}


FAIL = f'{{{{ fail (printf "no %s" {QUOTED}) }}}}'
NO_DOCUMENT = "FailedResolveAndDecodePediaCluster"
LABEL = "{{ .references.first.metadata.labels.canary }}"
WAYS = (
    # Told by an evaluation, of each template.
    fails("fail-template", NO_DOCUMENT, template=FAIL),
    fails("fail-condition", "WaitCreationCondition", creationCondition=FAIL),
    fails("fail-name", "FailedParseLifecycleName", nameTemplate=FAIL),
    fails("fail-selector", "FailedParseSourceSelector", source={"selectorTemplate": FAIL}),
    fails("fail-ref-name", "FailedReferenceResourceParse", **referring(nameTemplate=FAIL)),
    fails(
        "fail-ref-namespace", "FailedReferenceResourceParse", **referring(namespaceTemplate=FAIL)
    ),
    # By functions that quote their arguments.
    *(
        fails(f"quote-{number}", NO_DOCUMENT, template=f"spec:\n  apiserver: {{{{ {call} }}}}\n")
        for number, call in enumerate(
            (
                f"semver {QUOTED}",
                f'mustRegexMatch (printf "(%s" {QUOTED}) "x"',
                f'mustToDate "2006" {QUOTED}',
                f"mustFromJson {QUOTED}",
                f"index .source.data {QUOTED} 3",
                f"index {QUOTED} 999",
                f"{QUOTED}.field",
                f"call {QUOTED}",
            )
        )
    ),
    # By what is printed.
    fails(
        "name-printed", "FailedParseLifecycleName", nameTemplate=f'{{{{ printf "%s !" {QUOTED} }}}}'
    ),
    fails("name-verb", "FailedParseLifecycleName", nameTemplate=f'{{{{ printf "%d" {QUOTED} }}}}'),
    fails("not-base64", NO_DOCUMENT, template=GOOD.replace("data.token", "data.spaced | b64dec")),
    fails(
        "newline", NO_DOCUMENT, template="spec:\n  apiserver: {{ .source.data.broken | b64dec }}\n"
    ),
    fails(
        "quotes", NO_DOCUMENT, template='spec:\n  apiserver: "{{ .source.data.token | b64dec }}"\n'
    ),
    fails("field", NO_DOCUMENT, template="spec:\n  {{ .source.data.plain | b64dec }}: x\n"),
    fails(
        "top-field", NO_DOCUMENT, template="{{ .source.data.json | b64dec | fromJson | toJson }}"
    ),
    fails("bad-yaml", NO_DOCUMENT, template='spec: ["{{ .source.data.plain | b64dec }}"\n'),
    fails("no-mapping", NO_DOCUMENT, template="{{ .source.data.plain | b64dec }}"),
    fails(
        "no-boolean",
        NO_DOCUMENT,
        template="spec:\n  syncAllCustomResources: {{ .source.data.plain | b64dec }}\n",
    ),
    fails(
        "from",
        NO_DOCUMENT,
        template="spec:\n  authenticationFrom: "
        "{token: {name: {{ .source.data.plain | b64dec }}, key: x}}\n",
    ),
    fails(
        "http",
        "CredentialRejected",
        template='spec:\n  apiserver: "http://{{ .source.data.plain | b64dec }}"\n',
    ),
    fails(
        "userinfo",
        "CredentialRejected",
        template='spec:\n  apiserver: "https://u:{{ .source.data.plain | b64dec }}@192.0.2.1"\n',
    ),
    fails(
        "no-address",
        "IncompleteCredentials",
        template='spec:\n  apiserver: "https://{{ .source.data.spaced | b64dec }}"\n',
    ),
    fails("no-ca", "CredentialRejected", template=GOOD.replace("caData", "keyData")),
    # By references and their labels.
    fails(
        "ref-name", "FailedReferenceResourceParse", **referring(nameTemplate=f"{LABEL} /{LABEL}")
    ),
    fails(
        "ref-namespace",
        "FailedReferenceResourceParse",
        **referring(namespaceTemplate=f"{LABEL}/{LABEL}", nameTemplate=LABEL),
    ),
    fails("ref-condition", "WaitCreationCondition", **referring(), creationCondition=LABEL),
    # By the server, which quotes what it refuses.
    fails(
        "echoed",
        "CreationFailure",
        template=GOOD.replace("{{ .source.data.server | b64dec }}", "https://refused"),
    ),
    fails("schema", "CreationFailure", template=CERTIFICATE),
    fails(
        "label",
        "CreationFailure",
        template="metadata:\n  labels: {x: '{{ .source.data.spaced | b64dec }}'}\n" + GOOD,
    ),
    fails(
        "label-key",
        "CreationFailure",
        template="metadata:\n  labels: {'{{ .source.data.spaced | b64dec }}': x}\n" + GOOD,
    ),
    fails(
        "annotation-key",
        "CreationFailure",
        template="metadata:\n  annotations: {'{{ .source.data.spaced | b64dec }}': x}\n" + GOOD,
    ),
)


def _config(**parts: Any) -> str:
    content = {
        "clusters": [{"name": "c", "cluster": {"server": "https://192.0.2.1:6443"}}],
        "users": [{"name": "u", "user": {"token": CANARY}}],
        "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
        "current-context": "x",
        **parts,
    }
    return yaml.safe_dump(content)


def _user(**user: Any) -> str:
    return _config(users=[{"name": "u", "user": {"token": CANARY, **user}}])


def _cluster(**cluster: Any) -> str:
    return _config(
        clusters=[{"name": "c", "cluster": {"server": "https://192.0.2.1:6443", **cluster}}]
    )


KUBECONFIGS: dict[str, tuple[str, str | bytes]] = {
    # name: (reason, content)
    "exec": ("CredentialRejected", _user(exec={"command": CANARY, "args": [CANARY]})),
    "provider": ("CredentialRejected", _user(**{"auth-provider": {"config": {"t": CANARY}}})),
    "password": ("CredentialRejected", _user(username=CANARY, password=CANARY)),
    "file": ("CredentialRejected", _user(tokenFile=f"/run/{CANARY}")),
    "as": ("CredentialRejected", _user(**{"as": CANARY})),
    "insecure": ("CredentialRejected", _cluster(**{"insecure-skip-tls-verify": True})),
    "http": ("CredentialRejected", _cluster(server=f"http://{CANARY}.example")),
    "proxy": ("CredentialRejected", _cluster(**{"proxy-url": f"http://{CANARY}@192.0.2.1"})),
    "ca-file": ("CredentialRejected", _cluster(**{"certificate-authority": CANARY})),
    "context": ("IncompleteCredentials", _config(**{"current-context": CANARY})),
    "twice": ("IncompleteCredentials", _config(users=[{"name": CANARY}, {"name": CANARY}])),
    "no-base64": ("IncompleteCredentials", _user(**{"client-key-data": f"{CANARY}*"})),
    "no-list": ("IncompleteCredentials", _config(users={CANARY: CANARY})),
    "no-yaml": ("IncompleteCredentials", f"users: [{{token: {CANARY}\n  {CANARY}"),
    "no-mapping": ("IncompleteCredentials", CANARY),
    "no-text": ("IncompleteCredentials", b"\xff" + CANARY.encode()),
    "anchors": ("IncompleteCredentials", f"a: &{CANARY} {CANARY}\nb: *{CANARY}\nb: *x\n"),
    "no-server": ("IncompleteCredentials", _cluster(server=f"https://{CANARY} x")),
    "tag": ("IncompleteCredentials", f"users: !{CANARY} {CANARY}\n"),
}


def policy(name: str, **spec: Any) -> dict[str, Any]:
    """Return a policy for the Secrets with a label of its name, which are named by themselves."""
    made = platforms.policy(name, nameTemplate="{{ .source.metadata.name }}", template=GOOD)
    made["spec"] |= spec
    source = {"group": "", "resource": "secrets", "labelSelector": f"canary={name}"}
    made["spec"]["source"] = {**source, **spec.get("source", {})}
    return made


def secret(name: str, of_policy: str = "", **data: str | bytes) -> dict[str, Any]:
    """Return a Secret that a policy selects."""
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": name,
            "namespace": "default",
            "labels": {"canary": of_policy or name},
            "annotations": {"note": CANARY},
        },
        "data": {key: encode(value) for key, value in {**DATA, **data}.items()},
    }


@pytest.fixture(scope="module")
def own_control_plane(control_plane_binaries: Path) -> Iterator[ControlPlane]:
    """Start a control plane whose schema of PediaCluster refuses, and quotes, certificates."""
    path = "/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/certData/pattern"
    with ControlPlane(binaries=control_plane_binaries) as running, AdminClient(running) as admin:
        install(running, admin)
        admin.patch(
            CRD_API,
            "CustomResourceDefinition",
            "pediaclusters.cluster.clusterpedia.io",
            [{"op": "add", "path": path, "value": "^none$"}],
        )
        yield running


@pytest.fixture
def world(own_control_plane: ControlPlane, tmp_path: Path) -> Iterator[World]:
    """Give a test a world on that control plane, where one policy of the server echoes tokens."""
    with AdminClient(own_control_plane) as admin, world_of(own_control_plane, admin, tmp_path) as w:
        w.grant("secrets", platforms.SECRETS_RULE)
        w.apply(*w.admission_policy("echo", "!object.spec.apiserver.contains('refused')"))
        echoed = {
            "apiVersion": CLUSTER_API,
            "kind": PEDIACLUSTER,
            "metadata": {"name": "echoed"},
            "spec": {
                "apiserver": "https://refused",
                "tokenData": encode(CANARY),
                "syncResources": [],
            },
        }

        def is_echoed() -> bool:
            try:
                admin.create(echoed)
            except ApiFailure as failure:
                return bool(canary.search(failure.message, FORMS))
            admin.delete(CLUSTER_API, PEDIACLUSTER, "echoed")
            return False

        w.until(is_echoed, "the server echoes what it refuses")
        yield w


def start(world: World, folder: Path, *arguments: str, through: str = "") -> ControllerProcess:
    """Start a controller that tells everything, with a folder of its own for temporary files."""
    folder.mkdir(exist_ok=True)
    return world.controller(
        "--log-level=debug",
        *arguments,
        through=through,
        environment={"TMPDIR": str(folder), "PYTHONASYNCIODEBUG": "1"},
    )


def reason_of(world: World, name: str) -> str:
    """Return how the import of a name stands: its lifecycle's reason, else what its policy says."""
    if name in world.names(LIFECYCLE):
        lifecycle = world.lifecycle(name)
        updating = condition(lifecycle, "Updating")
        return str((updating or condition(lifecycle, "Created")).get("reason"))
    message = str(condition(world.policy(name), "Ready").get("message"))
    return message.partition(f"default/{name}: ")[2].partition(":")[0]


def until_reasons(world: World, expected: dict[str, str]) -> None:
    """Wait until every import stands as it should."""

    def look() -> bool:
        wrong.clear()
        wrong.update(
            (name, found)
            for name, reason in expected.items()
            if (found := reason_of(world, name)) != reason
        )
        return not wrong

    wrong: dict[str, str] = {}
    try:
        world.until(look, "every way has ended as it should", timeout_seconds=40)
    except AssertionError:
        assert wrong == {name: expected[name] for name in wrong}
        raise


def assert_nowhere(world: World, folder: Path, *processes: ControllerProcess) -> None:
    """State that the credential is in no place where it must not be, nor the controller's own."""
    own = [
        yaml.safe_load(process.kubeconfig.read_text())["users"][0]["user"]["token"]
        for process in processes
    ]
    wanted = FORMS | {f"own token {number}": token for number, token in enumerate(own)}
    places = {"the server": canary.outside(world.admin)}
    for number, process in enumerate(processes):
        places[f"log {number}"] = process.log()
        if process.probe("/healthz"):
            places[f"metrics {number}"] = process.metrics_text()
    for path in folder.rglob("*"):
        if path.is_file():
            places[str(path)] = path.read_bytes().decode(errors="replace")
    for place, text in places.items():
        assert canary.search(text, wanted) == [], place


def test_e17_the_search_finds_what_it_looks_for(world: World) -> None:
    """The search sees the credential in every encoding, and what the server holds of it."""
    for wrapped in (
        f"x{CANARY}y",
        encode(f"ab{CANARY}"),
        encode("a" + encode(f"abc{CANARY}d")),
        json.dumps({"a": encode(CANARY)[4:]}),
        f"cut short: {CANARY[:24]}",
        CANARY.encode().hex(),
    ):
        assert canary.search(wrapped, FORMS)
    assert canary.search("nothing of it", FORMS) == []

    world.apply(secret("one"))
    whole = json.dumps([item for _, item in canary.everything(world.admin)])
    assert canary.search(whole, FORMS)
    assert canary.search(canary.outside(world.admin), FORMS) == []


def test_e17_every_way_to_fail(world: World, tmp_path: Path) -> None:
    """No failure of a policy, a source, a reference or the server shows the credential."""
    folder = tmp_path / "temporary"
    referred = secret("referred", "nobody")
    referred["metadata"]["labels"]["canary"] = CANARY
    world.apply(referred)
    for way in WAYS:
        world.apply(secret(way.name), policy(way.name, **way.spec))
    world.apply(policy("kubeconfigs", template=KUBECONFIG))
    for name, (_, content) in KUBECONFIGS.items():
        world.apply(secret(f"k-{name}", "kubeconfigs", kubeconfig=content))
    world.apply(secret("kept"), policy("kept"), secret("changed"), policy("changed"))
    world.apply(adopted("adopted"), secret("adopted"), policy("adopted"))
    expected = {way.name: way.reason for way in WAYS}
    expected |= {f"k-{name}": reason for name, (reason, _) in KUBECONFIGS.items()}

    first = start(world, folder, "--logging-format=json")
    until_reasons(world, {**expected, "kept": "PediaClusterUpdated"})
    world.apply(secret("changed", server="https://refused"))
    expected["changed"] = "FailedPatchPediaCluster"
    until_reasons(world, expected)
    world.until(
        lambda: world.pediacluster("adopted")["spec"]["tokenData"] == encode(DATA["token"]),
        "what was made by hand is taken over",
    )
    told = list(world.admin.list("events.k8s.io/v1", "Event"))
    assert {"CredentialRejected", NO_DOCUMENT, "CreationFailure"} <= {e["reason"] for e in told}
    assert_nowhere(world, folder, first)
    assert first.terminate() == 0

    second = start(world, folder, "--logging-format=text", "-v=9")
    world.until(lambda: "lease acquired" in second.log(), "the second leads", timeout_seconds=30)
    world.apply(secret("kept", token=f"rotated {CANARY}"))
    world.until(
        lambda: world.pediacluster("kept")["spec"]["tokenData"] == encode(f"rotated {CANARY}"),
        "a rotation is followed",
    )
    world.delete(secret("kept"))
    world.until_gone(PEDIACLUSTER, "kept")
    assert_nowhere(world, folder, first, second)
    assert second.terminate() == 0
    assert_nowhere(world, folder, first, second)


def adopted(name: str) -> dict[str, Any]:
    """Return a PediaCluster as `kubectl apply` makes it, to be taken over by a policy."""
    made: dict[str, Any] = {
        "apiVersion": CLUSTER_API,
        "kind": PEDIACLUSTER,
        "metadata": {"name": name, "annotations": {"policy.clusterpedia.io/adopt": name}},
        "spec": {
            "apiserver": "https://192.0.2.1:6443",
            "caData": encode("ca"),
            "tokenData": encode(f"by hand {CANARY}"),
            "syncResources": [],
        },
    }
    made["metadata"]["annotations"][canary.LAST_APPLIED] = json.dumps(made)
    return made


def _status(code: int, reason: str, **details: Any) -> tuple[int, dict[str, Any]]:
    return code, {
        "kind": "Status",
        "apiVersion": "v1",
        "status": "Failure",
        "code": code,
        "reason": reason,
        "message": f"PediaCluster {CANARY} is invalid: {encode(CANARY)}",
        "details": {"name": CANARY, "kind": CANARY, **details},
    }


CAUSES = [
    {"field": f"spec.tokenData[{CANARY}]", "reason": "FieldValueInvalid", "message": CANARY},
    {"field": f"metadata.labels[{CANARY}].x", "reason": CANARY, "message": encode(CANARY)},
]
ANSWERS = (
    _status(500, "InternalError"),
    _status(503, "ServiceUnavailable", retryAfterSeconds=1),
    _status(400, "BadRequest"),
    _status(403, "Forbidden"),
    _status(409, "Conflict"),
    _status(413, "RequestEntityTooLarge"),
    _status(422, "Invalid", causes=CAUSES),
    _status(429, "TooManyRequests", retryAfterSeconds=1),
    _status(504, "Timeout"),
    _status(418, CANARY),
    (502, {"html": CANARY}),
    (200, {"note": CANARY}),
    (200, {"kind": CANARY, "metadata": CANARY, "spec": {"tokenData": [CANARY]}}),
    NO_ANSWER,
)


def test_e17_a_server_that_fails_while_it_is_written_to(world: World, tmp_path: Path) -> None:
    """No error, time-out or nonsense that answers a write of the credential shows it."""
    folder = tmp_path / "temporary"
    names = [f"n{number:02}" for number in range(len(ANSWERS))]
    world.apply(policy("many"))
    world.apply(*(secret(name, "many") for name in names))
    with FaultProxy(world.control_plane) as proxy:
        process = start(world, folder, through=proxy.url)
        world.until(lambda: world.names(PEDIACLUSTER) == names, "all are imported")
        met: set[str] = set()
        turns = itertools.cycle(ANSWERS)

        def answer(request: web.BaseRequest) -> tuple[int, dict[str, Any]] | None:
            if not request.path.startswith(PEDIACLUSTERS) or request.method == "GET":
                return None
            name = request.path.rpartition("/")[2]
            if name in names:
                met.add(name)
                return ANSWERS[names.index(name)]
            if request.method == "POST":
                met.add(f"POST {len(met)}")
                return next(turns)
            return None

        proxy.inject(answer)
        world.apply(*(secret(name, "many", token=f"rotated {CANARY}") for name in names))
        world.apply(*(secret(f"x{name}", "many") for name in names))
        world.until(
            lambda: met >= set(names) and len(met) >= 2 * len(names),
            "every write was answered so",
            timeout_seconds=30,
        )
        world.until(
            lambda: "timed out" in process.log(), "a write has timed out", timeout_seconds=30
        )
        assert_nowhere(world, folder, process)

        proxy.heal()
        for name in names:
            world.apply(secret(name, "many", token=f"again {CANARY}"))
        wanted = encode(f"again {CANARY}")
        world.until(
            lambda: all(world.pediacluster(n)["spec"]["tokenData"] == wanted for n in names),
            "it goes on",
            timeout_seconds=75,
        )
        assert process.terminate() == 0
        assert_nowhere(world, folder, process)
