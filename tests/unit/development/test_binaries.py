"""Which control planes are built: of the newest Kubernetes, and of the oldest that is supported."""

import re

import pytest
import yaml

from development.controlplane import binaries
from development.manifests import ROOT

CHOICES = ("newest", "oldest")


@pytest.mark.parametrize("choice", CHOICES)
def test_every_part_of_kubernetes_has_one_version(monkeypatch, choice) -> None:
    """Parts of several would be a server that nobody runs."""
    monkeypatch.setenv(binaries.CHOICE_VARIABLE, choice)
    version = binaries.kubernetes_version()
    replaced = re.findall(
        r"^\tk8s\.io/\S+ => \S+ (v\S+)$", binaries.mod_file().read_text(), re.MULTILINE
    )
    assert len(replaced) > 25
    assert set(replaced) == {version.replace("v1.", "v0.", 1)}


def test_the_two_are_kept_apart(monkeypatch) -> None:
    """Each is built into a folder of its own, which is named by all that it is built of."""
    folders, versions = set(), []
    for choice in ("", *CHOICES):
        monkeypatch.setenv(binaries.CHOICE_VARIABLE, choice)
        folders.add(binaries.binaries_folder())
        versions.append(binaries.kubernetes_version())
        assert (f"-modfile={binaries.mod_file().name}" in binaries.build_flags()) == (
            choice == "oldest"
        )
    assert len(folders) == 2
    assert versions[0] == versions[1] != versions[2]


def test_another_choice_is_refused(monkeypatch) -> None:
    """A version that is misspelt would be tests of the wrong one."""
    monkeypatch.setenv(binaries.CHOICE_VARIABLE, "1.30")
    with pytest.raises(ValueError, match="CLUSTERIMPORT_KUBERNETES has to be newest or oldest"):
        binaries.binaries_folder()


def test_what_is_promised_is_what_is_tried(monkeypatch) -> None:
    """SUPPORT.md and the chart promise the oldest one and what came after it."""
    minors = []
    for choice in CHOICES:
        monkeypatch.setenv(binaries.CHOICE_VARIABLE, choice)
        minors.append(binaries.kubernetes_version().removeprefix("v").rpartition(".")[0])
    newest, oldest = minors
    support = (ROOT / "SUPPORT.md").read_text()
    assert f"| Kubernetes, to run on | {oldest} and later; the tests run on {newest}, " in support
    chart = yaml.safe_load((ROOT / "charts/clusterimport/Chart.yaml").read_text())
    assert chart["kubeVersion"] == f">={oldest}.0-0"
