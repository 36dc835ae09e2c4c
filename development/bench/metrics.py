"""What a controller of ours tells about itself, for Prometheus."""

import re
import urllib.request
from collections.abc import Mapping
from typing import Final

_BUCKET: Final = re.compile(
    r'^clusterimport_event_loop_lag_seconds_bucket\{le="([^"]+)"\} (\S+)$', re.MULTILINE
)
_SERIES: Final = re.compile(r"^(\w+)(?:\{(.*)\})? (\S+)$", re.MULTILINE)
_LABEL: Final = re.compile(r'(\w+)="([^"]*)"')
_TIMEOUT_SECONDS: Final = 30.0

Buckets = Mapping[float, float]
"""How many measurements were at most so many seconds, ever."""


def read(port: int) -> str:
    """Return the text of all metrics. Raises OSError."""
    url = f"http://127.0.0.1:{port}/metrics"
    with urllib.request.urlopen(url, timeout=_TIMEOUT_SECONDS) as answer:
        text: str = answer.read().decode()
    return text


def total(text: str, name: str, **labels: str) -> float:
    """Return the sum of all series of a name that have these labels."""
    wanted = labels.items()
    return sum(
        float(value)
        for found, present, value in _SERIES.findall(text)
        if found == name and wanted <= dict(_LABEL.findall(present)).items()
    )


def lag(text: str) -> Buckets:
    """Return how late the event loop was so far."""
    return {float(bound): float(count) for bound, count in _BUCKET.findall(text)}


def lag_figures(before: Buckets, after: Buckets) -> dict[str, float]:
    """Return p50, p99 and maximum in milliseconds of what came between, each the bucket's bound."""
    counts = {bound: count - before.get(bound, 0.0) for bound, count in sorted(after.items())}
    measured = max(counts.values(), default=0.0)
    if not measured:
        return {}
    return {
        name: 1000 * next(bound for bound, count in counts.items() if count >= share * measured)
        for name, share in (("lag_p50", 0.5), ("lag_p99", 0.99), ("lag_max", 1.0))
    }
