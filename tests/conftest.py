"""What every test needs."""

import asyncio


def pytest_configure() -> None:
    """Keep looptime from making an event loop, which nobody would close, for synchronous tests.

    It asks the event loop policy before every test; the policy makes a loop on demand only as
    long as none was ever set.
    """
    asyncio.set_event_loop(None)
