"""Tenants share the queues of a term, so that what one of them makes hardly delays another one."""

import pytest

from clusterimport.controllers.queues import DeletionKey, SourceKey
from clusterimport.model.gvr import LIFECYCLES
from clusterimport.model.meta import ObjectKey
from clusterimport.workqueue import Empty
from tests.fakes.controllers.importing import drain
from tests.fakes.controllers.importobjects import lifecycle_body, policy_owner
from tests.fakes.controllers.terms import TermRig

pytestmark = pytest.mark.looptime


def _source(name, namespace="team", policy="mcp"):
    return SourceKey(policy, ObjectKey(namespace, name))


def _lifecycle(rig, name, namespace, **metadata):
    body = lifecycle_body(name, policy_uid=rig.active.record.uid)
    body["spec"]["source"]["namespace"] = namespace
    return rig.put(LIFECYCLES, body, **metadata)


async def test_t57_a_flood_of_sources_is_passed_by_those_of_other_tenants():
    """Behind a thousand changed sources of one namespace, one of another is second in line."""
    rig = TermRig()
    for number in range(1000):
        rig.source_changed("mcp", ObjectKey("a", f"{number}"), initial=False)
    rig.source_changed("mcp", ObjectKey("b", "one"), initial=False)
    rig.source_changed("other", ObjectKey("", "cluster-scoped"), initial=False)
    taken = drain(rig.queues.sources)[:3]

    assert taken == [_source("0", "a"), _source("one", "b"), _source("cluster-scoped", "", "other")]


async def test_t57_a_flood_of_sources_leaves_half_to_the_backlog_of_other_tenants():
    """Events that never end in one namespace do not keep a start from looking at another one."""
    rig = TermRig()
    for number in range(1000):
        rig.source_changed("mcp", ObjectKey("a", f"{number}"), initial=False)
        rig.source_changed("mcp", ObjectKey("b", f"{number}"), initial=True)
    taken = drain(rig.queues.sources)[:100]

    assert sum(key.source.namespace == "b" for key in taken) == 50


async def test_t57_a_shared_secret_hardly_delays_another_tenant():
    """Behind a thousand lifecycles that a Secret concerns, an import of others is second."""
    rig = TermRig()
    for number in range(1000):
        _lifecycle(rig, f"mcp-a{number}", "a")
    _lifecycle(rig, "mcp-b", "b")
    _lifecycle(rig, "mcp-c", "", ownerReferences=[policy_owner("other")])
    rig.see(LIFECYCLES)
    drain(rig.queues.lifecycles)
    for number in range(1000):
        rig.queues.lifecycles.add(f"mcp-a{number}")
    rig.queues.lifecycles.add("mcp-b")
    rig.queues.lifecycles.add("mcp-c")

    assert drain(rig.queues.lifecycles)[:3] == ["mcp-a0", "mcp-b", "mcp-c"]


async def test_t57_a_new_lifecycle_counts_for_its_tenant_before_any_cache_has_it():
    """A flood of new imports is one of its own namespace from the first moment on."""
    rig = TermRig()
    for name, namespace in (("mcp-a1", "a"), ("mcp-a2", "a"), ("mcp-b", "b")):
        written = _lifecycle(rig, name, namespace)
        rig.context.newest.written_lifecycles.wrote(name, written)
        rig.queues.lifecycles.add(name)

    assert drain(rig.queues.lifecycles) == ["mcp-a1", "mcp-b", "mcp-a2"]


@pytest.mark.parametrize("queue", ["sources", "lifecycles", "deletions"])
async def test_t57_no_tenant_holds_all_workers(queue):
    """With two workers one stays free for others, however much a tenant has to do."""
    rig = TermRig()
    _lifecycle(rig, "mcp-a1", "a")
    _lifecycle(rig, "mcp-a2", "a")
    _lifecycle(rig, "mcp-b", "b")
    rig.see()
    tested = getattr(rig.queues, queue)
    drain(tested)
    keys = {
        "sources": [_source("1", "a"), _source("2", "a"), _source("1", "b")],
        "lifecycles": ["mcp-a1", "mcp-a2", "mcp-b"],
        "deletions": [
            DeletionKey("mcp", "namespace/a"),
            DeletionKey("other", "namespace/a"),
            DeletionKey("mcp", "namespace/b"),
        ],
    }[queue]
    for key in keys[:2]:
        tested.add(key)
    assert tested.get_nowait() == keys[0]
    with pytest.raises(Empty):
        tested.get_nowait()
    tested.add(keys[2])

    assert tested.get_nowait() == keys[2]


async def test_t52_clusters_of_one_tenant_are_passed_by_those_of_others():
    """Behind a thousand clusters of one namespace that are due, one of another is second."""
    rig = TermRig()
    for number in range(1000):
        _lifecycle(rig, f"mcp-a{number}", "a")
    _lifecycle(rig, "mcp-b", "b")
    rig.see(LIFECYCLES)
    drain(rig.queues.pediaclusters)
    for number in range(1000):
        rig.queues.pediaclusters.add(f"mcp-a{number}")
    for name in ("mcp-b", "by-hand"):
        rig.queues.pediaclusters.add(name)

    assert drain(rig.queues.pediaclusters)[:3] == ["mcp-a0", "mcp-b", "by-hand"]
