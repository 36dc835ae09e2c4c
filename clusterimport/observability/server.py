"""``/metrics``, ``/healthz`` and ``/readyz`` on one port, and ``/metrics`` over TLS on another.

The first is not authenticated, and so without any name of a source, cluster or credential; the
second is for those who may see them. A check that fails says by name what is missing, as the
endpoints of the API server do.
"""

from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import Final

from clusterimport.aio import Clock, SystemClock
from clusterimport.limits.counted import LimitMetrics, NullLimitMetrics
from clusterimport.observability.access import MetricsAccess
from clusterimport.observability.exposition import Exposition
from clusterimport.observability.httpserver import HttpServer
from clusterimport.observability.messages import HttpAnswer, HttpRequest
from clusterimport.observability.tlschannel import ServingCertificate

Check = Callable[[], Sequence[str]]
"""Names of what is missing; empty when nothing is."""

Notes = Callable[[], Sequence[str]]
"""What a person should know though nothing is missing: each a name and what is said of it."""

_NOT_FOUND: Final = HttpAnswer.text(
    HTTPStatus.NOT_FOUND, "there are /metrics, /healthz and /readyz\n"
)
_ELSEWHERE: Final = HttpAnswer.text(
    HTTPStatus.NOT_FOUND, "with --metrics-secure, /metrics has a port of its own\n"
)
NOT_ALLOWED: Final = HttpAnswer(
    HTTPStatus.METHOD_NOT_ALLOWED, b"GET is all there is\n", fields=("Allow: GET, HEAD",)
)
_METRICS_ONLY: Final = HttpAnswer.text(HTTPStatus.NOT_FOUND, "there is /metrics\n")


def observability_server(
    host: str,
    port: int,
    *,
    metrics: Exposition | None,
    readiness: Check,
    liveness: Check,
    notes: Notes = tuple,
    clock: Clock | None = None,
    limits: LimitMetrics | None = None,
) -> HttpServer:
    """Return the one that answers anybody.

    Args:
        host: empty means all addresses.
        port: 0 means any free one.
        metrics: what ``/metrics`` shows; None where that is served elsewhere.
        notes: lines of ``/readyz?verbose`` that do not make the replica unready.

    """

    async def respond(request: HttpRequest) -> HttpAnswer:
        if request.path not in {"/metrics", "/healthz", "/readyz"}:
            return _NOT_FOUND
        if request.method not in {"GET", "HEAD"}:
            return NOT_ALLOWED
        if request.path == "/metrics":
            return await metrics.answer(request) if metrics else _ELSEWHERE
        if request.path == "/healthz":
            return _checked(request, "healthz", liveness())
        return _checked(request, "readyz", readiness(), notes())

    return HttpServer(
        "health" if metrics is None else "metrics and health",
        host,
        port,
        respond,
        clock=clock or SystemClock(),
        limits=limits or NullLimitMetrics(),
    )


def secure_metrics_server(
    host: str,
    port: int,
    *,
    exposition: Exposition,
    access: MetricsAccess,
    certificate: ServingCertificate,
    clock: Clock,
    limits: LimitMetrics,
) -> HttpServer:
    """Return the one that answers those who may read metrics; ``host`` and ``port`` as above."""

    async def respond(request: HttpRequest) -> HttpAnswer:
        if request.path != "/metrics":
            return _METRICS_ONLY
        if request.method not in {"GET", "HEAD"}:
            return NOT_ALLOWED
        return await access.refusal(request) or await exposition.answer(request)

    return HttpServer(
        "secure metrics", host, port, respond, clock=clock, limits=limits, certificate=certificate
    )


def _checked(
    request: HttpRequest, name: str, missing: Sequence[str], notes: Sequence[str] = ()
) -> HttpAnswer:
    if "verbose" in request.query:
        lines = [f"[-]{item} missing" for item in missing]
        lines.extend(f"[+]{note}" for note in notes)
        lines.append(f"{name} check {'failed' if missing else 'passed'}")
        text = "\n".join(lines) + "\n"
    else:
        text = f"{name} check failed: {', '.join(missing)}" if missing else "ok"
    return HttpAnswer.text(HTTPStatus.SERVICE_UNAVAILABLE if missing else HTTPStatus.OK, text)
