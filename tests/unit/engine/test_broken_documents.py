"""A document that is no YAML any more: which value broke it, and what to do about it."""

import pytest

from clusterimport.engine.document import decode_document
from clusterimport.engine.errors import DocumentError
from clusterimport.engine.structure import broken_by_value
from tests.fakes.engine.evaluating import compiled, lifecycle_record
from tests.fakes.engine.printing import Made, Printed, Quoted, output


@pytest.mark.parametrize(
    ("pieces", "place", "problem"),
    [
        (["a: ", Printed("x"), '\nb: "', Printed('say "hi"'), '"\n'], (2, 5), "between quotes"),
        (["a: 'x'\nb: '", Printed("it's"), "'\n"], (2, 5), "between quotes"),
        (["a: ", Printed("{x"), "\n"], (1, 4), "as structure"),
        (["a: ", Made("b: c"), "\n"], (1, 4), "not the whole"),
        (["a: ", Quoted("'it's'"), "\n"], (1, 4), "escapes nothing"),
        (["a: ", Made('"b"'), "x\n"], (1, 4), "not the whole"),
    ],
)
def test_t58_a_value_that_breaks_the_text_is_named(pieces, place, problem):
    """Where YAML gives up, the action that printed the cause is told, and what to do."""
    with pytest.raises(DocumentError, match=problem) as caught:
        decode_document(output(pieces))

    assert (caught.value.line, caught.value.column) == place


def test_t58_a_text_that_its_author_broke_is_no_values_fault():
    """The parser's own words stay where harmless values would break the text as well."""
    printed = output(["a: ", Printed("x"), "\nb: 'y\n"])

    assert broken_by_value(printed, len(printed.text) - 1) is None
    assert broken_by_value(output(["a: 'b"]), 4) is None
    assert broken_by_value(output(["a: '", Printed("\x00'"), "'"]), 4) is None


YAML_KUBECONFIG = "apiVersion: v1\nclusters:\n- name: c\n  cluster: {server: 'https://a'}\n"


@pytest.mark.parametrize(
    ("template", "value", "advice"),
    [
        ("spec:\n  kubeconfig: {{ .source.v }}\n", YAML_KUBECONFIG, "leave `b64dec` out"),
        ('spec:\n  kubeconfig: "{{ .source.v }}"\n', YAML_KUBECONFIG, "through `b64enc`"),
        ("spec:\n  kubeconfig: {{ .source.v }}\n", '{"clusters": []}', "leave `b64dec` out"),
        ("spec:\n  caData: {{ .source.v }}\n", "-----BEGIN X-----\nYQ==\n", "leave `b64dec` out"),
        ('metadata:\n  labels:\n    a: "{{ .source.v }}"\n', 'say "hi"', "`toJson` or `quote`"),
        ('metadata:\n  labels:\n    a: "{{ .source.v }}"\n', "C:\\q", "`toJson` or `quote`"),
        ('metadata:\n  labels:\n    a: "{{ .source.v }}"\n', "a\nb", "`toJson` or `quote`"),
        ("metadata:\n  labels:\n    a: {{ .source.v }}\n", "*x", "`toJson` or `quote`"),
        ("metadata:\n  labels:\n    a: {{ .source.v }}\n", "{a", "`toJson` or `quote`"),
        ("metadata:\n  labels:\n    a: {{ .source.v }}\n", "- x", "`toJson` or `quote`"),
        ("metadata:\n  labels:\n    a: {{ .source.v }}\n", "a\x07", "`toJson` or `quote`"),
    ],
)
def test_t24_a_value_that_breaks_the_document_is_told_as_one(template, value, advice):
    """With what to do about it, and nothing of indentation or YAML that is not valid."""
    with pytest.raises(DocumentError) as caught:
        compiled(lifecycle_record(template=template)).render({"v": value}, {})

    assert advice in caught.value.message
    assert "indented" not in caught.value.message
    assert "not valid YAML" not in caught.value.message
