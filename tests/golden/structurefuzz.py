"""Values against structure: `make structure-fuzz N=100000 SEED=1`.

Each case is a document with some places in it, and an action in each that prints a random value by
a random pipeline. What has to arrive is known from the value (and, of pipelines that print plain
text, from that text alone), never from the rendered document. The document is refused as a whole,
or holds exactly that.
"""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Callable
from random import Random
from typing import Any, Final, NamedTuple

from clusterimport.engine.errors import DocumentError, EvaluationError
from clusterimport.engine.evaluation import FUNCTIONS, TEMPLATE, Program
from clusterimport.engine.metrics import NullEngineMetrics
from clusterimport.engine.output import without_missing
from clusterimport.engine.structure import check_structure
from clusterimport.engine.yamltree import Node, Scalar, YamlError, YamlMapping, load_tree
from clusterimport.gotemplate.errors import GoTemplateError
from clusterimport.gotemplate.sprig.casing import runes
from clusterimport.gotemplate.template import Template

_SPACE: Final = " \t\r\n"
_FRAGMENTS: Final = (
    "", " ", "  ", "\n", "\n  ", "\n      ", "\n    x: y", "\r\n", "\r", "\t", "\x85", "\u2028",
    "\u2029", "\ufeff", "\xa0", "---", "\n---\n", "...", "\n...\n", ": ", ":", " #", "#", "{", "}",
    "[", "]", ", ", ",", "- ", "-", "? ", "*a", "&a ", "!t ", "%", "@", "`", "'", "''", '"', '""',
    "\\", "\\n", '\\"', "\\x41", "|", "|-", "|+", ">", "|2", "|\n", "~", "null", "true", "no",
    "0x1F", "1e3", "012", "1:30", "2020-01-01", "<<", "=", "a", "abc", "é", "日本", "😀", "\x00",
    "\x07", "\x7f", "\x9f", "\ue000", "\udc80", "\\u0041", "k: v", "', evil: '", '", "evil": "',
    "evil: x", "a...", "a+b/c==", "{{ .v }}", "<no ", "value>",
)  # fmt: skip
_HARMLESS: Final = (
    "a", "abc", "é", "日本", "😀", "a+b/c==", "https://10.0.0.1:6443", "x y", "x_1",
)  # fmt: skip


class _Way(NamedTuple):
    """A pipeline, and what it makes: a text as rendered, the value itself, or its data."""

    pipeline: str
    kind: str


_PIPELINES: Final = {
    "text": (
        ".v", ".v", ".v", ".v | trim", ".v | upper", "print .v", "printf `%s` .v", "cat .v .w",
        'toJson .v | trimAll `"`', "toJson .d | trimPrefix `{` | trimSuffix `}`", "html .v",
        "quote .v | default `x`", "printf `'%s'` .v", 'printf `"%s"` .v', "printf `%q` .v | print",
        "toYaml .d | replace `a` `b`", "toJson .d | trunc 9", "toJson .d | toString", "quote .v .w",
        "join `,` (list .v .w)", "toYaml .d | trimSuffix `a`", "toJson .v | substr 1 9",
        "printf `%q-` .v", "$t", 'toJson .v | trimall `"`', "squote .v | print",
    ),
    "quoted": (
        "quote .v", "squote .v", "printf `%q` .v", "printf `%+q` .v", ".v | quote | trim", "$q",
    ),
    "made": (
        "toJson .d", "toRawJson .d", "toPrettyJson .d", "toYaml .d", "toJson .v", "toYaml .v", "$y",
        "toJson .d | nindent 6", "toYaml .d | nindent 6", "toYaml .d | indent 4 | trim",
        "toYaml .d | nindent 2", "toYaml .d | nindent 4", "$y | nindent 6",
        "toPrettyJson .d | indent 2",
    ),
}  # fmt: skip
_WAYS: Final = tuple(_Way(text, kind) for kind, texts in _PIPELINES.items() for text in texts)
_BEFORE: Final = "{{ $q := quote .v }}{{ $y := toYaml .d }}{{ $t := quote .v }}{{ $t = .v }}"


class _Place(NamedTuple):
    """Where an action stands below a key, and what arrives there of a text.

    In a whole place structure and quoted texts arrive as what they are.
    """

    text: str
    arrives: Callable[[str], str]
    whole: bool = False
    loose: bool = False
    """White space at the end may be lost."""


def _unindented(text: str) -> str:
    return text.replace("\n      ", "\n")


