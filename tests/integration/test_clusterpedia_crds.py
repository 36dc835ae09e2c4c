"""With Clusterpedia's own CRDs in place of ours, and swapped for ours on a live system (E16)."""

import json
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest

from tests.controlplane.audit import AuditMark
from tests.controlplane.rest import ApiFailure
from tests.harness import clusterpedia, manifests, platforms
from tests.harness.controller import condition
from tests.harness.world import (
    CLUSTER_API,
    LEASE,
    LIFECYCLE,
    NAMESPACE,
    PEDIACLUSTER,
    POLICY,
    POLICY_API,
    World,
    encode,
)
from tests.harness.writes import kind_of, object_writes
from tests.integration import test_doubt, test_endings, test_ownership, test_platforms

EXTENSIONS = "policy.clusterpedia.io/extensions"
POLICY_FINALIZER = "clusterpedia.io/cluster-import-policy-controller"
LIFECYCLE_FINALIZER = "clusterpedia.io/pediacluster-lifecycle-controller"
OBSERVE = {"mode": "Observe"}
ORPHAN = {"deletionPolicy": "Orphan"}
LABELLED = {"source": {"group": "", "resource": "configmaps", "labelSelector": "import=yes"}}

STORIES = (
    test_platforms.test_e01_cluster_api,
    test_platforms.test_e02_karmada,
    test_platforms.test_e04_a_platform_of_ones_own,
    test_platforms.test_e05_two_policies_on_one_type,
    test_endings.test_e07_what_was_deleted_by_hand_comes_back,
    test_doubt.test_e08_a_reference_that_is_away_for_a_while,
    test_ownership.test_e10_two_policies_do_not_fight_for_a_name,
    test_ownership.test_e10_a_person_can_hand_one_over,
)
"""What needs no field of ours: the same facts, by the same words."""


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__.removeprefix("test_"))
def test_e16_what_needs_no_field_of_ours(
    clusterpedia_world: World, story: Callable[[World], None]
) -> None:
    """What holds with our CRDs holds with Clusterpedia's."""
    story(clusterpedia_world)


@pytest.mark.parametrize("ending", test_endings.ENDINGS)
def test_e16_what_is_not_wanted_goes(clusterpedia_world: World, ending: str) -> None:
    """Lifecycle and PediaCluster go when source, selection, name or policy goes."""
    test_endings.test_e07_what_is_not_wanted_goes(clusterpedia_world, ending, while_down=False)


def test_e16_what_is_not_wanted_goes_while_down(clusterpedia_world: World) -> None:
    """So they do when it happened while no controller ran."""
    test_endings.test_e07_what_is_not_wanted_goes(
        clusterpedia_world, "source gone", while_down=True
    )


def test_e16_a_broken_template(clusterpedia_world: World) -> None:
    """A policy edited into a broken template changes nothing, names the place, and is mended."""
    test_doubt.test_e08_a_broken_template(
        clusterpedia_world,
        "template",
        "spec:\n  apiserver: {{ nope }}\n",
        "InvalidPolicy",
        "line 2",
    )


def test_e16_a_foreign_pediacluster(clusterpedia_world: World) -> None:
    """A PediaCluster without our mark stays as it is, and the lifecycle says NameConflict."""
    test_ownership.test_e10_a_foreign_pediacluster_is_never_written(clusterpedia_world, {})


def test_e16_vcluster(clusterpedia_world: World) -> None:
    """The vCluster policy works without its fieldSelector, which these CRDs do not have."""
    world = clusterpedia_world
    (policy,) = manifests.example("vcluster", "policy")
    with pytest.raises(ApiFailure, match="fieldSelector: field not declared in schema"):
        world.apply(policy)
    del policy["spec"]["source"]["fieldSelector"]
    world.apply(policy)
    world.apply_example("vcluster", "clusterrole", "samples")
    world.controller()
    expected = [
        "vc-caiwei-vcluster-caiwei-vcluster",
        "vc-default-vcluster-1",
        "vc-default-vcluster-2",
    ]
    world.until(lambda: world.names(PEDIACLUSTER) == expected, "exactly the three vClusters")


