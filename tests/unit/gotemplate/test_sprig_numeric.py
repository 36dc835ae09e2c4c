"""The numeric family, against Go's own answers."""

import pytest

from clusterimport.gotemplate.errors import LimitError
from tests.fakes.gotemplate import goanswers


@pytest.mark.parametrize(
    ("expression", "output"),
    [
        ('int "0x1F"', "31"),
        ('int "010"', "8"),
        ('int "1_000"', "1000"),
        ('int "12.00"', "12"),
        ('int "12.5"', "0"),
        ('int "12."', "0"),
        ('int ".0"', "0"),
        ("int 1e3", "1000"),
        ("int -1.9", "-1"),
        ("int true", "1"),
        ("int false", "0"),
        ("int nil", "0"),
        ("int .list", "0"),
        ("int 1e300", "-9223372036854775808"),
        ('int (float64 "nan")', "-9223372036854775808"),
        ('int (semver "1.2.3").Minor', "2"),
        ('int (toDate "2006-01" "2020-05").Month', "5"),
        ('int ((toDate "2006" "2020").Sub (toDate "2006" "2019"))', "0"),
        ('int (index "a" 0)', "97"),
        ('int64 "9223372036854775808"', "0"),
        ('int64 "99999999999999999999"', "0"),
        ('add (semver "1.18446744073709551615.0").Minor 0', "-1"),
        ('float64 "1_000.5"', "1000.5"),
        ('float64 "0x1p-2"', "0.25"),
        ('float64 "inf"', "+Inf"),
        ('float64 "1e400"', "0"),
        ('float64 "abc"', "0"),
        ("float64 42", "42"),
        ("float64 true", "1"),
        ("float64 .list", "0"),
        ('float64 (toDate "2006-01" "2020-05").Month', "5"),
        ('float64 (semver "1.2.3").Patch', "3"),
        ('atoi "12"', "12"),
        ('atoi "+5"', "5"),
        ('atoi "-0"', "0"),
        ('atoi "12x"', "0"),
        ('atoi ""', "0"),
        ('atoi "9999999999999999999"', "9223372036854775807"),
        ('atoi "-9999999999999999999"', "-9223372036854775808"),
        ('toDecimal "0777"', "511"),
        ("toDecimal 755", "493"),
        ("toDecimal 8", "0"),
        ("typeOf (int 5)", "int"),
        ("typeOf (int64 5)", "int64"),
    ],
)
def test_converting(expression, output):
    """Everything is a number, and what is none is 0."""
    assert goanswers.rendered(expression) == output


@pytest.mark.parametrize(
    ("expression", "output"),
    [
        ("add", "0"),
        ('add 1 "2" 3.9', "6"),
        ("add 9223372036854775807 1", "-9223372036854775808"),
        ("add1 9223372036854775807", "-9223372036854775808"),
        ("sub -9223372036854775808 1", "9223372036854775807"),
        ("mul 3", "3"),
        ("mul 4611686018427387904 2", "-9223372036854775808"),
        ('mul 2 "3" 4', "24"),
        ("div 7 2", "3"),
        ("div -7 2", "-3"),
        ("div -9223372036854775808 -1", "-9223372036854775808"),
        ("mod -7 3", "-1"),
        ("mod 7 -3", "1"),
        ('max 1 "5" 3', "5"),
        ("biggest 2", "2"),
        ("min 1 -5 3", "-5"),
        ("maxf 1 2.5", "2.5"),
        ('maxf "nan" 1', "NaN"),
        ('maxf "nan" "inf"', "+Inf"),
        ('maxf 0.0 "-0"', "0"),
        ('minf 0.0 "-0"', "-0"),
        ('minf "-inf" "nan"', "-Inf"),
        ('minf 1 "nan"', "NaN"),
        ("ceil 1.2", "2"),
        ("ceil -0.5", "-0"),
        ("floor -1.2", "-2"),
        ('floor "-0.0"', "-0"),
        ('floor "inf"', "+Inf"),
    ],
)
def test_whole_numbers(expression, output):
    """Integers wrap around and are cut towards zero."""
    assert goanswers.rendered(expression) == output


@pytest.mark.parametrize(
    ("expression", "output"),
    [
        ("round 2.5 0", "3"),
        ("round -2.4 0", "-3"),
        ("round 123.555 2", "123.56"),
        ("round 123.555 2 0.3", "123.56"),
        ("round 123.4 -2", "100"),
        ("round 1.5 400", "NaN"),
        ("round 1.5 -400", "NaN"),
        ('round "nan" 2', "NaN"),
        ('round "inf" 2', "+Inf"),
        ("round 0.1 22", "0.1"),
        ("round 1.5 100000", "NaN"),
        ("round 1.5 -100000", "NaN"),
        ("round 0 0", "0"),
    ],
)
def test_rounding(expression, output):
    """Rounding looks at the fraction alone, so negatives go down."""
    assert goanswers.rendered(expression) == output


