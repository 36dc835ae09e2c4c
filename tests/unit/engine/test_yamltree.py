"""YAML as a tree that remembers places, and refuses what two readers could see differently."""

import pytest

from clusterimport.engine.yamltree import (
    Scalar,
    YamlError,
    YamlMapping,
    YamlSequence,
    load_tree,
)
from clusterimport.limits.documents import YAML_DEPTH, YAML_NODES

CANARY = "canary4711"


def test_every_scalar_knows_where_it_stood():
    """Offsets are characters of the text, quotes included, whatever its alphabet."""
    text = "é: \"日本 😀\"\nlist: [a, 'b']\nnothing:\n"

    root = load_tree(text)

    assert isinstance(root, YamlMapping)
    value = root.get("é")
    assert isinstance(value, Scalar)
    assert (value.value, text[value.start : value.end], value.style) == (
        "日本 😀",
        '"日本 😀"',
        '"',
    )
    items = root.get("list")
    assert isinstance(items, YamlSequence)
    assert [text[item.start : item.end] for item in items.items] == ["a", "'b'"]
    nothing = root.get("nothing")
    assert isinstance(nothing, Scalar)
    assert nothing.is_null
    assert root.get("absent") is None


@pytest.mark.parametrize("text", ["", "\n", "# only a comment\n"])
def test_an_empty_text_has_no_document(text):
    """Nothing printed is no document at all."""
    assert load_tree(text) is None


@pytest.mark.parametrize("text", ["~", "null", "Null", "NULL"])
def test_plain_nulls_are_null_and_quoted_ones_are_texts(text):
    """Only unquoted text can be null."""
    plain = load_tree(text)
    quoted = load_tree(f'"{text}"')

    assert isinstance(plain, Scalar)
    assert plain.is_null
    assert isinstance(quoted, Scalar)
    assert not quoted.is_null


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (f"a: &{CANARY} b", "anchor or alias"),
        (f"a: *{CANARY}", "anchor or alias"),
        (f"a: &{CANARY} {{b: c}}", "anchor or alias"),
        (f"a: !{CANARY} b", "tag"),
        ("a: !!map {b: c}", "tag"),
        (f"{CANARY}: 1\n{CANARY}: 2", "same key twice"),
        ("<<: {a: b}", "key that is not a plain name"),
        ("? [a]\n: b", "key that is not a plain name"),
        ("~: b", "key that is not a plain name"),
        (f"a: b\n---\n{CANARY}: d", "more than one document"),
        ("%YAML 1.1\n---\na: b", "directive"),
        (f"%TAG !{CANARY}! x\n---\na: b", "directive"),
        ("\ufeffa: b", "byte order mark"),
        ("a: \udc80", "not UTF-8"),
        ("a: \x00", "character that YAML does not allow"),
        (f"a: {CANARY}: c", "`: ` where none is allowed"),
        (f'a: "{CANARY}', "quote that is not closed"),
        (f"a: {CANARY}\n b: c", "`: ` where none is allowed"),
        (f"a: @{CANARY}", "character that cannot start a value"),
        ("[" * (YAML_DEPTH + 2) + "]" * (YAML_DEPTH + 2), "nested deeper"),
        ("[" + "a," * YAML_NODES + "]", "values"),
    ],
)
def test_what_could_be_read_in_two_ways_is_refused(text, problem):
    """Each refusal has a name, and never repeats the text."""
    with pytest.raises(YamlError) as caught:
        load_tree(text)

    assert problem in caught.value.problem
    assert CANARY not in str(caught.value)
    assert 0 <= caught.value.offset <= len(text)


def test_limits_leave_room_for_real_documents():
    """A document at the limit of depth is read."""
    assert load_tree("[" * YAML_DEPTH + "]" * YAML_DEPTH) is not None


def test_a_node_does_not_show_its_value():
    """A scalar may be a credential, so its repr is its place."""
    node = load_tree(CANARY)

    assert CANARY not in repr(node)
