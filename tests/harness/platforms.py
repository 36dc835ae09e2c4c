"""A platform that needs no CRD: a ConfigMap is a cluster, its credentials included or in a Secret.

Fast to make and to remove, so that most tests use it; what concerns CRDs uses the examples.
"""

from collections.abc import Mapping
from typing import Any

from development.world import POLICY, POLICY_API, encode
from tests.fakes.pki.material import CA

READ = ["get", "list", "watch"]
CONFIGMAPS_RULE = {"apiGroups": [""], "resources": ["configmaps"], "verbs": READ}
SECRETS_RULE = {"apiGroups": [""], "resources": ["secrets"], "verbs": READ}

INLINE_TEMPLATE = """spec:
  apiserver: "{{ .source.data.server }}"
  caData: "{{ .source.data.ca | b64enc }}"
  tokenData: "{{ .source.data.token | b64enc }}"
"""
SECRET_TEMPLATE = """spec:
  apiserver: "{{ .source.data.server }}"
  caData: "{{ .references.secret.data.ca }}"
  tokenData: "{{ .references.secret.data.token }}"
"""
SELECT_IMPORTED = '{{ eq .source.metadata.labels.import "yes" }}'


def cluster(
    name: str,
    namespace: str = "default",
    *,
    labels: Mapping[str, str] | None = None,
    **data: str,
) -> dict[str, Any]:
    """Return a ConfigMap that stands for a cluster; by default one that is selected."""
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": name,
            "namespace": namespace,
            "labels": dict({"import": "yes"} if labels is None else labels),
        },
        "data": {
            "server": "https://192.0.2.1:6443",
            "ca": CA.decode(),
            "token": f"token-of-{name}",
            **data,
        },
    }


def credentials(name: str, namespace: str = "default", **data: str) -> dict[str, Any]:
    """Return the Secret of a cluster, for ``secret_policy``; an empty value leaves a key out."""
    content = {"ca": CA.decode(), "token": f"token-of-{name}", **data}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "namespace": namespace},
        "data": {key: encode(value) for key, value in content.items() if value},
    }


def policy(name: str, **spec: Any) -> dict[str, Any]:
    """Return a policy for these ConfigMaps, with fields of the spec replaced."""
    return {
        "apiVersion": POLICY_API,
        "kind": POLICY,
        "metadata": {"name": name},
        "spec": {
            "source": {
                "group": "",
                "resource": "configmaps",
                "selectorTemplate": SELECT_IMPORTED,
            },
            "nameTemplate": f"{name}-{{{{ .source.metadata.name }}}}",
            "template": INLINE_TEMPLATE,
            "creationCondition": "true",
            **spec,
        },
    }


def secret_policy(name: str, **spec: Any) -> dict[str, Any]:
    """Return a policy that reads the credentials from a Secret of the ConfigMap's name."""
    reference = {
        "key": "secret",
        "group": "",
        "resource": "secrets",
        "namespaceTemplate": "{{ .source.metadata.namespace }}",
        "nameTemplate": "{{ .source.metadata.name }}",
    }
    return policy(name, **{"references": [reference], "template": SECRET_TEMPLATE, **spec})
