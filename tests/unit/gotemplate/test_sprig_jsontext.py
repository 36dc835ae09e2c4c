"""The JSON family, against Go's own answers."""

# ruff: noqa: E501 - the texts are as long as Go writes them

import pytest

from tests.fakes.gotemplate import goanswers


@pytest.mark.parametrize(
    ("expression", "output"),
    [
        ("toJson .mixed", '[1,"two",3.5,true,null,{"k":"v"}]'),
        ('toJson (dict "b" 1 "a" nil "<" "&")', '{"\\u003c":"\\u0026","a":null,"b":1}'),
        ('toRawJson (dict "<a>" "&\\u2028")', '{"<a>":"&\\u2028"}'),
        (
            'toJson "\\x01\\b\\v\\f\\n\\r\\t\\x7f\\u2028\\u2029<>&é\\"\\\\/"',
            '"\\u0001\\b\\u000b\\f\\n\\r\\t\x7f\\u2028\\u2029\\u003c\\u003e\\u0026é\\"\\\\/"',
        ),
        (
            'toJson (list (list) (dict) (rest (list)) (until 2) (split "," "a"))',
            '[[],{},null,[0,1],{"_0":"a"}]',
        ),
        ('toJson (unset .missing "a")', "null"),
        ("toJson 1e-7", "1e-7"),
        ("toJson 1e-6", "0.000001"),
        ("toJson 1e20", "100000000000000000000"),
        ("toJson 1e21", "1e+21"),
        ("toJson 1e100", "1e+100"),
        ("toJson 123456.789", "123456.789"),
        ('toJson "-0" ', '"-0"'),
        ('toJson (float64 "-0")', "-0"),
        ("toJson true", "true"),
        ('toJson (float64 "nan") | quote', '""'),
        ('toPrettyJson (float64 "nan") | quote', '""'),
        (
            'toPrettyJson (dict "a" (list 1 (dict)) "b" (list) "c" nil)',
            '{\n  "a": [\n    1,\n    {}\n  ],\n  "b": [],\n  "c": null\n}',
        ),
        ("toPrettyJson (list)", "[]"),
        ("mustToPrettyJson 5", "5"),
        ("mustToJson .m", '{"a":1,"b":"two"}'),
        ('mustToRawJson "<"', '"<"'),
        ('toJson (semver "v1.2")', '"1.2.0"'),
        (
            'toJson (toDate "2006-01-02 15:04:05.999 -0700" "2020-01-01 01:02:03.4500 +0530")',
            '"2020-01-01T01:02:03.45+05:30"',
        ),
        ('toJson (toDate "2006-01-02" "2020-01-01")', '"2020-01-01T00:00:00Z"'),
        ('toJson (toDate "2006" "2020").Location', "{}"),
        ('toJson (toDate "2006" "2020").Month', "1"),
        ('toJson (index "a" 0)', "97"),
    ],
)
def test_encoding(expression, output):
    """Encoding sorts keys, escapes for HTML and tells nil from empty."""
    assert goanswers.rendered(expression) == output


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ('mustToJson (float64 "nan")', "error calling mustToJson: json: unsupported value: NaN"),
        ("mustToJson 1i", "error calling mustToJson: json: unsupported type: complex128"),
        (
            'toRawJson (list (float64 "-inf"))',
            "error calling toRawJson: json: unsupported value: -Inf",
        ),
        (
            'mustToPrettyJson (dict "a" (float64 "inf"))',
            "error calling mustToPrettyJson: json: unsupported value: +Inf",
        ),
        (
            'mustToJson ((toDate "2006-01-02" "9999-12-31").AddDate 0 0 1)',
            "error calling mustToJson: json: error calling MarshalJSON for type *time.Time: year outside of range [0,9999]",
        ),
        (
            'mustToJson (toDate "2006-01-02 -07" "2020-01-01 +24")',
            "error calling mustToJson: json: error calling MarshalJSON for type *time.Time: timezone hour outside of range [0,23]",
        ),
    ],
)
def test_encoding_fails(expression, message):
    """What JSON cannot hold fails."""
    assert goanswers.failure(expression).endswith(f": {message}")


