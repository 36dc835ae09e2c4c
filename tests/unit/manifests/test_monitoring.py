"""What a Prometheus and a Grafana are given: that it loads, and asks for what there is."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from development import manifests

FOLDER = manifests.MANIFESTS / "components" / "monitoring"
RULE = manifests.read(FOLDER / "prometheus-rule.yaml")[0]["spec"]
ALERTS = {rule["alert"]: rule for group in RULE["groups"] for rule in group["rules"]}
DASHBOARD = json.loads((FOLDER / "clusterimport.json").read_text())
TESTS = manifests.ROOT / "tests" / "monitoring" / "alerts.yaml"
RUNBOOK = (manifests.ROOT / "docs" / "runbook.md").read_text()

needs_promtool = pytest.mark.skipif(
    shutil.which("promtool") is None, reason="promtool is not installed"
)


def promtool(folder: Path, *arguments: str) -> str:
    (folder / "rules.yaml").write_text(yaml.safe_dump(bare(RULE)))
    ended = subprocess.run(
        [str(shutil.which("promtool")), *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def bare(rule: Any) -> Any:
    """Return rules without annotations, which the tests of alerts would have to repeat."""
    groups = [
        {**group, "rules": [{**each, "annotations": {}} for each in group["rules"]]}
        for group in rule["groups"]
    ]
    return {"groups": groups}


@needs_promtool
def test_o5_the_rules_load(tmp_path: Path) -> None:
    """Prometheus takes them as they are."""
    assert f"{len(ALERTS)} rules found" in promtool(tmp_path, "check", "rules", "rules.yaml")


@needs_promtool
def test_each_alert_fires_and_does_not(tmp_path: Path) -> None:
    """Over series as the controller has them; no alert is left out."""
    shutil.copy(TESTS, tmp_path)
    promtool(tmp_path, "test", "rules", TESTS.name)


def test_no_alert_is_without_its_test() -> None:
    """Each is seen firing once, and silent once."""
    seen = [
        (case["alertname"], bool(case.get("exp_alerts")))
        for test in manifests.read(TESTS)[0]["tests"]
        for case in test["alert_rule_test"]
    ]
    assert set(seen) == {(alert, fires) for alert in ALERTS for fires in (True, False)}


def test_every_alert_has_a_severity_and_a_section_of_the_runbook() -> None:
    """The link of an alert leads to a heading, and each heading is an alert's."""
    headings = re.findall(r"^## (\w+)$", RUNBOOK, flags=re.MULTILINE)
    assert headings == list(ALERTS)
    for name, rule in ALERTS.items():
        assert rule["labels"]["severity"] in {"critical", "warning", "info"}
        assert rule["annotations"]["runbook_url"] == f"docs/runbook.md#{name.lower()}"
        assert rule["annotations"]["summary"].endswith(".")


def test_the_dashboard_fits_its_grid_and_every_panel_says_what_it_shows() -> None:
    """No panel lies over another, or beyond the 24 columns."""
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        at = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(at["x"], at["x"] + at["w"])
            for y in range(at["y"], at["y"] + at["h"])
        }
        assert not cells & taken
        assert max(x for x, _ in cells) < 24
        assert panel["title"]
        taken |= cells
