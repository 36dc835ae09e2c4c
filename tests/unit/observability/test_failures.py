"""How exceptions are described."""

from clusterimport.errors import ClusterImportError
from clusterimport.gotemplate.errors import ExecError
from clusterimport.limits.logs import LOG_FRAMES
from clusterimport.observability.failures import describe, text_of


def caught(error):
    try:
        raise error  # noqa: TRY301 - for its traceback
    except BaseException as raised:  # noqa: BLE001 - any will do
        return raised


def test_only_errors_of_ours_have_a_text():
    """A foreign text may quote anything, and is replaced by the class."""
    assert text_of(ValueError("secret")) == "ValueError"
    assert text_of(ClusterImportError("ours")) == "ours"


def test_the_safe_message_goes_before_a_text_that_quotes():
    """Template errors have Go's text, with data, and a safe one."""
    error = ExecError("template: t:1: error calling fail: secret", "t line 1: fail failed")

    assert text_of(error) == "t line 1: fail failed"
    assert describe(caught(error))["error"] == "t line 1: fail failed"


def test_a_group_is_described_with_its_members():
    """What ended a scope of tasks is told member by member."""
    group = caught(ExceptionGroup("secret", [caught(ValueError("x")), ClusterImportError("ours")]))

    told = describe(group)

    assert told["error_class"] == "ExceptionGroup"
    assert [inner["error_class"] for inner in told["errors"]] == [
        "ValueError",
        "ClusterImportError",
    ]
    assert told["errors"][1]["error"] == "ours"
    assert "caught" in told["errors"][0]["stack"][0]
    assert "secret" not in str(told)


def test_causes_are_followed_through_context_and_stop():
    """``from``, the implicit context and ``from None`` count as in a traceback."""
    inner = ClusterImportError("inner")
    middle = ValueError("x")
    middle.__context__ = inner
    outer = KeyError("y")
    outer.__cause__ = middle

    assert describe(outer)["caused_by"] == ["ValueError", "ClusterImportError: inner"]

    middle.__suppress_context__ = True

    assert describe(outer)["caused_by"] == ["ValueError"]


def test_a_chain_of_causes_that_is_a_ring_ends():
    """A cycle is cut off."""
    first, second = ValueError(), KeyError()
    first.__cause__, second.__cause__ = second, first

    assert 1 <= len(describe(first)["caused_by"]) < 10


def test_a_deep_stack_is_cut_to_its_innermost_frames():
    """A recursion leaves a bounded line."""

    def dive(depth):
        if depth == 0:
            raise ValueError
        dive(depth - 1)

    try:
        dive(100)
    except ValueError as error:
        stack = describe(error)["stack"]

    assert len(stack) == LOG_FRAMES
    assert all(frame.endswith(" dive") for frame in stack)
