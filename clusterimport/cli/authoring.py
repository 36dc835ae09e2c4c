"""The arguments that commands on files share, and what becomes of them."""

from collections.abc import Callable
from itertools import chain
from typing import Any, TypeVar

import click

from clusterimport.authoring.documents import Document, read_documents
from clusterimport.cli.types import CommaList, FeatureGates
from clusterimport.engine.rules import ImportRules
from clusterimport.settings import AUTHENTICATION_GATE, CREDENTIAL_FEATURES

_Command = TypeVar("_Command", bound=Callable[..., Any])


def paths(command: _Command) -> _Command:
    """Add ``PATH…`` and ``--recursive``, as parameters ``paths`` and ``recursive``."""
    argument = click.argument(
        "paths", nargs=-1, required=True, metavar="PATH...", type=click.Path(allow_dash=True)
    )
    return argument(recursive(command))


def recursive(command: _Command) -> _Command:
    """Add ``--recursive``, as parameter ``recursive``."""
    option = click.option(
        "-R", "--recursive", is_flag=True, help="Read the folders in folders, too."
    )
    return option(command)


def policies(command: _Command) -> _Command:
    """Add ``--policy``, as parameter ``policies``."""
    option = click.option(
        "--policy",
        "policies",
        multiple=True,
        metavar="NAME",
        help="Only this policy; may be given several times.",
    )
    return option(command)


def rules(command: _Command) -> _Command:
    """Add the controller's own flags that decide what may be imported; see `rules_of`."""
    for decorator in (
        click.option(
            "--feature-gates",
            type=FeatureGates(),
            multiple=True,
            help=f"{AUTHENTICATION_GATE}=true honours authenticationFrom.",
        ),
        click.option(
            "--allow-cross-namespace-references",
            is_flag=True,
            help="As the controller's flag.",
        ),
        click.option(
            "--allowed-credential-features",
            type=CommaList(CREDENTIAL_FEATURES),
            multiple=True,
            help="As the controller's flag.",
        ),
    ):
        command = decorator(command)
    return command


def rules_of(
    *,
    allowed_credential_features: tuple[tuple[str, ...], ...],
    allow_cross_namespace_references: bool,
    feature_gates: tuple[dict[str, bool], ...],
) -> ImportRules:
    """Return the rules that the flags of `rules` stand for."""
    gates = {name: value for given in feature_gates for name, value in given.items()}
    return ImportRules(
        allowed_features=frozenset(chain(*allowed_credential_features)),
        allow_cross_namespace=allow_cross_namespace_references,
        authentication_from=gates.get(AUTHENTICATION_GATE, False),
    )


def documents_of(given: tuple[str, ...], *, recursive: bool = False) -> list[Document]:
    """Read the files of an argument; raises AuthoringError."""
    return read_documents(given, recursive=recursive)
