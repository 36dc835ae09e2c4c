"""Compiled templates are kept by text."""

import pytest

from clusterimport.engine.programs import ProgramCache
from clusterimport.gotemplate.errors import GoTemplateError


def test_equal_texts_are_compiled_once():
    """Policies and lifecycles share programs; another name is another program."""
    programs = ProgramCache()

    first = programs.compile("{{ .source }}", "spec.template")

    assert programs.compile("{{ .source }}", "spec.template") is first
    assert programs.compile("{{ .source }}", "spec.nameTemplate") is not first
    assert len(programs) == 2


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
