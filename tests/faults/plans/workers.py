"""Processes that run plans at once, each with a control plane of its own."""

import multiprocessing
import queue
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from multiprocessing.process import BaseProcess
from multiprocessing.queues import Queue
from pathlib import Path

from development.controlplane.components import ControlPlaneOptions
from development.installation import installation
from tests.faults.plans.plan import Kind, Plan, told
from tests.faults.plans.story import Runner

START_SECONDS = 600.0
"""Plans are run for hours, beside other work that comes first."""

Told = tuple[bool, str]
"""Whether a plan held, and what is to be said of it."""


@contextmanager
def _runner() -> Iterator[Runner]:
    with (
        tempfile.TemporaryDirectory(prefix="plans-") as folder,
        installation(ControlPlaneOptions(ready_timeout_seconds=START_SECONDS)) as control_plane,
    ):
        yield Runner(control_plane, Path(folder))


def record() -> list[Kind]:
    """Return what passes the proxy in a story without faults."""
    with _runner() as runner:
        outcome = runner.run(())
    if outcome.wrong:
        sys.exit(f"the undisturbed story fails:\n{outcome.wrong}")
    return outcome.passed


def _judged(runner: Runner, name: str, plan: Plan) -> Told:
    started = time.monotonic()
    outcome = runner.run(plan)
    seconds = time.monotonic() - started
    if not outcome.wrong:
        return True, f"{name}: {told(plan)}: held in {seconds:.0f} s"
    is_lasting = bool(runner.run(plan).wrong)
    small = f"smallest: {told(runner.smallest(plan))}" if is_lasting else "held when run again"
    return False, (
        f"{name}: {told(plan)}: failed in {seconds:.0f} s, and the machine stood still for "
        f"{outcome.stalled_seconds:.1f} s at most\n{outcome.wrong}\n  {small}"
    )


def _work(plans: "Queue[tuple[str, Plan]]", answers: "Queue[Told]") -> None:
    """Run the plans that nobody else has taken yet, on a control plane of this process."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    parent = multiprocessing.parent_process()
    assert parent is not None
    with _runner() as runner:
        while parent.is_alive():
            try:
                name, plan = plans.get(timeout=1.0)
            except queue.Empty:
                continue
            try:
                answers.put(_judged(runner, name, plan))
            except Exception:
                answers.put((False, f"{name}: {told(plan)}: broke off\n{traceback.format_exc()}"))
                raise


def run_all(plans: Sequence[tuple[str, Plan]], jobs: int) -> Iterator[Told]:
    """Run them in so many processes, which mostly wait; in the order in which they end."""
    context = multiprocessing.get_context("spawn")
    waiting: Queue[tuple[str, Plan]] = context.Queue()
    answers: Queue[Told] = context.Queue()
    for each in plans:
        waiting.put(each)
    workers = [
        context.Process(target=_work, args=(waiting, answers), name=f"plans {number}")
        for number in range(min(jobs, len(plans)))
    ]
    for worker in workers:
        worker.start()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    try:
        for _ in plans:
            yield _next(answers, workers)
    finally:
        for worker in workers:
            worker.terminate()
        for worker in workers:
            worker.join()


def _next(answers: "Queue[Told]", workers: Sequence[BaseProcess]) -> Told:
    while True:
        with suppress(queue.Empty):
            return answers.get(timeout=1.0)
        if not any(worker.is_alive() for worker in workers):
            sys.exit("all processes have ended")
