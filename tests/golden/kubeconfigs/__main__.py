"""Differential fuzzing: `python -m tests.golden.kubeconfigs --count 20000 --seed 1`.

(`make golden-kubeconfigs`.) Changes kubeconfigs at random, judges each, and asks client-go what it
makes of what would be written. Ends with 1 if that is something else, after making the case small
and adding it to `vectors/found.jsonl`, where it stays as a test. With `--renew`, client-go is asked
again about the committed vectors, with `--choose` a sample of the cases is added to them.
"""

import argparse
import base64
import json
import sys
import time
from collections import Counter
from typing import Final

from development.controlplane.compiling import BuildError
from tests.golden.kubeconfigs import addresses, corpus, materials
from tests.golden.kubeconfigs.handwritten import CASES
from tests.golden.kubeconfigs.loading import Loader
from tests.golden.kubeconfigs.mutations import make
from tests.golden.kubeconfigs.trial import Failure, Trial, run, smallest
from tests.golden.kubeconfigs.verdicts import Outcome, differences

_BATCH: Final = 2000
_MOST_SHOWN: Final = 10
_PROGRESS_BATCHES: Final = 10
_SHARE_ADDRESSES: Final = 10
"""One address for so many kubeconfigs."""
_SHARE_MATERIALS: Final = 2
"""One certificate or pair for so many kubeconfigs."""


def _fuzz(loader: Loader, seed: str, count: int) -> int:
    outcomes: Counter[str] = Counter()
    failures: dict[tuple[Failure, str], Trial] = {}
    started = time.monotonic()
    for start in range(0, count, _BATCH):
        done = min(start + _BATCH, count)
        for trial in run(loader, [make(seed, number) for number in range(start, done)]):
            outcomes[trial.judged.outcome.value] += 1
            if trial.judged.outcome is Outcome.REFUSED and "error" not in trial.original:
                outcomes["refused, and loaded by client-go"] += 1
            if trial.failure is not None:
                outcomes[trial.failure.value] += 1
                failures.setdefault((trial.failure, _kind(trial)), trial)
        if done % (_BATCH * _PROGRESS_BATCHES) == 0 or done == count:
            passed = time.monotonic() - started
            print(f"  {done} of {count} in {passed:.0f} s, {len(failures)} failures", flush=True)
    for name, number in outcomes.most_common():
        print(f"{number:9} {name}")
    if failures:
        found = [_explained(loader, trial) for trial in list(failures.values())[:_MOST_SHOWN]]
        corpus.write(corpus.FOUND, [*corpus.read(corpus.FOUND), *map(corpus.vector, found)])
        print(f"\nadded to {corpus.FOUND}")
    differing = _fuzz_addresses(loader, seed, count // _SHARE_ADDRESSES)
    differing += _fuzz_materials(loader, seed, count // _SHARE_MATERIALS)
    return (1 if failures else 0) + differing


def _fuzz_addresses(loader: Loader, seed: str, count: int) -> int:
    """Compare where a probe and client-go go; return how many addresses differ."""
    cases = [addresses.make(seed, number) for number in range(count)]
    found = list(addresses.differences(loader, cases))
    print(f"{count:9} addresses, {len(found)} asked elsewhere")
    for line in found[:_MOST_SHOWN]:
        print(f"  {line}")
    return len(found)


def _fuzz_materials(loader: Loader, seed: str, count: int) -> int:
    """Compare which certificates and keys count; return how many cases differ."""
    cases = [materials.make(seed, number) for number in range(count)]
    found = [
        (case, answer)
        for case, answer in zip(cases, loader.fields(cases), strict=True)
        if materials.ours(case) != (bool(answer.get("unusable")), answer.get("authorities", 0))
    ]
    print(f"{count:9} certificates and keys, {len(found)} judged otherwise")
    for case, answer in found[:_MOST_SHOWN]:
        print(f"  {answer}: {case}")
    return len(found)


def _kind(trial: Trial) -> str:
    """Return what tells failures apart well enough that each is shown once."""
    if "error" in trial.written:
        return str(trial.written["error"])[:40]
    if trial.failure is Failure.TAKEN:
        return str(trial.original.get("error") or trial.original["unusable"])[:60]
    return " ".join(differences(trial.judged, trial.written))


def _explained(loader: Loader, trial: Trial) -> Trial:
    small = smallest(loader, trial)
    assert small.failure is not None
    print(f"\n{small.failure.value}: {_kind(small)}")
    print(f"  case      {small.data!r}\n  client-go {small.original}")
    if small.judged.written != small.data:
        print(f"  written   {small.judged.written!r}\n  client-go {small.written}")
    return small


def _renew_materials(loader: Loader) -> None:
    """Make the table of certificates, keys and tokens anew."""
    names, cases = zip(*materials.cases(), strict=True)
    vectors = [
        {"name": name, "case": {part: _base64(data) for part, data in case.items()}, "answer": one}
        for name, case, one in zip(names, cases, loader.fields(cases), strict=True)
    ]
    lines = "".join(f"{json.dumps(vector)}\n" for vector in vectors)
    corpus.MATERIALS.write_text(lines, encoding="utf-8")
    print(f"{len(vectors)} vectors of {corpus.MATERIALS.name}")


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _renew(loader: Loader, chosen: list[bytes]) -> int:
    """Ask client-go about the committed vectors again; return how many failed."""
    _renew_materials(loader)
    failed = 0
    for path, more in ((corpus.CHOSEN, [*CASES, *chosen]), (corpus.FOUND, [])):
        cases = [base64.b64decode(vector["data"]) for vector in corpus.read(path)]
        trials = run(loader, list(dict.fromkeys([*cases, *more])))
        corpus.write(path, map(corpus.vector, trials))
        for trial in trials:
            if trial.failure is not None:
                failed += 1
                print(f"{trial.failure.value}: {_kind(trial)}\n  case {trial.data!r}")
        print(f"{len(trials)} vectors of {path.name}")
    return failed


def main() -> int:
    """Run; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.golden.kubeconfigs")
    parser.add_argument("--count", type=int, default=20_000, help="cases (default 20000)")
    parser.add_argument("--seed", default="1", help="any text (default 1)")
    parser.add_argument("--renew", action="store_true", help="ask again about the vectors instead")
    parser.add_argument("--choose", type=int, default=0, help="with --renew: add so many cases")
    options = parser.parse_args()
    try:
        loader = Loader(sys.stdout)
    except BuildError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    if options.renew:
        chosen = [make(options.seed, number) for number in range(options.choose)]
        return 1 if _renew(loader, chosen) else 0
    return 1 if _fuzz(loader, options.seed, options.count) else 0


if __name__ == "__main__":
    sys.exit(main())
