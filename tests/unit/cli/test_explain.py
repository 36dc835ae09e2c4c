"""``clusterimport explain`` on files."""

import json

import pytest

from clusterimport.cli.main import main
from tests.fakes.authoring.authored import POLICY, TOKEN, policy, secret, source


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "policy.yaml").write_text(POLICY)
    (tmp_path / "samples.yaml").write_text(source() + secret() + source("two", ready="false"))
    return tmp_path


def run(capsys, *arguments):
    code = main(["explain", *arguments, "-f", "."])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


@pytest.mark.parametrize(
    "target",
    [
        *("one", "blue-one", "pediacluster/blue-one", "cluster/one", "clusters/one"),
        *("Cluster.cluster.example.io/one", "clusters.cluster.example.io/team/one"),
    ],
)
def test_a_source_is_found_by_what_people_call_it(folder, capsys, target):
    """As kubectl names types, as status.source writes it, and by the cluster's name."""
    code, out, err = run(capsys, target)
    assert (code, err) == (0, "")
    assert out.splitlines()[0] == (
        "clusters.cluster.example.io/team/one, policy blue: Import as blue-one"
    )
    assert "policy blue: Import" in out
    assert out.count("policy blue") == 1


def test_what_decided_stands_with_its_expression_and_the_values_it_read(folder, capsys):
    """A person sees at a glance which step it was."""
    code, out, _ = run(capsys, "two")
    assert code == 0
    assert "  ✗ spec.creationCondition: false\n      {{ .source.status.ready }}\n" in out
    assert "        .source.status.ready = false\n" in out
    assert "policy.yaml:22:3: spec.creationCondition prints `false`, not true" in out
    assert "spec.template" not in out


def test_credentials_are_redacted_unless_they_are_asked_for(folder, capsys):
    """In both forms, however short they are."""
    for output in ("text", "json"):
        _, out, _ = run(capsys, "one", "-o", output)
        assert "[redacted]" in out
        assert TOKEN not in out
    (folder / "samples.yaml").write_text(source() + secret(token="q7"))
    _, out, _ = run(capsys, "one")
    assert "cTc=" not in out
    _, out, _ = run(capsys, "one", "--show-secrets")
    assert ".references.secret.data.token = cTc=" in out


def test_json_has_every_step_with_all_it_read(folder, capsys):
    """For other programs."""
    _, out, _ = run(capsys, "two", "-o", "json")
    (element,) = json.loads(out)
    assert (element["outcome"], element["reason"]) == ("Waiting", "WaitCreationCondition")
    last = element["steps"][-1]
    assert (last["field"], last["passed"]) == ("spec.creationCondition", False)
    assert last["read"] == [{"path": ".source.status.ready", "isThere": True, "value": False}]


def test_an_error_is_code_one_with_the_line_at_fault(folder, capsys):
    """As render tells it."""
    (folder / "policy.yaml").write_text(policy(creationCondition='"{{ fail .source.spec.kind }}"'))
    code, out, _ = run(capsys, "one")
    assert code == 1
    assert "ConditionError" in out
    assert "policy.yaml:22:" in out


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["nope"], "nope is not among what policies could select; there are clusters."),
        (["pods/one"], "pods/one is not among"),
        (["one", "-n", "elsewhere"], "one is not among"),
        (["one", "--policy", "nope"], "there is no policy nope"),
        (["one", "--context", "x"], "--filename does not"),
        (["one", "-f", "missing.yaml"], "no file or folder missing.yaml"),
    ],
)
def test_wrong_use_is_one_line_and_exit_code_two(folder, capsys, arguments, told):
    """With what there is in its place."""
    code, out, err = run(capsys, *arguments)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert told in err


def test_a_file_in_place_of_a_source_is_told(folder, capsys):
    """No server is asked for a cluster of the name policy.yaml."""
    code = main(["explain", "policy.yaml"])
    captured = capsys.readouterr()
    assert (code, captured.out) == (2, "")
    assert "policy.yaml is a file: name a source, and give files by --filename" in captured.err
    assert captured.err.count("\n") == 1
