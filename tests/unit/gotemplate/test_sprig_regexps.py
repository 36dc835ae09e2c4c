"""Regular expressions, against Go's own answers."""

# ruff: noqa: E501 - the texts are as long as Go writes them

import pytest

from tests.fakes.gotemplate import goanswers


@pytest.mark.parametrize(
    ("expression", "output"),
    [
        ('regexMatch "a+" "baab"', "true"),
        ('regexMatch "^b" "ab"', "false"),
        ('regexMatch "(" "("', "false"),
        ('regexMatch "." "\\xff"', "true"),
        ('regexMatch "\\\\C" "a"', "false"),
        ('regexMatch "\\\\Q\\\\C\\\\E" "\\\\C"', "true"),
        ('mustRegexMatch "b" "abc"', "true"),
        ('regexFind "[a-c]+" "xxabcdabc"', "abc"),
        ('regexFind "z" "abc" | quote', '""'),
        ('regexFind "." "é"', "é"),
        ('regexFind ".." "a\\xffb"', "a\udcff"),
        ('mustRegexFind "a|b" "b"', "b"),
    ],
)
def test_matching(expression, output):
    """Matching finds the leftmost match; a bad expression matches nothing."""
    assert goanswers.rendered(expression) == output


@pytest.mark.parametrize(
    ("expression", "output"),
    [
        ('regexFindAll "a" "banana" -1', "[a a a]"),
        ('regexFindAll "a" "banana" 2', "[a a]"),
        ('regexFindAll "a" "banana" 0 | toJson', "null"),
        ('regexFindAll "z" "banana" -1 | toJson', "null"),
        ('regexFindAll "a*" "baac" -1 | toJson', '["","aa",""]'),
        ('regexFindAll "" "aé日\\xff" -1 | len', "5"),
        ('regexFindAll "[^a]" "a\\xe9\\xffé" -1 | len', "3"),
        ('mustRegexFindAll "\\\\d+" "1 22 333" -1', "[1 22 333]"),
    ],
)
def test_finding_all(expression, output):
    """An empty match is not taken where the match before ended."""
    assert goanswers.rendered(expression) == output


@pytest.mark.parametrize(
    ("expression", "output"),
    [
        ('regexReplaceAll "a(x*)b" "-ab-axxb-" "${1}W"', "-W-xxW-"),
        ('regexReplaceAll "a(x*)b" "-ab-axxb-" "$1W"', "---"),
        (
            'regexReplaceAll "(?P<n>l+)" "hello" "[$n|${n}|$$|$|${|$zz|$1|$2]"',
            "he[ll|ll|$|$|${||ll|]o",
        ),
        ('regexReplaceAll "(a)(b)?" "ac" "<$2$0$01>"', "<a>c"),
        ('regexReplaceAll "" "aé" "-"', "-a-é-"),
        ('regexReplaceAll "a*" "baac" "x"', "xbxcx"),
        ('regexReplaceAll "é" "\\xffé\\xfe" "e"', "\udcffe\udcfe"),
        ('regexReplaceAll "." "\\xff" "x"', "x"),
        ('regexReplaceAll "b" "abc" "$123456789"', "ac"),
        ('regexReplaceAllLiteral "a" "banana" "$0"', "b$0n$0n$0"),
        ('mustRegexReplaceAll "a" "b" "c"', "b"),
        ('mustRegexReplaceAllLiteral "a" "ab" "c"', "cb"),
    ],
)
def test_replacing(expression, output):
    """Replacements know groups by number and name."""
    assert goanswers.rendered(expression) == output


