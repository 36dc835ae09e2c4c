"""Which branches of the templates no test took, and where these stand."""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from clusterimport.authoring.documents import Document
from clusterimport.authoring.positions import Place
from clusterimport.engine.evaluation import FUNCTIONS, ProgramCache
from clusterimport.engine.policy import (
    CONDITION_FIELD,
    NAME_FIELD,
    SELECTOR_FIELD,
    TEMPLATE_FIELD,
    reference_field,
)
from clusterimport.gotemplate.coverage import Coverage
from clusterimport.gotemplate.template import Template
from clusterimport.model.meta import Object, name_of


class Missed(NamedTuple):
    """A branch that was never taken."""

    place: Place
    policy: str
    field: str
    problem: str


class CoveringPrograms(ProgramCache):
    """Compiles templates so that their branches are counted, and keeps all of them."""

    def __init__(self) -> None:
        super().__init__()
        self._covered: dict[tuple[str, str], tuple[Template, Coverage]] = {}

    def compile(self, text: str, name: str) -> Template:
        """Return the program of a template; raises GoTemplateError."""
        key = (text, name)
        if key not in self._covered:
            coverage = Coverage()
            template = Template(text, name=name, functions=FUNCTIONS, coverage=coverage)
            self._covered[key] = template, coverage
        return self._covered[key][0]

    def of(self, text: str, name: str) -> Coverage | None:
        """Return what is known of a template; None where it was never compiled."""
        found = self._covered.get((text, name))
        return found[1] if found else None


class CoverageReport:
    """Gathers over all tests of the same policies."""

    def __init__(self) -> None:
        self._programs: dict[tuple[int, ...], tuple[tuple[Document, ...], CoveringPrograms]] = {}

    def programs(self, policies: tuple[Document, ...]) -> ProgramCache:
        """Return the programs by which tests of these policies are to be run."""
        key = tuple(map(id, policies))
        return self._programs.setdefault(key, (policies, CoveringPrograms()))[1]

    @property
    def total(self) -> int:
        """How many branches there are."""
        return sum(coverage.total for *_, coverage in self._templates())

    def missed(self) -> list[Missed]:
        """Return the branches that no test took, policy by policy."""
        return [
            Missed(
                document.positions.inside(field, branch.line, branch.column + 1),
                name_of(document.obj),
                field,
                str(branch),
            )
            for document, field, coverage in self._templates()
            for branch in coverage.missed()
        ]

    def _templates(self) -> Iterator[tuple[Document, str, Coverage]]:
        for policies, programs in self._programs.values():
            for document in policies:
                for field, text in _texts(document.obj["spec"]):
                    coverage = programs.of(text, field)
                    if coverage is not None:
                        yield document, field, coverage


def _texts(spec: Object) -> Iterator[tuple[str, str]]:
    """Yield the fields of a policy that are templates, and what stands in them."""
    source: Mapping[str, str] = spec["source"]
    yield SELECTOR_FIELD, source.get("selectorTemplate") or ""
    yield NAME_FIELD, spec["nameTemplate"]
    references: Iterable[Object] = spec.get("references") or ()
    for reference in references:
        for name in ("namespaceTemplate", "nameTemplate"):
            yield reference_field(reference["key"], name), reference.get(name) or ""
    yield CONDITION_FIELD, spec["creationCondition"]
    yield TEMPLATE_FIELD, spec["template"]
