"""Policies of files on the sources of a server, and what a person means by a name."""

import pytest

from clusterimport.authoring.errors import NothingFound as NothingAuthored
from clusterimport.engine.rules import ImportRules
from clusterimport.kube import errors, open_connection
from clusterimport.live.errors import NameNotFound, NoAnswer
from clusterimport.live.gathering import Gatherer
from clusterimport.live.targets import find_source, parse_target
from clusterimport.model.gvr import (
    LIFECYCLES,
    PEDIACLUSTERS,
    SECRETS,
    GroupVersionResource,
)
from development.apiserver.answers import Answer, status_body
from development.apiserver.server import running_apiserver
from tests.fakes.authoring.authored import POLICY, documents, secret, source
from tests.fakes.live.standingobjects import lifecycle, pediacluster, serve_ours

CLUSTERS = GroupVersionResource("cluster.example.io", "v1", "clusters")
OLD = CLUSTERS._replace(version="v1alpha1")
FORBIDDEN = Answer(403, status_body(403, "Forbidden", 'User "jane" cannot get it'))


@pytest.fixture
async def server():
    async with running_apiserver() as running:
        serve_ours(running.store)
        running.store.serve(CLUSTERS, "Cluster")
        running.store.serve(OLD, "Cluster")
        running.store.serve(SECRETS, "Secret")
        put(running, source(), secret(), source("two", secret="two"))
        yield running


def put(server, *texts):
    for document in documents(*texts):
        kind = document.obj["kind"]
        gvr = CLUSTERS if kind == "Cluster" else SECRETS
        server.store.create(gvr, document.obj["metadata"]["namespace"], document.obj)


async def gathered(server, *texts, **more):
    async with open_connection(server.settings()) as rest:
        gatherer = Gatherer(rest)
        await gatherer.look()
        given = documents(*(texts or (POLICY,)))
        return await gatherer.gather(given, rules=ImportRules(), **more)


def outcomes(found):
    return {each.source.name: each.outcome.value for each in found.evaluated}


async def test_sources_and_what_they_lead_to_are_read_and_nothing_is_written(server):
    """One list of the sources, and one look for each object that a source leads to."""
    found = await gathered(server)

    assert outcomes(found) == {"one": "Import", "two": "ReferenceNotFound"}
    assert found.evaluated[1].message == "secrets team/two does not exist"
    assert found.notes == []
    assert server.count("GET", "/api/v1/namespaces/team/secrets/one") == 1
    assert {seen.method for seen in server.requests} == {"GET"}
    assert server.count("GET", "/api/v1/secrets") == 0


async def test_selectors_are_the_servers(server):
    """As for the controller: what cannot match is not even received."""
    text = POLICY.replace("resource: clusters", "resource: clusters\n    labelSelector: a=b")
    server.script("GET", CLUSTERS.path(), Answer(400, status_body(400, "BadRequest")))
    with pytest.raises(NoAnswer, match=r"policy blue: the server refuses a selector"):
        await gathered(server, text)
    assert outcomes(await gathered(server, text)) == {}
    listing = [seen for seen in server.requests if seen.path == CLUSTERS.path()]
    assert listing[-1].query["labelSelector"] == "a=b"


async def test_the_version_is_the_servers_first_that_the_policy_allows(server):
    """As the controller negotiates it."""
    text = POLICY.replace("resource: clusters", "resource: clusters\n    versions: [v1alpha1, v1]")
    await gathered(server, text)
    assert server.count("GET", CLUSTERS.path()) == 1
    assert server.count("GET", OLD.path()) == 0


async def test_what_is_given_counts_in_place_of_what_the_server_has(server):
    """It is what the person is about to apply."""
    found = await gathered(server, POLICY, source("two", secret="one"))
    assert outcomes(found) == {"two": "Import", "one": "Import"}


async def test_a_reference_that_may_not_be_read_names_the_right(server):
    """The others are looked at all the same."""
    server.script("GET", "/api/v1/namespaces/team/secrets/one", FORBIDDEN)
    found = await gathered(server)
    assert outcomes(found)["one"] == "ReferenceNotFound"
    assert found.evaluated[0].message.startswith("you may not read secrets team/one: get secrets")


async def test_a_name_that_somebody_else_has_is_a_conflict(server):
    """What stands today is read, too; where it may not be, that is said."""
    server.store.create(PEDIACLUSTERS, "", pediacluster("blue-one"))
    found = await gathered(server)
    assert outcomes(found)["one"] == "NameConflict"
    assert found.knows_standing

    server.script("GET", PEDIACLUSTERS.path(), FORBIDDEN)
    found = await gathered(server)
    assert outcomes(found)["one"] == "Import"
    assert "you may not list pediaclusters" in found.notes[0]
    assert not found.knows_standing, "a swap is then judged by what Clusterpedia would render"


