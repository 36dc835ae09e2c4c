"""The two renderers as processes: Go's, and ours in conformance mode."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import Any, Final, TextIO

from clusterimport.gotemplate.conformance import answer, decode
from tests.golden.oracle.building import ensure_oracle

Case = dict[str, Any]
Answer = dict[str, Any]

_GAVE_UP: Final = frozenset({"limit", "panic", "crash"})


class PeerError(Exception):
    """A renderer failed as a program."""


class Ours:
    """Our renderer; a process for each batch, and another after a crash."""

    def answers(self, cases: Sequence[Case]) -> list[Answer]:
        """Return the answers in order; those that are exceptions have the stage `crash`."""
        answers: list[Answer] = []
        while len(answers) < len(cases):
            answers += self._run(cases[len(answers) :])
        return answers

    def _run(self, cases: Sequence[Case]) -> list[Answer]:
        command = [sys.executable, "-m", "clusterimport.gotemplate", "--jsonl"]
        ended = subprocess.run(command, input=_lines(cases), capture_output=True, check=False)
        answers = [decode(line) for line in ended.stdout.splitlines()]
        if len(answers) < len(cases):
            problem = ended.stderr.decode(errors="replace").rstrip().rpartition("\n")[2]
            answers.append(_crash(cases[len(answers)], problem))
        return answers


def answer_here(case: Case) -> Answer:
    """Return our answer without another process."""
    try:
        return answer(decode(json.dumps(case)))
    except Exception as error:  # noqa: BLE001 - any exception is a finding
        return _crash(case, f"{type(error).__name__}: {error}")


class Oracle:
    """Go's renderer; builds it where that was not done yet."""

    def __init__(self, stream: TextIO) -> None:
        self._program = ensure_oracle(stream)
        # The same time zones as ours.
        zones = str(Path(str(resources.files("tzdata"))) / "zoneinfo")
        self._environment = os.environ | {"ZONEINFO": zones}

    def answers(
        self, cases: Sequence[Case], *, repeat: int = 1, nameless: bool = False
    ) -> list[Answer]:
        """Return the answers in order; of several renderings that differ, `unstable` tells.

        The local time zone is UTC under the name of Local; with `nameless`, UTC itself.

        Beside the stages of an answer there are those where Go gave up: `limit`, `panic`, `crash`.
        """
        answers: list[Answer] = []
        while len(answers) < len(cases):
            answers += self._run(cases[len(answers) :], repeat, nameless=nameless)
        return answers

    def _run(self, cases: Sequence[Case], repeat: int, *, nameless: bool) -> list[Answer]:
        """Return at least one answer, and no more after one that took too long or crashed."""
        ended = subprocess.run(
            [self._program, f"-repeat={repeat}", f"-nameless={str(nameless).lower()}"],
            input=_lines(cases),
            capture_output=True,
            env=self._environment,
            check=False,
        )
        answers = [decode(line) for line in ended.stdout.splitlines()]
        if ended.returncode == 1:
            raise PeerError(f"after {len(answers)} answers: {ended.stderr.decode()[-2000:]}")
        if len(answers) < len(cases) and not (answers and answers[-1].get("stage") == "limit"):
            case = cases[len(answers)]
            reason = ended.stderr.decode(errors="replace").partition("\n")[0]
            answers.append(_crash(case, reason))
        return answers


def gave_up(answer: Answer) -> bool:
    """Tell whether Go's answer is none."""
    return answer.get("stage") in _GAVE_UP


def _crash(case: Case, problem: str) -> Answer:
    return {"id": case["id"], "ok": False, "stage": "crash", "error": problem}


def _lines(cases: Sequence[Case]) -> bytes:
    # ASCII only: half of a pair has no other form.
    return "".join(f"{json.dumps(case)}\n" for case in cases).encode()
