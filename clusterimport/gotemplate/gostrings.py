"""Go's strings, which are bytes: as text, of which each byte that is no UTF-8 is a surrogate."""

from collections.abc import Iterable


def to_bytes(text: str) -> bytes:
    """Return the bytes of a Go string."""
    return text.encode("utf-8", "surrogateescape")


def from_bytes(data: bytes) -> str:
    """Return the Go string with these bytes; those that are no UTF-8 become surrogates."""
    return data.decode("utf-8", "surrogateescape")


def stray_bytes(text: str) -> int:
    """Return how many bytes of a Go string are no UTF-8."""
    if text.isascii():
        return 0
    # Each is a byte, or three if it were the character that stands for it here.
    return (len(text.encode("utf-8", "surrogatepass")) - len(to_bytes(text))) >> 1


def joined(text: str) -> str:
    """Make a concatenation canonical: cut runes that met again become characters."""
    return text if text.isascii() else from_bytes(to_bytes(text))


def byte_len(text: str) -> int:
    """Return Go's len of a string: its bytes."""
    return len(text) if text.isascii() else len(to_bytes(text))


def sorted_keys(keys: Iterable[str]) -> list[str]:
    """Return the keys in Go's order, which is that of their bytes."""
    ordered = sorted(keys)
    # Code points sort like UTF-8; only bytes that are none (surrogates here) sort differently.
    if not all(map(str.isascii, ordered)):
        ordered.sort(key=to_bytes)
    return ordered
