"""``clusterimport create policy`` and ``clusterimport catalogue`` as a shell sees them."""

import json
from pathlib import Path

import pytest
import yaml

from clusterimport.authoring.catalogue import Catalogue
from clusterimport.cli.main import main
from development.manifests import EXAMPLES
from tests.fakes.authoring.authored import TOKEN, secret, source

BEYOND = {
    "aws-ack-eks": "Neither a token nor a client certificate",
    "gcp-config-connector": "Neither a token nor a client certificate",
    "ocm-cluster-proxy": "No address was found",
}
"""Of these the samples do not tell how to connect: a program gets the credential, or the address is
that of a Service, which no object names."""


def run(capsys, *arguments):
    """Return code, standard output and standard error."""
    code = main(list(arguments))
    return (code, *capsys.readouterr())


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """Work in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_list_has_every_folder(capsys):
    """What is installed and what is listed is the same."""
    folders = {path.name for path in EXAMPLES.iterdir() if path.is_dir()}
    assert set(Catalogue().entries) == folders
    code, out, _ = run(capsys, "catalogue")
    assert code == 0
    assert out.splitlines()[0].split() == ["NAME", "PLATFORM", "SOURCE"]
    assert len(out.splitlines()) == len(folders) + 1
    _, names, _ = run(capsys, "catalogue", "list", "-o", "name")
    assert set(names.split()) == folders
    _, wide, _ = run(capsys, "catalogue", "list", "-o", "wide")
    assert "rancher.<namespace>.<name>" in wide


def test_the_list_for_scripts_tells_what_is_needed(capsys):
    """With the names that PediaClusters get."""
    _, out, _ = run(capsys, "catalogue", "list", "-o", "json")
    (mcp,) = [each for each in json.loads(out) if each["name"] == "mcp"]
    assert mcp == {
        "name": "mcp",
        "platform": "a platform of one's own",
        "source": "clusters.cluster.mcp.io",
        "names": "mcp-<name>",
        "needs": "the Secret that the source names",
    }


def test_what_is_shown_can_be_applied(capsys):
    """The role and the policy, as they stand in the files."""
    code, out, _ = run(capsys, "catalogue", "show", "karmada")
    kinds = [document["kind"] for document in yaml.safe_load_all(out)]
    assert code == 0
    assert kinds == ["Namespace", "ClusterRole", "Role", "RoleBinding", "ClusterImportPolicy"]
    _, out, _ = run(capsys, "catalogue", "show", "karmada", "--part", "samples")
    assert out == (EXAMPLES / "karmada" / "samples.yaml").read_text()


def test_a_name_that_is_not_there_is_2(capsys):
    """Names that are like it are told."""
    code, _, err = run(capsys, "catalogue", "show", "crossplane")
    assert code == 2
    assert "did you mean crossplane-eks" in err


@pytest.mark.parametrize("platform", ["rancher", "karmada", "vcluster"])
def test_a_policy_of_the_catalogue_gets_another_name(capsys, platform):
    """Its tests pass there, and its role is called after it."""
    code, out, _ = run(capsys, "create", "policy", "mine", "--from", platform)
    assert code == 0
    assert out.splitlines()[0] == "mine/policy.yaml"
    (policy,) = yaml.safe_load_all(Path("mine/policy.yaml").read_text())
    assert policy["metadata"]["name"] == "mine"
    roles = list(yaml.safe_load_all(Path("mine/clusterrole.yaml").read_text()))
    names = {role["metadata"]["name"] for role in roles if role["kind"] != "Namespace"}
    assert names == {"clusterimport-mine"}
    assert {role["roleRef"]["name"] for role in roles if "roleRef" in role} <= names
    assert run(capsys, "test", "mine")[0] == 0


@pytest.mark.parametrize("name", ["n", "yes", "null", "1", "1e3", "0x1", "2026-01-01"])
def test_a_name_that_yaml_takes_for_something_else_is_written_as_a_text(capsys, name):
    """It is a name to the API server, and between quotes where a reader would take it otherwise."""
    Path("sample.yaml").write_text(source() + secret())
    for begin in (("--from", "mcp"), ("--from-object", "sample.yaml")):
        assert run(capsys, "create", "policy", name, *begin, "--force")[0] == 0
        assert run(capsys, "test", name)[0] == 0
        assert run(capsys, "validate", f"{name}/policy.yaml")[0] == 0


def test_nothing_that_is_there_is_replaced_unasked(capsys):
    """All files are written, or none."""
    Path("mine").mkdir()
    Path("mine/policy.yaml").write_text("mine\n")
    code, _, err = run(capsys, "create", "policy", "mine", "--from", "mcp")
    assert code == 1
    assert "mine/policy.yaml is there already" in err
    assert [path.name for path in Path("mine").iterdir()] == ["policy.yaml"]
    assert run(capsys, "create", "policy", "mine", "--from", "mcp", "--force")[0] == 0
    assert "cluster.mcp.io" in Path("mine/policy.yaml").read_text()


@pytest.mark.parametrize(
    "arguments",
    [("a",), ("a", "--from", "mcp", "--from-object", "x"), ("A_b", "--from", "mcp")],
)
def test_wrong_use_is_2(capsys, arguments):
    """Neither or both ways, or a name that no policy can have."""
    code, out, err = run(capsys, "create", "policy", *arguments)
    assert (code, out) == (2, "")
    assert len(err.splitlines()) == 1


def test_a_sample_becomes_a_policy_that_imports_it(capsys):
    """What was found is used, what is missing is said, and no credential is written."""
    Path("sample.yaml").write_text(source() + secret())
    assert run(capsys, "create", "policy", "mine", "--from-object", "sample.yaml")[0] == 0
    text = Path("mine/policy.yaml").read_text()
    spec = yaml.safe_load(text)["spec"]
    assert spec["source"]["group"] == "cluster.example.io"
    (reference,) = spec["references"]
    assert reference["namespaceTemplate"] == "{{ .source.metadata.namespace }}"
    assert reference["nameTemplate"] == "{{ .source.spec.secret }}"
    assert 'apiserver: "{{ .source.spec.server }}"' in spec["template"]
    assert spec["creationCondition"] == "{{ .source.status.ready }}"
    assert "# - No CA was found" in text
    for path in Path("mine").iterdir():
        assert TOKEN not in path.read_text()
    # There is no CA, which is refused unless the policy allows it.
    (expected,) = yaml.safe_load(Path("mine/clusterimport-test.yaml").read_text())["expect"]
    assert expected["outcome"] == "CredentialRejected"
    assert run(capsys, "test", "mine")[0] == 0


@pytest.mark.parametrize("platform", sorted(Catalogue().entries))
def test_a_policy_is_proposed_for_every_platform(capsys, platform):
    """As if it were unknown: from its samples alone, for nearly all one that imports."""
    samples = str(EXAMPLES / platform / "samples.yaml")
    code, _, err = run(capsys, "create", "policy", "mine", "--from-object", samples)
    assert code == 0, err
    expected = yaml.safe_load(Path("mine/clusterimport-test.yaml").read_text())["expect"]
    imports = any(each["outcome"] == "Import" for each in expected)
    assert imports is (platform not in BEYOND)
    assert BEYOND.get(platform, "") in err


def test_what_stands_in_two_objects_is_taken_from_both(capsys):
    """A Shoot's CA is in a ConfigMap, which holds plain text, and the token in a Secret."""
    samples = str(EXAMPLES / "gardener-byo-token" / "samples.yaml")
    code, _, err = run(capsys, "create", "policy", "mine", "--from-object", samples)
    assert code == 0
    assert "to be mended or confirmed: It is taken to be ready by its condition APIServer" in err
    spec = yaml.safe_load(Path("mine/policy.yaml").read_text())["spec"]
    secrets, configmaps = spec["references"]
    assert (secrets["key"], secrets["resource"]) == ("credentials", "secrets")
    assert secrets["nameTemplate"] == "{{ .source.metadata.name }}.clusterpedia"
    assert (configmaps["key"], configmaps["resource"]) == ("credentials2", "configmaps")
    assert '(get .references.credentials2.data "ca.crt") | b64enc' in spec["template"]
    assert 'tokenData: "{{ .references.credentials.data.token }}"' in spec["template"]
    assert spec["creationCondition"] == '{{ conditionTrue .source "APIServerAvailable" }}'


def test_a_secret_that_nothing_leads_to_counts_where_no_other_is_related(capsys):
    """A ConfigMap with the name of the source says nothing of the Secret."""
    extra = "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: one, namespace: team}\n"
    unrelated = secret().replace("name: one", "name: other")
    Path("sample.yaml").write_text(source().replace("secret: one", "secret: x") + unrelated + extra)
    code, _, err = run(capsys, "create", "policy", "mine", "--from-object", "sample.yaml")
    assert code == 0
    (reference,) = yaml.safe_load(Path("mine/policy.yaml").read_text())["spec"]["references"]
    assert reference["nameTemplate"] == "other"
    assert "Nothing in the sample leads to the Secret" in err


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("apiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n", "could be a source"),
        ("", "has no object in it"),
    ],
)
def test_a_sample_without_a_source_is_2(capsys, text, told):
    """There is nothing to propose for."""
    Path("sample.yaml").write_text(text)
    code, _, err = run(capsys, "create", "policy", "mine", "--from-object", "sample.yaml")
    assert code == 2
    assert told in err
    assert not Path("mine").exists()
