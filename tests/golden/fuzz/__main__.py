"""Differential fuzzing: `python -m tests.golden.fuzz --count 20000 --seed 1` (`make golden-fuzz`).

Renders random templates by Go and by us. Ends with 1 if an answer differs, after making the case
small and adding it to `vectors/fuzz.jsonl`, where it stays as a test.
"""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Sequence
from typing import Final

from development.controlplane.compiling import BuildError
from tests.golden import corpus
from tests.golden.fuzz.cases import Cases
from tests.golden.fuzz.minimising import minimised
from tests.golden.fuzz.verdicts import NEITHER, Verdict, ours_only, verdict
from tests.golden.peers import Answer, Case, Oracle, Ours, PeerError, answer_here

FOUND: Final = corpus.OWN / "fuzz.jsonl"
_BATCH: Final = 1000
_REPEAT: Final = 200
_MOST_SHOWN: Final = 10
_SHARE_OF_NEITHER: Final = 0.03


class Fuzz:
    """A run: cases, both renderers, and what came out so far."""

    def __init__(self, cases: Cases, oracle: Oracle) -> None:
        self._cases = cases
        self._oracle = oracle
        self._ours = Ours()
        self.verdicts: Counter[Verdict] = Counter()
        self.outcomes: Counter[str] = Counter()
        self.found: dict[Verdict, list[tuple[Case, Answer, Answer]]] = {
            verdict: [] for verdict in (Verdict.DIFFERENT, Verdict.SAME_BUT_WORDING)
        }

    def batch(self, numbers: range) -> None:
        """Render some cases by both, and compare."""
        cases = [self._cases.make(number) for number in numbers]
        ours = self._ours.answers(cases)
        for case, one, other, found in self._judged(cases, ours):
            self.verdicts[found] += 1
            self.outcomes["rendered" if one["ok"] else f"{one['stage']} error"] += 1
            if found in self.found:
                self.found[found].append((case, one, other))

    def small(self, case: Case, wanted: Verdict) -> tuple[Case, Answer, Answer]:
        """Return the case made small, our answer and Go's."""

        def holds(cases: Sequence[Case]) -> list[bool]:
            judged = self._judged(cases, [answer_here(case) for case in cases])
            return [found is wanted for _, _, _, found in judged]

        case = minimised(case, holds)
        return case, answer_here(case), self._oracle.answers([case])[0]

    def _judged(
        self, cases: Sequence[Case], ours: Sequence[Answer]
    ) -> list[tuple[Case, Answer, Answer, Verdict]]:
        # What a limit of ours ends is not given to Go, which has none.
        asked = [case for case, one in zip(cases, ours, strict=True) if ours_only(one) is None]
        answers = iter(self._oracle.answers(asked))
        judged = []
        for case, one in zip(cases, ours, strict=True):
            other = {} if ours_only(one) else next(answers)
            judged.append((case, one, other, self._verdict(case, one, other)))
        return judged

    def _verdict(self, case: Case, one: Answer, other: Answer) -> Verdict:
        found = verdict(one, other)
        if found is Verdict.DIFFERENT:
            # Is it the order of a map, or an address? Those are others in another process.
            again = self._oracle.answers([case], repeat=_REPEAT)[0]
            if not corpus.agrees(other, again):
                return Verdict.NO_ANSWER
            found = verdict(one, again)
        if found is Verdict.DIFFERENT and "printf" in case["template"]:
            # A verb that is not for texts shows the address of a time's zone, unless that is UTC.
            bare = self._oracle.answers([case], nameless=True)[0]
            if corpus.agrees(one, bare):
                return Verdict.NO_ANSWER
        return found


def _report(fuzz: Fuzz, count: int) -> None:
    outcomes = ", ".join(
        f"{share / count:.1%} {name}" for name, share in fuzz.outcomes.most_common()
    )
    print(f"{count} cases: {outcomes}")
    for found in Verdict:
        print(f"{fuzz.verdicts[found]:8} {found.value}")


def _explain(fuzz: Fuzz, wanted: Verdict) -> list[Case]:
    """Print some of the differences, made small; return them with Go's answers."""
    shown: dict[str, Case] = {}
    for case, _, _ in fuzz.found[wanted]:
        small, one, go = fuzz.small(case, wanted)
        vector = corpus.named(small, "fuzz") | {key: go[key] for key in go if key != "id"}
        if vector["id"] in shown:
            continue
        shown[vector["id"]] = vector
        print(f"\n{wanted.value}: {case['id']}")
        print(f"  template {small['template']!r}\n  data     {small['data']!r}")
        for who, said in (("Go", go), ("ours", one)):
            print(f"  {who:8} { {key: said[key] for key in said if key != 'id'}!r}")
        if len(shown) == _MOST_SHOWN:
            print("\nand perhaps more")
            break
    return list(shown.values())


def _run(count: int, seed: str, *, wording: bool) -> int:
    fuzz = Fuzz(Cases(seed, corpus.read(corpus.GIVEN)), Oracle(sys.stdout))
    started = time.monotonic()
    for start in range(0, count, _BATCH):
        fuzz.batch(range(start, min(start + _BATCH, count)))
        done = min(start + _BATCH, count)
        passed = time.monotonic() - started
        different = fuzz.verdicts[Verdict.DIFFERENT]
        print(f"  {done} of {count} cases in {passed:.0f} s, {different} different", flush=True)
    _report(fuzz, count)
    if wording:
        _explain(fuzz, Verdict.SAME_BUT_WORDING)
    if fuzz.found[Verdict.DIFFERENT]:
        vectors = _explain(fuzz, Verdict.DIFFERENT)
        corpus.write(FOUND, [*(corpus.read(FOUND) if FOUND.exists() else ()), *vectors])
        print(f"\nadded to {FOUND}")
        return 1
    neither = sum(fuzz.verdicts[found] for found in NEITHER)
    if neither > _SHARE_OF_NEITHER * count:
        print(f"{neither} cases are neither right nor wrong: too many to trust the others")
        return 1
    return 0


def main() -> int:
    """Run; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.golden.fuzz")
    parser.add_argument("--count", type=int, default=20_000, help="cases (default 20000)")
    parser.add_argument("--seed", default="1", help="any text (default 1)")
    parser.add_argument("--wording", action="store_true", help="show errors worded differently")
    options = parser.parse_args()
    try:
        return _run(options.count, options.seed, wording=options.wording)
    except (BuildError, PeerError) as error:
        sys.stderr.write(f"error: {error}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main())
