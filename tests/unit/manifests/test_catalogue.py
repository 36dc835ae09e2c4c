import base64
import re

import pytest

from clusterimport.authoring.documents import read_documents
from clusterimport.authoring.evaluating import evaluate
from clusterimport.authoring.inputs import Inputs
from clusterimport.authoring.outcomes import Outcome
from tests.fakes import manifests
from tests.fakes.manifests import EXAMPLES, Document

CATALOGUE = sorted(folder.name for folder in EXAMPLES.iterdir() if folder.is_dir())
DOCUMENTED = ("cluster-api", "karmada", "mcp", "vcluster")
"""Have the names of the user documentation."""
FILES = {"policy.yaml", "clusterrole.yaml", "samples.yaml", "clusterimport-test.yaml"}
LABEL = {"rbac.clusterpedia.io/aggregate-to-controller-manager": "true"}
READ = ["get", "list", "watch"]
NOWHERE = re.compile(
    # RFC 5737 and 2606, names of Services, and of a zone that no resolver outside has.
    r"https://(192\.0\.2\.|[-.a-z0-9]*example\.com|[-.a-z0-9]+\.svc\b|kube-apiserver:"
    r"|kubernetes\.default|[-a-z0-9]*vcluster[-a-z0-9]*\.|api\.prod\.hypershift\.local"
    r"|cluster-proxy-addon-user\.)"
)


def read(platform: str, name: str) -> list[Document]:
    return manifests.read(EXAMPLES / platform / f"{name}.yaml")


def spec_of(platform: str) -> Document:
    (policy,) = read(platform, "policy")
    assert policy["metadata"] == {"name": platform}
    spec: Document = policy["spec"]
    return spec


@pytest.mark.parametrize("platform", CATALOGUE)
def test_every_folder_is_whole(platform: str) -> None:
    """It has a policy of its name, a role, samples and tests, and a line in the list."""
    files = {path.name for path in (EXAMPLES / platform).iterdir()}
    assert files - {"platform-crd.yaml", "golden"} == FILES
    assert spec_of(platform)["source"]["resource"]
    listed = (EXAMPLES / "README.md").read_text()
    assert f"| [`{platform}`]({platform}/policy.yaml) |" in listed


@pytest.mark.parametrize("platform", CATALOGUE)
def test_the_samples_show_an_import(platform: str) -> None:
    """At least one sample is imported, and none fails for what a person would have to mend."""
    paths = [EXAMPLES / platform / name for name in ("policy.yaml", "samples.yaml")]
    evaluated = evaluate(Inputs(read_documents(paths)))
    imported = [each for each in evaluated if each.outcome is Outcome.IMPORT]
    assert imported
    assert [each for each in evaluated if each.outcome.is_error] == []
    for each in imported:
        assert each.message == ""
        assert each.rendered is not None
        assert each.rendered.spec["syncResources"]


@pytest.mark.parametrize("platform", CATALOGUE)
def test_the_role_is_what_the_policy_reads(platform: str) -> None:
    """Types of literal namespaces are read there, others everywhere; nothing is written."""
    spec = spec_of(platform)
    everywhere = {(spec["source"]["group"], spec["source"]["resource"])}
    in_namespaces = set()
    for reference in spec.get("references", []):
        type_ = (reference["group"], reference["resource"])
        namespace = reference.get("namespaceTemplate", "")
        if namespace and "{{" not in namespace:
            in_namespaces.add((namespace, *type_))
        else:
            everywhere.add(type_)
    documents = read(platform, "clusterrole")
    (role,) = manifests.of_kind("ClusterRole", documents)
    assert role["metadata"] == {"name": f"clusterimport-{platform}", "labels": LABEL}
    assert {granted(rule) for rule in role["rules"]} == everywhere
    assert {
        (each["metadata"]["namespace"], *granted(rule))
        for each in manifests.of_kind("Role", documents)
        for rule in each["rules"]
    } == in_namespaces
    for binding in manifests.of_kind("RoleBinding", documents):
        assert [subject["name"] for subject in binding["subjects"]] == [
            "clusterpedia-controller-manager"
        ]


def granted(rule: Document) -> tuple[str, str]:
    assert rule["verbs"] == READ
    (group,), (resource,) = rule["apiGroups"], rule["resources"]
    return group, resource


def test_no_two_policies_can_give_one_name() -> None:
    """Each begins with a word of its own and a dot; before the first dot of others is a hyphen."""
    words = {}
    for platform in CATALOGUE:
        template = spec_of(platform)["nameTemplate"]
        if platform in DOCUMENTED:
            assert "." not in re.sub(r"\{\{.*?\}\}", "", template)
            assert "-" in re.sub(r"\{\{.*?\}\}", "", template)
            continue
        word, dot, rest = template.partition(".")
        assert re.fullmatch(r"[a-z0-9]+", word)
        assert dot
        assert word not in words, words[word]
        words[word] = platform
        # A namespace has no dot, so that it ends at the next one.
        assert re.fullmatch(
            r"(\{\{ \.source\.metadata\.namespace \}\}\.)?\{\{ \.source\.metadata\.name \}\}"
            r"|\{\{ \.source\.metadata\.namespace \}\}",
            rest,
        )


@pytest.mark.parametrize("platform", CATALOGUE)
def test_secrets_as_sources_are_narrowed_by_the_server(platform: str) -> None:
    """No policy has every Secret of a cluster sent to the controller."""
    source = spec_of(platform)["source"]
    if (source["group"], source["resource"]) == ("", "secrets"):
        assert source.get("labelSelector") or source.get("fieldSelector")


@pytest.mark.parametrize("platform", CATALOGUE)
def test_only_two_policies_allow_what_is_refused(platform: str) -> None:
    """Programs are allowed where there is no other way, and nothing else anywhere."""
    allowed = spec_of(platform).get("allowedCredentialFeatures", [])
    runs_programs = platform in {"aws-ack-eks", "gcp-config-connector"}
    assert allowed == (["ExecPlugin"] if runs_programs else [])


@pytest.mark.parametrize("platform", CATALOGUE)
def test_no_sample_has_a_private_key_or_leads_anywhere(platform: str) -> None:
    """The samples' addresses are for documentation, or of Services, and nothing opens anything."""
    text = (EXAMPLES / platform / "samples.yaml").read_text()
    inner = [base64.b64decode(found).decode(errors="replace") for found in encoded(text)]
    for each in (text, *inner):
        assert "PRIVATE KEY" not in each
        assert "client-key-data" not in each
        for line in each.splitlines():
            if "https://" in line and not line.lstrip().startswith("#"):
                assert NOWHERE.search(line), line
    assert text.startswith("# ")


def encoded(text: str) -> list[str]:
    return [found for found in re.findall(r"[A-Za-z0-9+/]{40,}={0,2}", text) if len(found) % 4 == 0]
