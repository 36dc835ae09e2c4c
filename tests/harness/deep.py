"""A platform whose objects may hold anything, and bodies that no encoder writes."""

from typing import Any

from development import manifests
from development.world import POLICY, POLICY_API, World, encode
from tests.fakes.pki.material import CA
from tests.harness.platforms import READ

GROUP = "lab.example"
API_VERSION = f"{GROUP}/v1"
CLUSTER = "LabCluster"
ACCESS = "LabAccess"
RULE = {"apiGroups": [GROUP], "resources": ["clusters", "accesses"], "verbs": READ}
LEVELS = 9_900
"""A hundred less than the API server takes."""
DEEP_LISTS = "[" * LEVELS + "]" * LEVELS
DEEP_MAPS = '{"a":' * LEVELS + "0" + "}" * LEVELS

_ANY = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
_SPEC = f"""{{"url":"https://192.0.2.1:6443","ca":"{encode(CA)}","token":"dG9rZW4="%s}}"""
_TEMPLATE = """spec:
  apiserver: "{{ .%(of)s.spec.url }}"
  caData: "{{ .%(of)s.spec.ca }}"
  tokenData: "{{ .%(of)s.spec.token }}"
"""


def crd(kind: str, plural: str) -> dict[str, Any]:
    """Return a CRD that keeps whatever it is given."""
    schema = {"type": "object", "properties": {"spec": _ANY, "status": _ANY}}
    version = {
        "name": "v1",
        "served": True,
        "storage": True,
        "schema": {"openAPIV3Schema": schema},
    }
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": manifests.CRD,
        "metadata": {"name": f"{plural}.{GROUP}"},
        "spec": {
            "group": GROUP,
            "scope": "Namespaced",
            "names": {"plural": plural, "kind": kind, "listKind": f"{kind}List"},
            "versions": [version],
        },
    }


def policy(name: str, *, reference: str = "") -> dict[str, Any]:
    """Return a policy for clusters, maybe with the credentials in an object of a type."""
    references = [
        {
            "key": "access",
            "group": "" if reference == "secrets" else GROUP,
            "resource": reference,
            "namespaceTemplate": "{{ .source.metadata.namespace }}",
            "nameTemplate": "{{ .source.metadata.name }}",
        }
    ]
    # A Secret only has to be there: its labels are what is tried here.
    of = "references.access" if reference == "accesses" else "source"
    return {
        "apiVersion": POLICY_API,
        "kind": POLICY,
        "metadata": {"name": name},
        "spec": {
            "source": {"group": GROUP, "resource": "clusters"},
            **({"references": references} if reference else {}),
            "nameTemplate": f"{name}-{{{{ .source.metadata.name }}}}",
            "template": _TEMPLATE % {"of": of},
            "creationCondition": "true",
        },
    }


def put(
    world: World,
    name: str,
    namespace: str,
    *,
    kind: str = CLUSTER,
    junk: str = "",
    metadata: str = "",
) -> None:
    """Create a cluster, or what gives access to one; ``junk`` is JSON that stands in its spec."""
    spec = _SPEC % (f',"junk":{junk}' if junk else "")
    more = f",{metadata}" if metadata else ""
    body = (
        f'{{"apiVersion":"{API_VERSION}","kind":"{kind}",'
        f'"metadata":{{"name":"{name}","namespace":"{namespace}"{more}}},"spec":{spec}}}'
    )
    world.create_text(API_VERSION, kind, name, namespace, body)


def change(world: World, name: str, namespace: str, *, junk: str) -> None:
    """Replace the junk of a cluster."""
    patch = f'{{"spec":{{"junk":{junk}}}}}'
    world.admin.patch_text(API_VERSION, CLUSTER, name, namespace, patch)


def put_secret(world: World, name: str, namespace: str, *, labels: str) -> None:
    """Create an empty Secret with labels, which are JSON."""
    metadata = f'{{"name":"{name}","namespace":"{namespace}","labels":{labels}}}'
    body = f'{{"apiVersion":"v1","kind":"Secret","metadata":{metadata}}}'
    world.create_text("v1", "Secret", name, namespace, body)
