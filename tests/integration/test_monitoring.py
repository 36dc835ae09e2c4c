"""A real Prometheus scrapes the real controller, and is asked what dashboard and alerts ask."""

import json
import re
import shutil
import subprocess
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from development import manifests
from development.controlplane.ports import free_ports
from development.world import World
from tests.harness import imported, platforms

PROMETHEUS = shutil.which("prometheus")
FOLDER = manifests.MANIFESTS / "components" / "monitoring"
SERIES = re.compile(r"\b(?:clusterimport|leader|controller_runtime|workqueue|process)_\w+")

pytestmark = pytest.mark.skipif(PROMETHEUS is None, reason="prometheus is not installed")


class Prometheus:
    """A Prometheus that scrapes one address each second, with our rules."""

    def __init__(self, folder: Path, target: int) -> None:
        (self._port,) = free_ports(1)
        rules = manifests.read(FOLDER / "prometheus-rule.yaml")[0]["spec"]
        (folder / "rules.yaml").write_text(yaml.safe_dump(rules))
        config = {
            "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
            "rule_files": ["rules.yaml"],
            "scrape_configs": [
                {
                    "job_name": "clusterpedia-controller-manager-metrics",
                    "static_configs": [{"targets": [f"127.0.0.1:{target}"]}],
                }
            ],
        }
        (folder / "prometheus.yaml").write_text(yaml.safe_dump(config))
        self.process = subprocess.Popen(
            [
                str(PROMETHEUS),
                f"--config.file={folder / 'prometheus.yaml'}",
                f"--storage.tsdb.path={folder / 'data'}",
                f"--web.listen-address=127.0.0.1:{self._port}",
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def query(self, expression: str) -> list[Any]:
        """Return the result of an instant query; none as long as it does not listen."""
        return self._get("query", query=expression).get("result") or []

    def rules(self) -> list[Any]:
        """Return the rules with their health."""
        groups = self._get("rules").get("groups") or []
        return [rule for group in groups for rule in group["rules"]]

    def _get(self, what: str, **parameters: str) -> Any:
        address = (
            f"http://127.0.0.1:{self._port}/api/v1/{what}?{urllib.parse.urlencode(parameters)}"
        )
        try:
            with urllib.request.urlopen(address, timeout=5) as answer:
                return json.load(answer)["data"]
        except OSError:
            return {}


@pytest.fixture
def prometheus(world: World, tmp_path: Path) -> Iterator[Prometheus]:
    """Scrape a controller that imports clusters of a platform and probes them."""
    folder = tmp_path / "prometheus"
    folder.mkdir()
    access = imported.hub(world)
    # The other one may not be read: failures have series once there is one.
    world.apply(platforms.policy("forbidden"), imported.policy())
    world.apply(*(imported.cluster(f"c-{n}", access) for n in range(5)))
    controller = world.controller(probes=True)
    imported.until_ready(world, ["c-0"], "Reachable")
    running = Prometheus(folder, controller.port)
    try:
        yield running
    finally:
        running.process.terminate()
        running.process.wait(20)


def test_p4_every_query_of_dashboard_and_alerts_has_data(
    prometheus: Prometheus,
) -> None:
    """Each panel draws something for a controller at work, and each rule is evaluated."""
    dashboard = json.loads((FOLDER / "clusterimport.json").read_text())
    asked = {
        target["expr"].replace("$policy", ".*").replace("$__rate_interval", "1m")
        for panel in dashboard["panels"]
        for target in panel["targets"]
    }
    alerts = manifests.read(FOLDER / "prometheus-rule.yaml")[0]["spec"]["groups"][0]["rules"]
    asked |= {name for alert in alerts for name in SERIES.findall(alert["expr"])}
    deadline = time.monotonic() + 60
    while asked and time.monotonic() < deadline:
        asked -= {each for each in asked if prometheus.query(each)}
        time.sleep(1)

    assert not asked
    rules = prometheus.rules()
    assert {rule["name"] for rule in rules} == {alert["alert"] for alert in alerts}
    assert {rule["health"] for rule in rules} == {"ok"}
