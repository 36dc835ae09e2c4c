"""Files as an author writes them: a policy, a source and its Secret, which tests change."""

import base64
from typing import Any

from clusterimport.authoring.documents import Document, parse_documents
from clusterimport.authoring.evaluating import evaluate
from clusterimport.authoring.inputs import Inputs
from clusterimport.authoring.outcomes import Evaluated
from clusterimport.engine.rules import ImportRules

TOKEN = "sample-token-7f3a"
POLICY = """\
apiVersion: policy.clusterpedia.io/v1alpha1
kind: ClusterImportPolicy
metadata:
  name: blue
spec:
  source:
    group: cluster.example.io
    resource: clusters
    selectorTemplate: "{{ ne .source.spec.kind \\"local\\" }}"
  references:
    - key: secret
      group: ""
      resource: secrets
      namespaceTemplate: "{{ .source.metadata.namespace }}"
      nameTemplate: "{{ .source.spec.secret }}"
  nameTemplate: "blue-{{ .source.metadata.name }}"
  template: |
    spec:
      apiserver: "{{ .source.spec.server }}"
      tokenData: "{{ .references.secret.data.token }}"
      syncResources: []
  creationCondition: "{{ .source.status.ready }}"
  allowedCredentialFeatures: [InsecureTLS]
"""


def policy(**replaced: str) -> str:
    """Return the policy with other values, as YAML, of fields that stand in it once."""
    text = POLICY
    for field, value in replaced.items():
        lines = [each for each in text.split("\n") if each.strip().startswith(f"{field}:")]
        assert len(lines) == 1, field
        indent = len(lines[0]) - len(lines[0].lstrip())
        text = text.replace(lines[0], f"{' ' * indent}{field}: {value}")
    return text


def source(name: str = "one", *, secret: str = "one", ready: str = "true", more: str = "") -> str:
    """Return a source, and behind it whatever is given."""
    return f"""\
---
apiVersion: cluster.example.io/v1
kind: Cluster
metadata: {{name: {name}, namespace: team}}
spec: {{kind: remote, server: "https://192.0.2.1:6443", secret: {secret}}}
status: {{ready: {ready}}}
{more}"""


def secret(name: str = "one", token: str = TOKEN) -> str:
    """Return a Secret with a token."""
    return f"""\
---
apiVersion: v1
kind: Secret
metadata: {{name: {name}, namespace: team}}
data: {{token: {base64.b64encode(token.encode()).decode()}}}
"""


def documents(*texts: str) -> list[Document]:
    """Return the objects of several files, which are called 0.yaml, 1.yaml and so on."""
    return [
        document
        for number, text in enumerate(texts)
        for document in parse_documents(text, f"{number}.yaml")
    ]


def evaluated(*texts: str, rules: ImportRules | None = None, **inputs: Any) -> list[Evaluated]:
    """Evaluate several files."""
    return evaluate(Inputs(documents(*texts), **inputs), rules=rules)
