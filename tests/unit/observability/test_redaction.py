"""What looks like a credential is not shown, and errors only as far as they are safe."""

from base64 import b64encode
from datetime import date
from pathlib import Path

import pytest

from clusterimport.errors import ClusterImportError
from clusterimport.gotemplate.errors import ExecError
from clusterimport.limits.messages import LOG_FRAMES, LOG_TEXT_CHARACTERS
from clusterimport.observability.redaction import (
    REDACTED,
    clean,
    describe,
    is_secret_key,
    redact_text,
    text_of,
)

KUBECONFIG = "apiVersion: v1\nkind: Config\nusers:\n- name: a\n  user:\n    token: s3cr3t-s3cr3t\n"
PEM = "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\nabc\n-----END RSA PRIVATE KEY-----"


def encoded(text):
    return b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    "secret",
    [
        "Bearer abc.def-123_456",
        "bearer 0123456789abcdef",
        "BEARER 0123456789abcdef",
        "Basic dXNlcjpwYXNz1w==",
        "eyJhbGciOiJSUzI1NiIsImtpZCI6IiJ9.eyJpc3MiOiJrdWJlcm5ldGVzIn0.c2lnbmF0dXJl",
        PEM,
        PEM[:40],
        encoded(PEM),
        encoded(KUBECONFIG),
        encoded("kind: Config\napiVersion: v1\n"),
        encoded('{"apiVersion":"v1"}'),
        encoded("clusters:\n- name: a\n"),
        "tokenData: aGVsbG8gd29ybGQ1",
        '"client-key-data": "abcdef0123"',
        "password=hunter22",
        "A1b2" * 16,
    ],
)
def test_the_shape_of_a_credential_is_replaced_inside_a_text(secret):
    """Tokens, JWT, PEM, base64 of documents and quoted fields do not come through."""
    text = redact_text(f"before {secret} after")

    assert REDACTED in text
    assert text.startswith("before ")
    assert secret[-6:] not in text


@pytest.mark.parametrize(
    "text",
    [
        "capi-default-very-long-cluster-name-that-goes-on-and-on-and-on-for-63-chars",
        "0b2f4c1e-7d3a-4a58-9f6e-2d1c0b9a8e7f",
        "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "clusterimportpolicies.v1alpha1.policy.clusterpedia.io;namespace=default",
        "/opt/clusterimport/lib/python3.13/site-packages/clusterimport/kube/rest.py:236 send",
        "spec.tokenData: is not base64",
        "bearer authentication is not allowed",
        "https://10.0.0.1:6443/apis",
        "get leases.coordination.k8s.io: 403 Forbidden",
        "",
    ],
)
def test_names_digests_paths_and_messages_stay_readable(text):
    """What operators need to read is not mistaken for a credential."""
    assert redact_text(text) == text


def test_a_url_keeps_its_host_and_loses_its_password():
    """Only the user information of a URL is replaced."""
    assert redact_text("https://me:pa55@host:1/x") == f"https://{REDACTED}@host:1/x"


def test_a_long_text_is_cut_before_it_is_searched():
    """A megabyte in a field is cut; nothing behind the cut is shown."""
    text = redact_text("a " * 500_000 + "end")

    assert len(text) == LOG_TEXT_CHARACTERS + 1
    assert text.endswith("…")


@pytest.mark.parametrize(
    ("key", "secret"),
    [
        ("token", True),
        ("tokenData", True),
        ("client-key-data", True),
        ("CLIENT_KEY_DATA", True),
        ("kubeconfig", True),
        ("Authorization", True),
        ("stringData", True),
        ("key", False),
        ("name", False),
        ("policy", False),
        ("retries", False),
    ],
)
def test_fields_are_known_by_name_in_every_spelling(key, secret):
    """Dashes, underscores and case do not matter."""
    assert is_secret_key(key) is secret


def test_values_become_what_json_can_carry():
    """Containers are walked, odd objects become their class, keys become strings."""

    class Odd:
        pass

    value = {
        "a": (1, 2.5, None, True),
        3: {"x"},
        "at": date(2026, 1, 2),
        "p": Path("/x"),
        "o": Odd(),
    }

    assert clean(value) == {
        "a": [1, 2.5, None, True],
        "3": ["x"],
        "at": "2026-01-02",
        "p": "/x",
        "o": "<Odd>",
    }


def test_depth_is_bounded():
    """A structure that contains itself ends."""
    loop = []
    loop.append(loop)

    assert "<list>" in str(clean(loop))


def caught(error):
    try:
        raise error  # noqa: TRY301 - for its traceback
    except BaseException as raised:  # noqa: BLE001 - any will do
        return raised


def test_only_errors_of_ours_have_a_text():
    """A foreign text may quote anything, and is replaced by the class."""
    assert text_of(ValueError("secret")) == "ValueError"
    assert text_of(ClusterImportError("ours")) == "ours"


def test_the_safe_message_goes_before_a_text_that_quotes():
    """Template errors have Go's text, with data, and a safe one."""
    error = ExecError("template: t:1: error calling fail: secret", "t line 1: fail failed")

    assert text_of(error) == "t line 1: fail failed"
    assert describe(caught(error))["error"] == "t line 1: fail failed"


def test_a_group_is_described_with_its_members():
    """What ended a scope of tasks is told member by member."""
    group = caught(ExceptionGroup("secret", [caught(ValueError("x")), ClusterImportError("ours")]))

    told = describe(group)

    assert told["error_class"] == "ExceptionGroup"
    assert [inner["error_class"] for inner in told["errors"]] == [
        "ValueError",
        "ClusterImportError",
    ]
    assert told["errors"][1]["error"] == "ours"
    assert "caught" in told["errors"][0]["stack"][0]
    assert "secret" not in str(told)


def test_causes_are_followed_through_context_and_stop():
    """``from``, the implicit context and ``from None`` count as in a traceback."""
    inner = ClusterImportError("inner")
    middle = ValueError("x")
    middle.__context__ = inner
    outer = KeyError("y")
    outer.__cause__ = middle

    assert describe(outer)["caused_by"] == ["ValueError", "ClusterImportError: inner"]

    middle.__suppress_context__ = True

    assert describe(outer)["caused_by"] == ["ValueError"]


def test_a_chain_of_causes_that_is_a_ring_ends():
    """A cycle is cut off."""
    first, second = ValueError(), KeyError()
    first.__cause__, second.__cause__ = second, first

    assert 1 <= len(describe(first)["caused_by"]) < 10


def test_a_deep_stack_is_cut_to_its_innermost_frames():
    """A recursion leaves a bounded line."""

    def dive(depth):
        if depth == 0:
            raise ValueError
        dive(depth - 1)

    try:
        dive(100)
    except ValueError as error:
        stack = describe(error)["stack"]

    assert len(stack) == LOG_FRAMES
    assert all(frame.endswith(" dive") for frame in stack)
