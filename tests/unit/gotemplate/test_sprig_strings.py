"""The string family, against Go's own answers."""

import pytest

from tests.fakes.gotemplate import goanswers


@pytest.mark.parametrize(
    ("expression", "output"),
    [
        ('upper "straße"', "STRAßE"),
        ('upper "éa\\xffz"', "ÉA�Z"),
        ('upper "ᾳ"', "ᾼ"),
        ('lower "İX"', "ix"),
        ('lower "ΑΒΣ"', "αβσ"),
        ('lower "\\u1c89a"', "\u1c8aa"),
        ('upper "\\u1c8a"', "\u1c89"),
        ('upper "\\U00010d70"', "\U00010d50"),
        ('lower "\\U00016ea0"', "\U00016ebb"),
        ('upper "abc" | lower', "abc"),
        ('lower "ÀÉ"', "àé"),
        ('upper "àé"', "ÀÉ"),
        ('lower "Á\\xff"', "á�"),
    ],
)
def test_case(expression, output):
    """Upper and lower map rune by rune, whatever the alphabet."""
    assert goanswers.rendered(expression) == output


@pytest.mark.parametrize(
    ("expression", "output"),
    [
        ('title "it\'s a-b c_d 1x"', "It'S A-B C_d 1x"),
        ('title "ǆa ßx é\\u00a0é"', "ǅa ßx É\xa0É"),
        ('title "\\u0264x"', "\ua7cbx"),
        ('untitle "Hello World A"', "hello world a"),
        ('untitle "É"', "é"),
        ('swapcase "Hello wORLD ǅx 1a"', "hELLO World ǆX 1A"),
        ('swapcase ""', ""),
        ('swapcase "a\\u1c89"', "A\u1c8a"),
        ('camelcase "some_words"', "SomeWords"),
        ('camelcase "_a__b c"', "_A_BC"),
        ('camelcase "__"', "___"),
        ('camelcase ""', ""),
        ('camelcase "a\\xff_b"', "A�B"),
        ('snakecase "HTTPServer2xx"', "http_server_2xx"),
        ('snakecase "Bld4Floor3rd"', "bld4_floor_3rd"),
        ('snakecase "GO PATH-x"', "go_path_x"),
        ('snakecase ""', ""),
        ('snakecase "HTTP20xOK"', "http_20x_ok"),
        ('snakecase "a1_b2"', "a1_b2"),
        ('snakecase "x9"', "x9"),
        ('snakecase "2m_X.Y"', "2m__x.y"),
        ('snakecase "a.b,C"', "a.b,c"),
        ('snakecase "日本X"', "日本_x"),
        ('snakecase "a\\xffB"', "a_�b"),
        ('snakecase "\\xff\\xfe"', "\udcff\udcfe"),
        ('snakecase "A"', "a"),
        ('snakecase "aB2-3c"', "a_b2_3c"),
        ('snakecase "Ab2日c"', "ab2_日_c"),
        ('snakecase "a2B3"', "a2_b3"),
        ('snakecase "NoHTTPS"', "no_https"),
        ('snakecase "ABCDef"', "abc_def"),
        ('snakecase "+=Ab"', "+=_ab"),
        ('kebabcase "NoHTTPS"', "no-https"),
        ('kebabcase "Duration2m3s"', "duration-2m3s"),
        ('kebabcase "_Complex__Case_"', "-complex--case-"),
        ('kebabcase "a \\t b"', "a---b"),
        ('kebabcase "12ab34"', "12ab34"),
        ('kebabcase "12+ab"', "12-+-ab"),
        ('kebabcase "é2É"', "é2-é"),
    ],
)
def test_words(expression, output):
    """Title, untitle and swapcase look at the start of words."""
    assert goanswers.rendered(expression) == output


@pytest.mark.parametrize(
    ("expression", "output"),
    [
        ('trim "\\u00a0 \\t a b \\u2003\\n"', "a b"),
        ('trim "\\x1ca"', "\x1ca"),
        ('trimAll "-a" "a-b-a"', "b"),
        ('trimAll "" " a"', " a"),
        ('trimall "x" "xxyxx"', "y"),
        ('trimPrefix "ab" "abab"', "ab"),
        ('trimPrefix "\\xc3" "é"', "\udca9"),
        ('trimSuffix "ab" "abab"', "ab"),
        ('trimSuffix "\\xa9" "é"', "\udcc3"),
    ],
)
def test_trimming(expression, output):
    """Trimming takes Unicode space, a set of runes, or one prefix or suffix."""
    assert goanswers.rendered(expression) == output


@pytest.mark.parametrize(
    ("expression", "output"),
    [
        ('contains "ell" "hello"', "true"),
        ('contains "\\xc3" "é"', "true"),
        ('contains "z" "é"', "false"),
        ('hasPrefix "he" "hello"', "true"),
        ('hasPrefix "\\xc3" "é"', "true"),
        ('hasSuffix "lo" "hello"', "true"),
        ('hasSuffix "\\xa9" "é"', "true"),
    ],
)
def test_searching(expression, output):
    """Searching compares bytes."""
    assert goanswers.rendered(expression) == output


