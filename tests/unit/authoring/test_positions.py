import pytest

from clusterimport.authoring.documents import parse_documents
from clusterimport.authoring.positions import NOWHERE, Place

TEXT = """\
apiVersion: v1
kind: A
metadata:
  name: a
  annotations:
    example.io/x: z
spec:
  references:
    - key: secret
      nameTemplate: "ä{{ x }}"
    - {key: other, nameTemplate: plain}
  template: |
    first
      ö second

    last
  folded: >-
    one
    two
  quoted: "a\\nb"
"""


@pytest.fixture
def positions():
    return parse_documents(TEXT, "f.yaml")[0].positions


@pytest.mark.parametrize(
    ("path", "line", "column"),
    [
        ("", 1, 1),
        ("kind", 2, 1),
        ("metadata.name", 4, 3),
        ("metadata.annotations[example.io/x]", 6, 5),
        ("spec.references[0]", 9, 7),
        ("spec.references[0].nameTemplate", 10, 7),
        ("spec.references[secret].nameTemplate", 10, 7),
        ("spec.references[other].nameTemplate", 11, 20),
        ("spec.references[secret].namespaceTemplate", 9, 7),
        ("spec.references[nobody]", 8, 3),
        ("spec.references[7]", 8, 3),
        ("spec.nothing.below", 7, 1),
    ],
)
def test_a_field_has_the_place_of_its_key(positions, path, line, column):
    """What is not there has the place of what it would stand in."""
    assert positions.place(path) == Place("f.yaml", line, column, path)


@pytest.mark.parametrize(
    ("path", "line", "column", "place"),
    [
        ("spec.template", 1, 1, (13, 5)),
        ("spec.template", 2, 3, (14, 7)),
        ("spec.template", 2, 5, (14, 8)),
        ("spec.template", 4, 0, (16, 5)),
        ("spec.template", 3, 1, (15, 1)),
        ("spec.references[secret].nameTemplate", 1, 3, (10, 23)),
        ("spec.references[other].nameTemplate", 1, 3, (11, 36)),
        ("spec.folded", 2, 1, (17, 11)),
        ("spec.quoted", 1, 2, (20, 11)),
        ("spec.template", 0, 0, (12, 3)),
    ],
)
def test_a_line_of_a_template_has_its_own_place(positions, path, line, column, place):
    """In a block it is the file's line; columns count bytes in a template, characters in it."""
    assert positions.inside(path, line, column) == Place("f.yaml", *place, path)


def test_what_stands_in_no_file_has_no_place():
    """An object from a server has fields, and no lines."""
    assert NOWHERE.place("spec") == Place("", 0, 0, "spec")
    assert NOWHERE.inside("spec.template", 3, 1) == Place("", 0, 0, "spec.template")


def test_a_place_is_written_as_editors_read_it():
    """So that a click in a terminal leads there."""
    assert str(Place("f.yaml", 3, 7, "spec")) == "f.yaml:3:7"
    assert str(Place("f.yaml")) == "f.yaml"
