"""Which objects a source may lead to, and which references of a policy can lead nowhere.

Who may create a source chooses what its references name, and the controller reads with its own
rights: without these rules a tenant could import with another tenant's Secret.
"""

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from clusterimport.engine.errors import ReferenceDenied
from clusterimport.engine.rules import ImportRules
from clusterimport.model.fields import FieldProblem, Rule
from clusterimport.model.gvr import GroupVersionResource
from clusterimport.model.labelselector import LabelSelector
from clusterimport.model.lifecycle import LifecycleReference, SourceReference
from clusterimport.model.meta import Object, ObjectKey
from clusterimport.model.policy import CredentialFeature, ImportOptions, PolicyRecord, ReferenceType

_CROSS_NAMESPACE: Final = "--allow-cross-namespace-references"
_HELM_TYPE: Final = "helm.sh/release"
_BOOTSTRAP_TYPE: Final = "bootstrap.kubernetes.io/token"
_SERVICE_ACCOUNT_TYPE: Final = "kubernetes.io/service-account-token"
_NAMESPACE_OF_SOURCE: Final = re.compile(r"\s*\{\{-?\s*\.source\.metadata\.namespace\s*-?\}\}\s*")


class ReferenceTarget(NamedTuple):
    """The object that a reference leads to; without namespace it is cluster-scoped."""

    key: str
    """The reference's key in templates."""
    gvr: GroupVersionResource
    namespace: str
    name: str

    @property
    def object_key(self) -> ObjectKey:
        """Its identity within its type."""
        return ObjectKey(self.namespace, self.name)


class ReferenceGuard:
    """Decides which references are allowed; made once from the installation's rules."""

    def __init__(self, rules: ImportRules) -> None:
        self.rules = rules

    def check_target(
        self,
        source: SourceReference,
        reference: LifecycleReference,
        target: ReferenceTarget,
        *,
        namespace_is_literal: bool,
    ) -> None:
        """Raise ReferenceDenied if this source may not lead there.

        A list of allowed namespaces is complete: it replaces the source's own namespace, and
        binds cluster-scoped sources as well; `""` in it stands for cluster-scoped objects.
        """
        if namespace_is_literal:
            return
        allowed = reference.allowed_namespaces
        if allowed is not None:
            if target.namespace not in allowed:
                raise ReferenceDenied(
                    f"the reference {reference.key} leads to a namespace that "
                    f"spec.references[{reference.key}].allowedNamespaces does not list; add it "
                    "there, or correct the source"
                )
            return
        if not source.namespace or self.rules.allow_cross_namespace:
            return
        if target.namespace != source.namespace:
            where = "into another namespace" if target.namespace else "to a cluster-scoped object"
            plain = (
                f"the reference {reference.key} leads {where}, and a source in namespace "
                f"{source.namespace} may only use objects of its own; write the namespace "
                "literally into namespaceTemplate"
            )
            raise ReferenceDenied(
                f"{plain}, or list it in spec.references[{reference.key}].allowedNamespaces",
                plain_message=f"{plain}, or start the controller with {_CROSS_NAMESPACE}",
            )

    def check_object(
        self, reference: LifecycleReference, obj: Object, options: ImportOptions
    ) -> None:
        """Raise ReferenceDenied for a Secret that was never meant to give access to a cluster."""
        if (reference.group, reference.resource) != ("", "secrets"):
            return
        secret_type = str(obj.get("type") or "")
        what = way_out = plain_way_out = ""
        if secret_type.startswith(_HELM_TYPE):
            what = "a Helm release"
        elif secret_type == _BOOTSTRAP_TYPE:
            what = "a bootstrap token"
        elif (
            secret_type == _SERVICE_ACCOUNT_TYPE
            and CredentialFeature.SERVICE_ACCOUNT_TOKEN not in self.rules.features(options)
        ):
            what = "a service account token of this cluster"
            feature = CredentialFeature.SERVICE_ACCOUNT_TOKEN
            flag = f"--allowed-credential-features={feature}"
            way_out = f"; a policy may allow it by allowedCredentialFeatures: [{feature}]"
            plain_way_out = f"; {flag} allows it"
        if what:
            problem = (
                f"the reference {reference.key} leads to a Secret that holds {what}, which is not "
                "used as a cluster's credential"
            )
            raise ReferenceDenied(problem + way_out, plain_message=problem + plain_way_out)


def called(target: ReferenceTarget) -> str:
    """Return how messages call the object that a reference leads to."""
    return f"{target.gvr.group_resource} {target.object_key}"


def unlabelled_message(target: ReferenceTarget, selector: LabelSelector) -> str:
    """Say that an object is there, and that the selector of its reference does not take it."""
    return (
        f"{called(target)} is there, but has not the labels that the labelSelector of the "
        f"reference {target.key} asks for ({selector}); label it, or change the policy"
    )


def watched_namespaces(
    literal_namespace: str, allowed: tuple[str, ...] | None
) -> tuple[str, ...] | None:
    """Return the only namespaces in which a reference can be; None means any of them."""
    if literal_namespace:
        return (literal_namespace,)
    return tuple(sorted(set(allowed))) if allowed is not None else None


def literal_problem(
    reference: ReferenceType | LifecycleReference, literal_namespace: str, field: str
) -> FieldProblem | None:
    """Return the problem of a fixed namespace that the list beside it leaves out."""
    allowed = reference.allowed_namespaces
    if literal_namespace and allowed is not None and literal_namespace not in allowed:
        problem = f"must list {literal_namespace}, which namespaceTemplate fixes, or be left out"
        return FieldProblem(field, problem, Rule.ALLOWED_NAMESPACES)
    return None


def scope_problems(
    record: PolicyRecord, *, source: bool | None, references: Sequence[bool | None]
) -> list[FieldProblem]:
    """Find references without a namespace where their types have some, and with one elsewhere.

    Such can lead nowhere. ``source`` and ``references`` tell of each type whether it is namespaced,
    None where it is not known.
    """
    problems: list[FieldProblem] = []
    for reference, is_namespaced in zip(record.references, references, strict=True):
        field = f"spec.references[{reference.key}].namespaceTemplate"
        text = reference.namespace_template
        if is_namespaced is False and text:
            problem = f"{reference.group_resource} are cluster-scoped; leave it out"
            problems.append(FieldProblem(field, problem, Rule.SCOPE))
        elif is_namespaced and not text:
            problem = (
                f"{reference.group_resource} live in namespaces, so one is needed: written out, or "
                "`{{ .source.metadata.namespace }}` for that of the source"
            )
            problems.append(FieldProblem(field, problem, Rule.SCOPE))
        elif source is False and _NAMESPACE_OF_SOURCE.fullmatch(text):
            problem = (
                f"{record.source.group_resource} are cluster-scoped, so that there is no namespace "
                "of the source; write the namespace, or read it from another field"
            )
            problems.append(FieldProblem(field, problem, Rule.SCOPE))
    return problems
