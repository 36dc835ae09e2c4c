"""What belongs to others is left alone, and what is ours goes only for a reason that holds."""

from tests.faults.judge.record import LIFECYCLES, PEDIACLUSTERS, POLICIES, Change, Run, need
from tests.harness.proxy.history import Exchange


def owns_what_it_writes(run: Run) -> list[str]:
    """I3: nothing without our mark is created, changed or deleted, tried or done."""
    written = [each for each in run.tried(PEDIACLUSTERS) if not each.request.subresource]
    need(written, "no PediaCluster was written")
    found: list[str] = []
    for each in written:
        if each.request.verb == "create":
            metadata = (each.request.json() or {}).get("metadata") or {}
            if not metadata.get("ownerReferences") and not metadata.get("annotations"):
                found.append(f"without a mark of ours: {each}")
        elif each.request.name in run.foreign:
            found.append(f"it belongs to somebody else: {each}")
    return found


def deletes_safely(run: Run) -> list[str]:
    """I4: a DELETE follows a reason, a live look at it, and names the version that it means.

    What others did, by the audit log, is the reason; the look comes after it, and before the
    DELETE. No more PediaClusters are deleted than the budget has.
    """
    need(run.sources, "no sources are known")
    deletions = [
        each for each in run.writes(PEDIACLUSTERS, LIFECYCLES) if each.request.verb == "delete"
    ]
    found: list[str] = []
    for each in deletions:
        preconditions = (each.request.json() or {}).get("preconditions") or {}
        if not preconditions.get("uid") or not preconditions.get("resourceVersion"):
            found.append(f"without uid and resourceVersion: {each}")
        reasons = _reasons(run, each)
        if not reasons:
            found.append(f"nobody gave a reason: {each}")
        elif not any(_is_confirmed(run, each, reason) for reason in reasons):
            found.append(f"nobody looked, after {reasons[-1].verb} by others: {each}")
    gone = {each.request.name for each in deletions if each.request.resource == PEDIACLUSTERS}
    if len(gone) > run.budget:
        found.append(f"{len(gone)} deleted, and the budget is {run.budget}: {sorted(gone)}")
    return found


def _reasons(run: Run, deletion: Exchange) -> list[Change]:
    source = run.sources.get(deletion.request.name)
    about = {(deletion.request.resource, deletion.request.name)}
    if source is not None:
        about |= {(source.resource, source.name), (POLICIES, source.policy)}
    # A restored server, or one that lost a type, has no request that tells of it.
    about |= {("*", "*")}
    return [
        change
        for change in run.changes
        if (change.resource, change.name) in about and change.at <= deletion.started
    ]


def _is_confirmed(run: Run, deletion: Exchange, reason: Change) -> bool:
    source = run.sources.get(deletion.request.name)
    looked_at = {(reason.resource, reason.name), (LIFECYCLES, deletion.request.name)}
    if source is not None:
        looked_at |= {(source.resource, source.name), (POLICIES, source.policy)}
    return any(
        each.request.verb == "get"
        and (each.request.resource, each.request.name) in looked_at
        and each.server_code in {200, 404}
        and each.request.client == deletion.request.client
        and reason.at <= each.started
        and each.ended <= deletion.started + 0.001
        for each in run.exchanges
    )
