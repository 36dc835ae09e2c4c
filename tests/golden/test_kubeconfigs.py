"""client-go's own answers: what it does with what is written is what was judged.

The vectors hold what client-go makes of a kubeconfig and of its written form; no Go is needed here.
"""

import base64
from functools import cache

import pytest

from tests.golden.kubeconfigs import corpus
from tests.golden.kubeconfigs.corpus import Vector
from tests.golden.kubeconfigs.handwritten import CASES
from tests.golden.kubeconfigs.loading import Answer
from tests.golden.kubeconfigs.mutations import make
from tests.golden.kubeconfigs.trial import Failure, Trial
from tests.golden.kubeconfigs.verdicts import Outcome, differences, judge

_OTHER = {
    "ready": "https://evil.test/readyz",
    "tls-server-name": "evil.test",
    "ca": "ZXZpbA==",
    "certificate": "ZXZpbA==",
    "key": "ZXZpbA==",
    "token": "evil",
    "insecure": True,
    "proxy": "http://evil.test",
    "exec": {"command": "evil"},
    "auth-provider": {"name": "oidc"},
    "username": "evil",
    "password": "evil",
    "impersonate": "evil",
    "files": ["/etc/passwd"],
}


@cache
def _trials() -> list[tuple[Vector, Trial]]:
    return [(vector, _trial(vector)) for vector in corpus.read_all()]


def _trial(vector: Vector) -> Trial:
    data = base64.b64decode(vector["data"])
    judged = judge(data)
    written: Answer = {}
    if judged.outcome is Outcome.KEPT:
        written = vector["answer"]
    elif judged.outcome is Outcome.CANONICAL:
        written = vector["written_answer"]
    return Trial(data, judged, vector["answer"], written)


@pytest.mark.parametrize("outcome", list(Outcome))
def test_t50_client_go_sees_what_was_judged(outcome: Outcome) -> None:
    """Of no kubeconfig does it see a program, file, address or credential that we did not."""
    trials = [trial for _, trial in _trials() if trial.judged.outcome is outcome]

    assert len(trials) > 100
    assert [trial.data for trial in trials if trial.failure is not None] == []


def test_t50_what_is_written_is_what_client_go_was_asked_about() -> None:
    """Where the form changes, `python -m tests.golden.kubeconfigs --renew` has to be run."""
    for vector, trial in _trials():
        written = trial.judged.written if trial.judged.outcome is Outcome.CANONICAL else b""
        assert written == base64.b64decode(vector.get("written", ""))


def test_t50_the_attack_is_among_the_vectors() -> None:
    """As is every case that was written by hand."""
    known = {trial.data for _, trial in _trials()}

    assert set(CASES) <= known
    attacks = [vector for vector, trial in _trials() if "\ufeff#".encode() in trial.data]
    assert sum("exec" in vector["answer"] for vector in attacks) > 1
    assert sum("insecure" in vector["answer"] for vector in attacks) > 1


def test_t50_a_case_depends_on_seed_and_number_only() -> None:
    """A case can be made again without those before it, and another seed gives others."""
    one = [make("x", number) for number in range(40)]

    assert [make("x", number) for number in range(39, -1, -1)] == one[::-1]
    assert one != [make("y", number) for number in range(40)]


def test_t50_the_cases_are_worth_asking_about() -> None:
    """Many are kept, many written anew, and many refused."""
    outcomes = [judge(make("1", number)).outcome for number in range(600)]

    assert min(outcomes.count(outcome) for outcome in Outcome) > 40


def test_t50_a_difference_is_seen() -> None:
    """Whatever client-go sees more, less or otherwise is named; what it does not load is apart."""
    vector, trial = next(
        (vector, trial) for vector, trial in _trials() if trial.judged.outcome is Outcome.KEPT
    )
    answer = vector["answer"]

    assert differences(trial.judged, answer) == []
    for field, value in _OTHER.items():
        assert differences(trial.judged, answer | {field: value}) == [field]
    assert differences(trial.judged, answer | {"elsewhere": ["exec"]}) == ["elsewhere exec"]
    lost = trial._replace(written={"error": "no"})
    assert lost.failure is Failure.NOT_LOADED
    other = trial._replace(original=answer | {"token": "other"})
    assert other.failure is Failure.STANDING
