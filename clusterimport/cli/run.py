"""``clusterimport run``, which is also ``controller-manager``: the controller itself."""

import importlib

import click

from clusterimport.cli.commands import SectionedCommand
from clusterimport.cli.flags import GROUPS
from clusterimport.cli.options import settings_of


def _run(**_values: object) -> int:
    """Run the controller until it is told to stop (SIGTERM or Ctrl-C).

    It takes the place of Clusterpedia's controller-manager and accepts its arguments unchanged.
    """
    settings = settings_of(click.get_current_context())
    # Loaded only now and by name: the Kubernetes client behind it takes a second and 70 MiB, which
    # --help, --version and a mistyped flag should not cost.
    launch = importlib.import_module("clusterimport.cli.launch")
    code = launch.launch(settings)
    assert isinstance(code, int)
    return code


run = SectionedCommand("run", GROUPS, _run)
