"""Does a series of samples grow? The slope of a straight line, and how sure it is."""

import itertools
import math
from collections.abc import Sequence
from typing import NamedTuple

HOUR_SECONDS = 3600.0
_SURE = 1.96
"""Standard errors to either side of a slope, within which it lies with 95 percent."""


class Point(NamedTuple):
    """A value at a time, in seconds."""

    at: float
    value: float


class Slope(NamedTuple):
    """How much is added in an hour, and by how much that may be wrong, with 95 percent."""

    per_hour: float
    error: float

    @property
    def is_growth(self) -> bool:
        """Whether zero is out of question."""
        return self.per_hour - self.error > 0

    def __str__(self) -> str:
        return f"{self.per_hour:+.3f} ± {self.error:.3f} per hour"


def slope_of(points: Sequence[Point]) -> Slope:
    """Return the slope of the line of least squares.

    Samples follow each other closely, so that each tells less than it seems to: the error counts
    only as many as are independent, by the correlation of neighbours.

    Raises ValueError for fewer than three points, or for points at one time.
    """
    count = len(points)
    if count < 3:
        raise ValueError("three samples are the least that a slope with an error takes")
    mean_at = sum(point.at for point in points) / count
    mean = sum(point.value for point in points) / count
    spread = sum((point.at - mean_at) ** 2 for point in points)
    if not spread:
        raise ValueError("all samples are of one time")
    slope = sum((point.at - mean_at) * (point.value - mean) for point in points) / spread
    rests = [point.value - mean - slope * (point.at - mean_at) for point in points]
    variance = sum(rest**2 for rest in rests)
    neighbours = sum(one * other for one, other in itertools.pairwise(rests))
    correlation = max(0.0, neighbours / variance) if variance else 0.0
    independent = max(3.0, count * (1 - correlation) / (1 + correlation))
    error = math.sqrt(variance / spread * (count / independent) / max(1.0, independent - 2))
    # The plain error has count - 2 below it: put the independent ones in its place.
    return Slope(slope * HOUR_SECONDS, _SURE * error * HOUR_SECONDS)