_PLACES: Final = (
    _Place(" {{A}}\n", lambda text: text, whole=True, loose=True),
    _Place(" {{A}}\n", lambda text: text, whole=True, loose=True),
    _Place(" {{A}} # said\n", lambda text: text, whole=True, loose=True),
    _Place("\n    {{A}}\n", lambda text: text, whole=True, loose=True),
    _Place(" x{{A}}\n", lambda text: f"x{text}", loose=True),
    _Place(" x {{A}} y\n", lambda text: f"x {text} y"),
    _Place(" x #{{A}}\n", lambda _: "x"),
    _Place(" x\n# {{A}} y\n", lambda _: "x"),
    _Place(' "{{A}}"\n', lambda text: text),
    _Place(' "x {{A}} y"\n', lambda text: f"x {text} y"),
    _Place(' "\\{{A}}"\n', lambda text: f"\\{text}"),
    _Place(' "\\x{{A}}"\n', lambda text: f"\\x{text}"),
    _Place(' "x\n      {{A}}\n      y"\n', lambda text: f"x {text} y" if text else "x\ny"),
    _Place(" '{{A}}'\n", lambda text: text),
    _Place(" 'x {{A}}'\n", lambda text: f"x {text}"),
    _Place(" |\n      {{A}}\n", _unindented, loose=True),
    _Place(" |-\n      x\n      {{A}}\n", lambda text: f"x\n{_unindented(text)}", loose=True),
    _Place(" |+\n      {{A}}\n", _unindented, loose=True),
    _Place(" >-\n      x\n      {{A}}\n", lambda text: f"x {text}", loose=True),
    _Place(" |{{A | nindent 6}}\n", lambda text: text, loose=True),
    _Place(" |-\n{{A | indent 6}}\n", lambda text: text, loose=True),
)
_COLLECTIONS: Final = (
    (" {b: {{A}}, c: d}\n", lambda made: {"b": made, "c": "d"}),
    (" [{{A}}, c]\n", lambda made: [made, "c"]),
    ("\n    - x\n    - {{A}}\n    - y\n", lambda made: ["x", made, "y"]),
    ("\n    - b: {{A}}\n      c: d\n", lambda made: [{"b": made, "c": "d"}]),
)
_KEYED: Final = "\n    b: c\n    {{A}}: x\n    d: e\n"
_MERGED: Final = "\n    b: c\n{{toYaml .d | indent 4}}\n    d: e\n"


class Case(NamedTuple):
    """A template, its data, and the document that it has to make if it is not refused."""

    template: str
    data: dict[str, Any]
    expected: dict[str, Any]
    harmless: bool


class Loose(str):
    """A text whose white space at the end does not count."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, str) and self.rstrip(_SPACE) == other.rstrip(_SPACE)

    __hash__ = str.__hash__


class Laid(Loose):
    """A text that was moved by `indent` or `nindent`, whose white space is the author's."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, str) and self.split() == other.split()

    __hash__ = str.__hash__


class Cases:
    """The cases of a seed: case number i depends on the seed and i only."""

    def __init__(self, seed: str) -> None:
        self._seed = seed

    def make(self, number: int) -> Case:
        """Make one case of a few places."""
        random = Random(f"{self._seed}/{number}")
        harmless = random.random() < 0.1
        data = {"v": _text(random, harmless=harmless), "w": _text(random, harmless=harmless)}
        data["d"] = _data(random, 0, harmless=harmless)
        template = f"{_BEFORE}before: it\n"
        expected: dict[str, Any] = {"before": "it"}
        benign = harmless
        for index in range(random.randint(1, 3)):
            text, made, fitting = _field(random, data)
            template += f"p{index}:{text}m{index}: mid\n"
            expected |= {f"p{index}": made, f"m{index}": "mid"}
            benign = benign and fitting
        return Case(template + "after: it\n", data, expected | {"after": "it"}, benign)


def verdict(case: Case) -> str:
    """Render and compare; return what went wrong, else how it ended."""
    try:
        got = arrived(case.template, case.data)
    except DocumentError as error:
        return f"WRONGLY REFUSED: {error}" if case.harmless else "refused"
    except EvaluationError:
        return "not rendered"
    if not _same(case.expected, got):
        return f"ALTERED: wanted {case.expected!r}, got {got!r}"
    return "arrived"


def arrived(template: str, data: dict[str, Any]) -> Any:
    """Return the document that a template makes, each scalar as its text."""
    program = Program(
        Template(template, functions=FUNCTIONS), "f", TEMPLATE, "R", NullEngineMetrics()
    )
    output = without_missing(program.output(data, template))
    try:
        root = load_tree(output.text)
    except YamlError as error:
        raise DocumentError(error.problem) from None
    assert root is not None
    check_structure(output, root)
    return _plain(root)


