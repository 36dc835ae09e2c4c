"""What a queue tells of its keys and of the work under way."""

from clusterimport.workqueue import FRESH


def test_metrics_tell_the_story_of_a_key(queue, clock, metrics):
    """Depth, additions and both durations follow a key through the queue."""
    queue.add("a")
    clock.advance(1)
    queue.add("a")
    queue.add("b")
    assert (metrics.adds, metrics.depths) == (2, {FRESH: 2})

    clock.advance(2)
    queue.get_nowait()
    assert metrics.depths == {FRESH: 1}
    assert metrics.queue_durations == [3.0]

    queue.add("a")
    clock.advance(5)
    queue.add("a")
    assert (metrics.adds, metrics.depths) == (3, {FRESH: 1})

    queue.done("a")
    assert metrics.work_durations == [5.0]
    assert metrics.depths == {FRESH: 2}

    queue.get_nowait()
    queue.get_nowait()
    # The second run of "a" was asked for at the start of the first.
    assert metrics.queue_durations == [3.0, 7.0, 5.0]
    assert metrics.depths == {FRESH: 0}


def test_metrics_tell_the_story_of_running_work(queue, clock, metrics):
    """Unfinished work is the sum and the longest run the maximum, both at the moment of asking."""
    assert metrics.running is queue
    assert queue.longest_running_seconds() == 0.0
    assert queue.unfinished_work_seconds() == 0.0
    queue.add("a")
    queue.add("b")
    queue.get_nowait()
    clock.advance(4)
    queue.get_nowait()
    clock.advance(3)

    assert queue.longest_running_seconds() == 7.0
    assert queue.unfinished_work_seconds() == 10.0
    queue.done("a")
    assert queue.longest_running_seconds() == 3.0
