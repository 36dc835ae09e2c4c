"""What could not work is written neither over a connection that works nor as a new one (T10)."""

import base64
import json
from typing import Any

from development.controller import condition
from development.world import LIFECYCLE, PEDIACLUSTER, World, encode
from tests.fakes.pki.material import CA, CERTIFICATE, KEY, client
from tests.harness import imported, platforms

ERROR_TEXT_TEMPLATE = """spec:
  apiserver: "{{ .source.data.server }}"
  caData: "{{ .source.data.ca | b64enc }}"
  tokenData: {{ .source.data.token | b64dec | trim | b64enc }}
"""


def kubeconfig(*, cluster: dict[str, Any] | None = None, user: dict[str, Any] | None = None) -> str:
    """Return a kubeconfig with fields more of its cluster and user."""
    authority = {"certificate-authority-data": encode(CA)}
    return json.dumps(
        {
            "clusters": [
                {
                    "name": "c",
                    "cluster": {"server": "https://192.0.2.1:6443"} | authority | (cluster or {}),
                }
            ],
            "users": [{"name": "u", "user": {"token": "token"} | (user or {})}],
            "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
            "current-context": "x",
        }
    )


def _pair(certificate: bytes, key: bytes) -> dict[str, Any]:
    return {
        "token": "",
        "client-certificate-data": encode(certificate),
        "client-key-data": encode(key),
    }


UNUSABLE = {
    "omitted": kubeconfig(cluster={"certificate-authority-data": "DATA+OMITTED"}),
    "redacted": kubeconfig(user={"token": "REDACTED"}),
    "line-break": kubeconfig(user={"token": "token\n"}),
    "ca-twice": kubeconfig(cluster={"certificate-authority-data": encode(encode(CA))}),
    "other-key": kubeconfig(user=_pair(CERTIFICATE, client("other").key)),
    "cut-key": kubeconfig(user=_pair(CERTIFICATE, KEY[:-30])),
    "mark": kubeconfig(cluster={"certificate-authority-data": encode(b"\xef\xbb\xbf" + CA)}),
    "number": kubeconfig().replace(
        '"users": [', '"users": [{"name": "other", "user": {"token": 12345}}, '
    ),
    "twice": base64.b64encode(kubeconfig().encode()).decode(),
}


def test_t10_nothing_unusable_is_written_over_a_working_connection(world: World) -> None:
    """The connection stays byte for byte, the lifecycle tells why; a good one goes through."""
    world.grant("secrets", platforms.SECRETS_RULE)
    world.apply(imported.policy())
    world.apply(*(imported.cluster(name, kubeconfig=kubeconfig()) for name in UNUSABLE))
    world.controller()
    before = {}
    for name in UNUSABLE:
        world.until_pediacluster(name)
        before[name] = world.pediacluster(name)["spec"]

    world.apply(*(imported.cluster(name, kubeconfig=text) for name, text in UNUSABLE.items()))
    for name in UNUSABLE:
        world.until_reason(LIFECYCLE, name, "Updating", "IncompleteCredentials")
        assert f"secrets/default/{name}" in condition(world.lifecycle(name), "Updating")["message"]
    for name in UNUSABLE:
        assert world.pediacluster(name)["spec"] == before[name]

    rotated = kubeconfig(user={"token": "rotated"})
    world.apply(*(imported.cluster(name, kubeconfig=rotated) for name in UNUSABLE))
    for name in UNUSABLE:
        world.until(
            lambda name=name: (
                base64.b64decode(world.pediacluster(name)["spec"]["kubeconfig"]).decode() == rotated
            ),
            f"{name} has its new credential",
        )


def test_t10_nothing_unusable_is_created(world: World) -> None:
    """What would be called unusable as soon as it stands is not made."""
    world.grant("secrets", platforms.SECRETS_RULE)
    world.apply(imported.policy())
    world.apply(*(imported.cluster(name, kubeconfig=text) for name, text in UNUSABLE.items()))
    world.apply(imported.cluster("well", kubeconfig=kubeconfig()))
    world.controller()

    for name in UNUSABLE:
        world.until_reason(LIFECYCLE, name, "Created", "IncompleteCredentials")
    world.until_pediacluster("well")
    assert world.names(PEDIACLUSTER) == ["well"]


def test_t10_an_error_text_is_no_credential(world: World) -> None:
    """What `b64dec` prints for a value that is not base64 does not replace a token that works."""
    world.grant("configmaps", platforms.CONFIGMAPS_RULE)
    world.apply(platforms.policy("p", template=ERROR_TEXT_TEMPLATE))
    world.apply(platforms.cluster("one", token=encode("sample-token\n")))
    world.controller()
    world.until_pediacluster("p-one")
    before = world.pediacluster("p-one")["spec"]

    world.apply(platforms.cluster("one", token="sample-token"))
    world.until_reason(LIFECYCLE, "p-one", "Updating", "IncompleteCredentials")
    assert "`b64dec`" in condition(world.lifecycle("p-one"), "Updating")["message"]
    assert world.pediacluster("p-one")["spec"] == before
