"""Conditions as the API server expects them."""

from clusterimport.limits.messages import CONDITION_BYTES
from clusterimport.model.conditions import (
    Condition,
    conditions_of,
    find,
    is_true,
    set_condition,
    without,
)

THEN = "2026-01-01T00:00:00Z"
NOW = "2026-01-02T00:00:00Z"
CREATED = {
    "type": "Created",
    "status": "False",
    "reason": "WaitCreationCondition",
    "message": "",
    "lastTransitionTime": THEN,
    "observedGeneration": 3,
    "unknown": "kept",
}
FOREIGN = {"type": "Foreign", "status": "True", "lastTransitionTime": THEN}


def test_conditions_are_read_where_there_are_any():
    """An object without a status, or with an empty one, has none."""
    assert conditions_of({"status": {"conditions": [CREATED, FOREIGN]}}) == [CREATED, FOREIGN]
    for obj in ({}, {"status": None}, {"status": {}}, {"status": {"conditions": None}}):
        assert list(conditions_of(obj)) == []


def test_a_changed_status_gets_the_present_time():
    """A condition whose status changes carries the time of this change."""
    result = set_condition(
        [CREATED], Condition("Created", "True", "PediaClusterCreated", "done", 4), NOW
    )

    assert result == [
        CREATED
        | {
            "status": "True",
            "reason": "PediaClusterCreated",
            "message": "done",
            "observedGeneration": 4,
            "lastTransitionTime": NOW,
        }
    ]


def test_an_unchanged_status_keeps_its_time_and_everything_unknown():
    """Another reason is no transition, and entries of others stay where they are."""
    result = set_condition(
        [FOREIGN, CREATED], Condition("Created", "False", "SourceResourceNotFound", "", 3), NOW
    )

    assert result[0] == FOREIGN
    assert result[1] == CREATED | {"reason": "SourceResourceNotFound"}


def test_no_difference_gives_equal_content():
    """Setting what is there already equals the input, so that nothing has to be written."""
    condition = find([CREATED], "Created")
    assert condition is not None

    assert set_condition([CREATED, FOREIGN], condition, NOW) == [CREATED, FOREIGN]


def test_the_given_conditions_are_never_changed():
    """Conditions come from caches and stay as they are."""
    before = dict(CREATED)

    set_condition([CREATED], Condition("Created", "True", "Other"), NOW)

    assert before == CREATED


def test_a_condition_without_time_gets_one():
    """The schema requires a transition time, so a missing one is filled in."""
    result = set_condition(
        [{"type": "Ready", "status": "True"}], Condition("Ready", "True", "Ready"), NOW
    )

    assert result[0]["lastTransitionTime"] == NOW


def test_a_new_condition_is_added_at_the_end_without_a_generation_of_zero():
    """Types without generation do not claim to have observed one."""
    result = set_condition([FOREIGN], Condition("Ready", "Unknown", "Waiting"), NOW)

    assert result[1] == {
        "type": "Ready",
        "status": "Unknown",
        "reason": "Waiting",
        "message": "",
        "lastTransitionTime": NOW,
    }


def test_a_long_message_is_cut_at_a_character_within_the_limit():
    """A message never exceeds what the schema takes, and says that it was cut."""
    result = set_condition([], Condition("Ready", "True", "Ready", "é" * CONDITION_BYTES), NOW)

    message = result[0]["message"]
    assert len(message.encode()) <= CONDITION_BYTES
    assert message.startswith("éé")
    assert message.endswith("(cut)")


def test_a_message_at_the_limit_is_kept():
    """Exactly as much as allowed is not cut."""
    message = "x" * CONDITION_BYTES

    assert set_condition([], Condition("Ready", "True", "R", message), NOW)[0]["message"] == message


def test_find_and_is_true_read_loosely():
    """Absent parts are empty, absent conditions are None and not true."""
    assert find([{"type": "Ready"}], "Ready") == Condition("Ready", "", "", "", 0)
    assert find([FOREIGN], "Ready") is None
    assert is_true([FOREIGN], "Foreign")
    assert not is_true([CREATED], "Created")
    assert not is_true([], "Created")
    assert Condition("Ready", "True", "R").is_true
    assert not Condition("Ready", "Unknown", "R").is_true


def test_without_takes_out_one_type():
    """Other conditions stay when one is taken out."""
    assert without([CREATED, FOREIGN], "Created") == [FOREIGN]
