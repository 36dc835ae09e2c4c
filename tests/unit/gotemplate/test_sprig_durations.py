"""Durations and the methods of times, against Go's own answers."""

# ruff: noqa: E501 - the texts are as long as Go writes them

import pytest

from tests.fakes.gotemplate import goanswers


@pytest.mark.parametrize(
    ("expression", "output"),
    [
        (
            '{{ $t := toDate "2006-01-02 15:04:05.000" "2020-02-29 12:34:56.789" }}{{ $t.Year }} {{ $t.Month }} {{ $t.Day }} {{ $t.Hour }} {{ $t.Minute }} {{ $t.Second }} {{ $t.Nanosecond }} {{ $t.Weekday }} {{ $t.YearDay }} {{ $t.Unix }} {{ $t.UnixMilli }} {{ $t.UnixMicro }} {{ $t.UnixNano }} {{ $t.IsZero }} {{ $t.IsDST }}',
            "2020 February 29 12 34 56 789000000 Saturday 60 1582979696 1582979696789 1582979696789000 1582979696789000000 false false",
        ),
        (
            '{{ $t := toDate "2006-01-02" "2020-02-29" }}{{ $t.Location }} {{ $t.UTC.Location }} {{ $t.UTC.Local.Location }} {{ $t.String }} {{ $t.GoString }} {{ $t.Month.String }} {{ $t.Weekday.String }} {{ $t.Location.String }}',
            "Local UTC Local 2020-02-29 00:00:00 +0000 UTC time.Date(2020, time.February, 29, 0, 0, 0, 0, time.Local) February Saturday Local",
        ),
        ('(toDate "2006" "x").IsZero', "true"),
        (
            'printf "%#v" (toDate "2006 -0700" "2020 +0500")',
            'time.Date(2020, time.January, 1, 0, 0, 0, 0, time.Location(""))',
        ),
        ('printf "%d" (toDate "2006 Z07" "2020 Z")', "{0 63713433600 0}"),
        (
            'printf "%v %d %s" (toDate "2006-01" "2020-05").Month (toDate "2006-01" "2020-05").Month (toDate "2006-01" "2020-05").Month',
            "May 5 May",
        ),
        ('(toDate "2006-01-02" "2020-02-29").AddDate 1 0 0', "2021-03-01 00:00:00 +0000 UTC"),
        (
            '(toDate "2006-01-02 -0700" "2020-02-29 +0530").AddDate 0 0 1',
            "2020-03-01 00:00:00 +0530 +0530",
        ),
        ('(toDate "2006-01-02" "2020-01-31").AddDate 0 1 0', "2020-03-02 00:00:00 +0000 UTC"),
        ('(toDate "2006-01-02" "2020-01-31").AddDate 0 -13 1', "2019-01-01 00:00:00 +0000 UTC"),
        ('(toDate "2006-01-02" "2020-02-29").Add 90000000000', "2020-02-29 00:01:30 +0000 UTC"),
        ('(toDate "2006-01-02" "2020-02-29").Add -1', "2020-02-28 23:59:59.999999999 +0000 UTC"),
        (
            '(toDate "2006-01-02 15:04:05" "2020-02-29 12:34:56").Truncate 3600000000000',
            "2020-02-29 12:00:00 +0000 UTC",
        ),
        (
            '(toDate "2006-01-02 15:04:05" "2020-02-29 12:34:56").Round 3600000000000',
            "2020-02-29 13:00:00 +0000 UTC",
        ),
        (
            '(toDate "2006-01-02 15:04:05" "2020-02-29 12:24:56").Round 3600000000000',
            "2020-02-29 12:00:00 +0000 UTC",
        ),
        (
            '(toDate "2006-01-02 15:04:05" "2020-02-29 12:24:56").Round 0',
            "2020-02-29 12:24:56 +0000 UTC",
        ),
        (
            '(toDate "2006-01-02 15:04:05" "2020-02-29 12:24:56").Truncate -1',
            "2020-02-29 12:24:56 +0000 UTC",
        ),
        (
            '(toDate "2006" "2020").In (toDate "2006 -0700" "2020 +0530").Location',
            "2020-01-01 05:30:00 +0530 +0530",
        ),
        ('(toDate "2006" "2020").Sub (toDate "2006" "2019")', "8760h0m0s"),
        ('(toDate "2006" "9999").Sub (toDate "2006" "0001")', "2562047h47m16.854775807s"),
        ('(toDate "2006" "2020").Compare (toDate "2006" "2019")', "1"),
        ('(toDate "2006" "2020").Before (toDate "2006" "2019")', "false"),
        ('(toDate "2006" "2020").After (toDate "2006" "2019")', "true"),
        ('(toDate "2006" "2020").Equal (toDate "2006 Z07" "2020 Z")', "true"),
        ('(toDate "2006" "2020").Format "06"', "20"),
    ],
)
def test_methods(expression, output):
    """Times have the methods of time.Time."""
    assert goanswers.rendered(expression) == output


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        (
            '(toDate "2006" "2020").In nil',
            "error calling In: time: missing Location in call to Time.In",
        ),
    ],
)
def test_methods_fails(expression, message):
    """A method that needs a zone fails without."""
    assert goanswers.failure(expression).endswith(f": {message}")


