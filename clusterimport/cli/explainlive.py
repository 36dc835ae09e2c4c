"""The live half of ``clusterimport explain``."""

from collections.abc import Collection, Sequence

from clusterimport.authoring.documents import Document
from clusterimport.authoring.errors import AuthoringError
from clusterimport.authoring.inputs import Inputs
from clusterimport.authoring.outcomes import Evaluated
from clusterimport.cli.connection import Reach
from clusterimport.cli.printing.progress import ProgressLine
from clusterimport.cli.reaching import run_live, tell_notes
from clusterimport.engine.rules import ImportRules
from clusterimport.kube import RestClient
from clusterimport.live.errors import NameNotFound
from clusterimport.live.gathering import Gathered, Gatherer
from clusterimport.live.reading import read_policies
from clusterimport.live.targets import find_source, parse_target
from clusterimport.model.policy import FieldErrors, parse_policy


def evaluate_target(
    reach: Reach,
    text: str,
    namespace: str,
    *,
    rules: ImportRules,
    only: Collection[str],
) -> tuple[Sequence[Evaluated], Inputs]:
    """Evaluate all policies on the one source that is meant; raises LiveError, AuthoringError."""
    target = parse_target(text, namespace)

    async def work(rest: RestClient, progress: ProgressLine) -> Gathered:
        gatherer = Gatherer(rest, tell=progress.tell)
        await gatherer.look()
        source = await find_source(rest, gatherer, target)
        policies = await read_policies(rest, tell=progress.tell)
        type_ = source.gvr.group_resource
        fitting = [each for each in policies if _selects_from(each, type_)]
        if not fitting:
            raise NameNotFound(
                f"{source} is not imported: no policy has {type_} as its source; write one, or "
                "see clusterimport catalogue"
            )
        return await gatherer.gather(fitting, rules=rules, only=only, source=source)

    gathered = run_live(reach, work)
    tell_notes(gathered)
    if not gathered.evaluated:
        raise NameNotFound(f"{text} does not exist any more")
    return gathered.evaluated, gathered.inputs


def _selects_from(document: Document, type_: object) -> bool:
    try:
        return parse_policy(document.obj).source.group_resource == type_
    except (FieldErrors, AuthoringError):
        return False
