"""What the functions may cost: results that would be too large, too deep or too slow."""

import pytest

from clusterimport.engine.evaluation import FUNCTIONS
from clusterimport.gotemplate.errors import LimitError
from clusterimport.gotemplate.functions import STRING
from clusterimport.gotemplate.limits import Limits, charge_nested
from clusterimport.gotemplate.printf import quoting
from clusterimport.gotemplate.sprig import (
    decimals,
    dicts,
    jsonerrors,
    jsontext,
    jsonwriter,
    lists,
    rematch,
    texts,
    urlparts,
)
from clusterimport.gotemplate.template import Template
from clusterimport.gotemplate.values import GoPanic, StringSlice
from tests.fakes.gotemplate import goanswers

MEGABYTE = 1_000_000
CONTENTS = (
    "a", '"', "\\", "\n", 'a"\n', "\x01", "é", "日", "😀", "😀\u200d", "\ue000", "\U0010ffff",
    "\udc80", "\u088f", "a\u088f",
)  # fmt: skip
LARGE = {"text": "x" * 1_000_000, "lines": "\n" * 100_000, "items": list(range(200_000))}


@pytest.mark.parametrize(
    "call",
    [
        'repeat 1000000000 "ab"',
        "until 1000000000",
        "untilStep 0 -1000000000 -1",
        "seq 1 1000000000",
        "indent 100000 .lines",
        'nindent 1000000000 "a"',
        'replace "" .text .text',
        'replace "x" "yyyyyyyy" .text',
        'join .text (splitList "," "a,b,c")',
        'splitList "" .text',
        'split "x" .text',
        "squote .text .text",
        'wrapWith 1 "abcdefgh" .text',
        "chunk 1 .items",
        "uniq .items",
        "reverse .items | reverse | reverse | reverse",
        'regexReplaceAll "" .text "yyyyyyyyyyy"',
        'regexFindAll "" .text -1',
        'regexFind (repeat 4097 "a") "a"',
        r'regexFind "\\pL{1000}" "a"',
        "toJson (list .text .text .text .text .text .text .text .text .text .text .text)",
        "toPrettyJson .items",
        "snakecase .text",
        'toDate (repeat 60000 "-") (repeat 60000 "-")',
    ],
)
def test_large_results_are_refused_before_they_are_made(call):
    """A result beyond the limit ends rendering."""
    with pytest.raises(LimitError):
        Template(f"{{{{ $x := {call} }}}}").render(LARGE)


@pytest.mark.parametrize(
    "call",
    [
        "toJson $d",
        "deepCopy $d",
        "merge $d (deepCopy $d)",
        "mergeOverwrite $d $d",
        "deepEqual $d $d",
    ],
)
def test_a_map_inside_itself_ends_at_a_depth(call):
    """Cyclic maps, where Go overflows its stack, end with a limit."""
    template = Template(f'{{{{ $d := dict }}}}{{{{ $_ := set $d "a" $d }}}}{{{{ {call} }}}}')

    with pytest.raises(LimitError, match="nested deeper than 100"):
        template.render({})


@pytest.mark.parametrize(
    "call", ["toJson $l", "deepCopy $l", "has $l (list $l)", "uniq (list $l 1)"]
)
def test_values_shared_many_times_cost_what_they_print(call):
    """A list that doubles ninety times is never walked to its end."""
    doubling = "{{ $l := list 1 }}{{ range until 90 }}{{ $l = list $l $l }}{{ end }}"

    with pytest.raises(LimitError, match="steps"):
        Template(f"{doubling}{{{{ {call} }}}}").render({})


def test_deep_json_is_refused():
    """JSON deeper than a value may be is a limit, however it was noticed."""
    meter = goanswers.meter()

    assert jsontext.from_json(meter, "[" * 100 + "]" * 100)
    with pytest.raises(LimitError, match="nested deeper than 100"):
        jsontext.from_json(meter, "[" * 102 + "]" * 102)
    with pytest.raises(LimitError, match="nested deeper than 100"):
        jsontext.from_json(meter, "[" * 100_000)


def test_wide_json_is_not_deep():
    """Many brackets side by side are no depth."""
    assert len(jsontext.from_json(goanswers.meter(), "[" + "[]," * 150 + "1]")) == 151


def test_hostile_expressions_pay_for_their_program():
    """Matching is charged by text and program, so a slow expression ends early."""
    template = Template('{{ regexMatch "(?:[ab]{0,30}){30}x" (repeat 50000 "ab") }}')

    with pytest.raises(LimitError, match="steps"):
        template.render({})


