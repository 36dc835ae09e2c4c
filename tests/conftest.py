"""What every test needs."""

import asyncio
import gc
from collections.abc import Generator

import pytest
from hypothesis import HealthCheck, settings

pytest_plugins = ["tests.harness.stutter", "tests.harness.controlplanes"]

settings.register_profile(
    "fixed", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("explore", max_examples=3000, deadline=None, print_blob=True)
# The same examples every time: a change fails for what it does, and not for a draw. New ones are
# looked for with --hypothesis-profile=explore. No deadline, and nothing is too slow: a busy machine
# fails nobody's change.
settings.load_profile("fixed")


def pytest_configure() -> None:
    """Keep looptime from making an event loop, which nobody would close, for synchronous tests.

    It asks the event loop policy before every test; the policy makes a loop on demand only as
    long as none was ever set.
    """
    asyncio.set_event_loop(None)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Leave what is collected, which stays to the end, out of every search for garbage.

    Ten thousand tests are a million objects, which cost more to look at than to make.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        gc.freeze()


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish() -> None:
    """Look for garbage once, and leave the rest out of the ten times that pytest looks."""
    gc.collect()
    gc.freeze()
