"""The loop that a replica runs on."""

import asyncio
import subprocess
import sys
import time

import uvloop

from clusterimport.app.eventloop import EVENT_LOOP, new_event_loop
from development.manifests import ROOT

_WITHOUT = """
import asyncio, sys
sys.modules["uvloop"] = None
from clusterimport.app.eventloop import EVENT_LOOP, new_event_loop
with asyncio.Runner(loop_factory=new_event_loop) as runner:
    runner.run(asyncio.sleep(0))
    print(EVENT_LOOP, type(runner.get_loop()).__module__)
"""

_WATCHED = """
import asyncio, sys
from clusterimport.app.eventloop import new_event_loop

async def start():
    sys.addaudithook(lambda event, args: print(event, *args) if event == "subprocess.Popen" else 0)
    for program in (
        await asyncio.create_subprocess_exec("true", "a", cwd="/", env={}),
        await asyncio.create_subprocess_shell("true"),
    ):
        await program.wait()

with asyncio.Runner(loop_factory=new_event_loop) as runner:
    runner.run(start())
"""


def test_it_is_libuvs_where_that_is_installed():
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        assert isinstance(runner.get_loop(), uvloop.Loop)
    assert EVENT_LOOP == "uvloop"


def test_without_it_asyncios_own_does():
    """It is an extra: what does not have it works, too."""
    command = [sys.executable, "-c", _WITHOUT]
    answer = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)

    assert answer.stdout.split() == ["asyncio", "asyncio.unix_events"]


def test_its_clock_goes_on_within_a_step():
    """A lease ages while nothing awaits, and a step of work takes time."""

    async def step() -> float:
        began = asyncio.get_running_loop().time()
        time.sleep(0.02)  # noqa: ASYNC251 (what holds a loop)
        return asyncio.get_running_loop().time() - began

    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        assert runner.run(step()) >= 0.02


def test_a_timer_counts_from_when_it_was_set():
    """And not from when the iteration began: what waits would wait too little."""

    async def wait() -> float:
        loop = asyncio.get_running_loop()
        time.sleep(0.1)  # noqa: ASYNC251 (what holds a loop)
        began = loop.time()
        await asyncio.sleep(0.05)
        return loop.time() - began

    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        # libuv counts in whole milliseconds.
        assert runner.run(wait()) > 0.045


def test_what_it_starts_is_heard_by_who_watches_the_process():
    """Programs are started past the interpreter, whose own loop tells audit hooks of each."""
    command = [sys.executable, "-c", _WATCHED]
    answer = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)

    assert answer.stdout.splitlines() == [
        "subprocess.Popen true ['true', 'a'] / {}",
        "subprocess.Popen /bin/sh ['/bin/sh', '-c', 'true'] None None",
    ]
