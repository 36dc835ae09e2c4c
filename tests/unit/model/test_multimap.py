"""Values by key, where most keys have one."""

import sys

from hypothesis import given
from hypothesis import strategies as st

from clusterimport.model.multimap import Multimap

STEPS = st.lists(
    st.tuples(st.sampled_from(["add", "discard"]), st.sampled_from("ab"), st.integers(0, 3))
)


@given(STEPS)
def test_it_is_a_dict_of_sets_that_keep_their_order(steps):
    """After any history: the same values in the same order, and no key without one."""
    plain: dict[str, dict[int, None]] = {}
    subject: Multimap[str, int] = Multimap()
    for what, key, value in steps:
        getattr(subject, what)(key, value)
        if what == "add":
            plain.setdefault(key, {})[value] = None
        elif value in plain.get(key, {}):
            del plain[key][value]
            if not plain[key]:
                del plain[key]

    assert {key: [*subject.of(key)] for key in subject} == {k: [*v] for k, v in plain.items()}
    assert {key: subject.count(key) for key in "abc"} == {k: len(plain.get(k, ())) for k in "abc"}
    assert len(subject) == len(plain)


def test_one_value_takes_nothing_but_its_place():
    """Also after there were two."""
    subject: Multimap[str, int] = Multimap()
    for number in range(100):
        subject.add(str(number), number)
        subject.add(str(number), -1)
        subject.discard(str(number), -1)

    assert sum(map(sys.getsizeof, subject._values.values())) < 100 * 40
    subject.clear()
    assert (len(subject), [*subject.of("1")]) == (0, [])
