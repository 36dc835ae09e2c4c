"""`toKubeconfig`: the kubeconfig of one cluster in base64, as `spec.kubeconfig` wants it.

What it says is checked where it is used, and so is the form that another reader gets to see; JSON
in ASCII is left as it is there.
"""

import base64
from typing import Any, Final

from clusterimport.gotemplate.functions import MAP, Entry, Function
from clusterimport.gotemplate.gostrings import from_bytes, to_bytes
from clusterimport.gotemplate.limits import Meter
from clusterimport.gotemplate.sprig.jsonwriter import write_json
from clusterimport.gotemplate.values import ConstantError, FunctionError

_HEAD: Final = {"apiVersion": "v1", "kind": "Config"}
_WHOLE: Final = frozenset({"clusters", "contexts", "current-context", "users"})
_CLUSTER: Final = (
    "server",
    "certificate-authority-data",
    "insecure-skip-tls-verify",
    "proxy-url",
    "tls-server-name",
)
_USER: Final = ("client-certificate-data", "client-key-data", "token")
_NAME: Final = "default"


def to_kubeconfig(meter: Meter, fields: dict[str, Any]) -> str:
    """Encode a whole kubeconfig, or one made of the fields of its cluster and its user.

    Empty fields are left out, since a Secret that lacks a key must not become an empty token.
    """
    whole = fields if _WHOLE & fields.keys() else _from_fields(fields)
    text = write_json(meter, _HEAD | whole, escape_html=False)
    meter.size(len(text))
    return from_bytes(base64.b64encode(to_bytes(text)))


def _from_fields(fields: dict[str, Any]) -> dict[str, Any]:
    unknown = sorted(fields.keys() - {*_CLUSTER, *_USER})
    if unknown:
        raise FunctionError(
            f"unknown field {unknown[0]}; known are {', '.join((*_CLUSTER, *_USER))}"
        )
    given = {key: value for key, value in fields.items() if value not in (None, "", False)}
    if "server" not in given:
        raise ConstantError("server is missing or empty")
    context = {"cluster": _NAME, "user": _NAME}
    return {
        "clusters": [{"name": _NAME, "cluster": _picked(given, _CLUSTER)}],
        "users": [{"name": _NAME, "user": _picked(given, _USER)}],
        "contexts": [{"name": _NAME, "context": context}],
        "current-context": _NAME,
    }


def _picked(fields: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: fields[name] for name in names if name in fields}


_ENTRIES: Final = (Function("toKubeconfig", to_kubeconfig, (MAP,), needs_meter=True, weight=20),)

FUNCTIONS: Final[dict[str, Entry]] = {entry.name: entry for entry in _ENTRIES}
