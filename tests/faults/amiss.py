"""What on the server is not yet what it should be: empty once a controller has nothing to do."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import Any

from development.controller import condition
from development.world import CLUSTER_API, LIFECYCLE, PEDIACLUSTER, POLICY_API, World
from tests.faults.fleet import POLICY_NAME, Fleet
from tests.faults.judge.content import connection_of

HEALTH = frozenset({"Reachable", "ConnectionRefused"})
"""What is told of clusters that are imported: they answer, or nobody does."""

Object = dict[str, Any]


def amiss(world: World, fleet: Fleet) -> list[str]:
    """Return what a person would still wait for: PediaClusters, their health, and what is told.

    No text has a credential.
    """
    wanted, foreign = fleet.wanted(), fleet.foreign()
    pediaclusters = {
        name: obj
        for name, obj in named(world, CLUSTER_API, PEDIACLUSTER).items()
        if name not in foreign
    }
    found = {name: connection_of(obj) for name, obj in pediaclusters.items()}
    return [
        *(f"PediaCluster {name} is missing" for name in sorted(wanted.keys() - found.keys())),
        *(f"PediaCluster {name} is left" for name in sorted(found.keys() - wanted.keys())),
        *(
            f"PediaCluster {name} is older than its source"
            for name in sorted(wanted.keys() & found.keys())
            if found[name] != wanted[name]
        ),
        *(
            f"the health of {name} is not known"
            for name, obj in pediaclusters.items()
            if not _is_judged(obj)
        ),
        *_untold_by_lifecycles(world, fleet, wanted.keys()),
        *_untold_by_policy(world, len(wanted)),
    ]


def named(world: World, api_version: str, kind: str) -> dict[str, Object]:
    """Return all objects of a kind by their names."""
    return {obj["metadata"]["name"]: obj for obj in world.admin.list(api_version, kind)}


def reasons_of(lifecycle: Object) -> set[str]:
    """Return the reasons in the conditions of a lifecycle."""
    return {each["reason"] for each in (lifecycle.get("status") or {}).get("conditions") or ()}


def _untold_by_lifecycles(world: World, fleet: Fleet, imported: AbstractSet[str]) -> list[str]:
    lifecycles = named(world, POLICY_API, LIFECYCLE)
    due: Mapping[str, AbstractSet[str]] = {
        **dict.fromkeys(imported, HEALTH),
        **fleet.refused(),
        **fleet.waiting(),
    }
    return [
        *(f"lifecycle {name} is missing" for name in sorted(due.keys() - lifecycles.keys())),
        *(f"lifecycle {name} is left" for name in sorted(lifecycles.keys() - due.keys())),
        *(
            f"lifecycle {name} tells {sorted(told)}, and one of {sorted(due[name])} is due"
            for name in sorted(due.keys() & lifecycles.keys())
            if not (told := reasons_of(lifecycles[name])) & due[name]
        ),
    ]


def _untold_by_policy(world: World, imported: int) -> list[str]:
    policy = world.policy(POLICY_NAME)
    count = (policy.get("status") or {}).get("imported")
    generation = policy["metadata"]["generation"]
    observed = condition(policy, "Ready").get("observedGeneration")
    found: list[str] = []
    if condition(policy, "Reconciling").get("status") != "False":
        found.append("the policy is reconciling")
    if count != imported:
        found.append(f"the policy counts {count} imported, and there are {imported}")
    if observed != generation:
        found.append(f"the policy is Ready of generation {observed}, and has {generation}")
    return found


def _is_judged(pediacluster: Object) -> bool:
    """Whether its health is known, as it is now."""
    generation = pediacluster["metadata"]["generation"]
    conditions = (pediacluster.get("status") or {}).get("conditions") or ()
    ours = [each for each in conditions if each["type"] in {"ClusterHealthy", "Ready"}]
    return bool(ours) and all(each.get("observedGeneration") == generation for each in ours)
