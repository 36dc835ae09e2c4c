"""Semantic versions and constraints, against Go's own answers."""

# ruff: noqa: E501 - the texts are as long as Go writes them

import pytest

from tests.fakes.gotemplate import goanswers


@pytest.mark.parametrize(
    ("expression", "output"),
    [
        ('semver "1.2.3"', "1.2.3"),
        ('semver "v1"', "1.0.0"),
        ('semver "1.2"', "1.2.0"),
        ('semver "01.2.3"', "1.2.3"),
        ('semver "1.2.3-rc.1+b.2"', "1.2.3-rc.1+b.2"),
        ('semver "1.2.3+5"', "1.2.3+5"),
        ('(semver "v1.2.3-rc.1+b").Original', "v1.2.3-rc.1+b"),
        ('(semver "1.2.3-rc.1+b").Prerelease', "rc.1"),
        ('(semver "1.2.3-rc.1+b").Metadata', "b"),
        ('(semver "1.2.3").String', "1.2.3"),
        ('typeOf (semver "1.2.3").Major', "uint64"),
        ('(semver "1.2.3").Minor', "2"),
        ('(semver "1.2.3").Patch', "3"),
        (
            'printf "%d %v %s %q" (semver "1.2.3-a") (semver "1.2.3") (semver "1.2") (semver "1")',
            '&{1 2 3 %!d(string=a) %!d(string=) %!d(string=1.2.3-a)} 1.2.3 1.2.0 "1.0.0"',
        ),
        (
            'printf "%#v" (semver "1.2.3").IncMajor',
            'semver.Version{major:0x2, minor:0x0, patch:0x0, pre:"", metadata:"", original:"2.0.0"}',
        ),
    ],
)
def test_parsing(expression, output):
    """Versions are completed and keep their original."""
    assert goanswers.rendered(expression) == output


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ('semver ""', "error calling semver: Invalid Semantic Version"),
        ('semver "a"', "error calling semver: Invalid Semantic Version"),
        ('semver "1.2.3.4"', "error calling semver: Invalid Semantic Version"),
        ('semver "1.2.3-01"', "error calling semver: Version segment starts with 0"),
        ('semver "1.2.3-a..b"', "error calling semver: Invalid Semantic Version"),
        (
            'semver "99999999999999999999.0.0"',
            'error calling semver: Error parsing version segment: strconv.ParseUint: parsing "99999999999999999999": value out of range',
        ),
        (
            '(semver "1.2.3").SetPrerelease "01"',
            "error calling SetPrerelease: Version segment starts with 0",
        ),
        (
            '(semver "1.2.3").SetPrerelease "é"',
            "error calling SetPrerelease: Invalid Prerelease string",
        ),
        ('(semver "1.2.3").SetMetadata "é"', "error calling SetMetadata: Invalid Metadata string"),
        (
            '(semver "1.2.3").Compare nil',
            "error calling Compare: runtime error: invalid memory address or nil pointer dereference",
        ),
        (
            '(semver "1.2.3").IncMajor.Original',
            "can't evaluate field Original in type semver.Version",
        ),
        ('(semver "1.2.3").major', "major is an unexported field of struct type *semver.Version"),
    ],
)
def test_parsing_fails(expression, message):
    """What is no version fails."""
    assert goanswers.failure(expression).endswith(f": {message}")


@pytest.mark.parametrize(
    ("expression", "output"),
    [
        ('(semver "v1.2.3-a+b").IncMajor', "2.0.0"),
        ('(semver "1.2.3").IncMinor', "1.3.0"),
        ('(semver "1.2.3").IncPatch', "1.2.4"),
        ('(semver "1.2.3-rc.1").IncPatch', "1.2.3"),
        ('(semver "v1.2.3").SetPrerelease "x.y"', "1.2.3-x.y"),
        ('(semver "v1.2.3").SetPrerelease ""', "1.2.3"),
        ('(semver "v1.2.3-a").SetMetadata "m"', "1.2.3-a+m"),
        (
            '{{ $v := (semver "v1.2.3").IncMajor }}{{ printf "%d" $v }}',
            "{2 0 0 %!d(string=) %!d(string=) %!d(string=v2.0.0)}",
        ),
        (
            '{{ $v := (semver "1.2.3").IncMajor }}{{ printf "%d" $v }}',
            "{2 0 0 %!d(string=) %!d(string=) %!d(string=2.0.0)}",
        ),
    ],
)
def test_changing(expression, output):
    """Incremented versions drop what no longer holds."""
    assert goanswers.rendered(expression) == output


