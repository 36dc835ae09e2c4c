"""What it costs an author to ask once: commands on files, each in a process of its own."""

import resource
import statistics
import subprocess
import sys
import time

import pytest

from development import manifests

ROUNDS = 20


@pytest.mark.parametrize(
    "arguments",
    [("render", "-o", "json"), ("render", "-o", "table"), ("validate",), ("rbac",)],
    ids=" ".join,
)
def test_f1_a_command_on_files_starts_at_once(arguments: tuple[str, ...]) -> None:
    """Processor time and time on the clock of a policy with samples, interpreter included."""
    command, *options = arguments
    folder = str(manifests.EXAMPLES / "cluster-api")
    whole = [sys.executable, "-m", "clusterimport", command, folder, *options]
    clock, processor = [], []
    for _ in range(ROUNDS):
        before, start = _processor_seconds(), time.perf_counter()
        subprocess.run(whole, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
        clock.append(time.perf_counter() - start)
        processor.append(_processor_seconds() - before)
    print(
        f"\n{' '.join(arguments)}: processor {min(processor) * 1e3:.0f} ms, on the clock "
        f"{min(clock) * 1e3:.0f} ms (median {statistics.median(clock) * 1e3:.0f} ms)"
    )


def _processor_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
