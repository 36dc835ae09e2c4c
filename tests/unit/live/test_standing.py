"""Reading and following our types, against a server on loopback."""

import asyncio

import pytest

from clusterimport.kube import errors, open_connection
from clusterimport.live.errors import NotInstalled
from clusterimport.live.reading import PAGE_SIZE, Selector, read_all, read_names
from clusterimport.live.standing import follow, read_standing
from clusterimport.model.gvr import LIFECYCLES, PEDIACLUSTERS, POLICIES, SECRETS
from development.apiserver.answers import Answer, status_body
from development.apiserver.server import running_apiserver
from tests.fakes.live.standingobjects import lifecycle, pediacluster, policy, serve_ours

PATHS = {gvr: gvr.path() for gvr in (POLICIES, LIFECYCLES, PEDIACLUSTERS)}
FORBIDDEN = Answer(403, status_body(403, "Forbidden", 'User "jane" cannot list it'))


@pytest.fixture
async def server():
    async with running_apiserver() as running:
        serve_ours(running.store)
        yield running


def fill(server):
    server.store.create(POLICIES, "", policy())
    server.store.create(LIFECYCLES, "", lifecycle())
    server.store.create(PEDIACLUSTERS, "", pediacluster())


async def test_everything_of_ours_is_read(server):
    """With one list for each type."""
    fill(server)
    async with open_connection(server.settings()) as rest:
        standing = await read_standing(rest)

    assert [len(objects) for objects in standing.content.values()] == [1, 1, 1]
    assert standing.refused == []


async def test_what_may_not_be_listed_is_told_beside_the_rest(server):
    """PediaClusters hold credentials, so that many may not read them."""
    fill(server)
    server.script("GET", PATHS[PEDIACLUSTERS], FORBIDDEN)
    async with open_connection(server.settings()) as rest:
        standing = await read_standing(rest)

    assert list(standing.content) == [POLICIES, LIFECYCLES]
    assert [error.resource for error in standing.refused] == [str(PEDIACLUSTERS.group_resource)]


async def test_without_any_right_the_first_refusal_is_the_answer(server):
    """There is nothing to show."""
    for path in PATHS.values():
        server.script("GET", path, FORBIDDEN)
    async with open_connection(server.settings()) as rest:
        with pytest.raises(errors.Forbidden, match="clusterimportpolicies"):
            await read_standing(rest)


async def test_a_server_without_our_types_is_told():
    """Usually it is another cluster than was meant."""
    async with running_apiserver() as empty, open_connection(empty.settings()) as rest:
        with pytest.raises(NotInstalled, match=r"clusterimportpolicies\.policy"):
            await read_standing(rest)
        with pytest.raises(NotInstalled, match=r"pediaclusters\.cluster"):
            await read_names(rest, PEDIACLUSTERS)


async def test_names_are_read_without_credentials(server):
    """As metadata alone."""
    fill(server)
    async with open_connection(server.settings()) as rest:
        assert await read_names(rest, PEDIACLUSTERS) == ["team-a-blue"]
    assert "PartialObjectMetadataList" in server.requests[-1].headers["Accept"]


async def test_a_long_list_is_read_in_pages_from_one_state(server):
    """And once more in one go where the server has forgotten that state meanwhile."""
    server.store.serve(SECRETS, "Secret")
    for number in range(PAGE_SIZE + 1):
        name = f"s{number:04d}"
        body = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}}
        server.store.create(SECRETS, "a", body)
    told = []
    async with open_connection(server.settings()) as rest:
        read = await read_all(rest, SECRETS, Selector(namespace="a"), tell=told.append)
        assert len(read.objects) == PAGE_SIZE + 1
        assert read.objects[0]["kind"] == "Secret"
        assert told == ["reading secrets in a", f"reading secrets in a, {PAGE_SIZE} so far"]

        def forget(_text):
            server.store.compact()
            server.store.create(SECRETS, "a", {"metadata": {"name": f"x{len(told)}"}})
            told.append("")

        read = await read_all(rest, SECRETS, tell=forget)
    assert len({obj["metadata"]["name"] for obj in read.objects}) == len(read.objects)
    assert len(read.objects) > PAGE_SIZE


async def test_an_object_beyond_the_bounds_is_told_apart(server):
    """The others are read all the same."""
    server.store.serve(SECRETS, "Secret")
    for name, size in (("big", 2 * 1024 * 1024), ("small", 1)):
        body = {"metadata": {"name": name}, "data": {"a": "x" * size}}
        server.store.create(SECRETS, "a", body)
    async with open_connection(server.settings()) as rest:
        read = await read_all(rest, SECRETS)
    assert [obj["metadata"]["name"] for obj in read.objects] == ["small"]
    assert [obj.problem.what for obj in read.unusable] == ["TooLarge"]


async def turns_until(turns, done):
    """Collect changes until enough is known; bounded by the time limit of the test."""
    changes = []
    async for turn in turns:
        changes += [
            ("gone" if change.is_gone else "is", change.object["metadata"]["name"])
            for change in turn.changes
        ]
        if done(changes, turn):
            return changes, turn
    raise AssertionError


async def test_changes_are_given_as_they_come_and_old_news_is_none(server):
    """What was read already is told only if it has changed, or gone, before the watch began."""
    fill(server)
    server.store.create(POLICIES, "", policy("leaves"))
    async with open_connection(server.settings()) as rest, asyncio.timeout(20):
        standing = await read_standing(rest)
        server.store.delete(POLICIES, "", "leaves")
        server.store.create(LIFECYCLES, "", lifecycle("early"))
        async with follow(rest, standing) as turns:
            changes, _ = await turns_until(turns, lambda found, _: len(found) == 2)
            assert sorted(changes) == [("gone", "leaves"), ("is", "early")]

            server.store.delete(LIFECYCLES, "", "early")
            changes, turn = await turns_until(turns, lambda found, _: bool(found))
    assert changes == [("gone", "early")]
    assert [len(objects) for objects in turn.content.values()] == [1, 1, 1]


async def test_a_server_that_fails_while_it_is_followed_is_a_trouble_and_no_end(server):
    """What was read stays on the screen, with a line that says that it may be old."""
    fill(server)
    async with open_connection(server.settings()) as rest, asyncio.timeout(20):
        standing = await read_standing(rest)
        server.script("GET", PATHS[POLICIES], Answer(500), times=100)
        async with follow(rest, standing) as turns:
            _, turn = await turns_until(turns, lambda _, turn: bool(turn.troubles))
    assert turn.troubles[0].startswith("not up to date: ")
    assert len(turn.content[POLICIES]) == 1