@pytest.mark.parametrize(
    ("expression", "output"),
    [
        ("addf 0.1 0.2", "0.3"),
        ("addf", "0"),
        ("add1f 0.1", "1.1"),
        ("subf 1 0.9", "0.1"),
        ("mulf 1.1 1.1", "1.21"),
        ("mulf -1 0", "0"),
        ("divf 1 3", "0.3333333333333333"),
        ("divf -2 3", "-0.6666666666666667"),
        ("divf 10 4 2.5", "1"),
        ("divf 1e300 1e-300", "+Inf"),
        ("divf 1e-300 1e300", "0"),
        ("divf 1 2e16", "1e-16"),
        ("divf -1 2e16", "-1e-16"),
        ("addf 1e308 1e308", "+Inf"),
        ("mulf -1e300 1e300", "-Inf"),
        ("addf 5e-324", "5e-324"),
        ("addf 0.1 1e22", "1e+22"),
        ("mulf 100 0.07", "7"),
        ("subf 100", "100"),
    ],
)
def test_decimals(expression, output):
    """Float arithmetic is decimal."""
    assert goanswers.rendered(expression) == output


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("div 1 0", "error calling div: runtime error: integer divide by zero"),
        ("mod 1 0", "error calling mod: runtime error: integer divide by zero"),
        ("divf 1 0", "error calling divf: decimal division by 0"),
        ('divf 2 "abc"', "error calling divf: decimal division by 0"),
        ('addf "nan" 1', "error calling addf: Cannot create a Decimal from NaN"),
        ('mulf "inf"', "error calling mulf: Cannot create a Decimal from +Inf"),
        ('subf "-inf" 1', "error calling subf: Cannot create a Decimal from -Inf"),
    ],
)
def test_arithmetic_fails(expression, message):
    """Division by zero and infinite decimals fail."""
    assert goanswers.failure(expression).endswith(f": {message}")


@pytest.mark.parametrize(
    ("expression", "output"),
    [
        ("until 3", "[0 1 2]"),
        ("until -3", "[0 -1 -2]"),
        ("until 0 | toJson", "[]"),
        ("untilStep 0 -9223372036854775808 -9223372036854775807", "[0 -9223372036854775807]"),
        ("untilStep 0 10 3", "[0 3 6 9]"),
        ("untilStep 10 0 -3", "[10 7 4 1]"),
        ("untilStep 0 10 0", "[]"),
        ("untilStep 0 10 -1", "[]"),
        ("untilStep 10 0 1", "[]"),
        ("untilStep 5 5 -1", "[]"),
        ("untilStep 0 9223372036854775807 9223372036854775807", "[0]"),
        ("typeOf (index (until 2) 0)", "int"),
        ("seq 3", "1 2 3"),
        ("seq -2", "1 0 -1 -2"),
        ("seq 2 4", "2 3 4"),
        ("seq 4 2", "4 3 2"),
        ("seq 1 2 6", "1 3 5"),
        ("seq 6 -2 1", "6 4 2"),
        ("seq 6 2 1", ""),
        ("seq 1 0 3", ""),
        ("seq 1 2 3 4", ""),
        ("seq", ""),
    ],
)
def test_sequences(expression, output):
    """Sequences count up, down or not at all."""
    assert goanswers.rendered(expression) == output


@pytest.mark.parametrize(
    ("expression", "output"),
    [
        ('atoi "18446744073709551616x"', "9223372036854775807"),
        ('atoi "-99999999999999999999x"', "-9223372036854775808"),
        ('atoi "18446744073709551615x"', "0"),
        ('atoi "9223372036854775808"', "9223372036854775807"),
        ('atoi "000000000000000000000001x"', "0"),
        ('atoi "+"', "0"),
        ('atoi ""', "0"),
    ],
)
def test_numbers_beyond_64_bits(expression, output):
    """A number too large is the nearest limit, seen before what follows its digits."""
    assert goanswers.rendered(expression) == output


@pytest.mark.parametrize("count", ["9223372036854775807", "-9223372036854775808"])
def test_endless_sequences(count):
    """The longest sequences end with a limit."""
    with pytest.raises(LimitError):
        goanswers.rendered(f"until {count}")
