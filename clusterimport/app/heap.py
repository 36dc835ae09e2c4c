"""How the interpreter looks for garbage, and what the C library and connections keep."""

import asyncio.sslproto
import ctypes
import gc
from typing import Final

YOUNG_OBJECTS: Final = 20_000
"""More containers made than freed before a look at them; the interpreter's own default is 700.

An import keeps some dozens of the thousands that it makes, and nearly all that goes is found by
counting: what waits here for a look is a few MiB.
"""
OLDER_LOOKS: Final = 10
"""Looks at the youngest for one at those before; the interpreter's own default."""

LARGE_BYTES: Final = 128 * 1024
"""From here on memory is asked of the system, and given back when it is free.

glibc begins with the same bound, and raises it to whatever was freed since, up to 32 MiB. Then
bodies of answers leave holes between small things that stay, and nobody gets the holes.
"""
SPARE_BYTES: Final = 1024 * 1024
"""What is free at the end of the heap stays up to this: the next work takes it again.

zlib alone takes a quarter of it for each text. Given back and asked for again, that is half a
hundred pages which the system fills with zeros, for each event.
"""
TLS_READ_BYTES: Final = 32 * 1024
"""What a TLS connection reads at a time, into a buffer that it has for as long as it lives.

asyncio takes 256 KiB for each, and fills them with zeros, so that all are resident; OpenSSL gives
out 16 at a time. There is no way to say so but an attribute of its class.
"""
_M_TRIM_THRESHOLD: Final = -1
_M_MMAP_THRESHOLD: Final = -3
_M_ARENA_MAX: Final = -8


def settle_heap() -> None:
    """Take everything that is there now out of the collector's way, and have it look less often.

    Called once, when all modules are loaded: their 70 000 objects stay as long as the process, and
    each look at all would hold the event loop for their sake. Connections of later, and what is
    freed from now on, take little, too.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS, OLDER_LOOKS, OLDER_LOOKS)
    asyncio.sslproto.SSLProtocol.max_size = TLS_READ_BYTES
    _settle_malloc()


def _settle_malloc() -> None:
    """Have what is free go back to the system; other C libraries than glibc do as they do."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return
    mallopt(_M_MMAP_THRESHOLD, LARGE_BYTES)
    mallopt(_M_TRIM_THRESHOLD, SPARE_BYTES)
    # One for all threads: a few make TLS contexts, and each would keep what it has freed.
    mallopt(_M_ARENA_MAX, 1)
