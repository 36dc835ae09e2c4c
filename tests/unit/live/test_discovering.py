"""Which platforms a server has, what would come of their clusters, and what one may not see."""

import pytest

from clusterimport.authoring.outcomes import Outcome
from clusterimport.engine.rules import ImportRules
from clusterimport.kube import open_connection
from clusterimport.live.discovering import KnownPolicy, PlatformState, chosen, discover
from clusterimport.model.gvr import (
    LIFECYCLES,
    PEDIACLUSTERS,
    SECRETS,
    GroupResource,
    GroupVersionResource,
)
from development.apiserver.answers import Answer, status_body, to_response
from development.apiserver.server import running_apiserver
from tests.fakes.authoring.authored import POLICY, TOKEN, documents, secret, source
from tests.fakes.live.standingobjects import lifecycle, serve_ours

REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
CLUSTERS = GroupVersionResource("cluster.example.io", "v1", "clusters")
GADGETS = GroupVersionResource("gadgets.io", "v1", "gadgetclusters")
FORBIDDEN = Answer(403, status_body(403, "Forbidden", 'User "jane" cannot list it'))


@pytest.fixture
async def server():
    async with running_apiserver() as running:
        serve_ours(running.store)
        running.store.serve(CLUSTERS, "Cluster")
        running.store.serve(SECRETS, "Secret")
        put(
            running, source(), secret(), source("two", secret="two"), source("three", ready="false")
        )
        yield running


def put(server, *texts):
    for document in documents(*texts):
        gvr = CLUSTERS if document.obj["kind"] == "Cluster" else SECRETS
        server.store.create(gvr, document.obj["metadata"]["namespace"], document.obj)


def refuse(server, *denied):
    """Have the server say no to reviews of these, as (verb, resource), and yes to others."""

    async def review(request):
        attributes = (await request.json())["spec"]["resourceAttributes"]
        allowed = (attributes["verb"], attributes["resource"]) not in denied
        return to_response(Answer(201, {"status": {"allowed": allowed}}))

    server.script("POST", REVIEWS, review, times=100)


def entry(name="example", text=POLICY):
    (document,) = documents(text)
    return KnownPolicy(name, document)


async def found(server, *entries):
    async with open_connection(server.settings()) as rest:
        return await discover(rest, entries or [entry()], rules=ImportRules())


async def one(server, *entries):
    (platform,) = (await found(server, *entries)).platforms
    return platform


async def test_a_platform_tells_what_would_come_of_its_clusters(server):
    """With an example of a reason for each that would not be imported."""
    platform = await one(server)

    assert (platform.name, str(platform.source)) == ("example", "clusters.cluster.example.io")
    assert (platform.state, platform.sources) == (PlatformState.READY, 3)
    assert platform.would == {
        Outcome.IMPORT: 1,
        Outcome.WAITING: 1,
        Outcome.REFERENCE_NOT_FOUND: 1,
    }
    assert platform.imported_by == {}
    assert len(platform.reasons) == 2
    assert TOKEN not in "".join(platform.reasons)


async def test_what_is_imported_already_is_counted_by_its_policy(server):
    """Whatever that policy is called."""
    created = lifecycle("any", "my-policy")
    created["status"]["source"] = "clusters.cluster.example.io/team/one"
    server.store.create(LIFECYCLES, "", created)
    platform = await one(server)
    assert platform.imported_by == {"my-policy": 1}
    assert Outcome.IMPORT not in platform.would
    assert platform.state is PlatformState.WAITING
    assert chosen([platform]) == [], "that policy will import the others, too"

    for name in ("two", "three"):
        server.store.delete(CLUSTERS, "team", name)
    assert (await one(server)).state is PlatformState.IMPORTED


