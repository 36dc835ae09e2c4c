"""Ask Go again: `python -m tests.golden.check` (`make golden`).

Go must still answer every committed vector as committed, and we as Go. With `--corpus FILE`, a
file with one `{"template", "data"}` per line (`category` is optional), Go's answers to its cases
are first added to `vectors/NAME.jsonl`, where NAME is that of the file.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from development.controlplane.compiling import BuildError
from tests.golden import corpus
from tests.golden.corpus import Vector
from tests.golden.peers import Oracle, Ours, PeerError, gave_up

_REPEAT: Final = 12
_MOST_SHOWN: Final = 20


class CorpusError(Exception):
    """A corpus cannot be answered once and for all."""


def check(oracle: Oracle) -> list[str]:
    """Return a line for each committed vector that Go, or we, answer otherwise."""
    problems = []
    for path in corpus.files():
        vectors = corpus.read(path)
        cases = [{key: vector[key] for key in ("id", "template", "data")} for vector in vectors]
        ours = Ours().answers(cases)
        for vector, go, one in zip(vectors, oracle.answers(cases), ours, strict=True):
            if not corpus.agrees(vector, go) or vector.get("error") != go.get("error"):
                problems.append(f"{vector['id']}: Go says {go}, committed is {vector}")
            if not corpus.agrees(vector, one) and "refused" not in one:
                problems.append(f"{vector['id']}: we say {one}, Go says {go}")
        print(f"{len(vectors)} vectors of {path.name}")
    return problems


def extend(oracle: Oracle, source: Path) -> Path:
    """Add Go's answers to the cases of a corpus to the vectors of its name; return their file.

    Raises CorpusError if an answer varies, depends on the machine or does not come.
    """
    path = corpus.OWN / f"{source.stem}.jsonl"
    cases = [corpus.named(case, case.get("category", source.stem)) for case in corpus.read(source)]
    answered = [
        case | _lasting(case, answer)
        for case, answer in zip(cases, oracle.answers(cases, repeat=_REPEAT), strict=True)
    ]
    known = corpus.read(path) if path.exists() else []
    corpus.write(path, [*known, *answered])
    return path


def _lasting(case: Vector, answer: Vector) -> Vector:
    problem = ""
    if answer.get("unstable"):
        problem = "Go does not always answer the same"
    elif "refused" in answer:
        problem = f"{answer['refused']} depends on time, place or chance"
    elif gave_up(answer):
        problem = f"Go gives up: {answer['error']}"
    if problem:
        raise CorpusError(f"{case['template']!r}: {problem}")
    return answer | {"id": case["id"]}


def main(arguments: Sequence[str] | None = None) -> int:
    """Check, after adding a corpus if one is given; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.golden.check")
    parser.add_argument("--corpus", type=Path, help="cases to add to the committed vectors")
    options = parser.parse_args(arguments)
    try:
        oracle = Oracle(sys.stdout)
        if options.corpus is not None:
            print(f"added to {extend(oracle, options.corpus)}")
        problems = check(oracle)
    except (BuildError, PeerError, CorpusError, OSError) as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    for problem in problems[:_MOST_SHOWN]:
        print(problem)
    print(f"{len(problems)} differences")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
