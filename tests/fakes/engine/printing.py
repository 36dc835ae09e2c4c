"""Rendered texts with their spans, made without the template interpreter."""

from collections.abc import Sequence
from typing import Self

from clusterimport.engine.output import Output, OutputSpan
from clusterimport.gotemplate.functions import Structure


class Printed(str):
    """What an action prints; any other text is the template's own."""

    __slots__ = ("layout",)
    structure = Structure.SCALAR
    layout: str

    def __new__(cls, text: str, layout: str = "") -> Self:
        """Make it of what the value is and the white space that `nindent` puts before it."""
        made = super().__new__(cls, layout + text)
        made.layout = layout
        return made


class Quoted(Printed):
    """What an action prints by quote."""

    __slots__ = ()
    structure = Structure.QUOTES


class Made(Printed):
    """What an action prints by toYaml or toJson."""

    __slots__ = ()
    structure = Structure.MAKES


def output(pieces: Sequence[str]) -> Output:
    """Put a rendered text together; in the template, each action is written `{{v}}`."""
    text = ""
    template = ""
    spans: list[OutputSpan] = []
    for piece in pieces:
        if isinstance(piece, Printed):
            line = template.count("\n") + 1
            column = len(template) - template.rfind("\n")
            end = len(text) + len(piece)
            spans.append(OutputSpan(len(text), end, line, column, piece.structure, piece.layout))
            template += "{{v}}"
        else:
            template += piece
        text += piece
    return Output(text, tuple(spans), template)