async def test_a_platform_without_clusters_is_empty_and_one_without_its_type_absent(server):
    """For a type that every server has, the first is the second."""
    for name in ("one", "two", "three"):
        server.store.delete(CLUSTERS, "team", name)
    assert (await one(server)).state is PlatformState.EMPTY

    of_secrets = POLICY.replace(
        "group: cluster.example.io\n    resource: clusters\n    selectorTemplate: "
        '"{{ ne .source.spec.kind \\"local\\" }}"',
        'group: ""\n    resource: secrets\n    selectorTemplate: "false"',
    )
    elsewhere = POLICY.replace("group: cluster.example.io", "group: elsewhere.io")
    finding = await found(server, entry("secrets", of_secrets), entry("elsewhere", elsewhere))
    assert finding.absent == 2
    # The type is served, and nothing of the given catalogue knows it; it has no object, though.
    assert finding.platforms == []


async def test_a_right_that_is_missing_is_named_without_trying(server):
    """The server says so itself, and leaves nothing behind by saying it."""
    refuse(server, ("list", "clusters"))
    platform = await one(server)
    assert platform.state is PlatformState.NO_RIGHTS
    assert platform.missing_rights == ["list clusters.cluster.example.io"]
    assert server.count("GET", CLUSTERS.path()) == 0


async def test_a_refusal_is_believed_also_where_reviews_are_not_answered(server):
    """Nobody grants reviews to everybody everywhere."""
    server.script("GET", CLUSTERS.path(), FORBIDDEN)
    assert (await one(server)).missing_rights == ["list clusters.cluster.example.io"]


async def test_references_that_may_not_be_read_are_a_missing_right(server):
    """The clusters may well be importable by the controller."""
    refuse(server, ("get", "secrets"))
    server.script("GET", "/api/v1/namespaces/team/secrets/one", FORBIDDEN, times=9)
    server.script("GET", "/api/v1/namespaces/team/secrets/two", FORBIDDEN, times=9)
    server.store.delete(CLUSTERS, "team", "three")
    platform = await one(server)
    assert platform.state is PlatformState.NO_RIGHTS
    assert platform.missing_rights == ["get secrets"]


async def test_a_type_that_may_be_a_cluster_and_is_in_no_catalogue_is_unknown(server):
    """By the end of its kind; of those with objects."""
    server.store.serve(GADGETS, "GadgetCluster")
    assert len((await found(server)).platforms) == 1

    body = {"apiVersion": "gadgets.io/v1", "kind": "GadgetCluster", "metadata": {"name": "g"}}
    server.store.create(GADGETS, "a", body)
    _, unknown = (await found(server)).platforms
    assert (unknown.state, unknown.name, unknown.sources) == (
        PlatformState.UNKNOWN,
        "GadgetCluster",
        1,
    )
    assert unknown.source == GroupResource("gadgets.io", "gadgetclusters")


async def test_nothing_is_written(server):
    """A review is no object."""
    refuse(server)
    await found(server)
    assert {seen.method for seen in server.requests} == {"GET", "POST"}
    assert {seen.path for seen in server.requests if seen.method == "POST"} == {REVIEWS}


async def test_a_policy_that_cannot_work_fails_with_its_reason(server):
    """The others are looked at all the same."""
    broken = entry("broken", POLICY.replace("{{ .source.status.ready }}", "{{ nope }}"))
    first, second = (await found(server, broken, entry())).platforms
    assert first.state is PlatformState.FAILING
    assert "nope" in first.reasons[0]
    assert second.state is PlatformState.READY


async def test_of_two_policies_for_the_same_clusters_one_is_chosen(server):
    """That which imports more, so that no cluster is imported twice."""
    variant = POLICY.replace("blue-{{", "other-{{")
    fewer = entry("fewer", variant.replace("{{ .source.status.ready }}", "false"))
    platforms = (await found(server, fewer, entry("more"))).platforms
    assert [each.name for each in chosen(platforms)] == ["more"]


async def test_what_may_not_be_seen_of_what_stands_is_noted(server):
    """Then it is not known what is imported."""
    server.script("GET", LIFECYCLES.path(), FORBIDDEN)
    finding = await found(server)
    assert "you may not list pediaclusterlifecycles" in finding.notes[0]
    assert PEDIACLUSTERS.path() in {seen.path for seen in server.requests}
