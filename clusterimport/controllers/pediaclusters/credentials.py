"""From a cached PediaCluster, which holds digests, to the connection of the live one.

The credentials are read when a probe is made for them and are kept by nothing but the probe.
"""

from dataclasses import dataclass
from typing import NamedTuple

import msgspec

from clusterimport.controllers.shared.context import TermContext
from clusterimport.engine.assessment import Assessment
from clusterimport.engine.connection import assess, secret_references
from clusterimport.engine.errors import InvalidConnection
from clusterimport.engine.expiry import Expiry, credential_expiry
from clusterimport.engine.ownership import lifecycle_owners, source_of
from clusterimport.engine.rules import ImportRules
from clusterimport.kube import errors
from clusterimport.model import lifecycle, meta, tenant
from clusterimport.model.connection import Connection
from clusterimport.model.gvr import PEDIACLUSTERS, SECRETS
from clusterimport.model.meta import ObjectKey
from clusterimport.model.names import LIFECYCLE_ANNOTATION, SOURCE_ANNOTATION
from clusterimport.model.pediacluster import (
    AUTHENTICATION_FROM,
    CONNECTION_FIELDS,
    Digest,
    redact,
)
from clusterimport.model.policy import CredentialFeature
from clusterimport.model.tenant import Tenant


class ConnectionProblem(NamedTuple):
    """Why nobody should, or can, connect.

    Not the exception itself: its traceback holds the credentials.
    """

    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class Inspection:
    """What the credentials of one PediaCluster came to, without them."""

    problem: ConnectionProblem | None = None
    unprobed: str = ""
    """Why only this process does not connect; empty where it does."""
    expiry: Expiry | None = None
    features: frozenset[CredentialFeature] = frozenset()
    """What of them had to be allowed."""
    secrets: tuple[str, ...] = ()
    """Version of each Secret of ``authenticationFrom``, empty for one that is missing."""


class Reading(NamedTuple):
    """One look at live credentials."""

    fingerprint: str
    version: str
    """resourceVersion of what was read: an older cached object tells nothing about it."""
    inspection: Inspection
    connection: Connection | None
    """The one to probe; None where there is none."""


class CredentialReader:
    """Reads live what the cache does not hold, and judges it, where the import has not done so."""

    def __init__(
        self, context: TermContext, rules: ImportRules, digest: Digest, *, secrets_namespace: str
    ) -> None:
        self._context = context
        self._rules = rules
        self._digest = digest
        self._namespace = secrets_namespace

    def fingerprint(self, obj: meta.Object) -> str:
        """Return what is equal as long as a PediaCluster is the same one and connects alike.

        ``obj`` is a cached or redacted one; what its Secrets say is not part of it.
        """
        spec = obj.get("spec") or {}
        fields = [spec.get(name) or "" for name in (*CONNECTION_FIELDS, AUTHENTICATION_FROM)]
        parts = [meta.uid_of(obj), fields, sorted(self._features(obj))]
        return self._digest.of(msgspec.json.encode(parts, order="deterministic"))

    def needs_secrets(self, obj: meta.Object) -> bool:
        """Whether Secrets decide over the connection; no event tells of their changes."""
        return bool(secret_references(obj.get("spec") or {}, self._rules))

    def handed_over(self, obj: meta.Object) -> Reading | None:
        """Return what the import found out before it wrote what a PediaCluster has; None without.

        ``obj`` is a cached one; the answer is given once.
        """
        if meta.name_of(obj) not in self._context.handover:
            return None
        assessment = self._context.handover.take(obj, self._features(obj))
        if assessment is None:
            return None
        version = meta.resource_version_of(obj)
        return _reading(self.fingerprint(obj), version, assessment, secrets=())

    async def read(self, obj: meta.Object) -> Reading | None:
        """Read and judge the credentials of a PediaCluster; None if it is gone.

        Raises KubeError if the server failed.
        """
        try:
            live = await self._context.hub.client(PEDIACLUSTERS).get(meta.name_of(obj))
        except errors.NotFound:
            return None
        spec = live.get("spec") or {}
        keys = secret_references(spec, self._rules)
        # Each one once: two reads could see the two halves of a pair before and after a rotation.
        found = {name: await self._read_secret(name) for name in {key.name: None for key in keys}}
        versions = tuple(
            meta.resource_version_of(secret) if secret else "" for secret in found.values()
        )
        fingerprint = self.fingerprint(redact(live, self._digest))
        version = meta.resource_version_of(live)
        try:
            assessment = assess(
                spec, self._features(live), secrets={key: found[key.name] for key in keys}
            )
        except InvalidConnection as error:
            schemas = self._context.schemas.current
            has_extensions = schemas.keeps_extension("allowedCredentialFeatures")
            problem = ConnectionProblem(error.reason, error.told(has_extensions=has_extensions))
            return Reading(fingerprint, version, Inspection(problem, secrets=versions), None)
        return _reading(fingerprint, version, assessment, secrets=versions)

    async def _read_secret(self, name: str) -> meta.Object | None:
        try:
            return await self._context.hub.client(SECRETS).get(name, namespace=self._namespace)
        except (errors.NotFound, errors.Forbidden):
            # To us it is the same, and nobody is to learn which Secrets there are.
            return None

    def _features(self, obj: meta.Object) -> frozenset[str]:
        """Return what a PediaCluster may use; one made by hand, what every policy may."""
        return self._rules.allowed_features | allowed_features(self._context, obj)


