"""The slope of samples, and whether they grow."""

from random import Random

import pytest

from tests.faults.soak.trend import HOUR_SECONDS, Point, slope_of


def test_a_straight_line_has_its_slope_and_no_error():
    """Two units in an hour are two units in an hour."""
    slope = slope_of([Point(at, 100 + 2 * at / HOUR_SECONDS) for at in range(0, 7200, 60)])
    assert slope.per_hour == pytest.approx(2.0)
    assert slope.error == pytest.approx(0.0, abs=1e-6)
    assert slope.is_growth


def test_noise_is_no_growth():
    """Of a level line with noise, zero lies within the error, nineteen times of twenty."""
    lines = [
        slope_of([Point(at, 100 + Random(f"{seed}/{at}").gauss(0, 3)) for at in range(0, 7200, 30)])
        for seed in range(100)
    ]
    assert sum(abs(line.per_hour) <= line.error for line in lines) >= 90


def test_growth_is_seen_through_noise():
    """Five units in an hour show in two hours with noise of three."""
    points = [
        Point(at, 5 * at / HOUR_SECONDS + Random(at).gauss(0, 3)) for at in range(0, 7200, 30)
    ]
    slope = slope_of(points)
    assert slope.is_growth
    assert abs(slope.per_hour - 5) <= slope.error


def test_a_saw_tooth_is_no_growth():
    """What rises and falls back, as a heap does, is told with an error that says so."""
    slope = slope_of([Point(at, at % 900) for at in range(0, 7200, 30)])
    assert not slope.is_growth


@pytest.mark.parametrize("points", [[], [Point(1, 1), Point(2, 2)], [Point(1, 1)] * 3])
def test_too_little_has_no_slope(points):
    """Three samples at different times are the least."""
    with pytest.raises(ValueError, match="samples"):
        slope_of(points)
