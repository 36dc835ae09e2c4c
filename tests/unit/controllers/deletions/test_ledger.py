"""What the status of a policy remembers of deletions."""

from datetime import UTC, datetime, timedelta

from clusterimport.controllers.deletions.ledger import (
    PastDeletion,
    bounded,
    created_at,
    parse_deletions,
    recent,
)
from clusterimport.limits.deletions import DELETIONS_REMEMBERED

MOMENT = datetime(2026, 1, 1, 12, 0, 0, tzinfo=UTC)
NOW = MOMENT.timestamp()
LONG_AGO = "2025-01-01T00:00:00Z"


def ago(**period):
    return (MOMENT - timedelta(**period)).isoformat()


def churned(number, namespace="a"):
    """Return one of many short-lived ones; a higher number went later."""
    gone = MOMENT - timedelta(seconds=500 - number / 100)
    came = (gone - timedelta(seconds=3)).isoformat()
    return PastDeletion(f"c{number}", f"{namespace}{number}", gone.isoformat(), namespace, came)


def test_a_deletion_counts_for_ten_minutes():
    """A deletion leaves the window after ten minutes, not before."""
    young = PastDeletion("a", "1", ago(minutes=9, seconds=59))
    old = PastDeletion("b", "2", ago(minutes=10))

    assert recent([young, old], NOW) == (young,)


def test_what_a_status_holds_is_read_back():
    """Entries are read as they were written; nonsense is left out and does not raise."""
    entry = PastDeletion("a", "1", "2026-01-01T11:59:00Z")
    full = PastDeletion("b", "2", "2026-01-01T11:59:00Z", "team", "2026-01-01T11:00:00Z")
    nonsense = [{"name": "x"}, 7, {"name": "y", "time": "soon"}]

    assert parse_deletions([entry.to_dict(), full.to_dict(), *nonsense]) == (entry, full)
    assert entry.to_dict() == {"name": "a", "uid": "1", "time": "2026-01-01T11:59:00Z"}
    assert parse_deletions(None) == ()


def test_an_entry_of_an_older_version_is_of_a_cluster_that_stood():
    """Without a moment of its creation a cluster counts as one that was there long ago."""
    entry = PastDeletion("a", "1", ago(minutes=1))

    assert entry.loss == (0.0, NOW - 60.0)
    assert created_at({"metadata": {}}) == 0.0
    assert created_at({"metadata": {"creationTimestamp": ago(minutes=2)}}) == NOW - 120.0


def test_t53_of_a_namespaces_churn_its_share_is_remembered():
    """Of a thousand that came and went the last five are kept, and everything else."""
    old = [PastDeletion(f"o{n}", f"o{n}", ago(seconds=550), "a", LONG_AGO) for n in range(5)]
    other = [churned(n, "b") for n in range(7)]
    churn = [churned(n) for n in range(1000)]
    kept = bounded([*churn, *other, *old], NOW, namespace="a", share=5)

    assert set(kept) == {*old, *other, *churn[-5:]}
    assert list(kept) == sorted(kept, key=lambda each: each.loss.gone)


def test_t53_the_status_of_a_policy_stays_small():
    """Whatever goes, no more is remembered than an object can hold; what stood is kept longest."""
    old = [PastDeletion(f"o{n}", f"o{n}", ago(seconds=550), "a", LONG_AGO) for n in range(1500)]
    churn = [churned(n, f"n{n % 300}") for n in range(3000)]
    kept = bounded([*old, *churn], NOW, namespace="x", share=5)

    assert len(kept) == DELETIONS_REMEMBERED
    assert set(kept) == {*old, *churn[-500:]}
