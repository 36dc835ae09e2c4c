"""Clusters that answer: Secrets which hold all of a cluster, and a policy that imports them.

What other tests import leads nowhere; these lead back to the control plane, or to a stub server.
"""

from typing import Any

from development.controller import condition
from development.controlplane.audit import AuditEvent, AuditMark
from development.controlplane.identities import Access
from development.world import LIFECYCLE, World, encode
from tests.harness import platforms
from tests.harness.writes import is_accepted, object_writes

LABEL = "imported-by"
ACCOUNT = "imported"
"""A ServiceAccount without a right of its own: what everyone may is enough for a probe."""
MONTH_SECONDS = 30 * 24 * 3600
TEMPLATE = """spec:
{{- with .source.metadata.labels.shard }}
  shardingName: "{{ . }}"
{{- end }}
{{- with .source.data.kubeconfig }}
  kubeconfig: "{{ . }}"
{{- end }}
{{- with .source.data.server }}
  apiserver: "{{ . | b64dec }}"
{{- end }}
{{- with .source.data.ca }}
  caData: "{{ . }}"
{{- end }}
{{- with .source.data.token }}
  tokenData: "{{ . }}"
{{- end }}
{{- with .source.data.cert }}
  certData: "{{ . }}"
  keyData: "{{ $.source.data.key }}"
{{- end }}
"""


def policy(name: str = "p") -> dict[str, Any]:
    """Return a policy that imports every Secret of its label, under its own name."""
    source = {"group": "", "resource": "secrets", "labelSelector": f"{LABEL}={name}"}
    return platforms.policy(
        name, source=source, nameTemplate="{{ .source.metadata.name }}", template=TEMPLATE
    )


def cluster(
    name: str,
    access: Access | None = None,
    *,
    by: str = "p",
    shard: str = "",
    **data: str | bytes,
) -> dict[str, Any]:
    """Return a cluster with this access; ``data`` replaces parts, and an empty one leaves it out.

    The parts: server, ca, token, cert, key; or kubeconfig alone.
    """
    fields: dict[str, str | bytes] = dict(data)
    if access is not None:
        fields = {
            "server": access.url,
            "ca": access.ca_pem,
            "token": access.token,
            "cert": access.certificate_pem,
            "key": access.key_pem,
            **fields,
        }
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": name,
            "namespace": "default",
            "labels": {LABEL: by} | ({"shard": shard} if shard else {}),
        },
        "data": {key: encode(value) for key, value in fields.items() if value},
    }


def hub(world: World, *, seconds: int = MONTH_SECONDS) -> Access:
    """Return an access that leads back to the control plane, by a new token of so many seconds."""
    world.grant("secrets", platforms.SECRETS_RULE)
    world.apply(
        {
            "apiVersion": "v1",
            "kind": "ServiceAccount",
            "metadata": {"name": ACCOUNT, "namespace": "default"},
        }
    )
    return world.control_plane.service_account_access("default", ACCOUNT, lifetime_seconds=seconds)


def ready(world: World, name: str) -> dict[str, Any]:
    """Return what a lifecycle says of its cluster's health."""
    return condition(world.lifecycle(name), "Ready")


def until_ready(world: World, names: list[str], reason: str, **waiting: float) -> None:
    """Wait until the lifecycles have this reason in their Ready."""
    for name in names:
        world.until_reason(LIFECYCLE, name, "Ready", reason, **waiting)


def status_writes(world: World, since: AuditMark) -> list[AuditEvent]:
    """Return the controller's writes of the status of PediaClusters, accepted or not."""
    return [
        event
        for event in object_writes(world, since)
        if (event.resource, event.subresource) == ("pediaclusters", "status")
    ]


def told_after(world: World, since: AuditMark) -> dict[str, float]:
    """Return how many seconds after the import of each cluster its lifecycle was last written."""
    imported, told = {}, {}
    for event in filter(is_accepted, object_writes(world, since)):
        if (event.verb, event.resource) == ("create", "pediaclusters"):
            imported[event.name] = event.completed
        elif (event.resource, event.subresource) == ("pediaclusterlifecycles", "status"):
            told[event.name] = event.received
    return {name: (told[name] - moment).total_seconds() for name, moment in imported.items()}
