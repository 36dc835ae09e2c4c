"""Controllers that meet the canary, and everything that is searched for it afterwards."""

from pathlib import Path

import yaml

from development.controller import ControllerProcess
from development.world import World
from tests.harness.canary import FORMS, outside, search


def start(world: World, folder: Path, *arguments: str, through: str = "") -> ControllerProcess:
    """Start a controller that tells everything, with a folder of its own for temporary files."""
    folder.mkdir(exist_ok=True)
    return world.controller(
        "--log-level=debug",
        *arguments,
        through=through,
        environment={"TMPDIR": str(folder), "PYTHONASYNCIODEBUG": "1"},
    )


def assert_nowhere(world: World, folder: Path, *processes: ControllerProcess) -> None:
    """State that the credential is in no place where it must not be, nor the controller's own."""
    own = [
        yaml.safe_load(process.kubeconfig.read_text())["users"][0]["user"]["token"]
        for process in processes
    ]
    wanted = FORMS | {f"own token {number}": token for number, token in enumerate(own)}
    places = {"the server": outside(world.admin)}
    for number, process in enumerate(processes):
        places[f"log {number}"] = process.log()
        if process.probe("/healthz"):
            places[f"metrics {number}"] = process.metrics_text()
    for path in folder.rglob("*"):
        if path.is_file():
            places[str(path)] = path.read_bytes().decode(errors="replace")
    for place, text in places.items():
        assert search(text, wanted) == [], place
