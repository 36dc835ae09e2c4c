"""A credential occurs in no answer to a write that is logged, told or kept (E17)."""

import itertools
from pathlib import Path
from typing import Any

from development.world import PEDIACLUSTER, World, encode
from tests.harness import platforms
from tests.harness.canary import CANARY
from tests.harness.canaryhunt import assert_nowhere, start
from tests.harness.canaryways import policy, secret
from tests.harness.proxy import NO_ANSWER, FaultProxy, Request

PEDIACLUSTERS = "/apis/cluster.clusterpedia.io/v1alpha2/pediaclusters"


def _status(code: int, reason: str, **details: Any) -> tuple[int, dict[str, Any]]:
    return code, {
        "kind": "Status",
        "apiVersion": "v1",
        "status": "Failure",
        "code": code,
        "reason": reason,
        "message": f"PediaCluster {CANARY} is invalid: {encode(CANARY)}",
        "details": {"name": CANARY, "kind": CANARY, **details},
    }


CAUSES = [
    {"field": f"spec.tokenData[{CANARY}]", "reason": "FieldValueInvalid", "message": CANARY},
    {"field": f"metadata.labels[{CANARY}].x", "reason": CANARY, "message": encode(CANARY)},
]
ANSWERS = (
    _status(500, "InternalError"),
    _status(503, "ServiceUnavailable", retryAfterSeconds=1),
    _status(400, "BadRequest"),
    _status(403, "Forbidden"),
    _status(409, "Conflict"),
    _status(413, "RequestEntityTooLarge"),
    _status(422, "Invalid", causes=CAUSES),
    _status(429, "TooManyRequests", retryAfterSeconds=1),
    _status(504, "Timeout"),
    _status(418, CANARY),
    (502, {"html": CANARY}),
    (200, {"note": CANARY}),
    (200, {"kind": CANARY, "metadata": CANARY, "spec": {"tokenData": [CANARY]}}),
    NO_ANSWER,
)


def test_e17_a_server_that_fails_while_it_is_written_to(world: World, tmp_path: Path) -> None:
    """No error, time-out or nonsense that answers a write of the credential shows it."""
    folder = tmp_path / "temporary"
    world.grant("secrets", platforms.SECRETS_RULE)
    names = [f"n{number:02}" for number in range(len(ANSWERS))]
    world.apply(policy("many"))
    world.apply(*(secret(name, "many") for name in names))
    with FaultProxy(world.control_plane) as proxy:
        process = start(world, folder, through=proxy.url)
        world.until(lambda: world.names(PEDIACLUSTER) == names, "all are imported")
        met: set[str] = set()
        turns = itertools.cycle(ANSWERS)

        def answer(request: Request) -> tuple[int, dict[str, Any]] | None:
            if not request.path.startswith(PEDIACLUSTERS) or request.method == "GET":
                return None
            name = request.path.rpartition("/")[2]
            if name in names:
                met.add(name)
                return ANSWERS[names.index(name)]
            if request.method == "POST":
                met.add(f"POST {len(met)}")
                return next(turns)
            return None

        proxy.inject(answer)
        world.apply(*(secret(name, "many", token=f"rotated-{CANARY}") for name in names))
        world.apply(*(secret(f"x{name}", "many") for name in names))
        world.until(
            lambda: met >= set(names) and len(met) >= 2 * len(names),
            "every write was answered so",
            timeout_seconds=30,
        )
        world.until(
            lambda: "timed out" in process.log(), "a write has timed out", timeout_seconds=30
        )
        assert_nowhere(world, folder, process)

        proxy.heal()
        for name in names:
            world.apply(secret(name, "many", token=f"again-{CANARY}"))
        wanted = encode(f"again-{CANARY}")
        world.until(
            lambda: all(world.pediacluster(n)["spec"]["tokenData"] == wanted for n in names),
            "it goes on",
            timeout_seconds=75,
        )
        assert process.terminate() == 0
        assert_nowhere(world, folder, process)
