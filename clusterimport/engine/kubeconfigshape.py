"""What client-go takes for a kubeconfig: fields and types of its Config, programs and proxies.

It fails with the whole file where a value has another type than in Config of version v1, be it of
an entry that nobody uses; a field that it does not know it passes over. What it wants of a program
or proxy it wants before it uses either; both have to be allowed, and neither is ever used by this
process.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from clusterimport.engine.goyaml import boolean_of, integer_of, is_infinite, is_text
from clusterimport.engine.yamltree import Node, Scalar, YamlMapping, YamlSequence
from clusterimport.errors import ClusterImportError
from clusterimport.model.pediacluster import decode_bytes

_SLASH: Final = re.compile(r"(?<!\\)(?:\\\\)*+\\/")
_SUSPECT: Final = re.compile(r"\\/|\?")
"""Without which no scalar has to be looked at for what Go's YAML reader does not know."""
_OPENING: Final = frozenset("[{")
_PROXY: Final = re.compile(
    r"(?:https?|socks5)://(?:[-\w.:~!$&'()*+,;=%]*@)?(?:\[[0-9a-f:.]+\]|[-\w.]*)(?::[0-9]*)?"
    r"(?:[/?#][!-~]*)?",
    re.IGNORECASE | re.ASCII,
)
_BROKEN_ESCAPE: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")
_MODES: Final = frozenset(("Never", "IfAvailable", "Always"))
_VERSION: Final = "client.authentication.k8s.io/v1"
_BETA: Final = "client.authentication.k8s.io/v1beta1"


class _Named(NamedTuple):
    """Shape of a list whose items are told apart by their names."""

    item: Mapping[str, Any]


class ShapeError(ClusterImportError):
    """client-go does not load it; the message goes on after the kubeconfig's name."""


def check_shape(root: YamlMapping, text: str) -> bool:
    """Look whether client-go loads a tree that was read from a text; raises ShapeError.

    Returns whether every field is one that client-go knows, and no number in doubt.
    """
    # Neither is known to Go's YAML reader, by which all kubeconfigs go.
    for scalar, in_brackets in _scalars(root, text) if _SUSPECT.search(text) else ():
        if scalar.style == '"' and _SLASH.search(text, scalar.start, scalar.end):
            raise ShapeError(r"has a `\/` between quotes, which client-go cannot read")
        if in_brackets and not scalar.style and "?" in scalar.value:
            raise ShapeError("has a `?` in brackets without quotes, which client-go cannot read")
    return _fits(root, _KUBECONFIG, "")


def _scalars(node: Node, text: str, *, in_brackets: bool = False) -> Iterator[tuple[Scalar, bool]]:
    """Yield all scalars, keys included, and whether they stand in brackets."""
    if isinstance(node, Scalar):
        yield node, in_brackets
        return
    in_brackets = in_brackets or text[node.start : node.start + 1] in _OPENING
    for item in node.items:
        for part in item if isinstance(item, tuple) else (item,):
            yield from _scalars(part, text, in_brackets=in_brackets)


def _fits(node: Node, shape: Any, path: str) -> bool:
    """Check a value; ``path`` names it, and nothing that the file could have made up."""
    if isinstance(node, Scalar) and node.is_null:
        return True
    # Which of the three it is, is asked for every value of every kubeconfig.
    if type(shape) is dict:
        if not isinstance(node, YamlMapping):
            raise ShapeError(f"has {_name(path)} that is no mapping")
        return _fields_fit(node, shape, path)
    if isinstance(shape, tuple):
        if not isinstance(node, YamlSequence):
            raise ShapeError(f"has {_name(path)} that is no list")
        if isinstance(shape, _Named) and _has_one_name_twice(node):
            raise ShapeError(f"has two {path} of one name")
        found = [_fits(item, shape[0], f"{path}[{at}]") for at, item in enumerate(node.items)]
        return all(found)
    check: Callable[[Node, str], bool] = shape
    return check(node, path)