def _reading(
    fingerprint: str, version: str, assessment: Assessment, *, secrets: tuple[str, ...]
) -> Reading:
    """Tell what was judged to be in order."""
    connection, features, unprobed = assessment
    inspection = Inspection(
        unprobed=unprobed,
        expiry=credential_expiry(connection),
        features=features,
        secrets=secrets,
    )
    return Reading(fingerprint, version, inspection, None if unprobed else connection)


def lifecycle_of(context: TermContext, pediacluster: meta.Object) -> meta.Object | None:
    """Return the lifecycle whose mark a PediaCluster carries; None for one made by hand.

    The name alone is not enough: whoever may make PediaClusters could borrow what a policy allows,
    and what another source left under the name is not the lifecycle's that has it now.
    """
    name = meta.name_of(pediacluster)
    marks = meta.annotations_of(pediacluster)
    is_marked = marks.get(LIFECYCLE_ANNOTATION) == name or any(
        owner.name == name for owner in lifecycle_owners(pediacluster)
    )
    obj = context.newest.lifecycle(name) if is_marked else None
    if obj is None or SOURCE_ANNOTATION not in marks:
        return obj
    return obj if marks[SOURCE_ANNOTATION] == str(source_of(obj, pediacluster)) else None


def tenant_of(context: TermContext, pediacluster: meta.Object) -> Tenant:
    """Return whose share a look at a PediaCluster counts against."""
    return tenant.tenant_of(lifecycle_of(context, pediacluster))


def policy_name_of(context: TermContext, pediacluster: meta.Object) -> str:
    """Return the policy that a PediaCluster stands for in metrics; empty without one.

    One that is gone does not count: its series would come back after they were dropped.
    """
    obj = lifecycle_of(context, pediacluster)
    owner = lifecycle.policy_of(obj) if obj is not None else None
    if owner is None or context.caches.policies.get(ObjectKey("", owner.name)) is None:
        return ""
    return owner.name


def allowed_features(context: TermContext, pediacluster: meta.Object) -> frozenset[str]:
    """Return what the policy of a PediaCluster allows its credentials to contain.

    It is read from the policy, which only those write who are trusted with that; the lifecycle has
    a copy for people to read. A policy that is not valid at the moment counts, too: a mistake in
    its templates is no fault of its clusters.
    """
    obj = lifecycle_of(context, pediacluster)
    owner = lifecycle.policy_of(obj) if obj is not None else None
    policy = context.caches.policies.get(ObjectKey("", owner.name)) if owner else None
    spec = (policy.get("spec") or {}) if policy else {}
    return frozenset(map(str, spec.get("allowedCredentialFeatures") or ()))
