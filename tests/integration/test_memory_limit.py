"""The bound that other tests put on the controller's memory is one."""

import subprocess
import sys
from contextlib import contextmanager

from development.memorylimit import UNTOUCHED_MIB, MemoryLimit

LIMIT_MIB = 128


@contextmanager
def limited():
    limit = MemoryLimit(LIMIT_MIB)
    try:
        yield limit
    finally:
        limit.remove()


def allocate(limit, mib):
    program = f"x = b'x' * ({mib} << 20)"
    return subprocess.run(limit.wrap([sys.executable, "-c", program]), check=False, timeout=60)


def test_a_process_beyond_its_limit_ends():
    """What touches more memory than the limit allows is killed, or gets none."""
    with limited() as limit:
        ended = allocate(limit, LIMIT_MIB * 2 + (0 if limit.is_exact else UNTOUCHED_MIB))

    assert ended.returncode != 0


def test_a_process_within_its_limit_lives():
    """What stays below the limit notices nothing of it, and its peak is known."""
    with limited() as limit:
        ended = allocate(limit, LIMIT_MIB // 2)
        peak = limit.peak_mib()

    assert ended.returncode == 0
    assert not limit.is_exact or LIMIT_MIB / 2 < peak <= LIMIT_MIB
