"""Which name templates give one name to sources of several namespaces.

Whoever comes first keeps a name, so that with an ambiguous template one tenant can take what
another one's source would be called. It is told only where the template's tree alone makes it
certain: what a function, a condition or another field prints may well tell namespaces apart.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from enum import Enum, StrEnum
from typing import Final

from clusterimport.gotemplate import nodes
from clusterimport.gotemplate.template import Template
from clusterimport.model.policy import SourceType


class Ambiguity(StrEnum):
    """Why two sources may have one name; the values are reasons of a condition."""

    NOT_PRINTED = "NamespaceNotPrinted"
    NOT_SEPARATED = "NamespaceNotSeparated"


MESSAGES: Final[Mapping[Ambiguity, str]] = {
    Ambiguity.NOT_PRINTED: (
        "does not print the namespace of the source, so that sources of one name in two "
        "namespaces have one name here"
    ),
    Ambiguity.NOT_SEPARATED: (
        "prints namespace and name with nothing between them that cannot be part of both, so that "
        "a source `b-c` in namespace `a` and a source `c` in namespace `a-b` may have one name here"
    ),
}


class _Part(Enum):
    NAMESPACE = ".source.metadata.namespace"
    NAME = ".source.metadata.name"


class _Unknown(Exception):  # noqa: N818 - not an error: the tree alone does not tell what is printed
    pass


_PATHS: Final[Mapping[tuple[str, ...], _Part]] = {
    ("source", "metadata", "namespace"): _Part.NAMESPACE,
    ("source", "metadata", "name"): _Part.NAME,
}
_NEAR_IDENTITIES: Final = frozenset({"lower", "trim", "toString", "trimPrefix", "trimSuffix"})
"""Functions whose last argument comes out as it was, or without an end that is the same for all."""
_VERBS: Final = re.compile(r"%(.)", re.DOTALL)
_NOT_IN_A_NAMESPACE: Final = re.compile(r"[^-a-z0-9]")
"""Namespaces are DNS labels: a dot, which names may have, tells for sure where one ends."""


def name_ambiguity(source: SourceType, template: Template) -> Ambiguity | None:
    """Return why a name template over a namespaced type is ambiguous; None if that is not certain.

    A selector that looks at the namespace may leave only one. Two sources of one namespace that
    have one name are that tenant's own affair.
    """
    if "namespace" in source.field_selector + source.selector_template:
        return None
    try:
        parts = list(_printed(template.tree.nodes))
    except _Unknown:
        return None
    places = [index for index, part in enumerate(parts) if isinstance(part, _Part)]
    found = [parts[index] for index in places]
    if _Part.NAMESPACE not in found:
        return Ambiguity.NOT_PRINTED
    if sorted(found, key=str) != sorted(_Part, key=str):
        return None
    between = "".join(str(part) for part in parts[places[0] + 1 : places[1]])
    return None if _NOT_IN_A_NAMESPACE.search(between) else Ambiguity.NOT_SEPARATED


def _printed(statements: Sequence[nodes.Statement]) -> Iterator[str | _Part]:
    for node in statements:
        match node:
            case nodes.Text(text=text):
                yield text
            case nodes.Action(pipe=nodes.Pipe(commands=(command, *rest), variables=())):
                printed = list(_of_command(command))
                for each in rest:
                    printed = list(_passed_through(each, printed))
                yield from printed
            case _:
                raise _Unknown


def _of_command(command: nodes.Command) -> Iterator[str | _Part]:
    match command.args:
        case (argument,):
            yield from _of_argument(argument)
        case (nodes.Identifier(name="printf"), nodes.StringNode(text=text), *arguments):
            yield from _of_format(text, arguments)
        case (nodes.Identifier(name="print"), *arguments):
            for argument in arguments:
                yield from _of_argument(argument)
        case (nodes.Identifier(name=name), *_, last) if name in _NEAR_IDENTITIES:
            yield from _of_argument(last)
        case _:
            raise _Unknown


def _passed_through(
    command: nodes.Command, printed: Sequence[str | _Part]
) -> Iterator[str | _Part]:
    match command.args:
        case (nodes.Identifier(name=name), *_) if name in _NEAR_IDENTITIES:
            yield from printed
        case _:
            raise _Unknown


def _of_argument(argument: nodes.Argument) -> Iterator[str | _Part]:
    match argument:
        case nodes.StringNode(text=text):
            yield text
        case nodes.Field(idents=idents) if idents in _PATHS:
            yield _PATHS[idents]
        case nodes.Variable(idents=("$", *idents)) if tuple(idents) in _PATHS:
            yield _PATHS[tuple(idents)]
        case nodes.Pipe(commands=(command,), variables=()):
            yield from _of_command(command)
        case _:
            raise _Unknown


def _of_format(text: str, arguments: Sequence[nodes.Argument]) -> Iterator[str | _Part]:
    verbs = _VERBS.findall(text)
    if set(verbs) - {"s", "v"} or len(verbs) != len(arguments):
        raise _Unknown
    pieces = re.split(r"%[sv]", text)
    yield pieces[0]
    for argument, piece in zip(arguments, pieces[1:], strict=True):
        yield from _of_argument(argument)
        yield piece
