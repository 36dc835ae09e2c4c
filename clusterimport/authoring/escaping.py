"""What Clusterpedia makes of a template: it prints through ``html/template``.

That turns characters of values into entities, in Go's form, which breaks credentials and addresses.
Only what it does to documents in YAML is known here: text outside of any HTML tag.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

import yaml

from clusterimport.engine.evaluation import ProgramCache
from clusterimport.gotemplate.errors import GoTemplateError
from clusterimport.libyaml import CSafeLoader

__all__ = ["clusterpedia_spec", "escaped", "escapes_itself"]

_ENTITIES: Final = str.maketrans(
    {
        '"': "&#34;",
        "'": "&#39;",
        "&": "&amp;",
        "<": "&lt;",
        ">": "&gt;",
        "+": "&#43;",
        "\0": "\N{REPLACEMENT CHARACTER}",
    }
)
_ESCAPER: Final = re.compile(r"\|\s*(?:html|urlquery)\s*-?\}\}")
_NO_VALUE: Final = "<no value>"


def escaped(text: str) -> str:
    """Return a printed value as Clusterpedia writes it."""
    return text.translate(_ENTITIES)


def escapes_itself(template: str) -> bool:
    """Whether a template ends a pipeline with ``html`` or ``urlquery``.

    Clusterpedia adds nothing to that; here it is a function as any other, and its entities are
    what the PediaCluster gets.
    """
    return _ESCAPER.search(template) is not None


def clusterpedia_spec(template: str, data: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the ``spec`` that Clusterpedia renders; None where it is no document."""
    try:
        rendered = ProgramCache().compile(template, "spec.template").render_traced(data)
    except GoTemplateError:
        return None
    parts, end = [], 0
    for span in rendered.spans:
        parts.append(rendered.text[end : span.start])
        printed = rendered.text[span.start : span.end].replace(_NO_VALUE, "")
        parts.append(escaped(printed))
        end = span.end
    parts.append(rendered.text[end:])
    try:
        document = yaml.load("".join(parts), CSafeLoader)  # noqa: S506 (a safe loader)
    except (yaml.YAMLError, RecursionError):
        return None
    spec = document.get("spec") if isinstance(document, Mapping) else None
    return spec if isinstance(spec, Mapping) else None