@pytest.mark.parametrize(
    ("expression", "output"),
    [
        ('fromJson "{\\"a\\":1,\\"a\\":2.5}"', "map[a:2.5]"),
        ('fromJson " [1, -0, 1e2, true, null, \\"x\\"] " | toJson', '[1,-0,100,true,null,"x"]'),
        ('fromJson "1000000"', "1e+06"),
        ('typeOf (fromJson "1")', "float64"),
        ('fromJson "[1,\\"\\\\ud800\\"]"', "[1 �]"),
        ('fromJson "\\"\\\\ud800x\\\\ud83d\\\\ude00\\""', "�x😀"),
        ('fromJson "{\\"\\\\udc80\\":[\\"\\\\udc80\\"]}"', "map[�:[�]]"),
        ('fromJson "\\"\\\\\\\\ud800\\""', "\\ud800"),
        ('fromJson "[1" | toJson', "null"),
        ('fromJson "NaN" | toJson', "null"),
        ('mustFromJson "{}"', "map[]"),
    ],
)
def test_decoding(expression, output):
    """Decoding makes every number a float and the last of equal keys win."""
    assert goanswers.rendered(expression) == output


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ('mustFromJson ""', "error calling mustFromJson: unexpected end of JSON input"),
        ('mustFromJson " "', "error calling mustFromJson: unexpected end of JSON input"),
        ('mustFromJson "{"', "error calling mustFromJson: unexpected end of JSON input"),
        (
            'mustFromJson "[1,]"',
            "error calling mustFromJson: invalid character ']' looking for beginning of value",
        ),
        ('mustFromJson "[1,2"', "error calling mustFromJson: unexpected end of JSON input"),
        (
            'mustFromJson "[1 2]"',
            "error calling mustFromJson: invalid character '2' after array element",
        ),
        (
            'mustFromJson "{\\"a\\" 1}"',
            "error calling mustFromJson: invalid character '1' after object key",
        ),
        (
            'mustFromJson "{\\"a\\":1,}"',
            "error calling mustFromJson: invalid character '}' looking for beginning of object key string",
        ),
        (
            'mustFromJson "{\\"a\\":1 \\"b\\":2}"',
            "error calling mustFromJson: invalid character '\"' after object key:value pair",
        ),
        (
            'mustFromJson "{\\"a\\":[{\\"b\\":2}]]"',
            "error calling mustFromJson: invalid character ']' after object key:value pair",
        ),
        (
            'mustFromJson "{a:1}"',
            "error calling mustFromJson: invalid character 'a' looking for beginning of object key string",
        ),
        ('mustFromJson "{\\"a\\""', "error calling mustFromJson: unexpected end of JSON input"),
        ('mustFromJson "tru"', "error calling mustFromJson: unexpected end of JSON input"),
        (
            'mustFromJson "trux"',
            "error calling mustFromJson: invalid character 'x' in literal true (expecting 'e')",
        ),
        (
            'mustFromJson "1 2"',
            "error calling mustFromJson: invalid character '2' after top-level value",
        ),
        (
            'mustFromJson "01"',
            "error calling mustFromJson: invalid character '1' after top-level value",
        ),
        ('mustFromJson "-"', "error calling mustFromJson: unexpected end of JSON input"),
        (
            'mustFromJson "-x"',
            "error calling mustFromJson: invalid character 'x' in numeric literal",
        ),
        (
            'mustFromJson "1.x"',
            "error calling mustFromJson: invalid character 'x' in numeric literal",
        ),
        (
            'mustFromJson "1ex"',
            "error calling mustFromJson: invalid character 'x' in numeric literal",
        ),
        ('mustFromJson "1e+"', "error calling mustFromJson: unexpected end of JSON input"),
        (
            'mustFromJson "0.5.1"',
            "error calling mustFromJson: invalid character '.' after top-level value",
        ),
        ('mustFromJson "\\"a"', "error calling mustFromJson: unexpected end of JSON input"),
        (
            'mustFromJson "\\"a\\nb\\""',
            "error calling mustFromJson: invalid character '\\n' in string",
        ),
        (
            'mustFromJson "\\"\\\\x\\""',
            "error calling mustFromJson: invalid escape sequence `\\x` in string",
        ),
        (
            'mustFromJson "\\"\\\\`\\""',
            'error calling mustFromJson: invalid escape sequence "\\\\`" in string',
        ),
        (
            'mustFromJson "\\"\\\\u12g4\\""',
            "error calling mustFromJson: invalid escape sequence `\\u12g4` in string",
        ),
        ('mustFromJson "\\"\\\\u12"', "error calling mustFromJson: unexpected end of JSON input"),
        ('mustFromJson "\\"\\\\"', "error calling mustFromJson: unexpected end of JSON input"),
        (
            'mustFromJson "é"',
            "error calling mustFromJson: invalid character 'é' looking for beginning of value",
        ),
        (
            "mustFromJson \"'a'\"",
            "error calling mustFromJson: invalid character '\\'' looking for beginning of value",
        ),
        (
            'mustFromJson "{\\"a\\":{},\\"b\\":[]} x"',
            "error calling mustFromJson: invalid character 'x' after top-level value",
        ),
        (
            'mustFromJson "[\\"\\\\n\\",}"',
            "error calling mustFromJson: invalid character '}' looking for beginning of value",
        ),
        (
            'mustFromJson "1e999"',
            "error calling mustFromJson: json: cannot unmarshal number 1e999 into Go value of type float64",
        ),
    ],
)
def test_decoding_fails(expression, message):
    """Errors of decoding are worded like Go 1.27."""
    assert goanswers.failure(expression).endswith(f": {message}")
