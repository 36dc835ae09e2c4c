"""Whom a change of a referenced object concerns."""

from hypothesis import given
from hypothesis import strategies as st

from clusterimport.controllers.inforce.references import ReferencedObject, ReferenceIndex
from clusterimport.model.gvr import SECRETS
from clusterimport.model.meta import ObjectKey

TARGET = ReferencedObject(SECRETS.group_resource, ObjectKey("team", "auth-one"))
OTHER = ReferencedObject(SECRETS.group_resource, ObjectKey("team", "other"))


def test_the_index_follows_what_was_resolved_last():
    """A lifecycle is found by what it refers to now, and by nothing it referred to before."""
    index = ReferenceIndex()
    index.replace("one", frozenset({TARGET}))
    index.replace("two", frozenset({TARGET, OTHER}))
    assert index.lifecycles_of(TARGET) == {"one", "two"}
    index.replace("one", frozenset({OTHER}))
    assert index.lifecycles_of(TARGET) == {"two"}
    assert index.lifecycles_of(OTHER) == {"one", "two"}
    index.forget("two")

    assert index.lifecycles_of(TARGET) == frozenset()
    assert index.lifecycles_of(OTHER) == {"one"}


TARGETS = st.frozensets(st.sampled_from([TARGET, OTHER]))


@given(st.lists(st.tuples(st.sampled_from("abc"), TARGETS)))
def test_the_two_views_of_the_index_agree(history):
    """After any history both directions hold the same pairs, and nothing empty is kept."""
    index = ReferenceIndex()
    for name, targets in history:
        index.replace(name, targets)

    targets, lifecycles = index._targets, index._lifecycles
    forward = {(name, target) for name in targets for target in targets.of(name)}
    backward = {(name, target) for target in lifecycles for name in lifecycles.of(target)}
    assert forward == backward
    assert forward == {(name, target) for name, found in dict(history).items() for target in found}
    assert {name for name, _ in forward} == {*targets}
    assert {target for _, target in forward} == {*lifecycles}
