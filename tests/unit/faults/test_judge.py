"""Each invariant takes a good run, and sees what is wrong with one that was doctored."""

import base64
import json
from dataclasses import replace
from typing import Any

import pytest

from tests.faults.judge import ALWAYS, INVARIANTS, judge
from tests.faults.judge.record import (
    Change,
    Connection,
    Outage,
    Run,
    Sample,
    Source,
    TooLittleTrafficError,
)
from tests.harness.proxy.history import Exchange
from tests.harness.proxy.request import Request

CLUSTERS = "/apis/cluster.clusterpedia.io/v1alpha2/pediaclusters"
LIFECYCLES = "/apis/policy.clusterpedia.io/v1alpha1/pediaclusterlifecycles"
LEASE = "/apis/coordination.k8s.io/v1/namespaces/clusterpedia-system/leases/lease"
SOURCE = "/api/v1/namespaces/default/configmaps/{}"
SECRET = "token-of-one-000001"
URL = "https://192.0.2.1:6443/{:06}"
FENCE = {"preconditions": {"uid": "u", "resourceVersion": "7"}}


def exchange(
    at: float, method: str, path: str, body: Any = None, *, code: int = 200, who: str = "leader"
) -> Exchange:
    """Return a request that was answered a tenth of a second later."""
    request = Request.read(
        method,
        path,
        {},
        body=b"" if body is None else json.dumps(body).encode(),
        headers={"Authorization": who},
        at=at,
    )
    return Exchange(request, code, code, at + 0.1)


def spec(number: int) -> dict[str, Any]:
    """Return a connection of this number."""
    token = base64.b64encode(f"token-of-one-{number:06}".encode()).decode()
    return {"apiserver": URL.format(number), "tokenData": token}


def created(at: float, name: str, number: int = 1) -> Exchange:
    """Return the creation of a PediaCluster."""
    owners = [{"kind": "PediaClusterLifecycle", "name": name}]
    body = {"metadata": {"name": name, "ownerReferences": owners}, "spec": spec(number)}
    return exchange(at, "POST", CLUSTERS, body, code=201)


def patched(at: float, name: str, number: int, **more: Any) -> Exchange:
    """Return a change of its connection."""
    body = {"metadata": {"resourceVersion": "7"}, "spec": spec(number)}
    return exchange(at, "PATCH", f"{CLUSTERS}/{name}", body, **more)


def renewed(at: float, who: str = "leader") -> Exchange:
    """Return a renewal of the lease."""
    return exchange(at, "PUT", LEASE, {"spec": {"holderIdentity": "me"}}, who=who)


def sample(at: float, **more: Any) -> Sample:
    """Return what a replica that is well tells."""
    return Sample(
        **{
            "at": at,
            "is_ready": True,
            "open_files": 40,
            "resident_bytes": 100 << 20,
            "queued": 0,
            "silence_seconds": 0.1,
            **more,
        }
    )


def good() -> Run:
    """Return a run in which one cluster was imported, rotated, and another one deleted."""
    stood = {"apiserver": URL.format(2), "tokenData": spec(2)["tokenData"]}
    refusal = {
        "type": "Created",
        "status": "False",
        "reason": "CredentialRejected",
        "message": "told",
    }
    return Run(
        exchanges=[
            renewed(100),
            created(101, "one"),
            created(102, "two"),
            patched(103, "one", 2),
            exchange(105, "GET", SOURCE.format("two"), code=404),
            exchange(106, "DELETE", f"{CLUSTERS}/two", FENCE),
            renewed(108),
            renewed(116),
        ],
        changes=[
            Change(102.5, "patch", "secrets", "one"),
            Change(104, "delete", "configmaps", "two"),
        ],
        wanted={"one": Connection(apiserver=stood["apiserver"], token=stood["tokenData"])},
        refused={"bad": frozenset({"CredentialRejected"})},
        sources={
            name: Source("configmaps", "default", name, "p") for name in ("one", "two", "bad")
        },
        foreign=frozenset({"theirs"}),
        pediaclusters={"one": {"spec": stood}, "theirs": {}},
        lifecycles={"bad": {"status": {"conditions": [refusal]}}},
        policies={"p": {"status": {"failed": 1, "waiting": 0}}},
        events=[{"reason": "CredentialRejected", "regarding": {"name": "bad"}}],
        texts={"the log": "all is well"},
        secrets=frozenset({SECRET}),
        samples=[sample(99), sample(170, is_ready=False, silence_seconds=70), sample(201)],
        outages=[Outage(100, 180)],
        settled=110,
        ended=118,
        latencies=([0.1, 0.2], [0.3]),
        reference={"PediaCluster one": {"spec": 1}},
        essence={"PediaCluster one": {"spec": 1}},
    )


