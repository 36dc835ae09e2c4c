"""Version constraints as Masterminds/semver 3.1.1 checks them, and the semver family.

A constraint is ``A || B``, where each side is a list of comparisons that must all hold. How a
missing or ``x`` part counts depends on the operator; a pre-release passes only a comparison that
names one itself.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from clusterimport.gotemplate.functions import STRING, Entry, Function
from clusterimport.gotemplate.gostrings import from_bytes
from clusterimport.gotemplate.limits import Limits, Meter
from clusterimport.gotemplate.sprig.rematch import Subject, compile_regex
from clusterimport.gotemplate.sprig.texts import text_function
from clusterimport.gotemplate.sprig.versions import Version, compare_prerelease, parse_version
from clusterimport.gotemplate.values import ConstantError, FunctionError

__all__ = ["FUNCTIONS"]

_VERSION: Final = (
    r"v?([0-9|x|X|\*]+)(\.[0-9|x|X|\*]+)?(\.[0-9|x|X|\*]+)?"
    r"(-([0-9A-Za-z\-]+(\.[0-9A-Za-z\-]+)*))?"
    r"(\+([0-9A-Za-z\-]+(\.[0-9A-Za-z\-]+)*))?"
)
_OPERATORS: Final = r"=||!=|>|<|>=|=>|<=|=<|~|~>|\^"
_UNLIMITED: Final = Meter(Limits())
# Only RE2 takes these in linear time; the text is the author's.
_ONE: Final = compile_regex(_UNLIMITED, rf"^\s*({_OPERATORS})\s*({_VERSION})\s*$", groups=True)
_RANGE: Final = compile_regex(_UNLIMITED, rf"\s*({_VERSION})\s+-\s+({_VERSION})\s*", groups=True)
_EACH: Final = compile_regex(_UNLIMITED, rf"({_OPERATORS})\s*({_VERSION})")
_SIDE: Final = compile_regex(_UNLIMITED, rf"^(\s*({_OPERATORS})\s*({_VERSION})\s*\,?)+$")


@dataclass(frozen=True, slots=True)
class _Comparison:
    """One operator and version; `dirty` means that a part is missing or ``x``."""

    operator: str
    version: Version
    dirty: bool = False
    minor_dirty: bool = False
    patch_dirty: bool = False

    def allows(self, version: Version) -> bool:
        """Check one version."""
        only_releases = bool(version.pre) and not self.version.pre
        if only_releases and (self.operator != "!=" or self.dirty):
            return False
        return _CHECKS[self.operator](version, self)


def semver_compare(meter: Meter, constraint: str, version: str) -> bool:
    """Tell whether the version satisfies the constraint."""
    sides = _parse(meter, constraint)
    parsed = parse_version(version)
    return any(all(comparison.allows(parsed) for comparison in side) for side in sides)


def _parse(meter: Meter, text: str) -> list[list[_Comparison]]:
    return [_parse_side(meter, side) for side in _rewrite_ranges(meter, text).split("||")]


def _rewrite_ranges(meter: Meter, text: str) -> str:
    subject = Subject(meter, text)
    rewritten = text
    for match in list(_RANGE.matches(meter, subject, -1)):
        low, high = (from_bytes(subject.group(match, group)) for group in (1, 11))
        whole = from_bytes(subject.group(match))
        rewritten = rewritten.replace(whole, f">= {low}, <= {high}", 1)
    return rewritten


def _parse_side(meter: Meter, text: str) -> list[_Comparison]:
    subject = Subject(meter, text)
    if _SIDE.search(meter, subject) is None:
        raise FunctionError(f"improper constraint: {text}")
    return [
        _parse_one(meter, from_bytes(subject.group(match)))
        for match in _EACH.matches(meter, subject, -1)
    ]


def _parse_one(meter: Meter, comparison: str) -> _Comparison:
    subject = Subject(meter, comparison)
    match = _ONE.search(meter, subject)
    assert match is not None  # each comparison was cut out by the same grammar
    operator, text, major, minor, patch, pre = (
        from_bytes(subject.group(match, index)) for index in range(1, 7)
    )
    dirty = minor_dirty = patch_dirty = False
    if _is_any(major):
        text, dirty = "0.0.0", True
    elif _is_any(minor):
        text, dirty, minor_dirty = f"{major}.0.0{pre}", True, True
    elif _is_any(patch):
        text, dirty, patch_dirty = f"{major}{minor}.0{pre}", True, True
    try:
        version = parse_version(text)
    except FunctionError as error:
        raise ConstantError("constraint Parser Error") from error
    return _Comparison(operator, version, dirty, minor_dirty, patch_dirty)


def _is_any(part: str) -> bool:
    return part.removeprefix(".") in {"", "x", "X", "*"}


def _not_equal(version: Version, given: _Comparison) -> bool:
    wanted = given.version
    if given.dirty:
        if version.major != wanted.major:
            return True
        if given.minor_dirty:
            return False
        if version.minor != wanted.minor:
            return True
        if given.patch_dirty:
            return bool(version.pre or wanted.pre) and (
                compare_prerelease(version.pre, wanted.pre) != 0
            )
        if version.patch != wanted.patch:
            return True
    return version.compare(wanted) != 0


def _greater(version: Version, given: _Comparison) -> bool:
    wanted = given.version
    if given.dirty:
        # >11 means 12 and more, >11.1 means 11.2 and more.
        if version.major != wanted.major:
            return version.major > wanted.major
        if given.minor_dirty:
            return False
        if given.patch_dirty:
            return version.minor > wanted.minor
    return version.compare(wanted) > 0


def _less(version: Version, given: _Comparison) -> bool:
    return version.compare(given.version) < 0


def _at_least(version: Version, given: _Comparison) -> bool:
    return version.compare(given.version) >= 0


def _at_most(version: Version, given: _Comparison) -> bool:
    wanted = given.version
    if not given.dirty:
        return version.compare(wanted) <= 0
    if version.major != wanted.major:
        return version.major < wanted.major
    return given.minor_dirty or version.minor <= wanted.minor


def _tilde(version: Version, given: _Comparison) -> bool:
    wanted = given.version
    if version.compare(wanted) < 0:
        return False
    # ~0.0.0 (and ~*) accept everything.
    anything = (wanted.major, wanted.minor, wanted.patch) == (0, 0, 0)
    if anything and not given.minor_dirty and not given.patch_dirty:
        return True
    return version.major == wanted.major and (given.minor_dirty or version.minor == wanted.minor)


def _tilde_or_equal(version: Version, given: _Comparison) -> bool:
    return _tilde(version, given) if given.dirty else version.compare(given.version) == 0


def _caret(version: Version, given: _Comparison) -> bool:
    wanted = given.version
    if version.compare(wanted) < 0 or version.major != wanted.major:
        # Major 0 counts like any other here: the library asks for it a line later.
        return False
    if wanted.major > 0 or given.minor_dirty:
        return True
    if wanted.minor > 0 or given.patch_dirty:
        return version.minor == wanted.minor
    return version.patch == wanted.patch


_CHECKS: Final[dict[str, Callable[[Version, _Comparison], bool]]] = {
    "": _tilde_or_equal,
    "=": _tilde_or_equal,
    "!=": _not_equal,
    ">": _greater,
    "<": _less,
    ">=": _at_least,
    "=>": _at_least,
    "<=": _at_most,
    "=<": _at_most,
    "~": _tilde,
    "~>": _tilde,
    "^": _caret,
}

_ENTRIES: Final = (
    text_function("semver", parse_version, STRING, shift=4, weight=4),
    Function("semverCompare", semver_compare, (STRING, STRING), needs_meter=True, weight=12),
)

FUNCTIONS: Final[dict[str, Entry]] = {entry.name: entry for entry in _ENTRIES}
