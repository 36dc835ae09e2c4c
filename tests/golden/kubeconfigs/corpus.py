"""The committed vectors: kubeconfigs with what client-go makes of them and of what is written.

A line is ``id``, ``data`` (base64), ``answer`` (client-go's to the data), and, where something else
is written, ``written`` (base64) with client-go's ``written_answer``.
"""

import base64
import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from tests.golden.kubeconfigs.trial import Trial
from tests.golden.kubeconfigs.verdicts import Outcome

Vector = dict[str, Any]

FOLDER: Final = Path(__file__).parent / "vectors"
CHOSEN: Final = FOLDER / "chosen.jsonl"
"""A sample of what the fuzzer makes, and cases written by hand."""
MATERIALS: Final = FOLDER / "materials.jsonl"
"""Sets of certificates, keys and tokens: ``name``, ``case`` (base64 by part), ``answer``."""
FOUND: Final = FOLDER / "found.jsonl"
"""What was wrong once."""


def read_all() -> list[Vector]:
    """Return all vectors."""
    return [vector for path in (CHOSEN, FOUND) for vector in read(path)]


def read(path: Path) -> list[Vector]:
    """Return the vectors of a file, none if there is none."""
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def vector(trial: Trial) -> Vector:
    """Return a case with client-go's answers."""
    found: Vector = {
        "id": hashlib.sha256(trial.data).hexdigest()[:12],
        "data": base64.b64encode(trial.data).decode("ascii"),
        "answer": trial.original,
    }
    if trial.judged.outcome is Outcome.CANONICAL:
        found["written"] = base64.b64encode(trial.judged.written).decode("ascii")
        found["written_answer"] = trial.written
    return found


def write(path: Path, vectors: Iterable[Vector]) -> None:
    """Write vectors sorted by id, each once; no file for none."""
    unique = {one["id"]: one for one in vectors}
    if not unique:
        return
    path.parent.mkdir(exist_ok=True)
    lines = [json.dumps(unique[name]) for name in sorted(unique)]
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
