"""The demonstration from its beginning to its end."""

import http.client
import sys
import time
from contextlib import suppress
from typing import NamedTuple

from development.controlplane.rest import ApiFailure
from development.world import CLUSTER_API, NAMESPACE, PEDIACLUSTER
from examples.demo import credentials, explanation, tables
from examples.demo.errors import DemoError
from examples.demo.existing import QUESTION, ExistingCluster
from examples.demo.platforms import OWN_NAMESPACES, PLATFORMS
from examples.demo.screen import Screen
from examples.demo.stage import Stage
from examples.demo.tables import Tables

POLL_INTERVAL_SECONDS = 0.5
TIMEOUT_SECONDS = 180.0
"""From the first line to the expected rows."""

NO_ANSWER = (ApiFailure, OSError, http.client.HTTPException)


class Options(NamedTuple):
    """How the demonstration is to be given."""

    stays: bool
    """Until it is told to end; else it ends when the expected rows stand."""

    timeout_seconds: float = TIMEOUT_SECONDS

    context: str = ""
    """Of the kubeconfig, for a cluster that is there; else one is made."""


class Performance:
    """Sets the stage, shows the tables as they fill, proves the credentials, explains, stays."""

    def __init__(self, screen: Screen, options: Options) -> None:
        self._screen = screen
        self._options = options
        self._started = time.monotonic()
        self._tables = Tables()  # as they were last seen
        self.is_complete = False
        """Whether the expected rows have stood."""

    def give(self) -> None:
        """Give it. What is raised says why it failed: DemoError, ControlPlaneError, NO_ANSWER."""
        existing = ExistingCluster(self._options.context) if self._options.context else None
        if existing is not None and not _agreed(self._options.context, existing):
            existing.stop()
            raise DemoError("it was not agreed to; nothing was done")
        with Stage(lambda step: self._screen.say(f"{step} ..."), existing) as stage:
            try:
                self._fill(stage)
            except NO_ANSWER:
                stage.check()  # what has ended is a better reason than that it does not answer
                raise
            self._settle(stage)
            self.is_complete = True
            self._screen.say(f"\n{explanation.what()}")
            if self._options.stays:
                how = explanation.how(stage.kubeconfig, stage.controller.log)
                self._screen.say(f"\n{how}\n{explanation.END}")
                self._stay(stage)

    def _fill(self, stage: Stage) -> None:
        stage.installer.prepare()
        for platform in PLATFORMS:
            stage.installer.apply(platform)
            self._look(stage)
            self._show("filling ...")

    def _settle(self, stage: Stage) -> None:
        """Show the tables until the expected rows stand, and then what they are worth."""
        while missing := self._tables.missing():
            if time.monotonic() > self._started + self._options.timeout_seconds:
                raise DemoError(
                    f"not within {self._options.timeout_seconds:g} s: {'; '.join(missing)}\n"
                    f"the controller's log ends:\n{stage.controller.log_tail()}"
                )
            time.sleep(POLL_INTERVAL_SECONDS)
            self._look(stage)
            self._show("filling ...")
        elapsed = time.monotonic() - self._started
        self._show(f"All expected rows stand after {elapsed:.0f} s. {_proof(stage)}")

    def _stay(self, stage: Stage) -> None:
        while True:
            time.sleep(POLL_INTERVAL_SECONDS)
            if self._look(stage):
                self._show(explanation.END)

    def _look(self, stage: Stage) -> bool:
        """Read the tables; return whether they have changed. No answer is no change."""
        before = self._tables
        with suppress(*NO_ANSWER):
            self._tables = tables.read(stage.admin)
        stage.check()
        return self._tables != before

    def _show(self, status: str) -> None:
        self._screen.show(f"{self._tables.text()}\n\n{status}")


def _agreed(context: str, cluster: ExistingCluster) -> bool:
    names = f"{NAMESPACE}, {', '.join(OWN_NAMESPACES)}"
    sys.stdout.write(QUESTION.format(context=context, url=cluster.url, namespaces=names))
    sys.stdout.write("Go on? Type yes: ")
    sys.stdout.flush()
    return sys.stdin.readline().strip().lower() == "yes"


def _proof(stage: Stage) -> str:
    """Go into every imported cluster; return what is to be told of it. Raises DemoError."""
    found = stage.admin.list(CLUSTER_API, PEDIACLUSTER)
    proofs = [credentials.prove(pediacluster) for pediacluster in found]
    for pediacluster, proof in zip(found, proofs, strict=True):
        if pediacluster["status"]["version"] != proof.version:
            name = pediacluster["metadata"]["name"]
            raise DemoError(f"VERSION of {name} is not what its cluster says: {proof.version}")
    return (
        f"The credentials in all {len(proofs)} PediaClusters work:\n"
        f"GET /version says {proofs[0].version}, to {proofs[0].user} for one."
    )
