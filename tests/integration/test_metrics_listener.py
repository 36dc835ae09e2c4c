"""Strangers at the port of metrics and health: what they do costs the others little (T55)."""

import contextlib
import http.client
import json
import resource
from collections.abc import Iterator
from typing import Any

import pytest

from development.controller import ControllerProcess
from development.memorylimit import MIB
from development.world import World
from tests.harness import platforms
from tests.harness.crowd import SHAPES, Crowd, Shape
from tests.harness.usage import Usage

KUBELET = "127.0.0.9"
PROBE_SECONDS = 5
"""``timeoutSeconds`` of the Deployment's probes."""
SCRAPE_SECONDS = 10
"""``scrape_timeout`` of Prometheus."""
PROBES = 5
MORE_MIB = 32
"""What all of an attack may cost in memory, of 512."""


@pytest.fixture(autouse=True)
def many_files() -> Iterator[None]:
    """Let this process open as many connections as an attacker would."""
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (limits[1], limits[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, limits)


def ask(
    process: ControllerProcess, path: str, source: str = KUBELET, seconds: float = PROBE_SECONDS
) -> tuple[int, str]:
    """Return status and text of an answer to somebody at an address of their own."""
    connection = http.client.HTTPConnection(
        "127.0.0.1", process.port, timeout=seconds, source_address=(source, 0)
    )
    with contextlib.closing(connection):
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()


def test_t55_strangers_keep_nobody_from_an_answer(world: World) -> None:
    """Whatever thousands do, the kubelet is answered, and memory grows by a little."""
    world.grant("configmaps", platforms.CONFIGMAPS_RULE)
    world.apply(platforms.policy("p"), platforms.cluster("before"))
    process = world.controller(memory_mib=512)
    world.until_pediacluster("p-before")
    before = Usage.of(process)

    for number, (name, shape) in enumerate(SHAPES.items()):
        with Crowd(process.port, shape) as crowd:
            world.until(crowd.has_come, f"all have come: {name}")
            for _ in range(PROBES):
                assert ask(process, "/healthz") == (200, "ok"), name
                assert ask(process, "/readyz") == (200, "ok"), name
            status, text = ask(process, "/metrics", seconds=SCRAPE_SECONDS)
            assert (status, "clusterimport_build_info" in text) == (200, True), name
            world.apply(platforms.cluster(f"during-{number}"))
            world.until_pediacluster(f"p-during-{number}")
        # From the crowd's own address, and so after it has gone; the peak is that of all the time.
        after = Usage.of(process)
        assert after.peak_bytes - before.resident_bytes < MORE_MIB * MIB, name
    # So few that none has to go before its time is over.
    with Crowd(process.port, Shape(20, b"GET / HTTP/1.1\r\n")):
        for limit in ("http_connections", "http_head_bytes", "http_head_seconds"):
            world.until(lambda limit=limit: reached(process, limit), f"{limit} is counted")
    world.until(lambda: lines(process), "the log tells of it")


def reached(process: ControllerProcess, limit: str) -> float:
    """Return how often a bound was reached."""
    return process.metric("clusterimport_limit_reached_total", limit=limit)


def lines(process: ControllerProcess) -> list[dict[str, Any]]:
    """Return what the log says of bounds that strangers reached."""
    parsed = [json.loads(line) for line in process.log().splitlines()]
    return [line for line in parsed if line["msg"] == "connections ended at a bound"]


def test_t55_who_shares_an_address_with_a_crowd_is_answered(world: World) -> None:
    """Behind a translation of addresses the kubelet is one of thousands, and the newest."""
    process = world.controller()

    for name in ("silent", "unfinished heads that fit", "unread"):
        with Crowd(process.port, SHAPES[name]) as crowd:
            world.until(crowd.has_come, f"all have come: {name}")
            for _ in range(PROBES):
                assert ask(process, "/healthz", "127.0.0.1") == (200, "ok"), name
    world.until(lambda: lines(process), "the log tells of it")
    (line,) = lines(process)
    assert line["last_peer"] == "127.0.0.1"
    assert line["http_connections"] > 0
