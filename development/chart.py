"""What of the Helm chart is written from elsewhere: the table of values, and the schema of flags.

`python -m development.reference` brings both up to date; a unit test tells when they are not.
"""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

import yaml

from clusterimport.flags import Flag, FlagKind
from clusterimport.settings import flags

CHART: Final = Path(__file__).parents[1] / "charts" / "clusterimport"
BEGIN: Final = "<!-- Written by `make docs` from values.yaml. -->\n"
END: Final = "<!-- End of what is written. -->\n"
LONGEST_DEFAULT: Final = 50
"""Characters of a default that a cell of the table has room for."""
_DURATION: Final = r"^(0|([0-9]+(\.[0-9]+)?(ns|us|µs|ms|s|m|h))+)$"
_TYPES: Final[Mapping[FlagKind, Mapping[str, Any]]] = {
    FlagKind.TEXT: {"type": "string"},
    FlagKind.NUMBER: {"type": "number"},
    FlagKind.INTEGER: {"type": "integer"},
    FlagKind.BOOLEAN: {"type": "boolean"},
    FlagKind.DURATION: {"type": "string", "pattern": _DURATION},
    FlagKind.NETWORKS: {"type": "array", "items": {"type": "string"}},
    FlagKind.ADDRESS: {"type": "string"},
    FlagKind.GATE: {"type": "string"},
}


class Value(NamedTuple):
    """One value of the chart: its place, as ``image.tag``, its default and what it says."""

    path: str
    default: Any
    says: str


def pages() -> Iterator[tuple[Path, str]]:
    """Yield path and text of what is written, at least in part."""
    readme = CHART / "README.md"
    head, rest = readme.read_text("utf-8").split(BEGIN)
    _, tail = rest.split(END)
    yield readme, f"{head}{BEGIN}\n{_table()}\n{END}{tail}"
    path = CHART / "values.schema.json"
    schema = json.loads(path.read_text("utf-8"))
    schema["properties"]["flags"] |= {
        "additionalProperties": False,
        "properties": {flag.name.removeprefix("--"): _schema(flag) for flag in flags().values()},
    }
    yield path, json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def values() -> Iterator[Value]:
    """Yield the values that have a comment ``# --`` above them, in the order of the file."""
    text = (CHART / "values.yaml").read_text("utf-8")
    defaults = yaml.safe_load(text)
    above: list[tuple[int, str]] = []  # indentation and name of what a line stands in
    said: list[str] = []
    for line in text.splitlines():
        if comment := re.fullmatch(r"\s*# (-- )?(.*)", line):
            if comment[1]:
                said = [comment[2]]
            elif said:
                said.append(comment[2])
            continue
        key = re.match(r"( *)([A-Za-z]+):", line)
        if key is None:
            said = []
            continue
        above = [each for each in above if each[0] < len(key[1])]
        above.append((len(key[1]), key[2]))
        if said:
            names = [name for _, name in above]
            yield Value(".".join(names), _at(defaults, names), " ".join(said))
        said = []


def _at(tree: Any, names: list[str]) -> Any:
    for name in names:
        tree = tree[name]
    return tree


def _table() -> str:
    rows = [f"| `{each.path}` | {_written(each.default)} | {each.says} |" for each in values()]
    return "\n".join(["| Value | Default | Says |", "|---|---|---|", *rows, ""])


def _written(default: Any) -> str:
    text = json.dumps(default, ensure_ascii=False)
    return f"`{text}`" if len(text) <= LONGEST_DEFAULT else "see [values.yaml](values.yaml)"


def _schema(flag: Flag) -> Mapping[str, Any]:
    match flag.kind:
        case FlagKind.CHOICE:
            kind: Mapping[str, Any] = {"enum": list(flag.choices)}
        case FlagKind.LIST:
            kind = {"type": "array", "items": {"enum": list(flag.choices)}}
        case other:
            kind = _TYPES[other]
    return {"description": flag.help, **kind}
