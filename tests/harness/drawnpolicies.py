"""Policies and sources drawn by chance, for comparing what is made of them in two places.

ConfigMaps stand for clusters. A policy's names begin with its own, so that which of two sources
comes first never matters.
"""

from collections.abc import Iterator
from random import Random
from typing import Any

from development.world import encode
from tests.fakes.pki.material import CA
from tests.harness import platforms

NAMES = (
    "{}-{{{{ .source.metadata.name }}}}",
    "{}-{{{{ .source.metadata.namespace }}}}.{{{{ .source.metadata.name }}}}",
    '{{{{ printf "{}-%s" (.source.data.nick | default .source.metadata.name) }}}}',
    "{}-{{{{ .source.metadata.name | replace `e` `E` }}}}",
)
SELECTORS = (
    "",
    '{{ eq .source.metadata.labels.import "yes" }}',
    '{{ hasPrefix "c" .source.metadata.name }}',
    "{{ .source.data.ready | required `no ready` }}",
)
LABELS = ("import", "import=yes", "import in (yes, no)", "import,!skip")
CONDITIONS = (
    "true",
    "{{ .source.data.ready }}",
    "{{ not (empty .source.data.server) }}",
    '{{ .source.data.ready | default "TRUE" }}',
    "{{ fail .source.data.nick }}",
)
SERVERS = (
    '"{{ .source.data.server }}"',
    '{{ .source.data.server | default "https://192.0.2.9" | quote }}',
    '"https://{{ .source.data.host }}:6443/clusters/{{ .source.metadata.name }}"',
)
CAS = ('"{{ .source.data.ca | b64enc }}"', '"{{ .source.data.ca }}"', '""')
TOKENS = (
    '"{{ .source.data.token | b64enc }}"',
    '"{{ .references.secret.data.token }}"',
    "{{ mustB64dec .source.data.token | b64enc }}",
)
SYNCED = (
    "[]",
    '[{group: "", resources: [pods, "{{ .source.data.kind }}"]}]',
    '[{group: apps, resources: ["*"]}]',
)
METADATA = (
    "{}",
    "{labels: {tier: {{ .source.data.tier | quote }}}}",
    "{annotations: {from: {{ .source.metadata.labels | toJson | quote }}}}",
)
EXTENSIONS: tuple[dict[str, Any], ...] = (
    {},
    {"deletionPolicy": "Orphan"},
    {"updatePolicy": "All"},
    {"allowedCredentialFeatures": ["InsecureTLS"]},
)
SOURCES: tuple[tuple[str, dict[str, str], dict[str, str]], ...] = (
    ("c-plain", {}, {"ready": "true", "tier": "gold", "kind": "nodes", "host": "a.example"}),
    ("c-waits", {}, {"ready": "false", "nick": "waiting"}),
    ("c-bare", {"import": "yes"}, {"server": "", "ca": "", "token": ""}),
    ("c-v6", {"import": "yes"}, {"server": "https://[2001:db8::1]:6443", "ready": "TRUE"}),
    ("c-odd", {"import": "yes"}, {"nick": "Not A Name", "tier": "a b", "server": "192.0.2.3"}),
    ("c-skip", {"import": "yes", "skip": ""}, {"ready": "true"}),
    ("d-other", {"import": "no"}, {"ready": "true", "token": "two\nlines", "kind": "a: b"}),
)


def policies(seed: int, count: int, namespace: str) -> Iterator[dict[str, Any]]:
    """Yield policies; one seed gives the same ones each time."""
    random = Random(seed)
    for number in range(count):
        yield _policy(random, f"drawn-{number}", namespace)


def objects(namespace: str) -> list[dict[str, Any]]:
    """Return the sources in a namespace, and Secrets for most of them."""
    sources = [
        platforms.cluster(name, namespace, labels=labels or None, **data)
        for name, labels, data in SOURCES
    ]
    secrets = [
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": name, "namespace": namespace},
            "data": {"token": encode(f"secret-of-{name}"), "ca": encode(CA)},
        }
        for name, _, _ in SOURCES[:-2]
    ]
    return [*sources, *secrets]


def _policy(random: Random, name: str, namespace: str) -> dict[str, Any]:
    # What mostly works comes first, and is drawn more often.
    token = random.choice((*TOKENS, *TOKENS[:2]))
    template = (
        f"metadata: {random.choice(METADATA)}\nspec:\n"
        f"  apiserver: {random.choice(SERVERS)}\n"
        f"  caData: {random.choice((*CAS, *CAS[:1] * 3))}\n  tokenData: {token}\n"
        f"  syncResources: {random.choice(SYNCED)}\n"
    )
    source: dict[str, Any] = {"group": "", "resource": "configmaps"}
    source["labelSelector"] = random.choice(LABELS)
    source["fieldSelector"] = f"metadata.namespace={namespace}"
    selector = random.choice(SELECTORS)
    if selector:
        source["selectorTemplate"] = selector
    spec = {
        "source": source,
        "nameTemplate": random.choice(NAMES).format(name),
        "template": template,
        "creationCondition": random.choice((*CONDITIONS, *CONDITIONS[:1] * 2)),
        **random.choice(EXTENSIONS),
    }
    reads_secret = ".references.secret" in token
    make = platforms.secret_policy if reads_secret else platforms.policy
    return make(name, **spec)
