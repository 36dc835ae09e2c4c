import base64
import copy
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from clusterimport.authoring.documents import Document as AuthoredDocument
from clusterimport.authoring.documents import parse_documents, read_documents
from clusterimport.authoring.evaluating import evaluate
from clusterimport.authoring.inputs import Inputs, stored_form
from clusterimport.authoring.outcomes import Outcome
from clusterimport.authoring.policies import read_policy
from clusterimport.authoring.policytests.comparing import Goldens
from clusterimport.authoring.policytests.coverage import CoverageReport
from clusterimport.authoring.policytests.records import FileReader, PolicyTest, read_tests
from clusterimport.authoring.policytests.running import run_test
from clusterimport.authoring.roles import roles_of
from clusterimport.engine.evaluation import ProgramCache
from development import manifests
from development.manifests import EXAMPLES, Document

CATALOGUE = sorted(folder.name for folder in EXAMPLES.iterdir() if folder.is_dir())
DOCUMENTED = ("cluster-api", "karmada", "mcp", "vcluster")
"""Have the names of the user documentation."""
FAILED = {
    Outcome.SELECTOR_ERROR,
    Outcome.NAME_ERROR,
    Outcome.CONDITION_ERROR,
    Outcome.TEMPLATE_ERROR,
    Outcome.INVALID_PEDIACLUSTER,
}
ALWAYS_THERE = {
    ("apiVersion",),
    ("kind",),
    ("metadata",),
    ("metadata", "name"),
    ("metadata", "namespace"),
}
FILES = {"policy.yaml", "clusterrole.yaml", "samples.yaml", "clusterimport-test.yaml"}
LABEL = {"rbac.clusterpedia.io/aggregate-to-controller-manager": "true"}
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
def test_the_tests_of_the_platform_pass(platform: str) -> None:
    """What is odd and legal there gives what it should, and every way of an `if` is gone."""
    report = CoverageReport()
    tests = read_tests(str(EXAMPLES / platform / "clusterimport-test.yaml"), FileReader())
    for test in tests:
        assert isinstance(test, PolicyTest), test
        verdict = run_test(test, report.programs(test.policies), Goldens())
        assert verdict.failures == (), verdict.name
    assert [each for each in report.missed() if each.problem.startswith("if")] == []


@pytest.mark.parametrize("platform", CATALOGUE)
def test_no_field_that_is_missing_makes_a_template_fail(platform: str) -> None:
    """Whatever an object lacks, it waits, is not taken, or its credentials are incomplete."""
    folder = EXAMPLES / platform
    (policy,) = read_documents([folder / "policy.yaml"])
    samples = [stored_form(each.obj) for each in read_documents([folder / "samples.yaml"])]
    programs = ProgramCache()
    for index, sample in enumerate(samples):
        for path in paths_of(sample):
            lacking = [*samples[:index], without(sample, path), *samples[index + 1 :]]
            inputs = Inputs([policy, *map(AuthoredDocument, lacking)])
            for each in evaluate(inputs, programs=programs):
                assert each.outcome not in FAILED, (path, each.message)


def paths_of(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the paths of all fields and items, but for those that every object has."""
    items = value.items() if isinstance(value, Mapping) else enumerate(value)
    for step, item in items:
        below = (*path, step)
        if below not in ALWAYS_THERE:
            yield below
        if isinstance(item, Mapping | list):
            yield from paths_of(item, below)


def without(obj: Document, path: tuple[Any, ...]) -> Document:
    """Return a copy without one field or item."""
    result = copy.deepcopy(obj)
    parent: Any = result
    for step in path[:-1]:
        parent = parent[step]
    del parent[path[-1]]
    return result


@pytest.mark.parametrize("platform", CATALOGUE)
def test_the_role_is_what_is_printed_for_the_policy(platform: str) -> None:
    """`clusterrole.yaml` grants what `clusterimport rbac` would, and nothing else."""
    inputs = Inputs(read_documents([EXAMPLES / platform / "policy.yaml"]))
    printed = roles_of(read_policy(inputs.policies[0], inputs))
    given = [each for each in read(platform, "clusterrole") if each["kind"] != "Namespace"]
    assert {granted(each) for each in given} == {granted(each) for each in printed}
    (role,) = manifests.of_kind("ClusterRole", given)
    assert role["metadata"] == {"name": f"clusterimport-{platform}", "labels": LABEL}


def granted(obj: Document) -> tuple[object, ...]:
    """Return what a role or a binding says, whatever its name and the order in it."""
    rules = frozenset(
        (group, resource, *sorted(rule["verbs"]))
        for rule in obj.get("rules", ())
        for group in rule["apiGroups"]
        for resource in rule["resources"]
    )
    subjects = frozenset(tuple(sorted(each.items())) for each in obj.get("subjects", ()))
    return obj["kind"], obj["metadata"].get("namespace", ""), rules, subjects


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


VARIANT = re.compile(
    r"^( *)# ((?:labelSelector:|  matchLabels:|  matchExpressions:).*)$", re.MULTILINE
)
LABELLED = ("cluster-api", "ocm-cluster-proxy", "ocm-direct")


@pytest.mark.parametrize("platform", LABELLED)
def test_the_label_selector_of_a_comment_takes_what_the_platform_writes(platform: str) -> None:
    """With the comment taken off, the samples are imported as without it."""
    text = (EXAMPLES / platform / "policy.yaml").read_text("utf-8")
    selecting, count = VARIANT.subn(r"\1\2", text)
    assert count == 2
    samples = (EXAMPLES / platform / "samples.yaml").read_text("utf-8")
    plain, selected = (
        evaluate(Inputs(parse_documents(f"{policy}\n---\n{samples}", "all.yaml")))
        for policy in (text, selecting)
    )
    assert [each.outcome for each in selected] == [each.outcome for each in plain]
    assert Outcome.IMPORT in {each.outcome for each in selected}


def test_no_other_policy_has_such_a_comment() -> None:
    """What is told as a variant is tried by the test above."""
    found = {
        platform
        for platform in CATALOGUE
        if VARIANT.search((EXAMPLES / platform / "policy.yaml").read_text("utf-8"))
    }
    assert found == set(LABELLED)
