"""What it costs to ask every imported cluster every 30 seconds."""

import base64
import itertools
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar, Final

from development.bench import platform
from development.bench.figures import Figures, quantiles
from development.bench.scenarios import rotations
from development.bench.scenarios.scenario import Case
from development.bench.stage import Stage
from development.world import NAMESPACE, SERVICE_ACCOUNT

ROUND_SECONDS: Final = 30.0
ROUNDS: Final = 4
PATIENCE_SECONDS: Final = 600.0


class Probes:
    """Every cluster is the API server of the stage again, over a connection of its own."""

    name: ClassVar = "probes"
    about: ClassVar = "all clusters are asked every 30 s"

    def cases(self, n: int) -> Sequence[Case]:
        """Return two sizes, without a peer: Clusterpedia's manager probes nothing."""
        return [
            Case(n, turns=1, is_compared=False),
            Case(10 * n, turns=1, is_compared=False),
        ]

    def run(self, stage: Stage, size: int) -> Figures:
        """Measure by the clock, beside the same controller without probes."""
        self._populate(stage, size)
        stage.apply_policy()
        plain = stage.start()
        stage.until_imported(plain, size)
        stage.until_quiet(plain)
        plain.terminate()
        plain = stage.start()
        plain.until_ready()
        stage.until_quiet(plain)
        memory = plain.resident_mib()
        plain.terminate()

        replica = stage.start(probes=True)
        replica.until_ready()

        def reachable() -> float:
            return replica.metric("clusterimport_probes_total", reason="Reachable")

        deadline = time.monotonic() + PATIENCE_SECONDS
        while (asked := reachable()) < 2 * size and time.monotonic() < deadline:
            stage.screen.show(f"{asked:.0f} of {2 * size} probes of the first two rounds")
            time.sleep(1)
        meter, started, asked = stage.meter(replica), time.monotonic(), reachable()
        time.sleep(ROUNDS * ROUND_SECONDS)
        found = {
            **meter.shares(replica),
            "probes_rate": (reachable() - asked) / (time.monotonic() - started),
            "writes_in_all": meter.whole(replica)["writes_in_all"],
            "probe_kib": 1024 * (replica.resident_mib() - memory) / size,
            **meter.state(replica),
        }
        # New tokens would lead nowhere, and what is measured is when they are written.
        latencies = rotations.one_by_one(stage, size, 1)
        stage.tell("rotation while probed", latencies)
        return {**found, **quantiles("probed_rotation", latencies)}

    def _populate(self, stage: Stage, size: int) -> None:
        access = stage.control_plane.service_account_access(NAMESPACE, SERVICE_ACCOUNT)

        def value(number: int) -> str:
            # Each has an authority of its own, as in life: contexts of equal ones would be shared.
            own = replace(access, ca_pem=f"{access.ca_pem}\n# {platform.name_of(number)}\n")
            return base64.b64encode(own.kubeconfig().encode()).decode()

        pairs = (platform.creation(number, value(number)) for number in range(size))
        stage.load(itertools.chain.from_iterable(pairs), 2 * size, "objects created")
