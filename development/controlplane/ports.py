"""Free loopback ports that stay free while a component is stopped."""

import random
import socket
from contextlib import ExitStack

HOST = "127.0.0.1"
# Below Linux's ephemeral range (32768 and up): an outgoing connection of any process cannot take
# the port of an API server that a test has stopped and is about to start again.
CANDIDATES = range(20_000, 30_000)
ATTEMPTS = 200


def free_ports(count: int) -> list[int]:
    """Return `count` different ports on which nothing listens now.

    Raises OSError if none can be found.
    """
    ports: list[int] = []
    with ExitStack() as held:  # held until all are found, so that they differ
        # Not the seeded generator of a test: two runs on one machine must not choose alike.
        for port in random.SystemRandom().sample(CANDIDATES, ATTEMPTS):
            candidate = held.enter_context(socket.socket())
            candidate.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                candidate.bind((HOST, port))
                # Only listen() finds a listener that also set SO_REUSEADDR.
                candidate.listen(1)
            except OSError:
                continue
            ports.append(port)
            if len(ports) == count:
                return ports
    raise OSError(f"no {count} free ports between {CANDIDATES.start} and {CANDIDATES.stop}")
