"""Label and field selectors, which the API server applies before a policy sees anything."""

import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from clusterimport.errors import ClusterImportError
from clusterimport.model.meta import Object, labels_of

_REQUIREMENT: Final = re.compile(
    r"""\s*(?:
        (?P<absent>!)\s*(?P<without>[^\s,=!<>()]+)
      | (?P<key>[^\s,=!<>()]+)\s*(?:
            (?P<set>in|notin)\s*\(\s*(?P<values>[^()]*?)\s*\)
          | (?P<sign>==|=|!=|>|<)\s*(?P<value>[^\s,=!<>()]*)
        )?
    )\s*(?:,|$)""",
    re.VERBOSE,
)
_TERM: Final = re.compile(r"(?P<key>[^=!,\s]+)(?P<sign>==|=|!=)(?P<value>(?:\\.|[^,\\])*)(?:,|$)")
_ESCAPED: Final = re.compile(r"\\([\\,=])")


class SelectorProblem(ClusterImportError):  # noqa: N818 - what is wrong with a selector
    """The text is no selector; the server would refuse to list with it."""


class _Requirement(NamedTuple):
    key: str
    sign: str
    values: frozenset[str]

    def takes(self, value: str | None) -> bool:
        match self.sign:
            case "exists":
                return value is not None
            case "absent":
                return value is None
            case "in":
                return value is not None and value in self.values
            case "notin":
                return value is None or value not in self.values
            case _:
                return value is not None and _compare(value, self.sign, next(iter(self.values)))


def matches_labels(selector: str, obj: Object) -> bool:
    """Whether a label selector takes an object; raises SelectorProblem."""
    labels = labels_of(obj)
    return all(each.takes(labels.get(each.key)) for each in _requirements(selector))


def matches_fields(selector: str, obj: Object) -> bool:
    """Whether a field selector takes an object; raises SelectorProblem."""
    return all(each.takes(_field(obj, each.key)) for each in _terms(selector))


def _requirements(selector: str) -> list[_Requirement]:
    found, position = [], 0
    while position < len(selector):
        match = _REQUIREMENT.match(selector, position)
        if match is None:
            if not selector[position:].strip():
                break
            raise SelectorProblem(f"cannot be read from {selector[position:]!r} on")
        found.append(_requirement(match))
        position = match.end()
    return found


def _requirement(match: re.Match[str]) -> _Requirement:
    if match["absent"]:
        return _Requirement(match["without"], "absent", frozenset())
    if match["set"]:
        values = frozenset(value.strip() for value in match["values"].split(","))
        return _Requirement(match["key"], match["set"], values)
    if not match["sign"]:
        return _Requirement(match["key"], "exists", frozenset())
    sign = {"=": "in", "==": "in", "!=": "notin"}.get(match["sign"], match["sign"])
    if sign in {"<", ">"} and not _is_integer(match["value"]):
        raise SelectorProblem(f"{match['key']} is compared with something that is no number")
    return _Requirement(match["key"], sign, frozenset((match["value"],)))


def _terms(selector: str) -> list[_Requirement]:
    found, position = [], 0
    while position < len(selector):
        match = _TERM.match(selector, position)
        if match is None:
            raise SelectorProblem(f"cannot be read from {selector[position:]!r} on")
        sign = "notin" if match["sign"] == "!=" else "in"
        value = _ESCAPED.sub(r"\1", match["value"])
        found.append(_Requirement(match["key"], sign, frozenset((value,))))
        position = match.end()
    return found


def _field(obj: Object, path: str) -> str:
    value: Any = obj
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)


def _compare(value: str, sign: str, bound: str) -> bool:
    if not _is_integer(value):
        return False
    return int(value) > int(bound) if sign == ">" else int(value) < int(bound)


def _is_integer(text: str) -> bool:
    return re.fullmatch(r"[+-]?[0-9]{1,19}", text, re.ASCII) is not None