@pytest.mark.parametrize(
    ("expression", "output"),
    [
        ('regexSplit "," "a,b,c" -1 | toJson', '["a","b","c"]'),
        ('regexSplit "," "a,b,c" 2 | toJson', '["a","b,c"]'),
        ('regexSplit "," "a,b,c" 0 | toJson', "null"),
        ('regexSplit "," "" -1 | toJson', '[""]'),
        ('regexSplit "" "" -1 | toJson', "[]"),
        ('regexSplit "" "abc" -1 | toJson', '["a","b","c"]'),
        ('regexSplit "" "abc" 2 | toJson', '["a","bc"]'),
        ('regexSplit "b*" "abbc" -1 | toJson', '["a","c"]'),
        ('regexSplit "c" "abc" -1 | toJson', '["ab",""]'),
        ('mustRegexSplit "\\\\s+" "a  b" -1 | toJson', '["a","b"]'),
        ('regexQuoteMeta "a.b*c[é]-\\\\"', "a\\.b\\*c\\[é\\]-\\\\"),
    ],
)
def test_splitting(expression, output):
    """Splitting follows Go about empty texts and limits."""
    assert goanswers.rendered(expression) == output


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        (
            'mustRegexFind "(" ""',
            "error calling mustRegexFind: error parsing regexp: missing closing ): `(`",
        ),
        (
            'mustRegexFind ")" ""',
            "error calling mustRegexFind: error parsing regexp: unexpected ): `)`",
        ),
        (
            'mustRegexFind "a(b)c)" ""',
            "error calling mustRegexFind: error parsing regexp: unexpected ): `a(b)c)`",
        ),
        (
            'mustRegexFind "[a" ""',
            "error calling mustRegexFind: error parsing regexp: missing closing ]: `[a`",
        ),
        (
            'mustRegexFind "a**" ""',
            "error calling mustRegexFind: error parsing regexp: invalid nested repetition operator: `**`",
        ),
        (
            'mustRegexFind "*a" ""',
            "error calling mustRegexFind: error parsing regexp: missing argument to repetition operator: `*`",
        ),
        (
            'mustRegexFind "a{1001}" ""',
            "error calling mustRegexFind: error parsing regexp: invalid repeat count: `{1001}`",
        ),
        (
            'mustRegexFind "\\\\8" ""',
            "error calling mustRegexFind: error parsing regexp: invalid escape sequence: `\\8`",
        ),
        (
            'mustRegexFind "\\\\" ""',
            "error calling mustRegexFind: error parsing regexp: trailing backslash at end of expression: ``",
        ),
        (
            'mustRegexFind "(?P<n" ""',
            "error calling mustRegexFind: error parsing regexp: invalid named capture: `(?P<n`",
        ),
        (
            'mustRegexFind "[z-a]" ""',
            "error calling mustRegexFind: error parsing regexp: invalid character class range: `z-a`",
        ),
        (
            'mustRegexFind "(?!a)" ""',
            "error calling mustRegexFind: error parsing regexp: invalid or unsupported Perl syntax: `(?!`",
        ),
        (
            'mustRegexFind "(?<=a)" ""',
            "error calling mustRegexFind: error parsing regexp: invalid named capture: `(?<=a)`",
        ),
        (
            'mustRegexFind "b(?<=a>c)" ""',
            "error calling mustRegexFind: error parsing regexp: invalid named capture: `(?<=a>`",
        ),
        (
            'mustRegexFind "\\\\C" ""',
            "error calling mustRegexFind: error parsing regexp: invalid escape sequence: `\\C`",
        ),
        (
            'mustRegexFind "x{2,1}" ""',
            "error calling mustRegexFind: error parsing regexp: invalid repeat count: `{2,1}`",
        ),
        (
            'regexFind "(" ""',
            "error calling regexFind: regexp: Compile(`(`): error parsing regexp: missing closing ): `(`",
        ),
        (
            'regexFind "(\\n" ""',
            'error calling regexFind: regexp: Compile("(\\n"): error parsing regexp: missing closing ): `(\n`',
        ),
        (
            'regexFindAll "[" "" -1',
            "error calling regexFindAll: regexp: Compile(`[`): error parsing regexp: missing closing ]: `[`",
        ),
        (
            'regexReplaceAll "(" "" ""',
            "error calling regexReplaceAll: regexp: Compile(`(`): error parsing regexp: missing closing ): `(`",
        ),
        (
            'regexReplaceAllLiteral "(" "" ""',
            "error calling regexReplaceAllLiteral: regexp: Compile(`(`): error parsing regexp: missing closing ): `(`",
        ),
        (
            'regexSplit "(" "" -1',
            "error calling regexSplit: regexp: Compile(`(`): error parsing regexp: missing closing ): `(`",
        ),
        (
            'mustRegexFind "a?{2,1}" ""',
            "error calling mustRegexFind: error parsing regexp: invalid repeat count: `{2,1}`",
        ),
        (
            'mustRegexFind "a{2}{3}" ""',
            "error calling mustRegexFind: error parsing regexp: invalid nested repetition operator: `{2}{3}`",
        ),
        (
            'mustRegexFind "{2,1}?" ""',
            "error calling mustRegexFind: error parsing regexp: invalid repeat count: `{2,1}`",
        ),
        (
            'mustRegexFind "(?:a{1001})" ""',
            "error calling mustRegexFind: error parsing regexp: invalid repeat count: `{1001}`",
        ),
        (
            'mustRegexFind "a{1,6854775807}" ""',
            "error calling mustRegexFind: error parsing regexp: invalid repeat count: `{1,6854775807}`",
        ),
        (
            'mustRegexFind "(?<" ""',
            "error calling mustRegexFind: error parsing regexp: invalid or unsupported Perl syntax: `(?<`",
        ),
        (
            'mustRegexFind "(?<e>" ""',
            "error calling mustRegexFind: error parsing regexp: missing closing ): `(?<e>`",
        ),
        (
            'mustRegexFind "ab\\xffc" ""',
            "error calling mustRegexFind: error parsing regexp: invalid UTF-8: `\udcffc`",
        ),
        (
            'mustRegexMatch "(" ""',
            "error calling mustRegexMatch: error parsing regexp: missing closing ): `(`",
        ),
        (
            'mustRegexSplit "(" "" -1',
            "error calling mustRegexSplit: error parsing regexp: missing closing ): `(`",
        ),
    ],
)
def test_compiling_fails(expression, message):
    """Errors of compiling are worded like Go, with a prefix where Go panics."""
    assert goanswers.failure(expression).endswith(f": {message}")


