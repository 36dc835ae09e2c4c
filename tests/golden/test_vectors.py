"""Go's own answers: every vector is rendered and compared, category by category.

`known_differences.txt` lists the ids that do not agree yet; a listed id that agrees is an error
too, so the list can only be true.
"""

from collections import defaultdict
from functools import cache
from pathlib import Path

import pytest

from clusterimport.gotemplate.conformance import answer
from tests.golden import corpus
from tests.golden.corpus import Vector
from tests.golden.fuzz.verdicts import wording

_KNOWN = Path(__file__).parent / "known_differences.txt"


@cache
def _vectors() -> dict[str, list[Vector]]:
    categories = defaultdict(list)
    for vector in corpus.read_all():
        categories[vector["category"]].append(vector)
    return categories


@cache
def _known() -> frozenset[str]:
    lines = _KNOWN.read_text(encoding="utf-8").splitlines()
    return frozenset(line for line in lines if line and not line.startswith("#"))


@pytest.mark.parametrize("category", sorted(_vectors()))
def test_category(category: str) -> None:
    """Every case of the category renders as Go renders it, but for the known differences."""
    wrong = set()
    listed = set()
    for case in _vectors()[category]:
        ours = answer(case)
        if case["id"] in _known():
            listed.add(case["id"])
        if "refused" not in ours and not corpus.agrees(case, ours):
            wrong.add(case["id"])
    assert wrong == listed


def test_known_differences_exist() -> None:
    """Every id of the list of known differences is that of a vector."""
    ids = {case["id"] for cases in _vectors().values() for case in cases}
    assert _known() <= ids


def test_error_wording() -> None:
    """At least 99 of 100 errors read as Go's, but for the quoted context."""
    cases = [c for cases in _vectors().values() for c in cases if not c["ok"]]
    answers = [(case, answer(case)) for case in cases]
    judged = [(case, ours) for case, ours in answers if "refused" not in ours]
    same = [c for c, o in judged if not o["ok"] and wording(c["error"]) == wording(o["error"])]
    assert len(same) >= 0.99 * len(judged)


def test_own_vectors_are_filed_by_their_content() -> None:
    """A vector of our own has the id that follows from template and data, in order, once."""
    for path in sorted(corpus.OWN.glob("*.jsonl")):
        vectors = corpus.read(path)
        ids = [vector["id"] for vector in vectors]
        assert ids == sorted({corpus.named(v, v["category"])["id"] for v in vectors})
