"""The committed vectors: templates, data, and what Go answered.

`vectors.jsonl` was given; `vectors/` holds our own, one file for each corpus.
"""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from clusterimport.gotemplate.conformance import decode

Vector = dict[str, Any]

_HERE: Final = Path(__file__).parent
GIVEN: Final = _HERE / "vectors.jsonl"
OWN: Final = _HERE / "vectors"
ANSWER: Final = ("ok", "output", "output_b64", "stage")
"""What two answers have to share."""
_KEYS: Final = (
    "id",
    "category",
    "template",
    "data",
    "ok",
    "output",
    "output_b64",
    "stage",
    "error",
)


def files() -> list[Path]:
    """Return the files that hold vectors."""
    return [GIVEN, *sorted(OWN.glob("*.jsonl"))]


def read(path: Path) -> list[Vector]:
    """Return the vectors (or mere cases) of a file."""
    with path.open("rb") as lines:
        return [decode(line) for line in lines if line.strip()]


def read_all() -> list[Vector]:
    """Return all vectors."""
    return [vector for path in files() for vector in read(path)]


def agrees(one: Vector, other: Vector) -> bool:
    """Tell whether two answers are the same, whatever errors they word."""
    return all(one.get(key) == other.get(key) for key in ANSWER)


def named(case: Vector, category: str) -> Vector:
    """Return template and data of a case, with the id that follows from them."""
    content = {"template": case["template"], "data": case.get("data")}
    text = json.dumps(content, sort_keys=True, ensure_ascii=True)
    digest = hashlib.sha256(text.encode()).hexdigest()[:12]
    return {"id": f"{category}-{digest}", "category": category, **content}


def write(path: Path, vectors: Iterable[Vector]) -> None:
    """Write vectors sorted by id, each once."""
    unique = {vector["id"]: vector for vector in vectors}
    lines = [
        json.dumps(
            {key: unique[name][key] for key in _KEYS if key in unique[name]}, ensure_ascii=False
        )
        for name in sorted(unique)
    ]
    path.parent.mkdir(exist_ok=True)
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
