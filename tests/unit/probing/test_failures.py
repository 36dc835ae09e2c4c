"""Exceptions and the verdicts about them; the integration tests show that these are raised."""

import errno
import ssl

import httpcore
import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from clusterimport.probing import ProbeReason, errors, failures
from clusterimport.probing.failures import LATE_SECONDS, explain, explain_timeout
from clusterimport.probing.result import ProbeResult
from clusterimport.probing.wire import Stream


def _stream(**facts) -> Stream:
    stream = Stream()
    for name, value in facts.items():
        setattr(stream, name, value)
    return stream


CONNECTING = _stream()
CONNECTED = _stream(is_secured=True)
ENDED = _stream(is_secured=True, has_ended=True)


def _tls(reason: str = "", kind: type[ssl.SSLError] = ssl.SSLError) -> ssl.SSLError:
    error = kind(1, "quotes the server")
    error.reason = reason
    return error


def _verification(code: int) -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(1, "quotes the server")
    error.verify_code = code
    return error


@pytest.mark.parametrize(
    ("error", "stream", "reason", "hint"),
    [
        (errors.AddressDenied(), None, "AddressDenied", "--probe-allow-cidr"),
        (errors.NameNotResolved(), None, "NameNotResolved", "DNS"),
        (errors.InvalidAddress(), None, "NameNotResolved", "https://"),
        (errors.InvalidToken(), None, "Unauthorized", "line break"),
        (errors.InvalidServerName(), CONNECTING, "TLSVerificationFailed", "tls-server-name"),
        (errors.InvalidCertificates("the key is bad"), None, "InvalidCertificates", "the key is"),
        (errors.ServerCertificates(), CONNECTING, "TLSVerificationFailed", "8192 bits"),
        (errors.ProbeAnswerTooLarge(), CONNECTED, "AnswerTooLarge", "64 KiB"),
        (errors.ProbeAnswerTooLarge(), CONNECTING, "TLSHandshakeFailed", "TLS settings"),
        (_verification(10), CONNECTING, "TLSVerificationFailed", "expired"),
        (_verification(9), CONNECTING, "TLSVerificationFailed", "clocks"),
        (_verification(18), CONNECTING, "TLSVerificationFailed", "CA data"),
        (_verification(19), CONNECTING, "TLSVerificationFailed", "CA data"),
        (_verification(20), CONNECTING, "TLSVerificationFailed", "CA data"),
        (_verification(62), CONNECTING, "TLSVerificationFailed", "other names"),
        (_verification(64), CONNECTING, "TLSVerificationFailed", "other names"),
        (_verification(7), CONNECTING, "TLSVerificationFailed", "CA data"),
        (_verification(23), CONNECTING, "TLSVerificationFailed", "cannot be verified"),
        (_tls("WRONG_VERSION_NUMBER"), CONNECTING, "TLSHandshakeFailed", "https port"),
        (_tls("HTTP_REQUEST"), CONNECTING, "TLSHandshakeFailed", "https port"),
        (_tls("TLSV1_ALERT_PROTOCOL_VERSION"), CONNECTING, "TLSHandshakeFailed", "TLS 1.2"),
        (_tls("SSLV3_ALERT_HANDSHAKE_FAILURE"), CONNECTING, "TLSHandshakeFailed", "cipher"),
        (_tls("SSLV3_ALERT_BAD_CERTIFICATE"), CONNECTING, "TLSHandshakeFailed", "client cert"),
        (_tls("TLSV13_ALERT_CERTIFICATE_REQUIRED"), CONNECTED, "TLSHandshakeFailed", "client cert"),
        (_tls("TLSV1_ALERT_UNKNOWN_CA"), CONNECTED, "TLSHandshakeFailed", "refuses the client"),
        (_tls("TLSV1_ALERT_UNKNOWN_CA"), CONNECTING, "TLSHandshakeFailed", "refuses the client"),
        (_tls("TLSV1_ALERT_INTERNAL_ERROR"), CONNECTED, "ConnectionFailed", "broke"),
        (_tls("DECRYPTION_FAILED_OR_BAD_RECORD_MAC"), CONNECTED, "ConnectionFailed", "broke"),
        (_tls("", ssl.SSLEOFError), CONNECTING, "ConnectionFailed", "closed the connection"),
        (ConnectionRefusedError(errno.ECONNREFUSED, ""), None, "ConnectionRefused", "listens"),
        (ConnectionResetError(errno.ECONNRESET, ""), CONNECTED, "ConnectionFailed", "broke"),
        (OSError(errno.ENETUNREACH, ""), None, "ConnectionFailed", "no way"),
        (OSError(errno.EHOSTUNREACH, ""), None, "ConnectionFailed", "no way"),
        (PermissionError(errno.EPERM, ""), None, "ConnectionFailed", "NetworkPolicies"),
        (OSError("without a number"), None, "ConnectionFailed", "broke"),
        (TimeoutError(errno.ETIMEDOUT, ""), None, "Timeout", "firewall"),
        (TimeoutError(), CONNECTING, "Timeout", "firewall"),
        (TimeoutError(errno.ETIMEDOUT, ""), CONNECTED, "ConnectionFailed", "broke"),
        (httpcore.RemoteProtocolError(""), ENDED, "ConnectionFailed", "closed the connection"),
        (httpcore.RemoteProtocolError(""), CONNECTED, "UnexpectedAnswer", "not HTTP"),
        (httpcore.LocalProtocolError("token"), CONNECTED, "ConnectionFailed", "log"),
        (KeyError("a bug"), None, "ConnectionFailed", "log"),
    ],
)
def test_an_exception_means_one_thing(error, stream, reason: str, hint: str):
    """Each has its reason, and a message that says what to do; only too much is an answer."""
    verdict = explain(error, stream)

    assert verdict.reason == reason
    assert hint in verdict.message
    assert verdict.is_answer == (reason == "AnswerTooLarge")
    assert not verdict.is_healthy


