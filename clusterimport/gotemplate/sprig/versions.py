"""Semantic versions as Masterminds/semver 3.1.1 parses, orders and changes them."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Final

from clusterimport.gotemplate.functions import STRING, Function, ParamKind
from clusterimport.gotemplate.numbers import parse_uint
from clusterimport.gotemplate.sprig.jsonwriter import JsonRecord
from clusterimport.gotemplate.values import ConstantError, FunctionError, GoPanic, Int, Uint64

__all__ = ["Version", "VersionStruct", "compare_prerelease", "parse_version"]

_VERSION: Final = re.compile(
    r"v?([0-9]+)(\.[0-9]+)?(\.[0-9]+)?"
    r"(-([0-9A-Za-z\-]+(\.[0-9A-Za-z\-]+)*))?"
    r"(\+([0-9A-Za-z\-]+(\.[0-9A-Za-z\-]+)*))?"
)
_ALLOWED: Final = re.compile(r"[0-9A-Za-z\-]*")
_NIL_POINTER: Final = "runtime error: invalid memory address or nil pointer dereference"
_UINT64_END: Final = 1 << 64


@dataclass(frozen=True)
class Version(JsonRecord):
    """Go's ``*semver.Version``, what `semver` returns."""

    go_type_name: ClassVar[str] = "*semver.Version"
    go_kind: ClassVar[str] = "ptr"
    go_methods: ClassVar[Mapping[str, Function]] = {}
    go_unexported: ClassVar[frozenset[str]] = frozenset(
        {"major", "minor", "patch", "pre", "metadata", "original"}
    )

    major: int
    minor: int
    patch: int
    pre: str = ""
    metadata: str = ""
    original: str = ""

    def go_string(self) -> str:
        """Write it without a leading ``v``."""
        text = f"{self.major}.{self.minor}.{self.patch}"
        if self.pre:
            text += f"-{self.pre}"
        return f"{text}+{self.metadata}" if self.metadata else text

    def go_fields(self) -> Sequence[tuple[str, Any]]:
        """Return the unexported fields, which `printf "%d"` shows."""
        return (
            ("major", Uint64(self.major)),
            ("minor", Uint64(self.minor)),
            ("patch", Uint64(self.patch)),
            ("pre", self.pre),
            ("metadata", self.metadata),
            ("original", self.original),
        )

    def go_json(self) -> str:
        """Return its text."""
        return self.go_string()

    def compare(self, other: "Version") -> int:
        """Return -1, 0 or 1; a pre-release comes before its release, metadata do not count."""
        left = (self.major, self.minor, self.patch)
        right = (other.major, other.minor, other.patch)
        if left != right:
            return -1 if left < right else 1
        if not self.pre or not other.pre:
            return bool(other.pre) - bool(self.pre)
        return compare_prerelease(self.pre, other.pre)


class VersionStruct(Version):
    """Go's ``semver.Version``, what the methods that change a version return."""

    go_type_name: ClassVar[str] = "semver.Version"
    go_kind: ClassVar[str] = "struct"
    go_methods: ClassVar[Mapping[str, Function]] = {}


def parse_version(text: str) -> Version:
    """Read a version; minor and patch may be missing, ``v`` may lead, zeros too.

    Raises:
        FunctionError: it is none.

    """
    match = _VERSION.fullmatch(text)
    if match is None:
        raise ConstantError("Invalid Semantic Version")
    pre = match[5] or ""
    metadata = match[8] or ""
    version = Version(
        _segment(match[1]), _segment(match[2]), _segment(match[3]), pre, metadata, text
    )
    _check_prerelease(pre)
    return version


def _segment(text: str | None) -> int:
    if not text:
        return 0
    digits = text.removeprefix(".")
    number = parse_uint(digits)
    if number is None:
        raise FunctionError(
            "Error parsing version segment: strconv.ParseUint: "
            f'parsing "{digits}": value out of range'
        )
    return number


