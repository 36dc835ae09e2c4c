"""Reading fields while gathering every problem."""

import pytest

from clusterimport.model.fields import FieldErrors, FieldProblem, FieldReader


@pytest.fixture(name="problems")
def _problems():
    return []


def test_good_fields_read_as_they_are(problems):
    """Fields of the right type come back, absent ones are empty, and nothing is complained of."""
    reader = FieldReader({"a": "x", "l": ["y"], "o": {"b": "z"}, "n": None}, "spec", problems)

    assert reader.text("a", required=True) == "x"
    assert reader.text("absent") == ""
    assert reader.texts("l") == ("y",)
    assert reader.texts("absent") == ()
    assert reader.child("o").text("b") == "z"
    assert reader.children("absent") == []
    assert reader.has("a")
    assert not reader.has("n")
    assert reader.raw("l") == ["y"]
    assert problems == []


def test_every_problem_is_noted_with_its_path(problems):
    """Wrong types read as absent and are told with the path a person can follow."""
    reader = FieldReader(
        {"a": 1, "l": ["x", 2], "items": [{"b": True}, 5], "list": {}, "e": ""}, "spec", problems
    )

    assert reader.text("a") == ""
    assert reader.texts("l") == ()
    assert [item.text("b") for item in reader.children("items")] == ["", ""]
    assert reader.children("list") == []
    reader.text("e", required=True)
    reader.child("gone", required=True)

    assert problems == [
        FieldProblem("spec.a", "must be a string"),
        FieldProblem("spec.l", "must be a list of strings"),
        FieldProblem("spec.items[1]", "must be an object"),
        FieldProblem("spec.items[0].b", "must be a string"),
        FieldProblem("spec.list", "must be a list"),
        FieldProblem("spec.e", "is required and must not be empty"),
        FieldProblem("spec.gone", "is required"),
    ]


def test_the_error_tells_all_problems():
    """One look at the message shows everything there is to mend."""
    error = FieldErrors([FieldProblem("a", "is bad"), FieldProblem("b", "is worse")])

    assert str(error) == "a: is bad; b: is worse"
    assert [problem.path for problem in error.problems] == ["a", "b"]
