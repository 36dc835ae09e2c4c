"""The spec that a policy gives its lifecycle of a source, and when two mean the same."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import Any

from clusterimport.model.lifecycle import SourceReference
from clusterimport.model.meta import Object
from clusterimport.model.policy import (
    OPTION_DEFAULTS,
    DeletionPolicy,
    ImportOptions,
    Mode,
    PolicyRecord,
    UpdatePolicy,
)


def build_lifecycle_spec(
    policy: PolicyRecord,
    source: SourceReference,
    reference_versions: Mapping[str, str],
    *,
    kept_fields: AbstractSet[str],
) -> dict[str, Any]:
    """Build the spec that a policy's lifecycle for this source should have.

    ``reference_versions`` maps reference keys to negotiated versions; KeyError for a missing one.
    ``kept_fields`` holds the `LIFECYCLE_EXTENSION_FIELDS` that the served CRD keeps: others, and
    defaults, are left out, so that what is written comes back equal.
    """
    spec: dict[str, Any] = {"source": source.to_dict()}
    references: list[dict[str, Any]] = []
    for reference in policy.references:
        body: dict[str, Any] = {
            "key": reference.key,
            "group": reference.group,
            "version": reference_versions[reference.key],
            "resource": reference.resource,
            "nameTemplate": reference.name_template,
        }
        if reference.namespace_template:
            body["namespaceTemplate"] = reference.namespace_template
        if reference.allowed_namespaces and "references.allowedNamespaces" in kept_fields:
            body["allowedNamespaces"] = list(reference.allowed_namespaces)
        references.append(body)
    if references:
        spec["references"] = references
    spec["template"] = policy.template
    spec["creationCondition"] = policy.creation_condition
    options = _option_fields(policy.options)
    return spec | {name: value for name, value in options.items() if name in kept_fields}


def spec_equal(left: Object, right: Object) -> bool:
    """Whether two lifecycle specs mean the same: absent, empty and default are one."""
    # Most are as they were written.
    return left == right or _normal_spec(left) == _normal_spec(right)


def _option_fields(options: ImportOptions) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    if options.mode is not Mode.IMPORT:
        fields["mode"] = options.mode.value
    if options.deletion_policy is not DeletionPolicy.DELETE:
        fields["deletionPolicy"] = options.deletion_policy.value
    if options.update_policy is not UpdatePolicy.CREDENTIALS:
        fields["updatePolicy"] = options.update_policy.value
    if options.allowed_credential_features:
        fields["allowedCredentialFeatures"] = sorted(options.allowed_credential_features)
    return fields


def _normal_spec(spec: Object) -> dict[str, Any]:
    normal: dict[str, Any] = _without_empty(spec)
    for name, default in OPTION_DEFAULTS.items():
        if normal.get(name) == default:
            del normal[name]
    features = normal.get("allowedCredentialFeatures")
    if isinstance(features, list):
        normal["allowedCredentialFeatures"] = sorted(map(str, features))
    return normal


def _without_empty(value: Any) -> Any:
    if isinstance(value, Mapping):
        cleaned = {key: _without_empty(item) for key, item in value.items()}
        return {
            key: item
            for key, item in cleaned.items()
            if item is not None and item not in ("", [], {})
        }
    if isinstance(value, list | tuple):
        return [_without_empty(item) for item in value]
    return value
