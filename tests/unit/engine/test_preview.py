"""What would be written, told field by field."""

import base64

from clusterimport.engine.diff import update_patch
from clusterimport.engine.document import RenderedCluster
from clusterimport.engine.preview import preview_creation, preview_update
from clusterimport.model.lifecycle import parse_lifecycle
from clusterimport.model.pediacluster import Digest, redact
from tests.fakes.controllers.importobjects import lifecycle_body, lifecycle_owner, pediacluster_body
from tests.fakes.engine.evaluating import base64_of, kubeconfig_of
from tests.fakes.pki.material import CA

CANARY = "canary4711"
DIGEST = Digest(b"k" * 32)
SYNC = [
    {"group": "", "resources": ["pods"]},
    {"group": "apps", "resources": ["deployments", "daemonsets"]},
]


def rendered(*, labels=None, annotations=None, **spec):
    full = {"syncResources": []} | spec
    return RenderedCluster(labels or {}, annotations or {}, full, frozenset(full))


def changed(after, *, labels=None, annotations=None, **before):
    """Return what an update would change of a PediaCluster with these fields."""
    body = lifecycle_body(updatePolicy="All")
    body["metadata"]["uid"] = "u"
    existing = pediacluster_body(owners=[lifecycle_owner("mcp-one", "u")], **before)
    existing["metadata"] |= {"labels": labels or {}, "annotations": annotations or {}}
    existing["metadata"]["resourceVersion"] = "1"
    seen = redact(existing, DIGEST)
    patch = update_patch(after, seen, digest=DIGEST, lifecycle=parse_lifecycle(body))
    return preview_update(after, seen, patch)


def test_t14_a_creation_is_told_with_everything_but_credentials():
    """Address, labels, what is synchronised; where a kubeconfig leads, and nothing else of it."""
    told = preview_creation(
        rendered(
            labels={"team": "red"},
            annotations={"note": "x" * 500},
            kubeconfig=kubeconfig_of(user={"token": CANARY}),
            syncResources=SYNC,
            syncAllCustomResources=True,
            shardingName="a",
        )
    )

    assert "kubeconfig given for https://c:6443" in told
    assert "label team=red" in told
    assert f"annotation note={'x' * 100}…" in told
    assert "syncResources [pods, deployments.apps, daemonsets.apps]" in told
    assert "syncAllCustomResources true; shardingName a" in told
    assert CANARY not in told
    assert base64.b64encode(CANARY.encode()).decode() not in told


def test_t14_an_address_is_told_without_its_query():
    """Somebody may have put a token there."""
    told = preview_creation(rendered(apiserver=f"https://a/b?token={CANARY}"))

    assert "apiserver https://a/b;" in told
    assert CANARY not in told


def test_t14_an_update_is_told_field_by_field():
    """What was, and what would be; of a credential only that it is another one."""
    after = rendered(
        apiserver="https://new:6443",
        caData=base64_of(CA),
        tokenData=base64_of(f"new {CANARY}"),
        certData=base64_of(CANARY),
        syncResources=SYNC,
        labels={"team": "blue", "more": "x"},
    )
    told = changed(after, labels={"team": "red"})

    for part in (
        "apiserver from https://one.example:6443 to https://new:6443",
        "tokenData (another value)",
        "certData (given for the first time)",
        "syncResources from none to [pods, deployments.apps, daemonsets.apps]",
        "label team from red to blue",
        "label more (new) x",
    ):
        assert part in told
    assert "resourceVersion" not in told
    assert "policy.clusterpedia.io" not in told
    assert CANARY not in told


def test_t14_a_field_that_would_go_is_told_as_removed():
    """With the value that it had, where it is no credential."""
    after = rendered(
        apiserver="https://one.example:6443", caData=base64_of(CA), tokenData=base64_of(CANARY)
    )
    told = changed(after, certData=base64_of("c"), syncAllCustomResources=True)

    assert "certData (removed)" in told
    assert "syncAllCustomResources (removed, was true)" in told
