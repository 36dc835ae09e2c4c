"""Go's own answers: every vector is rendered and compared, category by category.

`known_differences.txt` lists the ids that do not agree yet; a listed id that agrees is an error
too, so the list can only be true.
"""

import re
from collections import defaultdict
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from clusterimport.gotemplate.conformance import answer, decode

_HERE = Path(__file__).parent
_PLACE = re.compile(r" at <.*?>: ", re.DOTALL)


@cache
def _vectors() -> dict[str, list[dict[str, Any]]]:
    categories = defaultdict(list)
    with (_HERE / "vectors.jsonl").open(encoding="utf-8") as lines:
        for line in lines:
            case = decode(line)
            categories[case["category"]].append(case)
    return categories


@cache
def _known() -> frozenset[str]:
    lines = (_HERE / "known_differences.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(line for line in lines if line and not line.startswith("#"))


def _agrees(case: dict[str, Any], ours: dict[str, Any]) -> bool:
    keys = ("ok", "output", "output_b64", "stage")
    return all(case.get(key) == ours.get(key) for key in keys)


def _same_wording(case: dict[str, Any], ours: dict[str, Any]) -> bool:
    return _PLACE.sub(" ", case["error"], count=1) == _PLACE.sub(" ", ours["error"], count=1)


@pytest.mark.parametrize("category", sorted(_vectors()))
def test_category(category):
    """Every case of the category renders as Go renders it, but for the known differences."""
    wrong = set()
    listed = set()
    for case in _vectors()[category]:
        ours = answer(case)
        if case["id"] in _known():
            listed.add(case["id"])
        if "refused" not in ours and not _agrees(case, ours):
            wrong.add(case["id"])
    assert wrong == listed


def test_known_differences_exist():
    """Every id of the list of known differences is that of a vector."""
    ids = {case["id"] for cases in _vectors().values() for case in cases}
    assert _known() <= ids


def test_error_wording():
    """At least 99 of 100 errors read as Go's, but for the quoted context."""
    cases = [c for cases in _vectors().values() for c in cases if not c["ok"]]
    answers = [(case, answer(case)) for case in cases]
    same = [case for case, ours in answers if not ours["ok"] and _same_wording(case, ours)]
    judged = [case for case, ours in answers if "refused" not in ours]
    assert len(same) >= 0.99 * len(judged)
