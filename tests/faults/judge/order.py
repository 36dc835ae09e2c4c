"""Who writes when: one leader, one write at a time for an object, and none without a reason."""

from collections import defaultdict
from itertools import pairwise

from tests.faults.judge.record import EVENTS, LEASES, LIFECYCLES, PEDIACLUSTERS, POLICIES, Run, need
from tests.harness.proxy.history import Exchange

QUIET_SECONDS = 5.0
"""Shorter than that, a quiet time shows nothing: a status is written once a second."""


def stays_quiet(run: Run) -> list[str]:
    """I2: where all is as it should be, nothing but the lease and Events is written."""
    later = [each for each in run.exchanges if each.started > run.settled]
    need(run.ended - run.settled >= QUIET_SECONDS, f"it was quiet for less than {QUIET_SECONDS} s")
    need(
        [each for each in later if each.request.is_write and each.request.resource == LEASES],
        "nobody renewed the lease: maybe nobody was there",
    )
    return [
        f"though nothing had changed: {each}"
        for each in later
        if each.request.is_write and each.request.resource not in {LEASES, EVENTS}
    ]


def one_leads(run: Run) -> list[str]:
    """I6: no write starts without a lease, and each names the version that it means.

    A lease is there from the start of a renewal that succeeded until the renew deadline.
    """
    written = run.tried(PEDIACLUSTERS, LIFECYCLES, POLICIES)
    renewed: dict[str, list[float]] = defaultdict(list)
    for each in run.writes(LEASES):
        spec = (each.request.json() or {}).get("spec") or {}
        if spec.get("holderIdentity"):
            renewed[each.request.client].append(each.started)
    need(renewed, "nobody has held the lease")
    need(written, "nothing was written")
    found: list[str] = []
    for each in written:
        before = [at for at in renewed[each.request.client] if at <= each.started]
        late = each.started - max(before, default=0.0) - run.renew_deadline_seconds
        if late > 0:
            since = f"{late:.1f} s after the deadline" if before else "it never had the lease"
            found.append(f"{since}: {each}")
        if not _is_fenced(each):
            found.append(f"without the version that it means: {each}")
    return found


def one_write_at_a_time(run: Run) -> list[str]:
    """I7: no two writes of an object run at once, and at the end no key waits."""
    need(run.samples, "nobody looked at the queues")
    by_object: dict[tuple[str, ...], list[Exchange]] = defaultdict(list)
    # The status of a policy has two writers: what is deleted is noted in it, too.
    for each in run.tried(PEDIACLUSTERS, LIFECYCLES):
        request = each.request
        by_object[request.client, request.resource, request.name, request.subresource].append(each)
    need(by_object, "nothing was written")
    found = [
        f"at once: {earlier}; {later}"
        for writes in by_object.values()
        for earlier, later in pairwise(writes)
        # Nobody knows when a client gave up that was told nothing.
        if earlier.code and later.started < earlier.ended
    ]
    if run.samples[-1].queued:
        found.append(f"{run.samples[-1].queued:g} keys wait at the end")
    return found


def _is_fenced(exchange: Exchange) -> bool:
    body = exchange.request.json() or {}
    match exchange.request.verb:
        case "create":
            return True  # its name is the fence
        case "delete":
            preconditions = body.get("preconditions") or {}
            return bool(preconditions.get("uid") and preconditions.get("resourceVersion"))
        case _:
            return bool((body.get("metadata") or {}).get("resourceVersion"))
