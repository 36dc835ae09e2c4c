"""What a template is said to read is all that it reads: else a change would be taken for none.

The templates and data of the vectors, with the data changed by chance: where what the paths of a
template lead to stays the same, so does what it renders, or why it does not.
"""

import copy
import random
from collections.abc import Sequence
from functools import cache
from typing import Any, Final

from clusterimport.engine.usage import Path, digest_of, found_at, paths_read
from clusterimport.gotemplate.errors import GoTemplateError
from clusterimport.gotemplate.template import Template
from tests.golden import corpus
from tests.harness.chance import change_one, spots_in

CHANGES: Final = 6000
ENOUGH: Final = 1000


def test_what_no_path_leads_to_changes_nothing() -> None:
    """Also a null in the place of nothing, and nothing below nothing, is told from it."""
    draw = random.Random(1)
    cases = [case for case in corpus.read_all() if isinstance(case["data"], dict) and case["data"]]
    compared = 0
    for _ in range(CHANGES):
        case = draw.choice(cases)
        template = _compiled(case["template"])
        paths = paths_read(template) if template else ((),)
        if template is None or () in paths:
            continue
        data, changed = case["data"], _changed(case["data"], draw)
        if _read(data, paths) == _read(changed, paths):
            compared += 1
            assert _outcome(template, data) == _outcome(template, changed), (case["id"], changed)
    assert compared > ENOUGH


@cache
def _compiled(text: str) -> Template | None:
    try:
        return Template(text)
    except GoTemplateError:
        return None


def _read(data: Any, paths: Sequence[Path]) -> bytes:
    return digest_of(found_at(data, path) for path in paths)


def _outcome(template: Template, data: Any) -> str:
    try:
        return template.render(copy.deepcopy(data))
    except GoTemplateError as error:
        return f"refused: {error}"


def _changed(data: dict[str, Any], draw: random.Random) -> dict[str, Any]:
    """Return a copy of which one or two places are others, gone, or more."""
    made = copy.deepcopy(data)
    for _ in range(draw.choice((1, 1, 2))):
        if spots := list(spots_in(made)):
            change_one(spots, draw)
    return made