def test_replacing_stops_where_the_result_is_too_large():
    """A replacement ends as soon as the result is beyond the limit."""
    meter = goanswers.meter(size=1000)
    regex = rematch.compile_regex(meter, "")

    with pytest.raises(LimitError, match="larger than 1000"):
        regex.replace(meter, rematch.Subject(meter, "a" * 50), lambda _match: b"y" * 100)


def test_an_expression_is_compiled_once():
    """The first user of an expression pays for compiling it."""
    first, second = goanswers.meter(), goanswers.meter()
    for meter in (first, second):
        regex = rematch.compile_regex(meter, "a{1,300}never-used-elsewhere")
        regex.search(meter, rematch.Subject(meter, "b"))

    assert first.steps < second.steps < Limits().steps


def test_what_is_json_has_no_error():
    """The scan for errors passes over every kind of value."""
    text = '{"a": [1, -0.5e+3, "\\u0041\\n", true, false, null, {}, []], "b": {"c": []}} '

    assert jsonerrors.syntax_error(text) == ""


def test_decimals_cost_their_digits():
    """A product of many large numbers is charged as it grows."""
    small = decimals.Decimal.from_float(1.5)
    large = decimals.Decimal(7**20_000, 0)

    assert small.cost == 1
    assert large.cost > 10
    assert decimals.Decimal(10, 2_000).cost == 2


def test_visiting_is_charged_and_measured():
    """The measure of a value is what visiting it was charged."""
    meter = goanswers.meter(steps=100)

    steps = charge_nested(meter, {"a": [1, 2, [3]], "b": "x"})

    assert steps == 9
    assert meter.steps == 91
    assert charge_nested(meter, "text") == 0


def test_long_texts_pay_for_themselves():
    """Work on a text is charged by its length, less for ASCII where that is quicker."""
    upper = texts.text_function(
        "upper", str.upper, STRING, shift=texts.LOOP_SPEED, ascii_shift=texts.C_SPEED
    )
    plain, accented, short = goanswers.meter(), goanswers.meter(), goanswers.meter()

    assert upper.impl(plain, "a" * 2048) == "A" * 2048
    upper.impl(accented, "é" * 2048)
    upper.impl(short, "éé")

    assert [Limits().steps - meter.steps for meter in (plain, accented, short)] == [4, 1024, 0]


def test_slow_work_is_charged_from_the_first_character():
    """A function slower than a character in a microsecond has nothing for free."""
    words = texts.text_function("words", str.upper, STRING, shift=-1)
    meter = goanswers.meter()

    words.impl(meter, "abc")

    assert Limits().steps - meter.steps == 6


@pytest.mark.parametrize("arity", [1, 2, 3])
def test_the_last_argument_is_the_text(arity):
    """Functions of one to three parameters are charged for the last."""
    function = texts.text_function("f", lambda *args: args, *[STRING] * arity, shift=4)
    meter = goanswers.meter()

    assert function.impl(meter, *["a"] * (arity - 1), "b" * 2048)[-1] == "b" * 2048
    assert Limits().steps - meter.steps == 128


def test_joining_checks_large_results_only():
    """A short result is free, a long one is charged, a longer one refused."""
    meter = goanswers.meter(size=5000)

    assert texts.join_checked(meter, ",", []) == ""
    assert texts.join_checked(meter, ",", ["a", "b"]) == "a,b"
    assert meter.steps == Limits().steps
    texts.join_checked(meter, ",", ["a" * 2000, "b" * 2000])
    assert meter.steps < Limits().steps
    with pytest.raises(LimitError):
        texts.join_checked(meter, ",", ["a" * 3000, "b" * 3000])


def test_bytes_are_cut_within_bounds_only():
    """Cutting fails for each bound as Go's slices do."""
    assert texts.slice_bytes("hello", 1, 3) == b"el"
    with pytest.raises(GoPanic, match=r"out of range \[-1:\]"):
        texts.slice_bytes("hello", -1, 3)


def test_strings_of_a_list_of_strings_are_itself():
    """Nothing is copied where Go copies nothing."""
    items = StringSlice(("a",))

    assert texts.strslice(goanswers.meter(), items) is items


def test_long_lists_are_charged():
    """Looking at a long list costs, at its ends it does not."""
    looking, ending = goanswers.meter(), goanswers.meter()

    lists.reverse(looking, list(range(1600)))
    lists.first(ending, list(range(1600)))

    assert Limits().steps - looking.steps >= 100
    assert ending.steps == Limits().steps


def test_json_of_long_texts_is_charged():
    """A text in JSON costs by its length."""
    meter = goanswers.meter()

    assert jsonwriter.write_json(meter, "a" * 5120) == '"' + "a" * 5120 + '"'
    assert Limits().steps - meter.steps == 40


