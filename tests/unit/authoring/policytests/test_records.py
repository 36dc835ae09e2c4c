import errno
import os
from pathlib import Path

import pytest

from clusterimport.authoring.errors import AuthoringError, InvalidInput, NothingFound
from clusterimport.authoring.outcomes import Outcome
from clusterimport.authoring.policytests.finding import find_tests
from clusterimport.authoring.policytests.records import FileReader, PolicyTest, read_tests
from tests.fakes.authoring.authored import POLICY, secret, source

HEAD = "apiVersion: test.clusterimport.io/v1\nkind: PolicyTest\nmetadata: {name: t}\n"
EXPECT = "expect: [{source: clusters.cluster.example.io/team/one, outcome: Import}]\n"


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """Work in a folder that has a policy and its samples."""
    monkeypatch.chdir(tmp_path)
    Path("policy.yaml").write_text(POLICY)
    Path("samples.yaml").write_text(source() + secret())
    return tmp_path


def read(text, head=HEAD):
    """Return what becomes of the one document of a test file."""
    Path("clusterimport-test.yaml").write_text(head + text)
    (found,) = read_tests("clusterimport-test.yaml", FileReader())
    return found


def test_every_policy_of_the_folder_is_tested_where_none_is_named():
    """Files that have none are left alone."""
    Path("broken.yaml").write_text("{")
    test = read(f"inputs: [samples.yaml]\n{EXPECT}")
    assert isinstance(test, PolicyTest)
    assert [document.obj["metadata"]["name"] for document in test.policies] == ["blue"]
    (first,) = test.steps
    assert [document.obj["kind"] for document in first.apply] == ["Cluster", "Secret"]
    assert first.expectations[0].outcome is Outcome.IMPORT


def test_objects_can_be_written_out():
    """They know where they stand."""
    test = read(
        "inputs:\n"
        "  - {apiVersion: v1, kind: Secret, metadata: {name: a}}\n"
        f"{EXPECT}"
        "steps:\n"
        "  - name: later\n"
        "    delete:\n"
        "      - {apiVersion: v1, kind: Secret, metadata: {name: a}}\n"
        "    expect: [{source: x, writes: [create, delete], deleted: true}]\n"
    )
    first, second = test.steps
    assert first.apply[0].place().line == 5
    assert second.delete[0].place().line == 10
    assert second.expectations[0].writes == ("create", "delete")
    assert test.steps[0].expectations[0].writes is None


@pytest.mark.parametrize(
    ("text", "line", "told"),
    [
        ("expects: []\n", 4, "expects is not known; known are"),
        ("apply: []\n", 4, "apply is not known"),
        ("inputs: samples.yaml\n", 4, "inputs must be a list of files and objects"),
        ("inputs: [{kind: Secret}]\n", 4, "inputs[0] must be a file, or an object with"),
        ("inputs: [7]\n", 4, "inputs[0] must be a file or an object"),
        ("strict: 1\n", 4, "strict must be true or false"),
        ("flags: {allowedCredentialFeatures: [All]}\n", 4, "may hold only InsecureTLS"),
        ("flags: {more: true}\n", 4, "flags.more is not known"),
        ("expect: [{source: a, outcome: Imported}]\n", 4, "must be one of Import, Waiting"),
        ("expect: [{outcome: Import}]\n", 4, "expect[0].source is required"),
        ("expect: [{source: a, writes: delete it}]\n", 4, "must be of none, create, update"),
        ("expect: [{source: a, golden: ../x.yaml}]\n", 4, "in the folder of the test or below"),
        ("expect: [{source: a, connection: {port: 1}}]\n", 4, "has no port, but server"),
        ("expect: [{source: a, pediaCluster: x}]\n", 4, "must be an object"),
        ("expect: [{source: a, name: [x]}]\n", 4, "must be a string"),
        ("steps: [{apply: []}]\n", 4, "steps[0].name is required"),
        ("steps: [{name: x, inputs: []}]\n", 4, "steps[0].inputs is not known"),
        ("inputs: []\n", 1, "expects nothing, so it tests nothing"),
        ("policies: [samples.yaml]\nexpect: [{source: a}]\n", 4, "there is no ClusterImportPolicy"),
    ],
)
def test_a_mistake_in_a_test_is_told_with_its_place(text, line, told):
    """The other tests of the file are run all the same."""
    error = read(text)
    assert isinstance(error, InvalidInput)
    assert told in str(error)
    assert str(error).startswith(f"clusterimport-test.yaml:{line}:")


def test_a_file_that_is_not_there_is_named():
    """It is looked for beside the test."""
    error = read(f"inputs: [none.yaml]\n{EXPECT}")
    assert isinstance(error, AuthoringError)
    assert "there is no file or folder none.yaml" in str(error)


def test_something_else_is_no_test():
    """A file of another kind is told to be one."""
    error = read("", head="apiVersion: v1\nkind: Secret\nmetadata: {name: a}\n")
    assert "is a Secret of v1, and no PolicyTest" in str(error)


def test_tests_are_found_in_folders_and_below():
    """Also where a file is named itself, and each once."""
    below = Path("a/b")
    below.mkdir(parents=True)
    for path in (Path("clusterimport-test.yaml"), below / "clusterimport-test.yaml"):
        path.write_text(HEAD)
    other = Path("other.yaml")
    other.write_text(HEAD)
    assert find_tests((".", "a", "other.yaml")) == [
        "a/b/clusterimport-test.yaml",
        "clusterimport-test.yaml",
        "other.yaml",
    ]


@pytest.mark.parametrize(
    ("path", "told"),
    [(".", "there is no clusterimport-test.yaml in ."), ("no", "no file or folder")],
)
def test_no_test_is_nothing_found(path, told):
    """A run of no test would prove nothing."""
    with pytest.raises(NothingFound, match=told) as caught:
        find_tests((path,))
    assert caught.value.code == 2


def test_a_folder_that_may_not_be_read_is_told(monkeypatch):
    """Its tests would count as none, and the others pass in their place."""
    Path("closed").mkdir()
    Path("clusterimport-test.yaml").write_text(HEAD)
    scandir = os.scandir

    def refused(path):
        if str(path).endswith("closed"):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refused)
    with pytest.raises(NothingFound, match=r"closed cannot be read: Permission denied"):
        find_tests((".",))
