"""What a template has printed: values that are missing, and the lines it came from."""

import pytest

from clusterimport.engine.errors import DocumentError
from clusterimport.engine.output import place, without_missing
from tests.fakes.engine.printing import Printed, output


def test_missing_values_print_nothing():
    """A whole `<no value>` is taken out, and the places after it stay right."""
    printed = without_missing(
        output(["a: '", Printed("<no value>"), "'\nb: ", Printed("x"), "<", "\nc: d"])
    )

    assert printed.text == "a: ''\nb: x<\nc: d"
    first, second = printed.spans
    assert (first.start, first.end) == (4, 4)
    assert printed.text[second.start : second.end] == "x"


@pytest.mark.parametrize(
    "pieces",
    [
        ["a: ", Printed("<no "), Printed("value>")],
        ["a: <no", Printed("<no value>"), " value>"],
        ["a: ", Printed("x<no value>y")],
        ["a: ", Printed("<no <no value>value>")],
        ["a: <no value>"],
    ],
)
def test_no_value_cannot_be_put_together(pieces):
    """The text for a missing value never survives in a document."""
    with pytest.raises(DocumentError, match="<no value>"):
        without_missing(output(pieces))


def test_places_are_lines_of_the_template():
    """An error names the template's line, in loops and after multi-line values as well."""
    printed = output(
        ["a: |\n  ", Printed("1\n  2\n  3"), "\nb: x\nc: ", Printed("y"), "\n", "d: z\n"]
    )

    assert place(printed, printed.text.index("2")) == (2, 3)
    assert place(printed, printed.text.index("b:")) == (3, 1)
    assert place(printed, printed.text.index("y")) == (4, 4)
    assert place(printed, printed.text.index("z")) == (5, 1)
    assert place(printed, len(printed.text)) == (4, 4)
    looped = printed._replace(template="d: z\nb: x\n")
    assert place(looped, printed.text.index("z")) == (1, 1)
    assert place(output(["a"]), 1) == (1, 1)
