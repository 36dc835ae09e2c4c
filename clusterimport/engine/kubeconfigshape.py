"""The fields of a kubeconfig and their types, as client-go's Config of version v1 has them.

client-go fails with the whole file where a value has another type, be it of an entry that nobody
uses, and it looks for ``kind`` and ``apiVersion`` in upper case, too.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from clusterimport.engine.yamlscalars import boolean_of, integer_of, is_text
from clusterimport.engine.yamltree import MappingNode, Node, Scalar, SequenceNode
from clusterimport.model.pediacluster import decode_bytes


def client_go_loads(root: MappingNode) -> bool:
    """Whether every field is one that client-go knows, with a value of its type."""
    return _fits(root, _KUBECONFIG)


def _fits(node: Node, shape: Any) -> bool:
    if isinstance(node, Scalar) and node.is_null:
        return True
    if isinstance(shape, Mapping):
        return isinstance(node, MappingNode) and all(
            key.value in shape and _fits(value, shape[key.value]) for key, value in node.items
        )
    if isinstance(shape, Sequence):
        return isinstance(node, SequenceNode) and _fit_each(node.items, shape[0])
    check: Callable[[Node], bool] = shape
    return check(node)


def _fit_each(items: Sequence[Node], shape: Any) -> bool:
    """Whether the items of a list fit, and have names of their own where they have any."""
    if isinstance(shape, Mapping) and "name" in shape:
        names = [item.get("name") for item in items if isinstance(item, MappingNode)]
        values = [name.value if isinstance(name, Scalar) else "" for name in names]
        if len(set(values)) != len(items):
            return False
    return all(_fits(item, shape) for item in items)


def _text(node: Node) -> bool:
    return isinstance(node, Scalar) and is_text(node)


def _boolean(node: Node) -> bool:
    return boolean_of(node) is not None


def _data(node: Node) -> bool:
    if not (isinstance(node, Scalar) and is_text(node)):
        return False
    try:
        decode_bytes(node.value)
    except ValueError:
        return False
    return True


def _anything(node: Node) -> bool:
    """Whether it is data of which no number is in doubt: Go has no JSON for an infinite one."""
    if isinstance(node, Scalar):
        return _text(node) or _boolean(node) or node.is_null or integer_of(node) is not None
    items = node.items if isinstance(node, SequenceNode) else [value for _, value in node.items]
    return all(_anything(item) for item in items)


def _refused(_node: Node) -> bool:
    """Of a field that is refused wherever it says anything."""
    return False


_EXTENSIONS: Final = ({"name": _text, "extension": _anything},)
_EXEC: Final = {
    "apiVersion": _text,
    "command": _text,
    "args": (_text,),
    "env": ({"name": _text, "value": _text},),
    "installHint": _text,
    "interactiveMode": _text,
    "provideClusterInfo": _boolean,
}
_CLUSTER: Final = {
    "server": _text,
    "tls-server-name": _text,
    "insecure-skip-tls-verify": _boolean,
    "certificate-authority": _text,
    "certificate-authority-data": _data,
    "proxy-url": _text,
    "disable-compression": _boolean,
    "extensions": _EXTENSIONS,
}
_USER: Final = {
    "client-certificate": _text,
    "client-certificate-data": _data,
    "client-key": _text,
    "client-key-data": _data,
    "token": _text,
    "tokenFile": _text,
    "as": _text,
    "as-uid": _text,
    "as-groups": _refused,
    "as-user-extra": _refused,
    "username": _text,
    "password": _text,
    "auth-provider": _refused,
    "exec": _EXEC,
    "extensions": _EXTENSIONS,
}
_CONTEXT: Final = {
    "cluster": _text,
    "user": _text,
    "namespace": _text,
    "extensions": _EXTENSIONS,
}
_KUBECONFIG: Final = {
    "apiVersion": _text,
    "kind": _text,
    "preferences": {"colors": _boolean, "extensions": _EXTENSIONS},
    "clusters": ({"name": _text, "cluster": _CLUSTER},),
    "users": ({"name": _text, "user": _USER},),
    "contexts": ({"name": _text, "context": _CONTEXT},),
    "current-context": _text,
    "extensions": _EXTENSIONS,
}
