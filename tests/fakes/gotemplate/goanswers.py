"""Renders one expression over the data that the Go answers in the tests were made with."""

from typing import Any

from clusterimport.gotemplate.errors import ExecError
from clusterimport.gotemplate.limits import Limits, Meter
from clusterimport.gotemplate.template import Template

DATA: dict[str, Any] = {
    "s": "hello",
    "n": 42,
    "one": 1,
    "f": 1.5,
    "list": [1, 2, 3],
    "strs": ["banana", "apple"],
    "m": {"a": 1, "b": "two"},
    "nil": None,
    "em": {},
    "el": [],
    "mixed": [1, "two", 3.5, True, None, {"k": "v"}],
}


def _template(expression: str) -> Template:
    return Template(expression if expression.startswith("{{") else f"{{{{ {expression} }}}}")


def rendered(expression: str) -> str:
    """Render a pipeline, or a text that starts with an action itself."""
    return _template(expression).render(DATA)


def failure(expression: str) -> str:
    """Return the text of the error that rendering ends with."""
    try:
        output = rendered(expression)
    except ExecError as error:
        return str(error)
    raise AssertionError(f"rendered {output!r}")


def meter(**limits: int) -> Meter:
    """Return a meter with some limits changed."""
    return Meter(Limits(**limits))
