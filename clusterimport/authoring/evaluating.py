"""Every policy on every source of its type, with the controller's engine and without a server."""

from collections.abc import Collection, Iterator

from clusterimport.authoring.errors import InvalidInput
from clusterimport.authoring.inputs import Inputs
from clusterimport.authoring.outcomes import Evaluated
from clusterimport.authoring.policies import Policy, chosen, read_policy
from clusterimport.authoring.walking import Claim, Walk
from clusterimport.engine.evaluation import ProgramCache
from clusterimport.engine.lifecycle import ReferenceGuard
from clusterimport.engine.rules import ImportRules


def evaluate(
    inputs: Inputs,
    *,
    rules: ImportRules | None = None,
    only: Collection[str] = (),
    programs: ProgramCache | None = None,
) -> list[Evaluated]:
    """Evaluate every policy on every source of its type, in the order of the inputs.

    ``only`` names the policies that count; with none all do. ``programs`` are for those who
    evaluate again and again. A policy that cannot work is told with each of its sources. Raises
    InvalidInput for one that has not the shape of its kind, or that cannot work and has no source,
    and NothingFound where there is no policy of the name.
    """
    evaluation = _Evaluation(inputs, rules or ImportRules(), programs)
    return [
        evaluated
        for document in chosen(inputs, only)
        for evaluated in evaluation.of_policy(read_policy(document, inputs, evaluation.programs))
    ]


class _Evaluation:
    """One run over all policies; knows which names are taken."""

    def __init__(self, inputs: Inputs, rules: ImportRules, programs: ProgramCache | None) -> None:
        # An empty cache is false to Python.
        self.programs = ProgramCache() if programs is None else programs
        self._inputs = inputs
        self._guard = ReferenceGuard(rules)
        self._claims: dict[str, Claim] = {}

    def of_policy(self, policy: Policy) -> Iterator[Evaluated]:
        sources = self._inputs.of_type(policy.record.source.group_resource)
        if policy.invalid is not None and not sources:
            raise InvalidInput(policy.invalid.text, place=policy.invalid.place)
        for document in sources.values():
            walk = Walk(
                policy,
                document,
                self._inputs,
                programs=self.programs,
                guard=self._guard,
                claims=self._claims,
            )
            yield walk.evaluated()
