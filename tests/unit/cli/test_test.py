"""``clusterimport test`` as a shell sees it."""

import base64
import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import yaml

from clusterimport.cli.main import main
from tests.fakes.authoring.authored import POLICY, TOKEN, secret, source

HEAD = "apiVersion: test.clusterimport.io/v1\nkind: PolicyTest\nmetadata: {name: %s}\n"
GOOD = (
    HEAD % "good"
    + """\
inputs: [samples.yaml]
expect:
  - source: clusters.cluster.example.io/team/one
    outcome: Import
    name: blue-one
    connection: {server: "https://192.0.2.1:6443", token: sample-token-7f3a, insecure: true}
    pediaCluster: {spec: {apiserver: "https://192.0.2.1:6443"}}
"""
)
BAD = (
    HEAD % "bad"
    + """\
inputs: [samples.yaml]
expect:
  - source: clusters.cluster.example.io/team/one
    outcome: Waiting
    connection: {token: another-token}
steps:
  - name: the Secret goes
    delete: [{apiVersion: v1, kind: Secret, metadata: {name: one, namespace: team}}]
    expect:
      - {source: clusters.cluster.example.io/team/one, outcome: Import, deleted: true}
      - {source: clusters.cluster.example.io/team/two, outcome: Import}
"""
)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Work in a folder that has a policy and its samples."""
    monkeypatch.chdir(tmp_path)
    Path("policy.yaml").write_text(POLICY)
    Path("samples.yaml").write_text(source() + secret())
    return tmp_path


def run(capsys, *texts, arguments=()):
    """Return code, standard output and standard error for tests of these texts."""
    Path("clusterimport-test.yaml").write_text("---\n".join(texts))
    code = main(["test", ".", *arguments])
    return (code, *capsys.readouterr())


def test_a_table_counts_by_file(folder, capsys):
    """Where all is well there is nothing else to read."""
    code, out, err = run(capsys, GOOD)
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        "FILE                     RESULT  PASSED  FAILED",
        "clusterimport-test.yaml  pass    1       0",
        "",
        "1 passed, 0 failed in 1 file",
    ]


def test_failures_have_place_step_and_reason(folder, capsys):
    """What was seen and what was expected stand side by side, and no credential."""
    code, out, _ = run(capsys, GOOD, BAD)
    assert code == 1
    assert "clusterimport-test.yaml  fail    1       1" in out
    lines = out.splitlines()
    assert "clusterimport-test.yaml:17:5: bad" in lines
    assert "  clusters.cluster.example.io/team/one: outcome is Import, expected Waiting" in lines
    assert any("connection.token is" in line and "expected" in line for line in lines)
    assert "clusterimport-test.yaml:24:9: bad: the Secret goes" in lines
    assert "  clusters.cluster.example.io/team/one: it is not deleted, expected it to be" in lines
    assert any("team/two: there is no such source of a policy, but" in line for line in lines)
    assert TOKEN not in out
    assert base64.b64encode(TOKEN.encode()).decode() not in out


def test_secrets_are_shown_where_asked_for(folder, capsys):
    """A person who looks for a difference may have to see it."""
    _, out, _ = run(capsys, BAD, arguments=["--show-secrets"])
    assert f'connection.token is "{TOKEN}", expected "another-token"' in out


def test_no_test_is_exit_code_2(folder, capsys):
    """A run that tests nothing is no success."""
    code = main(["test", "."])
    out, err = capsys.readouterr()
    assert (code, out) == (2, "")
    assert "there is no clusterimport-test.yaml" in err


def test_a_test_that_cannot_be_read_fails_and_the_others_run(folder, capsys):
    """So does a file that is none."""
    code, out, _ = run(capsys, HEAD % "broken" + "inputs: 1\n", GOOD)
    assert code == 1
    assert "inputs must be a list of files and objects" in out
    assert "1 passed, 1 failed" in out
    code, out, _ = run(capsys, "kind: [\n")
    assert code == 1
    assert "0 passed, 1 failed" in out


def test_a_policy_without_its_shape_fails_its_tests(folder, capsys):
    """With the place of what is missing, as `render` says it."""
    Path("policy.yaml").write_text(POLICY.replace("    resource: clusters\n", ""))
    code, out, err = run(capsys, GOOD)

    assert (code, err) == (1, "")
    assert "policy.yaml:6:3" in out
    assert "ClusterImportPolicy blue: spec.source.resource: is required" in out


def test_json_is_for_scripts(folder, capsys):
    """One element per test, with what it fails of."""
    code, out, _ = run(capsys, GOOD, BAD, arguments=["-o", "json", "--coverage"])
    report = json.loads(out)
    assert code == 1
    assert (report["passed"], report["failed"]) == (1, 1)
    good, bad = report["tests"]
    assert good == {
        "file": "clusterimport-test.yaml",
        "name": "good",
        "line": 1,
        "passed": True,
        "failures": [],
    }
    assert bad["failures"][0]["line"] == 17
    assert bad["failures"][-1]["step"] == "the Secret goes"
    assert report["coverage"]["branches"] == 0


def test_junit_is_for_continuous_integration(folder, capsys):
    """A suite per file, a case per test; text that XML does not allow is replaced."""
    odd = BAD.replace("name: the Secret goes", 'name: "a\\u0001b <&>"')
    code, out, _ = run(capsys, GOOD, odd, arguments=["-o", "junit"])
    root = ET.fromstring(out.encode())
    assert code == 1
    assert root.attrib == {"name": "clusterimport", "tests": "2", "failures": "1"}
    good, bad = root.findall("./testsuite/testcase")
    assert good.find("failure") is None
    assert "expected Waiting" in bad.find("failure").attrib["message"]
    assert "a\ufffdb <&>" in bad.find("failure").text


def test_tap_is_one_line_per_test(folder, capsys):
    """What failed stands in a block below."""
    code, out, _ = run(capsys, GOOD, BAD, arguments=["-o", "tap"])
    lines = out.splitlines()
    assert code == 1
    assert lines[:4] == [
        "TAP version 14",
        "1..2",
        "ok 1 - clusterimport-test.yaml: good",
        "not ok 2 - clusterimport-test.yaml: bad",
    ]
    assert lines[4] == "  ---"
    assert lines[-1] == "  ..."


def test_github_shows_failures_at_their_line(folder, capsys):
    """As workflow commands, in which some signs are escaped."""
    code, out, _ = run(capsys, BAD, arguments=["-o", "github"])
    first = out.splitlines()[0]
    assert code == 1
    assert first.startswith("::error file=clusterimport-test.yaml,line=6,col=5,title=bad::")
    assert "title=bad%3A the Secret goes::" in out


def test_a_golden_file_is_written_and_compared(folder, capsys):
    """It holds the whole PediaCluster; any difference fails, until it is written anew."""
    test = GOOD + "    golden: golden/one.yaml\n"
    code, out, _ = run(capsys, test)
    assert code == 1
    assert "golden/one.yaml is not there; write it by --update" in out

    code, _, err = run(capsys, test, arguments=["--update"])
    assert (code, err) == (0, "written: golden/one.yaml\n")
    golden = yaml.safe_load(Path("golden/one.yaml").read_text())
    assert golden["metadata"]["name"] == "blue-one"
    assert run(capsys, test)[0] == 0
    assert run(capsys, test, arguments=["--update"])[2] == ""

    golden["spec"]["shardingName"] = "more"
    Path("golden/one.yaml").write_text(yaml.safe_dump(golden))
    code, out, _ = run(capsys, test)
    assert code == 1
    assert 'spec.shardingName is absent, expected "more" in golden/one.yaml' in out


def test_strict_tests_know_every_import(folder, capsys):
    """Who is imported or fails without being listed is told."""
    Path("samples.yaml").write_text(
        source() + source("two") + source("three", ready="no") + secret()
    )
    code, out, _ = run(capsys, GOOD + "strict: true\n")
    assert code == 1
    assert "clusters.cluster.example.io/team/two is not listed, and its outcome is Import" in out
    assert "three" not in out


def test_coverage_tells_branches_that_no_test_took(folder, capsys):
    """With the place in the policy's file."""
    text = POLICY.replace(
        '"{{ .source.status.ready }}"', '"{{ if .source.status.ready }}true{{ end }}"'
    )
    Path("policy.yaml").write_text(text)
    code, out, _ = run(capsys, GOOD, arguments=["--coverage"])
    line = next(n for n, each in enumerate(text.split("\n"), 1) if "creationCondition" in each)
    assert code == 0
    assert f"policy.yaml:{line}:29: blue, spec.creationCondition: if is never false" in out
    assert "1 of 2 branches of templates were taken" in out


