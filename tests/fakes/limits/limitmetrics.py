"""Counts the bounds that were reached."""

from collections import Counter

from clusterimport.limits.counted import Limit


class CountingLimitMetrics:
    """Implements ``limits.LimitMetrics``."""

    def __init__(self) -> None:
        self.reached: Counter[Limit] = Counter()

    def limit_reached(self, limit: Limit) -> None:
        self.reached[limit] += 1
