"""Rendered texts with their spans, made without the template interpreter."""

from collections.abc import Sequence

from clusterimport.engine.structure import Output, Span


class Printed(str):
    """What an action prints; any other text is the template's own."""

    __slots__ = ()
    structural = False


class Structure(Printed):
    """What an action prints by toYaml or toJson."""

    __slots__ = ()
    structural = True


def output(pieces: Sequence[str]) -> Output:
    """Put a rendered text together; in the template, each action is written `{{v}}`."""
    text = ""
    template = ""
    spans: list[Span] = []
    for piece in pieces:
        if isinstance(piece, Printed):
            line = template.count("\n") + 1
            column = len(template) - template.rfind("\n")
            spans.append(Span(len(text), len(text) + len(piece), line, column, piece.structural))
            template += "{{v}}"
        else:
            template += piece
        text += piece
    return Output(text, tuple(spans), template)
