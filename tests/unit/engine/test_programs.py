"""Compiled templates are kept by text."""

import pytest

from clusterimport.engine.programs import FUNCTIONS, ProgramCache
from clusterimport.gotemplate import extensions
from clusterimport.gotemplate.defaults import DEFAULT
from clusterimport.gotemplate.errors import GoTemplateError


def test_equal_texts_are_compiled_once():
    """Policies and lifecycles share programs; another name is another program."""
    programs = ProgramCache()

    first = programs.compile("{{ .source }}", "spec.template")

    assert programs.compile("{{ .source }}", "spec.template") is first
    assert programs.compile("{{ .source }}", "spec.nameTemplate") is not first
    assert len(programs) == 2


def test_policies_have_functions_of_our_own():
    """What neither Go nor sprig has is there for policies, beside all that they have."""
    program = ProgramCache().compile(
        '{{ .source | toYaml }} {{ upper "a" }} {{ print 1 }}', "spec.template"
    )

    assert program.render({"source": {"a": [1]}}) == "a:\n- 1 A 1"
    assert FUNCTIONS.keys() == DEFAULT.keys() | extensions.FUNCTIONS.keys()


def test_the_least_recently_used_is_forgotten():
    """The cache stays within its size, and what is in use stays."""
    programs = ProgramCache(2)
    first = programs.compile("a", "x")
    second = programs.compile("b", "x")
    programs.compile("a", "x")

    programs.compile("c", "x")

    assert len(programs) == 2
    assert programs.compile("a", "x") is first
    assert programs.compile("b", "x") is not second


def test_a_broken_template_is_not_kept():
    """An error takes no place in the cache."""
    programs = ProgramCache()

    with pytest.raises(GoTemplateError):
        programs.compile("{{ .x", "x")

    assert len(programs) == 0