def test_flags_are_those_of_the_controller(folder, capsys):
    """Without the policy's own permission the installation's counts."""
    Path("policy.yaml").write_text(
        POLICY.replace("  allowedCredentialFeatures: [InsecureTLS]\n", "")
    )
    code, out, _ = run(capsys, GOOD)
    assert code == 1
    assert "outcome is CredentialRejected" in out
    assert run(capsys, GOOD + "flags: {allowedCredentialFeatures: [InsecureTLS]}\n")[0] == 0


@pytest.mark.parametrize(
    ("expected", "told"),
    [
        ("writes: none", "writes are create, expected none"),
        ("deleted: true", "it is not deleted, expected it to be"),
        ("name: other", 'name is "blue-one", expected "other"'),
        ("message: sorry", 'expected one with "sorry"'),
        ("policy: other", "the policy other does not look at it"),
        ("connection: {ca: true}", "connection.ca is False, expected True"),
        ("pediaCluster: {spec: {syncResources: [{}]}}", "has 0 items, expected 1"),
    ],
)
def test_each_expectation_can_fail(folder, capsys, expected, told):
    """None is only looked at where it happens to be met."""
    entry = f"{{source: clusters.cluster.example.io/team/one, {expected}}}"
    code, out, _ = run(capsys, HEAD % "t" + f"inputs: [samples.yaml]\nexpect: [{entry}]\n")
    assert code == 1
    assert told in out


def test_a_source_of_two_policies_needs_the_name_of_one(folder, capsys):
    """Else it would not be known whose outcome is meant."""
    Path("second.yaml").write_text(POLICY.replace("name: blue", "name: green"))
    code, out, _ = run(capsys, GOOD)
    assert code == 1
    assert "several policies look at it (blue, green); name one by `policy`" in out
