"""Label selectors as policies write them, and as the server reads them."""

import pytest

from clusterimport.model.fields import FieldReader
from clusterimport.model.labelselector import Operator, read_label_selector


def read(selector):
    """Return the selector and what is wrong with it."""
    problems = []
    found = read_label_selector(
        FieldReader({"labelSelector": selector}, "r", problems), "labelSelector"
    )
    return found, [str(problem) for problem in problems]


def expression(key, operator, *values):
    return {"key": key, "operator": operator, **({"values": list(values)} if values else {})}


@pytest.mark.parametrize(
    ("selector", "text"),
    [
        ({"matchLabels": {"b": "2", "a": ""}}, "a=,b=2"),
        ({"matchExpressions": [expression("a", "In", "y", "x", "y")]}, "a in (x,y)"),
        ({"matchExpressions": [expression("a", "NotIn", "x")]}, "a!=x"),
        ({"matchExpressions": [expression("a", "NotIn", "y", "x")]}, "a notin (x,y)"),
        ({"matchExpressions": [expression("x.io/a", "Exists")]}, "x.io/a"),
        ({"matchExpressions": [expression("a", "DoesNotExist")]}, "!a"),
        (
            {"matchLabels": {"a": "1"}, "matchExpressions": [expression("a", "In", "1")]},
            "a=1",
        ),
    ],
)
def test_it_is_told_to_the_server_in_one_notation(selector, text):
    """However it is written, equal selectors are one text, and so one cache."""
    found, problems = read(selector)

    assert (str(found), problems) == (text, [])


@pytest.mark.parametrize(
    ("selector", "takes", "leaves"),
    [
        ({"matchLabels": {"a": "1", "b": ""}}, [{"a": "1", "b": ""}], [{}, {"a": "1"}]),
        ({"matchExpressions": [expression("a", "In", "1", "2")]}, [{"a": "2"}], [{}, {"a": "3"}]),
        ({"matchExpressions": [expression("a", "NotIn", "1")]}, [{}, {"a": "2"}], [{"a": "1"}]),
        ({"matchExpressions": [expression("a", "Exists")]}, [{"a": ""}], [{}]),
        ({"matchExpressions": [expression("a", "DoesNotExist")]}, [{}, {"b": ""}], [{"a": ""}]),
    ],
)
def test_it_takes_what_the_server_takes(selector, takes, leaves):
    """A label that is missing is in no set, and not in the ones that are left out either."""
    found, _ = read(selector)

    assert [found.takes(labels) for labels in (*takes, *leaves)] == [
        *[True] * len(takes),
        *[False] * len(leaves),
    ]


@pytest.mark.parametrize(
    ("selector", "problem"),
    [
        ("a=b", "r.labelSelector: must be an object that has matchLabels or matchExpressions"),
        ({}, "r.labelSelector: must name at least one label, or be left out"),
        ({"matchLabels": {}}, "r.labelSelector: must name at least one label, or be left out"),
        ({"matchLabels": {"a": 1}}, "r.labelSelector.matchLabels: must map labels to strings"),
        ({"matchLabels": ["a"]}, "r.labelSelector.matchLabels: must map labels to strings"),
        (
            {"matchExpressions": [expression("a", "Equals", "1")]},
            f"r.labelSelector.matchExpressions[0].operator: must be one of {', '.join(Operator)}",
        ),
        (
            {"matchExpressions": [expression("a", "In")]},
            "r.labelSelector.matchExpressions[0].values: must hold at least one value",
        ),
        (
            {"matchExpressions": [expression("a", "Exists", "1")]},
            "r.labelSelector.matchExpressions[0].values: must be empty with Exists",
        ),
        (
            {"matchExpressions": [{"operator": "Exists"}]},
            "r.labelSelector.matchExpressions[0].key: is required and must not be empty",
        ),
        (
            {"matchExpressions": [expression("a", "In", *(f"{n:063}" for n in range(64)))]},
            "r.labelSelector: is longer than 4096 characters in the server's notation",
        ),
    ],
)
def test_what_is_no_selector_is_told_at_its_place(selector, problem):
    """Nothing is selected by a part of it, and nothing by one that names no label at all."""
    found, problems = read(selector)

    assert (found, problems) == (None, [problem])


def test_none_is_none():
    """A reference without a selector has none, and no problem."""
    assert read(None) == (None, [])
