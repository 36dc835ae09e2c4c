"""HTTP answers and the verdicts about them."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clusterimport.probing import ProbeReason
from clusterimport.probing.answers import judge_readiness, judge_version
from clusterimport.probing.channel import ProbeAnswer

VERSION = b'{"major":"1","gitVersion":"v1.34.2+k3s1","platform":"linux/amd64"}'


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (101, ProbeReason.UNEXPECTED_ANSWER),
        (300, ProbeReason.REDIRECTED),
        (301, ProbeReason.REDIRECTED),
        (308, ProbeReason.REDIRECTED),
        (400, ProbeReason.UNEXPECTED_ANSWER),
        (401, ProbeReason.UNAUTHORIZED),
        (403, ProbeReason.FORBIDDEN),
        (404, ProbeReason.UNEXPECTED_ANSWER),
        (418, ProbeReason.UNEXPECTED_ANSWER),
        (429, ProbeReason.THROTTLED),
        (500, ProbeReason.SERVER_ERROR),
        (503, ProbeReason.SERVER_ERROR),
        (599, ProbeReason.SERVER_ERROR),
        (999, ProbeReason.SERVER_ERROR),
    ],
)
def test_a_code_that_is_no_success_decides(status: int, reason: ProbeReason):
    """Of readiness and of the version alike, and the server itself has answered."""
    for verdict in (judge_readiness(ProbeAnswer(status)), judge_version(ProbeAnswer(status))):
        assert verdict
        assert verdict.reason is reason
        assert verdict.is_answer
        assert not verdict.is_healthy
        assert verdict.version == ""


@pytest.mark.parametrize("body", [b"ok", b"", b"<html>", b"\xff\x00"])
def test_a_ready_server_may_say_anything(body: bytes):
    """Whether it is an API server is seen at its version."""
    assert judge_readiness(ProbeAnswer(200, body=body)) is None
    assert judge_readiness(ProbeAnswer(204, body=body)) is None


def test_an_encoded_answer_was_not_asked_for():
    """A compressed body is not unpacked, since it may be a bomb."""
    readiness = judge_readiness(ProbeAnswer(200, is_encoded=True, body=b"ok"))
    version = judge_version(ProbeAnswer(200, is_encoded=True, body=VERSION))

    assert readiness == version
    assert version.reason is ProbeReason.UNEXPECTED_ANSWER


@pytest.mark.parametrize(
    "version",
    [
        "v1.34.2",
        "v1.27.3-gke.100",
        "v1.28.2-eks-a5565ad",
        "v1.34.2+k3s1",
        "1.30",
        "v0.0.0-master+$Format:%H$",
        "v1.2" + "x" * 60,
    ],
)
def test_a_version_makes_it_reachable(version: str):
    """Whatever a distribution appends to Kubernetes' version is part of it."""
    verdict = judge_version(ProbeAnswer(200, body=json.dumps({"gitVersion": version}).encode()))

    assert verdict.is_healthy
    assert verdict.is_answer
    assert verdict.reason is ProbeReason.REACHABLE
    assert verdict.version == version


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"ok",
        b"<!DOCTYPE html><title>v1.34.2</title>",
        b"{}",
        b"[]",
        b'"v1.34.2"',
        b'{"gitVersion": 1.34}',
        b'{"gitVersion": null}',
        b'{"gitVersion": ""}',
        b'{"gitVersion": "master"}',
        b'{"gitVersion": "v1"}',
        b'{"gitVersion": "v1.34.2 (evil)"}',
        b'{"gitVersion": "v1.34.2 "}',
        b'{"gitVersion": "v1.34.2/user=admin"}',
        b'{"gitVersion": "v1.34.2\\n"}',
        b'{"gitVersion": "v1.34.2\\u001b[31m"}',
        b'{"gitVersion": "v1.34.\xc3\xa9"}',
        b'{"gitVersion": "v1.34.\xff"}',
        b'{"gitVersion": "v\xd9\xa1.\xd9\xa2"}',
        b'{"gitVersion": "v1.2' + b"x" * 61 + b'"}',
        b'{"gitVersion": "v1.34.2"',
        b'{"gitVersion": "v1.34.2"} trailing',
        b'{"a": ' + b"[" * 60_000,
        b'{"gitVersion": "v1.34.2", "a": ' + b"[" * 300_000 + b"]" * 300_000 + b"}",
    ],
)
def test_what_has_no_version_is_no_api_server(body: bytes):
    """HTML, other JSON, control characters and depth are all the same to us."""
    verdict = judge_version(ProbeAnswer(200, body=body))

    assert verdict.reason is ProbeReason.UNEXPECTED_ANSWER
    assert verdict.is_answer
    assert verdict.version == ""


@given(status=st.integers(100, 999), is_encoded=st.booleans(), body=st.binary(max_size=300))
def test_no_message_depends_on_a_body(status: int, is_encoded: bool, body: bytes):
    """The same code gives the same message whatever came with it."""
    verdict = judge_version(ProbeAnswer(status, is_encoded, body))
    again = judge_version(ProbeAnswer(status, is_encoded=is_encoded, body=b""))

    assert verdict == again
    assert verdict.version == ""


@given(version=st.text(max_size=80))
def test_only_what_looks_like_a_version_goes_on(version: str):
    """Sixty-four printable ASCII characters that begin like a version, or nothing."""
    verdict = judge_version(ProbeAnswer(200, body=json.dumps({"gitVersion": version}).encode()))

    assert verdict.version in ("", version)
    assert len(verdict.version) <= 64
    assert verdict.version.isascii()
    assert verdict.version.isprintable()
    assert bool(verdict.version) == verdict.is_healthy