def test_e16_the_first_of_two_sources_keeps_the_name(clusterpedia_world: World) -> None:
    """Two sources render one name: the first stays imported, and the second takes its place."""
    world = clusterpedia_world
    world.grant("configmaps", platforms.CONFIGMAPS_RULE)
    world.apply(platforms.policy("p", nameTemplate="p-{{ .source.data.group }}"))
    world.apply(platforms.cluster("first", group="x"))
    world.controller()
    made = world.until_pediacluster("p-x")
    world.until_settled("p")

    world.apply(platforms.cluster("second", group="x"))
    ready = world.until_reason(POLICY, "p", "Ready", "SourcesFailed")
    assert "default/second: NameConflict" in ready["message"]
    assert world.pediacluster("p-x") == made

    world.admin.delete("v1", "ConfigMap", "first", "default")
    world.until(
        lambda: world.pediacluster("p-x")["spec"]["tokenData"] == encode("token-of-second"),
        "the name goes to the second when the first is gone",
    )


def test_e16_clusterpedias_finalizers(clusterpedia_world: World) -> None:
    """Its finalizers are removed from what is being deleted, never before, and we add none."""
    world = clusterpedia_world
    world.grant("configmaps", platforms.CONFIGMAPS_RULE)
    world.apply(platforms.policy("p"), platforms.cluster("one"), platforms.cluster("two"))
    world.controller()
    world.until(lambda: world.names(PEDIACLUSTER) == ["p-one", "p-two"], "both are imported")
    world.until_settled("p")
    made = [world.policy("p"), world.lifecycle("p-one"), world.pediacluster("p-one")]
    assert [obj["metadata"].get("finalizers") for obj in made] == [None, None, None]

    add_finalizer(world, POLICY, "p", POLICY_FINALIZER)
    for name in ("p-one", "p-two"):
        add_finalizer(world, LIFECYCLE, name, LIFECYCLE_FINALIZER)
    world.apply(platforms.cluster("one", token="another"))
    world.until(
        lambda: world.pediacluster("p-one")["spec"]["tokenData"] == encode("another"), "it goes on"
    )
    assert world.policy("p")["metadata"]["finalizers"] == [POLICY_FINALIZER]
    assert world.lifecycle("p-one")["metadata"]["finalizers"] == [LIFECYCLE_FINALIZER]

    world.admin.delete("v1", "ConfigMap", "one", "default")
    world.until_gone(LIFECYCLE, "p-one")
    assert world.names(PEDIACLUSTER) == ["p-two"]
    world.admin.delete(POLICY_API, POLICY, "p", propagation="Background")
    world.until_gone(POLICY, "p")
    world.until_gone(LIFECYCLE, "p-two")
    world.until_gone(PEDIACLUSTER, "p-two")


def add_finalizer(world: World, kind: str, name: str, finalizer: str) -> None:
    """Add a finalizer as Clusterpedia's manager would."""
    world.admin.patch(POLICY_API, kind, name, {"metadata": {"finalizers": [finalizer]}})


# -- the swap -------------------------------------------------------------------------------------


def test_e16_what_clusterpedia_left_is_taken_over(clusterpedia_world: World) -> None:
    """Equal PediaClusters are not written; one that lost its owner gets it back, and no more."""
    world = clusterpedia_world
    world.grant("all", platforms.CONFIGMAPS_RULE, platforms.SECRETS_RULE)
    world.apply(platforms.secret_policy("p"))
    add_finalizer(world, POLICY, "p", POLICY_FINALIZER)
    for name in ("one", "two", "ownerless"):
        world.apply(platforms.credentials(name), platforms.cluster(name))
        leave_as_clusterpedia(world, name, is_owned=name != "ownerless")
    names = world.names(LIFECYCLE)
    before = {name: world.pediacluster(name) for name in names}
    lifecycles = {name: world.lifecycle(name) for name in names}

    mark = world.control_plane.audit_mark()
    world.controller()
    world.until_reason(POLICY, "p", "Ready", "Imported")
    world.until_settled("p")
    for name in ("p-one", "p-two"):
        assert world.pediacluster(name) == before[name]
    assert writes_since(world, mark, "pediaclusters") == [("patch", "p-ownerless")]
    owned = world.pediacluster("p-ownerless")
    assert owned["spec"] == before["p-ownerless"]["spec"]
    assert owned["metadata"]["generation"] == before["p-ownerless"]["metadata"]["generation"]
    (owner,) = owned["metadata"]["ownerReferences"]
    assert owner["uid"] == lifecycles["p-ownerless"]["metadata"]["uid"]
    for name in names:
        taken = world.lifecycle(name)
        assert taken["spec"] == lifecycles[name]["spec"]
        assert taken["metadata"]["generation"] == lifecycles[name]["metadata"]["generation"]
        assert condition(taken, "Created") == condition(lifecycles[name], "Created")
        assert condition(taken, "Ready")["status"] == "True"

    for name in ("one", "ownerless"):
        world.apply(platforms.credentials(name, token="rotated"))
        world.until(partial(has_token, world, f"p-{name}", "rotated"), f"{name} is followed")
    world.admin.delete("v1", "ConfigMap", "one", "default")
    world.until_gone(PEDIACLUSTER, "p-one")
    world.until_gone(LIFECYCLE, "p-one")


