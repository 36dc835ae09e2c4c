"""Starts the program and turns the ways in which it can end into an exit code and one line."""

from collections.abc import Callable, Iterator

import click

from clusterimport import errors
from clusterimport.app import main
from clusterimport.cli.exitcodes import ExitCode
from clusterimport.observability.redaction import redact_text, text_of
from clusterimport.settings import Settings
from clusterimport.traces import place_of


def launch(settings: Settings, program: Callable[[Settings], int] = main.run) -> int:
    """Run until told to stop; return the exit code.

    A problem that a person can mend is 2, anything unexpected is 1; both are one line on standard
    error, without the text of exceptions that may quote credentials.
    """
    try:
        return program(settings)
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED
    except Exception as error:  # noqa: BLE001 - the end of the program: all is told, none shown raw
        return _tell(error)


def _tell(error: BaseException) -> int:
    leaves = list(_leaves(error))
    bugs = [leaf for leaf in leaves if not isinstance(leaf, errors.ClusterImportError)]
    if bugs:
        _print(f"stopped by an unexpected {type(bugs[0]).__name__} ({place_of(bugs[0])})")
        return ExitCode.FAILED
    _print(redact_text(text_of(leaves[0])))
    return ExitCode.USAGE


def _leaves(error: BaseException) -> Iterator[BaseException]:
    """Walk into groups: a scope of tasks wraps whatever ends it."""
    if isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions:
            yield from _leaves(inner)
    else:
        yield error


def _print(text: str) -> None:
    click.echo(f"clusterimport: {' '.join(text.split())}", err=True)
