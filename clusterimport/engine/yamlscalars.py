"""What client-go's YAML reader makes of a scalar: YAML 1.1 as gopkg.in/yaml.v2 resolves it.

A text that is not between quotes can be a boolean, a number or null to it; then a field that has to
be a text fails with the whole kubeconfig.
"""

import re
from typing import Final

from clusterimport.engine.yamltree import Node, Scalar

_TRUE: Final = frozenset(("y", "Y", "yes", "Yes", "YES", "on", "On", "ON", "true", "True", "TRUE"))
_FALSE: Final = frozenset(
    ("n", "N", "no", "No", "NO", "off", "Off", "OFF", "false", "False", "FALSE")
)
_NUMBER: Final = re.compile(
    r"[-+]?(?:0[xX][0-9a-fA-F]+|0[oO][0-7]+|0[bB][01]+|\.(?:inf|Inf|INF)"
    r"|(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?)|\.(?:nan|NaN|NAN)"
)
_INFINITE: Final = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_SMALL_INTEGER: Final = re.compile(r"0|-?[1-9][0-9]{0,8}")


def boolean_of(node: Node | None) -> bool | None:
    """Return the boolean that a plain scalar is, None for anything else."""
    if not isinstance(node, Scalar) or node.style:
        return None
    if node.value in _TRUE:
        return True
    return False if node.value in _FALSE else None


def integer_of(scalar: Scalar) -> int | None:
    """Return the small whole number that every reader takes a plain scalar for, None otherwise."""
    if scalar.style or _SMALL_INTEGER.fullmatch(scalar.value) is None:
        return None
    return int(scalar.value)


def is_infinite(scalar: Scalar) -> bool:
    """Whether a scalar is one of the numbers that JSON does not have."""
    return not scalar.style and _INFINITE.fullmatch(scalar.value) is not None


def is_text(scalar: Scalar) -> bool:
    """Whether a scalar is a text: between quotes, or neither null nor boolean nor number."""
    if scalar.style:
        return True
    return not (scalar.is_null or boolean_of(scalar) is not None or _is_number(scalar.value))


def _is_number(text: str) -> bool:
    # Underscores count for nothing, wherever they stand behind the first character.
    return text[:1] != "_" and _NUMBER.fullmatch(text.replace("_", "")) is not None
