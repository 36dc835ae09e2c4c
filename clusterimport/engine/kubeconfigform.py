"""The bytes of a kubeconfig that are written to a PediaCluster, where another parser obeys them.

One that is in plain form, of fields that client-go knows, is written as it is. Any other is written
anew from the tree that was judged: the cluster and user of its current context and nothing else,
since every further entry would be one more thing for a reader to obey and none to connect with.
"""

import base64
import json
import re
from typing import Any, Final

from clusterimport.engine.goyaml import boolean_of, integer_of, is_plain, is_text
from clusterimport.engine.kubeconfig import BadKubeconfigError, Kubeconfig
from clusterimport.engine.yamltree import Node, Scalar, YamlMapping, YamlSequence
from clusterimport.limits.counted import Limit
from clusterimport.limits.documents import KUBECONFIG_BYTES

_NOT_PRINTABLE: Final = re.compile(r"[^\n -~]")


def written_form(kubeconfig: Kubeconfig, data: bytes) -> bytes:
    """Return what to write of a kubeconfig that was judged, given the bytes it was read from.

    Raises KubeconfigError for what cannot be written without a guess.
    """
    if kubeconfig.is_known and is_plain(data.decode()):
        return data
    text = json.dumps(_body(kubeconfig), indent=2, ensure_ascii=False)
    written = (_NOT_PRINTABLE.sub(_escaped, text) + "\n").encode("ascii")
    if len(written) > KUBECONFIG_BYTES:
        problem = f"is larger than {KUBECONFIG_BYTES // 1024} KiB when written in ASCII"
        raise BadKubeconfigError(problem, limit=Limit.KUBECONFIG_BYTES)
    return written


def _body(kubeconfig: Kubeconfig) -> dict[str, Any]:
    names = kubeconfig.names
    context = {"cluster": names.cluster, "user": names.user}
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": names.cluster, "cluster": _cluster(kubeconfig)}],
        "users": [{"name": names.user, "user": _user(kubeconfig)}],
        "contexts": [{"name": names.context, "context": context}],
        "current-context": names.context,
    }


def _cluster(kubeconfig: Kubeconfig) -> dict[str, Any]:
    cluster = kubeconfig.cluster
    fields: dict[str, Any] = {
        "server": kubeconfig.server,
        "tls-server-name": kubeconfig.tls_server_name,
        "certificate-authority-data": _base64(kubeconfig.ca_data),
    }
    if kubeconfig.insecure:
        fields["insecure-skip-tls-verify"] = True
    if kubeconfig.has_proxy:
        fields["proxy-url"] = _data(cluster.get("proxy-url"), "proxy-url")
    if kubeconfig.has_exec and cluster.get("extensions"):
        # A program may get its settings from an extension of the cluster.
        fields["extensions"] = _data(cluster.get("extensions"), "extensions")
    return _given(fields)


def _user(kubeconfig: Kubeconfig) -> dict[str, Any]:
    fields: dict[str, Any] = {"token": kubeconfig.token}
    if kubeconfig.has_pair:
        fields["client-certificate-data"] = _base64(kubeconfig.cert_data)
        fields["client-key-data"] = _base64(kubeconfig.key_data)
    if kubeconfig.has_exec:
        # Whole: nobody but its program knows what it means.
        fields["exec"] = _data(kubeconfig.user.get("exec"), "exec")
    return _given(fields)


def _given(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value}


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _data(node: Node | None, field: str) -> Any:
    match node:
        case YamlMapping():
            return {key.value: _data(value, field) for key, value in node.items}
        case YamlSequence():
            return [_data(item, field) for item in node.items]
        case Scalar():
            return _scalar(node, field)
        case None:
            return None


def _scalar(scalar: Scalar, field: str) -> str | bool | int | None:
    if is_text(scalar):
        return scalar.value
    if scalar.is_null:
        return None
    boolean = boolean_of(scalar)
    value = integer_of(scalar) if boolean is None else boolean
    if value is None:
        raise BadKubeconfigError(f"has a {field} with a number that clients may change; quote it")
    return value


def _escaped(character: re.Match[str]) -> str:
    # YAML's escapes: JSON writes what is beyond U+FFFF as two, and YAML has no halves.
    code = ord(character[0])
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
