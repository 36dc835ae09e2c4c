"""Whatever goes wrong: nothing is deleted or changed, it is told, it goes on when mended (E08)."""

from collections.abc import Iterator
from typing import Any

import pytest

from development.controller import condition
from development.world import LIFECYCLE, PEDIACLUSTER, POLICY, POLICY_API, World, encode
from tests.harness import platforms
from tests.harness.admission import admission_policy
from tests.harness.eithercrds import either_crds
from tests.harness.proxy import FaultProxy, Request, is_list_of

DENY = "refuse-forbidden-servers"


@pytest.fixture
def proxy(world: World) -> Iterator[FaultProxy]:
    """Give a proxy to the API server of the test."""
    with FaultProxy(world.control_plane) as running:
        yield running
        world.stop_controllers()


def frozen(world: World) -> dict[str, str]:
    """Return what must not change: every PediaCluster's version, every lifecycle's generation."""
    pediaclusters = {
        name: world.pediacluster(name)["metadata"]["resourceVersion"]
        for name in world.names(PEDIACLUSTER)
    }
    lifecycles = {
        f"lifecycle {name}": str(world.lifecycle(name)["metadata"]["generation"])
        for name in world.names(LIFECYCLE)
    }
    return pediaclusters | lifecycles


@either_crds
@pytest.mark.parametrize(
    ("field", "broken", "reason", "told"),
    [
        ("nameTemplate", "p-{{ .source.metadata.name", "FailedParseLifecycleName", "line 1"),
        ("template", "spec:\n  apiserver: {{ nope }}\n", "InvalidPolicy", "line 2"),
        ("creationCondition", '{{ env "HOME" }}', "InvalidPolicy", "env"),
    ],
)
def test_e08_a_broken_template(
    world: World, field: str, broken: str, reason: str, told: str
) -> None:
    """A policy edited into a broken template changes nothing, names the place, and is mended."""
    world.grant("configmaps", platforms.CONFIGMAPS_RULE)
    world.apply(platforms.policy("p"), platforms.cluster("one"), platforms.cluster("two"))
    world.controller()
    world.until(lambda: world.names(PEDIACLUSTER) == ["p-one", "p-two"], "both are imported")
    world.until_settled("p")
    before = frozen(world)

    world.admin.patch(POLICY_API, POLICY, "p", {"spec": {field: broken}})
    validated = world.until_reason(POLICY, "p", "Validated", reason)
    assert validated["status"] == "False"
    assert f"spec.{field}" in validated["message"]
    assert told in validated["message"]
    assert condition(world.policy("p"), "Ready")["status"] == "False"
    world.admin.delete("v1", "ConfigMap", "two", "default")
    world.apply(platforms.cluster("three"))
    # Longer than candidates are gathered: a deletion would have happened by then.
    world.remains(lambda: frozen(world) == before, "nothing has changed", seconds=4)

    world.admin.patch(
        POLICY_API, POLICY, "p", {"spec": {field: platforms.policy("p")["spec"][field]}}
    )
    world.until(lambda: world.names(PEDIACLUSTER) == ["p-one", "p-three"], "it goes on by itself")


@either_crds
def test_e08_a_template_that_fails_on_data(world: World) -> None:
    """A selector that fails for a source deletes nothing; the policy's Ready names the source."""
    world.grant("configmaps", platforms.CONFIGMAPS_RULE)
    world.apply(platforms.policy("p"), platforms.cluster("one"))
    world.controller()
    world.until_pediacluster("p-one")
    world.until_settled("p")
    before = frozen(world)

    failing = {"source": {"selectorTemplate": '{{ fail "no" }}'}}
    world.admin.patch(POLICY_API, POLICY, "p", {"spec": failing})
    ready = world.until_reason(POLICY, "p", "Ready", "SourcesFailed")
    assert "sources failed" in ready["message"]
    world.remains(lambda: frozen(world) == before, "nothing has changed", seconds=4)


@either_crds
def test_e08_a_forbidden_list(world: World) -> None:
    """Without the right to list nothing is deleted; the condition prints the role that mends it."""
    world.grant("configmaps", platforms.CONFIGMAPS_RULE)
    world.apply(platforms.policy("p"), platforms.cluster("one"))
    controller = world.controller()
    world.until_pediacluster("p-one")
    world.until_settled("p")
    before = frozen(world)

    controller.terminate()
    world.revoke("configmaps")
    world.admin.delete("v1", "ConfigMap", "one", "default")
    world.controller()
    ready = world.until_reason(POLICY, "p", "Ready", "MissingPermission")
    assert "listing configmaps is forbidden" in ready["message"]
    assert '"kind": "ClusterRole"' in ready["message"]
    world.remains(lambda: frozen(world) == before, "nothing has changed", seconds=4)

    world.apply(world.printed_role(ready["message"]))
    world.until_gone(PEDIACLUSTER, "p-one", timeout_seconds=75)


