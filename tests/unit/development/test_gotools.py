"""Where the Go tools are kept, and what they are built of."""

from development.gotools import building


def test_a_tool_has_a_folder_of_its_own() -> None:
    """Another version, or another way to build it, is another one; nothing built is replaced."""
    helm, actionlint = (building._program(name) for name in ("helm", "actionlint"))
    assert helm.parent != actionlint.parent
    assert helm.name == "helm"


def test_helm_is_told_its_versions() -> None:
    """Else it takes itself for v3.0, and every server for Kubernetes 1.20."""
    stamps = " ".join(building._stamps("helm"))
    assert "version.version=v3." in stamps
    assert "chartutil.k8sVersionMajor=1 " in stamps
    assert building._stamps("actionlint") == []
