"""Finding the parts of a JSON text by counting brackets."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clusterimport.kube.jsoncut import Level, finished

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text('ab"\\[]{},: ü😀', max_size=6),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=30,
)


def walk(text, start=0):
    level = Level(text, start)
    found = []
    while level.advance():
        finished(level.pass_by())
        found.append((level.name, level.value))
    return found, level


@pytest.mark.slow
@given(st.dictionaries(st.text(max_size=4), VALUES), st.sampled_from([None, 1]))
def test_t01_the_members_of_an_object_are_what_json_says(obj, indent):
    """Names and values come in order, whatever stands in texts and between members."""
    text = json.dumps(obj, indent=indent).encode()
    found, level = walk(text)

    assert [(name, json.loads(value)) for name, value in found] == list(obj.items())
    assert level.is_complete
    assert level.end == len(text)


@pytest.mark.slow
@given(st.lists(VALUES))
def test_t01_the_items_of_a_list_are_what_json_says(items):
    """An item of a list has no name."""
    found, level = walk(json.dumps(items).encode())

    assert [json.loads(value) for _, value in found] == items
    assert level.is_complete


@pytest.mark.slow
@given(st.dictionaries(st.text(max_size=4), VALUES, min_size=1), st.data(), st.booleans())
def test_t01_a_member_can_be_cut_away(obj, data, spaced):
    """What is left is the JSON of the object without it."""
    gone = data.draw(st.sampled_from(sorted(obj)))
    text = json.dumps(obj, separators=(" , ", " : ") if spaced else (",", ":")).encode()
    level = Level(text, 0)
    while level.advance():
        finished(level.pass_by())
        if level.name == gone:
            left = level.without()

    assert json.loads(left) == {name: value for name, value in obj.items() if name != gone}


@given(st.binary(max_size=60) | st.text('[]{}":,\\ a1', max_size=60).map(str.encode))
def test_t01_nothing_raises_and_nothing_hangs(text):
    """A text that is not JSON gives what it gives, and comes to an end."""
    found, level = walk(text)

    assert len(found) <= len(text)
    assert all(value in text for _, value in found)
    if level.is_complete:
        assert text[level.end - 1 : level.end] in {b"]", b"}"}


@pytest.mark.parametrize(
    "inner",
    [
        b"[" * 50_000 + b"]" * 50_000,
        b'[{"a":' * 50_000 + b"0" + b"}]" * 50_000,
        b"[" + b"[0]," * 400_000 + b"0]",
        b"[" + (b"[" * 40 + b"]" * 40 + b",") * 10_000 + b"0]",
        b"[" + b'"abcdef",' * 100_000 + b"0]",
        b"[" + (b"[" + b'"a",' * 998) * 100 + b"0" + b"]" * 101,
    ],
)
def test_t01_any_depth_and_width_is_passed_by_in_slices(inner):
    """A value that no decoder reads is passed by; a large one gives others their turn meanwhile."""
    text = b'{"a":' + inner + b',"b":7}'
    level = Level(text, 0)
    assert level.advance()
    pauses = sum(1 for _ in level.pass_by())

    assert level.value == inner
    assert pauses >= len(inner) // (400 * 1024)
    assert level.advance()
    finished(level.pass_by())
    assert (level.name, level.value) == ("b", b"7")
    assert not level.advance()
    assert level.is_complete


@pytest.mark.parametrize(
    "text", [b"", b"7", b'"a"', b"{", b"[", b'{"a"', b'{"a":', b'{"a":[', b'{"a":1', b'{"a":1 "b"']
)
def test_t01_what_breaks_off_is_not_complete(text):
    """Half an object is never taken for a whole one."""
    _, level = walk(text)

    assert not level.is_complete
