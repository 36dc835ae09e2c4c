"""What the import and its templates show."""

from tests.fakes.observability.prometheus import Scrape


def test_a_policy_that_is_seen_first_has_no_blocked_deletions(metrics):
    """The series an alert looks at exist before it could fire."""
    metrics.imports.sources("p", "imported", 3)

    scrape = Scrape(metrics)
    assert scrape.value("clusterimport_sources", policy="p", state="imported") == 3
    assert scrape.value("clusterimport_deletions_blocked", policy="p") == 0
    assert scrape.value("clusterimport_delete_blocked_total", policy="p") == 0


def test_what_happens_to_a_policy_is_counted_under_its_name(metrics):
    """Blocks, decisions, rejections, writes and latency have their own series."""
    metrics.imports.deletions_blocked("p", 50)
    metrics.imports.delete_blocked("p")
    metrics.imports.rejected("p", "NameConflict")
    metrics.imports.rejected("p", "NameConflict")
    metrics.imports.written("pediaclusters", "create")
    metrics.imports.import_latency(0.75)

    scrape = Scrape(metrics)
    assert scrape.value("clusterimport_deletions_blocked", policy="p") == 50
    assert scrape.value("clusterimport_delete_blocked_total", policy="p") == 1
    rejected = scrape.value("clusterimport_rejected_total", policy="p", reason="NameConflict")
    assert rejected == 2
    writes = "clusterimport_writes_total"
    assert scrape.value(writes, resource="pediaclusters", verb="create") == 1
    assert scrape.value(writes, resource="pediaclusters", verb="delete") == 0
    assert scrape.value("clusterimport_import_latency_seconds_sum") == 0.75


def test_a_policy_that_is_gone_leaves_no_series(metrics):
    """Nothing of it is left, nothing of another one is lost, and it may come back."""
    for policy in ("gone", "stays"):
        metrics.imports.sources(policy, "imported", 1)
        metrics.imports.sources(policy, "failed", 1)
        metrics.imports.rejected(policy, "NameConflict")
        metrics.imports.deletions_blocked(policy, 1)
    metrics.imports.forget_policy("gone")
    metrics.imports.forget_policy("gone")
    metrics.imports.forget_policy("never seen")

    scrape = Scrape(metrics)
    names = {dict(labels).get("policy") for _, labels in scrape.samples}
    assert names == {None, "stays"}
    assert len(scrape.series("clusterimport_sources")) == 2

    metrics.imports.sources("gone", "imported", 2)
    again = Scrape(metrics)
    assert again.value("clusterimport_sources", policy="gone", state="imported") == 2
    assert again.series("clusterimport_rejected_total").keys() == {
        frozenset({("policy", "stays"), ("reason", "NameConflict")})
    }


def test_who_leads_no_more_shows_no_state_of_today(metrics):
    """Its last numbers would let alerts fire for ever; what was counted stays counted."""
    metrics.imports.sources("p", "failed", 2)
    metrics.imports.rejected("p", "NameConflict")
    metrics.imports.deletions_blocked("p", 50)
    metrics.imports.term_ended()

    scrape = Scrape(metrics)
    assert scrape.series("clusterimport_sources") == {}
    assert scrape.value("clusterimport_deletions_blocked", policy="p") == 0
    rejected = scrape.value("clusterimport_rejected_total", policy="p", reason="NameConflict")
    assert rejected == 1
    metrics.imports.sources("p", "imported", 3)
    assert Scrape(metrics).value("clusterimport_sources", policy="p", state="imported") == 3
    metrics.imports.term_ended()
    metrics.imports.forget_policy("p")
    assert {dict(labels).get("policy") for _, labels in Scrape(metrics).samples} == {None}


def test_evaluations_are_counted_by_kind(metrics):
    """Known kinds have a series already, an unknown one gets one."""
    metrics.engine.evaluated("selector")
    metrics.engine.evaluated("selector")
    metrics.engine.evaluated("other")

    scrape = Scrape(metrics)
    assert scrape.value("clusterimport_evaluations_total", kind="selector") == 2
    assert scrape.value("clusterimport_evaluations_total", kind="other") == 1
    assert scrape.value("clusterimport_evaluations_total", kind="name") == 0