@pytest.mark.parametrize(
    ("expression", "output"),
    [
        ('repeat 3 "ab"', "ababab"),
        ('repeat 0 "ab"', ""),
        ('repeat 2 "\\xc3\\xa9"', "éé"),
        ('replace "a" "bb" "banana"', "bbbnbbnbb"),
        ('replace "" "-" "aé"', "-a-é-"),
        ('replace "\\xc3" "x" "é"', "x\udca9"),
        ('replace "x" "\\xa9" "\\xc3x"', "é"),
        ('replace "" "" "a"', "a"),
        ('indent 2 "a\\n\\nb"', "  a\n  \n  b"),
        ('nindent 3 "a\\nb"', "\n   a\n   b"),
        ('indent 0 "a"', "a"),
    ],
)
def test_growing(expression, output):
    """Repeat, replace and indent make texts longer."""
    assert goanswers.rendered(expression) == output


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ('repeat -1 "a"', "error calling repeat: strings: negative Repeat count"),
        ('indent -1 "a"', "error calling indent: strings: negative Repeat count"),
        ('nindent -2 "a"', "error calling nindent: strings: negative Repeat count"),
    ],
)
def test_negative_counts_fails(expression, message):
    """A negative count is a panic in Go."""
    assert goanswers.failure(expression).endswith(f": {message}")


@pytest.mark.parametrize(
    ("expression", "output"),
    [
        ('quote "a\\"b" 1 nil .missing 2.5 "é\\u00a0\\x7f"', '"a\\"b" "1" "2.5" "é\\u00a0\\x7f"'),
        ("quote .list .m", '"[1 2 3]" "map[a:1 b:two]"'),
        ('quote (semver "1.2.3")', '"1.2.3"'),
        ('squote "it\'s" nil 5', "'it's' '5'"),
        ("squote", ""),
        ('cat "a" nil 1 .list .missing', "a 1 [1 2 3]"),
        ("cat", ""),
    ],
)
def test_quoting(expression, output):
    """Quoting drops nil and joins with spaces."""
    assert goanswers.rendered(expression) == output


@pytest.mark.parametrize(
    ("expression", "output"),
    [
        ("toString .mixed", "[1 two 3.5 true <nil> map[k:v]]"),
        ("toString 1e6", "1e+06"),
        ("toStrings .mixed | toJson", '["1","two","3.5","true","map[k:v]"]'),
        ("toStrings nil | toJson", "[]"),
        ("toStrings 5", "[5]"),
        ('toStrings (splitList "," "b,a")', "[b a]"),
        ('join "-" .mixed', "1-two-3.5-true-map[k:v]"),
        ('join "," nil', ""),
        ('join "," 5', "5"),
        ('join "," (until 3)', "0,1,2"),
        ('join "" (list "\\xc3" "\\xa9")', "é"),
        ('plural "one" "many" 1', "one"),
        ('plural "one" "many" 2', "many"),
    ],
)
def test_strings_of_values(expression, output):
    """Texts are made of values as fmt makes them, nil elements dropped."""
    assert goanswers.rendered(expression) == output


@pytest.mark.parametrize(
    ("expression", "output"),
    [
        ("sortAlpha .strs", "[apple banana]"),
        ('sortAlpha (list "é" "z" "\\xff" "a")', "[a z é \udcff]"),
        ("sortAlpha 5", "[5]"),
        ("sortAlpha nil", "[<nil>]"),
        ('{{ $x := splitList "," "b,a" }}{{ $y := sortAlpha $x }}{{ $x }}', "[a b]"),
        ("sortAlpha .list | typeOf", "[]string"),
    ],
)
def test_sorting(expression, output):
    """Sorting goes by bytes and sorts a list of strings in place."""
    assert goanswers.rendered(expression) == output


@pytest.mark.parametrize(
    ("expression", "output"),
    [
        ('splitList "," "a,b,,c" | toJson', '["a","b","","c"]'),
        ('splitList "" "aé\\xff" | toJson', '["a","é","�"]'),
        ('splitList "" "" | toJson', "[]"),
        ('splitList "," "" | toJson', '[""]'),
        ('splitList "\\xa9" "é" | len', "2"),
        ('split "," "a,b"', "map[_0:a _1:b]"),
        ('splitn "," 2 "a,b,c"', "map[_0:a _1:b,c]"),
        ('splitn "," 0 "a,b,c"', "map[]"),
        ('splitn "," -1 "a,b,c"', "map[_0:a _1:b _2:c]"),
        ('splitn "" 2 "abc"', "map[_0:a _1:bc]"),
        ('splitn "" 9 "ab"', "map[_0:a _1:b]"),
        ('splitn "" 2 ""', "map[]"),
        ('splitn "abc" 2 "b"', "map[_0:b]"),
    ],
)
def test_splitting(expression, output):
    """Splitting gives a list, or a map with numbered keys."""
    assert goanswers.rendered(expression) == output
