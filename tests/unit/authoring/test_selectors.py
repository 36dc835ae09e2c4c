import pytest

from clusterimport.authoring.selectors import SelectorProblem, matches_fields, matches_labels

OBJ = {
    "metadata": {"name": "a", "labels": {"app": "web", "n": "5", "example.io/x": ""}},
    "spec": {"on": True},
}


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        ("", True),
        ("app", True),
        ("!app", False),
        ("nothing", False),
        ("! nothing", True),
        ("app=web", True),
        ("app == web, n=5", True),
        ("app=web,n=6", False),
        ("app!=web", False),
        ("nothing!=web", True),
        ("app in (web, db)", True),
        ("app notin (web)", False),
        ("nothing notin (web)", True),
        ("nothing in (web)", False),
        ("n>4", True),
        ("n<4", False),
        ("app>4", False),
        ("nothing>4", False),
        ("example.io/x=", True),
        ("example.io/x", True),
    ],
)
def test_a_label_selector_takes_what_the_server_takes(selector, expected):
    """Both notations, and what the absence of a label means to each."""
    assert matches_labels(selector, OBJ) is expected


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        ("", True),
        ("metadata.name=a", True),
        ("metadata.name==a,metadata.namespace=", True),
        ("metadata.name!=a", False),
        ("spec.on=true", True),
        (r"metadata.name=a\,b", False),
    ],
)
def test_a_field_selector_takes_what_the_server_takes(selector, expected):
    """A field that is not there is empty."""
    assert matches_fields(selector, OBJ) is expected


@pytest.mark.parametrize("selector", ["app in", "=web", "app=(x)", "n>many", "a b"])
def test_a_label_selector_that_is_none_is_told(selector):
    """The server would refuse to list with it."""
    with pytest.raises(SelectorProblem):
        matches_labels(selector, OBJ)


@pytest.mark.parametrize("selector", ["metadata.name", "=a", "a>b"])
def test_a_field_selector_that_is_none_is_told(selector):
    """They know equality alone."""
    with pytest.raises(SelectorProblem):
        matches_fields(selector, OBJ)