@pytest.mark.parametrize(
    ("expression", "output"),
    [
        ('duration "86400"', "24h0m0s"),
        ('duration "-5"', "-5s"),
        ('duration "x"', "0s"),
        ('duration "99999999999999999999"', "-1s"),
        ("duration (int64 3661)", "1h1m1s"),
        ("duration 5", "0s"),
        ("duration nil", "0s"),
        ('durationRound "2400h10m5s"', "3mo"),
        ('durationRound "9000h"', "1y"),
        ('durationRound "400h"', "16d"),
        ('durationRound "1h"', "60m"),
        ('durationRound "61m"', "1h"),
        ('durationRound "90s"', "1m"),
        ('durationRound "1500ms"', "1s"),
        ('durationRound "1s"', "0s"),
        ('durationRound "-90m"', "1h"),
        ('durationRound "bad"', "0s"),
        ("durationRound (int64 3600000000001)", "1h"),
        ("durationRound 5", "0s"),
        ('unixEpoch (toDate "2006" "2020")', "1577836800"),
        ('dateModify "-1.5h" (toDate "2006" "2020")', "2019-12-31 22:30:00 +0000 UTC"),
        ('date_modify "bogus" (toDate "2006" "2020")', "2020-01-01 00:00:00 +0000 UTC"),
        (
            'mustDateModify "+1h1m1s1ms1us1µs1μs1ns" (toDate "2006" "2020")',
            "2020-01-01 01:01:01.001003001 +0000 UTC",
        ),
        ('must_date_modify "0" (toDate "2006" "2020")', "2020-01-01 00:00:00 +0000 UTC"),
        (
            'mustDateModify "0.99999999999999999999999999s" (toDate "2006" "2020")',
            "2020-01-01 00:00:01 +0000 UTC",
        ),
        (
            'mustDateModify "0.9223372036854775809s" (toDate "2006" "2020")',
            "2020-01-01 00:00:00.922337203 +0000 UTC",
        ),
        ('mustDateModify ".5s1.s" (toDate "2006" "2020")', "2020-01-01 00:00:01.5 +0000 UTC"),
        (
            'mustDateModify "0.100000000000000000000000001s" (toDate "2006" "2020")',
            "2020-01-01 00:00:00.1 +0000 UTC",
        ),
        (
            '{{ $d := (toDate "2006" "2020").Sub (toDate "2006" "2019") }}{{ $d.Hours }} {{ $d.Minutes }} {{ $d.Seconds }} {{ $d.Milliseconds }} {{ $d.Microseconds }} {{ $d.Nanoseconds }} {{ $d.String }} {{ $d.Abs }} {{ $d.Round 86400000000001 }} {{ $d.Truncate 86400000000001 }}',
            "8760 525600 3.1536e+07 31536000000 31536000000000 31536000000000000 8760h0m0s 8760h0m0s 8760h0m0.000000365s 8736h0m0.000000364s",
        ),
        (
            '{{ $d := (toDate "2006-01-02 15:04:05.000" "2019-01-01 00:00:00.000").Sub (toDate "2006-01-02 15:04:05.000" "2019-01-01 01:30:00.123") }}{{ $d }} {{ $d.Hours }} {{ $d.Seconds }} {{ $d.Milliseconds }} {{ $d.Abs }} {{ $d.Round 1000000000 }} {{ $d.Truncate 1000000000 }} {{ $d.Round 0 }} {{ $d.Truncate 0 }} {{ typeOf $d }} {{ toJson $d }}',
            "-1h30m0.123s -1.5000341666666666 -5400.123 -5400123 1h30m0.123s -1h30m0s -1h30m0s -1h30m0.123s -1h30m0.123s time.Duration -5400123000000",
        ),
        (
            '{{ $t := toDate "2006" "2020" }}{{ ($t.Sub $t) }} {{ ($t.Add 1).Sub $t }} {{ ($t.Add 1500).Sub $t }} {{ ($t.Add 1500000).Sub $t }} {{ ($t.Add 60000000000).Sub $t }}',
            "0s 1ns 1.5µs 1.5ms 1m0s",
        ),
        (
            '{{ $d := (toDate "2006" "9999").Sub (toDate "2006" "0001") }}{{ $d.Round 3600000000000 }} {{ $d.Abs }}',
            "2562047h47m16.854775807s 2562047h47m16.854775807s",
        ),
        (
            '{{ $d := (toDate "2006" "0001").Sub (toDate "2006" "9999") }}{{ $d.Round 3600000000000 }} {{ $d.Abs }} {{ $d.Truncate 3600000000000 }}',
            "-2562047h47m16.854775808s 2562047h47m16.854775807s -2562047h0m0s",
        ),
    ],
)
def test_durations(expression, output):
    """Durations are counted in nanoseconds."""
    assert goanswers.rendered(expression) == output


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        (
            'mustDateModify "1d" (toDate "2006" "2020")',
            'error calling mustDateModify: time: unknown unit "d" in duration "1d"',
        ),
        (
            'mustDateModify "1" (toDate "2006" "2020")',
            'error calling mustDateModify: time: missing unit in duration "1"',
        ),
        (
            'mustDateModify "" (toDate "2006" "2020")',
            'error calling mustDateModify: time: invalid duration ""',
        ),
        (
            'mustDateModify "-" (toDate "2006" "2020")',
            'error calling mustDateModify: time: invalid duration "-"',
        ),
        (
            'mustDateModify "h" (toDate "2006" "2020")',
            'error calling mustDateModify: time: invalid duration "h"',
        ),
        (
            'mustDateModify "." (toDate "2006" "2020")',
            'error calling mustDateModify: time: invalid duration "."',
        ),
        (
            'mustDateModify "9223372036854775808ns" (toDate "2006" "2020")',
            'error calling mustDateModify: time: invalid duration "9223372036854775808ns"',
        ),
        (
            'mustDateModify "99999999999999999999ns" (toDate "2006" "2020")',
            'error calling mustDateModify: time: invalid duration "99999999999999999999ns"',
        ),
        (
            'mustDateModify "9999999999h" (toDate "2006" "2020")',
            'error calling mustDateModify: time: invalid duration "9999999999h"',
        ),
        (
            'mustDateModify "2562047h2562047h" (toDate "2006" "2020")',
            'error calling mustDateModify: time: invalid duration "2562047h2562047h"',
        ),
        (
            'mustDateModify "2562047.9999999h" (toDate "2006" "2020")',
            'error calling mustDateModify: time: invalid duration "2562047.9999999h"',
        ),
        (
            'mustDateModify "1é" (toDate "2006" "2020")',
            'error calling mustDateModify: time: unknown unit "\\xc3\\xa9" in duration "1\\xc3\\xa9"',
        ),
    ],
)
def test_durations_fails(expression, message):
    """Errors of durations are worded like Go."""
    assert goanswers.failure(expression).endswith(f": {message}")
