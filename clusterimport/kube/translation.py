"""The one place that knows what aiohttp, asyncio and ssl raise.

Texts are made here from fixed words and the system's error strings: aiohttp's own may quote URLs
with passwords of proxies, and some of its exceptions hold the headers that were sent.
"""

import asyncio
import os
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager

import aiohttp

from clusterimport.kube.errors import StreamError, TransportError
from clusterimport.kube.gate import closed_gate_in


@contextmanager
def translated(verb: str, resource: str) -> Iterator[None]:
    """Turn what a request raises into TransportError, or GateClosed if that is what happened."""
    try:
        yield
    except (aiohttp.ClientError, ssl.SSLError, OSError, TimeoutError, UnicodeError) as error:
        gate = closed_gate_in(error)
        if gate is not None:
            raise gate from None
        # Only the operating system's error is chained, because it holds nothing of ours.
        raise _translate(error, f"{verb} {resource}") from _system_error(error)


def _translate(error: BaseException, what: str) -> TransportError:
    if isinstance(error, TimeoutError | aiohttp.ServerTimeoutError | asyncio.TimeoutError):
        return TransportError(f"{what}: timed out", reason="Timeout")
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return _certificate(error.certificate_error, what)
    if isinstance(error, ssl.SSLCertVerificationError):
        return _certificate(error, what)
    if isinstance(error, aiohttp.ClientProxyConnectionError | aiohttp.ClientHttpProxyError):
        return TransportError(f"{what}: the proxy failed", reason="ProxyFailed")
    if isinstance(error, aiohttp.ClientConnectorDNSError | socket.gaierror | UnicodeError):
        return TransportError(
            f"{what}: the server's name cannot be resolved", reason="NameResolutionFailed"
        )
    if isinstance(error, aiohttp.ClientResponseError | aiohttp.InvalidURL):
        return StreamError(f"{what}: the answer is not HTTP")
    system = _system_error(error)
    if isinstance(error, aiohttp.ClientSSLError) or isinstance(system, ssl.SSLError):
        return TransportError(f"{what}: TLS handshake failed", reason="TLSFailed")
    if isinstance(system, ConnectionRefusedError):
        return TransportError(f"{what}: connection refused", reason="ConnectionRefused")
    if isinstance(system, TimeoutError):
        return TransportError(f"{what}: timed out", reason="Timeout")
    if system is not None and system.errno is not None and system.errno > 0:
        return TransportError(f"{what}: {os.strerror(system.errno).lower()}")
    return TransportError(f"{what}: the connection was lost")


def _certificate(error: BaseException, what: str) -> TransportError:
    detail = getattr(error, "verify_message", "") or "certificate not accepted"
    return TransportError(f"{what}: {detail}", reason="TLSVerificationFailed")


def _system_error(error: BaseException) -> OSError | None:
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        found = error.certificate_error
        return found if isinstance(found, OSError) else None
    if isinstance(error, aiohttp.ClientConnectorError):
        return error.os_error
    if isinstance(error, OSError) and not isinstance(error, aiohttp.ClientError):
        return error
    if isinstance(error.__cause__, OSError) and not isinstance(
        error.__cause__, aiohttp.ClientError
    ):
        return error.__cause__
    return None
