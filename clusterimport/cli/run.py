"""``clusterimport run``, which is also ``controller-manager``: the controller itself."""

import importlib
import sys
from typing import Final

import click

from clusterimport.cli.commands import SectionedCommand
from clusterimport.cli.flags import GROUPS
from clusterimport.cli.options import settings_of

_UNUSED: Final = "rich"
"""structlog draws tracebacks with it, of which no log of ours has one: 66 modules, 4 MiB."""


def _run(**_values: object) -> int:
    """Run the controller until it is told to stop (SIGTERM or Ctrl-C).

    It takes the place of Clusterpedia's controller-manager and accepts its arguments unchanged.
    """
    settings = settings_of(click.get_current_context())
    # Loaded only now and by name: the Kubernetes client behind it takes a second and 70 MiB, which
    # --help, --version and a mistyped flag should not cost.
    _load_structlog()
    launch = importlib.import_module("clusterimport.cli.launch")
    code = launch.launch(settings)
    assert isinstance(code, int)
    return code


def _load_structlog() -> None:
    """Import it the way it is where rich is not installed, which our other commands need."""
    if "structlog" in sys.modules or _UNUSED in sys.modules:
        return
    # What the import system documents for a module that is not to be found.
    sys.modules[_UNUSED] = None  # type: ignore[assignment]
    try:
        importlib.import_module("structlog")
    finally:
        del sys.modules[_UNUSED]


run = SectionedCommand("run", GROUPS, _run)
