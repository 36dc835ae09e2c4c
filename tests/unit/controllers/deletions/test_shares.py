"""What one namespace deletes, and what of it reaches another (T53)."""

import asyncio
import copy

import pytest

from clusterimport.controllers.deletions.judgement import LOOK_AGAIN_SECONDS
from clusterimport.controllers.deletions.reconciler import POSTPONED_SECONDS
from clusterimport.controllers.result import DONE
from clusterimport.controllers.shared.candidates import GATHER_SECONDS
from clusterimport.kube import errors
from clusterimport.model.gvr import LIFECYCLES, PEDIACLUSTERS, POLICIES
from clusterimport.model.times import second_time
from tests.fakes.controllers.importing import ONE
from tests.fakes.controllers.importobjects import CLUSTERS
from tests.fakes.controllers.reconcilers import LONG_AGO
from tests.fakes.controllers.sharing import SharedRig

pytestmark = pytest.mark.looptime

STATUS = POLICIES.path(name="mcp", subresource="status")


async def test_t53_what_one_namespace_deletes_does_not_hold_another():
    """Six of one wait for a person, two of the other go; the message names the one."""
    rig = SharedRig(bad=10, good=3)
    await rig.delete("bad", count=6)
    await rig.delete("good", count=2)

    assert (rig.count("bad"), rig.count("good")) == (10, 1)
    assert rig.blocks.get("mcp").message.startswith("6 lifecycles of namespace bad seem")
    assert rig.blocks.of("mcp", "namespace/good") is None
    assert rig.store.types[PEDIACLUSTERS].objects.keys() == {
        ("", f"mcp-{name}") for name in [*(f"bad-{n}" for n in range(10)), "good-2"]
    }


async def test_t53_what_one_namespace_has_lost_does_not_hold_another():
    """Five went, as it may; the other loses five, too, and the sixth of each waits."""
    rig = SharedRig(bad=8, good=8)
    await rig.delete("bad", count=5)
    await rig.delete("good", count=5)
    assert (rig.count("bad"), rig.count("good")) == (3, 3)
    await rig.delete("bad", "good", count=6)

    assert (rig.count("bad"), rig.count("good")) == (3, 3)


@pytest.mark.parametrize("cycles", [5, 40])
async def test_t53_churn_spends_nobodys_budget(cycles):
    """One that comes and goes holds nothing, neither of the others nor of its own namespace."""
    rig = SharedRig(bad=6, good=3)
    await rig.churn("bad", cycles=cycles)
    assert rig.count("bad") == 6
    await rig.delete("good", count=2)
    assert rig.count("good") == 1
    await rig.delete("bad", count=5)

    assert rig.count("bad") == 1
    assert rig.blocks.get("mcp") is None
    assert len([name for name in rig.deletions() if "churn" in name]) == 5


async def test_t53_churn_does_not_hide_a_mass_deletion():
    """Whoever makes and deletes clusters all the time may delete five others, and not six."""
    rig = SharedRig(bad=10)
    await rig.churn("bad", cycles=10)
    await rig.delete("bad", count=6)

    assert rig.count("bad") == 10


async def test_t53_a_mass_deletion_right_after_the_first_installation_is_held():
    """Nothing is ten minutes old: at once or one by one, five go."""
    rig = SharedRig()
    rig.of["team"] = [rig.add(f"c{n}", came=second_time(rig.clock.now())) for n in range(20)]
    rig.see()
    await asyncio.sleep(60)
    await rig.delete("team", count=20)
    assert rig.count("team") == 20
    for obj in rig.of["team"]:
        rig.context.candidates.withdraw("mcp", obj["metadata"]["name"])
    for count in range(1, 21):
        await rig.delete("team", count=count)

    assert rig.count("team") == 15


@pytest.mark.parametrize("came", ["a minute ago", "long ago"])
async def test_t53_what_a_cache_still_shows_is_gone_all_the_same(came):
    """Five of 95 went, and no event of it has come: five more would be more than a tenth."""
    rig = SharedRig()
    since = LONG_AGO if came == "long ago" else second_time(rig.clock.now())
    rig.of["team"] = [rig.add(f"c{n}", came=since) for n in range(95)]
    rig.see()
    await asyncio.sleep(60)
    for batch in (rig.of["team"][:5], rig.of["team"][5:10]):
        for obj in batch:
            rig.propose(obj)
        await asyncio.sleep(GATHER_SECONDS + 0.01)
        await rig.look()

    assert rig.left() == 90


async def test_t53_a_thousand_of_one_do_not_delay_another():
    """While they are looked at, the other's two are judged and go as fast as they do alone."""
    seconds = []
    for bad in (0, 1000):
        rig = SharedRig(bad=bad, good=3)
        for obj in [*rig.of["bad"], *rig.of["good"][:2]]:
            rig.propose(obj)
        await asyncio.sleep(GATHER_SECONDS + 0.01)
        rig.rest.latency_seconds = 0.01
        judged = asyncio.create_task(rig.look(namespace="bad"))
        started = rig.clock.monotonic()
        assert await rig.look(namespace="good") == DONE
        seconds.append(rig.clock.monotonic() - started)
        assert judged.done() is (bad == 0)
        assert rig.count("good") == 1
        await judged
        assert rig.count("bad") == bad

    assert seconds[1] == pytest.approx(seconds[0])