@either_crds
def test_e08_a_reference_that_is_away_for_a_while(world: World) -> None:
    """A Secret that loses its token, or goes, changes nothing until it is whole again."""
    world.grant("all", platforms.CONFIGMAPS_RULE, platforms.SECRETS_RULE)
    world.apply(platforms.credentials("one"), platforms.cluster("one"))
    world.apply(platforms.secret_policy("p"))
    world.controller()
    world.until_pediacluster("p-one")
    world.until_settled("p")
    before = frozen(world)

    for break_it, reason in (
        ({"data": {"token": None}}, "IncompleteCredentials"),
        ({"data": {"token": ""}}, "IncompleteCredentials"),
        (None, "ReferenceResourceNotFound"),
    ):
        if break_it is None:
            world.admin.delete("v1", "Secret", "one", "default")
        else:
            world.admin.patch("v1", "Secret", "one", break_it, namespace="default")
        told = world.until_reason(LIFECYCLE, "p-one", "Updating", reason)
        assert told["message"]
        assert condition(world.lifecycle("p-one"), "Created")["status"] == "True"
        assert frozen(world) == before

    world.apply(platforms.credentials("one", token="whole-again"))
    world.until(
        lambda: world.pediacluster("p-one")["spec"]["tokenData"] == encode("whole-again"),
        "it goes on by itself",
    )
    world.until_reason(LIFECYCLE, "p-one", "Updating", "PediaClusterUpdated")


@either_crds
def test_e08_an_empty_answer_where_objects_exist(world: World, proxy: FaultProxy) -> None:
    """A list that is wrongly empty deletes nothing, because the objects are looked at live."""
    world.grant("configmaps", platforms.CONFIGMAPS_RULE)
    world.apply(platforms.policy("p"), platforms.cluster("one"), platforms.cluster("two"))
    controller = world.controller(through=proxy.url)
    world.until(lambda: world.names(PEDIACLUSTER) == ["p-one", "p-two"], "both are imported")
    world.until_settled("p")
    before = frozen(world)

    def answer_nothing(request: Request) -> Any:
        if not is_list_of(request, "configmaps"):
            return None
        if request.query.get("watch"):
            return 410, {
                "kind": "Status",
                "apiVersion": "v1",
                "status": "Failure",
                "code": 410,
                "reason": "Expired",
                "message": "too old",
            }
        return {
            "kind": "ConfigMapList",
            "apiVersion": "v1",
            "items": [],
            "metadata": {"resourceVersion": "1"},
        }

    proxy.inject(answer_nothing)
    world.until(
        lambda: controller.metric("clusterimport_sources", policy="p") == 0,
        "the list is believed empty",
    )
    world.until(lambda: "deletion not confirmed" in controller.log(), "the objects are looked at")
    world.remains(lambda: frozen(world) == before, "nothing has changed", seconds=4)

    proxy.heal()
    world.until(
        lambda: controller.metric("clusterimport_sources", policy="p", state="imported") == 2,
        "it goes on",
        timeout_seconds=75,
    )
    world.apply(platforms.cluster("one", token="after"))
    world.until(
        lambda: world.pediacluster("p-one")["spec"]["tokenData"] == encode("after"), "and follows"
    )


@either_crds
def test_e08_a_document_that_the_server_refuses(world: World) -> None:
    """A refused PediaCluster is told without its values, tried rarely, and mended at once."""
    world.grant("configmaps", platforms.CONFIGMAPS_RULE)
    world.apply(*admission_policy(DENY, "!object.spec.apiserver.contains('forbidden')"))
    world.apply(platforms.policy("p"), platforms.cluster("one"))
    controller = world.controller()
    world.until_pediacluster("p-one")
    world.until_settled("p")
    before = frozen(world)

    world.apply(platforms.cluster("one", server="https://forbidden.example:6443"))
    world.apply(platforms.cluster("two", server="https://forbidden.example:6443"))
    updating = world.until_reason(LIFECYCLE, "p-one", "Updating", "FailedPatchPediaCluster")
    created = world.until_reason(LIFECYCLE, "p-two", "Created", "CreationFailure")
    for told in (updating, created):
        assert "the server refuses the PediaCluster" in told["message"]
        assert "forbidden.example" not in told["message"]
    mark = world.control_plane.audit_mark()
    for number in range(5):
        world.apply(
            platforms.cluster("two", server="https://forbidden.example:6443", note=str(number))
        )
    world.remains(
        lambda: (
            {name: version for name, version in frozen(world).items() if "two" not in name}
            == before
        ),
        "nothing has changed",
        seconds=3,
    )
    tries = world.control_plane.audit_events(verb="create", resource="pediaclusters", since=mark)
    assert tries == [], "the same document is not sent again"
    assert "forbidden.example" not in controller.log()

    world.apply(platforms.cluster("two"), platforms.cluster("one", token="new"))
    world.until_pediacluster("p-two")
    world.until(
        lambda: world.pediacluster("p-one")["spec"]["tokenData"] == encode("new"),
        "the mended document is sent at once",
    )
