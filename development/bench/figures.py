"""Every figure that a turn may give: its unit, which way is better, and what it means."""

from typing import Final, NamedTuple

Figures = dict[str, float]
"""Values by the names of FIGURES."""


class Meaning(NamedTuple):
    """What a figure is."""

    unit: str
    is_less_better: bool
    text: str


def _less(unit: str, text: str) -> Meaning:
    return Meaning(unit, True, text)


def _more(unit: str, text: str) -> Meaning:
    return Meaning(unit, False, text)


FIGURES: Final[dict[str, Meaning]] = {
    "creates_rate": _more(
        "/s", "PediaClusters that a client creates, 48 in flight and no controller at work"
    ),
    "import_rate": _more(
        "/s", "clusters imported, from the start of the process (or the first source) to the last"
    ),
    "import_rate_after_first": _more(
        "/s", "the same from the first PediaCluster: without the start of the process"
    ),
    "start_seconds": _less("s", "from the start of the process until it is ready, see `restart`"),
    "sync_seconds": _less(
        "s",
        "from the start of the process until all was looked at: ours says so, a peer rests",
    ),
    "down_rotation": _less(
        "ms", "a Secret changed while no controller ran: from being ready to the PediaCluster"
    ),
    "fresh_rotation": _less("ms", "a Secret changed right after being ready, until it is followed"),
    "rotation_p50": _less("ms", "a Secret changed among idle clusters, until it is followed"),
    "rotation_p99": _less("ms", "the same, 99 of 100"),
    "bare_rotation_p50": _less("ms", "the same where the reference has no label selector"),
    "bare_rotation_p99": _less("ms", "the same, 99 of 100"),
    "flood_rate": _more("/s", "Secrets changed for a minute; 200 a second are asked for"),
    "flood_p50": _less("ms", "a Secret changed meanwhile, until it is followed"),
    "flood_p99": _less("ms", "the same, 99 of 100"),
    "flood_left_seconds": _less("s", "from the last change until the last is followed"),
    "probed_rotation_p50": _less("ms", "a Secret changed while clusters are probed"),
    "probed_rotation_p99": _less("ms", "the same, 99 of 100"),
    "term_seconds": _less("s", "leader ended by SIGTERM, until a change made then is followed"),
    "kill_seconds": _less("s", "leader ended by SIGKILL, until a change made then is followed"),
    "event_ms": _less("ms", "processor time of the controller for a status that was touched"),
    "import_events_rate": _more("/s", "statuses touched while it imports"),
    "controller_ms": _less("ms", "processor time of the controller for each cluster or change"),
    "apiserver_ms": _less("ms", "processor time of the API server for each"),
    "etcd_ms": _less("ms", "processor time of etcd for each"),
    "together_ms": _less("ms", "controller and API server together"),
    "controller_seconds": _less("s", "processor time of the controller in the whole"),
    "controller_share": _less("% of a core", "processor time of the controller by the clock"),
    "apiserver_share": _less("% of a core", "processor time of the API server by the clock"),
    "requests": _less("", "requests for each cluster or change, without leases"),
    "gets": _less("", "of these, reads of one object"),
    "writes": _less("", "of these, writes"),
    "requests_in_all": _less("", "requests in the whole, without leases"),
    "gets_in_all": _less("", "of these, reads of one object"),
    "writes_in_all": _less("", "of these, writes"),
    "memory_idle": _less("MiB", "resident memory before there is anything to import"),
    "memory": _less("MiB", "resident memory when all is done"),
    "memory_peak": _less("MiB", "the most resident memory there ever was"),
    "memory_before": _less("MiB", "resident memory before the foreign Secrets"),
    "memory_more": _less("MiB", "what foreign Secrets add to it"),
    "memory_restarted": _less("MiB", "resident memory after a start that finds them there"),
    "probe_kib": _less("KiB", "what probes add to resident memory for each cluster"),
    "probes_rate": _more("/s", "probes that were made"),
    "lag_p50": _less("ms", "lateness of the event loop, by the bounds of the histogram"),
    "lag_p99": _less("ms", "the same, 99 of 100"),
    "lag_max": _less("ms", "the same, the most"),
}


def quantiles(name: str, seconds: list[float]) -> Figures:
    """Return p50 and p99 of latencies, in milliseconds."""
    ordered = sorted(seconds)
    last = len(ordered) - 1
    return {
        f"{name}_p50": 1000 * ordered[round(0.5 * last)],
        f"{name}_p99": 1000 * ordered[round(0.99 * last)],
    }
