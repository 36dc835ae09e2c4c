"""What is odd about a policy that compiles: nothing here keeps it from being accepted."""

from collections.abc import Iterator
from typing import Any, Final

from msgspec import Struct

from clusterimport.authoring.hints import shadowed_data
from clusterimport.authoring.inputs import Inputs
from clusterimport.authoring.selectors import SelectorProblem, matches_fields, matches_labels
from clusterimport.authoring.validation.problems import (
    AMBIGUOUS_NAME,
    CONSTANT_NAME,
    EXTENSION_FIELD,
    EXTENSION_FUNCTION,
    INSECURE_TLS,
    NEVER_SELECTS,
    NO_CREDENTIALS,
    RESOURCE_NAME,
    SELECTOR_SYNTAX,
    SHADOWED_DATA,
    UNUSED_REFERENCE,
    VERSION_NOT_SERVED,
)
from clusterimport.engine.ambiguity import MESSAGES, name_ambiguity
from clusterimport.engine.errors import FAILED_RESOLVE_AND_DECODE, EvaluationError
from clusterimport.engine.evaluation import TEMPLATE, Program, ProgramCache
from clusterimport.engine.literals import sketched_cluster
from clusterimport.engine.policy import (
    CONDITION_FIELD,
    NAME_FIELD,
    SELECTOR_FIELD,
    TEMPLATE_FIELD,
    reference_field,
)
from clusterimport.engine.usage import paths_read, references_read
from clusterimport.gotemplate import nodes
from clusterimport.gotemplate.errors import GoTemplateError
from clusterimport.gotemplate.extensions import FUNCTIONS
from clusterimport.gotemplate.template import Template
from clusterimport.model.fields import FieldProblem
from clusterimport.model.meta import Object
from clusterimport.model.pediacluster import AUTHENTICATION_FROM
from clusterimport.model.policy import (
    CredentialFeature,
    PolicyRecord,
    ReferenceType,
    SourceType,
    used_extensions,
)

Found = tuple[str, FieldProblem]
"""The rule and what is told; a problem of the engine carries a rule of its own."""

_TOKENS: Final = frozenset(("tokenData", "certData", "keyData"))


def advice(record: PolicyRecord, obj: Object, inputs: Inputs) -> Iterator[Found]:
    """Look at a policy that has the shape of its kind; what does not compile is skipped."""
    templates = dict(_templates(record))
    yield from _types(record, inputs)
    yield from _selectors(record, templates)
    if inputs.kinds.is_namespaced(*record.source.group_resource) is not False:
        yield from _ambiguous_names(record, templates)
    yield from _names(templates)
    yield from _references(record, templates)
    yield from _credentials(record, templates)
    for name in used_extensions(obj):
        told = "is not Clusterpedia's field: its own controller would ignore it"
        yield EXTENSION_FIELD, FieldProblem(_extension_path(obj, name), told)
    for field, template in templates.items():
        yield from _functions(field, template)
        yield from _dots(field, template)


def templates_of(record: PolicyRecord) -> Iterator[tuple[str, str]]:
    """Yield field and text of every template of a policy."""
    yield SELECTOR_FIELD, record.source.selector_template
    for each in record.references:
        yield reference_field(each.key, "namespaceTemplate"), each.namespace_template
        yield reference_field(each.key, "nameTemplate"), each.name_template
    yield NAME_FIELD, record.name_template
    yield TEMPLATE_FIELD, record.template
    yield CONDITION_FIELD, record.creation_condition


def _templates(record: PolicyRecord) -> Iterator[tuple[str, Template]]:
    programs = ProgramCache()
    for field, text in templates_of(record):
        try:
            if text.strip():
                yield field, programs.compile(text, field)
        except GoTemplateError:
            continue


def _types(record: PolicyRecord, inputs: Inputs) -> Iterator[Found]:
    types: list[tuple[str, SourceType | ReferenceType]] = [("spec.source", record.source)]
    for path, type_ in [*types, *_paths(record)]:
        group, slash, version = type_.group.partition("/")
        if slash:
            told = f"holds a version; write {group} here, and [{version}] as versions"
            yield RESOURCE_NAME, FieldProblem(f"{path}.group", told)
        near = _plural_of(type_.resource, type_.group, inputs)
        if near:
            told = f"is the name of a kind or a singular; the resource is {near}"
            yield RESOURCE_NAME, FieldProblem(f"{path}.resource", told)
        served = inputs.kinds.served(type_.group, type_.resource)
        if type_.versions and served and not set(served) & set(type_.versions):
            told = f"names none of the versions that the CRD serves: {', '.join(served)}"
            yield VERSION_NOT_SERVED, FieldProblem(f"{path}.versions", told)


def _plural_of(resource: str, group: str, inputs: Inputs) -> str:
    """Return what a resource should be called, empty where nothing speaks against it."""
    for each in inputs.kinds.of_group(group):
        if resource != each.resource and resource.lower() in {each.kind.lower(), each.resource}:
            return each.resource
    return resource.lower() + "s" if resource != resource.lower() else ""


