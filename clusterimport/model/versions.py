"""How resource versions compare.

Within one type they are integers that grow (KEP-5504). A server that sends anything else is
believed for equality only: nothing is then called older.
"""


def as_integer(version: str) -> int | None:
    """Return the version as a number, or None where it is not decimal."""
    return int(version) if version.isascii() and version.isdecimal() else None


def is_older(version: str, other: str) -> bool:
    """Whether ``version`` is certainly older than ``other``."""
    mine, theirs = as_integer(version), as_integer(other)
    return mine is not None and theirs is not None and mine < theirs


def at_least(version: str, other: str) -> bool:
    """Whether ``version`` is not older, by KEP-5504's rule for versions of one type."""
    mine, theirs = as_integer(version), as_integer(other)
    return mine >= theirs if mine is not None and theirs is not None else version == other


def newest(known: str, heard: str) -> str:
    """Return the version to go on from, after ``heard`` came behind ``known``."""
    return known if not heard or is_older(heard, known) else heard
