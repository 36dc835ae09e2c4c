"""The documentation says what the code does."""

from clusterimport.engine.evaluation import FUNCTIONS
from clusterimport.gotemplate.functions import Function, Refused
from clusterimport.limits.templates import TEMPLATE_PATTERN_BYTES, TEMPLATE_PATTERN_CHARACTERS
from tests.golden import tables


def test_the_tables_are_up_to_date():
    """The tables of functions, refusals and limits are those of the code (`make docs`)."""
    text = tables.DOCUMENT.read_text(encoding="utf-8")

    assert tables.updated(text) == text


def test_every_function_is_described():
    """No function is without a sentence, and none is missing from the tables."""
    functions = [entry for entry in FUNCTIONS.values() if isinstance(entry, Function)]
    text = tables.DOCUMENT.read_text(encoding="utf-8")

    assert [function.name for function in functions if not tables.described(function)] == []
    assert [f.name for f in functions if f"| `{tables.signature(f)}` | " not in text] == []
    refused = {entry.name for entry in FUNCTIONS.values() if isinstance(entry, Refused)}
    assert all(f"`{name}`" in text for name in refused)
    assert tables.covered() <= FUNCTIONS.keys()


def test_the_limits_of_expressions_are_told():
    """What the text says of regular expressions is what they are limited to."""
    text = tables.DOCUMENT.read_text(encoding="utf-8")

    assert f"at most {TEMPLATE_PATTERN_CHARACTERS:,} characters".replace(",", " ") in text
    assert TEMPLATE_PATTERN_BYTES == 1 << 20
    assert "its program at most 1 MiB" in text