def _selectors(record: PolicyRecord, templates: dict[str, Template]) -> Iterator[Found]:
    for field, text, matches in (
        ("labelSelector", record.source.label_selector, matches_labels),
        ("fieldSelector", record.source.field_selector, matches_fields),
    ):
        try:
            matches(text, {})
        except SelectorProblem as problem:
            yield SELECTOR_SYNTAX, FieldProblem(f"spec.source.{field}", str(problem))
    selector = templates.get(SELECTOR_FIELD)
    if selector is not None and not paths_read(selector):
        try:
            printed = selector.render({})
        except GoTemplateError:
            printed = ""
        if not Program.is_true(printed):
            told = "reads nothing of the source and does not print true: nothing is ever selected"
            yield NEVER_SELECTS, FieldProblem(SELECTOR_FIELD, told)


def _names(templates: dict[str, Template]) -> Iterator[Found]:
    name = templates.get(NAME_FIELD)
    if name is not None and not paths_read(name):
        told = "reads nothing of the source, so that only the first one gets the name"
        yield CONSTANT_NAME, FieldProblem(NAME_FIELD, told)


def _ambiguous_names(record: PolicyRecord, templates: dict[str, Template]) -> Iterator[Found]:
    name = templates.get(NAME_FIELD)
    ambiguity = name_ambiguity(record.source, name) if name and paths_read(name) else None
    if ambiguity is not None:
        yield AMBIGUOUS_NAME, FieldProblem(NAME_FIELD, MESSAGES[ambiguity])


def _references(record: PolicyRecord, templates: dict[str, Template]) -> Iterator[Found]:
    if len(templates) < sum(1 for _, text in templates_of(record) if text.strip()):
        # One that does not compile may be the one that reads it.
        return
    read: set[str] = set()
    for field, template in templates.items():
        if field in {SELECTOR_FIELD, NAME_FIELD}:
            continue
        keys = _keys_read(template)
        if keys is None:
            return
        read |= keys
    for path, each in _paths(record):
        if each.key not in read:
            told = (
                f"no template reads .references.{each.key}, and an import waits for it all the "
                "same; remove it"
            )
            yield UNUSED_REFERENCE, FieldProblem(path, told)


def _keys_read(template: Template) -> frozenset[str] | None:
    """Return the references that a template reads; None where it may be any."""
    if all(path[:1] == ("source",) for path in paths_read(template)):
        return frozenset()
    return references_read(template)


def _credentials(record: PolicyRecord, templates: dict[str, Template]) -> Iterator[Found]:
    template = templates.get(TEMPLATE_FIELD)
    if template is None:
        return
    metrics = ProgramCache().metrics
    program = Program(template, TEMPLATE_FIELD, TEMPLATE, FAILED_RESOLVE_AND_DECODE, metrics)
    try:
        sketch = sketched_cluster(program)
    except EvaluationError:
        return
    if sketch is None or AUTHENTICATION_FROM in sketch.spec or "kubeconfig" in sketch.named_fields:
        return
    if not sketch.named_fields & _TOKENS:
        told = "gives neither kubeconfig nor tokenData nor certData with keyData"
        yield NO_CREDENTIALS, FieldProblem(TEMPLATE_FIELD, told)
    allowed = record.options.allowed_credential_features
    if "caData" not in sketch.named_fields and CredentialFeature.INSECURE_TLS not in allowed:
        told = (
            "gives no caData, so that the server could not be verified; give it, or allow that by "
            f"allowedCredentialFeatures: [{CredentialFeature.INSECURE_TLS}]"
        )
        yield INSECURE_TLS, FieldProblem(TEMPLATE_FIELD, told)


def _functions(field: str, template: Template) -> Iterator[Found]:
    seen: set[str] = set()
    for tree in template.trees.values():
        for node in _identifiers(tree):
            if node.name in FUNCTIONS and node.name not in seen:
                seen.add(node.name)
                told = f"{node.name} is not a function of Clusterpedia's own controller"
                yield EXTENSION_FUNCTION, _at(field, template, node.pos, told)


def _dots(field: str, template: Template) -> Iterator[Found]:
    for each in shadowed_data(template):
        told = f"inside {each.block} the dot is the item; write ${each.text} for the data"
        yield SHADOWED_DATA, _at(field, template, each.pos, told)


def _at(field: str, template: Template, pos: int, told: str) -> FieldProblem:
    line = template.text.count("\n", 0, pos) + 1
    start = template.text.rfind("\n", 0, pos) + 1
    column = len(template.text[start:pos].encode()) + 1
    return FieldProblem(field, told, line=line, column=column)


def _identifiers(node: Any) -> Iterator[nodes.Identifier]:
    match node:
        case nodes.Identifier():
            yield node
        case tuple():
            for item in node:
                yield from _identifiers(item)
        case Struct() if type(node).__module__ == nodes.__name__:
            for name in node.__struct_fields__:
                yield from _identifiers(getattr(node, name))


def _paths(record: PolicyRecord) -> list[tuple[str, ReferenceType]]:
    return [(f"spec.references[{each.key}]", each) for each in record.references]


def _extension_path(obj: Object, name: str) -> str:
    """Return the path of a field as it stands, given as one through the schema."""
    first, _, rest = name.partition(".")
    if first != "references":
        return f"spec.{name}"
    for index, reference in enumerate(obj["spec"]["references"]):
        if reference.get(rest):
            return f"spec.references[{index}].{rest}"
    return f"spec.{name}"
