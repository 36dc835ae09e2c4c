"""docs/metrics.md says what the code counts."""

import json
import re
from pathlib import Path

import pytest
import yaml

from clusterimport.cli.flags import GROUPS
from clusterimport.controllers.policies.status import COUNTS
from clusterimport.controllers.shared.tally import State
from clusterimport.limits.counted import Limit
from clusterimport.observability.metrics import DEFAULT_LEASE_NAME, Metrics
from tests.fakes.aio.manualclock import ManualClock
from tests.fakes.observability.prometheus import Scrape

TEXT = (Path(__file__).parents[3] / "docs" / "metrics.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| `(clusterimport_\w+)` \|([^|]*)\| (.*) \|$", re.MULTILINE)
SERIES = re.compile(r"\b(?:clusterimport|controller_runtime|leader_election|process|workqueue)_\w+")
PROCESS = {"process_resident_memory_bytes"}
MONITORING = Path(__file__).parents[3] / "manifests" / "components" / "monitoring"


def families():
    """Return the names of all families as Prometheus stores them."""
    metrics = Metrics(clock=ManualClock(), by_cluster=True)
    return {
        family.name + ("_total" if family.type == "counter" else "")
        for family in metrics.registry.collect()
    }


def test_every_family_of_our_own_is_in_the_table():
    """None is missing, and none is told of that is not there."""
    ours = {name for name in families() if name.startswith("clusterimport_")}

    assert {name for name, _, _ in ROW.findall(TEXT)} == ours


def test_the_labels_are_those_of_the_code():
    """As a scrape shows them, where each has been used once."""
    metrics = Metrics(clock=ManualClock(), by_cluster=True)
    metrics.health.probed("p", "one", "Reachable", 0.1)
    metrics.health.credential_read("p", "one", 1e9, ["InsecureTLS"])
    metrics.imports.sources("p", "imported", 1)
    metrics.imports.rejected("p", "NameConflict")
    metrics.imports.deletions_blocked("p", 1)
    metrics.imports.delete_blocked("p")
    metrics.informers.informer_started("i")
    metrics.informers.request_failed("i", "list", "Forbidden")
    metrics.informers.event_ignored("i", "stale")
    metrics.rest.watch_event_skipped(resource="secrets", reason="unknown kind")
    metrics.silence.follow("api_server", lambda: 1.0)
    scrape = Scrape(metrics)

    for name, labels, _ in ROW.findall(TEXT):
        told = set(re.findall(r"`(\w+)`", labels))
        assert scrape.labels[name.removesuffix("_total")] == told, name


def test_every_state_is_told():
    """A dashboard that sums states misses none."""
    (told,) = [text for name, _, text in ROW.findall(TEXT) if name == "clusterimport_sources"]

    assert all(f"`{state}`" in told for state in (*COUNTS, State.PENDING, State.UNREACHABLE))


def test_t59_every_bound_that_is_counted_is_told():
    """What it means, what happens then, and where to look; flags named there exist."""
    (table,) = re.findall(r"^## Bounds\n(.*?)^## ", TEXT, re.MULTILINE | re.DOTALL)
    rows = [line.strip("| ").split(" | ") for line in table.splitlines() if line.startswith("| `")]

    assert [row[0] for row in rows[1:]] == [f"`{limit}`" for limit in Limit]
    assert all(len(row) == len(rows[0]) and all(row) for row in rows)
    known = {name for group in GROUPS for flag in group.flags for name in flag.opts}
    assert set(re.findall(r"`(--[a-z-]+)", table)) <= known


def queries():
    """Return what alerts and dashboard ask, as text."""
    (rule,) = yaml.safe_load_all((MONITORING / "prometheus-rule.yaml").read_text("utf-8"))
    alerts = [rule["expr"] for group in rule["spec"]["groups"] for rule in group["rules"]]
    dashboard = json.loads((MONITORING / "clusterimport.json").read_text("utf-8"))
    return alerts + [each["expr"] for panel in dashboard["panels"] for each in panel["targets"]]


@pytest.mark.parametrize("query", queries())
def test_alerts_and_dashboard_ask_for_what_there_is(query):
    """They name series, states and the lease as they are: none is asked for in vain."""
    names = {re.sub(r"_bucket$", "", name) for name in SERIES.findall(query)}
    assert names
    assert names <= families() | PROCESS
    for states in re.findall(r'state=~?"([\w|]+)"', query):
        assert all(State(state) for state in states.split("|"))
    assert set(re.findall(r'\{name="([^"]+)"', query)) <= {DEFAULT_LEASE_NAME}
