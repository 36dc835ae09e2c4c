"""Go's fmt: every verb and flag, its error texts, and the default text of any value."""

from clusterimport.gotemplate.printf.directives import sprintf
from clusterimport.gotemplate.printf.floats import format_float
from clusterimport.gotemplate.printf.quoting import is_print, quote, unicode_name
from clusterimport.gotemplate.printf.render import display, sprint, sprintln

__all__ = [
    "display",
    "format_float",
    "is_print",
    "quote",
    "sprint",
    "sprintf",
    "sprintln",
    "unicode_name",
]
