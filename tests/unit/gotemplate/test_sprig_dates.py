"""Dates and durations in UTC, against Go's own answers."""

# ruff: noqa: E501 - the texts are as long as Go writes them

import pytest

from tests.fakes.gotemplate import goanswers


@pytest.mark.parametrize(
    ("expression", "output"),
    [
        (
            'dateInZone "Monday Mon January Jan 1 01 2 _2 02 __2 002 2006 06" 1704326400 "UTC"',
            "Thursday Thu January Jan 1 01 4  4 04   4 004 2024 24",
        ),
        ('dateInZone "15 3 03 4 04 5 05 PM pm" 1700000123 "UTC"', "22 10 10 15 15 23 23 PM pm"),
        ('dateInZone "15 3 03 4 04 5 05 PM pm" 1699920000 "UTC"', "00 12 12 0 00 0 00 AM am"),
        (
            'dateInZone "_2 _2006 Month Janet .000 ,000000000000 .999 0 Z" 1700000123 "UTC"',
            "14 _2023 Month Janet .000 ,000000000  0 Z",
        ),
        (
            'dateInZone "-0700 -07:00 -07 -070000 -07:00:00 Z0700 Z07:00 Z07 Z070000 Z07:00:00 MST" 1700000123 "Asia/Kathmandu"',
            "+0545 +05:45 +05 +054500 +05:45:00 +0545 +05:45 +05 +054500 +05:45:00 +0545",
        ),
        (
            'dateInZone "-0700 -07:00 -07 -070000 -07:00:00 Z0700 Z07:00 Z07 Z070000 Z07:00:00 MST" 1700000123 "UTC"',
            "+0000 +00:00 +00 +000000 +00:00:00 Z Z Z Z Z UTC",
        ),
        (
            'dateInZone "-07:00:00 -070000 -0700 MST" -9000000000 "America/New_York"',
            "-04:56:02 -045602 -0456 LMT",
        ),
        (
            'dateInZone "2006-01-02 -07:00:00 MST" 99000000000000 "America/New_York"',
            "3139155-02-11 -05:00:00 EST",
        ),
        (
            'dateInZone "2006-01-02 -07:00:00 MST" -99000000000000 "America/New_York"',
            "-3135216-11-20 -04:56:02 LMT",
        ),
        ('dateInZone "2006-01-02 15:04" -9223372036854775808 "UTC"', "292277026596-12-04 15:30"),
        ('dateInZone "2006" 9223372036854775807 "UTC"', "292277026596"),
        ('dateInZone "06 2006" -70000000000 "UTC"', "49 -0249"),
        ('date_in_zone "15:04 MST" 1688169600 "bogus"', "00:00 UTC"),
        ('date_in_zone "15:04 MST" .n ""', "00:00 UTC"),
        ('dateInZone "15:04 MST" 0 "utc"', "00:00 UTC"),
        ('htmlDateInZone 1700000123 "Asia/Tokyo"', "2023-11-15"),
        (
            '(toDate "15:04:05.000" "12:04:05.120").Format ".000 .999 ,999999 .00000000000"',
            ".120 .12 ,12 .120000000",
        ),
        ('(toDate "2006 -07:00:00" "2020 -00:00:30").Format "-07:00:00 MST"', "+00:00:-30 +0000"),
    ],
)
def test_formatting(expression, output):
    """Layouts show an example moment."""
    assert goanswers.rendered(expression) == output


