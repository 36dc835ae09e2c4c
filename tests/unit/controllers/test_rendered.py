"""What can be known is not read or rendered again, and what cannot is."""

import asyncio

import pytest

from clusterimport.aio import background
from clusterimport.controllers.inforce.references import ReferencedObject
from clusterimport.controllers.queues import Sweep
from clusterimport.controllers.sweeper import RESYNC_SECONDS
from clusterimport.model.gvr import LIFECYCLES, PEDIACLUSTERS, POLICIES, SECRETS
from clusterimport.model.meta import ObjectKey
from clusterimport.workqueue import BACKLOG, FRESH
from tests.fakes.controllers.importing import drain
from tests.fakes.controllers.importobjects import (
    CLUSTERS,
    LABELLED,
    REFERENCE,
    policy_body,
    secret_body,
    source_body,
)
from tests.fakes.controllers.terms import TermRig, follow, priorities
from tests.fakes.engine.evaluating import base64_of

pytestmark = pytest.mark.looptime

NAMES = ("one", "two", "three")
TARGET = ReferencedObject(SECRETS.group_resource, ObjectKey("team", "auth-one"))
SECRET = SECRETS.path(namespace="team", name="auth-one")


class Restarted(TermRig):
    """Three clusters that one term has imported, and the next one finds."""

    async def first_term(self, **spec) -> None:
        if spec:
            self.active = self.activate(see=False, **spec)
        for name in NAMES[1:]:
            self.put(CLUSTERS, source_body(name))
            self.put(SECRETS, secret_body(f"auth-{name}"))
        self.see()
        async with background(term=self.run(), informers=follow(self)):
            await asyncio.sleep(60)
        self.see()
        assert len(self.store.types[PEDIACLUSTERS].objects) == len(NAMES)
        self.rest.requests.clear()

    async def next_term(self, seconds: float = 60) -> None:
        self.restart_term()
        async with background(term=self.subject.run(), informers=follow(self)):
            await asyncio.sleep(seconds)

    def reads(self) -> list[str]:
        return [sent.path for sent in self.rest.requests if sent.method == "GET"]

    def tokens(self) -> set[str]:
        types = self.store.types[PEDIACLUSTERS].objects.values()
        return {obj["spec"]["tokenData"] for obj in types}


async def test_a_start_reads_and_writes_nothing_where_nothing_has_changed():
    """All that an earlier term left is in sync without a request, and counts as imported."""
    rig = Restarted()
    await rig.first_term()
    await rig.next_term()

    assert rig.rest.requests == []
    assert rig.context.tally.of("mcp").imported == len(NAMES)
    assert rig.references.lifecycles_of(TARGET) == {"mcp-one"}


@pytest.mark.parametrize("edited", ["token", "owner", "annotation", "connection", "gone"])
async def test_what_has_changed_while_nobody_led_is_read(edited):
    """A rotation, and each edit of the PediaCluster, is followed; of the others nothing is read."""
    rig = Restarted()
    await rig.first_term()
    name = "mcp-one"
    before = rig.get(PEDIACLUSTERS, name)
    match edited:
        case "token":
            rig.put(SECRETS, secret_body(token="rotated"))
        case "owner":
            rig.put(PEDIACLUSTERS, before, ownerReferences=[])
        case "annotation":
            rig.put(PEDIACLUSTERS, before, annotations={"a": "b"})
        case "connection":
            rig.put(PEDIACLUSTERS, {**before, "spec": {**before["spec"], "tokenData": "eA=="}})
        case "gone":
            rig.drop(PEDIACLUSTERS, name)
    rig.see()
    await rig.next_term()

    assert SECRET in rig.reads()
    assert not [path for path in rig.reads() if "two" in path or "three" in path]
    wanted = {base64_of("rotated")} if edited == "token" else set()
    assert rig.tokens() == wanted | {base64_of("canary4711")}


async def test_what_has_changed_while_nobody_led_goes_first():
    """A start looks at a Secret that was rotated meanwhile before it looks at all the others."""
    rig = Restarted()
    await rig.first_term()
    rig.put(SECRETS, secret_body("auth-three", token="rotated"))
    rig.see()
    rig.restart()
    rig.look_at_everything()

    assert rig.queues.lifecycles._turns.place_of("mcp-three").priority == FRESH
    assert rig.queues.lifecycles._turns.place_of("mcp-two") is None


