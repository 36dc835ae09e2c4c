"""Foreign exceptions and what they become."""

import asyncio
import errno
import socket
import ssl
import traceback

import aiohttp
import pytest
from aiohttp.client_reqrep import ConnectionKey
from yarl import URL

from clusterimport.kube.errors import GateClosed, NotFound, StreamError, TransportError
from clusterimport.kube.translation import translated

KEY = ConnectionKey(
    "host", 443, is_ssl=True, ssl=True, proxy=None, proxy_auth=None, proxy_headers_hash=None
)


def verification_error() -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.verify_message = "self-signed certificate"
    return error


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (TimeoutError(), "Timeout"),
        (aiohttp.ServerTimeoutError(), "Timeout"),
        (aiohttp.SocketTimeoutError(), "Timeout"),
        (TimeoutError(errno.ETIMEDOUT, "timed out"), "Timeout"),
        (aiohttp.ClientConnectorError(KEY, TimeoutError(errno.ETIMEDOUT, "x")), "Timeout"),
        (aiohttp.ClientConnectorError(KEY, ConnectionRefusedError(111, "x")), "ConnectionRefused"),
        (aiohttp.ClientConnectorDNSError(KEY, socket.gaierror(-2, "x")), "NameResolutionFailed"),
        (socket.gaierror(-2, "x"), "NameResolutionFailed"),
        (UnicodeError("label too long"), "NameResolutionFailed"),
        (
            aiohttp.ClientConnectorCertificateError(KEY, verification_error()),
            "TLSVerificationFailed",
        ),
        (verification_error(), "TLSVerificationFailed"),
        (aiohttp.ClientConnectorSSLError(KEY, ssl.SSLError(1, "WRONG_VERSION")), "TLSFailed"),
        (ssl.SSLError(1, "x"), "TLSFailed"),
        (aiohttp.ClientProxyConnectionError(KEY, ConnectionRefusedError(111, "x")), "ProxyFailed"),
        (aiohttp.ServerDisconnectedError(), "ConnectionLost"),
        (aiohttp.ClientPayloadError("x"), "ConnectionLost"),
        (aiohttp.ClientOSError(errno.ECONNRESET, "x"), "ConnectionLost"),
        (ConnectionResetError(errno.ECONNRESET, "x"), "ConnectionLost"),
        (OSError("no number"), "ConnectionLost"),
        (aiohttp.InvalidURL("http://canary"), "MalformedAnswer"),
    ],
)
def test_every_failure_has_its_reason(error, reason):
    """What the libraries raise becomes a TransportError with a reason and without their text."""
    with pytest.raises(TransportError) as caught, translated("get", "things"):
        raise error

    assert caught.value.reason == reason
    assert caught.value.timeout == (reason == "Timeout")
    assert str(caught.value).startswith("get things: ")
    assert "canary" not in str(caught.value)


def test_an_answer_that_is_not_http_shows_no_headers():
    """An error that holds the request's headers is neither quoted nor chained."""
    info = aiohttp.RequestInfo(
        URL("https://host/a"), "GET", {"Authorization": "Bearer canary"}, URL("https://host/a")
    )
    with pytest.raises(StreamError) as caught, translated("get", "things"):
        raise aiohttp.ClientResponseError(info, (), status=400, message="Bearer canary")

    assert str(caught.value) == "get things: the answer is not HTTP"
    assert caught.value.__cause__ is None
    assert "canary" not in "".join(traceback.format_exception(caught.value))


def test_texts_tell_what_a_person_can_act_on():
    """The verifier's words and the system's are kept, since they hold nothing of ours."""
    with pytest.raises(TransportError, match=r"^get things: self-signed certificate$"):
        _raise(aiohttp.ClientConnectorCertificateError(KEY, verification_error()))
    with pytest.raises(TransportError, match=r"^get things: no route to host$") as caught:
        _raise(aiohttp.ClientConnectorError(KEY, OSError(errno.EHOSTUNREACH, "canary")))
    assert isinstance(caught.value.__cause__, OSError)


def test_our_own_and_strange_exceptions_pass():
    """Errors of this package, cancellation and bugs are not translated."""
    for error in (NotFound(404), GateClosed("x"), asyncio.CancelledError(), KeyError("x")):
        with pytest.raises(type(error)) as caught:
            _raise(error)
        assert caught.value is error


def test_a_gate_that_aiohttp_wrapped_is_found():
    """A GateClosed raised while sending comes out as itself."""
    wrapped = aiohttp.ClientConnectionError("Failed to send bytes")
    wrapped.__cause__ = GateClosed("shut")

    with pytest.raises(GateClosed, match="shut"):
        _raise(wrapped)


def _raise(error: BaseException) -> None:
    with translated("get", "things"):
        raise error
