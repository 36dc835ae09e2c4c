"""What stands in the columns of ``get``."""

from datetime import UTC, datetime

import pytest

from clusterimport.live.tables import TABLES, human_duration
from development.manifests import base, the
from tests.fakes.live.standingobjects import lifecycle, pediacluster, policy

NOW = datetime(2026, 1, 1, 1, 0, 0, tzinfo=UTC)
POLICY, LIFECYCLE, PEDIACLUSTER = TABLES


def cells(table, obj, *, wide=False):
    titles = [column.title for column in table.shown(wide=wide)]
    return dict(zip(titles, table.row(obj, NOW, wide=wide), strict=True))


def test_a_policy_shows_its_numbers():
    """As kubectl does, from the same fields."""
    assert cells(POLICY, policy()) == {
        "NAME": "cluster-api",
        "READY": "True",
        "REASON": "Imported",
        "SELECTED": "1",
        "IMPORTED": "1",
        "WAITING": "0",
        "FAILED": "0",
        "AGE": "60m",
    }


def test_a_lifecycle_shows_its_source_in_short_and_its_type_when_asked():
    """Eighty columns have room for the first alone."""
    short, wide = cells(LIFECYCLE, lifecycle()), cells(LIFECYCLE, lifecycle(), wide=True)
    assert (short["POLICY"], short["SOURCE"]) == ("cluster-api", "team-a/blue")
    assert wide["SOURCETYPE"] == "clusters.cluster.x-k8s.io"
    assert wide["CREATED"] == "PediaClusterCreated"


def test_a_lifecycle_without_status_shows_what_its_spec_says():
    """One that Clusterpedia made, or that is a second old."""
    bare = lifecycle() | {
        "status": None,
        "spec": {"source": {"group": "", "resource": "nodes", "name": "n", "version": "v1"}},
    }
    assert cells(LIFECYCLE, bare, wide=True) | {"AGE": ""} == {
        "NAME": "team-a-blue",
        "POLICY": "cluster-api",
        "SOURCE": "n",
        "SOURCETYPE": "nodes",
        **dict.fromkeys(("READY", "REASON", "AGE", "CREATED", "UPDATING"), ""),
    }


def test_one_that_waits_shows_what_for():
    """``Ready`` has nothing to say before the creation; ``Created`` has."""
    waiting = lifecycle()
    waiting["status"]["conditions"] = [
        {"type": "Created", "status": "False", "reason": "WaitCreationCondition"}
    ]
    assert cells(LIFECYCLE, waiting)["REASON"] == "WaitCreationCondition"


def test_one_that_is_being_deleted_says_so():
    """Whatever its conditions still say."""
    leaving = policy()
    leaving["metadata"]["deletionTimestamp"] = "2026-01-01T00:59:00Z"
    assert cells(POLICY, leaving)["REASON"] == "Terminating"


def test_no_column_shows_a_credential():
    """Addresses and versions only."""
    shown = " ".join(PEDIACLUSTER.row(pediacluster(), NOW, wide=True))
    assert "v1.34.1" in shown
    assert pediacluster()["spec"]["tokenData"] not in shown


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.title)
def test_every_column_that_kubectl_shows_is_shown(table):
    """The CRDs and this view tell the same."""
    name = str(table.gvr.group_resource)
    crd = the("CustomResourceDefinition", name, base())
    columns = crd["spec"]["versions"][0]["additionalPrinterColumns"]
    shown = {column.title for column in table.shown(wide=True)}
    # Of kubectl's OBJECT they are parts: one JSONPath joins none.
    shown |= {"OBJECT"} if {"SOURCE", "SOURCETYPE"} <= shown else set()
    assert {column["name"].upper() for column in columns} - shown == set()


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-3, "0s"),
        (119, "119s"),
        (120, "2m"),
        (150, "2m30s"),
        (600, "10m"),
        (3 * 3600, "3h"),
        (3 * 3600 + 660, "3h11m"),
        (8 * 3600, "8h"),
        (48 * 3600, "2d"),
        (50 * 3600, "2d2h"),
        (8 * 86400, "8d"),
        (2 * 365 * 86400 + 86400, "2y1d"),
        (9 * 365 * 86400, "9y"),
    ],
)
def test_ages_are_written_as_kubectl_writes_them(seconds, text):
    """``duration.HumanDuration`` of apimachinery."""
    assert human_duration(seconds) == text