def _fields_fit(node: YamlMapping, shape: Mapping[str, Any], path: str) -> bool:
    is_known = True
    for key, value in node.items:
        if key.value in shape:
            below = f"{path}.{key.value}" if path else key.value
            is_known &= _fits(value, shape[key.value], below)
        elif _ANY_KEY in shape:
            is_known &= _fits(value, shape[_ANY_KEY], f"{path} with a value")
        else:
            # It is passed over, but every value has to be one that JSON can tell.
            _anything(value, path)
            is_known = False
    return is_known


def _has_one_name_twice(node: YamlSequence) -> bool:
    names = [item.get("name") if isinstance(item, YamlMapping) else None for item in node.items]
    texts = [name.value if isinstance(name, Scalar) and not name.is_null else "" for name in names]
    return len(set(texts)) != len(texts)


def _text(node: Node, path: str) -> bool:
    if not isinstance(node, Scalar):
        raise ShapeError(f"has {_name(path)} that is no text")
    if not is_text(node):
        raise ShapeError(f"has {_name(path)} that is a number or boolean in YAML; quote it")
    return True


def _boolean(node: Node, path: str) -> bool:
    if boolean_of(node) is None:
        raise ShapeError(f"has {_name(path)} that is neither true nor false, without quotes")
    return True


def _data(node: Node, path: str) -> bool:
    _text(node, path)
    assert isinstance(node, Scalar)
    try:
        decode_bytes(node.value)
    except ValueError:
        raise ShapeError(f"has {_name(path)} that is not base64") from None
    return True


def _anything(node: Node, path: str) -> bool:
    """Check data of any kind; return whether no number in it is in doubt."""
    if isinstance(node, Scalar):
        if is_infinite(node):
            raise ShapeError(f"has {_name(path)} with a number that has no end")
        is_word = node.is_null or is_text(node) or boolean_of(node) is not None
        return is_word or integer_of(node) is not None
    items = node.items if isinstance(node, YamlSequence) else [value for _, value in node.items]
    found = [_anything(item, path) for item in items]
    return all(found)


def _name(path: str) -> str:
    return path or "content"


_ANY_KEY: Final = "*"
_TEXTS: Final = (_text,)
_EXTENSIONS: Final = _Named({"name": _text, "extension": _anything})
_EXEC: Final = {
    "apiVersion": _text,
    "command": _text,
    "args": _TEXTS,
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
    "as-groups": _TEXTS,
    "as-user-extra": {_ANY_KEY: _TEXTS},
    "username": _text,
    "password": _text,
    "auth-provider": {"name": _text, "config": {_ANY_KEY: _text}},
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
    "clusters": _Named({"name": _text, "cluster": _CLUSTER}),
    "users": _Named({"name": _text, "user": _USER}),
    "contexts": _Named({"name": _text, "context": _CONTEXT}),
    "current-context": _text,
    "extensions": _EXTENSIONS,
}


def check_proxy(proxy: Node | None) -> str:
    """Return what is wrong with a ``proxy-url``; empty where nothing is, or there is none."""
    url = _text_of(proxy)
    if url and (_PROXY.fullmatch(url) is None or _BROKEN_ESCAPE.search(url)):
        return "has a proxy-url that is no URL with http, https or socks5"
    return ""


def check_exec(plugin: Node | None) -> str:
    """Return what is wrong with an ``exec``; empty where nothing is, or there is none."""
    if not isinstance(plugin, YamlMapping):
        return ""
    if not _text_of(plugin.get("command")):
        return "has an exec without a command"
    version, mode = _text_of(plugin.get("apiVersion")), _text_of(plugin.get("interactiveMode"))
    if version not in {_VERSION, _BETA}:
        return f"has an exec whose apiVersion is neither {_VERSION} nor {_BETA}"
    if not mode and version == _VERSION:
        return f"has an exec of {_VERSION} without interactiveMode"
    if mode and mode not in _MODES:
        return f"has an exec whose interactiveMode is none of {', '.join(sorted(_MODES))}"
    variables = plugin.get("env")
    for variable in variables.items if isinstance(variables, YamlSequence) else ():
        if not isinstance(variable, YamlMapping) or not _text_of(variable.get("name")):
            return "has an exec with a variable in env that has no name"
    return ""


def _text_of(node: Node | None) -> str:
    return node.value if isinstance(node, Scalar) and not node.is_null else ""