async def test_what_has_changed_goes_first_also_where_the_policy_comes_later():
    """Its sources and references are listed while the look at everything is over already."""
    rig = Restarted()
    await rig.first_term()
    rig.put(SECRETS, secret_body("auth-three", token="rotated"))
    rig.see()
    state = rig.tracker.get("mcp")
    rig.tracker.drop("mcp")
    rig.restart()
    rig.look_at_everything()
    rig.tracker.set(state)
    rig.queues.sweeps.add(Sweep("mcp"))
    rig.sweep()

    assert drain(rig.queues.lifecycles) == ["mcp-three"]
    assert priorities(rig.queues.sources) == {BACKLOG}


async def test_a_policy_that_says_otherwise_has_all_rendered_anew():
    """Another template is followed by every cluster, though no object has changed."""
    rig = Restarted()
    await rig.first_term()
    rig.activate(see=False, template=policy_body()["spec"]["template"] + "  certData: ''\n")
    rig.see()
    await rig.next_term()

    assert len([path for path in rig.reads() if "/secrets/" in path]) == len(NAMES)


async def test_after_a_lost_history_everything_is_read_and_told_anew():
    """Where the server was restored, versions may have come again for something else."""
    rig = Restarted()
    await rig.first_term()
    before = rig.get(LIFECYCLES, "mcp-one")
    right = before["status"]["rendered"]
    wrong = right | {"objects": "of the lost history"}
    rig.put(LIFECYCLES, before | {"status": before["status"] | {"rendered": wrong}})
    rig.manager.distrust()
    rig.see()
    await rig.next_term()

    assert len([path for path in rig.reads() if "/secrets/" in path]) == len(NAMES)
    assert rig.get(LIFECYCLES, "mcp-one")["status"]["rendered"] == right
    assert rig.rest.writes() == [("PUT", LIFECYCLES.path(name="mcp-one", subresource="status"))]


async def test_an_event_that_changes_nothing_that_is_read_costs_no_request():
    """A heartbeat in the status of a source leads to no read, and to no rendering of a document."""
    rig = Restarted()
    await rig.first_term()
    rig.restart_term()
    async with background(term=rig.subject.run(), informers=follow(rig)):
        await asyncio.sleep(30)
        for beat in range(5):
            rig.put(CLUSTERS, {**source_body(), "status": {"beat": beat}})
            rig.see(CLUSTERS)
            await asyncio.sleep(1)
        assert rig.rest.requests == []
        rig.put(CLUSTERS, source_body(url="https://moved.example:6443"))
        rig.see(CLUSTERS)
        await asyncio.sleep(1)

    assert rig.get(PEDIACLUSTERS, "mcp-one")["spec"]["apiserver"] == "https://moved.example:6443"


@pytest.mark.parametrize(
    "reading",
    ["{{ toJson .source }}", "{{ range $k, $v := .source }}{{ $k }}{{ end }}", "{{ len . }}"],
)
async def test_a_template_that_takes_a_source_whole_reads_everything(reading):
    """Whatever changes in such a source is followed, as a label that only its JSON has."""
    rig = Restarted()
    template = policy_body()["spec"]["template"]
    await rig.first_term(template=f"# {reading}\n{template}")
    rig.put(CLUSTERS, {**source_body(), "status": {"beat": 1}})
    rig.see()
    await rig.next_term()

    assert SECRET in rig.reads()


async def test_a_rotation_is_one_read_and_one_write_and_known_afterwards():
    """No status is written for it, and this term reads nothing twice all the same."""
    rig = Restarted()
    await rig.first_term()
    rig.restart_term()
    async with background(term=rig.subject.run(), informers=follow(rig)):
        await asyncio.sleep(30)
        rig.put(SECRETS, secret_body(token="rotated"))
        rig.see(SECRETS)
        await asyncio.sleep(5)
        rig.queues.lifecycles.add("mcp-one")
        await asyncio.sleep(5)

    written = PEDIACLUSTERS.path(name="mcp-one")
    assert [(sent.method, sent.path) for sent in rig.rest.requests] == [
        ("GET", SECRET),
        ("PATCH", written),
    ]


@pytest.mark.parametrize("reference", [REFERENCE, LABELLED], ids=["by name", "by label"])
async def test_everything_is_read_again_within_an_hour(reference):
    """What no event told is found, at some moment of the hour, and each is read once.

    Also where a cache has the Secrets whole: it may have missed something.
    """
    rig = Restarted()
    await rig.first_term(references=[reference])
    await rig.next_term(RESYNC_SECONDS + 60)

    reads = [path for path in rig.reads() if "/secrets/" in path]
    assert sorted(set(reads)) == sorted(
        SECRETS.path(namespace="team", name=f"auth-{name}") for name in NAMES
    )
    assert len(reads) <= len(NAMES) + 1
    assert [write for write in rig.rest.writes() if POLICIES.path() not in write[1]] == []
