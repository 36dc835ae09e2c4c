"""Candidates are gathered, so that a mass deletion is seen as one."""

from types import SimpleNamespace

import pytest

from clusterimport.controllers.queues import DeletionKey
from clusterimport.controllers.shared.candidates import Candidate, Candidates
from tests.fakes.aio.manualclock import ManualClock
from tests.fakes.controllers.addedkeys import AddedKeys, NoObjects
from tests.fakes.controllers.importobjects import lifecycle_body, lifecycle_owner, pediacluster_body

A = Candidate("a", "1")
B = Candidate("b", "2")
P = DeletionKey("p")
Q = DeletionKey("q")


def make() -> tuple[Candidates, ManualClock, list[tuple[DeletionKey, float]]]:
    """Return candidates with a clock in our hands and the wake-ups they asked for."""
    clock = ManualClock()
    woken = AddedKeys()
    queues = SimpleNamespace(deletions=woken, policies=AddedKeys())
    return Candidates(clock, queues, NoObjects()), clock, woken


def of(tenant: str, number: int = 0) -> Candidate:
    """Return a candidate of a tenant."""
    return Candidate(f"{tenant}{number}", f"{tenant}{number}", tenant)


def test_the_window_closes_two_seconds_after_the_last_newcomer() -> None:
    """A newcomer holds the window open; proposing the same one again does not."""
    candidates, clock, woken = make()

    candidates.propose("p", A)
    clock.advance(1.5)
    candidates.propose("p", A)
    assert candidates.seconds_left(P) == 0.5
    candidates.propose("p", B)
    assert candidates.seconds_left(P) == 2.0
    clock.advance(2.0)

    assert candidates.seconds_left(P) == 0.0
    assert candidates.of(P) == (A, B)
    assert woken == [(P, 2.0), (P, 2.0)]


def test_a_wave_cannot_hold_the_window_open_for_ever() -> None:
    """After ten seconds the window closes, however many still come."""
    candidates, clock, _ = make()

    for number in range(10):
        candidates.propose("p", Candidate(f"c{number}", str(number)))
        clock.advance(1.0)

    assert candidates.seconds_left(P) == 0.0
    candidates.propose("p", Candidate("late", "99"))
    assert candidates.seconds_left(P) == 2.0


def test_a_withdrawn_candidate_is_forgotten_and_the_others_looked_at() -> None:
    """Withdrawing wakes the tenant within a second, and does nothing for an unknown name."""
    candidates, _, woken = make()
    candidates.propose("p", A)
    woken.clear()

    candidates.withdraw("p", "nobody")
    assert woken == []
    candidates.withdraw("p", "a")

    assert candidates.of(P) == ()
    assert woken == [(P, 1.0)]
    assert candidates.seconds_left(P) == 0.0


def test_policies_do_not_share_a_window() -> None:
    """Candidates of one policy do not delay those of another."""
    candidates, clock, _ = make()
    candidates.propose("p", A)
    clock.advance(2.0)
    candidates.propose("q", B)

    assert candidates.seconds_left(P) == 0.0
    assert candidates.of(P) == (A,)
    assert candidates.of(Q) == (B,)


def test_a_candidate_belongs_to_the_namespace_of_its_source() -> None:
    """What is judged together is one tenant's; one whose source has changed moves to another."""
    candidates, _, _ = make()
    body = lifecycle_body("mcp-one")
    candidates.propose("p", Candidate.of(body, None))
    assert [each.name for each in candidates.of(DeletionKey("p", "namespace/team"))] == ["mcp-one"]
    body["spec"]["source"]["namespace"] = "other"
    candidates.propose("p", Candidate.of(body, None))

    assert candidates.of(DeletionKey("p", "namespace/team")) == ()
    assert len(candidates.of(DeletionKey("p", "namespace/other"))) == 1
    assert candidates.tenants("p") == {"namespace/other"}
    assert len(candidates.of_policy("p")) == 1
    assert candidates.includes("p", "mcp-one")


def test_t53_a_forged_source_makes_nobody_elses_candidate() -> None:
    """What the status says, or the mark on the PediaCluster, outranks what anybody can write."""
    body = lifecycle_body("mcp-one")
    body["metadata"]["uid"] = "u"
    body["spec"]["source"]["namespace"] = "forged"
    mark = {"policy.clusterpedia.io/source": "clusters.cluster.mcp.io/team/one"}
    cluster = pediacluster_body("mcp-one", owners=[lifecycle_owner("mcp-one", "u")])
    cluster["metadata"]["annotations"] = mark

    assert Candidate.of(body, None).tenant == "namespace/forged"
    assert Candidate.of(body, cluster).tenant == "namespace/team"
    body["status"] = {"source": "clusters.cluster.mcp.io/team/one"}
    assert Candidate.of(body, None).tenant == "namespace/team"


def test_t53_one_tenant_holds_nobody_elses_window_open() -> None:
    """However often one's candidates come and go, another's window closes after two seconds."""
    candidates, clock, woken = make()
    candidates.propose("p", of("b"))
    for number in range(20):
        candidates.propose("p", of("a", number % 7))
        clock.advance(0.1)
        candidates.withdraw("p", f"a{number % 7}")

    assert candidates.seconds_left(DeletionKey("p", "b")) == pytest.approx(0.0, abs=1e-9)
    assert (DeletionKey("p", "b"), 2.0) in woken
    assert len([key for key, _ in woken if key.tenant == "b"]) == 1


def test_t53_a_wave_over_many_tenants_is_seen_as_one() -> None:
    """Newcomers of several others hold the window open, for ten seconds at most."""
    candidates, clock, _ = make()
    candidates.propose("p", of("b"))
    for number in range(4):
        clock.advance(1.5)
        candidates.propose("p", of(f"x{number}"))
    key = DeletionKey("p", "b")
    # The last of them might be one that wants to hold everybody; the last but one counts.
    assert candidates.seconds_left(key) == 0.5
    for number in range(4, 9):
        clock.advance(0.5)
        candidates.propose("p", of(f"x{number}"))
    assert candidates.seconds_left(key) == 1.5
    clock.advance(1.5)
    assert candidates.seconds_left(key) == 0.0


def test_t53_a_tenant_alone_with_another_is_gathered_by_itself() -> None:
    """Where all have gone, nothing of them is left to hold a window open."""
    candidates, clock, _ = make()
    for tenant in "xyz":
        candidates.propose("p", of(tenant))
    for tenant in "xyz":
        candidates.withdraw("p", f"{tenant}0")
    candidates.propose("p", of("b"))
    clock.advance(1.9)

    assert candidates.seconds_left(DeletionKey("p", "b")) == pytest.approx(0.1)
    assert candidates.of_policy("p") == (of("b"),)


def test_a_condemned_lifecycle_is_so_until_it_is_reprieved() -> None:
    """The lifecycle reconciler keeps off what is being deleted, and only that."""
    candidates, _, _ = make()
    candidates.condemn("a")

    assert candidates.is_condemned("a")
    assert not candidates.is_condemned("b")
    candidates.reprieve("a")
    assert not candidates.is_condemned("a")