def test_time_runs_out_before_or_after_the_connection():
    """What is slow is the way to the server, or the server."""
    assert explain_timeout(None, 0.0).reason is ProbeReason.TIMEOUT
    assert explain_timeout(CONNECTING, 0.0).reason is ProbeReason.TIMEOUT
    assert explain_timeout(CONNECTED, LATE_SECONDS).reason is ProbeReason.SLOW_ANSWER


@pytest.mark.parametrize(
    ("error", "hint"),
    [
        (errors.Lacking(errors.Lack.CPU), "processor time"),
        (errors.Lacking(errors.Lack.NAMES), "threads for the names"),
        (errors.Lacking(errors.Lack.THREADS), "process ids"),
        (OSError(errno.EMFILE, ""), "ulimit -n"),
        (OSError(errno.ENFILE, ""), "ulimit -n"),
        (OSError(errno.ENOMEM, ""), "limit of its container"),
        (OSError(errno.ENOBUFS, ""), "limit of its container"),
        (MemoryError(), "limit of its container"),
        (_tls("MALLOC_FAILURE"), "limit of its container"),
    ],
)
@pytest.mark.parametrize("stream", [None, CONNECTING, CONNECTED])
def test_t52_what_we_lack_is_no_verdict(error, hint: str, stream):
    """Whatever is missing here, nothing is known of the cluster, and the message says what."""
    verdict = explain(error, stream)

    assert verdict.reason == "Probing"
    assert verdict.is_untried
    assert not verdict.is_answer
    assert hint in verdict.message
    assert len(verdict.message) <= 256


def test_t52_time_in_which_we_were_held_up_is_not_the_clusters():
    """A limit that ends much too late tells nothing: its answer may have been overlooked."""
    for stream in (None, CONNECTING, CONNECTED):
        assert explain_timeout(stream, LATE_SECONDS + 0.1).is_untried


@pytest.mark.parametrize("stream", [CONNECTING, CONNECTED])
def test_t52_an_answer_that_was_not_looked_at_is_our_delay(stream, monkeypatch):
    """What the server has sent in time, and nobody has read, does not make it slow."""
    monkeypatch.setattr(stream, "has_unread", lambda: True)
    assert explain_timeout(stream, 0.0).is_untried


def test_an_unknown_exception_is_logged_by_its_kind():
    """Its text may quote a header, so that only the class is told."""
    with capture_logs() as logs:
        explain(httpcore.LocalProtocolError("Illegal header value b'Bearer secret'"), None)

    assert logs == [
        {
            "event": "probe failed unexpectedly",
            "error": "LocalProtocolError",
            "log_level": "error",
        }
    ]


def _all_results() -> list[ProbeResult]:
    values = vars(failures).values()
    nested = [list(value.values()) for value in values if isinstance(value, dict)]
    flat = [*values, *(result for group in nested for result in group)]
    return [result for result in flat if isinstance(result, ProbeResult)]


def test_every_message_can_be_shown():
    """Printable ASCII, at most 256 of it, a sentence, and more than a dozen of them."""
    results = _all_results()

    assert len({result.message for result in results}) > 12
    for result in results:
        assert result.message.isascii()
        assert result.message.isprintable()
        assert 20 < len(result.message) <= 256
        assert result.message.endswith(".")


@given(
    text=st.text(st.characters(min_codepoint=0x3B1, max_codepoint=0x3C9), min_size=3),
    kind=st.sampled_from([OSError, ssl.SSLError, httpcore.RemoteProtocolError, ValueError]),
    number=st.integers(0, 150),
)
def test_no_message_quotes_an_exception(text: str, kind: type[Exception], number: int):
    """The same kind of exception gives the same message, whatever its text is."""
    with capture_logs() as logs:
        one = explain(kind(number, text), CONNECTED)
        other = explain(kind(number, "another text"), CONNECTED)

    assert one == other
    assert text not in one.message
    assert text not in str(logs)
