"""What a fault costs: nothing that stays, and little for those whom it does not concern."""

from tests.faults.judge.record import Run, need

SLACK_FILES = 8
"""Connections come and go; a leak of one for each fault is more than that after a few."""
SLACK_BYTES = 24 << 20
"""Python keeps what it had; a fault that leaks does so each time."""
SHARE = 0.05
SLACK_SECONDS = 1.0


def stays_bounded(run: Run) -> list[str]:
    """I12: open files and memory are at the end what they were before, within five percent."""
    need(len(run.samples) > 1, "nobody looked before and after")
    first, last = run.samples[0], run.samples[-1]
    found: list[str] = []
    if last.open_files > first.open_files * (1 + SHARE) + SLACK_FILES:
        found.append(f"{first.open_files:g} open files before, and {last.open_files:g} after")
    if last.resident_bytes > first.resident_bytes * (1 + SHARE) + SLACK_BYTES:
        before, after = first.resident_bytes / (1 << 20), last.resident_bytes / (1 << 20)
        found.append(f"{before:.1f} MiB before, and {after:.1f} MiB after")
    return found


def isolates(run: Run) -> list[str]:
    """I8: while others fail, healthy clusters wait at most twice as long as otherwise."""
    undisturbed, disturbed = run.latencies
    need(undisturbed and disturbed, "nobody measured healthy clusters")
    bound = 2 * _worst(undisturbed) + SLACK_SECONDS
    found = _worst(disturbed)
    if found <= bound:
        return []
    return [f"healthy clusters waited {found:.2f} s, and at most {bound:.2f} s is allowed"]


def _worst(values: object) -> float:
    assert isinstance(values, (list, tuple))
    ordered = sorted(values)
    return float(ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))])
