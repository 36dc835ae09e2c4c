"""A value cannot change the structure of the document it is printed into."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clusterimport.engine.document import decode_document
from clusterimport.engine.errors import DocumentError
from clusterimport.engine.structure import check_structure
from clusterimport.engine.yamltree import load_tree
from clusterimport.gotemplate.printf import quote
from tests.fakes.engine.printing import Made, Printed, Quoted, output

FRAGMENTS = [
    "", " ", "  ", "\n", "\n  ", "\n    x: y", "\r\n", "\t", "\x85", "\u2028", "\u2029", "\ufeff",
    "---", "\n---\n", "...", ": ", ":", " #", "#", "{", "}", "[", "]", ", ", ",", "- ", "-", "? ",
    "*alias", "&anchor ", "!tag ", "%", "@", "`", "'", "''", '"', '""', "\\", "\\n", '\\"',
    "|", "|-", ">", "|\n", ">\x85", "~", "null", "true", "0x1F", "<<", "a", "abc", "é", "日本",
    "😀", "\x00", "\x7f", "tokenData: x", "kind: Evil", "{{ .x }}", "<no value>", "a+b/c==", "a&b",
]  # fmt: skip

nasty = st.one_of(
    st.lists(st.sampled_from(FRAGMENTS), max_size=6).map("".join),
    st.text(alphabet="ab: #-\n\r\t'\"\\|>{}[],&*!%@~?<\x85\u2028é", max_size=12),
    st.text(max_size=12),
)

STYLES = {
    "plain": ("", ""),
    "prefixed": ("x", ""),
    "joined": ("x/", ":6443"),
    "double": ('"', '"'),
    "double prefixed": ('"x ', ' y"'),
    "single": ("'", "'"),
    "commented": ("", " # said"),
    "literal block": ("|\n      ", ""),
    "folded block": (">-\n      ", ""),
    "flow": ("", ""),
    "list": ("", ""),
}


def slots(style, value):
    before, after = STYLES[style]
    return [before, Printed(value), after]


def document(first, second, one, two):
    """Two values, each in a style of its own, between fields that must not move."""
    in_flow = slots(first, one) if first == "flow" else ["f"]
    in_list = slots(first, one) if first == "list" else ["l"]
    annotation = ["a"] if first in {"flow", "list"} else slots(first, one)
    second = "double" if second in {"flow", "list"} else second
    return output(
        [
            "metadata:\n  labels: {b: c, d: ", *in_flow, ", e: g}\n",
            "  annotations:\n    before: it\n    one: ", *annotation, "\n",
            "    middle: 'mid'\n    two: ", *slots(second, two), "\n",
            "    after: it\n",
            "spec:\n  syncResources:\n  - group: ''\n    resources:\n    - ", *in_list, "\n",
            "    - pods\n  syncResourcesRefName: end\n",
        ]
    )  # fmt: skip


def arrives(style, value, found):
    """Tell whether a value arrived as it was printed."""
    if "block" in style:
        # White space at the end and the indentation of the block are the author's.
        return value.replace("\n      ", "\n").rstrip(" \t\r\n") == found.rstrip(" \t\r\n")
    before, after = STYLES[style]
    if style.startswith(("double", "single")):
        return (before + value + after)[1:-1] == found
    if style == "commented":
        after = ""
    text = before + value + after
    return found == (text if after else text.rstrip(" \t\r\n"))


@settings(max_examples=500, deadline=None)
@given(st.sampled_from(list(STYLES)), st.sampled_from(list(STYLES)), nasty, nasty)
def test_nasty_values_never_add_move_or_change_a_field(first, second, one, two):
    """Every value arrives as it is in its own field, or the document is refused as a whole."""
    try:
        got = decode_document(document(first, second, one, two))
    except DocumentError:
        return

    assert got.labels.keys() == {"b", "d", "e"}
    assert (got.labels["b"], got.labels["e"]) == ("c", "g")
    assert got.annotations.keys() == {"before", "one", "middle", "two", "after"}
    assert {got.annotations[key] for key in ("before", "after")} == {"it"}
    assert got.annotations["middle"] == "mid"
    assert got.spec["syncResourcesRefName"] == "end"
    (group,) = got.spec["syncResources"]
    assert group["group"] == ""
    assert len(group["resources"]) == 2
    assert group["resources"][1] == "pods"
    place_of_first = {"flow": got.labels["d"], "list": group["resources"][0]}
    arrived = place_of_first.get(first, got.annotations["one"])
    if "<no value>" not in one:
        assert arrives(first, one, arrived)
    if "<no value>" not in two:
        second = "double" if second in {"flow", "list"} else second
        assert arrives(second, two, got.annotations["two"])


@settings(max_examples=300, deadline=None)
@given(
    st.text(alphabet="abcXYZ019+/=&é日😀._-", min_size=1, max_size=40), st.sampled_from(['"', "'"])
)
def test_harmless_text_always_arrives_between_quotes(value, quote):
    """The rule refuses no value that YAML carries unchanged."""
    got = decode_document(
        output(["metadata:\n  annotations:\n    a: ", quote, Printed(value), quote, "\nspec: {}\n"])
    )

    assert got.annotations == {"a": value}


@pytest.mark.parametrize(
    ("pieces", "problem"),
    [
        (["a: ", Printed('"x'), "\nb: ", Printed('y"'), "\n"], "beginning or end"),
        (["a: ", Printed("'x"), "\nb: ", Printed("y'"), "\n"], "beginning or end"),
        (["a: ", Printed("|"), "\n  b: c\n"], "beginning or end of a block"),
        (["a: '", Printed("x'"), "'\nb: '", Printed("'"), "'\n"], "not arrive"),
        (['a: "', Printed("x\\"), '"\nb: "', Printed(" #"), '"'], "not arrive"),
        (["a: ", Printed("x\ny: z"), "\n"], "structure|line break"),
        (["a: ", Printed("x\n  y"), "\n"], "line break"),
        (["a: ", Printed("x #y"), "\n"], "structure"),
        (["a:", Printed(" x"), "\n"], "white space before"),
        (["a: x", Printed(" "), "# no comment\n"], "structure"),
        (["a: ", Printed("[b]"), "\n"], "structure"),
        (["a: ", Printed("{b: c}"), "\n"], "structure"),
        (["- ", Printed("b:"), "\n"], "structure"),
        (["- ", Printed("- b"), "\n"], "structure"),
        (["[", Printed("b, c"), "]\n"], "structure"),
        (["# note ", Printed("x\na: b"), "\n"], "structure"),
        (["a: ", Printed("#x"), "\n"], "structure"),
        (["", Printed("  "), "a: b\n"], "structure"),
        (["# note\x85a: [", Printed("x, y"), "]\n"], "structure"),
    ],
)
def test_ways_to_break_out_are_refused(pieces, problem):
    """Each known way out of a scalar is an error at the action that printed it."""
    printed = output(pieces)
    root = load_tree(printed.text)
    assert root is not None

    with pytest.raises(DocumentError, match=problem) as caught:
        check_structure(printed, root)

    assert caught.value.line >= 1


@pytest.mark.parametrize(
    "pieces",
    [
        ["a: ", Printed("x"), "\n"],
        ["a: ", Printed("x \n"), "\n"],
        ["a: ", Printed(""), "\nb: c\n"],
        ["a: b", Printed("\n \n"), "\n"],
        ["a: ", Quoted('"x: y"'), "\n"],
        ["a: ", Quoted('"x: \\"y\\n"'), " # said\n"],
        ["a: |\n  ", Printed("x\n  y"), "\n"],
        ["a: ", Printed("x"), "://", Printed("y"), ":", Printed("1"), "\n"],
        ["# note ", Printed("x: {"), "\na: b\n"],
        ["a: b # ", Printed('"'), "\n"],
        ["a: '#' # ", Printed("x: ["), " ", Printed("y"), "\r\n"],
        ["a: ", Quoted("'#'"), " # ", Printed("x"), "\n"],
        ["a: ", Printed("x "), Printed(" "), "\r\n"],
        ["a: ", Made("{b: [c, d]}"), "\n"],
        ["a:\n", Made("  b: c\n  d: |-\n    e\n    f"), "\n"],
    ],
)
def test_ordinary_ways_to_print_are_fine(pieces):
    """What authors write every day passes, comments with actions in them included."""
    printed = output(pieces)
    root = load_tree(printed.text)
    assert root is not None

    check_structure(printed, root)


@pytest.mark.parametrize(
    "pieces",
    [
        ["a: '", Made('{"b": "x"}'), "'\n"],
        ["a: x ", Made('"b"'), "\n"],
        ["a: |\n  ", Made("b: c\n  d: e"), "\n"],
        ["a: |-", Printed("x\n    y", "\n    "), "\n"],
        ["a: >-\n", Printed("x", "  "), "\n"],
        ["a:\n  b: c\n", Made("  d: e\n  f: [g]"), "\n  h: i\n"],
        ["a:\n- b\n", Made("- c\n- {}"), "\n- d\n"],
        ["a: ", Made("\n  ? k\n  : v"), "\n"],
        ["- ", Made("a: b\n  c: d"), "\n"],
        ["a: {b: ", Made("c"), ", d: ", Made("[1]"), "}\n"],
        ["a: ", Made("null"), " # ", Made("- x"), "\n"],
        [Made('"a"'), ": ", Quoted('"b"'), "\n"],
        ["a: ", Quoted("'it is'", "\n  "), "\n"],
        ["a: b\n", Printed("\n"), "\nc: d\n"],
        ["a:\n" + " " * 256, Made("b: c"), "\n"],
        [Printed("a"), ": |\n  " + "b " * 200 + "\nc:\n  ", Made("d: e\n  f: g"), "\n"],
    ],
)
def test_t58_structure_and_text_arrive_where_they_are_whole(pieces):
    """Printed YAML is one value, or whole entries; as part of a text it is text."""
    printed = output(pieces)
    root = load_tree(printed.text)
    assert root is not None

    check_structure(printed, root)


@pytest.mark.parametrize(
    ("pieces", "problem"),
    [
        (["{a: '", Made("\"b', e: 'c\""), "'}\n"], "not the whole"),
        (["a: x ", Made('"b #c"'), "\n"], "not the whole"),
        (["a: ", Made("b #c"), "\n"], "not the whole"),
        (["a", Made("b: c"), "\n"], "not the whole"),
        (["", Made("a: b"), " c\n"], "not the whole"),
        (["a:\n  ", Made("b: c\nd: e"), "\n"], "not the whole"),
        (["a:\n- b: ", Made("\n  c: d"), "\n  e: f\n"], "not the whole"),
        (["a:\n- ", Made("\n- b"), "\n- c\n"], "not the whole"),
        (["a:\n" + " " * 257, Made("b: c"), "\n"], "not the whole"),
        (["a" * 300 + ": b\nc:\n  ", Made("d: e\n  f: g"), "x\n"], "not the whole"),
        (["a: ", Printed('"b"'), "\n"], "quotes around it"),
        (["a: ", Printed("'b'"), " # c\n"], "quotes around it"),
        (["- ", Printed('"'), "b", Printed('"'), "\n"], "beginning or end"),
        (["a: ", Quoted("'b\n  c'"), "\n"], "escapes nothing"),
        (["a: ", Quoted("'b''c'"), "\n"], "escapes nothing"),
        (["a: ", Quoted('"\\xff"'), "\n"], "not UTF-8"),
        (["a: ", Quoted('"\\\\\\x80"'), "\n"], "not UTF-8"),
        (["a: x ", Quoted('"b # c"'), "\n"], "not the whole"),
        (['a: "\\', Printed("n"), '"\n'], "between quotes|structure"),
        (['a: "\\x', Printed("41"), '"\n'], "between quotes|structure"),
        (["a: |\n  ", Printed(" x"), "\n"], "block text"),
        (["a: |\n  ", Printed("x\r\n  y"), "\n"], "block text"),
        (["a: >\n  ", Printed("x\n  y"), "\n"], "block text"),
        (['a: "x\n  ', Printed(" "), '\n  y"\n'], "between quotes"),
        (["a: ", Printed(" x"), "\n"], "white space before"),
        (["", Printed("a: "), "b\n"], "structure"),
        (["# ", Printed("x\na: b"), "\nc: d\n"], "structure"),
        (["c: d # ", Printed("x\na: b"), "\n"], "structure"),
        (["- d # ", Printed("x\n- b"), "\n"], "structure"),
        (["a: b\n", Printed("#"), "c: d\n"], "structure"),
    ],
)
def test_t58_what_does_not_arrive_as_it_was_printed_is_refused(pieces, problem):
    """Quotes, comments, escapes, folding and indentation alter no value, and cut none."""
    printed = output(pieces)
    root = load_tree(printed.text)
    assert root is not None

    with pytest.raises(DocumentError, match=problem) as caught:
        check_structure(printed, root)

    assert caught.value.line >= 1


@pytest.mark.parametrize("value", ["\\x80", "\\\\", "\x7f", "a\\xffb"])
def test_t58_a_backslash_in_a_quoted_value_is_no_byte(value):
    """Only an escape that quote made of a byte is refused."""
    printed = output(["a: ", Quoted(quote(value)), "\n"])
    root = load_tree(printed.text)
    assert root is not None

    check_structure(printed, root)


@pytest.mark.parametrize("odd", ["\x85", "\u2028", "\u2029"])
def test_structure_holds_no_line_break_that_yaml_folds(odd):
    """JSON may leave U+0085 as it is, and YAML would read a space."""
    printed = output(["a: ", Made(f'"x{odd}y"'), "\nb: ", Made('"z"'), "\n"])
    root = load_tree(printed.text)
    assert root is not None

    with pytest.raises(DocumentError, match="read as a space") as caught:
        check_structure(printed, root)

    assert (caught.value.line, caught.value.column) == (1, 4)


def test_many_values_on_one_line_are_judged_in_one_pass():
    """What a loop prints into a comment or a list costs no more than its length."""
    values = [piece for _ in range(900) for piece in (Printed("x: #"), " ")]
    listed = [piece for _ in range(900) for piece in (Printed("x"), ", ")]
    printed = output(["a: [", *listed, "z] # ", *values, "\n"])
    root = load_tree(printed.text)
    assert root is not None

    check_structure(printed, root)
