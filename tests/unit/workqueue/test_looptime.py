"""Groups that hold the event loop for long leave it to others."""

import asyncio

import pytest

from clusterimport.aio import SystemClock
from clusterimport.workqueue import Empty, LoopTime, Sharing, WorkQueue
from clusterimport.workqueue.looptime import AT_A_TIME_SECONDS, LONGEST_SECONDS, PAUSE_SECONDS

pytestmark = pytest.mark.looptime

SHARE = 0.25
BURST = 0.25


class _Rig:
    """Queues whose keys begin with their group, and one account of time."""

    def __init__(self, *, workers=100):
        self.waits = 0
        self.time = LoopTime(SystemClock(), share=SHARE, burst_seconds=BURST, on_wait=self._wait)
        self.one, self.other = (
            WorkQueue(
                name,
                clock=SystemClock(),
                sharing=Sharing(lambda key: key[0], workers, self.time),
            )
            for name in ("one", "other")
        )

    def spend(self, group, seconds, *, keys=1):
        """Let a group have held the loop for so long."""
        for _ in range(keys):
            self.time.begin(group)
            self.time.end(group, seconds / keys)

    def _wait(self):
        self.waits += 1


def _take(queue):
    try:
        return queue.get_nowait()
    except Empty:
        return None


async def test_t57_who_has_held_the_loop_long_waits_while_another_one_works():
    """The dear group begins nothing until the other one's key is done, and a moment longer."""
    rig = _Rig()
    rig.spend("a", 5.0, keys=1000)
    await asyncio.sleep(2 * AT_A_TIME_SECONDS)
    for key in ("b1", "a1", "a2"):
        rig.one.add(key)
    rig.one.add("b1")
    taken = [_take(rig.one), _take(rig.one)]
    taken = sorted(key for key in taken if key)
    assert taken in (["a1", "b1"], ["b1"])

    assert _take(rig.one) is None
    assert rig.waits == 1
    rig.one.done("b1", held_seconds=0.001)
    assert _take(rig.one) is None
    await asyncio.sleep(1.5 * PAUSE_SECONDS)
    assert _take(rig.one) in {"a1", "a2"}


async def test_t57_work_in_one_queue_holds_the_dear_back_in_another():
    """The loop is the same, so that the account is."""
    rig = _Rig()
    rig.spend("a", 5.0, keys=1000)
    rig.one.add("b1")
    assert _take(rig.one) == "b1"
    rig.other.add("a1")

    assert _take(rig.other) is None


async def test_t57_a_worker_that_waits_is_woken_when_the_others_are_done():
    """Nothing has to be added for the dear group to go on."""
    rig = _Rig()
    rig.spend("a", 5.0, keys=1000)
    rig.one.add("b1")
    assert _take(rig.one) == "b1"
    rig.other.add("a1")
    waiting = asyncio.create_task(rig.other.get())
    await asyncio.sleep(LONGEST_SECONDS / 2)
    assert not waiting.done()
    rig.one.done("b1", held_seconds=0.001)

    async with asyncio.timeout(3 * PAUSE_SECONDS):
        assert await waiting == "a1"


async def test_t57_a_group_that_is_alone_is_never_held_back():
    """However much it has used, and whatever it owes."""
    rig = _Rig()
    rig.spend("a", 1000.0)
    rig.spend("a", 0.1, keys=100)
    await asyncio.sleep(2 * AT_A_TIME_SECONDS)
    for number in range(20):
        rig.one.add(f"a{number}")

    assert all(_take(rig.one) for _ in range(20))
    assert rig.waits == 0


async def test_t57_its_share_is_a_groups_whatever_others_do():
    """Beside one that is always at work it goes on when what it owes is paid."""
    rig = _Rig()
    rig.spend("a", 2.0, keys=1000)

    async def busy():
        for _ in range(1000):
            rig.spend("b", 0.0001)
            await asyncio.sleep(PAUSE_SECONDS / 2)

    others = asyncio.create_task(busy())
    await asyncio.sleep(0)
    rig.one.add("a1")
    started = asyncio.get_running_loop().time()
    await rig.one.get()
    waited = asyncio.get_running_loop().time() - started
    others.cancel()

    assert waited == pytest.approx((2.0 - BURST) / SHARE, abs=2 * PAUSE_SECONDS)


async def test_t57_who_has_held_it_less_goes_before_who_has_held_it_more():
    """Two that are both in debt: the one that owes less is not held back by the other."""
    rig = _Rig()
    rig.spend("a", 5.0, keys=1000)
    rig.spend("b", 4.0, keys=1000)
    await asyncio.sleep(2 * AT_A_TIME_SECONDS)
    rig.one.add("a1")
    assert _take(rig.one) == "a1"
    rig.one.add("b1")
    rig.one.add("a2")

    assert _take(rig.one) == "b1"
    assert _take(rig.one) is None


async def test_t57_one_that_waits_for_an_answer_holds_nobody_back_for_long():
    """A key that is in process for seconds does not need the loop."""
    rig = _Rig()
    rig.spend("a", 50.0, keys=10_000)
    rig.one.add("b1")
    assert _take(rig.one) == "b1"
    rig.one.add("a1")
    assert _take(rig.one) is None
    await asyncio.sleep(LONGEST_SECONDS + PAUSE_SECONDS)

    assert _take(rig.one) == "a1"


async def test_t57_of_dear_keys_few_are_begun_at_a_time():
    """Whoever comes finds little under way; of cheap keys there are many at a time."""
    rig = _Rig()
    rig.spend("a", 2.0, keys=100)
    rig.spend("b", 0.1, keys=100)
    await asyncio.sleep(30)
    for number in range(40):
        rig.one.add(f"a{number}")
        rig.other.add(f"b{number}")
    dear = [key for key in (_take(rig.one) for _ in range(40)) if key]
    cheap = [key for key in (_take(rig.other) for _ in range(40)) if key]

    assert len(dear) == pytest.approx(AT_A_TIME_SECONDS / 0.02, abs=1)
    assert len(cheap) == 40


async def test_t57_keys_that_wait_for_an_answer_make_room_for_others():
    """However slow the API server is, dear keys are begun as fast as the loop could do them."""
    rig = _Rig()
    rig.spend("a", 2.0, keys=100)
    await asyncio.sleep(30)
    for number in range(80):
        rig.one.add(f"a{number}")
    begun = 0
    for _ in range(100):
        while _take(rig.one):
            begun += 1
        await asyncio.sleep(0.01)

    assert begun == pytest.approx(1.0 / 0.02, abs=4)


async def test_t57_one_key_is_always_begun():
    """However dear a group's keys are, it comes to its turn."""
    rig = _Rig()
    rig.spend("a", 40 * AT_A_TIME_SECONDS, keys=2)
    await asyncio.sleep(60)
    rig.one.add("a1")
    rig.one.add("a2")

    assert _take(rig.one) == "a1"
    assert _take(rig.one) is None
    rig.one.done("a1", held_seconds=1.0)
    await asyncio.sleep(1.0)
    assert _take(rig.one) == "a2"


async def test_t57_accounts_that_are_paid_are_not_kept():
    """Thousands of groups that came once leave nothing behind."""
    rig = _Rig()
    for number in range(2000):
        rig.spend(number, 0.001)
        await asyncio.sleep(0.01)

    assert len(rig.time._accounts) + len(rig.time._at_work_until) < 1200