def has_token(world: World, pediacluster: str, token: str) -> bool:
    """Whether a PediaCluster has a token."""
    return bool(world.pediacluster(pediacluster)["spec"]["tokenData"] == encode(token))


def leave_as_clusterpedia(world: World, source: str, *, is_owned: bool) -> None:
    """Make a lifecycle and its PediaCluster in the form that Clusterpedia's manager gives them."""
    policy = world.policy("p")
    name = f"p-{source}"
    (reference,) = policy["spec"]["references"]
    lifecycle = world.create(
        {
            "apiVersion": POLICY_API,
            "kind": LIFECYCLE,
            "metadata": {
                "name": name,
                "finalizers": [LIFECYCLE_FINALIZER],
                "ownerReferences": [
                    {
                        "apiVersion": POLICY_API,
                        "kind": POLICY,
                        "name": "p",
                        "uid": policy["metadata"]["uid"],
                        "controller": True,
                        "blockOwnerDeletion": True,
                    }
                ],
            },
            "spec": {
                "source": {
                    "group": "",
                    "version": "v1",
                    "resource": "configmaps",
                    "namespace": "default",
                    "name": source,
                },
                "references": [{**reference, "version": "v1"}],
                "template": policy["spec"]["template"],
                "creationCondition": policy["spec"]["creationCondition"],
            },
        }
    )
    found = {"group": "", "version": "v1", "resource": "secrets", "namespace": "default"}
    created = {
        "type": "Created",
        "status": "True",
        "reason": "PediaClusterCreated",
        "message": "",
        "lastTransitionTime": "2026-01-01T00:00:00Z",
    }
    status = {"references": [{**found, "name": source}], "conditions": [created]}
    world.admin.patch(POLICY_API, LIFECYCLE, name, {"status": status}, subresource="status")
    owner = {
        "apiVersion": POLICY_API,
        "kind": LIFECYCLE,
        "name": name,
        "uid": lifecycle["metadata"]["uid"],
    }
    world.create(
        {
            "apiVersion": CLUSTER_API,
            "kind": PEDIACLUSTER,
            "metadata": {"name": name, **({"ownerReferences": [owner]} if is_owned else {})},
            "spec": {
                "apiserver": "https://192.0.2.1:6443",
                "caData": encode("ca"),
                "tokenData": encode(f"token-of-{source}"),
                "syncResources": [],
            },
        }
    )


def writes_since(world: World, mark: AuditMark, resource: str) -> list[tuple[str, str]]:
    """Return verb and name of the controller's writes to a type."""
    written = object_writes(world, mark)
    return [(event.verb, event.name) for event in written if event.resource == resource]


# -- fields of ours that are lost -----------------------------------------------------------------


@pytest.fixture
def swapped_world(clusterpedia_world: World) -> Iterator[World]:
    """Give a test our CRDs on the second control plane; afterwards Clusterpedia's are back."""
    install_ours(clusterpedia_world)
    yield clusterpedia_world
    clusterpedia_world.stop_controllers()
    install_clusterpedias(clusterpedia_world)


def install_ours(world: World) -> None:
    """Apply our CRDs, and wait until the server keeps our fields."""
    install_crds(world, [obj for obj in manifests.base() if obj["kind"] == manifests.CRD])
    world.until(lambda: keeps_mode(world, POLICY, LIFECYCLE), "the server keeps our fields")
    untouched(world)


