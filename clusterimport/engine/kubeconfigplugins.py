"""What client-go wants of a program or proxy that a kubeconfig names, before it uses either.

Both have to be allowed, and neither is ever used by this process.
"""

import re
from typing import Final

from clusterimport.engine.yamltree import Node, Scalar, YamlMapping, YamlSequence

_PROXY: Final = re.compile(
    r"(?:https?|socks5)://(?:[-\w.:~!$&'()*+,;=%]*@)?(?:\[[0-9a-f:.]+\]|[-\w.]*)(?::[0-9]*)?"
    r"(?:[/?#][!-~]*)?",
    re.IGNORECASE | re.ASCII,
)
_BROKEN_ESCAPE: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")
_MODES: Final = frozenset(("Never", "IfAvailable", "Always"))
_VERSION: Final = "client.authentication.k8s.io/v1"
_BETA: Final = "client.authentication.k8s.io/v1beta1"


def check_proxy(proxy: Node | None) -> str:
    """Return what is wrong with a ``proxy-url``; empty where nothing is, or there is none."""
    url = _text(proxy)
    if url and (_PROXY.fullmatch(url) is None or _BROKEN_ESCAPE.search(url)):
        return "has a proxy-url that is no URL with http, https or socks5"
    return ""


def check_exec(plugin: Node | None) -> str:
    """Return what is wrong with an ``exec``; empty where nothing is, or there is none."""
    if not isinstance(plugin, YamlMapping):
        return ""
    if not _text(plugin.get("command")):
        return "has an exec without a command"
    version, mode = _text(plugin.get("apiVersion")), _text(plugin.get("interactiveMode"))
    if version not in {_VERSION, _BETA}:
        return f"has an exec whose apiVersion is neither {_VERSION} nor {_BETA}"
    if not mode and version == _VERSION:
        return f"has an exec of {_VERSION} without interactiveMode"
    if mode and mode not in _MODES:
        return f"has an exec whose interactiveMode is none of {', '.join(sorted(_MODES))}"
    variables = plugin.get("env")
    for variable in variables.items if isinstance(variables, YamlSequence) else ():
        if not isinstance(variable, YamlMapping) or not _text(variable.get("name")):
            return "has an exec with a variable in env that has no name"
    return ""


def _text(node: Node | None) -> str:
    return node.value if isinstance(node, Scalar) and not node.is_null else ""