@pytest.mark.parametrize(
    ("value", "steps"),
    [
        ("a" * 16, 0),
        ("é" * 1280, 10),
        ("\udc80" * 1280, 10 + 160),
        ("<" * 16, 1),
        ("<" * 1280, 10 + 1 + 40 + 60),
        (1.5, 3),
        ([1, 2], 5),
    ],
)
def test_json_of_other_values_is_charged(value, steps):
    """Escapes, characters beyond ASCII and floats cost more; short plain texts cost nothing."""
    meter = goanswers.meter()

    jsonwriter.write_json(meter, value)

    assert Limits().steps - meter.steps == steps


def test_copies_are_charged():
    """Every map and list of a copy costs."""
    meter = goanswers.meter()

    assert dicts.deep_copy(meter, {"a": [1, 2, 3, 4]}) == {"a": [1, 2, 3, 4]}
    assert Limits().steps - meter.steps == 4 + 4 + 7


def test_url_parts_show_no_more_than_they_hold():
    """A host without port is its own hostname."""
    assert urlparts.UrlParts(host="[::1]").hostname == "::1"
    assert urlparts.UrlParts(host="h").hostname == "h"


def _filled(content, size):
    return content * (size // len(content.encode("utf-8", "surrogateescape")))


@pytest.mark.parametrize("call", ["quote .", 'printf "%q" .', "toJson .", "toYaml .", "squote ."])
@pytest.mark.parametrize("content", ["a", "a" * 60 + '"\n', "a\n", '"' + "b" * 20, "é日😀", "<a>"])
def test_t58_a_large_text_can_be_quoted(call, content):
    """Half a megabyte of what people write is quoted within the steps of one rendering."""
    text = _filled(content, MEGABYTE // 2 if content != "<a>" else MEGABYTE // 5)

    assert len(Template(f"{{{{ {call} }}}}", functions=FUNCTIONS).render(text)) >= len(text)


@pytest.mark.parametrize("content", CONTENTS)
@pytest.mark.parametrize("ascii_only", [False, True])
def test_t58_quoting_is_charged_by_the_size_of_its_result(content, ascii_only):
    """What is escaped is paid for; what Go prints and this Python does not, much dearer."""
    text = _filled(content, MEGABYTE // 10)
    meter = goanswers.meter(size=MEGABYTE, steps=MEGABYTE)
    quoted = quoting.quote(text, meter, ascii_only=ascii_only)
    younger = 0 if ascii_only else text.count("\u088f")

    if len(quoted) > len(text) + 2:
        assert MEGABYTE - meter.steps >= len(quoted) >> 8
    assert MEGABYTE - meter.steps >= younger >> 1
    with pytest.raises(LimitError, match="larger than"):
        quoting.quote(f"\n{text}", goanswers.meter(size=len(text)), ascii_only=ascii_only)


def test_t58_bytes_that_are_no_text_pay_for_their_places():
    """A text of stray bytes is charged before an expression sees it, by the number of them."""
    meter = goanswers.meter()
    subject = rematch.Subject(meter, "a\udc80é\udcff")

    assert Limits().steps - meter.steps == 1
    assert subject.view == "a\ufffdé\ufffd".encode()
    assert [subject.cut(0, end) for end in (1, 2, 4, 6, 7, 9)] == [
        b"a", b"a", b"a\x80", b"a\x80\xc3\xa9", b"a\x80\xc3\xa9", b"a\x80\xc3\xa9\xff",
    ]  # fmt: skip
    with pytest.raises(LimitError, match="steps"):
        rematch.Subject(meter, "\udc80" * MEGABYTE)


@pytest.mark.parametrize(
    ("call", "content"),
    [
        ('regexMatch "a" .', "\udc80"),
        ('regexReplaceAll "a" . "b"', "\udc80"),
        ('semverCompare . "1"', "\udc80"),
        ('regexReplaceAll "a" "b" .', "$"),
    ],
)
def test_t58_expressions_end_early_with_stray_bytes_and_dollars(call, content):
    """Neither a megabyte of bytes nor one of dollars gets as far as a loop over it."""
    template = Template(f"{{{{ $x := {call} }}}}")

    with pytest.raises(LimitError, match="steps"):
        template.render(_filled(content, MEGABYTE))


def test_t58_each_replacement_pays_for_its_parts():
    """Groups that match nothing make no text, and cost all the same."""
    template = Template('{{ $x := regexReplaceAll "a" . (repeat 5000 "$9") }}')

    with pytest.raises(LimitError, match="steps"):
        template.render("a" * 9000)
