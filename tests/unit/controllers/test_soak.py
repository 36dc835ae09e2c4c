"""Sources and policies that come and go leave nothing behind."""

import asyncio

import pytest
from structlog.testing import capture_logs

from clusterimport.aio import background
from clusterimport.controllers.sweeper import RESYNC_SECONDS
from clusterimport.kube import errors
from clusterimport.model.gvr import (
    CUSTOM_RESOURCE_DEFINITIONS,
    EVENTS,
    LIFECYCLES,
    PEDIACLUSTERS,
    POLICIES,
    SECRETS,
)
from tests.fakes.controllers.importedrig import LONG_AGO, crd
from tests.fakes.controllers.importing import ONE
from tests.fakes.controllers.importobjects import (
    CLUSTERS,
    pediacluster_body,
    secret_body,
    source_body,
)
from tests.fakes.controllers.sizes import sizes
from tests.fakes.controllers.terms import TermRig, follow

pytestmark = pytest.mark.looptime

STATES = (
    "imported",
    "without Secret",
    "waiting",
    "name taken",
    "template fails",
    "refused",
    "lifecycle refused",
    "PediaCluster of somebody else",
    "server fails",
    "not selected later",
)
FEW = 5
"""What may stay of a thousand: one policy, one type."""
CONDITION = '{{ ne (default "" .source.spec.state) "waiting" }}'
NAME = (
    '{{ if eq .source.spec.state "template fails" }}{{ fail "x" }}{{ end }}{{ .source.spec.title }}'
)
INVALID = errors.Invalid(422, "Invalid")
DOWN = errors.InternalError(500, "InternalError")


class Soak(TermRig):
    """A world whose sources are in every state."""

    def __init__(self, count):
        super().__init__()
        self.count = count
        self.drop(CLUSTERS, "one", "team")
        self.drop(SECRETS, "auth-one", "team")
        for gvr in (CLUSTERS, POLICIES, LIFECYCLES):
            self.put(CUSTOM_RESOURCE_DEFINITIONS, crd(gvr), creationTimestamp=LONG_AGO)
        self.end_policy()

    def begin_policy(self):
        """Put the policy in force."""
        self.active = self.activate(nameTemplate=NAME, creationCondition=CONDITION, see=False)
        self.see()
        self.policy_changed("mcp", sources=True)

    def end_policy(self):
        """Delete the policy, as the tracker would tell."""
        self.active.subscription.close()
        self.tracker.drop("mcp")
        self.drop(POLICIES, "mcp")
        self.see(POLICIES)
        self.policy_changed("mcp", sources=False)

    def come(self):
        """Let sources appear, each state as often as the others."""
        for number in range(self.count):
            state = STATES[number % len(STATES)]
            name = f"c{number}"
            wanted = "c0" if state == "name taken" else name
            self.put(CLUSTERS, source_body(name, state=state, title=wanted))
            if state != "without Secret":
                self.put(SECRETS, secret_body(f"auth-{name}"))
            if state == "PediaCluster of somebody else":
                self.put(PEDIACLUSTERS, pediacluster_body(name, owners=[]))
            refusal = DOWN if state == "server fails" else INVALID
            if state in {"refused", "server fails"}:
                self.rest.meet("POST", PEDIACLUSTERS.path(), *[refusal])
            if state == "lifecycle refused":
                self.rest.meet("POST", LIFECYCLES.path(), refusal)
        self.see()

    def go(self):
        """Let all sources, their Secrets and what is not ours be gone."""
        for gvr in (CLUSTERS, SECRETS):
            for namespace, name in list(self.store.types[gvr].objects):
                self.drop(gvr, name, namespace)
        for _, name in list(self.store.types[PEDIACLUSTERS].objects):
            if not self.get(PEDIACLUSTERS, name)["metadata"].get("ownerReferences"):
                self.drop(PEDIACLUSTERS, name)
        self.see()

    def sizes(self):
        """Return the sizes of everything that a term has, without what is the server's."""
        self.store.types[EVENTS].objects.clear()
        events = self.context.events._budgets  # Bounded, and as full as that allows.
        return sizes(self.subject, leave_out=(self.rest, self.store, self.metrics, events))


async def round_(rig, *, policy_first):
    """Let all of it come and go once."""
    rig.begin_policy()
    rig.come()
    await asyncio.sleep(120)
    made = len(rig.store.types[PEDIACLUSTERS].objects)
    for number in range(0, rig.count, 7):
        # Changed while they are looked at, and some selected no more.
        rig.put(CLUSTERS, source_body(f"c{number}", state="imported", title=f"c{number}", x="y"))
    rig.see(CLUSTERS)
    await asyncio.sleep(30)
    if policy_first:
        rig.end_policy()
        rig.go()
    else:
        rig.go()
        await asyncio.sleep(60)
        rig.end_policy()
    # What goes after its policy is told by events, too.
    rig.source_changed("mcp", ONE, initial=False)
    await asyncio.sleep(1.2 * RESYNC_SECONDS)
    return made


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize(("count", "policy_first"), [(1000, True), (200, False)])
async def test_t07_a_thousand_sources_come_and_go_and_leave_nothing(count, policy_first):
    """In every state, and policies too: each structure has the size that it had before."""
    rig = Soak(count)
    # Thousands of lines that nobody reads would take longer than the work.
    with capture_logs():
        await soak(rig, policy_first=policy_first)


async def soak(rig, *, policy_first):
    """Run a term for one round, and compare the sizes of all that it has."""
    async with background(term=rig.run(), informers=follow(rig)):
        await asyncio.sleep(10)
        before = rig.sizes()
        assert await round_(rig, policy_first=policy_first) > rig.count / 2
        after = rig.sizes()

        assert not rig.store.types[LIFECYCLES].objects
        assert not rig.store.types[PEDIACLUSTERS].objects
    grown = {
        path: (before.get(path, 0), size)
        for path, size in after.items()
        if size > before.get(path, 0) + FEW
    }
    assert grown == {}