def _field(random: Random, data: dict[str, Any]) -> tuple[str, Any, bool]:
    """Return a place, what arrives there, and whether harmless values have to."""
    way = random.choice(_WAYS)
    drawn = random.random()
    if drawn < 0.05:
        made = data["d"]
        merged = {"b": "c", **_strings(made), "d": "e"} if isinstance(made, dict) else made
        return _MERGED, merged, False
    if drawn < 0.2:
        text, make = random.choice(_COLLECTIONS)
        made, fitting = _whole(way, data)
        return _put(text, way), make(made), fitting and way.kind != "made"
    if drawn < 0.25:
        made, _ = _whole(way, data)
        keyed = {"b": "c", made: "x", "d": "e"} if isinstance(made, str) else {}
        return _put(_KEYED, way), keyed, False
    place = random.choice(_PLACES)
    while "\\" in place.text and "indent" in way.pipeline:
        # A backslash before the line break of the layout joins the lines.
        place = random.choice(_PLACES)
    if place.whole:
        made, fitting = _whole(way, data)
        return _put(place.text, way), made, fitting
    made = place.arrives(_rendered(way, data))
    fitting = way.pipeline == ".v" and "\\" not in place.text
    kind = Laid if "indent" in way.pipeline else Loose if place.loose else str
    return _put(place.text, way), kind(made), fitting


def _put(text: str, way: _Way) -> str:
    return text.replace("{{A", "{{ " + way.pipeline + " ").replace("A}}", way.pipeline + "}}")


def _whole(way: _Way, data: dict[str, Any]) -> tuple[Any, bool]:
    if way.kind == "text":
        return Loose(_rendered(way, data)), way.pipeline == ".v"
    if way.kind == "quoted":
        return data["v"], way.pipeline != "squote .v"
    made = data["v"] if ".v" in way.pipeline else data["d"]
    return _strings(made), ".v" in way.pipeline


def _rendered(way: _Way, data: dict[str, Any]) -> str:
    """Return what an action prints alone."""
    try:
        return Template(_BEFORE + "{{" + way.pipeline + "}}", functions=FUNCTIONS).render(data)
    except GoTemplateError:
        return "an error"


def _text(random: Random, *, harmless: bool) -> str:
    if harmless:
        return random.choice(_HARMLESS)
    return "".join(random.choices(_FRAGMENTS, k=random.randint(0, 4)))


def _data(random: Random, depth: int, *, harmless: bool) -> Any:
    drawn = random.random()
    if depth < 3 and drawn < 0.35:
        count = random.randint(0, 3)
        return {
            (_text(random, harmless=harmless) if random.random() < 0.5 else f"k{index}"): _data(
                random, depth + 1, harmless=harmless
            )
            for index in range(count)
        }
    if depth < 3 and drawn < 0.6:
        return [_data(random, depth + 1, harmless=harmless) for _ in range(random.randint(0, 3))]
    if drawn < 0.7:
        return random.choice((True, False, None, 0, -1, 1234567890123))
    return _text(random, harmless=harmless)


def _strings(data: Any) -> Any:
    """Return data with each scalar as the text that YAML has for it; no stray byte is left."""
    if isinstance(data, dict):
        return {runes(key): _strings(item) for key, item in data.items()}
    if isinstance(data, list):
        return [_strings(item) for item in data]
    return runes(data) if isinstance(data, str) else json.dumps(data)


def _plain(node: Node) -> Any:
    if isinstance(node, Scalar):
        return node.value
    if isinstance(node, YamlMapping):
        return {key.value: _plain(value) for key, value in node.items}
    return [_plain(item) for item in node.items]


def _same(expected: Any, got: Any) -> bool:
    if isinstance(expected, dict) and isinstance(got, dict):
        pairs = zip(sorted(expected.items()), sorted(got.items()), strict=False)
        return len(expected) == len(got) and all(
            _same(wanted, found) and _same(key, name) for (key, wanted), (name, found) in pairs
        )
    if isinstance(expected, list) and isinstance(got, list):
        return len(expected) == len(got) and all(map(_same, expected, got))
    return bool(expected == got)


def main() -> int:
    """Run so many cases of a seed; the status is 1 if a value did not arrive as it was."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--seed", default="1")
    options = parser.parse_args()
    cases = Cases(options.seed)
    ends: Counter[str] = Counter()
    for number in range(options.count):
        case = cases.make(number)
        found = verdict(case)
        end = found.partition(":")[0]
        ends[end] += 1
        if end.isupper() and ends[end] <= 5:
            print(f"case {number}: {found}\n{case.template!r}\n{case.data!r}\n")
    print(f"seed {options.seed}: {', '.join(f'{count} {end}' for end, count in ends.items())}")
    return 1 if any(end.isupper() for end in ends) else 0


if __name__ == "__main__":
    sys.exit(main())
