"""Our side: a workload rendered in the ways that are compared with Go's."""

import time
from collections.abc import Callable
from typing import Final

from clusterimport.gotemplate.template import Template
from tests.bench.templates.workloads import Workload

ONCE: Final = "ours, parsed once"
TRACED: Final = "ours, parsed once, the cluster as the controller renders it"
EACH: Final = "ours, parsed each time"


class Ours:
    """The templates of a workload, parsed; `rendered` is what they give."""

    def __init__(self, workload: Workload) -> None:
        self._data = workload.data
        self._texts = workload.templates
        self._templates = [Template(text) for text in workload.templates]
        self._ways: dict[str, Callable[[], object]] = {
            ONCE: self._once,
            TRACED: self._traced,
            EACH: self._each,
        }
        self.rendered = self._once()

    def microseconds(self, way: str, count: int) -> float:
        """Return how long one round takes, from so many; garbage is collected meanwhile."""
        render = self._ways[way]
        started = time.perf_counter_ns()
        for _ in range(count):
            render()
        return (time.perf_counter_ns() - started) / count / 1000

    def _once(self) -> list[str]:
        data = self._data
        return [template.render(data) for template in self._templates]

    def _traced(self) -> object:
        name, condition, cluster = self._templates
        data = self._data
        return name.render(data), condition.render(data), cluster.render_traced(data)

    def _each(self) -> list[str]:
        data = self._data
        return [Template(text).render(data) for text in self._texts]
