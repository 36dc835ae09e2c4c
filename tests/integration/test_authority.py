"""A lifecycle is a record of ours: who may patch lifecycles decides nothing by it (T54)."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from development.controller import condition
from development.controlplane.client import RestClient
from development.controlplane.rest import ApiFailure
from development.world import LIFECYCLE, PEDIACLUSTER, POLICY, POLICY_API, World, encode
from tests.harness import platforms
from tests.harness.canary import canary, everything, forms, search
from tests.harness.eithercrds import either_crds

FORGER = "forger"
VAULT = "vault"
SECRET = {
    "key": "secret",
    "group": "",
    "version": "v1",
    "resource": "secrets",
    "namespaceTemplate": VAULT,
    "nameTemplate": "root",
}
STEALING = """spec:
  apiserver: "https://192.0.2.66:6443"
  caData: "{{ .references.secret.data.ca }}"
  tokenData: "{{ .references.secret.data.token }}"
"""
INSECURE = 'spec:\n  apiserver: "https://192.0.2.66:6443"\n  tokenData: dG9rZW4=\n'
SOURCE = {"group": "", "version": "v1", "resource": "configmaps"}

Forge = Callable[..., None]


@pytest.fixture
def forge(world: World) -> Iterator[Forge]:
    """Give what somebody can do who may get and patch lifecycles, and nothing else."""
    rule = {
        "apiGroups": ["policy.clusterpedia.io"],
        "resources": ["pediaclusterlifecycles"],
        "verbs": ["get", "patch"],
    }
    rbac = "rbac.authorization.k8s.io"
    role = {"name": FORGER}
    world.apply(
        {
            "apiVersion": f"{rbac}/v1",
            "kind": "ClusterRole",
            "metadata": role,
            "rules": [rule],
        },
        {
            "apiVersion": f"{rbac}/v1",
            "kind": "ClusterRoleBinding",
            "metadata": role,
            "roleRef": {"apiGroup": rbac, "kind": "ClusterRole", **role},
            "subjects": [{"apiGroup": rbac, "kind": "User", "name": FORGER}],
        },
    )
    with RestClient(world.control_plane.user_access(FORGER)) as user:

        def patch(name: str, **metadata_and_spec: Any) -> None:
            def is_patched() -> bool:
                try:
                    user.patch(POLICY_API, LIFECYCLE, name, metadata_and_spec)
                except ApiFailure:
                    # The authorizer learns of the binding a moment after it was made.
                    return False
                return True

            world.until(is_patched, "the lifecycle is edited")

        yield patch


@pytest.fixture
def token(world: World) -> str:
    """Import a tenant's cluster, beside a Secret of another namespace with a canary in it."""
    secret = canary()
    # They stay, because the next test has the same ones, and a namespace takes a while to go.
    for name in ("team", "evil", VAULT):
        world.admin.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    world.grant("configmaps", platforms.CONFIGMAPS_RULE)
    world.grant("secrets", platforms.SECRETS_RULE)
    world.apply(
        platforms.secret_policy("p"),
        platforms.cluster("one", "team"),
        platforms.credentials("one", "team"),
        platforms.credentials("root", VAULT, token=secret),
    )
    return secret


def source(name: str, namespace: str = "", **other: str) -> dict[str, Any]:
    """Return a reference to a source."""
    return SOURCE | other | {"name": name} | ({"namespace": namespace} if namespace else {})


FORGERIES: dict[str, dict[str, Any]] = {
    "references": {"references": [SECRET]},
    "references and template": {"references": [SECRET], "template": STEALING},
    "template and features": {
        "template": INSECURE,
        "allowedCredentialFeatures": ["InsecureTLS", "ExecPlugin", "ServiceAccountToken"],
    },
    "a source of the forger": {"source": source("mine", "evil")},
    "a source that is not there": {"source": source("nothing", "nowhere")},
    "a source of another type": {"source": source("root", VAULT, resource="secrets")},
    "a source without namespace": {"source": source("one") | {"namespace": None}},
    "options": {"mode": "Observe", "deletionPolicy": "Orphan", "updatePolicy": "All"},
    "everything": {
        "source": source("root", VAULT, resource="secrets"),
        "references": [SECRET],
        "template": STEALING,
        "creationCondition": "false",
        "deletionPolicy": "Orphan",
        "allowedCredentialFeatures": ["InsecureTLS"],
    },
}


@either_crds
def test_t54_an_edited_lifecycle_is_put_back_and_nothing_follows_it(
    world: World, forge: Forge, token: str
) -> None:
    """Whatever is forged: the spec is put back, the PediaCluster is not written, nothing leaks."""
    # A source of the forger's own, which the policy imports as p-mine.
    world.apply(platforms.cluster("mine", "evil"), platforms.credentials("mine", "evil"))
    world.controller()
    imported = {name: world.until_pediacluster(name) for name in ("p-one", "p-mine")}
    world.until_settled("p")
    spec = world.lifecycle("p-one")["spec"]

    for name, forged in FORGERIES.items():
        forge("p-one", spec=forged)
        world.until(lambda: world.lifecycle("p-one")["spec"] == spec, f"{name} is put back")
    world.until_settled("p")
    for name, before in imported.items():
        now = world.pediacluster(name)
        assert now["spec"] == before["spec"]
        assert now["metadata"]["uid"] == before["metadata"]["uid"]
    # Longer than candidates for a deletion are gathered.
    world.remains(
        lambda: world.names(PEDIACLUSTER) == ["p-mine", "p-one"], "nothing is deleted", seconds=4
    )
    world.apply(platforms.credentials("one", "team", token="rotated"))
    world.until(
        lambda: world.pediacluster("p-one")["spec"]["tokenData"] == encode("rotated"),
        "it still follows its own source",
    )
    for type_, obj in everything(world.admin):
        if (type_, obj["metadata"].get("namespace")) != ("Secret", VAULT):
            assert not search(str(obj), forms(token)), (type_, obj["metadata"]["name"])


