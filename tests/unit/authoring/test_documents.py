import io
import json
import sys

import pytest

from clusterimport.authoring.documents import parse_documents, read_documents
from clusterimport.authoring.errors import InvalidInput, NothingFound
from clusterimport.authoring.positions import Place

ONE = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: one\n"
LIST = """\
apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: Secret
  metadata:
    name: a
"""


def test_a_list_is_taken_apart_and_each_item_knows_its_line():
    """``kubectl get -o yaml`` prints one List, in which lines count from its own first one."""
    (document,) = parse_documents(LIST, "f.yaml")

    assert document.place() == Place("f.yaml", 4, 3)
    assert document.place("metadata.name") == Place("f.yaml", 7, 5, "metadata.name")


def test_items_of_a_typed_list_get_their_type():
    """The API server leaves apiVersion and kind out of the items of a list of one type."""
    text = json.dumps(
        {"apiVersion": "v1", "kind": "SecretList", "items": [{"metadata": {"name": "a"}}]}
    )
    (document,) = parse_documents(text, "f.json")

    assert document.obj["kind"] == "Secret"
    assert document.obj["apiVersion"] == "v1"
    assert str(document) == "Secret a (f.json:1)"


def test_several_json_texts_stand_behind_one_another():
    """As jq prints them; each knows its lines, also where tabs indent it."""
    one = json.dumps({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a"}}, indent="\t")
    documents = parse_documents(f"{one}\n{one}\n", "f.json")

    assert [document.place("kind").line for document in documents] == [3, 10]


def test_numbers_are_what_a_server_gives_back():
    """It writes 1.0 as 1, whichever form it was given in."""
    text = '{"apiVersion": "v1", "kind": "A", "metadata": {"name": "a"}, "spec": [1.0, 1.5, 1e3]}'
    (document,) = parse_documents(text, "f")

    assert [(type(each), each) for each in document.obj["spec"]] == [
        (int, 1),
        (float, 1.5),
        (int, 1000),
    ]


def test_yaml_may_begin_with_a_brace():
    """Flow style looks like JSON and is none."""
    (document,) = parse_documents("{apiVersion: v1, kind: Secret, metadata: {name: a}}", "f")

    assert document.obj["metadata"]["name"] == "a"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("just text\n", "f:1:1: is no Kubernetes object but a text or a list"),
        ("- a\n", "f:1:1: is no Kubernetes object but a text or a list"),
        ("kind: A\n", "f:1:1: is no Kubernetes object: it has no apiVersion"),
        ("apiVersion: v1\n", "f:1:1: is no Kubernetes object: it has no kind"),
        ("apiVersion: v1\nkind: A\n", "f:1:1: A has no metadata"),
        (
            "apiVersion: v1\nkind: A\nmetadata: {}\n",
            "f:3:1: A: metadata.name is required and must be a text",
        ),
        (
            "apiVersion: v1\nkind: A\nmetadata: {name: 1}\n",
            "f:3:12: A: metadata.name is required and must be a text",
        ),
        (
            "apiVersion: v1\nkind: A\nmetadata: {name: a, namespace: 1}\n",
            "f:3:21: A: metadata.namespace must be a text",
        ),
        (
            "apiVersion: v1\nkind: A\nmetadata:\n  name: a\n  labels:\n    x: yes\n",
            "f:6:5: A: metadata.labels[x] is true, and no text; put it in quotes",
        ),
        (
            "apiVersion: v1\nkind: A\nmetadata: {name: a, annotations: [b]}\n",
            "f:3:21: A: metadata.annotations must be a mapping",
        ),
        (
            '{"apiVersion": "v1", "kind": "A", "metadata": {"name": "a"}, "spec": NaN}',
            "f: is not JSON that can be read: it has NaN, which JSON has not",
        ),
        (
            '{"apiVersion": "v1", "kind": "A", "metadata": {"name": "a"}} {"a": }',
            "f:1:68: is not JSON: Expecting value",
        ),
        (
            '{"apiVersion": "v1", "apiVersion": "v2"}',
            "f: is not JSON that can be read: it has the key 'apiVersion' twice",
        ),
    ],
)
def test_what_is_no_object_is_told_with_its_place(text, told):
    """File, line and column stand in front, as compilers write them."""
    with pytest.raises(InvalidInput) as caught:
        parse_documents(text, "f")

    assert str(caught.value) == told
    assert caught.value.code == 1


def test_a_folder_stands_for_its_files_in_the_order_of_their_names(tmp_path):
    """As with kubectl: YAML and JSON, and folders in it only where they are asked for."""
    for name in ("b.yml", "a.yaml", "c.json", "README.md", ".hidden.yaml"):
        (tmp_path / name).write_text(ONE.replace("one", name.partition(".")[0] or "hidden"))
    (tmp_path / "golden").mkdir()
    (tmp_path / "golden" / "d.yaml").write_text(ONE.replace("one", "d"))

    # A JSON file may hold YAML, as kubectl allows.
    names = [each.obj["metadata"]["name"] for each in read_documents([tmp_path])]
    deep = [each.obj["metadata"]["name"] for each in read_documents([tmp_path], recursive=True)]

    assert names == ["a", "b", "c"]
    assert deep == ["a", "b", "c", "d"]


def test_standard_input_is_a_dash(monkeypatch):
    """So that the output of kubectl can be piped in."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(ONE.encode())))
    (document,) = read_documents(["-"])

    assert document.file == "-"


@pytest.mark.parametrize(
    ("content", "error", "told"),
    [
        (None, NothingFound, "there is no file or folder"),
        (b"", NothingFound, "has no object in it"),
        (b"# only a comment\n", NothingFound, "has no object in it"),
        (b"\x7fELF\x00\x01", InvalidInput, "is no text (UTF-8), so neither YAML nor JSON"),
        (b"a: \xff\n", InvalidInput, "is no text (UTF-8), so neither YAML nor JSON"),
        (b"a: [\n", InvalidInput, "is not YAML"),
        (b"#" * (33 * 1024 * 1024), InvalidInput, "is larger than 32 MiB"),
    ],
)
def test_a_file_that_is_of_no_use_is_told_by_name(tmp_path, content, error, told):
    """One message, whatever it is."""
    path = tmp_path / "f.yaml"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(error) as caught:
        read_documents([path])

    assert told in str(caught.value)
    assert str(path) in str(caught.value)


def test_an_empty_folder_says_where_files_are(tmp_path):
    """Whoever gives the folder above the right one is told which that is."""
    (tmp_path / "another").mkdir()
    inner = tmp_path / "far" / "inner"
    inner.mkdir(parents=True)
    with pytest.raises(NothingFound, match=r"has no YAML or JSON file$"):
        read_documents([tmp_path])

    (inner / "policy.yaml").touch()
    with pytest.raises(NothingFound, match=f"a folder that has some, such as {inner}, or"):
        read_documents([tmp_path])


def test_a_byte_order_mark_counts_for_nothing():
    """Editors on Windows write one."""
    (document,) = parse_documents("\ufeff" + ONE, "f")

    assert document.obj["apiVersion"] == "v1"
