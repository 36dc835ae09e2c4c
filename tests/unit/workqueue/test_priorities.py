"""Which key is next: the most urgent, and among equals the first that came."""

from clusterimport.workqueue import BACKLOG, FRESH


def _take_all(queue):
    taken = []
    while len(queue):
        taken.append(queue.get_nowait())
    return taken


def test_first_come_first_served(queue):
    """Keys of one priority come in the order of their first addition."""
    for key in "cabbac":
        queue.add(key)

    assert _take_all(queue) == ["c", "a", "b"]


def test_priorities_first_then_first_come(queue):
    """The highest priority comes first, and equal ones stay in order."""
    queue.add("backlog 1", priority=BACKLOG)
    queue.add("fresh 1")
    queue.add("backlog 2", priority=BACKLOG)
    queue.add("urgent", priority=7)
    queue.add("fresh 2", priority=FRESH)

    assert _take_all(queue) == ["urgent", "fresh 1", "fresh 2", "backlog 1", "backlog 2"]


def test_a_backlog_never_delays_a_fresh_event(queue):
    """Behind 10 000 keys of an initial list a fresh key is the next one all the same."""
    for number in range(10_000):
        queue.add(f"{number}", priority=BACKLOG)
    queue.add("fresh")

    assert queue.get_nowait() == "fresh"
    assert queue.get_nowait() == "0"


def test_priority_is_raised(queue, metrics):
    """A waiting key that is asked for more urgently moves up, behind those already there."""
    queue.add("a", priority=BACKLOG)
    queue.add("b", priority=BACKLOG)
    queue.add("c")
    queue.add("b")

    assert metrics.depths == {BACKLOG: 1, FRESH: 2}
    assert _take_all(queue) == ["c", "b", "a"]


def test_priority_is_never_lowered(queue):
    """A waiting key that is asked for less urgently keeps its priority and place."""
    queue.add("a")
    queue.add("b")
    queue.add("a", priority=BACKLOG)

    assert _take_all(queue) == ["a", "b"]


def test_a_dirty_key_comes_back_with_the_highest_priority_asked(queue):
    """Of several additions during a run the most urgent decides."""
    queue.add("a")
    queue.get_nowait()
    queue.add("b", priority=5)
    for priority in (BACKLOG, 9, FRESH):
        queue.add("a", priority=priority)
    queue.done("a")

    assert _take_all(queue) == ["a", "b"]


def test_a_dirty_key_is_not_more_urgent_than_it_was_asked(queue):
    """The priority a key was taken with does not stick to its next run."""
    queue.add("a", priority=5)
    queue.get_nowait()
    queue.add("a", priority=BACKLOG)
    queue.add("b")
    queue.done("a")

    assert _take_all(queue) == ["b", "a"]


def test_the_priority_of_a_key_in_process_can_be_asked(queue):
    """A worker learns with which priority it was given a key; any other key counts as fresh."""
    queue.add("a", priority=BACKLOG)
    queue.get_nowait()

    assert queue.priority_of("a") == BACKLOG
    assert queue.priority_of("b") == FRESH
