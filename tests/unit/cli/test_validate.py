"""``clusterimport validate`` and ``clusterimport rbac`` as a shell sees them."""

import json
from pathlib import Path

import pytest
import yaml

from clusterimport.authoring.validation.problems import RULES
from clusterimport.cli.main import main
from tests.fakes.authoring.authored import POLICY, policy, secret, source

BROKEN = policy(tokenData='"{{ lowr .source.spec.server }}"')


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Work in a folder that has a policy with one mistake."""
    monkeypatch.chdir(tmp_path)
    Path("policy.yaml").write_text(BROKEN)
    return tmp_path


def run(capsys, *arguments):
    """Return code, standard output and standard error."""
    code = main(list(arguments))
    return (code, *capsys.readouterr())


def test_text_is_what_editors_read(folder, capsys):
    """File, line and column, the path of the field, the rule, and the line itself."""
    code, out, err = run(capsys, "validate", "policy.yaml")

    assert code == 1
    told = 'spec.template: function "lowr" not defined; did you mean lower? [unknown-function]'
    assert out.splitlines()[1:4] == [
        f"policy.yaml:20:22: error: {told}",
        '  3 |   tokenData: "{{ lowr .source.spec.server }}"',
        "    |                  ^",
    ]
    assert err == "1 error, 1 warning, 1 note\n"


def test_json_has_a_field_for_everything(folder, capsys):
    """An array, empty where nothing is wrong."""
    code, out, _ = run(capsys, "validate", ".", "-o", "json")
    (problem,) = [each for each in json.loads(out) if each["severity"] == "error"]

    assert code == 1
    assert problem == {
        "rule": "unknown-function",
        "severity": "error",
        "message": 'function "lowr" not defined; did you mean lower?',
        "policy": "blue",
        "file": "policy.yaml",
        "line": 20,
        "column": 22,
        "path": "spec.template",
    }


def test_sarif_names_every_rule_and_the_place(folder, capsys):
    """As code scanning takes it, version 2.1.0."""
    _, out, _ = run(capsys, "validate", ".", "-o", "sarif")
    log = json.loads(out)
    (sarif,) = log["runs"]
    results = {each["ruleId"]: each for each in sarif["results"]}
    result = results["unknown-function"]
    rules = sarif["tool"]["driver"]["rules"]

    assert log["version"] == "2.1.0"
    assert [rule["id"] for rule in rules] == list(RULES)
    assert rules[result["ruleIndex"]]["id"] == "unknown-function"
    assert result["level"] == "error"
    assert result["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "policy.yaml"},
        "region": {"startLine": 20, "startColumn": 22},
    }


def test_github_gets_annotations(folder, capsys):
    """Commands of a workflow, in which some characters have to be escaped."""
    Path("policy.yaml").rename("a,b.yaml")
    _, out, _ = run(capsys, "validate", ".", "-o", "github")

    place = "file=a%2Cb.yaml,line=20,col=22,title=unknown-function"
    assert f'::error {place}::spec.template: function "lowr" not defined' in out
    assert "::notice file=" in out
    assert "::warning file=" in out


def test_a_warning_fails_only_where_that_is_asked_for(folder, capsys):
    """A warning keeps no policy from working."""
    Path("policy.yaml").write_text(POLICY)

    assert run(capsys, "validate", ".")[0] == 0
    assert run(capsys, "validate", ".", "--strict")[0] == 1


def test_a_file_that_cannot_be_read_is_a_problem_in_every_form(folder, capsys):
    """A pull request is annotated with it, too."""
    Path("policy.yaml").write_text("a: [\n")
    code, out, _ = run(capsys, "validate", ".", "-o", "json")

    assert code == 1
    assert [(each["rule"], each["line"]) for each in json.loads(out)] == [("file", 2)]


def test_no_policy_is_two(folder, capsys):
    """What is there in its place is told."""
    Path("policy.yaml").write_text(source() + secret())
    code, out, err = run(capsys, "validate", ".")

    assert (code, out) == (2, "")
    assert "there is no ClusterImportPolicy among what was given, but Cluster, Secret" in err


@pytest.mark.parametrize("output", ["yaml", "json"])
def test_roles_can_be_applied_as_they_are_printed(folder, capsys, output):
    """Documents, or one List."""
    Path("policy.yaml").write_text(policy(namespaceTemplate="team"))
    code, out, _ = run(capsys, "rbac", "policy.yaml", "-o", output)
    items = json.loads(out)["items"] if output == "json" else list(yaml.safe_load_all(out))

    assert code == 0
    assert [each["kind"] for each in items] == ["ClusterRole", "Role", "RoleBinding"]


def test_roles_of_a_policy_that_cannot_work_are_not_printed(folder, capsys):
    """Its mistake is, with the place."""
    code, out, err = run(capsys, "rbac", "policy.yaml")

    assert (code, out) == (1, "")
    assert "policy.yaml:20:5: " in err
    assert 'function "lowr" not defined' in err


def test_an_account_has_a_namespace(folder, capsys):
    """The controller may be installed anywhere."""
    code, _, err = run(capsys, "rbac", "policy.yaml", "--service-account", "me")

    assert code == 2
    assert "'me' is not like namespace/name" in err
