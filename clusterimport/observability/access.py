"""Who may see the metrics: the API server says whose a token is, and what they may.

As controller-runtime does it: a TokenReview, then a SubjectAccessReview for `get` on the path. What
cannot be found out is refused. No token is kept, or told to anybody but the API server.
"""

import asyncio
import hashlib
from collections import Counter
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final, NamedTuple, Protocol

import structlog

from clusterimport.aio import Clock
from clusterimport.kube import errors
from clusterimport.limits.listener import (
    HTTPS_ALLOWED_SECONDS,
    HTTPS_REFUSED_SECONDS,
    HTTPS_REVIEW_SECONDS,
    HTTPS_REVIEWS,
    HTTPS_VERDICTS,
)
from clusterimport.observability.messages import HttpAnswer, HttpRequest

log = structlog.get_logger(__name__)

_BEARER: Final = "bearer "
_LOG_SECONDS: Final = 60.0
_TOKEN_REVIEWS: Final = "/apis/authentication.k8s.io/v1/tokenreviews"  # noqa: S105 - a path
_ACCESS_REVIEWS: Final = "/apis/authorization.k8s.io/v1/subjectaccessreviews"

UNAUTHENTICATED: Final = HttpAnswer(
    HTTPStatus.UNAUTHORIZED,
    b"a token of this cluster is needed\n",
    fields=("WWW-Authenticate: Bearer",),
)
FORBIDDEN: Final = HttpAnswer.text(
    HTTPStatus.FORBIDDEN, "the right to get the non-resource URL /metrics is needed\n"
)
UNKNOWN: Final = HttpAnswer.text(
    HTTPStatus.SERVICE_UNAVAILABLE, "the API server does not say who may see this\n"
)


class ReviewClient(Protocol):
    """Sends a review, and returns it with its status."""

    async def request(
        self, method: str, path: str, *, body: Any, verb: str, resource: str
    ) -> Mapping[str, Any]:
        """Send one request; raises KubeError."""


class _Verdict(NamedTuple):
    refusal: HttpAnswer | None
    good_until: float


class MetricsAccess:
    """Verdicts about tokens, which are remembered for a while."""

    def __init__(self, rest: ReviewClient, *, clock: Clock) -> None:
        self._rest = rest
        self._clock = clock
        # By digest, the oldest first: of those who may, and of those who may not.
        self._allowed: dict[bytes, _Verdict] = {}
        self._refused: dict[bytes, _Verdict] = {}
        self._turns = _Turns()
        self._silent_until = 0.0

    async def refusal(self, request: HttpRequest) -> HttpAnswer | None:
        """Return why a request is not answered; None where it may be."""
        authorization = request.fields.get("authorization", "")
        token = authorization[len(_BEARER) :].strip()
        if authorization[: len(_BEARER)].lower() != _BEARER or not token.isascii() or not token:
            return UNAUTHENTICATED
        digest = hashlib.sha256(token.encode()).digest()
        known = self._known(digest)
        if known is None:
            async with self._turns.of(request.peer):
                # Another request with it may have been first.
                known = self._known(digest) or await self._review(token, digest)
        return known.refusal

    def _known(self, digest: bytes) -> _Verdict | None:
        verdict = self._allowed.get(digest) or self._refused.get(digest)
        if verdict is None or verdict.good_until <= self._clock.monotonic():
            return None
        return verdict

    async def _review(self, token: str, digest: bytes) -> _Verdict:
        try:
            async with asyncio.timeout(HTTPS_REVIEW_SECONDS):
                refusal = await self._judged(token)
        except (errors.KubeError, TimeoutError) as error:
            self._tell(error)
            return _Verdict(UNKNOWN, 0.0)
        now = self._clock.monotonic()
        seconds = HTTPS_REFUSED_SECONDS if refusal else HTTPS_ALLOWED_SECONDS
        verdict = _Verdict(refusal, now + seconds)
        self._allowed.pop(digest, None)
        self._refused.pop(digest, None)
        verdicts = self._refused if refusal else self._allowed
        if len(verdicts) >= HTTPS_VERDICTS:
            del verdicts[next(iter(verdicts))]
        verdicts[digest] = verdict
        return verdict

    async def _judged(self, token: str) -> HttpAnswer | None:
        review = await self._ask(_TOKEN_REVIEWS, "TokenReview", {"token": token})
        user = review.get("user") or {}
        if review.get("authenticated") is not True or not user.get("username"):
            return UNAUTHENTICATED
        subject = {
            "user": user["username"],
            "uid": user.get("uid") or "",
            "groups": user.get("groups") or [],
            "extra": user.get("extra") or {},
            "nonResourceAttributes": {"path": "/metrics", "verb": "get"},
        }
        review = await self._ask(_ACCESS_REVIEWS, "SubjectAccessReview", subject)
        return None if review.get("allowed") is True else FORBIDDEN

    async def _ask(self, path: str, kind: str, spec: Mapping[str, Any]) -> Mapping[str, Any]:
        group, version, resource = path.split("/")[2:]
        body = {"apiVersion": f"{group}/{version}", "kind": kind, "spec": spec}
        answer = await self._rest.request(
            "POST", path, body=body, verb="create", resource=f"{resource}.{group}"
        )
        status: Mapping[str, Any] = answer.get("status") or {}
        return status

    def _tell(self, error: Exception) -> None:
        if self._clock.monotonic() >= self._silent_until:
            self._silent_until = self._clock.monotonic() + _LOG_SECONDS
            log.warning("cannot review who asks for metrics", error=str(error) or "Timeout")


class _Turns:
    """Some at a time, and of each peer one."""

    def __init__(self) -> None:
        self._all = asyncio.Semaphore(HTTPS_REVIEWS)
        self._own: dict[str, asyncio.Lock] = {}
        self._waiting: Counter[str] = Counter()

    def of(self, peer: str) -> "_Turn":
        return _Turn(self, peer)

    async def begin(self, peer: str) -> None:
        self._waiting[peer] += 1
        try:
            await self._own.setdefault(peer, asyncio.Lock()).acquire()
        except BaseException:
            self._leave(peer)
            raise
        try:
            await self._all.acquire()
        except BaseException:
            self._own[peer].release()
            self._leave(peer)
            raise

    def end(self, peer: str) -> None:
        self._all.release()
        self._own[peer].release()
        self._leave(peer)

    def _leave(self, peer: str) -> None:
        self._waiting[peer] -= 1
        if not self._waiting[peer]:
            del self._waiting[peer], self._own[peer]


class _Turn:
    def __init__(self, turns: _Turns, peer: str) -> None:
        self._turns = turns
        self._peer = peer

    async def __aenter__(self) -> None:
        await self._turns.begin(self._peer)

    async def __aexit__(self, *_: object) -> None:
        self._turns.end(self._peer)
