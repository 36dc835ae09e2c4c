"""Plans of faults are drawn from what a story had, and say enough to be run again."""

from random import Random

import pytest

from tests.faults.plans.plan import (
    DEEDS,
    EVENT_FAULTS,
    LOSES_EVENTS,
    REQUEST_FAULTS,
    Kind,
    draw,
    read,
    smaller,
    told,
)

RECORDED = [
    Kind("watch", "configmaps"),
    Kind("create", "pediaclusters"),
    Kind("get", ""),
    Kind("patch", "leases"),
]


@pytest.fixture
def plans():
    """Draw so many that everything that may be drawn is."""
    return [draw(Random(f"1/{number}"), RECORDED) for number in range(1000)]


def test_a_plan_is_read_as_it_was_told(plans):
    """What is printed of a plan is enough to run it again."""
    assert [read(told(plan)) for plan in plans] == plans


def test_every_fault_is_drawn_and_events_are_only_those_of_watches(plans):
    """Each fault comes, at a request of the story, and faults of events only on watches."""
    steps = [step for plan in plans for step in plan]
    assert {step.fault for step in steps} == {*REQUEST_FAULTS, *EVENT_FAULTS, *DEEDS}
    assert all((step.verb, step.resource) == RECORDED[step.at] for step in steps)
    assert {step.verb for step in steps if step.fault in EVENT_FAULTS} == {"watch"}
    assert EVENT_FAULTS.keys() >= LOSES_EVENTS


def test_a_seed_and_a_number_are_one_plan(plans):
    """The same seed and number draw the same plan from the same story."""
    assert [draw(Random(f"1/{number}"), RECORDED) for number in range(1000)] == plans


@pytest.mark.parametrize("text", ["", "sleep on get pods from 1 for 2 s", "refuse on get pods"])
def test_what_is_no_plan_is_not_read(text):
    """A text that no plan has is an error, and not an empty plan that holds."""
    with pytest.raises(ValueError, match="not a step"):
        read(text)


def test_a_smaller_plan_lacks_one_step(plans):
    """A plan of several steps is made smaller by leaving out each; one step is the least."""
    for plan in plans:
        less = smaller(plan)
        assert len(less) == (len(plan) if len(plan) > 1 else 0)
        assert all(len(each) == len(plan) - 1 and set(each) <= set(plan) for each in less)
