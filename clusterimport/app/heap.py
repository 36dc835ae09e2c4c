"""How often the interpreter looks for garbage that reference counts do not find."""

import gc
from typing import Final

YOUNG_OBJECTS: Final = 20_000
"""More containers made than freed before a look at them; the interpreter's own default is 700.

An import keeps some dozens of the thousands that it makes, and nearly all that goes is found by
counting: what waits here for a look is a few MiB.
"""
OLDER_LOOKS: Final = 10
"""Looks at the youngest for one at those before; the interpreter's own default."""


def settle_heap() -> None:
    """Take everything that is there now out of the collector's way, and have it look less often.

    Called once, when all modules are loaded: their 70 000 objects stay as long as the process, and
    each look at all would hold the event loop for their sake.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS, OLDER_LOOKS, OLDER_LOOKS)
