"""The short way of printf gives what the long one gives, or leaves it alone."""

import itertools

import pytest

from clusterimport.gotemplate.gostrings import from_bytes
from clusterimport.gotemplate.limits import Limits, Meter
from clusterimport.gotemplate.printf.directives import _Directives, sprintf, sprintf_plain
from clusterimport.gotemplate.values import MISSING, Int, Uint8

VALUES = ["", "a", 'q"\\', "é", "\n", from_bytes(b"\xc3"), 0, -7, Int(3), Uint8(3), True, 1.5]
VALUES += [None, MISSING, [1], "x" * 127, "x" * 128]


def long_way(template, args):
    directives = _Directives(template, args, Meter(Limits()))
    directives.run()
    return directives.printer.text()


@pytest.mark.parametrize("verb", ["s", "d", "v", "q", "x", "T", "%", "5d", "", "日"])
def test_one_directive(verb):
    """Whatever the short way prints, the long way prints the same."""
    for before, value in itertools.product(("", "a-"), VALUES):
        template = f"{before}%{verb}{before}"
        text = sprintf_plain(template, [value], Meter(Limits()))
        assert text is None or text == long_way(template, [value])
        assert sprintf(template, [value]) == long_way(template, [value])


def test_what_is_plain():
    """Strings and ints under their usual verbs go the short way."""
    args = ["https", "a", Int(1), 2, 'é"']
    meter = Meter(Limits())
    assert sprintf_plain("%s://%q:%d/%v%v", args, meter) == 'https://"a":1/2é"'
    assert meter.steps == Limits().steps
    for template, value in [("%s", 1), ("%d", "a"), ("%s", "x" * 128), ("%q", "é"), ("%d", True)]:
        assert sprintf_plain(template, [value], meter) is None


def test_cut_runes_meet_again():
    """Bytes that make a character together are one."""
    halves = [from_bytes(b"\xc3"), from_bytes(b"\xa9")]
    assert sprintf_plain("%s%s", halves, Meter(Limits())) == "é"


def test_directives_are_charged():
    """Each directive costs its steps on either way."""
    for template, args in [("%s%d", ["a", 1]), ("%5s%d", ["a", 1]), ("%s%d", [])]:
        meter = Meter(Limits())
        sprintf(template, args, meter)
        assert meter.steps == Limits().steps - 6