@either_crds
def test_t54_what_was_edited_while_nobody_looked_is_put_back(
    world: World, forge: Forge, token: str
) -> None:
    """The next start believes no spec either, and deletes nothing for its sake."""
    controller = world.controller()
    before = world.until_pediacluster("p-one")
    world.until_settled("p")
    spec = world.lifecycle("p-one")["spec"]
    world.kill(controller)
    forge("p-one", spec=FORGERIES["everything"])
    world.controller()
    world.until(lambda: world.lifecycle("p-one")["spec"] == spec, "it is put back")
    world.until_settled("p")

    world.remains(
        lambda: world.pediacluster("p-one")["metadata"]["uid"] == before["metadata"]["uid"],
        "its PediaCluster stands",
        seconds=4,
    )
    assert world.pediacluster("p-one")["spec"] == before["spec"]
    assert token not in str(world.pediacluster("p-one"))


@either_crds
def test_t54_a_lifecycle_given_to_another_policy_is_taken_back(
    world: World, forge: Forge, token: str
) -> None:
    """A policy that would let more in does not get a lifecycle by an edit of its owner."""
    world.apply(
        platforms.policy("lax", nameTemplate="lax-{{ .source.metadata.name }}", template=INSECURE)
    )
    world.controller()
    before = world.until_pediacluster("p-one")
    world.until_settled("p")
    world.until_settled("lax")
    owners = world.lifecycle("p-one")["metadata"]["ownerReferences"]
    lax = world.policy("lax")["metadata"]["uid"]
    stolen = [owners[0] | {"name": "lax", "uid": lax}]
    for change in ({}, {"spec": {"source": source("nothing", "nowhere"), "template": STEALING}}):
        forge("p-one", metadata={"ownerReferences": stolen}, **change)
        world.until(
            lambda: world.lifecycle("p-one")["metadata"]["ownerReferences"] == owners,
            "its policy takes it back",
        )
    world.until_settled("p")

    world.remains(
        lambda: world.pediacluster("p-one")["metadata"]["uid"] == before["metadata"]["uid"],
        "its PediaCluster stands",
        seconds=4,
    )
    assert world.pediacluster("p-one")["spec"] == before["spec"]
    assert world.lifecycle("p-one")["spec"]["source"]["name"] == "one"


@either_crds
def test_t54_under_an_invalid_policy_nothing_is_changed(
    world: World, forge: Forge, token: str
) -> None:
    """Neither a rotation nor an edit nor a deletion is carried out until the policy is mended."""
    del token
    world.controller()
    world.until_pediacluster("p-one")
    world.until_settled("p")
    world.apply(platforms.secret_policy("p", nameTemplate="{{ nonsense"))
    world.until_reason(POLICY, "p", "Ready", "FailedParseLifecycleName")
    before = [world.lifecycle("p-one"), world.pediacluster("p-one")]
    world.apply(platforms.credentials("one", "team", token="rotated"))
    forge("p-one", spec={"references": [SECRET], "template": STEALING})

    def is_as_it_was() -> bool:
        lifecycle, pediacluster = world.lifecycle("p-one"), world.pediacluster("p-one")
        return pediacluster == before[1] and lifecycle["status"] == before[0]["status"]

    world.remains(is_as_it_was, "nothing is rendered", seconds=2)
    world.admin.delete("v1", "ConfigMap", "one", "team")
    world.remains(is_as_it_was, "nothing is deleted", seconds=4)
    world.apply(platforms.cluster("one", "team"))
    world.apply(platforms.secret_policy("p"))
    world.until(
        lambda: world.pediacluster("p-one")["spec"]["tokenData"] == encode("rotated"),
        "the mended policy goes on",
    )
    # The rotation goes first, by the policy; the record is put back when its source is looked at.
    world.until(
        lambda: world.lifecycle("p-one")["spec"] == before[0]["spec"], "the record is put back"
    )


def test_t54_a_feature_in_a_lifecycle_lets_no_credential_be_used(
    world: World, forge: Forge, token: str
) -> None:
    """What a credential may contain is the policy's to allow; the copy in a lifecycle is none."""
    del token
    world.grant("configmaps", platforms.CONFIGMAPS_RULE)
    insecure = platforms.policy("insecure", template=INSECURE)
    world.apply(insecure)
    world.controller()
    refused = world.until_reason(LIFECYCLE, "insecure-one", "Created", "CredentialRejected")
    assert "InsecureTLS" in refused["message"]
    forge("insecure-one", spec={"allowedCredentialFeatures": ["InsecureTLS"]})
    world.until(
        lambda: "allowedCredentialFeatures" not in world.lifecycle("insecure-one")["spec"],
        "it is put back",
    )
    world.until_settled("insecure")

    assert "insecure-one" not in world.names(PEDIACLUSTER)
    insecure["spec"]["allowedCredentialFeatures"] = ["InsecureTLS"]
    world.apply(insecure)
    world.until_pediacluster("insecure-one")
    assert condition(world.lifecycle("insecure-one"), "Created")
