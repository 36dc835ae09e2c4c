"""What a template reads in vain is named, with what is there instead."""

import pytest

from clusterimport.authoring.hints import absent_data, shadowed_data
from clusterimport.authoring.outcomes import Step, StepKind
from clusterimport.engine.evaluation import ProgramCache

MEANT = " did you mean token?"
DATA = {
    "source": {"spec": {"server": "x", "list": [{"a": 1}], "none": None}},
    "references": {"auth": {"data": {"token": "t"}}},
}


def hint(expression):
    step = Step(
        StepKind.TEMPLATE, passed=False, field="f", expression=expression, result="", data=DATA
    )
    return absent_data(step, ProgramCache())


@pytest.mark.parametrize(
    ("expression", "told"),
    [
        ("{{ .source.spec.server }}{{ .references.auth.data.token }}", ""),
        (
            "{{ .source.spec.servr }}",
            "it reads .source.spec.servr, which is not there; did you mean server?",
        ),
        ("{{ .source.status.ready }}", "it reads .source.status, which is not there"),
        (
            "{{ .references.auth.data.tokn }}{{ .source.x }}",
            "it reads .references.auth.data.tokn, .source.x, which are not there;" + MEANT,
        ),
        (
            "{{ .source.q1 }}{{ .source.q2 }}{{ .source.q3 }}{{ .source.q4 }}",
            "it reads .source.q1, .source.q2, .source.q3 and 1 more, which are not there",
        ),
        ("{{ range .source.spec.list }}{{ .b }}{{ end }}", ""),
        ("{{ .source.spec.list.b }}{{ .source.spec.none }}{{ .source.spec.server.z }}", ""),
        (
            "{{ $x := .source.spec }}{{ $x.servers }}",
            "it reads .source.spec.servers, which is not there; did you mean server?",
        ),
        ("{{ not a template", ""),
        ("", ""),
    ],
)
def test_a_path_is_told_as_far_as_it_leads(expression, told):
    """Nothing is said of what the tree does not tell, such as items of lists."""
    assert hint(expression) == told


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        ("{{ range .source.spec.list }}{{ .source.a }}{{ end }}", [(".source.a", "range")]),
        (
            "{{ with .source.spec }}{{ if .references.x }}{{ end }}{{ end }}",
            [(".references.x", "with")],
        ),
        ("{{ range .source.spec.list }}{{ $.source.a }}{{ .a }}{{ end }}{{ .source.b }}", []),
        ("{{ if .source.a }}{{ .source.b }}{{ end }}", []),
        ("{{ range .source.l }}{{ else }}{{ .source.a }}{{ end }}", []),
    ],
)
def test_data_are_looked_for_at_the_dot_of_the_template(expression, found):
    """Inside range and with it is the item, in their else it is not."""
    template = ProgramCache().compile(expression, "f")

    assert [(each.text, each.block) for each in shadowed_data(template)] == found
