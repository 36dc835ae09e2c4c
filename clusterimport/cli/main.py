"""The entry points of the console scripts.

Wrong use ends with one line on standard error and exit code 2: in the logs of a pod, a page of
usage hides what is wrong. No end of a command shows a traceback.
"""

import sys
from collections.abc import Sequence

import click

import clusterimport
from clusterimport.cli.commands import LazyGroup, Location
from clusterimport.cli.exitcodes import ExitCode
from clusterimport.errors import ClusterImportError
from clusterimport.settings import SettingsError
from clusterimport.traces import place_of

COMMANDS = LazyGroup(
    "clusterimport",
    help="Import every cluster of a multi-cloud platform into Clusterpedia.",
    locations={
        "discover": Location(
            "clusterimport.cli.discover:discover",
            "Look for platforms of the catalogue on a live API server, with your own rights.",
        ),
        "explain": Location(
            "clusterimport.cli.explain:explain",
            "Tell why a source is, or is not, imported: each step, what decided, and what it read.",
        ),
        "get": Location(
            "clusterimport.cli.get:get",
            "Show policies, and the lifecycles and PediaClusters they lead to.",
        ),
        "kubeconfig": Location(
            "clusterimport.cli.kubeconfig:kubeconfig",
            "Print, or merge into a kubeconfig, an entry for each imported cluster.",
        ),
        "manifests": Location(
            "clusterimport.cli.manifests:manifests",
            "Print what is installed in a cluster: namespace, CRDs, rights and the controller.",
        ),
        "migrate": Location(
            "clusterimport.cli.migrate:command",
            "Tell what a swap of Clusterpedia's controller-manager for this one does, per cluster.",
        ),
        "rbac": Location(
            "clusterimport.cli.rbac:rbac",
            "Print the roles that the controller needs for policies.",
        ),
        "catalogue": Location(
            "clusterimport.cli.catalogue:catalogue",
            "List and show the policies that come along.",
        ),
        "create": Location(
            "clusterimport.cli.create:create",
            "Create the files of a policy to start from.",
        ),
        "render": Location(
            "clusterimport.cli.render:render",
            "Show which PediaClusters policies make of sources, and why not.",
        ),
        "test": Location(
            "clusterimport.cli.test:test",
            "Run the tests of policies, without a cluster.",
        ),
        "run": Location(
            "clusterimport.cli.run:run",
            "Run the controller until it is told to stop (SIGTERM or Ctrl-C).",
        ),
        "validate": Location(
            "clusterimport.cli.validate:validate",
            "Find what is wrong with policies, before anything is applied.",
        ),
    },
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
click.version_option(clusterimport.__version__, message="%(prog)s %(version)s")(COMMANDS)


def main(arguments: Sequence[str] | None = None) -> int:
    """Be ``clusterimport``; return the exit code."""
    return _execute(COMMANDS, arguments, "clusterimport")


def kubectl_plugin(arguments: Sequence[str] | None = None) -> int:
    """Be ``kubectl clusterimport``."""
    return _execute(COMMANDS, arguments, "kubectl clusterimport")


def controller_manager(arguments: Sequence[str] | None = None) -> int:
    """Be ``controller-manager``, Clusterpedia's name in the image: ``clusterimport run``."""
    command = COMMANDS.get_command(click.Context(COMMANDS), "run")
    assert command is not None
    return _execute(command, arguments, "controller-manager")


def _execute(command: click.Command, arguments: Sequence[str] | None, name: str) -> int:
    given = sys.argv[1:] if arguments is None else list(arguments)
    try:
        code = command.main(args=given, prog_name=name, standalone_mode=False)
    except click.UsageError as error:
        path = error.ctx.command_path if error.ctx else name
        return _fail(f"{path}: {error.format_message().rstrip('.')} (see {path} --help)")
    except click.ClickException as error:
        return _fail(f"{name}: {error.format_message()}")
    except SettingsError as error:
        return _fail(f"{name}: {error}")
    except (click.Abort, KeyboardInterrupt):
        return ExitCode.INTERRUPTED
    except Exception as error:  # noqa: BLE001 - the end of the program: all is told, none shown raw
        return _told(error, name)
    return code if isinstance(code, int) else 0


def _told(error: Exception, name: str) -> int:
    code = getattr(error, "code", None)
    if isinstance(error, ClusterImportError) and isinstance(code, int):
        click.echo(f"{name}: {error}", err=True)
        return code
    text = f"stopped by an unexpected {type(error).__name__} ({place_of(error)}); please report it"
    click.echo(f"{name}: {text}", err=True)
    return ExitCode.INTERNAL


def _fail(text: str) -> int:
    click.echo(" ".join(text.split()), err=True)
    return ExitCode.USAGE
