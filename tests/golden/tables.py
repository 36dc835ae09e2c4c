"""Writes the tables of `docs/templates.md` from the code: functions, refusals, limits.

`python -m tests.golden.tables` brings the document up to date; a unit test tells when it is not.
"""

import inspect
import re
from collections.abc import Iterable, Mapping
from dataclasses import fields
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Final

from clusterimport.gotemplate import extensions, sprig
from clusterimport.gotemplate.builtins import BUILTINS
from clusterimport.gotemplate.extensions import checks, kubeconfigs, yamlreader, yamlwriter
from clusterimport.gotemplate.functions import Entry, Function, Refused, Special, Structure
from clusterimport.gotemplate.limits import Limits
from clusterimport.gotemplate.sprig import (
    constraints,
    dates,
    defaults,
    dicts,
    encoding,
    hashes,
    jsontext,
    lists,
    numeric,
    paths,
    reflection,
    regexps,
    shaping,
    strings,
    urls,
)

DOCUMENT: Final = Path(__file__).parents[2] / "docs" / "templates.md"

_FAMILIES: Final[Mapping[str, tuple[ModuleType, ...]]] = {
    "Strings": (strings, shaping),
    "Regular expressions": (regexps,),
    "Numbers": (numeric,),
    "Lists": (lists,),
    "Maps": (dicts,),
    "Fall-backs and flow": (defaults,),
    "JSON": (jsontext,),
    "Encoding and hashes": (encoding, hashes),
    "Versions": (constraints,),
    "Dates and durations": (dates,),
    "Paths and URLs": (paths, urls),
    "Types": (reflection,),
}

_LIMITS: Final = {
    "text_bytes": "bytes of a template's text",
    "tokens": "tokens (words, literals, delimiters) of a template",
    "nesting": "control structures and parentheses inside one another",
    "template_depth": "templates that call one another, or themselves",
    "steps": "steps of one rendering; a step is about a microsecond of work",
    "output_bytes": "bytes of the rendered text",
    "size": "bytes of one text, or items of one list, that a function makes",
    "free_bytes": "bytes up to which a text costs nothing beyond the step of its function",
    "value_depth": "lists and maps inside one another, in a value printed or walked through",
}

_SPECIAL: Final = {
    Special.AND: "Return the first argument that is false, or the last.",
    Special.OR: "Return the first argument that is true, or the last.",
}


def updated(text: str) -> str:
    """Return the document with the tables between its marks as the code has them."""
    tables = {
        "builtins": _functions(BUILTINS.values()),
        "sprig": _sprig(),
        "refused": _refused(sprig.FUNCTIONS.values()),
        "extensions": _functions(extensions.FUNCTIONS.values()),
        "limits": _limits(),
    }
    for name, table in tables.items():
        pattern = re.compile(rf"(<!-- {name} -->\n).*?(<!-- end -->)", re.DOTALL)
        text, count = pattern.subn(partial(_filled, table), text)
        if count != 1:
            raise ValueError(f"the document has {count} places for the table {name}")
    return text


def _filled(table: str, place: re.Match[str]) -> str:
    return f"{place[1]}{table}{place[2]}"


def described(function: Function) -> str:
    """Return the sentence a function is described with."""
    text = _SPECIAL.get(function.special) or inspect.getdoc(function.impl) or ""
    return text.partition("\n\n")[0].replace("\n", " ").replace("``", "`").replace("|", "\\|")


def signature(function: Function) -> str:
    """Return a function as a template writes it, with Go's types of its parameters."""
    kinds = [kind.go_type.replace(" ", "") for kind in function.params]
    if function.variadic:
        kinds.append(function.variadic.go_type.replace(" ", "") + "…")
    return " ".join([function.name, *kinds])


def _sprig() -> str:
    parts: list[str] = []
    for title, modules in _FAMILIES.items():
        entries = [entry for module in modules for entry in module.FUNCTIONS.values()]
        parts.append(f"### {title}\n\n{_functions(entries)}\n")
    return "".join(parts).rstrip("\n") + "\n"


def _functions(entries: Iterable[Entry]) -> str:
    rows = ["| Function | What it does |", "|---|---|"]
    for entry in sorted(entries, key=lambda entry: entry.name.lower()):
        if isinstance(entry, Function):
            note = " Makes structure." if entry.structure is Structure.MAKES else ""
            note += " Changes the map." if entry.mutates else ""
            rows.append(f"| `{signature(entry)}` | {described(entry)}{note} |")
    return "\n".join(rows) + "\n"


def _refused(entries: Iterable[Entry]) -> str:
    reasons: dict[str, list[str]] = {}
    for entry in entries:
        if isinstance(entry, Refused):
            reasons.setdefault(entry.reason, []).append(f"`{entry.name}`")
    rows = ["| Functions | Refused because |", "|---|---|"]
    rows += [f"| {', '.join(sorted(names))} | {reason} |" for reason, names in reasons.items()]
    return "\n".join(rows) + "\n"


def _limits() -> str:
    limits = Limits()
    rows = ["| At most | of |", "|---|---|"]
    for field in fields(limits):
        value = f"{getattr(limits, field.name):,}".replace(",", " ")
        rows.append(f"| {value} | {_LIMITS[field.name]} |")
    return "\n".join(rows) + "\n"


def covered() -> set[str]:
    """Return the names that the tables of sprig and our own functions hold."""
    modules = [module for group in _FAMILIES.values() for module in group]
    modules += [checks, kubeconfigs, yamlreader, yamlwriter]
    return {name for module in modules for name in module.FUNCTIONS}


if __name__ == "__main__":
    DOCUMENT.write_text(updated(DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8")