@pytest.mark.parametrize(
    ("expression", "output"),
    [
        ('(semver "1.2.3").Compare (semver "1.2.4")', "-1"),
        ('(semver "1.3.0").Compare (semver "1.2.4")', "1"),
        ('(semver "1.2.3").Compare (semver "1.2.3+b")', "0"),
        ('(semver "1.2.3-a").Compare (semver "1.2.3")', "-1"),
        ('(semver "1.2.3").Compare (semver "1.2.3-a")', "1"),
        ('(semver "1.0.0-a").Compare (semver "1.0.0-a")', "0"),
        ('(semver "1.0.0-a").Compare (semver "1.0.0-a.1")', "-1"),
        ('(semver "1.0.0-a.1").Compare (semver "1.0.0-a")', "1"),
        ('(semver "1.0.0-a.9").Compare (semver "1.0.0-a.10")', "-1"),
        ('(semver "1.0.0-a.10").Compare (semver "1.0.0-a.9")', "1"),
        ('(semver "1.0.0-9").Compare (semver "1.0.0-a")', "-1"),
        ('(semver "1.0.0-a").Compare (semver "1.0.0-9")', "1"),
        ('(semver "1.0.0-b").Compare (semver "1.0.0-a")', "1"),
        ('(semver "1.0.0").Equal (semver "1")', "true"),
        ('(semver "1.0.0").LessThan (semver "2")', "true"),
        ('(semver "1.0.0").GreaterThan (semver "2")', "false"),
    ],
)
def test_ordering(expression, output):
    """Pre-releases come before releases, numbers before words."""
    assert goanswers.rendered(expression) == output


