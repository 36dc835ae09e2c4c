import pytest

from clusterimport.authoring.yamlnodes import YamlProblem, is_text, read_nodes, value_of
from clusterimport.limits.documents import AUTHORED_ALIASES, AUTHORED_DEPTH


def read(text):
    (root,) = read_nodes(text)
    return value_of(root)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("yes", True),
        ("y", True),
        ("OFF", False),
        ("~", None),
        ("010", 8),
        ("0x1F", 31),
        ("0b11", 3),
        ("1_000", 1000),
        ("-12", -12),
        ("1.0", 1),
        ("1.5", 1.5),
        ("1e3", 1000),
        ("1e21", 1e21),
        ("18446744073709551615", 18446744073709551615),
        ("2026-01-01", "2026-01-01"),
        ("2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z"),
        ("1:30", "1:30"),
        ("v1", "v1"),
        ("1.2.3", "1.2.3"),
        ("08", 8),
        ("'yes'", "yes"),
        ('"12"', "12"),
        ("!!str 12", "12"),
        ("!!int '12'", 12),
        ("[1, {a: b}]", [1, {"a": "b"}]),
    ],
)
def test_a_scalar_is_what_kubectl_makes_of_it(text, value):
    """YAML 1.1 as Go reads it: booleans by many names, octal numbers, dates that are texts."""
    found = read(f"a: {text}")["a"]

    assert (type(found), found) == (type(value), value)


def test_keys_are_texts():
    """JSON has no other keys, so a number or a boolean is written as one."""
    assert read("{1: a, yes: b, 'no': c}") == {"1": "a", "true": "b", "no": "c"}


def test_anchors_and_merge_keys_count():
    """An author may write a thing once and use it twice; what is written out outranks a merge."""
    text = "a: &a {x: 1, y1: 2}\nb: *a\nc: {<<: *a, x: 3}\nd: {<<: [{z: 1, x: 5}, *a]}\n"

    assert read(text)["b"] == {"x": 1, "y1": 2}
    assert read(text)["c"] == {"x": 3, "y1": 2}
    # Of several the first counts.
    assert read(text)["d"] == {"x": 5, "y1": 2, "z": 1}


@pytest.mark.parametrize(
    ("text", "problem", "line", "column"),
    [
        ("a: 1\nb: 2\na: 3\n", "has the key 'a' twice", 3, 1),
        ("a: 1\n  b: 2\n", "is not YAML: mapping values are not allowed in this context", 2, 4),
        ("a: 'b\n", "is not YAML: found unexpected end of stream", 2, 1),
        ("a:\n\t- b\n", "is not YAML: found character that cannot start any token", 2, 1),
        ("a: *b\n", "is not YAML: an alias has no anchor before it", 1, 4),
        ("a: &a [*a]\n", "has an alias inside its own anchor", 1, 4),
        ("? [a]\n: b\n", "has a key that is not a name", 1, 3),
        ("~: b\n", "has a key that is null", 1, 1),
        ("a: .inf\n", "has a number that JSON has not", 1, 4),
        ("a: {<<: b}\n", "has a merge key `<<` whose value is not a mapping", 1, 5),
        ("a: b\nc: \x01\n", "is not YAML: it has a character that is not allowed", 2, 4),
        (
            "[" * (AUTHORED_DEPTH + 2),
            f"is nested deeper than {AUTHORED_DEPTH} levels",
            1,
            AUTHORED_DEPTH + 2,
        ),
    ],
)
def test_a_problem_has_its_place(text, problem, line, column):
    """An author is told where to look."""
    with pytest.raises(YamlProblem) as caught:
        read(text)

    assert (caught.value.problem, caught.value.line, caught.value.column) == (problem, line, column)


def test_what_aliases_stand_for_is_bounded():
    """Ten lines of aliases to aliases would be as many values as memory has bytes."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]

    with pytest.raises(YamlProblem, match=f"more than {AUTHORED_ALIASES} values"):
        read("\n".join(lines))


def test_documents_that_are_empty_are_none():
    """Lines of three dashes at the end, or comments between them, are nobody's mistake."""
    assert [
        value_of(root) for root in read_nodes("---\na: 1\n---\n# nothing\n---\n- b\n---\n")
    ] == [
        {"a": 1},
        ["b"],
    ]


@pytest.mark.parametrize("text", ["y", "010", "1.0", "~", "", ".inf", "0x1F"])
def test_what_looks_like_a_text_and_is_none_is_known(text):
    """Whoever writes YAML has to put these between quotes."""
    assert not is_text(text)
    assert is_text(f"a{text}")
