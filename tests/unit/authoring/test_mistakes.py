"""The guide: its own policy works, and each usual mistake is told as it says."""

import re
import shlex
from pathlib import Path
from typing import NamedTuple

import pytest

from clusterimport.cli.main import main

GUIDE = (Path(__file__).parents[3] / "docs" / "guide.md").read_text("utf-8")
FILES = dict(re.findall(r"^`(\w+\.yaml)`\n\n```yaml\n(.*?)```", GUIDE, re.MULTILINE | re.DOTALL))
ROW = re.compile(r"^\| (.+?) \| `(validate|render|explain)` \| (`+) ?(.+?) ?\3 \|$", re.MULTILINE)
COMMANDS = {
    "validate": ["validate", "policy.yaml"],
    "render": ["render", "policy.yaml", "samples.yaml"],
    "explain": [
        "explain",
        "clusters.cluster.mcp.io/blue",
        "-n",
        "team-a",
        "-f",
        "policy.yaml",
        "-f",
        "samples.yaml",
    ],
}


class Edit(NamedTuple):
    """A mistake, made in one of the guide's files."""

    file: str
    right: str
    wrong: str


CONDITION = (
    '{{ range .source.status.conditions }}{{ if eq .type "Ready" }}{{ .status }}{{ end }}{{ end }}'
)
CREDENTIALS = """      caData: "{{ .references.auth.data.ca }}"
      tokenData: "{{ .references.auth.data.token }}"
"""
CA, TOKEN = CREDENTIALS.splitlines(keepends=True)
NAME = '  nameTemplate: "mcp.{{ .source.metadata.namespace }}.{{ .source.metadata.name }}"\n'
SELECTOR = '{{ ne (default "" .source.spec.kind) "virtual" }}'
MORE = """    - key: more
      resource: configmaps
      namespaceTemplate: team-a
      nameTemplate: more
"""
POLICY, SAMPLES = "policy.yaml", "samples.yaml"

