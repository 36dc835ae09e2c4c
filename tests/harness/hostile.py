"""Credentials that are made to attack whoever reads them: attack cases A01 to A06 and A10 to A13.

Every one leads to a trap, with a token that would be right there.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from development.controlplane.identities import Access
from development.world import encode

REJECTED: Final = "CredentialRejected"
INCOMPLETE: Final = "IncompleteCredentials"
OWN_TOKEN: Final = "/var/run/secrets/kubernetes.io/serviceaccount/token"
ENVIRONMENT: Final = "/proc/self/environ"
ODD_NAMES: Final = {
    "dots": "../../api/v1/namespaces/kube-system/secrets/x",
    "nul": "a\0b",
    "long": "x" * 65536,
    "right-to-left": "\u202egpj.elpmaxe",
    "zero-width": "exa\u200bmple",
}


class Lures(NamedTuple):
    """What a hostile credential tries to reach."""

    trap: Access
    """Of a server."""
    file: Path
    program: Path
    proxy: str
    """HOST:PORT."""


class Case(NamedTuple):
    """A credential, and what has to be told of it."""

    reason: str
    problem: str
    """Stands in every message; in most cases the field."""
    data: Mapping[str, Any]
    """Parts as ``imported.cluster`` takes them."""


def cases(lures: Lures) -> dict[str, Case]:
    """Return all cases by name, which begins with that of the attack."""
    return dict(
        [
            *_of_users(lures),
            *_of_clusters(lures),
            *_of_fields(lures),
            *_of_names(lures),
            *_of_contexts(lures),
        ]
    )


def exhausting(lures: Lures) -> dict[str, Case]:
    """Return the cases of A13, by name; a Secret cannot hold 1.5 MB, and half of it is enough."""
    bomb = "a: &a [x, x]\n" + "".join(f"b{i}: &b{i} [{'*a, ' * 9}*a]\n" for i in range(400))
    nested = {"a": f"&a0 [{'x, ' * 9}x]"}
    nested |= {f"a{i}": f"&a{i} [{f'*a{i - 1}, ' * 9}*a{i - 1}]" for i in range(1, 10)}
    texts = {
        "bomb": ("anchor or alias", bomb),
        "billion": ("anchor or alias", "".join(f"{key}: {at}\n" for key, at in nested.items())),
        "circle": ("anchor or alias", "a: &a [*a]"),
        "merge": ("not a plain name", "<<: {exec: x}"),
        "depth": ("nested deeper", "[" * 10_000),
        "depth-json": ("nested deeper", '{"a":' * 10_000 + "1" + "}" * 10_000),
        "depth-dashes": ("nested deeper", "- " * 10_000 + "x"),
        "many": ("more than 2000 values", "[" + "a," * 100_000 + "]"),
        "large": ("larger than 256 KiB", "a: " + "x" * 750_000),
        "object": ("YAML tag", f"!!python/object/apply:os.system ['{lures.program}']"),
        "new": ("YAML tag", f"a: !!python/object/new:os.system ['{lures.program}']"),
        "name": ("YAML tag", "a: !!python/name:os.system"),
        "module": ("YAML tag", "!!python/module:this x"),
    }
    return {
        f"a13-{name}": Case(INCOMPLETE, problem, {"kubeconfig": text})
        for name, (problem, text) in texts.items()
    }


def by_hand(data: Mapping[str, Any]) -> dict[str, str]:
    """Return the spec of a PediaCluster with this access."""
    fields = {"ca": "caData", "token": "tokenData", "kubeconfig": "kubeconfig"}
    spec = {fields[name]: encode(value) for name, value in data.items() if name in fields}
    return spec | {"apiserver": str(data["server"])} if data.get("server") else spec


def exec_plugin(program: Path) -> dict[str, str]:
    """Return what stands under `exec` in a kubeconfig."""
    return {
        "apiVersion": "client.authentication.k8s.io/v1",
        "command": str(program),
        "interactiveMode": "Never",
    }


def many_contexts(current: Access, others: Access) -> dict[str, Any]:
    """Return a kubeconfig of 41 contexts, of which the current one, amid them, is in order."""
    numbers = range(-20, 21)
    documents = [json.loads((others if number else current).kubeconfig()) for number in numbers]
    body: dict[str, Any] = {"current-context": "0"}
    for plural, singular in (("clusters", "cluster"), ("users", "user")):
        body[plural] = [
            {"name": str(number), singular: document[plural][0][singular]}
            for number, document in zip(numbers, documents, strict=True)
        ]
    body["contexts"] = [
        {"name": str(number), "context": {"cluster": str(number), "user": str(number)}}
        for number in numbers
    ]
    return {"kubeconfig": json.dumps(body)}


_Named = Iterator[tuple[str, Case]]


def kubeconfig(
    access: Access, *, user: Any = None, cluster: Any = None, **top: Any
) -> dict[str, Any]:
    """Return a kubeconfig, in which fields of user, cluster and the whole are set; None is none."""
    body = json.loads(access.kubeconfig())
    for content, fields in (
        (body["users"][0]["user"], user),
        (body["clusters"][0]["cluster"], cluster),
        (body, top),
    ):
        content.update(fields or {})
        for name in [name for name, value in content.items() if value is None]:
            del content[name]
    return {"kubeconfig": json.dumps(body)}


def _of_users(lures: Lures) -> _Named:
    program = exec_plugin(lures.program)
    authority = {"cmd-path": str(lures.program), "token-key": "{.token}"}
    second = {"name": "second", "user": {"exec": program}}
    users = [*json.loads(lures.trap.kubeconfig())["users"], second]
    fields: dict[str, tuple[str, dict[str, Any]]] = {
        "a01-exec": ("exec", {"exec": program, "token": None}),
        "a01-exec-beside-token": ("exec", {"exec": program}),
        "a02-auth-provider": ("auth-provider", {"auth-provider": {"config": authority}}),
        "a02-user-name": ("username", {"username": "u", "token": None}),
        "a02-password": ("password", {"password": "p", "token": None}),
        "a03-token-file": ("tokenFile", {"tokenFile": str(lures.file), "token": None}),
        "a03-token-file-beside": ("tokenFile", {"tokenFile": str(lures.file)}),
        "a03-own-token": ("tokenFile", {"tokenFile": OWN_TOKEN, "token": None}),
        "a03-environment": ("tokenFile", {"tokenFile": ENVIRONMENT, "token": None}),
        "a03-certificate": ("client-certificate", {"client-certificate": str(lures.file)}),
        "a03-key": ("client-key", {"client-key": str(lures.file)}),
        "a03-relative": ("client-key", {"client-key": "../../etc/passwd"}),
        "a11-as": ("as", {"as": "system:admin"}),
        "a11-as-groups": ("as-groups", {"as-groups": ["system:masters"]}),
        "a11-as-uid": ("as-uid", {"as-uid": "0"}),
        "a11-as-user-extra": ("as-user-extra", {"as-user-extra": {"scopes": ["all"]}}),
    }
    for name, (field, user) in fields.items():
        content = kubeconfig(lures.trap, user=user)
        yield name, Case(REJECTED, f"spec.kubeconfig, users[0].user.{field}: ", content)
    content = kubeconfig(lures.trap, users=users)
    yield "a01-exec-elsewhere", Case(REJECTED, "spec.kubeconfig, users[1].user.exec: ", content)


def _of_clusters(lures: Lures) -> _Named:
    path = {"certificate-authority": str(lures.file)}
    unverified = {"insecure-skip-tls-verify": True}
    fields: dict[str, tuple[str, dict[str, Any]]] = {
        "a03-authority-beside": ("certificate-authority", path),
        "a03-authority": (
            "certificate-authority",
            path | {"certificate-authority-data": None},
        ),
        "a05-proxy-http": ("proxy-url", {"proxy-url": f"http://{lures.proxy}"}),
        "a05-proxy-socks5": ("proxy-url", {"proxy-url": f"socks5://{lures.proxy}"}),
        "a06-http": ("server", {"server": f"http://{lures.proxy}"}),
        "a06-file": ("server", {"server": f"file://{lures.file}"}),
        "a06-unix": ("server", {"server": f"unix://{lures.file}"}),
        "a06-no-scheme": ("server", {"server": lures.proxy}),
        "a02-in-address": ("server", {"server": f"https://admin:p@{lures.proxy}"}),
        "a10-insecure": (
            "insecure-skip-tls-verify",
            unverified | {"certificate-authority-data": None},
        ),
        "a10-insecure-beside": ("insecure-skip-tls-verify", unverified),
    }
    for name, (field, cluster) in fields.items():
        content = kubeconfig(lures.trap, cluster=cluster)
        yield name, Case(REJECTED, f"spec.kubeconfig, clusters[0].cluster.{field}: ", content)


def _of_fields(lures: Lures) -> _Named:
    fields = {"ca": lures.trap.ca_pem, "token": lures.trap.token}
    for name, address in (
        ("a02-field-in-address", f"https://admin:p@{lures.proxy}"),
        ("a06-field-http", f"http://{lures.proxy}"),
        ("a06-field-file", f"file://{lures.file}"),
        ("a06-field-unix", f"unix://{lures.file}"),
    ):
        yield name, Case(REJECTED, "spec.apiserver: ", {"server": address, **fields})
    unverified = {"server": lures.trap.url, "token": lures.trap.token}
    yield "a10-field-no-authority", Case(REJECTED, "spec.caData: ", unverified)


def _of_names(lures: Lures) -> _Named:
    for kind, odd in ODD_NAMES.items():
        content = kubeconfig(lures.trap, cluster={"tls-server-name": odd})
        yield f"a04-tls-{kind}", Case(INCOMPLETE, "a tls-server-name that is no host", content)
        content = kubeconfig(lures.trap, cluster={"server": f"https://{odd}"})
        yield f"a04-host-{kind}", Case(INCOMPLETE, "clusters[0].cluster.server that", content)


def _of_contexts(lures: Lures) -> _Named:
    body = json.loads(lures.trap.kubeconfig())
    changes: dict[str, tuple[str, dict[str, Any]]] = {
        "none": ("no current-context", {"current-context": None}),
        "unknown": ("no current-context", {"current-context": "other"}),
        "two-contexts": ("two contexts of one name", {"contexts": body["contexts"] * 2}),
        "two-clusters": ("two clusters of one name", {"clusters": body["clusters"] * 2}),
        "two-users": ("two users of one name", {"users": body["users"] * 2}),
        "no-user": ("neither token nor client certificate", {"users": []}),
    }
    for name, (problem, top) in changes.items():
        yield f"a12-{name}", Case(INCOMPLETE, problem, kubeconfig(lures.trap, **top))
    for name, last in (
        ("key-twice", '"users": []'),
        ("current-context-twice", '"current-context": "other"'),
    ):
        twice = f"{json.dumps(body)[:-1]}, {last}}}"
        yield f"a12-{name}", Case(INCOMPLETE, "the same key twice", {"kubeconfig": twice})