@pytest.mark.parametrize(
    ("expression", "output"),
    [
        ('semverCompare "1.2.3" "1.2.3"', "true"),
        ('semverCompare "1.2.3" "1.2.4"', "false"),
        ('semverCompare "=1.2" "1.2.9"', "true"),
        ('semverCompare "=1.2" "1.3.0"', "false"),
        ('semverCompare "1.x" "1.9.0"', "true"),
        ('semverCompare "1.x" "2.0.0"', "false"),
        ('semverCompare "*" "1.0.0"', "true"),
        ('semverCompare "*" "1.0.0-a"', "false"),
        ('semverCompare "!=1.2.3" "1.2.3"', "false"),
        ('semverCompare "!=1.2.3" "1.2.3-a"', "true"),
        ('semverCompare "!=1.2.3" "1.2.4"', "true"),
        ('semverCompare "!=1.2" "1.2.9"', "false"),
        ('semverCompare "!=1.2" "1.3.0"', "true"),
        ('semverCompare "!=1.2" "2.2.0"', "true"),
        ('semverCompare "!=1.2" "1.2.3-a"', "false"),
        ('semverCompare "!=1" "1.2.3"', "false"),
        ('semverCompare "!=1" "2.0.0"', "true"),
        ('semverCompare "!=x" "0.0.0"', "false"),
        ('semverCompare "!=x" "0.0.1"', "true"),
        ('semverCompare "!=1.2-a" "1.2.0-a"', "false"),
        ('semverCompare "!=1.2-a" "1.2.0-b"', "true"),
        ('semverCompare "!=1.2-a" "1.2.5"', "true"),
        ('semverCompare ">1.2.3" "1.2.4"', "true"),
        ('semverCompare ">1.2.3" "1.2.3"', "false"),
        ('semverCompare ">1.2.3" "1.3.0-a"', "false"),
        ('semverCompare ">11" "11.1.0"', "false"),
        ('semverCompare ">11" "12.0.0"', "true"),
        ('semverCompare ">11" "10.0.0"', "false"),
        ('semverCompare ">11.1" "11.1.1"', "false"),
        ('semverCompare ">11.1" "11.2.0"', "true"),
        ('semverCompare ">x" "0.0.0"', "false"),
        ('semverCompare ">x" "0.0.1"', "true"),
        ('semverCompare "<1.2" "1.1.9"', "true"),
        ('semverCompare "<1.2" "1.2.0"', "false"),
        ('semverCompare ">=1.2" "1.2.0"', "true"),
        ('semverCompare ">=1.2" "1.1.9"', "false"),
        ('semverCompare "=>1.2" "1.2.0"', "true"),
        ('semverCompare "<=1.2.3" "1.2.3"', "true"),
        ('semverCompare "<=1.2.3" "1.2.4"', "false"),
        ('semverCompare "<=1" "1.9.0"', "true"),
        ('semverCompare "<=1" "2.0.0"', "false"),
        ('semverCompare "<=1" "0.1.0"', "true"),
        ('semverCompare "=<1.2" "1.2.9"', "true"),
        ('semverCompare "=<1.2" "1.3.0"', "false"),
        ('semverCompare "~1.2.3" "1.2.9"', "true"),
        ('semverCompare "~1.2.3" "1.3.0"', "false"),
        ('semverCompare "~1.2.3" "1.2.2"', "false"),
        ('semverCompare "~1.2.3" "2.2.3"', "false"),
        ('semverCompare "~>1" "1.9.9"', "true"),
        ('semverCompare "~>1" "2.0.0"', "false"),
        ('semverCompare "~0" "5.0.0"', "false"),
        ('semverCompare "~0.0.0" "5.5.0"', "true"),
        ('semverCompare "~1.2" "1.2.0"', "true"),
        ('semverCompare "~1.2" "1.3.0"', "false"),
        ('semverCompare "^1.2.3" "1.9.0"', "true"),
        ('semverCompare "^1.2.3" "2.0.0"', "false"),
        ('semverCompare "^1.2.3" "1.2.2"', "false"),
        ('semverCompare "^0.2.3" "0.2.9"', "true"),
        ('semverCompare "^0.2.3" "0.3.0"', "false"),
        ('semverCompare "^0.2.3" "1.0.0"', "false"),
        ('semverCompare "^0.0.3" "0.0.3"', "true"),
        ('semverCompare "^0.0.3" "0.0.4"', "false"),
        ('semverCompare "^0.0" "0.0.9"', "true"),
        ('semverCompare "^0.0" "0.1.0"', "false"),
        ('semverCompare "^0" "0.9.0"', "true"),
        ('semverCompare "^0" "1.0.0"', "false"),
        ('semverCompare ">=1.0.0-0 <2.0.0" "1.5.0-rc.1"', "false"),
        ('semverCompare ">=1.0.0-0 <2.0.0" "1.5.0"', "true"),
        ('semverCompare ">=1.0.0-0, <2.0.0-0" "1.5.0-rc.1"', "true"),
        ('semverCompare "1.0.0 - 2.0.0 || 5" "5.1.0"', "true"),
        ('semverCompare "1.0.0 - 2.0.0 || 5" "1.5.0"', "true"),
        ('semverCompare "1.0.0 - 2.0.0 || 5" "3.0.0"', "false"),
        ('semverCompare "1 - 2" "2.9.0"', "true"),
        ('semverCompare ">= 1.0 < 2" "1.0.0"', "true"),
        ('semverCompare "v1.2.3" "v1.2.3"', "true"),
    ],
)
def test_constraints(expression, output):
    """Constraints follow the rules of the library, irregular as they are."""
    assert goanswers.rendered(expression) == output


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ('semverCompare "" "1.0.0"', "error calling semverCompare: improper constraint: "),
        ('semverCompare "foo" "1.0.0"', "error calling semverCompare: improper constraint: foo"),
        ('semverCompare ">=1 ||" "5.1.0"', "error calling semverCompare: improper constraint: "),
        ('semverCompare "1x" "1.0.0"', "error calling semverCompare: constraint Parser Error"),
        (
            'semverCompare "99999999999999999999" "1.0.0"',
            "error calling semverCompare: constraint Parser Error",
        ),
        ('semverCompare "1" "x"', "error calling semverCompare: Invalid Semantic Version"),
    ],
)
def test_constraints_fails(expression, message):
    """What is no constraint fails."""
    assert goanswers.failure(expression).endswith(f": {message}")
