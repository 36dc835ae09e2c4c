"""What a person means by a name or a namespace."""

import pytest

from clusterimport.live.errors import NameNotFound
from clusterimport.live.selection import Selection
from clusterimport.model.gvr import LIFECYCLES, PEDIACLUSTERS, POLICIES
from tests.fakes.live.standingobjects import lifecycle, pediacluster, policy

CONTENT = {
    POLICIES: [policy("cluster-api"), policy("karmada")],
    LIFECYCLES: [
        lifecycle("team-a-blue"),
        lifecycle("team-b-red", source="team-b/red"),
        lifecycle("karmada-m1", "karmada", "m1"),
    ],
    PEDIACLUSTERS: [pediacluster("team-a-blue"), pediacluster("by-hand")],
}


def chosen(*names, namespace="", content=CONTENT):
    found = Selection(names, namespace).of(content)
    return [obj["metadata"]["name"] for objects in found.values() for obj in objects]


def test_nothing_asked_is_everything():
    """In the order of the kinds, and of the names."""
    assert chosen() == [
        *("cluster-api", "karmada", "team-a-blue", "team-b-red", "karmada-m1"),
        *("team-a-blue", "by-hand"),
    ]


def test_a_policy_brings_what_it_made():
    """And nothing of another policy."""
    assert chosen("cluster-api") == ["cluster-api", "team-a-blue", "team-b-red", "team-a-blue"]


def test_a_cluster_brings_what_led_to_it():
    """Policy, lifecycle and PediaCluster; one that nothing led to stands alone."""
    assert chosen("team-a-blue") == ["cluster-api", "team-a-blue", "team-a-blue"]
    assert chosen("by-hand") == ["by-hand"]


@pytest.mark.parametrize(
    "name", ["lifecycle/team-a-blue", "PediaClusterLifecycles/team-a-blue", "pediacluster/by-hand"]
)
def test_a_kind_and_a_name_are_one_object(name):
    """As kubectl takes them."""
    assert chosen(name) == [name.rpartition("/")[2]]


def test_a_namespace_is_that_of_the_source():
    """Our own objects have none."""
    assert chosen(namespace="team-b") == ["cluster-api", "team-b-red"]
    assert chosen("cluster-api", namespace="nowhere") == []


@pytest.mark.parametrize("name", ["nope", "policy/team-a-blue", "pods/team-a-blue"])
def test_a_name_that_nothing_has_is_told(name):
    """All of them at once."""
    with pytest.raises(NameNotFound, match=f"is called {name} or other$"):
        chosen("karmada", name, "other")


def test_what_may_not_be_read_is_left_out():
    """The rest can still be asked for."""
    content = {POLICIES: CONTENT[POLICIES], LIFECYCLES: CONTENT[LIFECYCLES]}
    assert chosen("team-a-blue", content=content) == ["cluster-api", "team-a-blue"]
