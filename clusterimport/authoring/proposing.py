"""A policy for an unknown platform, proposed from a sample of its source and its Secret."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import yaml

from clusterimport.authoring.beginnings import written_name
from clusterimport.authoring.documents import STDIN, Document, parse_documents
from clusterimport.authoring.errors import InvalidInput, NothingFound
from clusterimport.authoring.evaluating import evaluate
from clusterimport.authoring.inputs import Inputs, stored_form
from clusterimport.authoring.outcomes import Outcome
from clusterimport.authoring.policies import read_policy
from clusterimport.authoring.roles import roles_of
from clusterimport.authoring.sampling import (
    condition_of,
    credentials_of,
    label_of,
    leading_to,
    relates,
)
from clusterimport.model.meta import Object, namespace_of

_BESIDE: Final = frozenset(
    ("Secret", "ConfigMap", "Namespace", "CustomResourceDefinition", "ClusterImportPolicy")
)
_SYNC: Final = """\
      syncResources:
        - group: ""
          resources: [pods, services, namespaces, nodes]
        - group: apps
          resources: ["*"]
"""


class Proposal(NamedTuple):
    """The texts of the files that a policy begins with."""

    policy: str
    role: str
    test: str
    notes: Sequence[str]
    """What had to be guessed, or was not found; the policy's comments say so, too."""

    def files(self) -> dict[str, str]:
        """Return them by the names of their files."""
        return {
            "policy.yaml": self.policy,
            "clusterrole.yaml": self.role,
            "clusterimport-test.yaml": self.test,
        }


def propose(
    name: str, documents: Sequence[Document], files: Sequence[str], folder: Path
) -> Proposal:
    """Propose a policy; the test refers to the files of the sample, from the folder it will be in.

    Raises NothingFound without a source among the objects, InvalidInput for a sample that no test
    could read again.
    """
    if STDIN in files:
        raise InvalidInput("give the sample as a file: the test of the policy reads it again")
    source, stored = _sample(documents)
    policy, notes = _policy(name, source, stored)
    given = [*parse_documents(policy, "policy.yaml"), *documents]
    inputs = Inputs(given)
    roles = roles_of(read_policy(inputs.policies[0], inputs))
    role = "---\n".join(yaml.dump(each, sort_keys=False) for each in roles)
    return Proposal(policy, role, _test(inputs, files, folder), notes)


def _sample(documents: Sequence[Document]) -> tuple[Object, Mapping[str, Object]]:
    """Return the source, and what it may refer to by the keys that references get."""
    objects = [stored_form(document.obj) for document in documents]
    stored = [obj for obj in objects if obj["kind"] in {"Secret", "ConfigMap"}]
    stored.sort(key=lambda obj: obj["kind"] != "Secret")
    sources = [obj for obj in objects if obj["kind"] not in _BESIDE]
    if not sources:
        if not stored:
            raise NothingFound("there is no object among what was given that could be a source")
        return stored[0], {}
    related = [obj for obj in stored if relates(sources[0], obj)]
    if not any(obj["kind"] == "Secret" for obj in related):
        related = [*(obj for obj in stored[:1] if obj not in related), *related]
    return sources[0], {
        f"credentials{number if number > 1 else ''}": obj for number, obj in enumerate(related, 1)
    }


def _policy(name: str, source: Object, stored: Mapping[str, Object]) -> tuple[str, Sequence[str]]:
    kind = Inputs([Document(source)]).kinds.of(source)
    condition, notes = condition_of(source)
    connection = credentials_of(source, stored)
    notes = (*connection.notes, *notes)
    references = ""
    printed = " ".join(connection.lines)
    used = {key: obj for key, obj in stored.items() if f".references.{key}." in printed}
    for key, obj in used.items():
        namespace, named, more = leading_to(source, obj)
        notes = (*notes, *more)
        resource = "secrets" if obj["kind"] == "Secret" else "configmaps"
        references += (
            f"    - key: {key}\n"
            '      group: ""\n'
            f"      resource: {resource}\n"
            f"      namespaceTemplate: {_quoted(namespace)}\n"
            f"      nameTemplate: {_quoted(named)}\n"
        )
    if references:
        references = f"  references:\n{references}"
    narrowed = ""
    if source["kind"] in {"Secret", "ConfigMap"}:
        selector = label_of(source)
        narrowed = f"    labelSelector: {_quoted(selector)}\n" if selector else ""
        notes = (
            notes if selector else (*notes, "Narrow it down: it takes every object of its type.")
        )
    place = "{{ .source.metadata.namespace }}." if namespace_of(source) else ""
    lines = "".join(f"      {line}\n" for line in connection.lines)
    comments = "".join(f"# - {note}\n" for note in notes)
    text = (
        f"# A proposal, made from a sample of {source['kind']} of {source['apiVersion']}.\n"
        + (f"# To be mended or confirmed:\n{comments}" if comments else "")
        + "apiVersion: policy.clusterpedia.io/v1alpha1\n"
        "kind: ClusterImportPolicy\n"
        "metadata:\n"
        f"  name: {written_name(name)}\n"
        "spec:\n"
        "  source:\n"
        f"    group: {_quoted(kind.gvr.group)}\n"
        f"    resource: {kind.gvr.resource}\n"
        f"{narrowed}"
        '    selectorTemplate: "{{ not .source.metadata.deletionTimestamp }}"\n'
        f"{references}"
        f'  nameTemplate: "{name}.{place}{{{{ .source.metadata.name }}}}"\n'
        "  template: |\n"
        "    spec:\n"
        f"{lines}{_SYNC}"
        f"  creationCondition: {_quoted(condition)}\n"
    )
    return text, notes


def _test(inputs: Inputs, files: Sequence[str], folder: Path) -> str:
    """Expect what comes of the sample now."""
    expected = [
        {"source": str(each.source), "outcome": str(each.outcome)}
        | ({"name": each.name} if each.outcome is Outcome.IMPORT else {})
        for each in evaluate(inputs)
    ]
    body = {
        "apiVersion": "test.clusterimport.io/v1",
        "kind": "PolicyTest",
        "metadata": {"name": "the sample"},
        "inputs": [os.path.relpath(file, folder) for file in files],
        "expect": expected,
    }
    return str(yaml.dump(body, sort_keys=False))


def _quoted(text: str) -> str:
    quote = "'" if '"' in text else '"'
    return f"{quote}{text}{quote}"
