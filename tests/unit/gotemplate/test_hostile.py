"""Templates that would cost without end stop at a limit, at the same place every time."""

import pytest

from clusterimport.gotemplate.errors import GoTemplateError, LimitError, ParseError
from clusterimport.gotemplate.limits import Limits
from clusterimport.gotemplate.template import Template
from tests.golden.hostile import CASES, run


@pytest.mark.parametrize("name", CASES)
def test_a15_hostile_templates_end_with_a_limit(name):
    """Nested loops, growing values, deep recursion and long texts end with a limit, or no parse."""
    with pytest.raises(GoTemplateError) as caught:
        run(CASES[name])

    assert isinstance(caught.value, (LimitError, ParseError))


@pytest.mark.parametrize("name", ["repeated: printf", "shared: list $l", "template: itself"])
def test_a_limit_is_reached_at_the_same_place(name):
    """Nothing but the work itself is counted, so the error is the same again."""
    messages = set()
    for _ in range(2):
        with pytest.raises(LimitError) as caught:
            run(CASES[name])
        messages.add(caught.value.message)

    assert len(messages) == 1


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("text", 1),
        ("{{ if .a }}{{ end }}" * 8, 1 + 8 * (4 + 1 + 1) // 8),
        ("{{ .a }}", 2),
        ("{{ print 1 }}", 5),
        ("{{ range 3 }}{{ end }}", 1 + 3),
        ('{{ $x := snakecase "abc" }}', 9 + 3 * 2),
        ("x" * 1280, 1 + 10),
        ("{{ range until 3 }}{{ $x := print 1 }}{{ end }}", 3 + 1 + 3 * 4),
    ],
)
def test_what_a_template_can_do_is_charged(text, steps):
    """A template pays for all it can do, and each iteration for its body again."""
    assert Template(text, limits=Limits(steps=steps)).render({"a": 1}) is not None
    with pytest.raises(LimitError, match=f"more than {steps - 1} steps"):
        Template(text, limits=Limits(steps=steps - 1)).render({"a": 1})
