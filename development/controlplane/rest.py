"""HTTP to the API server for many threads: the standard library, kept-alive connections."""

import http.client
import json
import select
import ssl
import threading
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from development import interrupts
from development.controlplane.identities import Access, client_context

JSON = "application/json"
TIMEOUT_SECONDS = 30.0

Object = dict[str, Any]
Body = Mapping[str, Any] | Sequence[Mapping[str, Any]]


class ApiFailure(Exception):  # noqa: N818 - an answer that tests expect
    """The server's refusal: HTTP code, and reason and message of its Status (or its text)."""

    def __init__(self, code: int, reason: str, message: str) -> None:
        super().__init__(f"{code} {reason}: {message}")
        self.code = code
        self.reason = reason
        self.message = message


class Connection:
    """One kept-alive connection a thread, made when the thread first asks.

    Nothing is repeated: a connection that the server has closed meanwhile is noticed before it is
    used, and a failure after that is the caller's to judge (OSError, http.client.HTTPException).
    """

    def __init__(self, access: Access) -> None:
        self._access = access
        self._tls = client_context(access)
        self._local = threading.local()
        self._lock = threading.Lock()
        self._all: list[http.client.HTTPSConnection] = []  # guarded by _lock; closed by close()

    def request(
        self,
        method: str,
        path: str,
        body: Body | bytes | None = None,
        *,
        query: Mapping[str, str] | None = None,
        content_type: str = JSON,
        accept: str = JSON,
    ) -> bytes:
        """Send one request and return the body of the answer; raises ApiFailure from 400 on."""
        interrupts.check()
        headers = {"Accept": accept}
        if self._access.token:
            headers["Authorization"] = f"Bearer {self._access.token}"
        payload = None
        if body is not None:
            headers["Content-Type"] = content_type
            payload = body if isinstance(body, bytes) else json.dumps(body).encode()
        target = f"{path}?{urlencode(query)}" if query else path
        connection = self._of_this_thread()
        try:
            connection.request(method, target, payload, headers)
            # Closed here, and not when it is collected: what a signal raises there is lost.
            with connection.getresponse() as response:
                content = response.read()
        except BaseException:  # an interrupt too leaves half an answer behind
            connection.close()
            raise
        if response.status >= http.HTTPStatus.BAD_REQUEST:
            raise _failure(response.status, content)
        return content

    def close(self) -> None:
        """Close the connections of all threads; the next request opens a new one."""
        with self._lock:
            for connection in self._all:
                connection.close()

    def _of_this_thread(self) -> http.client.HTTPSConnection:
        connection: http.client.HTTPSConnection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = http.client.HTTPSConnection(
                self._access.host,
                self._access.port,
                timeout=TIMEOUT_SECONDS,
                context=self._tls,
            )
            self._local.connection = connection
            with self._lock:
                self._all.append(connection)
        elif connection.sock is not None and _has_been_closed(connection.sock):
            connection.close()
        return connection


def _has_been_closed(sock: ssl.SSLSocket) -> bool:
    # Between an answer and the next request a server sends nothing but the end of the stream.
    poll = select.poll()
    poll.register(sock, select.POLLIN)
    return bool(poll.poll(0))


def _failure(code: int, content: bytes) -> ApiFailure:
    try:
        status = json.loads(content)
    except ValueError:
        status = None
    if not isinstance(status, dict) or status.get("kind") != "Status":
        return ApiFailure(code, "", content.decode(errors="replace").strip())
    return ApiFailure(code, status.get("reason", ""), status.get("message", ""))
