"""The sums of a policy always equal its entries."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from clusterimport.controllers.shared.tally import PENDING, Standing, State, Tally
from clusterimport.model.meta import ObjectKey
from tests.fakes.controllers.addedkeys import AddedKeys

KEYS = [ObjectKey("", name) for name in "abcd"]
STANDINGS = [
    PENDING,
    Standing(State.IMPORTED),
    Standing(State.WAITING, "WaitCreationCondition"),
    Standing(State.FAILED, "NameConflict", "m", has_lifecycle=False),
    Standing(State.FAILED, "CreationFailure", "m"),
    Standing(State.OUTDATED, "ReferenceResourceNotFound", "m"),
    Standing(State.UNREACHABLE, "Timeout", "m"),
]


@given(st.lists(st.tuples(st.sampled_from(KEYS), st.sampled_from([None, *STANDINGS]))))
def test_counts_follow_every_history(history: list[tuple[ObjectKey, Standing | None]]) -> None:
    """After any sequence of reports and removals the counts are those of the entries."""
    tally = Tally(AddedKeys())
    for key, standing in history:
        if standing is None:
            tally.discard("p", key)
        else:
            tally.set("p", key, standing)

    seen = tally.of("p")
    expected = Counter(standing.state for standing in seen.standings.values())
    assert {state: count for state, count in seen.counts.items() if count} == dict(expected)
    assert seen.pending == {
        key for key, standing in seen.standings.items() if standing.state is State.PENDING
    }
    for state, entries in seen.troubled.items():
        assert entries == {k: s for k, s in seen.standings.items() if s.state is state}
    assert seen.selected == len(seen.standings)
    assert seen.imported + seen.counts[State.PENDING] + seen.waiting + seen.counts[
        State.FAILED
    ] == len(seen.standings)
    assert seen.failed == seen.counts[State.FAILED] + seen.imported - seen.counts[State.IMPORTED]
    assert set(seen.rejected) == {
        key
        for key, standing in seen.standings.items()
        if standing.state is State.FAILED and not standing.has_lifecycle
    }


def test_only_a_change_is_told() -> None:
    """The listener hears of a change once, and not of the same standing again."""
    told = AddedKeys()
    tally = Tally(told)
    tally.set("p", KEYS[0], Standing(State.IMPORTED))
    tally.set("p", KEYS[0], Standing(State.IMPORTED))

    assert told == ["p"]


def test_a_renewed_policy_is_busy_until_every_source_was_judged() -> None:
    """After a change of the policy the last judged source ends the work, not the first."""
    told = AddedKeys()
    tally = Tally(told)
    tally.set("p", KEYS[0], Standing(State.IMPORTED))
    tally.renew("p", KEYS[:2])
    assert tally.is_busy("p")
    assert tally.find("p", KEYS[0]) == Standing(State.IMPORTED)
    assert tally.of("p").pending == {KEYS[0]}

    tally.judged("p", KEYS[0])
    assert tally.is_busy("p")
    told.clear()
    tally.judged("p", KEYS[1])

    assert not tally.is_busy("p")
    assert told == ["p"]


def test_t22_a_source_that_is_looked_at_again_counts_as_before() -> None:
    """Until its look is done; what was told of the source itself is over at once."""
    tally = Tally(AddedKeys())
    tally.set("p", KEYS[0], Standing(State.IMPORTED))
    tally.set("p", KEYS[1], Standing(State.FAILED, "NameConflict", "m", is_rejected=True))
    for key in KEYS[:3]:
        tally.revisit("p", key)

    assert tally.of("p").pending == set(KEYS[:3])
    assert [tally.find("p", key) for key in KEYS[:3]] == [
        Standing(State.IMPORTED),
        PENDING,
        PENDING,
    ]
    tally.set("p", KEYS[0], Standing(State.IMPORTED))
    assert tally.of("p").pending == set(KEYS[1:3])


def test_t22_the_end_of_outstanding_work_is_told() -> None:
    """The listener hears that a look began and ended, also where it found what was known."""
    told = AddedKeys()
    tally = Tally(told)
    tally.set("p", KEYS[0], Standing(State.IMPORTED))
    told.clear()
    tally.revisit("p", KEYS[0])
    tally.revisit("p", KEYS[0])
    tally.set("p", KEYS[0], Standing(State.IMPORTED))

    assert told == ["p", "p"]


def test_at_most_five_rejections_are_named() -> None:
    """A condition names the first five rejected sources, in whatever order they came."""
    tally = Tally(AddedKeys())
    rejected = Standing(State.FAILED, "NameConflict", "m", has_lifecycle=False)
    for number in reversed(range(9)):
        tally.set("p", ObjectKey("", f"s{number}"), rejected)

    assert [key.name for key in tally.of("p").examples(State.FAILED)] == [
        "s0",
        "s1",
        "s2",
        "s3",
        "s4",
    ]
    assert len(tally.of("p").rejected) == 9


def test_another_look_lasts_until_all_has_settled() -> None:
    """A policy is looked at again from its renewal until it has settled, whoever is judged."""
    tally = Tally(AddedKeys())
    tally.set("p", KEYS[0], Standing(State.IMPORTED))
    assert not tally.of("p").is_renewed

    tally.renew("p", KEYS[:1])
    tally.judged("p", KEYS[0])
    assert tally.of("p").is_renewed

    tally.settled("p")
    tally.settled("unknown")
    assert not tally.of("p").is_renewed