def with_more(*more: Exchange, **facts: Any) -> Run:
    """Return the good run with more requests, in the order of time."""
    exchanges = sorted([*good().exchanges, *more], key=lambda each: each.started)
    return replace(good(), exchanges=exchanges, **facts)


LATE = patched(119.5, "one", 3)
LATE_RUN = replace(
    with_more(LATE, renewed(130)),
    exchanges=[each for each in with_more(LATE).exchanges if each.started < 108 or each is LATE],
)

DOCTORED: dict[str, tuple[str, Run, str]] = {
    "missing": ("I1", replace(good(), pediaclusters={}), "PediaCluster one is missing"),
    "stale": ("I1", replace(good(), pediaclusters={"one": {"spec": spec(1)}}), "should be"),
    "too many": (
        "I1",
        replace(good(), pediaclusters={**good().pediaclusters, "two": {}}),
        "two should not be there",
    ),
    "written for nothing": ("I2", with_more(patched(112, "one", 2)), "though nothing had changed"),
    "a stranger's": ("I3", with_more(patched(107, "theirs", 2)), "somebody else"),
    "a stranger's, and refused": ("I3", with_more(patched(107, "theirs", 2, code=409)), "somebody"),
    "unmarked": (
        "I3",
        with_more(exchange(107, "POST", CLUSTERS, {"metadata": {"name": "x"}}, code=201)),
        "without a mark",
    ),
    "unfenced delete": (
        "I4",
        with_more(exchange(107, "DELETE", f"{CLUSTERS}/two", {})),
        "without uid and resourceVersion",
    ),
    "delete without a reason": (
        "I4",
        with_more(
            exchange(107, "GET", SOURCE.format("three")),
            exchange(107.5, "DELETE", f"{CLUSTERS}/three", FENCE),
        ),
        "nobody gave a reason",
    ),
    "delete without a look": (
        "I4",
        replace(good(), exchanges=[e for e in good().exchanges if e.request.verb != "get"]),
        "nobody looked",
    ),
    "a look before the reason": (
        "I4",
        replace(
            good(),
            changes=[Change(105.5, "delete", "configmaps", "two")],
        ),
        "nobody looked",
    ),
    "over the budget": ("I4", replace(good(), budget=0), "the budget is 0"),
    "an older token": ("I5", with_more(patched(107, "one", 1)), "apiserver 2 was there"),
    "no lease": ("I6", with_more(patched(107, "one", 3, who="other")), "never had the lease"),
    "after the deadline": ("I6", LATE_RUN, "after the deadline"),
    "unfenced patch": (
        "I6",
        with_more(exchange(107, "PATCH", f"{CLUSTERS}/one", {"spec": spec(3)})),
        "without the version",
    ),
    "at once": ("I7", with_more(patched(103.05, "one", 2)), "at once"),
    "left in a queue": ("I7", replace(good(), samples=[sample(201, queued=3)]), "3 keys wait"),
    "slow for others": ("I8", replace(good(), latencies=([0.1], [1.5])), "waited 1.50 s"),
    "created twice": ("I9", with_more(created(107, "one", 2)), "2 times create"),
    "patched twice": ("I9", with_more(patched(107, "one", 2)), "2 times patch"),
    "told in the log": ("I10", replace(good(), texts={"the log": f"x {SECRET}"}), "in the log"),
    "told in a status": (
        "I10",
        with_more(exchange(107, "PATCH", f"{LIFECYCLES}/one/status", {"message": SECRET})),
        "the request",
    ),
    "ready in an outage": (
        "I11",
        replace(good(), samples=[sample(170, silence_seconds=70)]),
        "ready 70 s into an outage",
    ),
    "no silence told": (
        "I11",
        replace(good(), samples=[sample(170, is_ready=False)]),
        "no silence is told",
    ),
    "files left open": (
        "I12",
        replace(good(), samples=[sample(99), sample(201, open_files=90)]),
        "90 after",
    ),
    "memory kept": (
        "I12",
        replace(good(), samples=[sample(99), sample(201, resident_bytes=200 << 20)]),
        "200.0 MiB after",
    ),
    "no condition": ("I13", replace(good(), lifecycles={}), "should tell"),
    "not counted": ("I13", replace(good(), policies={}), "policies count 0"),
    "no Event": ("I13", replace(good(), events=[]), "no Event tells of bad"),
    "another end": (
        "I14",
        replace(good(), essence={"PediaCluster one": {"spec": 2}}),
        "different in spec",
    ),
}


