"""The Helm chart: the same objects as by kustomize, with what Helm alone wants of them."""

import subprocess
from pathlib import Path
from typing import Any

import pytest

from clusterimport import __version__
from development import chart, manifests
from development.gotools import building
from tests.harness.helm import EVERYTHING, NAME, RefusedError, needs_helm, template
from tests.harness.kustomize import composed, needs_kubectl

HELMS_LABELS = {
    "app.kubernetes.io/instance",
    "app.kubernetes.io/managed-by",
    "app.kubernetes.io/version",
    "helm.sh/chart",
}
KEPT = "helm.sh/resource-policy"

WHOLE = ("overlays/setup", ".")


def without_helms_own(obj: dict[str, Any]) -> dict[str, Any]:
    meta = dict(obj["metadata"])
    meta["labels"] = {k: v for k, v in meta["labels"].items() if k not in HELMS_LABELS}
    annotations = {k: v for k, v in meta.pop("annotations", {}).items() if k != KEPT}
    return {**obj, "metadata": {**meta, **({"annotations": annotations} if annotations else {})}}


def by_name(objects: list[dict[str, Any]]) -> dict[tuple[str, str], dict[str, Any]]:
    """By kind and name, without what only one of the two has: the namespace, and the test."""
    found = {
        (obj["kind"], obj["metadata"]["name"]): without_helms_own(obj)
        for obj in objects
        if obj["kind"] != "Namespace" and not is_test(obj)
    }
    assert len(found) >= 12
    return found


def is_test(obj: dict[str, Any]) -> bool:
    return "helm.sh/hook" in obj["metadata"].get("annotations", {})


@needs_helm
@needs_kubectl
@pytest.mark.parametrize(
    ("values", "components"),
    [
        ({}, ()),
        (EVERYTHING, ("authentication-from", "monitoring")),
        ({**EVERYTHING, "metricsSecure": True}, ("authentication-from", "monitoring-secure")),
    ],
    ids=["bare", "everything", "secure"],
)
def test_p2_chart_and_kustomize_render_the_same(
    values: Any, components: tuple[str, ...], tmp_path: Path
) -> None:
    """Object by object, field by field, but for the labels that Helm wants and the namespace."""
    rendered = by_name(template(values=values))
    expected = by_name(composed(tmp_path, *components, bases=WHOLE))

    assert set(rendered) == set(expected)
    for key, obj in expected.items():
        assert rendered[key] == obj, key


@needs_helm
@needs_kubectl
def test_p2_hardened_values_are_the_hardened_overlay(tmp_path: Path) -> None:
    """And on the server's side of it nothing is weaker than the defaults."""
    path = chart.CHART / "values-hardened.yaml"
    (values,) = manifests.read(path)
    bases = ("overlays/setup", "overlays/hardened")
    expected = by_name(composed(tmp_path, bases=bases))

    assert by_name(template("--values", str(path))) == expected
    assert ("ValidatingAdmissionPolicy", f"{NAME}-lease") in expected
    for name, value in values.items():
        if isinstance(value, dict):
            (defaults,) = manifests.read(chart.CHART / "values.yaml")
            assert value.items() <= defaults[name].items()


@needs_helm
@needs_kubectl
@pytest.mark.parametrize(
    ("version", "values", "base"),
    [
        ("v1.30.14", {}, "setup"),
        ("v1.31.0-eks-a1b2c3d", {}, "overlays/setup"),
        ("v1.36.1", {"crds": {"selectableFields": False}}, "setup"),
    ],
)
def test_crds_have_fields_to_select_by_where_the_server_has_them(
    version: str, values: Any, base: str, tmp_path: Path
) -> None:
    """By the version that Helm is told of, and not where it is switched off."""
    rendered = template("--kube-version", version, values=values)
    expected = composed(tmp_path, bases=(base, "."))

    assert by_name(rendered) == by_name(expected)


@needs_helm
def test_every_object_has_helms_labels_and_no_pod_has_them() -> None:
    """A release of the chart alone restarts nothing; Clusterpedia's types get no name of ours."""
    objects = template(values=EVERYTHING)
    for obj in objects:
        labels = obj["metadata"]["labels"]
        assert labels["helm.sh/chart"] == f"clusterimport-{__version__}", obj["metadata"]["name"]
        assert set(labels) >= HELMS_LABELS
        if obj["kind"] == "CustomResourceDefinition":
            assert "app.kubernetes.io/name" not in labels
    pod = manifests.the("Deployment", NAME, objects)["spec"]["template"]["metadata"]
    assert not HELMS_LABELS & set(pod["labels"])


