"""How live commands reach the API server, and how failures end them."""

import asyncio
from collections.abc import Callable, Collection, Coroutine, Sequence
from typing import Any, TypeVar

import click

from clusterimport.authoring.documents import Document
from clusterimport.cli.connection import Reach
from clusterimport.cli.printing.progress import ProgressLine
from clusterimport.engine.rules import ImportRules
from clusterimport.kube import RestClient, errors, load_settings, open_connection
from clusterimport.live.errors import NameNotFound, NoAnswer, NoWay
from clusterimport.live.gathering import Gathered, Gatherer
from clusterimport.live.reading import read_policies
from clusterimport.observability.logging import configure_logging

_T = TypeVar("_T")

Work = Callable[[RestClient, ProgressLine], Coroutine[Any, Any, _T]]
"""What a command does with the connection."""


def run_live(reach: Reach, work: Work[_T]) -> _T:
    """Connect and work; return what came of it.

    Raises LiveError, which says what is wrong with the way to the server, the rights or the names.
    """
    configure_logging(level="error", json=False)
    with ProgressLine() as progress:
        return asyncio.run(_connected(reach, work, progress))


def evaluate_live(
    reach: Reach, given: Sequence[Document], *, rules: ImportRules, only: Collection[str] = ()
) -> Gathered:
    """Evaluate policies on the sources of a live server; what could not be seen is told.

    Where none is given, those of the server. Raises LiveError and AuthoringError.
    """

    async def work(rest: RestClient, progress: ProgressLine) -> Gathered:
        gatherer = Gatherer(rest, tell=progress.tell)
        await gatherer.look()
        policies = given or await read_policies(rest, tell=progress.tell)
        if not policies:
            raise NameNotFound("the server has no ClusterImportPolicy")
        return await gatherer.gather(policies, rules=rules, only=only)

    gathered = run_live(reach, work)
    tell_notes(gathered)
    return gathered


def tell_notes(gathered: Gathered) -> None:
    """Say on standard error what could not be looked at."""
    for note in gathered.notes:
        click.echo(f"clusterimport: {note}", err=True)


async def _connected(reach: Reach, work: Work[_T], progress: ProgressLine) -> _T:
    progress.tell("reading the kubeconfig")
    try:
        settings = await load_settings(kubeconfig=reach.kubeconfig, context=reach.context)
    except errors.KubeConfigError as error:
        raise NoWay(str(error)) from error
    progress.tell(f"connecting to {settings.server}")
    async with open_connection(settings) as rest:
        try:
            return await work(rest, progress)
        except errors.Unauthorized as error:
            raise NoAnswer(
                f"{settings.server} does not accept the credentials ({error}); log in again, or "
                "choose another --context"
            ) from error
        except errors.Forbidden as error:
            raise NoAnswer(refusal_text(error)) from error
        except errors.TransportError as error:
            raise NoAnswer(f"{settings.server} cannot be asked: {error}") from error
        except errors.ApiError as error:
            raise NoAnswer(f"{settings.server} refuses: {error}") from error


def refusal_text(error: errors.Forbidden) -> str:
    """Say which right is missing."""
    said = f": {error.message}" if error.message else ""
    return f"you may not {error.verb} {error.resource} (403 Forbidden){said}"
