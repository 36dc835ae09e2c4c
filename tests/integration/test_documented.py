"""Every command of README, docs and the catalogue is run as it stands there, or is excused."""

import base64
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from development import manifests
from development.controller import ControllerProcess
from development.controlplane.controlplane import ControlPlane
from development.manifests import EXAMPLES, ROOT
from development.world import LIFECYCLE, PEDIACLUSTER, World, world_of
from tests.harness import readme
from tests.harness.readme import Command

pytestmark = [
    pytest.mark.skipif(readme.kubectl_is_missing(), reason="kubectl is not installed"),
    pytest.mark.timeout(300),
]

README, GUIDE, INSTALL, SWAP = "README.md", "docs/guide.md", "docs/install.md", "docs/swap.md"
FIRST = "Your first cluster in five commands"
QUICKSTART = "default-capi-quickstart"
NOT_RUN = {
    "make demo": "test_demo.py runs the demonstration",
    "make test": "it is what runs this",
    "make image": "needs docker, and a registry of yours",
    "make bench": "measures, for minutes",
    "helm ": "needs Clusterpedia's chart, which is not on this machine",
    "allow-deletions=<token>": "has a place for a token of yours; the next command fills it in",
    "kubectl --cluster ": "needs Clusterpedia's API server",
}
"""Parts of commands that cannot run here, and why."""


def reason_not_to_run(command: Command) -> str:
    found = [reason for part, reason in NOT_RUN.items() if part in command.text]
    return found[0] if found else ""


class Story:
    """Runs sections one after the other on one server, and notes what was run."""

    def __init__(self, world: World, karmada: World, folder: Path) -> None:
        self.world, self.karmada, self.folder = world, karmada, folder
        kubeconfig = world.control_plane.admin_kubeconfig(folder / "admin")
        karmadas = karmada.control_plane.admin_kubeconfig(folder / "karmada-admin")
        self.shell = readme.Shell(kubeconfig, folder, variables={"KARMADA": str(karmadas)})
        self.run: list[Command] = []

    def tell(self, document: str, section: str, *, folder: Path = ROOT) -> None:
        """Run what can be run of a section."""
        found = [
            each
            for each in readme.documented()
            if (each.document, each.section) == (document, section)
        ]
        assert found, f"{document} has no commands under {section}"
        for command in found:
            self.run.append(command)
            if not reason_not_to_run(command):
                self.shell.run(command.text, folder=folder)


@pytest.fixture
def story(empty: World, control_plane_binaries: Path, tmp_path: Path) -> Iterator[Story]:
    """Give two control planes on which nothing of ours was ever installed."""
    with (
        ControlPlane(binaries=control_plane_binaries) as other,
        world_of(other, tmp_path / "karmadas") as karmada,
    ):
        yield Story(empty, karmada, tmp_path)


@pytest.mark.skipif(shutil.which("jq") is None, reason="jq is not installed")
def test_every_documented_command_runs(story: Story) -> None:
    """In the order of a reader, on an empty server with nothing but what the texts tell to make."""
    world = story.world
    world.apply_example("cluster-api", "platform-crd")
    story.tell(README, "Watch it")
    story.tell(INSTALL, "Install")
    story.tell(README, "Install")
    world.apply_example("cluster-api", "samples")
    world.controller()
    world.until_pediacluster(QUICKSTART)
    world.until_reason(LIFECYCLE, QUICKSTART, "Ready", "Imported")
    story.tell("docs/conditions.md", "Read the conditions")
    story.tell("docs/policies.md", "Write a policy", folder=EXAMPLES / "cluster-api")
    story.tell("docs/search.md", "Search with kubectl")
    story.tell("docs/deletions.md", "Nothing is deleted by mistake")
    for document in ("docs/runbook.md", "docs/metrics.md", "docs/performance.md"):
        sections = {each.section for each in readme.documented() if each.document == document}
        for section in sorted(sections):
            story.tell(document, section)
    story.tell("examples/policies/README.md", "The catalogue")
    guide(story)
    for_karmada(story)
    world.stop_controllers()
    story.tell(INSTALL, "Upgrade, roll back, uninstall")
    story.tell(SWAP, "Clusterpedia installed by Helm")
    story.tell(SWAP, "Swap it for Clusterpedia's controller-manager")

    # Those of the first cluster are run by test_install.py, on a server of their own.
    left_out = [each for each in readme.documented() if each not in story.run]
    assert [each for each in left_out if each.section != FIRST] == []


def guide(story: Story) -> None:
    """Follow the guide with the files that it shows."""
    folder = story.folder / "guide"
    folder.mkdir()
    text = (ROOT / GUIDE).read_text()
    shown = dict(re.findall(r"(?ms)^`(\S+\.yaml)`\n\n```yaml\n(.*?)```", text))
    (crd,) = manifests.example("mcp", "platform-crd")
    # The user documentation has them in the whole cluster, the guide in a namespace of each team.
    crd["spec"]["scope"] = "Namespaced"
    story.world.apply(crd)
    (folder / "platform.yaml").write_text(shown["samples.yaml"])
    story.shell.run("kubectl create namespace team-a")
    story.world.until(
        lambda: story.shell.run("kubectl apply -f platform.yaml", folder=folder), "it is served"
    )
    (folder / "policy.yaml").write_text(shown["policy.yaml"])
    for section in dict.fromkeys(
        each.section for each in readme.documented() if each.document == GUIDE
    ):
        story.tell(GUIDE, section, folder=folder)
    # The API server prunes nothing of the platform's status, since the CRD has no such subresource.
    story.world.until(
        lambda: "mcp.team-a.blue" in story.world.names(PEDIACLUSTER), "it is imported"
    )


def for_karmada(story: Story) -> None:
    """Run it as the Deployment says, with the kubeconfig of the Secret, on Karmada's server."""
    host, karmada = story.world, story.karmada
    karmada.apply_example("karmada", "platform-crd")
    story.shell.run("kubectl create namespace karmada-system")
    story.tell(INSTALL, "For Karmada")
    karmada.apply_example("karmada", "samples")
    name = "clusterpedia-controller-manager"
    secret = host.admin.read("v1", "Secret", f"{name}-karmada", "karmada-system")
    deployment = host.admin.read("apps/v1", "Deployment", name, "karmada-system")
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    flag, *others = container["args"]
    assert flag.startswith("--kubeconfig=")
    kubeconfig = story.folder / "mounted"
    kubeconfig.touch(mode=0o600)
    kubeconfig.write_bytes(base64.b64decode(secret["data"]["kubeconfig"]))
    before = host.names(PEDIACLUSTER)
    with ControllerProcess(kubeconfig, story.folder, "--probe-interval=0", *others) as process:
        process.wait_ready()
        karmada.until(lambda: karmada.names(PEDIACLUSTER), "Karmada's clusters are imported")
    assert host.names(PEDIACLUSTER) == before


def test_what_is_excused_is_still_there() -> None:
    """An excuse of a command that no document has any more would hide the next one."""
    texts = [each.text for each in readme.documented()]
    assert [part for part in NOT_RUN if not any(part in text for text in texts)] == []
