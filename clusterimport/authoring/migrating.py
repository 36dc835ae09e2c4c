"""What becomes of each cluster when Clusterpedia's controller-manager is swapped for this one.

Where what stands today is known, it is compared with what would be written; else with what
Clusterpedia would have rendered. That prints through ``html/template``, which turns characters of
values into entities, in Go's form, and so breaks credentials and addresses. Only what it does to
documents in YAML is known here: text outside of any HTML tag.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import yaml

from clusterimport.authoring.inputs import Inputs
from clusterimport.authoring.outcomes import Evaluated, Outcome, StepKind
from clusterimport.engine.addresses import complete_address
from clusterimport.engine.evaluation import ProgramCache
from clusterimport.engine.ownership import source_of
from clusterimport.gotemplate.errors import GoTemplateError
from clusterimport.libyaml import CSafeLoader
from clusterimport.model.lifecycle import policy_of
from clusterimport.model.meta import Object, name_of
from clusterimport.model.pediacluster import BYTE_FIELDS, CONNECTION_FIELDS, decode_bytes

__all__ = ["Migration", "Swap", "clusterpedia_spec", "escaped", "escapes_itself", "migrate"]

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


class Swap(StrEnum):
    """What the swap does to one cluster."""

    NOTHING = "Nothing"
    """Its PediaCluster is as it should be, and is not written."""
    REWRITE = "Rewrite"
    """Some fields of its PediaCluster are written anew."""
    CREATE = "Create"
    """It is imported, which Clusterpedia has not done."""
    REFUSAL = "Refusal"
    """It is not imported, or what stands is not kept up, until a person allows or mends it."""
    WAIT = "Wait"
    """It is not imported yet, as with Clusterpedia."""
    RENAME = "Rename"
    """It gets a PediaCluster of another name, and then the old one goes."""
    DELETION = "Deletion"
    """Its PediaCluster goes: the policy does not select the source any more."""


@dataclass(frozen=True, slots=True)
class Migration:
    """One cluster. Without credentials."""

    policy: str
    source: str
    cluster: str
    """The name of the PediaCluster; empty where there is none."""
    swap: Swap
    fields: tuple[str, ...] = ()
    """What is written anew."""
    message: str = ""
    """Why, and what to do; may quote data."""
    is_waking: bool = False
    """Whether the policy has made nothing under Clusterpedia so far."""


_HELD: Final = "what stands is left as it is, and no rotated credential is passed on: "
_WAKES: Final = (
    "Clusterpedia has made nothing of this policy (it follows one policy for each source type, and "
    "none that it calls invalid); after the swap it works. Where that is not wanted, delete it, or "
    "set mode: Observe"
)


def migrate(
    evaluated: Sequence[Evaluated], inputs: Inputs, *, is_observed: bool
) -> list[Migration]:
    """Judge every cluster that a policy selects, and every one that stands.

    ``is_observed``: whether the inputs have what stands today.
    """
    lifecycles = inputs.lifecycles()
    working = {owner.name for obj in lifecycles if (owner := policy_of(obj)) is not None}
    found = [
        _of(each, is_observed=is_observed, is_waking=is_observed and each.policy not in working)
        for each in evaluated
        if each.outcome is not Outcome.NOT_SELECTED
    ]
    return [*found, *_unwanted(evaluated, lifecycles, inputs)]


def _of(evaluated: Evaluated, *, is_observed: bool, is_waking: bool) -> Migration:
    if evaluated.outcome in {Outcome.WAITING, Outcome.REFERENCE_NOT_FOUND}:
        return _told(evaluated, Swap.WAIT, message=evaluated.text)
    if evaluated.outcome is not Outcome.IMPORT:
        held = _HELD if evaluated.observed is not None else ""
        return _told(evaluated, Swap.REFUSAL, message=held + evaluated.text)
    if evaluated.observed is not None:
        return _of_standing(evaluated)
    if is_observed:
        reason = _why_not_by_clusterpedia(evaluated)
        message = _WAKES if is_waking else reason
        return _told(evaluated, Swap.CREATE, message=message, is_waking=is_waking)
    return _of_rendered(evaluated)


def _of_standing(evaluated: Evaluated) -> Migration:
    assert evaluated.observed is not None
    patch = evaluated.patch
    if patch is None:
        return _told(evaluated, Swap.NOTHING)
    before = evaluated.observed.obj.get("spec") or {}
    written = patch.get("spec") or {}
    fields = tuple(f"spec.{name}" for name in written)
    fields += tuple(f"metadata.{name}" for name in patch["metadata"] if name in _MARKS)
    was_escaped = [
        name
        for name, value in written.items()
        if isinstance(value, str) and before.get(name) == escaped(value)
    ]
    return _told(evaluated, Swap.REWRITE, fields=fields, message=_escape_note(was_escaped))


def _of_rendered(evaluated: Evaluated) -> Migration:
    """Compare with what Clusterpedia would have rendered."""
    before = _by_clusterpedia(evaluated)
    if before is None:
        return _told(evaluated, Swap.CREATE, message=_why_not_by_clusterpedia(evaluated))
    after = (evaluated.pedia_cluster or {}).get("spec") or {}
    names = list(_different(before, after, evaluated))
    fields = tuple(f"spec.{name}" for name in names)
    was_escaped = [each for each in names if before.get(each) == escaped(after.get(each, ""))]
    note = _escape_note(was_escaped)
    return _told(evaluated, Swap.REWRITE if fields else Swap.NOTHING, fields=fields, message=note)


def _by_clusterpedia(evaluated: Evaluated) -> Mapping[str, Any] | None:
    """Return the spec that Clusterpedia would have written; None where it could write none."""
    step = next(each for each in evaluated.steps if each.kind is StepKind.TEMPLATE)
    if escapes_itself(step.expression):
        return (evaluated.pedia_cluster or {}).get("spec") or {}
    spec = clusterpedia_spec(step.expression, step.data)
    if spec is None or any(not _is_base64(spec.get(field)) for field in BYTE_FIELDS):
        return None
    return spec


def _why_not_by_clusterpedia(evaluated: Evaluated) -> str:
    step = next(each for each in evaluated.steps if each.kind is StepKind.TEMPLATE)
    spec = clusterpedia_spec(step.expression, step.data)
    if spec is None:
        return "Clusterpedia cannot read what it renders: it escapes values as for HTML"
    broken = [field for field in BYTE_FIELDS if not _is_base64(spec.get(field))]
    if broken:
        named = ", ".join(broken)
        return f"Clusterpedia cannot import it: it escapes {named} as for HTML, which is no base64"
    return "Clusterpedia has not imported it"


def _different(
    before: Mapping[str, Any], after: Mapping[str, Any], evaluated: Evaluated
) -> Iterator[str]:
    """Yield the connection fields that a swap would write: the others are left as they are."""
    printed = evaluated.rendered.printed_kubeconfig if evaluated.rendered else ""
    for field in CONNECTION_FIELDS:
        old, new = str(before.get(field) or ""), str(after.get(field) or "")
        if field in BYTE_FIELDS:
            # A kubeconfig that is written in another form is left as Clusterpedia has written it.
            wanted = {decode_bytes(new), decode_bytes(printed if field == "kubeconfig" else new)}
            if decode_bytes(old) not in wanted:
                yield field
        elif complete_address(old) != complete_address(new):
            yield field


def _unwanted(
    evaluated: Sequence[Evaluated], lifecycles: Sequence[Object], inputs: Inputs
) -> Iterator[Migration]:
    """Yield the clusters that stand and that their policy does not want, or not under the name."""
    policies = {name_of(document.obj) for document in inputs.policies}
    by_source = {(each.policy, str(each.source)): each for each in evaluated}
    for obj in lifecycles:
        owner = policy_of(obj)
        standing = inputs.pediacluster(name_of(obj))
        source = source_of(obj, standing.obj if standing else None)
        if owner is None or owner.name not in policies or source is None:
            continue
        wanted = by_source.get((owner.name, str(source)))
        cluster = name_of(obj)
        if wanted is None or wanted.outcome is Outcome.NOT_SELECTED:
            why = "the source does not exist" if wanted is None else wanted.message
            yield Migration(owner.name, str(source), cluster, Swap.DELETION, message=why)
        elif wanted.name not in {"", cluster}:
            why = f"the policy calls it {wanted.name} now"
            yield Migration(owner.name, str(source), cluster, Swap.RENAME, message=why)


def _told(evaluated: Evaluated, swap: Swap, **more: Any) -> Migration:
    return Migration(evaluated.policy, str(evaluated.source), evaluated.name, swap, **more)


def _escape_note(fields: Sequence[str]) -> str:
    if not fields:
        return ""
    return f"Clusterpedia has escaped {', '.join(fields)} as for HTML (+ became &#43;, & &amp;)"


def _is_base64(value: Any) -> bool:
    try:
        decode_bytes(str(value or ""))
    except ValueError:
        return False
    return True


_MARKS: Final = ("labels", "annotations", "ownerReferences")


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