async def test_a_type_that_the_server_lacks_is_told_with_what_may_be_meant(server):
    """Before anything is listed."""
    text = POLICY.replace("resource: clusters", "resource: cluster")
    with pytest.raises(NameNotFound, match=r"policy blue: spec\.source: .* mean clusters of group"):
        await gathered(server, text)


async def test_one_of_several_policies_that_cannot_be_judged_is_noted(server):
    """A swap is judged for the others; alone it is an error."""
    lost = POLICY.replace("name: blue\n", "name: lost\n").replace("cluster.example.io", "lost.io")
    broken = lost.replace("name: lost", "name: broken").replace("lost.io", "cluster.example.io")
    broken = broken.replace("{{ .source.status.ready }}", "{{ nope }}")
    odd = "apiVersion: policy.clusterpedia.io/v1alpha1\nkind: ClusterImportPolicy\n"
    odd += "metadata: {name: odd}\nspec: {source: {group: 3}}\n"

    found = await gathered(server, POLICY, lost, odd, broken)
    assert {each.policy for each in found.evaluated} == {"blue", "broken"}
    assert [note.split(":")[0] for note in found.notes] == ["policy lost", "2.yaml"]

    with pytest.raises(NameNotFound, match="policy lost"):
        await gathered(server, lost, lost.replace("name: lost", "name: other"))
    server.script("GET", CLUSTERS.path(), FORBIDDEN)
    other = POLICY.replace("name: blue\n", "name: other\n").replace("blue-{{", "other-{{")
    found = await gathered(server, POLICY, other)
    assert "403 Forbidden" in found.notes[0]


async def test_what_is_wrong_with_a_policy_is_told_with_its_place(server):
    """As without a server."""
    with pytest.raises(NothingAuthored, match="no policy nope"):
        await gathered(server, only=("nope",))


async def test_a_server_that_refuses_the_sources_is_no_empty_one(server):
    """Nothing would be rendered, and nobody would know why."""
    server.script("GET", CLUSTERS.path(), FORBIDDEN)
    with pytest.raises(errors.Forbidden):
        await gathered(server)


async def found_source(server, text, namespace=""):
    async with open_connection(server.settings()) as rest:
        gatherer = Gatherer(rest)
        await gatherer.look()
        return await find_source(rest, gatherer, parse_target(text, namespace))


@pytest.mark.parametrize(
    ("text", "namespace"),
    [
        ("clusters.cluster.example.io/one", "team"),
        ("Cluster/one", "team"),
        ("clusters/one", ""),
        ("clusters.cluster.example.io/team/one", ""),
    ],
)
async def test_a_source_is_found_as_kubectl_would(server, text, namespace):
    """By resource, kind or short name, with or without the group; in any namespace if it is one."""
    found = await found_source(server, text, namespace)
    assert str(found) == "clusters.cluster.example.io/team/one"
    assert found.version == "v1"


async def test_a_source_is_found_by_its_cluster(server):
    """By the status of the lifecycle, or the mark of a PediaCluster that outlived it."""
    server.store.create(LIFECYCLES, "", lifecycle("a", source="team/one"))
    assert str(await found_source(server, "a")) == "clusters.cluster.x-k8s.io/team/one"

    marked = pediacluster("b")
    marked["metadata"]["annotations"] = {"policy.clusterpedia.io/source": "nodes/n"}
    server.store.create(PEDIACLUSTERS, "", marked)
    assert str(await found_source(server, "pediacluster/b")) == "nodes/n"


@pytest.mark.parametrize(
    ("text", "namespace", "told"),
    [
        ("clusters/nope", "", "no clusters.cluster.example.io nope in any namespace"),
        ("clusters/one", "x", "no clusters.cluster.example.io one in namespace x"),
        ("gadgets/one", "", "no type gadgets"),
        ("nope", "", "no lifecycle and no PediaCluster nope"),
        ("by-hand", "", "by-hand was not imported"),
        ("policy/blue", "", "clusterimport get blue"),
        ("clusters/twice", "", "exists in other, team; choose one by --namespace"),
        ("clusters/x/y/z", "", "is not like"),
        ("clusters/team/one", "other", "is not like"),
        ("", "", "is not like"),
    ],
)
async def test_a_source_that_is_not_there_is_told(server, text, namespace, told):
    """With what to say instead."""
    server.store.create(PEDIACLUSTERS, "", pediacluster("by-hand"))
    put(server, source("twice"), source("twice").replace("namespace: team", "namespace: other"))
    with pytest.raises(NameNotFound, match=told):
        await found_source(server, text, namespace)
