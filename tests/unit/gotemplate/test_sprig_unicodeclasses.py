"""Names of classes in expressions; what they match was compared with Go."""

import pytest

from clusterimport.gotemplate.sprig.unicodeclasses import renamed
from tests.fakes.gotemplate import goanswers


@pytest.mark.parametrize(
    ("pattern", "written"),
    [
        (r"\p{Greek}", r"\p{Greek}"),
        (r"\p{greek }\P{^GRE-EK}", r"\p{Greek}\P{^Greek}"),
        (r"\p{lu}", r"\p{Lu}"),
        (r"\p{Letter}[\P{lowercase_letter}]", r"\p{L}[\P{Ll}]"),
        (r"\p{oldpersian}\p{signwriting}", r"\p{Old_Persian}\p{SignWriting}"),
        (r"\p{nothing}\p{}\p{é}", r"\p{nothing}\p{}\p{é}"),
        (r"\pL\p{Greek", r"\pL\p{Greek"),
        (r"\p{any}[\p{ANY}]", r"[\x00-\x{10FFFF}][\x00-\x{10FFFF}]"),
        (r"\p{ascii}\P{ascii}", r"[\x00-\x7F][^\x00-\x7F]"),
        (r"[]\p{ascii}][^\P{ascii}]", r"[]\x00-\x7F][^\x{80}-\x{10FFFF}]"),
        (r"\p{^LC}", r"[^\p{Lu}\p{Ll}\p{Lt}]"),
        (r"[[:alpha:]\p{lc}]", r"[[:alpha:]\p{Lu}\p{Ll}\p{Lt}]"),
        (r"[\P{lc}]", r"[\P{lc}]"),
        (r"\[\p{lc}", r"\[[\p{Lu}\p{Ll}\p{Lt}]"),
        (r"\Q\p{lc}\E\p{l}", r"\Q\p{lc}\E\p{L}"),
    ],
)
def test_names(pattern, written):
    """Names are folded as Go folds them; what nobody knows stays as it is."""
    assert renamed(pattern.encode()) == written.encode()


def test_matching():
    """Go's names match what they say."""
    expression = 'regexFindAll "\\\\p{letter}|\\\\p{Decimal_Number}" "aΩ-1 日" -1 | join "|"'
    assert goanswers.rendered(expression) == "a|Ω|1|日"