@pytest.mark.parametrize(
    ("expression", "output"),
    [
        ('mustRegexMatch "\\\\B" "aéa"', "false"),
        ('regexFindAll "\\\\B" "é日é" -1 | len', "4"),
        ('regexReplaceAll "\\\\B" "aéb日c" "-"', "aéb日c"),
        ('regexSplit "\\\\B" "Zé" -1', "[Zé]"),
    ],
)
def test_no_match_inside_of_a_character(expression, output):
    """Where no word ends is looked for between characters only."""
    assert goanswers.rendered(expression) == output


@pytest.mark.parametrize(
    "expression",
    [
        'mustRegexMatch "[{6854775807}]" "6"',
        'mustRegexMatch "[]{6854775807}]" "]"',
        'mustRegexMatch "[[:alpha:]{6854775807}]" "a"',
        'mustRegexMatch "a{01234567890}" "a{01234567890}"',
        'mustRegexMatch "\\\\Qa{1234567890}" "a{1234567890}"',
        'mustRegexMatch "a\\\\{1234567890}" "a{1234567890}"',
    ],
)
def test_large_numbers_that_repeat_nothing(expression):
    """Braces are text in brackets, behind a backslash, or around a number with a leading zero."""
    assert goanswers.rendered(expression) == "true"


@pytest.mark.parametrize(
    ("pattern", "text", "template", "output"),
    [
        ("(?<name>)??(?<name>a)", "a", "$name", "a"),
        ("(?<n>a)|(?P<n>b)|(x)", "abcx", "<$n$3>", "<a><b>c<x>"),
        ("[(](?<n>b)|[]](?:c)(?<n>d)", "(b]cd", "<$n$2>", "<b><dd>"),
        (r"\\Q(?<n>\\E(?<n>a)", "(?<n>a", "<$n>", "<a>"),
    ],
)
def test_groups_of_one_name(pattern, text, template, output):
    """A name stands for the first of its groups that matched."""
    expression = f'regexReplaceAll "{pattern}" "{text}" "{template}"'
    assert goanswers.rendered(expression) == output


def test_names_of_groups_are_ascii():
    """Go refuses letters in names of groups that RE2 takes."""
    message = goanswers.failure('mustRegexMatch "(?<é>a)" "a"')
    assert message.endswith("error parsing regexp: invalid named capture: `(?<é>`")
    assert goanswers.rendered('mustRegexMatch "[(?<é>]a" "éa"') == "true"
