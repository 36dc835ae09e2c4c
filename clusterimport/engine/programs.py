"""Compiled templates, one per text: policies and lifecycles share most of theirs."""

from collections import OrderedDict
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from clusterimport.engine.metrics import EngineMetrics, NullEngineMetrics
from clusterimport.gotemplate import extensions
from clusterimport.gotemplate.defaults import DEFAULT
from clusterimport.gotemplate.functions import Entry
from clusterimport.gotemplate.template import Template
from clusterimport.limits.templates import COMPILED_TEMPLATES

FUNCTIONS: Final[Mapping[str, Entry]] = MappingProxyType({**DEFAULT, **extensions.FUNCTIONS})
"""Of a policy's templates: Go's, sprig's and our own."""


class ProgramCache:
    """Compiles each (text, name) once, and forgets the least recently used.

    Templates hold no state between renders, so they are shared freely; only the cache changes.
    """

    def __init__(
        self, max_entries: int = COMPILED_TEMPLATES, *, metrics: EngineMetrics | None = None
    ) -> None:
        self.metrics: EngineMetrics = metrics or NullEngineMetrics()
        self._max_entries = max_entries
        self._programs: OrderedDict[tuple[str, str], Template] = OrderedDict()

    def compile(self, text: str, name: str) -> Template:
        """Return the program of a template; raises GoTemplateError, which is not cached."""
        key = (text, name)
        program = self._programs.get(key)
        if program is None:
            program = Template(text, name=name, functions=FUNCTIONS)
            self._programs[key] = program
            if len(self._programs) > self._max_entries:
                self._programs.popitem(last=False)
        else:
            self._programs.move_to_end(key)
        return program

    def __len__(self) -> int:
        return len(self._programs)
