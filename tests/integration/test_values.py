"""Hostile values under an ordinary policy: each arrives exactly, or its own import is refused."""

import hashlib
from typing import Any

from clusterimport.model.names import POLICY_GROUP
from development.world import LIFECYCLE, PEDIACLUSTER, World
from tests.harness import platforms

TEMPLATE = (
    """metadata:
  annotations: {
    first: it,
    json: '{{ toJson .source.data.json }}',
    raw: {{ .source.data.raw }},
    note: of {{ toJson .source.data.note }},
    digest: {{ quote .source.data.large | sha256sum }},
    dots: {{ toYaml .source.data.dots }},
    last: it }
"""
    + platforms.INLINE_TEMPLATE
)
HARMLESS = {"json": "a", "raw": "b", "note": "c", "large": "d", "dots": "e..."}
REFUSED = {
    "adds": {"json": "a', evil: 'b"},
    "cuts": {"note": "a #b"},
    "loses": {"raw": '"a"'},
    "breaks": {"raw": "a, evil: b"},
    "folds": {"raw": "a\n  b"},
    "closes": {"raw": "a }"},
}
LARGE = 'say "hi"\n' * 50_000


def source(name: str, **data: str) -> dict[str, Any]:
    """Return a cluster with these values, and harmless ones for the rest."""
    return platforms.cluster(name, **(HARMLESS | data))


def test_t58_values_arrive_as_they_are_or_refuse_their_own_import(world: World) -> None:
    """No value adds, cuts or moves anything, half a megabyte is quoted, and the others go on."""
    world.grant("sources", platforms.CONFIGMAPS_RULE)
    world.apply(
        platforms.policy("p", template=TEMPLATE),
        *[source(name, **data) for name, data in REFUSED.items()],
        source("good", large=LARGE),
    )
    world.controller()
    made = world.until_pediacluster("p-good")
    digest = '"' + LARGE.replace('"', '\\"').replace("\n", "\\n") + '"'

    printed = {
        name: text
        for name, text in made["metadata"]["annotations"].items()
        if not name.startswith(POLICY_GROUP)
    }
    assert printed == {
        "first": "it",
        "json": '"a"',
        "raw": "b",
        "note": 'of "c"',
        "digest": hashlib.sha256(digest.encode()).hexdigest(),
        "dots": "e...",
        "last": "it",
    }
    for name in REFUSED:
        told = world.until_reason(
            LIFECYCLE, f"p-{name}", "Ready", "FailedResolveAndDecodePediaCluster"
        )
        assert "spec.template, line " in told["message"]
        assert "evil" not in told["message"]
    assert world.names(PEDIACLUSTER) == ["p-good"]
