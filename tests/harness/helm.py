"""Helm, as a person has it on the path, and what the chart renders by it."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from development import manifests
from development.chart import CHART
from development.controlplane.compiling import BuildError
from development.gotools import building

IS_NOT_BUILT = "helm is not built: python -m development.gotools.building helm"
NAME = "clusterpedia-controller-manager"
NAMESPACE = "clusterpedia-system"
EVERYTHING = {
    "authenticationFrom": True,
    "serviceMonitor": {"enabled": True},
    "prometheusRule": {"enabled": True},
    "dashboard": {"enabled": True},
}
"""Values that have the chart render whatever it can, but for policies of the catalogue."""

needs_helm = pytest.mark.skipif(building.installed("helm") is None, reason=IS_NOT_BUILT)


def program() -> Path:
    """Return Helm, built where it can be; skips the test where not."""
    try:
        return building.ensure("helm", sys.stderr)
    except BuildError as error:
        pytest.skip(f"{IS_NOT_BUILT}: {error}")


def template(*arguments: str, values: Any = None, chart: Path = CHART) -> list[dict[str, Any]]:
    """Return what the chart renders in Clusterpedia's namespace. Raises RefusedError."""
    command = [
        *(str(building.installed("helm")), "template", "clusterimport", str(chart)),
        *("--namespace", NAMESPACE, "--values", "-", *arguments),
    ]
    ended = subprocess.run(
        command,
        input=yaml.safe_dump(values or {}),
        env={**os.environ, "KUBECONFIG": "/dev/null"},
        capture_output=True,
        text=True,
        check=False,
    )
    if ended.returncode != 0:
        raise RefusedError(ended.stderr)
    documents = yaml.load_all(ended.stdout, Loader=yaml.CSafeLoader)
    return [document for document in documents if document]


def manager(objects: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the manager's pod and container, as one."""
    pod = manifests.the("Deployment", NAME, objects)["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    return {**pod, **container}


class RefusedError(Exception):
    """Helm refuses the values; the message is what it says."""
