"""What once went wrong with deletions and edits, on a real server."""

from typing import Any

from development.controller import condition
from development.world import LIFECYCLE, PEDIACLUSTER, POLICY, POLICY_API, World
from tests.harness import platforms

LIFECYCLE_FINALIZER = "clusterpedia.io/pediacluster-lifecycle-controller"


def import_one(world: World, policy: dict[str, Any], *objects: dict[str, Any]) -> dict[str, Any]:
    """Import the cluster `one` and return its PediaCluster."""
    world.grant("sources", platforms.CONFIGMAPS_RULE, platforms.SECRETS_RULE)
    world.apply(policy, platforms.cluster("one"), *objects)
    world.controller()
    made = world.until_pediacluster("p-one")
    world.until_settled("p")
    return made


def test_orphan_is_in_force_for_an_import_that_waits_for_its_secret(world: World) -> None:
    """Once Ready has observed Orphan, the end of the policy takes no PediaCluster along."""
    made = import_one(world, platforms.secret_policy("p"), platforms.credentials("one"))
    world.admin.delete("v1", "Secret", "one", "default")
    world.until_reason(LIFECYCLE, "p-one", "Updating", "ReferenceResourceNotFound")
    world.admin.patch(POLICY_API, POLICY, "p", {"spec": {"deletionPolicy": "Orphan"}})
    world.until_settled("p")

    world.admin.delete(POLICY_API, POLICY, "p", propagation="Background")
    world.until_gone(LIFECYCLE, "p-one")
    world.remains(lambda: world.names(PEDIACLUSTER) == ["p-one"], "it stays", seconds=5)
    assert world.pediacluster("p-one")["metadata"]["uid"] == made["metadata"]["uid"]


def test_one_edit_to_orphan_and_to_select_nothing_keeps_the_clusters(world: World) -> None:
    """What the new selector leaves out ends by the deletion policy that came with it."""
    made = import_one(world, platforms.policy("p"))
    source = {"group": "", "resource": "configmaps", "selectorTemplate": "false"}
    world.apply(platforms.policy("p", deletionPolicy="Orphan", source=source))
    world.until_gone(LIFECYCLE, "p-one")

    world.remains(lambda: world.names(PEDIACLUSTER) == ["p-one"], "it stays", seconds=5)
    assert world.pediacluster("p-one")["metadata"]["uid"] == made["metadata"]["uid"]


def test_a_policy_deleted_in_the_foreground_ends(world: World) -> None:
    """No lifecycle is made again while the garbage collector waits for the last one to go."""
    import_one(world, platforms.policy("p"))
    mark = world.control_plane.audit_mark()
    world.admin.delete(POLICY_API, POLICY, "p", propagation="Foreground")
    world.until_gone(POLICY, "p", timeout_seconds=30)

    world.until(lambda: world.names(LIFECYCLE) == [], "no lifecycle is left")
    world.until(lambda: world.names(PEDIACLUSTER) == [], "no PediaCluster is left")
    made = world.control_plane.audit_events(verb="create", since=mark)
    assert [
        event.resource
        for event in made
        if event.resource in {"pediaclusterlifecycles", "pediaclusters"}
    ] == []


def test_a_lifecycle_with_clusterpedias_finalizer_goes_with_its_source(world: World) -> None:
    """After a swap the lifecycles carry a finalizer that nobody else would remove."""
    import_one(world, platforms.policy("p"))
    patch = {"metadata": {"finalizers": [LIFECYCLE_FINALIZER]}}
    world.admin.patch(POLICY_API, LIFECYCLE, "p-one", patch)
    world.admin.delete("v1", "ConfigMap", "one", "default")

    world.until_gone(PEDIACLUSTER, "p-one")
    world.until_gone(LIFECYCLE, "p-one")


def test_a_rejected_source_that_a_selector_leaves_out_lets_the_policy_settle(world: World) -> None:
    """A source that failed and is selected no more is nothing to wait for."""
    rejected = platforms.cluster("bad", labels={"import": "yes", "tier": "x"}, called="NOT VALID")
    good = platforms.cluster("one", labels={"import": "yes", "tier": "y"}, called="one")
    name = "p-{{ .source.data.called }}"
    world.apply(rejected)
    world.grant("sources", platforms.CONFIGMAPS_RULE)
    world.apply(platforms.policy("p", nameTemplate=name), good)
    world.controller()
    world.until_reason(POLICY, "p", "Ready", "SourcesFailed")

    source = {"group": "", "resource": "configmaps", "labelSelector": "tier=y"}
    world.apply(platforms.policy("p", nameTemplate=name, source=source))
    settled = world.until_settled("p")
    assert condition(settled, "Ready")["status"] == "True"
    assert settled["status"]["failed"] == 0


def test_a_lifecycle_edited_by_hand_is_mended(world: World) -> None:
    """Neither another deletion policy nor a lost owner of the PediaCluster stands for long."""
    made = import_one(world, platforms.policy("p"))
    world.admin.patch(POLICY_API, LIFECYCLE, "p-one", {"spec": {"template": "spec: {}"}})
    world.until(
        lambda: world.lifecycle("p-one")["spec"]["template"] == platforms.INLINE_TEMPLATE,
        "the template is back",
    )
    world.admin.patch(
        "cluster.clusterpedia.io/v1alpha2",
        PEDIACLUSTER,
        "p-one",
        {"metadata": {"ownerReferences": None}, "spec": {"apiserver": "https://evil.example"}},
    )

    def is_mended() -> bool:
        found = world.pediacluster("p-one")
        return (
            len(found["metadata"].get("ownerReferences", [])) == 1
            and found["spec"]["apiserver"] == made["spec"]["apiserver"]
        )

    world.until(is_mended, "address and owner are back")


def test_names_that_move_along_a_chain(world: World) -> None:
    """Each source waits for the one before it to give its name away, and gets it then."""
    world.grant("sources", platforms.CONFIGMAPS_RULE)
    sources = [platforms.cluster(f"s{n}", called=f"n{n}") for n in range(3)]
    policy = platforms.policy("p", nameTemplate="p-{{ .source.data.called }}")
    world.apply(policy, *sources)
    world.controller()
    world.until(lambda: len(world.names(PEDIACLUSTER)) == 3, "three clusters")
    world.until_settled("p")

    # In this order every name is still taken when it is asked for.
    for number in range(3):
        world.apply(platforms.cluster(f"s{number}", called=f"n{number + 1}"))
    world.until(
        lambda: world.names(PEDIACLUSTER) == ["p-n1", "p-n2", "p-n3"],
        "every cluster has its new name",
        timeout_seconds=40,
    )
    world.until(lambda: world.names(LIFECYCLE) == ["p-n1", "p-n2", "p-n3"], "three lifecycles")
    assert world.lifecycle("p-n3")["spec"]["source"]["name"] == "s2"
    assert world.lifecycle("p-n1")["spec"]["source"]["name"] == "s0"