def _check_prerelease(text: str) -> None:
    for part in text.split("."):
        if len(part) > 1 and part[0] == "0" and part.isascii() and part.isdigit():
            raise ConstantError("Version segment starts with 0")
        if not _ALLOWED.fullmatch(part):
            raise ConstantError("Invalid Prerelease string")


def compare_prerelease(left: str, right: str) -> int:
    """Return -1, 0 or 1: part by part, numbers before words, fewer parts first."""
    left_parts, right_parts = left.split("."), right.split(".")
    for index in range(max(len(left_parts), len(right_parts))):
        a = left_parts[index] if index < len(left_parts) else ""
        b = right_parts[index] if index < len(right_parts) else ""
        if a != b:
            return _compare_part(a, b)
    return 0


def _compare_part(left: str, right: str) -> int:
    if not left or not right:
        return 1 if left else -1
    a, b = parse_uint(left), parse_uint(right)
    if a is None and b is None:
        return 1 if left > right else -1
    if a is None or b is None:
        return 1 if a is None else -1
    return 1 if a > b else -1


def _next(version: Version, *, major: int, minor: int, patch: int) -> VersionStruct:
    return _renamed(version, VersionStruct(major, minor, patch))


def _renamed(old: Version, new: VersionStruct) -> VersionStruct:
    prefix = "v" if old.original.startswith("v") else ""
    return replace(new, original=prefix + new.go_string())


def _inc_major(version: Version) -> VersionStruct:
    return _next(version, major=(version.major + 1) % _UINT64_END, minor=0, patch=0)


def _inc_minor(version: Version) -> VersionStruct:
    minor = (version.minor + 1) % _UINT64_END
    return _next(version, major=version.major, minor=minor, patch=0)


def _inc_patch(version: Version) -> VersionStruct:
    # The release that follows a pre-release is its own.
    patch = version.patch if version.pre else (version.patch + 1) % _UINT64_END
    return _next(version, major=version.major, minor=version.minor, patch=patch)


def _set_prerelease(version: Version, pre: str) -> VersionStruct:
    if pre:
        _check_prerelease(pre)
    fields = (version.major, version.minor, version.patch)
    return _renamed(version, VersionStruct(*fields, pre, version.metadata))


def _set_metadata(version: Version, metadata: str) -> VersionStruct:
    if not all(map(_ALLOWED.fullmatch, metadata.split("."))):
        raise ConstantError("Invalid Metadata string")
    fields = (version.major, version.minor, version.patch)
    return _renamed(version, VersionStruct(*fields, version.pre, metadata))


def _comparison(test: Callable[[int], Any]) -> Callable[[Version, Version | None], Any]:
    def compare(version: Version, other: Version | None) -> Any:
        if other is None:
            raise GoPanic(_NIL_POINTER)
        return test(version.compare(other))

    return compare


def _no_version() -> None:
    return None


_POINTER: Final = ParamKind("*semver.Version", frozenset({Version}), nil=_no_version)

_VALUE_METHODS: Final = (
    Function("Major", lambda version: Uint64(version.major)),
    Function("Minor", lambda version: Uint64(version.minor)),
    Function("Patch", lambda version: Uint64(version.patch)),
    Function("Prerelease", lambda version: version.pre),
    Function("Metadata", lambda version: version.metadata),
    Function("String", Version.go_string),
    Function("IncMajor", _inc_major),
    Function("IncMinor", _inc_minor),
    Function("IncPatch", _inc_patch),
    Function("SetPrerelease", _set_prerelease, (STRING,)),
    Function("SetMetadata", _set_metadata, (STRING,)),
)

_POINTER_METHODS: Final = (
    Function("Original", lambda version: version.original),
    Function("Compare", _comparison(Int), (_POINTER,)),
    Function("Equal", _comparison(lambda order: order == 0), (_POINTER,)),
    Function("LessThan", _comparison(lambda order: order < 0), (_POINTER,)),
    Function("GreaterThan", _comparison(lambda order: order > 0), (_POINTER,)),
)

VersionStruct.go_methods = {method.name: method for method in _VALUE_METHODS}
Version.go_methods = {method.name: method for method in _VALUE_METHODS + _POINTER_METHODS}
