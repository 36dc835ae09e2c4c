"""The family of fall-backs: what counts as empty and what to take instead; also `fail`."""

from typing import Any, Final, NoReturn

from clusterimport.gotemplate.functions import ANY, BOOL, STRING, Entry, Function
from clusterimport.gotemplate.values import FunctionError, GoObject


def empty(value: Any) -> bool:
    """Tell whether a value is nil, false, zero or of length zero; structs never are."""
    if isinstance(value, GoObject):
        return isinstance(value, int) and int(value) == 0
    return not value


def default(fallback: Any, *given: Any) -> Any:
    """Return the value given last by the pipe, or the fallback if it is empty or absent."""
    if given and not empty(given[0]):
        return given[0]
    return fallback


def coalesce(*values: Any) -> Any:
    """Return the first value that is not empty, or nil."""
    return next((value for value in values if not empty(value)), None)


def all_set(*values: Any) -> bool:
    """Tell whether no value is empty."""
    return not any(map(empty, values))


def any_set(*values: Any) -> bool:
    """Tell whether some value is not empty."""
    return not all(map(empty, values))


def ternary(if_true: Any, if_false: Any, condition: bool) -> Any:
    """Choose by a bool."""
    return if_true if condition else if_false


def fail(message: str) -> NoReturn:
    """Fail with the author's own message."""
    raise FunctionError(message, by_author=True)


def hello() -> str:
    """Greet."""
    return "Hello!"


_ENTRIES: Final = (
    Function("default", default, (ANY,), variadic=ANY),
    Function("empty", empty, (ANY,)),
    Function("coalesce", coalesce, variadic=ANY),
    Function("all", all_set, variadic=ANY),
    Function("any", any_set, variadic=ANY),
    Function("ternary", ternary, (ANY, ANY, BOOL)),
    Function("fail", fail, (STRING,)),
    Function("hello", hello),
)

FUNCTIONS: Final[dict[str, Entry]] = {entry.name: entry for entry in _ENTRIES}
