"""``/metrics`` over TLS, for those who may see them."""

from http import HTTPStatus
from typing import Final

from clusterimport.aio import Clock
from clusterimport.limits.counted import LimitMetrics
from clusterimport.observability.access import MetricsAccess
from clusterimport.observability.exposition import Exposition
from clusterimport.observability.httpserver import HttpServer
from clusterimport.observability.messages import HttpAnswer, HttpRequest
from clusterimport.observability.server import NOT_ALLOWED
from clusterimport.observability.tlschannel import ServingCertificate

_NOT_FOUND: Final = HttpAnswer.text(HTTPStatus.NOT_FOUND, "there is /metrics\n")


class SecureMetricsServer:
    """Answers for as long as ``run`` runs."""

    def __init__(
        self,
        host: str,
        port: int,
        *,
        exposition: Exposition,
        access: MetricsAccess,
        certificate: ServingCertificate,
        clock: Clock,
        limits: LimitMetrics,
    ) -> None:
        """Prepare to listen; host empty means all addresses, port 0 any free one."""
        self._exposition = exposition
        self._access = access
        self._server = HttpServer(
            "secure metrics",
            host,
            port,
            self._respond,
            clock=clock,
            limits=limits,
            certificate=certificate,
        )
        self.started = self._server.started

    @property
    def port(self) -> int:
        """The port that is listened on, once ``started`` is set."""
        return self._server.port

    async def run(self) -> None:
        """Serve until cancelled.

        Raises:
            ListenError: the address cannot be listened on.

        """
        await self._server.run()

    async def _respond(self, request: HttpRequest) -> HttpAnswer:
        if request.path != "/metrics":
            return _NOT_FOUND
        if request.method not in {"GET", "HEAD"}:
            return NOT_ALLOWED
        return await self._access.refusal(request) or await self._exposition.answer(request)