MISTAKES = {
    "A function that does not exist": Edit(
        POLICY, '.source.spec.apiEndpoint }}"', '.source.spec.apiEndpoint | lowr }}"'
    ),
    "A function that is refused, such as `env`": Edit(
        POLICY, "{{ .source.spec.apiEndpoint }}", '{{ env "HOME" }}'
    ),
    "An `end` is missing": Edit(
        POLICY, "{{ .status }}{{ end }}{{ end }}", "{{ .status }}{{ end }}"
    ),
    "A brace is missing": Edit(
        POLICY, "{{ .references.auth.data.ca }}", "{{ .references.auth.data.ca }"
    ),
    "A template without quotes": Edit(
        POLICY,
        'nameTemplate: "{{ .source.spec.authSecretRef.name }}"',
        "nameTemplate: {{ .source.spec.authSecretRef.name }}",
    ),
    "Quotes within quotes": Edit(POLICY, '"mcp.{{', '"mcp.{{ "a" }}{{'),
    "A tab as indentation": Edit(POLICY, "    group: cluster.mcp.io", "\tgroup: cluster.mcp.io"),
    "A field twice": Edit(
        POLICY, '  nameTemplate: "mcp.', '  nameTemplate: "x"\n  nameTemplate: "mcp.'
    ),
    "A field of the policy misspelt": Edit(POLICY, "creationCondition:", "creationCondtion:"),
    "A field of the policy missing": Edit(POLICY, NAME, ""),
    "An apiVersion that does not exist": Edit(
        POLICY, "policy.clusterpedia.io/v1alpha1", "policy.clusterpedia.io/v1"
    ),
    "A value that is not one of those allowed": Edit(
        POLICY, "spec:\n  source", "spec:\n  mode: import\n  source"
    ),
    "The kind in place of the resource": Edit(POLICY, "resource: clusters", "resource: Cluster"),
    "The singular in place of the resource": Edit(POLICY, "resource: secrets", "resource: secret"),
    "The version in the group": Edit(
        POLICY, "group: cluster.mcp.io", "group: cluster.mcp.io/v1alpha1"
    ),
    "`.Source` with a capital": Edit(
        POLICY, "{{ .source.spec.apiEndpoint", "{{ .Source.spec.apiEndpoint"
    ),
    "A reference in `nameTemplate`": Edit(
        POLICY,
        '{{ .source.metadata.name }}"\n  template',
        '{{ .references.auth.metadata.name }}"\n  template',
    ),
    "A reference in the selector": Edit(
        POLICY, ".source.spec.kind)", ".references.auth.data.kind)"
    ),
    "The key of a reference misspelt": Edit(
        POLICY, ".references.auth.data.token", ".references.secret.data.token"
    ),
    "A reference that nothing reads": Edit(
        POLICY,
        '  nameTemplate: "mcp.',
        MORE + '  nameTemplate: "mcp.',
    ),
    "`.source` inside `range`": Edit(
        POLICY, '{{ if eq .type "Ready" }}', '{{ if eq .source.spec.kind "plain" }}'
    ),
    "A condition that can never be true": Edit(POLICY, CONDITION, "Ready"),
    "A name without the namespace": Edit(
        POLICY,
        "mcp.{{ .source.metadata.namespace }}.{{ .source.metadata.name }}",
        "mcp-{{ .source.metadata.name }}",
    ),
    "`-` between namespace and name": Edit(POLICY, ".namespace }}.{{", ".namespace }}-{{"),
    "A field of the PediaCluster misspelt": Edit(POLICY, "apiserver:", "apiServer:"),
    "A line of the template indented too far": Edit(POLICY, "      caData:", "        caData:"),
    "No credentials at all": Edit(POLICY, CREDENTIALS, ""),
    "No CA": Edit(POLICY, CA, ""),
    "A field of the source misspelt": Edit(
        POLICY, ".source.spec.apiEndpoint }}", ".source.spec.apiEndpont }}"
    ),
    "A key of the Secret misspelt": Edit(POLICY, "data.token", "data.tokn"),
    "Data of a Secret decoded": Edit(
        POLICY, "{{ .references.auth.data.token }}", "{{ .references.auth.data.token | b64dec }}"
    ),
    "A whole map where one value is meant": Edit(
        POLICY, ".references.auth.data.ca }}", ".references.auth.data }}"
    ),
    "A kubeconfig encoded twice": Edit(
        POLICY,
        '      tokenData: "{{ .references.auth.data.token }}"',
        '      kubeconfig: "{{ .references.auth.data.token | b64enc }}"',
    ),
    "An address without https": Edit(SAMPLES, "https://192.0.2.30:6443", "http://192.0.2.30:6443"),
    "An address without a host": Edit(SAMPLES, "https://192.0.2.30:6443", "https://:6443"),
    "The name of a reference read from the wrong field": Edit(
        POLICY, ".source.spec.authSecretRef.name", ".source.spec.secretRef.name"
    ),
    "A reference that is not there": Edit(SAMPLES, "    name: blue-auth", "    name: green-auth"),
    "A reference in another namespace": Edit(
        POLICY,
        'namespaceTemplate: "{{ .source.metadata.namespace }}"',
        'namespaceTemplate: "{{ .source.spec.kind }}"',
    ),
    "A condition that prints something else": Edit(POLICY, "{{ .status }}", "{{ .type }}"),
    "A condition that finds nothing": Edit(POLICY, 'eq .type "Ready"', 'eq .type "Available"'),
    "An item of a list that is not there": Edit(
        POLICY, CONDITION, "{{ (index .source.status.conditions 3).status }}"
    ),
    "Values of two types compared": Edit(POLICY, SELECTOR, "{{ gt .source.spec.kind 3 }}"),
    "A name with capitals": Edit(POLICY, 'nameTemplate: "mcp.', 'nameTemplate: "MCP.'),
    "A value with a quote between quotes": Edit(
        SAMPLES, "https://192.0.2.30:6443", "'https://192.0.2.30:6443\"'"
    ),
    "A selector that prints something else than true": Edit(
        POLICY, SELECTOR, "{{ .source.spec.kind }}"
    ),
}


def run(capsys, command):
    """Return exit code and everything printed, on one line."""
    code = main(command)
    out, err = capsys.readouterr()
    return code, " ".join((out + err).split())


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Work in a folder with the guide's files."""
    monkeypatch.chdir(tmp_path)
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def test_the_guide_is_right_as_it_stands(folder, capsys):
    """Each command of its offline part succeeds, and the cluster would be imported."""
    (part,) = re.findall(r"^## 3\..*?```console\n(.*?)```", GUIDE, re.MULTILINE | re.DOTALL)
    commands = [shlex.split(line)[2:] for line in part.splitlines()]
    assert len(commands) >= 5
    for command in commands:
        code, told = run(capsys, command)
        assert code == 0, told
    assert "no problems" in run(capsys, COMMANDS["validate"])[1]
    assert "Import mcp.team-a.blue" in run(capsys, COMMANDS["render"])[1]


def test_every_mistake_of_the_guide_is_made_here():
    """And none here is missing there."""
    told = [mistake for mistake, *_ in ROW.findall(GUIDE)]

    assert told == list(MISTAKES)
    assert len(told) >= 35


@pytest.mark.parametrize(
    ("mistake", "command", "says"),
    [(mistake, command, says) for mistake, command, _, says in ROW.findall(GUIDE)],
    ids=[mistake for mistake, *_ in ROW.findall(GUIDE)],
)
def test_f7_the_mistake_is_told_with_its_place(mistake, command, says, folder, capsys):
    """The command says what the guide says, where it is, and whose field it is."""
    edit = MISTAKES[mistake]
    assert FILES[edit.file].count(edit.right) >= 1
    (folder / edit.file).write_text(FILES[edit.file].replace(edit.right, edit.wrong, 1))

    _, told = run(capsys, COMMANDS[command])

    assert " ".join(says.split()) in told
    assert re.search(r"policy\.yaml:\d+:\d+", told) or command == "explain"
