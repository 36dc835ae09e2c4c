"""Go's side: a process that renders a workload in every way, and says how long it took."""

import json
import subprocess
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Final, TextIO

from tests.bench.templates.workloads import Workload
from tests.golden.oracle.building import ensure_program

MODULE: Final = Path(__file__).parent / "go"


class GoSide(AbstractContextManager["GoSide"]):
    """The Go program at work on one workload; `rendered` is what each of its ways gives."""

    def __init__(self, workload: Workload, progress: TextIO) -> None:
        program = ensure_program(MODULE, "templates", progress)
        # All cores, as Go's users give it: its garbage is collected beside the work.
        self._process = subprocess.Popen(
            [program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.rendered: dict[str, list[str]] = self._ask(workload.for_go())

    def __exit__(self, *_failure: object) -> None:
        self._process.communicate(timeout=10)

    def microseconds(self, way: str, count: int) -> float:
        """Return how long one round takes, from so many."""
        nanoseconds: int = self._ask({"way": way, "count": count})
        return nanoseconds / count / 1000

    def _ask(self, question: dict[str, Any]) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())
