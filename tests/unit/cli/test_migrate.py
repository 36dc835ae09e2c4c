"""``clusterimport migrate`` on files."""

import json

import pytest

from clusterimport.cli.main import main
from tests.fakes.authoring.authored import POLICY, TOKEN, secret, source

STRICT = POLICY.replace("  allowedCredentialFeatures: [InsecureTLS]\n", "")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "policy.yaml").write_text(POLICY)
    odd = source("odd", secret="one").replace(":6443", ":6443/k8s+a")
    (tmp_path / "samples.yaml").write_text(source() + secret() + odd)
    return tmp_path


def run(capsys, *arguments):
    code = main(["migrate", *arguments])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_each_cluster_is_told_with_what_would_be_written(folder, capsys):
    """A table, what is not as it was below it, and the sum of all."""
    code, out, err = run(capsys, ".")
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[0].split() == ["POLICY", "SOURCE", "PEDIACLUSTER", "SWAP"]
    assert lines[1].split()[-2:] == ["blue-one", "Nothing"]
    assert lines[2].split()[-2:] == ["blue-odd", "Rewrite"]
    assert "  spec.apiserver; Clusterpedia has escaped apiserver as for HTML" in out
    assert lines[-1] == "Nothing 1, Rewrite 1"
    assert TOKEN not in out


def test_json_has_an_element_for_each_cluster(folder, capsys):
    """For other programs."""
    _, out, _ = run(capsys, ".", "-o", "json")
    nothing, rewrite = json.loads(out)
    assert nothing == {
        "policy": "blue",
        "source": "clusters.cluster.example.io/team/one",
        "pediaCluster": "blue-one",
        "swap": "Nothing",
        "fields": [],
        "message": "",
        "wakesUp": False,
    }
    assert rewrite["fields"] == ["spec.apiserver"]


def test_a_refusal_is_code_one_and_a_flag_of_the_controller_allows_it(folder, capsys):
    """As the message says."""
    (folder / "policy.yaml").write_text(STRICT)
    code, out, _ = run(capsys, ".")
    assert code == 1
    assert "Refusal 2" in out
    assert "--allowed-credential-features=InsecureTLS" in out
    assert run(capsys, ".", "--allowed-credential-features=InsecureTLS")[0] == 0


def test_what_stands_is_taken_from_files(folder, capsys):
    """An empty list says that nothing stands: everything is created."""
    (folder / "standing").mkdir()
    (folder / "standing" / "other.yaml").write_text(
        "apiVersion: cluster.clusterpedia.io/v1alpha2\nkind: PediaCluster\nmetadata: {name: x}\n"
    )
    code, out, _ = run(capsys, ".", "--observed", "standing")
    assert code == 0
    assert out.splitlines()[-1] == "Create 2"
    assert "Clusterpedia has made nothing of this policy" in out


def test_nothing_to_judge_is_code_two(folder, capsys):
    """No cluster is selected."""
    (folder / "samples.yaml").write_text(source().replace("remote", "local"))
    code, out, err = run(capsys, ".")
    assert (code, out) == (2, "")
    assert "select no cluster" in err
