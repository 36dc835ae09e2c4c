"""strconv.FormatFloat."""

import math

import pytest

from clusterimport.gotemplate.printf import format_float


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0.0, "0"),
        (-0.0, "-0"),
        (3.0, "3"),
        (-1.5, "-1.5"),
        (123456.0, "123456"),
        (999999.0, "999999"),
        (1000000.0, "1e+06"),
        (1234567.0, "1.234567e+06"),
        (123456.7, "123456.7"),
        (0.0001, "0.0001"),
        (0.00001, "1e-05"),
        (0.000012345, "1.2345e-05"),
        (1e21, "1e+21"),
        (1e100, "1e+100"),
        (5e-324, "5e-324"),
        (1e-7, "1e-07"),
        (100000.0, "100000"),
        (math.inf, "+Inf"),
        (-math.inf, "-Inf"),
        (math.nan, "NaN"),
    ],
)
def test_default_text(number, text):
    """%v has the shortest digits and an exponent below -4 or from 6 on."""
    assert format_float(number, "g") == text


@pytest.mark.parametrize(
    ("number", "verb", "precision", "text"),
    [
        (1.5, "e", -1, "1.5e+00"),
        (0.0, "e", -1, "0e+00"),
        (1234.5, "E", -1, "1.2345E+03"),
        (1e-7, "f", -1, "0.0000001"),
        (1e21, "f", -1, "1000000000000000000000"),
        (-2.5, "f", 0, "-2"),
        (3.5, "f", 0, "4"),
        (2.675, "f", 2, "2.67"),
        (1234.5, "e", 2, "1.23e+03"),
        (1234.5, "G", 2, "1.2E+03"),
        (1e6, "G", -1, "1E+06"),
        (100.0, "g", 3, "100"),
        (100000.0, "g", 2, "1e+05"),
        (0.0, "g", 0, "0"),
        (1.0, "b", -1, "4503599627370496p-52"),
        (-0.5, "b", -1, "-4503599627370496p-53"),
        (1e300, "b", -1, "6724873095247260p+944"),
        (5e-324, "b", -1, "1p-1074"),
        (0.0, "x", -1, "0x0p+00"),
        (1.0, "x", -1, "0x1p+00"),
        (2.5, "x", -1, "0x1.4p+01"),
        (-2.5, "X", -1, "-0X1.4P+01"),
        (5e-324, "x", -1, "0x1p-1074"),
        (1.0, "x", 3, "0x1.000p+00"),
        (1.96875, "x", 1, "0x1.0p+01"),
        (1.03125, "x", 1, "0x1.0p+00"),
        (1.09375, "x", 1, "0x1.2p+00"),
        (1.999, "x", 0, "0x1p+01"),
        (1.5, "x", 20, "0x1.80000000000000000000p+00"),
        (1e100, "x", -1, "0x1.249ad2594c37dp+332"),
    ],
)
def test_verbs(number, verb, precision, text):
    """Every format with and without precision is Go's."""
    assert format_float(number, verb, precision) == text