@pytest.mark.parametrize(
    ("expression", "output"),
    [
        ('mustToDate "2006-01-02" "2020-02-29"', "2020-02-29 00:00:00 +0000 UTC"),
        ('mustToDate "02 Jan 06 15:04 MST" "29 Feb 20 03:04 EST"', "2020-02-29 03:04:00 +0000 EST"),
        (
            'mustToDate "Monday, 2 January 2006" "Saturday, 29 february 2020"',
            "2020-02-29 00:00:00 +0000 UTC",
        ),
        ('mustToDate "Mon _2 Jan 2006" "SAT  9 Feb 2020"', "2020-02-09 00:00:00 +0000 UTC"),
        ('mustToDate "06" "69"', "1969-01-01 00:00:00 +0000 UTC"),
        ('mustToDate "_2 Jan 2006" " 9 Feb 2020"', "2020-02-09 00:00:00 +0000 UTC"),
        ('mustToDate "06" "68"', "2068-01-01 00:00:00 +0000 UTC"),
        ('mustToDate "06" "-1"', "1999-01-01 00:00:00 +0000 UTC"),
        ('mustToDate "2006-002" "2020-366"', "2020-12-31 00:00:00 +0000 UTC"),
        ('mustToDate "2006-01-02 002" "2020-02-29 060"', "2020-02-29 00:00:00 +0000 UTC"),
        ('mustToDate "2006 __2" "2020   6"', "2020-01-06 00:00:00 +0000 UTC"),
        ('mustToDate "2006 __2" "2021 59"', "2021-02-28 00:00:00 +0000 UTC"),
        ('mustToDate "3:04PM" "12:04AM"', "0000-01-01 00:04:00 +0000 UTC"),
        ('mustToDate "3:04pm" "1:04pm"', "0000-01-01 13:04:00 +0000 UTC"),
        ('mustToDate "3:04pm" "1:04am"', "0000-01-01 01:04:00 +0000 UTC"),
        ('mustToDate "03:4:5" "12:4:5"', "0000-01-01 12:04:05 +0000 UTC"),
        (
            'mustToDate "15:04:05" "12:04:05.123456789012"',
            "0000-01-01 12:04:05.123456789 +0000 UTC",
        ),
        ('mustToDate "15:04:05.000" "12:04:05.+12"', "0000-01-01 12:04:05.012 +0000 UTC"),
        ('mustToDate "15:04:05.999" "12:04:05"', "0000-01-01 12:04:05 +0000 UTC"),
        ('mustToDate "15:04:05,999" "12:04:05.5"', "0000-01-01 12:04:05.5 +0000 UTC"),
        ('mustToDate "15:04:05 .00" "12:04:05 .25"', "0000-01-01 12:04:05.25 +0000 UTC"),
        ('mustToDate "2006 -0700" "2020 +0530"', "2020-01-01 00:00:00 +0530 +0530"),
        ('mustToDate "2006 -0700" "2020 +0160"', "2020-01-01 00:00:00 +0200 +0200"),
        ('mustToDate "2006 -07:00 MST" "2020 +00:00 UTC"', "2020-01-01 00:00:00 +0000 UTC"),
        ('mustToDate "2006 MST -0700" "2020 EST -0500"', "2020-01-01 00:00:00 -0500 EST"),
        ('mustToDate "2006 Z07:00" "2020 Z"', "2020-01-01 00:00:00 +0000 UTC"),
        ('mustToDate "2006 Z070000" "2020 -010203"', "2020-01-01 00:00:00 -0102 -0102"),
        ('mustToDate "2006 -07" "2020 +09"', "2020-01-01 00:00:00 +0900 +0900"),
        ('mustToDate "2006 MST" "2020 UTC"', "2020-01-01 00:00:00 +0000 UTC"),
        ('mustToDate "2006 MST" "2020 GMT+3"', "2020-01-01 03:00:00 +0300 GMT+3"),
        ('mustToDate "2006 MST" "2020 GMT-12"', "2019-12-31 12:00:00 -1200 GMT-12"),
        ('mustToDate "2006 MST" "2020 GMT"', "2020-01-01 00:00:00 +0000 GMT"),
        ('mustToDate "2006 MST" "2020 +03"', "2020-01-01 00:00:00 +0000 +03"),
        ('mustToDate "2006 MST" "2020 ChST"', "2020-01-01 00:00:00 +0000 ChST"),
        ('mustToDate "2006 MST" "2020 WITA"', "2020-01-01 00:00:00 +0000 WITA"),
        ('mustToDate "2006 MST" "2020 CEST"', "2020-01-01 00:00:00 +0000 CEST"),
        ('mustToDate "2006 MST" "2020 AMSTT"', "2020-01-01 00:00:00 +0000 AMSTT"),
        ('mustToDate "2006  01" "2020    05"', "2020-05-01 00:00:00 +0000 UTC"),
        ('mustToDate "" ""', "0000-01-01 00:00:00 +0000 UTC"),
        ('toDate "2006-01-02" "bad"', "0001-01-01 00:00:00 +0000 UTC"),
        ('toDate "é 2006" "é 2020"', "2020-01-01 00:00:00 +0000 UTC"),
    ],
)
def test_parsing(expression, output):
    """Parsing follows a layout and takes UTC where no zone is named."""
    assert goanswers.rendered(expression) == output


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        (
            'mustToDate "2006-01-02" "2020-2-29"',
            'error calling mustToDate: parsing time "2020-2-29" as "2006-01-02": cannot parse "2-29" as "01"',
        ),
        (
            'mustToDate "2006-01-02" "2021-02-29"',
            'error calling mustToDate: parsing time "2021-02-29": day out of range',
        ),
        (
            'mustToDate "2006-01-02" "2020-13-01"',
            'error calling mustToDate: parsing time "2020-13-01": month out of range',
        ),
        (
            'mustToDate "2006-01-02" "2020-01-02x"',
            'error calling mustToDate: parsing time "2020-01-02x": extra text: "x"',
        ),
        (
            'mustToDate "2006-01-02 15" "2020-01-02x15"',
            'error calling mustToDate: parsing time "2020-01-02x15" as "2006-01-02 15": cannot parse "x15" as " "',
        ),
        (
            'mustToDate "2006-01-02" "2020/01/02"',
            'error calling mustToDate: parsing time "2020/01/02" as "2006-01-02": cannot parse "/01/02" as "-"',
        ),
        (
            'mustToDate "2006" "202"',
            'error calling mustToDate: parsing time "202" as "2006": cannot parse "202" as "2006"',
        ),
        (
            'mustToDate "2006" "+200"',
            'error calling mustToDate: parsing time "+200" as "2006": cannot parse "+200" as "2006"',
        ),
        (
            'mustToDate "2006" "2-00"',
            'error calling mustToDate: parsing time "2-00" as "2006": cannot parse "2-00" as "2006"',
        ),
        (
            'mustToDate "06" "x"',
            'error calling mustToDate: parsing time "x" as "06": cannot parse "x" as "06"',
        ),
        (
            'mustToDate "06" "xx"',
            'error calling mustToDate: parsing time "xx" as "06": cannot parse "xx" as "06"',
        ),
        (
            'mustToDate "Jan" "foo"',
            'error calling mustToDate: parsing time "foo" as "Jan": cannot parse "foo" as "Jan"',
        ),
        (
            'mustToDate "Monday" "Mon"',
            'error calling mustToDate: parsing time "Mon" as "Monday": cannot parse "Mon" as "Monday"',
        ),
        (
            'mustToDate "2" "x"',
            'error calling mustToDate: parsing time "x" as "2": cannot parse "x" as "2"',
        ),
        ('mustToDate "15" "24"', 'error calling mustToDate: parsing time "24": hour out of range'),
        ('mustToDate "3" "13"', 'error calling mustToDate: parsing time "13": hour out of range'),
        (
            'mustToDate "04" "60"',
            'error calling mustToDate: parsing time "60": minute out of range',
        ),
        (
            'mustToDate "05" "60"',
            'error calling mustToDate: parsing time "60": second out of range',
        ),
        (
            'mustToDate "PM" "pm"',
            'error calling mustToDate: parsing time "pm" as "PM": cannot parse "pm" as "PM"',
        ),
        (
            'mustToDate "pm" "p"',
            'error calling mustToDate: parsing time "p" as "pm": cannot parse "p" as "pm"',
        ),
        (
            'mustToDate "002" "36"',
            'error calling mustToDate: parsing time "36" as "002": cannot parse "36" as "002"',
        ),
        (
            'mustToDate "__2" "x"',
            'error calling mustToDate: parsing time "x" as "__2": cannot parse "x" as "__2"',
        ),
        (
            'mustToDate "2006 002" "2021 366"',
            'error calling mustToDate: parsing time "2021 366": day-of-year out of range',
        ),
        (
            'mustToDate "2006 01 002" "2020 02 366"',
            'error calling mustToDate: parsing time "2020 02 366": day-of-year does not match month',
        ),
        (
            'mustToDate "2006 02 002" "2020 02 366"',
            'error calling mustToDate: parsing time "2020 02 366": day-of-year does not match day',
        ),
        (
            'mustToDate "-0700" "+2500"',
            'error calling mustToDate: parsing time "+2500": time zone offset hour out of range',
        ),
        (
            'mustToDate "-0700" "+0161"',
            'error calling mustToDate: parsing time "+0161": time zone offset minute out of range',
        ),
        (
            'mustToDate "-070000" "+010161"',
            'error calling mustToDate: parsing time "+010161": time zone offset second out of range',
        ),
        (
            'mustToDate "-0700" "*0100"',
            'error calling mustToDate: parsing time "*0100" as "-0700": cannot parse "*0100" as "-0700"',
        ),
        (
            'mustToDate "-0700" "+01:0"',
            'error calling mustToDate: parsing time "+01:0" as "-0700": cannot parse "+01:0" as "-0700"',
        ),
        (
            'mustToDate "-07:00" "+01x00"',
            'error calling mustToDate: parsing time "+01x00" as "-07:00": cannot parse "+01x00" as "-07:00"',
        ),
        (
            'mustToDate "-07" "+"',
            'error calling mustToDate: parsing time "+" as "-07": cannot parse "+" as "-07"',
        ),
        (
            'mustToDate "MST" "ABCDEF"',
            'error calling mustToDate: parsing time "ABCDEF" as "MST": cannot parse "ABCDEF" as "MST"',
        ),
        (
            'mustToDate "MST" "ab"',
            'error calling mustToDate: parsing time "ab" as "MST": cannot parse "ab" as "MST"',
        ),
        (
            'mustToDate "MST" "abc"',
            'error calling mustToDate: parsing time "abc" as "MST": cannot parse "abc" as "MST"',
        ),
        (
            'mustToDate "MST" "ABCD"',
            'error calling mustToDate: parsing time "ABCD" as "MST": cannot parse "ABCD" as "MST"',
        ),
        (
            'mustToDate "MST" "+24x"',
            'error calling mustToDate: parsing time "+24x" as "MST": cannot parse "+24x" as "MST"',
        ),
        (
            'mustToDate "MST" "+xx"',
            'error calling mustToDate: parsing time "+xx" as "MST": cannot parse "+xx" as "MST"',
        ),
        (
            'mustToDate ".000" ".12"',
            'error calling mustToDate: parsing time ".12" as ".000": cannot parse ".12" as ".000"',
        ),
        (
            'mustToDate "Z0700" "9999-"',
            'error calling mustToDate: parsing time "9999-": time zone offset hour out of range',
        ),
        (
            'mustToDate "Z0700" "19691"',
            'error calling mustToDate: parsing time "19691": time zone offset minute out of range',
        ),
        (
            'mustToDate "-07:00:00" "+25:61:61"',
            'error calling mustToDate: parsing time "+25:61:61": time zone offset second out of range',
        ),
        (
            'mustToDate "-07:00" "+2:400"',
            'error calling mustToDate: parsing time "+2:400" as "-07:00": cannot parse "+2:400" as "-07:00"',
        ),
        (
            'mustToDate ".000" "x123"',
            'error calling mustToDate: parsing time "x123" as ".000": cannot parse "x123" as ".000"',
        ),
        (
            'mustToDate ".000" ".-12"',
            'error calling mustToDate: parsing time ".-12": fractional second out of range',
        ),
        (
            'mustToDate ".000" ".1x2"',
            'error calling mustToDate: parsing time ".1x2" as ".000": cannot parse ".1x2" as ".000"',
        ),
        (
            'mustToDate "é2006" "x\\"\\n2020"',
            'error calling mustToDate: parsing time "x\\"\\x0a2020" as "\\xc3\\xa92006": cannot parse "x\\"\\x0a2020" as "\\xc3\\xa9"',
        ),
    ],
)
def test_parsing_fails(expression, message):
    """Errors of parsing are worded like Go."""
    assert goanswers.failure(expression).endswith(f": {message}")


def test_moments_beyond_the_calendar():
    """The zone of a moment whose seconds wrap around is that of the seconds."""
    assert goanswers.rendered('dateInZone "MST" 9223372036854775807 "America/New_York"') == "EST"
    assert goanswers.rendered('dateInZone "MST" -9223372036854775808 "America/New_York"') == "LMT"