def install_clusterpedias(world: World) -> None:
    """Apply Clusterpedia's CRDs, and wait until the server drops our fields."""
    install_crds(world, clusterpedia.crds())
    for kind in (POLICY, LIFECYCLE):
        world.until(partial(drops_mode, world, kind), "the server drops our fields")
    untouched(world)


def install_crds(world: World, crds: list[dict[str, Any]]) -> None:
    """Apply CRDs in alphabetical order of their groups and types, as kubectl does with a folder."""
    for crd in sorted(crds, key=lambda crd: (crd["spec"]["group"], crd["metadata"]["name"])):
        world.admin.install_crd(crd)


def keeps_mode(world: World, *kinds: str) -> bool:
    """Whether the server's schemas know a field of ours, by asking it for a write it refuses."""
    return all(_keeps_mode(world, kind) for kind in kinds)


def drops_mode(world: World, kind: str) -> bool:
    """Whether the server's schema of a type does not know it."""
    return not keeps_mode(world, kind)


def _keeps_mode(world: World, kind: str) -> bool:
    name = {"metadata": {"name": "probe"}, "spec": {"mode": 1}}
    try:
        world.admin.apply({"apiVersion": POLICY_API, "kind": kind, **name})
    except ApiFailure as failure:
        return "field not declared" not in failure.message
    raise AssertionError("an object without a source was accepted")


def apply_crds(world: World) -> None:
    """Apply Clusterpedia's CRDs over ours: the server drops our fields from what it reads."""
    install_clusterpedias(world)
    assert set(world.policy("p")["spec"]) == set(clusterpedia.POLICY_SPEC["required"])


def run_manager(world: World) -> None:
    """Add the finalizer as Clusterpedia's manager does: all it does not know is gone after it."""
    obj = json.loads(json.dumps(world.policy("p")))
    obj["metadata"]["finalizers"] = [POLICY_FINALIZER]
    known = clusterpedia.POLICY_SPEC["properties"]
    obj["spec"] = {name: value for name, value in obj["spec"].items() if name in known}
    source = known["source"]["properties"]
    obj["spec"]["source"] = {
        name: value for name, value in obj["spec"]["source"].items() if name in source
    }
    world.admin.update(obj)


def set_again(world: World, fields: dict[str, Any]) -> None:
    """Mend a policy: our CRDs back alone are not enough, the fields have to be set again."""
    before = untouched(world)
    install_ours(world)
    world.remains(lambda: untouched(world) == before, "it waits for a person", seconds=3)
    assert condition(world.policy("p"), "Validated")["reason"] == "ExtensionsLost"
    world.apply(platforms.policy("p", **fields))


def set_again_while_down(world: World, fields: dict[str, Any]) -> None:
    """Mend a policy in the same way, while no controller runs when our CRDs come back."""
    world.stop_controllers()
    world.admin.delete("coordination.k8s.io/v1", "Lease", LEASE, NAMESPACE)
    install_ours(world)
    world.controller()
    set_again(world, fields)


def remove_annotation(world: World, fields: dict[str, Any]) -> None:
    """Mend a policy: a person says that it shall go on without the fields."""
    del fields
    world.admin.patch(POLICY_API, POLICY, "p", {"metadata": {"annotations": {EXTENSIONS: None}}})


def untouched(world: World) -> dict[str, list[tuple[str, str]]]:
    """Return the versions of all lifecycles and PediaClusters."""

    def read() -> dict[str, list[tuple[str, str]]]:
        return {
            kind: sorted(
                (obj["metadata"]["name"], obj["metadata"]["resourceVersion"])
                for obj in world.admin.list(api_version, kind)
            )
            for api_version, kind in ((POLICY_API, LIFECYCLE), (CLUSTER_API, PEDIACLUSTER))
        }

    found: dict[str, list[tuple[str, str]]] = world.until(read, "the objects can be listed")
    return found


