"""Changes the policies of the catalogue, a place at a time, and tells what none of the tests sees.

`python -m development.mutations [PLATFORM...]`; all take some minutes. What survives is a place for
another case in `clusterimport-test.yaml`, unless the change makes no difference: a slash at the end
of an address, a key of a kubeconfig that nobody reads, the words of a message.
"""

import re
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from clusterimport.authoring.errors import AuthoringError
from clusterimport.authoring.policytests.comparing import Goldens
from clusterimport.authoring.policytests.records import FileReader, read_tests
from clusterimport.authoring.policytests.running import run_test
from clusterimport.engine.evaluation import ProgramCache
from development.manifests import EXAMPLES

_SWAPS: Final = {
    re.compile(pattern): other
    for pattern, other in {
        r"\beq ": "ne ",
        r"\bne ": "eq ",
        r"\band ": "or ",
        r"\bor ": "and ",
        r"\bnot ": "",
        r"\bhasPrefix ": "hasSuffix ",
        r"\bhasSuffix ": "hasPrefix ",
        r"\bcontains ": "hasPrefix ",
        r"\btrue\b": "false",
        r"\bfalse\b": "true",
        r" \| (?:trim|b64dec|b64enc|toJson|lower|first|last|quote|toString)\b": "",
        r' \| (?:default|trimSuffix|trimPrefix|replace) (?:"[^"]*"|[$.\w]+)(?: "[^"]*")?': "",
        r" \| default \([^()]*\)": "",
        r'"(?=[\w/.:-]+")': '"x',
    }.items()
}
"""What is looked for in a line, and what comes in its place."""
_HARMLESS: Final = frozenset((" | default dict", " | default list", ' | default ""'))
"""A field of what is missing is missing, too."""
_PASSED_OVER: Final = re.compile(r'\s*(?:#|$|group: ""$|versions: \[\]$)')
_SYNC: Final = re.compile(r"\s*syncResources:")
_TEXT: Final = re.compile(
    r"(\s*(?:labelSelector|fieldSelector|name\w*Template): *['\"]?)([^|>'\"\s].*)"
)


class _Mutant(NamedTuple):
    line: int
    change: str
    text: str


def main(names: Sequence[str]) -> int:
    """Print what survives of each platform that is named, of all with no name."""
    if unknown := [name for name in names if not (EXAMPLES / name).is_dir()]:
        sys.stderr.write(f"error: PLATFORMS: {EXAMPLES} has no {', '.join(unknown)}\n")
        return 2
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "policies"
        shutil.copytree(EXAMPLES, root)
        made = survived = 0
        for platform in sorted(each for each in root.iterdir() if each.is_dir()):
            if not names or platform.name in names:
                for mutant, is_killed in _tried(platform):
                    made += 1
                    survived += not is_killed
                    if not is_killed:
                        print(f"{platform.name}:{mutant.line}: {mutant.change}", flush=True)
    print(f"{survived} of {made} survive")
    return 0


def _tried(platform: Path) -> Iterator[tuple[_Mutant, bool]]:
    policy = platform / "policy.yaml"
    text = policy.read_text("utf-8")
    for mutant in _mutants(text.split("\n")):
        policy.write_text(mutant.text, encoding="utf-8")
        yield mutant, _is_killed(str(platform / "clusterimport-test.yaml"))
    policy.write_text(text, encoding="utf-8")


def _is_killed(file: str) -> bool:
    """Whether a test fails, or the policy is none any more."""
    try:
        return any(
            isinstance(test, AuthoringError)
            or not run_test(test, ProgramCache(), Goldens(update=False)).passed
            for test in read_tests(file, FileReader())
        )
    except AuthoringError:
        return True


def _mutants(lines: list[str]) -> Iterator[_Mutant]:
    for number in _places(lines):
        line = lines[number]
        indent = len(line) - len(line.lstrip())
        changed: list[tuple[str, list[str]]] = [("without the line", [])] if indent >= 4 else []
        for pattern, other in _SWAPS.items():
            for found in pattern.finditer(line):
                if found[0] not in _HARMLESS:
                    told = f"{found[0]!r} is {other!r} at {found.start()}"
                    changed.append((told, [line[: found.start()] + other + line[found.end() :]]))
        if named := _TEXT.fullmatch(line):
            changed.append(("x in front", [f"{named[1]}x{named[2]}"]))
        for told, new in changed:
            text = "\n".join([*lines[:number], *new, *lines[number + 1 :]])
            yield _Mutant(number + 1, f"{told}: {line.strip()}", text)


def _places(lines: list[str]) -> Iterator[int]:
    """Yield the lines of the spec that decide something; what is synchronised is not looked at."""
    sync: int | None = None
    for number in range(lines.index("spec:") + 1, len(lines)):
        line = lines[number]
        indent = len(line) - len(line.lstrip())
        if sync is not None and line.strip() and indent <= sync:
            sync = None
        if _SYNC.match(line):
            sync = indent
        if sync is None and not _PASSED_OVER.match(line):
            yield number


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
