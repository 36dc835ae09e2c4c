"""Every way by which the canary could leak: policies, Secrets and kubeconfigs that carry it.

Most of them fail, each for the reason that stands with it; what they say must not quote it.
"""

import json
from typing import Any, NamedTuple

import yaml

from development.world import CLUSTER_API, PEDIACLUSTER, encode
from tests.fakes.pki.material import CA, KEY
from tests.fakes.pki.material import CERTIFICATE as CERTIFICATE_PEM
from tests.harness import platforms
from tests.harness.canary import CANARY, LAST_APPLIED

QUOTED = "(.source.data.token | b64dec)"
GOOD = """spec:
  apiserver: "{{ .source.data.server | b64dec }}"
  caData: "{{ .source.data.ca }}"
  tokenData: "{{ .source.data.token }}"
"""
CERTIFICATE = """spec:
  apiserver: "{{ .source.data.server | b64dec }}"
  caData: "{{ .source.data.ca }}"
  certData: "{{ .source.data.certificate }}"
  keyData: "{{ .source.data.key }}"
"""
KUBECONFIG = 'spec:\n  kubeconfig: "{{ .source.data.kubeconfig }}"\n'
DATA = {
    "server": "https://192.0.2.1:6443",
    "ca": CA.decode(),
    # Behind what counts of them.
    "certificate": f"{CERTIFICATE_PEM.decode()}{CANARY}",
    "key": f"{KEY.decode()}{CANARY}",
    "token": f"{CANARY}+/=&\"'<>",
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
INVALID = "InvalidPolicy"
LABEL = "{{ .references.first.metadata.labels.canary }}"
WAYS = (
    # Told by an evaluation, of each template.
    fails("fail-template", INVALID, template=FAIL),
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
    fails("field", INVALID, template="spec:\n  {{ .source.data.plain | b64dec }}: x\n"),
    fails(
        "top-field", NO_DOCUMENT, template="{{ .source.data.json | b64dec | fromJson | toJson }}"
    ),
    fails("bad-yaml", INVALID, template='spec: ["{{ .source.data.plain | b64dec }}"\n'),
    fails("no-mapping", INVALID, template="{{ .source.data.plain | b64dec }}"),
    fails(
        "no-boolean",
        NO_DOCUMENT,
        template="spec:\n  syncAllCustomResources: {{ .source.data.plain | b64dec }}\n",
    ),
    fails(
        "from",
        INVALID,
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
        NO_DOCUMENT,
        template="metadata:\n  labels: {x: '{{ .source.data.spaced | b64dec }}'}\n" + GOOD,
    ),
    fails(
        "label-key",
        NO_DOCUMENT,
        template="metadata:\n  labels: {'{{ .source.data.spaced | b64dec }}': x}\n" + GOOD,
    ),
    fails(
        "annotation-key",
        NO_DOCUMENT,
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


def adopted(name: str) -> dict[str, Any]:
    """Return a PediaCluster as `kubectl apply` makes it, to be taken over by a policy."""
    made: dict[str, Any] = {
        "apiVersion": CLUSTER_API,
        "kind": PEDIACLUSTER,
        "metadata": {"name": name, "annotations": {"policy.clusterpedia.io/adopt": name}},
        "spec": {
            "apiserver": "https://192.0.2.1:6443",
            "caData": encode(CA),
            "tokenData": encode(f"by hand {CANARY}"),
            "syncResources": [],
        },
    }
    made["metadata"]["annotations"][LAST_APPLIED] = json.dumps(made)
    return made