@pytest.mark.parametrize("name", INVARIANTS)
def test_a_good_run_breaks_nothing(name: str) -> None:
    """An import, a rotation and a deletion in their order are fine."""
    assert INVARIANTS[name](good()) == []


@pytest.mark.parametrize("case", DOCTORED)
def test_a_doctored_run_is_seen(case: str) -> None:
    """What is wrong is told, with the request that shows it."""
    name, run, told = DOCTORED[case]
    assert any(told in each for each in INVARIANTS[name](run))


def test_a_server_that_was_set_back_has_what_it_lost_created_again() -> None:
    """What came since the copy is gone without a DELETE; more than once is too much still."""
    lost = [*good().changes, Change(106.5, "restore", "*", "*")]
    again = with_more(created(107, "one", 2), changes=lost)
    assert INVARIANTS["I9"](again) == []
    twice = with_more(created(107, "one", 2), created(108, "one", 3), changes=lost)
    assert any("3 times create" in each for each in INVARIANTS["I9"](twice))


def test_the_verdict_names_each_invariant_that_is_broken() -> None:
    """All are asked, and each violation is told with its invariant."""
    judge(good(), "I8", "I11", "I14")
    run = replace(good(), pediaclusters={}, events=[], latencies=([0.1], [9.0]))
    with pytest.raises(AssertionError) as error:
        judge(run, "I8", but=("I13",))
    told = str(error.value).splitlines()
    assert [line.split()[0] for line in told] == ["I1", "I8"]


@pytest.mark.parametrize("name", INVARIANTS)
def test_a_run_without_traffic_proves_nothing(name: str) -> None:
    """Where nothing happened, nothing can have gone wrong: such a run fails."""
    with pytest.raises(TooLittleTrafficError):
        INVARIANTS[name](Run())


def test_a_run_that_was_quiet_for_a_moment_proves_no_quiet() -> None:
    """A status is written once a second, so that a moment without writes shows nothing."""
    with pytest.raises(TooLittleTrafficError, match="quiet for less"):
        INVARIANTS["I2"](replace(good(), settled=117))


def test_no_credential_shows_in_what_the_judge_says() -> None:
    """Requests are told by their verb, object and digest."""
    told = [each for name, run, _ in DOCTORED.values() for each in INVARIANTS[name](run)]
    assert len(told) >= len(DOCTORED)
    assert "token-of-one" not in "".join(told)
    assert spec(1)["tokenData"] not in "".join(told) + repr(good()) + repr(good().exchanges)


def test_every_invariant_was_seen_red() -> None:
    """There is a doctored run for each."""
    assert {name for name, _, _ in DOCTORED.values()} == set(INVARIANTS)
    assert set(ALWAYS) < set(INVARIANTS)