@pytest.mark.parametrize(
    ("lose", "fields", "while_down", "mend"),
    [
        (apply_crds, OBSERVE, False, set_again),
        (apply_crds, ORPHAN, False, set_again_while_down),
        (apply_crds, ORPHAN | LABELLED, True, remove_annotation),
        (run_manager, OBSERVE, False, remove_annotation),
        (run_manager, ORPHAN | LABELLED, True, set_again),
    ],
)
def test_e16_a_policy_that_lost_fields_of_ours_stops(
    swapped_world: World,
    lose: Callable[[World], None],
    fields: dict[str, Any],
    mend: Callable[[World, dict[str, Any]], None],
    *,
    while_down: bool,
) -> None:
    """A policy whose fields were erased or pruned does nothing at all until a person mends it."""
    world = swapped_world
    observes, imports_all = "mode" in fields, "source" in fields and mend is remove_annotation
    world.grant("configmaps", platforms.CONFIGMAPS_RULE)
    world.apply(platforms.policy("p", **fields))
    world.apply(platforms.cluster("one"), platforms.cluster("two"))
    world.apply(platforms.cluster("unlabelled", labels={"import": "no"}))
    controller = world.controller()
    world.until(lambda: world.names(LIFECYCLE) == ["p-one", "p-two"], "both have a lifecycle")
    world.until_settled("p")
    named = world.policy("p")["metadata"]["annotations"][EXTENSIONS].split(",")
    before = untouched(world)
    assert world.names(PEDIACLUSTER) == ([] if observes else ["p-one", "p-two"])

    mark = world.control_plane.audit_mark()
    if while_down:
        assert controller.terminate() == 0
        lose(world)
        world.controller()
    else:
        lose(world)
    validated = world.until_reason(POLICY, "p", "Validated", "ExtensionsLost")
    assert validated["status"] == "False"
    assert all(f"spec.{name}" in validated["message"] for name in named)
    world.apply(platforms.cluster("one", token="another"), platforms.cluster("three"))
    world.admin.delete("v1", "ConfigMap", "two", "default")
    # Longer than candidates are gathered: a deletion would have happened by then.
    world.remains(lambda: untouched(world) == before, "nothing is written", seconds=4)
    assert world.policy("p")["metadata"]["annotations"][EXTENSIONS].split(",") == named
    allowed = {("patch", "clusterimportpolicies/status")}
    assert {kind_of(event) for event in object_writes(world, mark)} <= allowed

    mend(world, fields)
    world.until_reason(POLICY, "p", "Validated", "Success")
    world.until(lambda: "p-three" in world.names(LIFECYCLE), "it goes on by itself")
    if observes and mend is not remove_annotation:
        world.until_settled("p")
        assert world.names(PEDIACLUSTER) == [], "it has never imported"
        return
    world.until_pediacluster("p-three")
    world.until(lambda: has_token(world, "p-one", "another"), "it follows its source")
    world.until_gone(LIFECYCLE, "p-two")
    # Without an owner since the time of Orphan, it is kept also where a person gave that up.
    assert ("p-two" in world.names(PEDIACLUSTER)) == ("deletionPolicy" in fields)
    if imports_all:
        world.until_pediacluster("p-unlabelled")
    else:
        assert "p-unlabelled" not in world.names(PEDIACLUSTER)


def test_e16_a_person_may_remove_fields_of_ours(world: World) -> None:
    """Under our CRDs a field that a person takes out is not lost: the policy goes on without it."""
    reference = platforms.secret_policy("p")["spec"]["references"][0]
    limited = [{**reference, "allowedNamespaces": ["default"]}]
    world.grant("all", platforms.CONFIGMAPS_RULE, platforms.SECRETS_RULE)
    world.apply(platforms.credentials("one"), platforms.cluster("one"))
    world.apply(platforms.secret_policy("p", references=limited, deletionPolicy="Orphan"))
    world.controller()
    world.until_pediacluster("p-one")
    world.until_settled("p")
    annotations = world.policy("p")["metadata"]["annotations"]
    assert annotations[EXTENSIONS] == "deletionPolicy,references.allowedNamespaces"

    world.apply(platforms.secret_policy("p"))
    world.until(
        lambda: EXTENSIONS not in world.policy("p")["metadata"].get("annotations", {}),
        "the annotation names nothing any more",
    )
    world.until_settled("p")
    assert condition(world.policy("p"), "Validated")["reason"] == "Success"
    assert condition(world.policy("p"), "Ready")["status"] == "True"
    assert "ownerReferences" in world.pediacluster("p-one")["metadata"]
