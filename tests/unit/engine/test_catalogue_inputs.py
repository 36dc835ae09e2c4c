"""Of the whole catalogue: a change of a source that is no news changes nothing of its import."""

import copy
import random
from collections.abc import Iterator
from typing import Any, Final

import msgspec
import pytest

from clusterimport.authoring.documents import Document, read_documents
from clusterimport.authoring.evaluating import evaluate
from clusterimport.authoring.inputs import Inputs
from clusterimport.engine.errors import EvaluationError
from clusterimport.engine.evaluation import ProgramCache
from clusterimport.engine.policy import CompiledPolicy, compile_policy
from clusterimport.model.meta import labels_of
from clusterimport.model.policy import SourceType, parse_policy
from development.manifests import EXAMPLES
from tests.harness.chance import Spot, change_one, spots_in

PLATFORMS: Final = sorted(each.parent.name for each in EXAMPLES.glob("*/policy.yaml"))
CHANGES: Final = 40
"""Of each source of the samples."""


@pytest.mark.slow
@pytest.mark.parametrize("platform", PLATFORMS)
def test_what_is_no_news_changes_nothing(platform: str) -> None:
    """Fields of each sample are changed by chance, and each policy of the platform asked again."""
    draw = random.Random(platform)
    folder = EXAMPLES / platform
    files = [folder / "policy.yaml", *sorted(folder.glob("samples*.yaml"))]
    documents = read_documents([str(each) for each in files])
    programs = ProgramCache()
    told = 0
    for policy in Inputs(documents).policies:
        body = copy.deepcopy(dict(policy.obj))
        body["metadata"] |= {"uid": "u", "generation": 1}
        record = parse_policy(body)
        compiled = compile_policy(record, programs)
        for source in Inputs(documents).of_type(record.source.group_resource).values():
            before = _outcome(documents, record.name, source, source.obj, programs)
            for _ in range(CHANGES):
                changed = _changed(source.obj, draw)
                if not _is_served(record.source, source.obj, changed):
                    continue
                if _is_news(compiled, source.obj, changed):
                    told += 1
                    continue
                after = _outcome(documents, record.name, source, changed, programs)
                assert after == before, changed
    assert told


def _outcome(
    documents: list[Document], policy: str, source: Document, obj: Any, programs: ProgramCache
) -> bytes:
    """Return what comes of one source."""
    given = Inputs(documents)
    id_ = given.id_of(source.obj)
    others = [each for each in documents if given.id_of(each.obj) != id_]
    inputs = Inputs([*others, Document(obj)], kinds=given.kinds)
    (found,) = [
        each
        for each in evaluate(inputs, only=[policy], programs=programs)
        if each.source.key == id_.key
    ]
    said = [found.name, str(found.outcome), found.message, found.reason, found.pedia_cluster]
    return msgspec.json.encode(said)


def _is_served(source: SourceType, old: Any, new: Any) -> bool:
    """Whether it is an event of a change at all: what the server selects by is as it was."""
    if any(not isinstance(value, str) for value in labels_of(new).values()):
        return False
    is_as_it_was = labels_of(old) == labels_of(new) and old.get("type") == new.get("type")
    return is_as_it_was or not (source.label_selector or source.field_selector)


def _is_news(compiled: CompiledPolicy, old: Any, new: Any) -> bool:
    try:
        if compiled.selects(old) != compiled.selects(new):
            return True
    except EvaluationError:
        return True
    return not (compiled.inputs.is_same(old, new) and compiled.awaited.is_same(old, new))


def _changed(obj: Any, draw: random.Random) -> dict[str, Any]:
    """Return a copy of which one place is another, gone, or more; its identity stays."""
    made = copy.deepcopy(dict(obj))
    made["metadata"]["resourceVersion"] = "2"
    change_one(list(_spots(made)), draw)
    return made


def _spots(obj: dict[str, Any]) -> Iterator[Spot]:
    """Yield what may change of an object: of its metadata the labels and annotations."""
    for name, value in obj.items():
        if name not in {"apiVersion", "kind", "metadata"}:
            yield Spot(obj, name)
            if isinstance(value, dict | list):
                yield from spots_in(value)
    for name in ("labels", "annotations"):
        yield from spots_in(obj["metadata"].get(name, {}))
