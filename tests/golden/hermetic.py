"""Renders every function once, while an audit hook and traps watch for ways out.

`python -m tests.golden.hermetic` prints, as JSON, which functions were rendered and everything that
Python's audit events, or a trap in place of the clock, the environment and the sources of
randomness, saw meanwhile. A process of its own, since an audit hook cannot be removed.
"""

import json
import os
import random
import re
import secrets
import sys
import time
import uuid
from pathlib import Path
from typing import Any, Final

from clusterimport.engine.evaluation import FUNCTIONS
from clusterimport.gotemplate.conformance import decode
from clusterimport.gotemplate.errors import GoTemplateError
from clusterimport.gotemplate.functions import Function
from clusterimport.gotemplate.sprig.zones import read_database
from clusterimport.gotemplate.template import Template

_VECTORS: Final = Path(__file__).parent / "vectors.jsonl"
_WORD: Final = re.compile(r"[a-z]\w*", re.IGNORECASE)
_EACH: Final = 4

# What only happens inside the interpreter, and says nothing of a way out.
_HARMLESS: Final = frozenset({"object.__getattr__", "sys._getframe", "code.__new__"})

_TRAPPED: Final[dict[Any, tuple[str, ...]]] = {
    time: (
        "clock_gettime", "ctime", "gmtime", "localtime", "monotonic", "monotonic_ns",
        "perf_counter", "process_time", "sleep", "strftime", "time", "time_ns",
    ),
    os: ("getenv", "urandom", "getpid", "getcwd", "stat", "listdir"),
    random: ("choice", "getrandbits", "randint", "random", "shuffle"),
    secrets: ("token_bytes", "token_hex"),
    uuid: ("uuid1", "uuid4"),
}  # fmt: skip

# Functions of our own, those without a vector, and what could make a library read its data late.
_OWN: Final = (
    '{{ date "2006 MST" 0 }}{{ htmlDate 1700000123 }}{{ htmlDate "now" }}',
    '{{ must_date_modify "1h" (toDate "2006" "2020") }}{{ mustFirst (list 1) }}',
    '{{ mustPush (list 1) 2 }}{{ mustMergeOverwrite (dict "a" 1) (dict "a" 2) }}',
    '{{ toYaml (dict "a" (list 1 nil "yes")) }}',
    '{{ fromYaml "a: [1, 1.5, yes]" }}{{ fromYaml "a: [" }}',
    '{{ required "a" "b" }}{{ required "a" "" }}',
    '{{ mustB64dec "YQ==" }}{{ mustB64dec "?" }}',
    '{{ toKubeconfig (dict "server" "https://a") }}',
    '{{ conditionTrue (dict "status" (dict "conditions" (list (dict "type" "Ready")))) "Ready" }}',
    '{{ dateInZone "2006 MST" 0 "Asia/Tokyo" }}{{ (toDate "2006" "2020").Local.Location }}',
    '{{ toDate "2006 MST" "2020 CEST" }}{{ dateInZone "MST" 0 "No/Where" }}',
    '{{ regexFind "\\\\p{Greek}+" "αβγ" }}{{ regexMatch "[" "a" }}{{ semver "x" }}',
    '{{ nospace "ä ö" }}{{ urlquery "ä" }}{{ range 1000000000 }}{{ end }}',
)


class Watch:
    """Notes what happens while it is switched on."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.on = False

    def hook(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Note an audit event."""
        if self.on and event not in _HARMLESS:
            self.seen.append(f"{event} {str(arguments)[:100]}")

    def trap(self, name: str) -> Any:
        """Return what stands in for a function that must not be called."""

        def trapped(*_args: Any, **_kwargs: Any) -> Any:
            if self.on:
                self.seen.append(name)
            raise AssertionError(name)

        return trapped


def _cases() -> list[tuple[str, Any]]:
    """Return templates in which every function stands, with their data."""
    left = {name: _EACH for name, entry in FUNCTIONS.items() if isinstance(entry, Function)}
    cases: list[tuple[str, Any]] = [(text, {}) for text in _OWN]
    with _VECTORS.open(encoding="utf-8") as lines:
        for line in lines:
            case = decode(line)
            names = {name for name in _WORD.findall(case["template"]) if left.get(name)}
            if names:
                cases.append((case["template"], case.get("data")))
                left.update({name: left[name] - 1 for name in names})
    return cases


def main() -> None:
    """Render and report."""
    cases = _cases()
    # As the controller does at its start.
    read_database()
    watch = Watch()
    for module, names in _TRAPPED.items():
        for name in names:
            setattr(module, name, watch.trap(f"{module.__name__}.{name}"))
    sys.addaudithook(watch.hook)
    rendered: set[str] = set()
    for text, data in cases:
        watch.on = True
        try:
            template = Template(text, functions=FUNCTIONS)
            rendered.update(_WORD.findall(text))
            template.render(data)
            template.render_traced(data)
        except GoTemplateError:
            pass
        watch.on = False
    # Does the hook see what it is there for?
    watch.on = True
    canary = len(watch.seen)
    Path(os.devnull).open().close()
    watch.on = False
    print(
        json.dumps(
            {
                "rendered": sorted(rendered & FUNCTIONS.keys()),
                "seen": watch.seen[:canary],
                "works": len(watch.seen) > canary,
            }
        )
    )


if __name__ == "__main__":
    main()
