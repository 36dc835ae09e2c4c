"""The audit log, while the API server writes it."""

import json

from development.bench.requests import Tail


def line(verb="create", resource="pediaclusters", subresource="", stage="ResponseComplete"):
    raw = {
        "verb": verb,
        "stage": stage,
        "user": {"username": "u"},
        "objectRef": {"resource": resource, "subresource": subresource, "name": "n"},
        "requestReceivedTimestamp": "2026-01-01T00:00:00.000000Z",
        "stageTimestamp": "2026-01-01T00:00:00.250000Z",
    }
    return json.dumps(raw) + "\n"


def test_a_line_that_is_not_finished_waits_for_the_next_look(tmp_path):
    """Every request is read once, however its line comes."""
    log = tmp_path / "audit"
    log.write_text(line())
    tail = Tail(log)
    first, second = line(), line(verb="patch", subresource="status")

    with log.open("a") as stream:
        stream.write(first + second[:20])
    once = tail.read()
    with log.open("a") as stream:
        stream.write(second[20:])
    again = tail.read()

    assert [(each.verb, each.resource) for each in once] == [("create", "pediaclusters")]
    assert [(each.verb, each.resource) for each in again] == [("patch", "pediaclusters/status")]
    assert once[0].ended - once[0].received == 0.25
    assert tail.read() == []


def test_a_watch_counts_when_it_begins(tmp_path):
    """Its end, minutes later, is no request."""
    log = tmp_path / "audit"
    tail = Tail(log)
    begun = line("watch", "secrets", stage="ResponseStarted")
    log.write_text(begun + line("watch", "secrets", stage="ResponseComplete"))

    assert len(tail.read()) == 1


def test_what_a_clock_brings_is_not_work(tmp_path):
    """Renewals of a lease are told apart, and a status is a write."""
    log = tmp_path / "audit"
    tail = Tail(log)
    log.write_text(line("update", "leases") + line("patch", subresource="status") + line("get"))

    assert [each.is_lease for each in tail.read()] == [True, False, False]
