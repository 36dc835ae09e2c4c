"""Runs tests, one step after the other, and tells what is not as it should be."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from clusterimport.authoring.documents import Document
from clusterimport.authoring.errors import AuthoringError
from clusterimport.authoring.outcomes import Evaluated, Outcome
from clusterimport.authoring.policytests.comparing import (
    Goldens,
    connection_differences,
    differences,
)
from clusterimport.authoring.policytests.records import Expectation, Happening, PolicyTest
from clusterimport.authoring.policytests.world import Settled, Whose, World, whose_of
from clusterimport.authoring.positions import Place
from clusterimport.engine.evaluation import ProgramCache
from clusterimport.model.meta import Object

__all__ = ["UnmetExpectation", "Verdict", "run_test", "unreadable"]


class UnmetExpectation(NamedTuple):
    """One thing that is not as a test expects it. May quote credentials: redact it."""

    place: Place
    step: str
    """Empty for the beginning."""
    message: str


@dataclass(frozen=True)
class Verdict:
    """What came of one test."""

    file: str
    name: str
    place: Place
    failures: tuple[UnmetExpectation, ...] = ()
    documents: tuple[Document, ...] = ()
    """Of one that failed: what there was, of which nothing secret is to be shown."""

    @property
    def passed(self) -> bool:
        """Whether all was as expected."""
        return not self.failures


def unreadable(error: AuthoringError, file: str) -> Verdict:
    """Return the result of a test that could not be read."""
    place = error.place or Place(file)
    return Verdict(file, "", place, (UnmetExpectation(place, "", error.message),))


def run_test(test: PolicyTest, programs: ProgramCache, goldens: Goldens) -> Verdict:
    """Run a test; one that cannot go on fails at its step."""
    failures: list[UnmetExpectation] = []
    seen: dict[int, Document] = {}
    try:
        failures.extend(_steps(test, programs, goldens, seen))
    except AuthoringError as error:
        failures.append(UnmetExpectation(error.place or test.place, "", error.message))
    documents = tuple(seen.values()) if failures else ()
    return Verdict(test.file, test.name, test.place, tuple(failures), documents)


def _steps(
    test: PolicyTest, programs: ProgramCache, goldens: Goldens, seen: dict[int, Document]
) -> Iterator[UnmetExpectation]:
    world = World(test.policies, test.rules, programs)
    before: dict[Whose, Outcome] = {}
    for step in test.steps:
        for document in step.apply:
            world.apply(document)
        for document in step.change:
            world.change(document)
        for document in step.delete:
            world.delete(document)
        settled = world.settle()
        seen.update((id(document), document) for document in world.documents())
        checks = _Checks(step, settled, world, goldens)
        yield from checks.expectations()
        if test.strict:
            yield from checks.unlisted(before)
        before = {whose_of(each): each.outcome for each in settled.evaluated}


class _Checks:
    """Compares one step with what it led to."""

    def __init__(self, step: Happening, settled: Settled, world: World, goldens: Goldens) -> None:
        self._step = step
        self._settled = settled
        self._world = world
        self._goldens = goldens

    def expectations(self) -> Iterator[UnmetExpectation]:
        for expected in self._step.expectations:
            for message in self._differences(expected):
                place = expected.place
                yield UnmetExpectation(place, self._step.name, f"{expected.source}: {message}")

    def unlisted(self, before: Mapping[Whose, Outcome]) -> Iterator[UnmetExpectation]:
        """Tell of sources that nobody expected to be imported, or to fail, or to change."""
        listed = {expected.source for expected in self._step.expectations}
        for each in self._settled.evaluated:
            whose = whose_of(each)
            notable = each.outcome is Outcome.IMPORT or each.outcome.is_error
            changed = before.get(whose) is not each.outcome or whose in self._settled.writes
            if whose.source not in listed and notable and changed:
                message = f"{whose.source} is not listed, and its outcome is {_told(each)}"
                yield UnmetExpectation(self._step.place, self._step.name, message)

    def _differences(self, expected: Expectation) -> Iterator[str]:
        found = [
            each
            for each in self._settled.evaluated
            if str(each.source) == expected.source and expected.policy in {"", each.policy}
        ]
        policies = {
            whose.policy for whose in self._settled.writes if whose.source == expected.source
        }
        policies |= {each.policy for each in found}
        if expected.policy:
            policies &= {expected.policy}
        if len(policies) > 1:
            named = ", ".join(sorted(policies))
            yield f"several policies look at it ({named}); name one by `policy`"
            return
        each = found[0] if found else None
        whose = Whose(next(iter(policies), expected.policy), expected.source)
        if each is None and (expected.outcome is not None or not policies):
            if expected.deleted is not False or expected.outcome is not None:
                yield self._why_missing(expected)
            return
        yield from self._outcome(expected, each)
        yield from self._written(expected, whose)
        yield from self._standing(expected, each, whose)

    def _why_missing(self, expected: Expectation) -> str:
        sources = sorted({str(each.source) for each in self._settled.evaluated})
        if expected.source in sources:
            return f"the policy {expected.policy} does not look at it"
        near = ", ".join(sources[:5]) or "none"
        return f"there is no such source of a policy, but {near}"

    def _outcome(self, expected: Expectation, each: Evaluated | None) -> Iterator[str]:
        if each is None:
            return
        if expected.outcome is not None and each.outcome is not expected.outcome:
            yield f"outcome is {_told(each)}, expected {expected.outcome}"
        elif expected.message and expected.message not in each.text:
            yield f'message is "{each.text}", expected one with "{expected.message}"'
        if expected.name and not expected.deleted and each.name != expected.name:
            yield f'name is "{each.name}", expected "{expected.name}"'

    def _written(self, expected: Expectation, whose: Whose) -> Iterator[str]:
        writes = self._settled.writes.get(whose, ())
        verbs = tuple(write.verb for write in writes)
        if expected.writes is not None and verbs != expected.writes:
            yield f"writes are {_list(verbs)}, expected {_list(expected.writes)}"
        if expected.deleted is None:
            return
        gone = [write.name for write in writes if write.verb == "delete"]
        wanted = not expected.name or expected.name in gone
        if expected.deleted and not (gone and wanted):
            why = self._settled.blocked.get(whose.policy, "")
            told = f"{expected.name or 'it'} is not deleted, expected it to be"
            yield f"{told}: {why}" if why else told
        elif not expected.deleted and gone:
            yield f"{', '.join(gone)} is deleted, expected it to stay"

    def _standing(
        self, expected: Expectation, each: Evaluated | None, whose: Whose
    ) -> Iterator[str]:
        if not (expected.pedia_cluster or expected.connection or expected.golden):
            return
        actual = self._pediacluster(each, whose)
        if actual is None:
            yield "there is no PediaCluster for it"
            return
        if expected.pedia_cluster:
            yield from differences(expected.pedia_cluster, actual, "")
        if expected.connection:
            yield from connection_differences(expected.connection, actual.get("spec") or {})
        if expected.golden:
            yield from self._goldens.differences(expected.golden, actual)

    def _pediacluster(self, each: Evaluated | None, whose: Whose) -> Object | None:
        """Return what stands for a source, or would stand if its policy did not only observe."""
        names = self._world.names_of(whose)
        name = each.name if each is not None and each.name in names else next(iter(names), "")
        document = self._world.pediacluster(name) if name else None
        if document is not None:
            return document.obj
        return each.after if each is not None else None


def _told(each: Evaluated) -> str:
    return f"{each.outcome} ({each.text})" if each.text else str(each.outcome)


def _list(verbs: tuple[str, ...]) -> str:
    return ", ".join(verbs) or "none"
