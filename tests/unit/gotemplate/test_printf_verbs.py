"""Printing of values with methods and fields, and what limits say about large ones."""

import pytest

from clusterimport.gotemplate.errors import LimitError
from clusterimport.gotemplate.limits import Limits, Meter
from clusterimport.gotemplate.printf import display, sprint, sprintf, sprintln
from clusterimport.gotemplate.values import MISSING, GoObject, Int, NilPointer, Uint64


class Version(GoObject):
    go_type_name = "*semver.Version"
    go_kind = "ptr"

    def go_string(self):
        return "1.2"

    def go_fields(self):
        return (("major", Uint64(1)), ("pre", "rc"), ("loc", NilPointer("*time.Location")))


class Instant(GoObject):
    go_type_name = "time.Time"

    def go_syntax(self):
        return "time.Date(1)"


class Month(GoObject, int):
    go_type_name = "time.Month"
    go_kind = "int"

    def go_string(self):
        return "April"


@pytest.mark.parametrize(
    ("directive", "text"),
    [
        ("%v", "1.2"),
        ("%s", "1.2"),
        ("%5s|", "  1.2|"),
        ("%q", '"1.2"'),
        ("%x", "312e32"),
        ("%T", "*semver.Version"),
        ("%d", "&{1 %!d(string=rc) 0}"),
        ("%+d", "&{+1 %!d(string=rc) +0}"),
        ("%#v", '&semver.Version{major:0x1, pre:"rc", loc:(*time.Location)(nil)}'),
        ("%z", "&{%!z(uint64=1) %!z(string=rc) %!z(*time.Location=<nil>)}"),
        ("%w", "%!w(*semver.Version=&{1 rc <nil>})"),
    ],
)
def test_objects(directive, text):
    """String() serves the verbs of strings; the others see the fields."""
    assert sprintf(directive, [Version()]) == text


def test_objects_inside():
    """Inside lists and maps objects print by their String() too."""
    assert sprintf("%v %v", [[Version()], {"a": Version()}]) == "[1.2] map[a:1.2]"


def test_go_syntax():
    """%#v uses GoString() if there is one."""
    assert sprintf("%#v %v", [Instant(), Instant()]) == "time.Date(1) {}"


def test_named_numbers():
    """A named number has the verbs of numbers beside its String()."""
    assert sprintf("%v %s %d %05d %z", [Month(4)] * 5) == "April April 4 00004 %!z(time.Month=4)"


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ((), ""),
        ((1, 2, "a", "b", 3, 4), "1 2ab3 4"),
        (("a", 1, 2, "b"), "a1 2b"),
        ((None, None), "<nil> <nil>"),
        ((MISSING, True), "<nil> true"),
        (([1, "a"], {"b": None}), "[1 a] map[b:<nil>]"),
    ],
)
def test_print(values, text):
    """Print puts a space between operands of which neither is a string."""
    assert sprint(values) == text


def test_println():
    """Println puts spaces everywhere and ends the line."""
    assert sprintln((1, "a", None)) == "1 a <nil>\n"
    assert sprintln(()) == "\n"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a", "a"),
        (5, "5"),
        (Int(-5), "-5"),
        (Uint64(7), "7"),
        (True, "true"),
        (False, "false"),
        (1e6, "1e+06"),
        (MISSING, "<no value>"),
        (1j, "(0+1i)"),
        ([None], "[<nil>]"),
        (Version(), "1.2"),
    ],
)
def test_display(value, text):
    """An action prints like %v, and a missing value as such."""
    assert display(value) == text


@pytest.mark.parametrize(
    ("template", "args", "text"),
    [
        ("", (), ""),
        ("100%%", (), "100%"),
        ("%", (), "%!(NOVERB)"),
        ("%d", (), "%!d(MISSING)"),
        ("%!", (), "%!!(MISSING)"),
        ("a", (1, None), "a%!(EXTRA int64=1, <nil>)"),
        ("%[2]d %[1]d", (1, 2), "2 1"),
        ("%[2]d", (1, 2), "2"),
        ("%[3]d", (1, 2), "%!d(BADINDEX)"),
        ("%[0]d", (1,), "%!d(BADINDEX)"),
        ("%[x]d", (1,), "%!d(BADINDEX)"),
        ("%[]d", (1,), "%!d(BADINDEX)"),
        ("%[1d", (1,), "%!d(BADINDEX)"),
        ("%[", (1,), "%!(NOVERB)"),
        ("%[99999999999999999999]d", (1,), "%!d(BADINDEX)"),
        ("%[1000001]2d", (1,), "%!d(BADINDEX)"),
        ("%[1]2d", (1,), "%!d(BADINDEX)"),
        ("%[1].2d", (1,), "%!d(BADINDEX)"),
        ("%*d|", (5, 1), "    1|"),
        ("%*d|", (-5, 1), "1    |"),
        ("%0*d|", (-5, 1), "1    |"),
        ("%*d", ("a", 1), "%!(BADWIDTH)1"),
        ("%*d", (True, 1), "%!(BADWIDTH)1"),
        ("%c%c", (0x10FFFF, 0x110000), "\U0010ffff\ufffd"),
        ("%aa|%zz", (1, 2), "%!a(int64=1)a|%!z(int64=2)z"),
        ("%[1000000]d|%[10000000]d", (1,), "%!d(BADINDEX)|%!d(BADINDEX)"),
        ("%10000019d", (1,), "%!(NOVERB)%!(EXTRA int64=1)"),
        ("%*d", (1000001, 1), "%!(BADWIDTH)1"),
        ("%*d", (), "%!(BADWIDTH)%!d(MISSING)"),
        ("%.*f", (1, 2.55), "2.5"),
        ("%.*f", (-1, 2.5), "%!(BADPREC)2.500000"),
        ("%.*f", ("x", 2.5), "%!(BADPREC)2.500000"),
        ("%[2]*[1]d|", (1, 3), "  1|"),
        ("%.[2]*[1]f", (1.0, 2), "1.00"),
        ("%99999999d", (1,), "%!(NOVERB)%!(EXTRA int64=1)"),
        ("%.f", (2.5,), "2"),
        ("%é", (1,), "%!é(int64=1)"),
        ("%\udcff", (1,), "%!\ufffd(int64=1)"),
        ("%s%s", ("\udcc3", "\udca9"), "é"),
    ],
)
def test_directives(template, args, text):
    """Directives choose arguments, width and precision as Go's do."""
    assert sprintf(template, args) == text


def test_large_values_are_charged():
    """Padding, long strings and deep values run into the limits."""
    small = Limits(steps=50, size=10_000, value_depth=3)
    for template, value in (
        ("%20000d", 1),
        ("%.20000d", 1),
        ("%.20000f", 1.0),
        ("%.20000U", 1),
        ("%s", "x" * 20000),
        ("%q", "\n" * 3000),
        ("%v", [[[[[1]]]]]),
        ("%v", {"a": {"a": {"a": {"a": {"a": 1}}}}}),
        ("%v", [1] * 60),
    ):
        with pytest.raises(LimitError):
            sprintf(template, [value], Meter(small))
    assert sprintf("%v", [[[[1]]]], Meter(small)) == "[[[1]]]"


def test_the_widest_that_go_reads_is_a_matter_of_limits():
    """It looks for overflow before each digit: eight digits may pass, and would fill 10 MB here."""
    with pytest.raises(LimitError):
        sprintf("%10000009d", [1], Meter(Limits()))
    assert sprintf("%10000010d", [1], Meter(Limits())) == "%!(NOVERB)%!(EXTRA int64=1)"
