"""SECURITY.md names the tests that hold against each threat; a reviewer can run every one."""

import re

import pytest

from development.manifests import ROOT

SECURITY = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
FILES = sorted(set(re.findall(r"`((?:unit|golden|integration)/[\w/]+\.py)`", SECURITY)))
TARGETS = sorted(set(re.findall(r"`make ([\w-]+)`", SECURITY)))


@pytest.mark.parametrize("file", FILES)
def test_a_test_that_a_threat_names_is_there(file):
    """The last column of the tables names files of tests, and each has one."""
    text = (ROOT / "tests" / file).read_text(encoding="utf-8")

    assert re.search(r"^(?:async )?def test_", text, re.MULTILINE)


@pytest.mark.parametrize("target", TARGETS)
def test_a_command_that_a_threat_names_is_there(target):
    """Every `make` command of SECURITY.md is a target."""
    assert re.search(rf"^{target}:", MAKEFILE, re.MULTILINE)


def test_the_tables_name_tests():
    """They are found at all: a changed form of the tables would prove nothing."""
    assert len(FILES) > 10
    assert TARGETS