@needs_helm
def test_what_holds_imports_is_kept_by_helm() -> None:
    """CRDs and policies stay when the release goes, and nothing else does."""
    for obj in template(values={"policies": ["cluster-api"]}):
        kept = obj["metadata"].get("annotations", {}).get(KEPT) == "keep"
        holds = obj["kind"] in {"CustomResourceDefinition", "ClusterImportPolicy"}
        assert kept == holds, (obj["kind"], obj["metadata"]["name"])


@needs_helm
def test_crds_are_behind_a_switch() -> None:
    """Switched off, none is rendered."""
    assert len(manifests.of_kind("CustomResourceDefinition", template())) == 4
    without = template(values={"crds": {"enabled": False}})
    assert manifests.of_kind("CustomResourceDefinition", without) == []


@needs_helm
def test_every_policy_of_the_catalogue_comes_by_name_with_its_roles() -> None:
    """As it lies in the catalogue; a namespace of the platform is left to the platform."""
    folders = sorted(path.parent for path in manifests.EXAMPLES.glob("*/policy.yaml"))
    values = {"policies": [folder.name for folder in folders], "crds": {"enabled": False}}
    rendered = by_name(template(values=values))
    expected = [
        {**doc, "metadata": {"labels": {}, **doc["metadata"]}}
        for folder in folders
        for name in ("clusterrole", "policy")
        for doc in manifests.read(folder / f"{name}.yaml")
    ]
    assert len(expected) > 2 * len(folders)
    for obj in expected:
        key = (obj["kind"], obj["metadata"]["name"])
        if obj["kind"] == "Namespace":
            assert key not in rendered
        else:
            assert rendered[key] == obj, key


@needs_helm
def test_a_policy_that_is_not_in_the_catalogue_is_refused() -> None:
    """The message names it, and those that there are."""
    with pytest.raises(
        RefusedError, match=r"policies: the catalogue has no capi; it has admiralty"
    ):
        template(values={"policies": ["capi"]})


@needs_helm
def test_policies_wait_for_their_crds() -> None:
    """On a server without them Helm would fail with a riddle: the chart says what to do."""
    server = ("--api-versions", "v1/Namespace")
    served = ("--api-versions", "policy.clusterpedia.io/v1alpha1/ClusterImportPolicy")
    values = {"policies": ["mcp"]}
    with pytest.raises(RefusedError, match="Install without policies, then upgrade with them"):
        template(*server, values=values)
    assert manifests.of_kind("ClusterImportPolicy", template(*server, *served, values=values))
    assert template(*server)


@needs_helm
def test_lint_and_package_have_nothing_to_say(tmp_path: Path) -> None:
    """What is packed has what lies behind the links, renders the same, and fits a Secret."""
    helm = str(building.installed("helm"))
    for command in (["lint", "--strict"], ["package", "--destination", str(tmp_path)]):
        subprocess.run([helm, *command, str(chart.CHART)], capture_output=True, check=True)
    (packed,) = tmp_path.glob("*.tgz")

    # Helm keeps chart and manifest of each revision in a Secret, in base64: a megabyte at most.
    assert packed.stat().st_size < 150_000
    values = {**EVERYTHING, "policies": ["cluster-api"]}
    assert template(values=values, chart=packed) == template(values=values)


def test_the_chart_has_the_version_of_the_program() -> None:
    """Chart and program are released together."""
    (about,) = manifests.read(chart.CHART / "Chart.yaml")
    assert about["version"] == about["appVersion"] == __version__


def test_nothing_of_the_manifests_lies_in_the_chart_a_second_time() -> None:
    """Types, rights, alerts, dashboard and policies are links, or what packing made of them."""
    sources = {"manifests": manifests.MANIFESTS, "policies": manifests.EXAMPLES}
    links = {path.name: path for path in (chart.CHART / "files").iterdir()}
    assert set(links) == set(sources)
    for name, source in sources.items():
        if (manifests.ROOT / ".git").exists():
            assert links[name].is_symlink()
        assert contents(links[name]) == contents(source)


def contents(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): path.read_text()
        for path in folder.rglob("*")
        if path.is_file()
    }