async def test_t53_a_set_is_released_although_another_namespace_flips():
    """The token is of one namespace's set: no other can make it another one."""
    rig = SharedRig(bad=10, good=10)
    await rig.delete("bad", "good", count=6)
    shown = rig.token("good")
    tokens = set()
    for number in range(20):
        flipping = rig.of["bad"][6 + number % 4]
        rig.propose(flipping)
        await asyncio.sleep(GATHER_SECONDS + 0.01)
        await rig.look(namespace="bad")
        tokens.add(rig.token("bad"))
        assert rig.token("good") == shown
        rig.context.candidates.withdraw("mcp", flipping["metadata"]["name"])
    rig.allow(shown)
    await rig.look(namespace="good")
    await rig.look(namespace="bad")

    assert (rig.count("bad"), rig.count("good")) == (10, 4)
    assert len(tokens) == 4


async def test_t53_a_mistake_over_many_namespaces_is_held_and_released_together():
    """Three of each of twenty: none goes, and one annotation with all tokens releases all."""
    names = [f"n{n:02}" for n in range(20)]
    rig = SharedRig(**dict.fromkeys(names, 4))
    await rig.delete(*names, count=3)
    assert rig.left() == 80
    block = rig.blocks.get("mcp")
    assert block.count == 60
    assert block.message.startswith("60 lifecycles of 20 namespaces (n00: 3, n01: 3, n02: 3 and")
    assert [each["namespace"] for each in block.held] == names

    rig.allow(" ".join(each["token"] for each in block.held))
    for name in names:
        await rig.look(namespace=name)
    assert rig.left() == 20
    assert rig.deletions() == [], "what a person has released spends nothing"


async def test_t53_a_mistake_is_seen_before_all_of_it_was_looked_at():
    """The first namespace that is judged is held because of what the others ask for as well."""
    names = [f"n{n:02}" for n in range(20)]
    rig = SharedRig(**dict.fromkeys(names, 3))
    for name in names:
        for obj in rig.of[name]:
            rig.propose(obj)
    await asyncio.sleep(11)
    await rig.look(namespace="n07")

    assert rig.count("n07") == 3


@pytest.mark.parametrize("ends", [True, False])
async def test_t53_what_a_look_at_all_sources_finds_is_judged_when_it_has_ended(ends):
    """The first candidates of another selector wait for the rest, a minute at most."""
    rig = SharedRig(first=3, **{f"n{n}": 3 for n in range(20)})
    rig.context.tally.renew("mcp", [ONE])
    rig.propose(rig.of["first"][0])
    await asyncio.sleep(30)
    assert (await rig.look(namespace="first")).requeue_after == POSTPONED_SECONDS
    assert rig.count("first") == 3
    if ends:
        for number in range(20):
            for obj in rig.of[f"n{number}"]:
                rig.propose(obj)
        rig.context.tally.judged("mcp", ONE)
    else:
        await asyncio.sleep(30)
    await rig.look(namespace="first")

    assert rig.count("first") == (3 if ends else 2)


async def test_t53_what_was_found_to_be_a_doubt_or_free_does_not_hold_others():
    """Ten namespaces' lifecycles are doubted, or never had a cluster: another's two go."""
    names = [f"n{n}" for n in range(10)]
    rig = SharedRig(**dict.fromkeys(names, 2), good=3)
    for name in names[:5]:
        for number in range(2):
            path = CLUSTERS.path(namespace=name, name=f"{name}-{number}")
            rig.rest.meet("GET", path, errors.Forbidden(403, "Forbidden"))
    for name in names[5:]:
        for number in range(2):
            rig.drop(PEDIACLUSTERS, f"mcp-{name}-{number}")
    rig.see()
    await rig.delete(*names, "good", count=2)

    assert rig.count("good") == 1
    assert [rig.count(name) for name in names] == [2] * 5 + [0] * 5
    assert rig.blocks.get("mcp").reason == "LookFailed"


async def test_t53_forged_namespaces_give_nobody_more_than_the_policys_share():
    """Who may write lifecycles spreads his over a hundred namespaces: the policy still holds."""
    rig = SharedRig(bad=40)
    for number, obj in enumerate(rig.of["bad"]):
        forged = copy.deepcopy(obj)
        forged["spec"]["source"]["namespace"] = f"forged{number}"
        rig.propose(rig.put(LIFECYCLES, forged))
    rig.see()
    await asyncio.sleep(11)
    for number in range(40):
        await rig.look(namespace=f"forged{number}")

    assert rig.left() == 40


async def test_t53_a_deletion_that_was_held_goes_when_the_window_has_passed():
    """Nothing has to happen for that: it is looked at again every half minute."""
    rig = SharedRig(bad=8)
    await rig.delete("bad", count=5)
    await rig.delete("bad", count=6)
    waited = 0
    while rig.count("bad") == 3:
        await asyncio.sleep(LOOK_AGAIN_SECONDS)
        waited += LOOK_AGAIN_SECONDS
        await rig.look(namespace="bad")

    assert rig.count("bad") == 2
    assert waited == 600
