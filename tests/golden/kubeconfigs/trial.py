"""One look at many cases by both sides, and the smallest case that shows the same."""

from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Final, NamedTuple

from tests.golden.kubeconfigs.loading import Answer, Loader
from tests.golden.kubeconfigs.verdicts import Judged, Outcome, differences, judge


class Failure(StrEnum):
    """What must not be."""

    DIFFERENT = "client-go sees something else in what is written"
    NOT_LOADED = "client-go does not load what is written"
    STANDING = "client-go sees something else in the bytes that may stand"
    TAKEN = "client-go does not load, or cannot use, what is taken"


class Trial(NamedTuple):
    """A case with what both sides say of it."""

    data: bytes
    judged: Judged
    original: Answer
    """client-go's, to the case itself."""
    written: Answer
    """client-go's, to what would be written; empty where that is nothing."""

    @property
    def failure(self) -> Failure | None:
        """Return what is wrong, None for nothing."""
        if self.judged.outcome is Outcome.REFUSED:
            return None
        if differences(self.judged, self.written):
            return Failure.DIFFERENT
        if "error" in self.written:
            return Failure.NOT_LOADED
        if "error" in self.original or "unusable" in self.original:
            return Failure.TAKEN
        if self._in_use(self.original) != self._in_use(self.written):
            return Failure.STANDING
        return None

    @staticmethod
    def _in_use(answer: Answer) -> Answer:
        return {field: value for field, value in answer.items() if field != "elsewhere"}


def run(loader: Loader, cases: Sequence[bytes]) -> list[Trial]:
    """Judge cases and ask client-go about them."""
    judged = [judge(data) for data in cases]
    original = loader.kubeconfigs(cases)
    canonical = [one.written for one in judged if one.outcome is Outcome.CANONICAL]
    anew = iter(loader.kubeconfigs(canonical))
    trials = []
    for data, one, answer in zip(cases, judged, original, strict=True):
        written: Answer = {}
        if one.outcome is not Outcome.REFUSED:
            written = answer if one.outcome is Outcome.KEPT else next(anew)
        trials.append(Trial(data, one, answer, written))
    return trials


_MOST_AT_ONCE: Final = 400


def smallest(loader: Loader, trial: Trial) -> Trial:
    """Return a case that fails alike and of which no part can be left out."""
    while True:
        smaller = _first(loader, trial)
        if smaller is None:
            return trial
        trial = smaller


def _first(loader: Loader, trial: Trial) -> Trial | None:
    size = max(len(trial.data) // 2, 1)
    while True:
        for cases in _without(trial.data, size):
            for smaller in run(loader, cases):
                if smaller.failure is trial.failure:
                    return smaller
        if size == 1:
            return None
        size //= 2


def _without(data: bytes, size: int) -> Iterator[list[bytes]]:
    cases = [data[:at] + data[at + size :] for at in range(0, len(data), max(size // 2, 1))]
    for start in range(0, len(cases), _MOST_AT_ONCE):
        yield cases[start : start + _MOST_AT_ONCE]
