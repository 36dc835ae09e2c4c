"""What is said: no credential, no health that is not there, and each refusal with its reason."""

from tests.faults.judge.record import Run, need
from tests.harness.proxy.request import digest

TOLD_WITHIN_SECONDS = 60.0


def tells_no_secret(run: Run) -> list[str]:
    """I10: no credential stands anywhere but in the spec of a PediaCluster."""
    need(run.secrets, "there were no credentials")
    need(run.texts, "nothing was read")
    written = {
        f"the request {each}": each.request.body.decode(errors="replace")
        for each in run.exchanges
        if each.request.is_write
        and (each.request.resource, each.request.subresource) != ("pediaclusters", "")
    }
    return [
        f"credential {digest(secret.encode())} stands in {where}"
        for where, text in {**run.texts, **written}.items()
        for secret in run.secrets
        if secret in text
    ]


def tells_its_health(run: Run) -> list[str]:
    """I11: a minute after nothing can be read or written, it is not ready and a metric says so."""
    long = [each for each in run.outages if each.ended - each.started > TOLD_WITHIN_SECONDS]
    need(long, f"no outage lasted {TOLD_WITHIN_SECONDS:g} s")
    found: list[str] = []
    for outage in long:
        due = outage.started + TOLD_WITHIN_SECONDS
        within = [each for each in run.samples if due < each.at < outage.ended]
        need(within, "nobody looked during the outage")
        found += [
            f"ready {each.at - outage.started:.0f} s into an outage"
            if each.is_ready
            else f"no silence is told {each.at - outage.started:.0f} s into an outage"
            for each in within
            if each.is_ready or each.silence_seconds < each.at - due
        ]
    return found


def tells_each_refusal(run: Run) -> list[str]:
    """I13: what is not imported says why, and its policy counts it; a refusal has an Event, too."""
    need(run.refused, "nothing was refused")
    silent = {**run.refused, **run.waiting}
    found: list[str] = []
    for name, reasons in silent.items():
        conditions = ((run.lifecycles.get(name) or {}).get("status") or {}).get("conditions") or []
        told = {each["reason"] for each in conditions if each["status"] != "True"}
        if not told & reasons:
            found.append(f"{name} tells {sorted(told)}, and should tell {sorted(reasons)}")
        elif not any(each.get("message") for each in conditions if each["reason"] in reasons):
            found.append(f"{name} has no message")
    statuses = [policy.get("status") or {} for policy in run.policies.values()]
    counted = sum(each.get("waiting", 0) + each.get("failed", 0) for each in statuses)
    if counted < len(silent):
        found.append(f"policies count {counted}, and {len(silent)} are not imported")
    told_of = {
        (event.get("reason"), (event.get("regarding") or {}).get("name")) for event in run.events
    }
    for name, reasons in run.refused.items():
        about = {name, run.sources[name].name if name in run.sources else name}
        if not any((reason, each) in told_of for reason in reasons for each in about):
            found.append(f"no Event tells of {name}")
    return found
