"""Twelve imported clusters on a server in memory, and the truth about each DELETE that comes.

What is true is looked up in the server at that moment, and not asked of the rule.
"""

from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from typing import Any, Final

from clusterimport.controllers.inforce.state import Blocker
from clusterimport.model.gvr import (
    CUSTOM_RESOURCE_DEFINITIONS,
    LIFECYCLES,
    PEDIACLUSTERS,
    POLICIES,
    GroupVersionResource,
    crd_name,
)
from clusterimport.model.lifecycle import SOURCE_TYPE_UID
from clusterimport.model.policy import DeletionPolicy, Mode
from tests.fakes.controllers.importobjects import (
    CLUSTERS,
    lifecycle_owner,
    policy_body,
    source_body,
)
from tests.fakes.controllers.reconcilers import LONG_AGO, DeletionRig
from tests.fakes.kube.memoryrest import Sent

SOURCES: Final = 12
BUDGET: Final = 5
"""The larger of five and a tenth."""
YOUNG: Final = "2026-06-01T00:00:00Z"
CRD_NAME: Final = crd_name(CLUSTERS)
SELECTOR: Final = (
    '{{ if eq .source.spec.state "broken" }}{{ fail "it is broken" }}{{ end }}'
    '{{ ne .source.spec.state "left out" }}'
)


class DeletionWorld:
    """What may happen to clusters, their type and their policy; and what may go."""

    def __init__(self, traffic: Counter[str], *, by_label: bool) -> None:
        """Take where to count what went and what did not; ``by_label``: the server selects."""
        self.names = [f"there{number}" for number in range(SOURCES)]
        self.wrongs: list[str] = []
        self.gone_at: list[float] = []
        """When each PediaCluster went that the budget counts, on the monotonic clock."""
        self._traffic = traffic
        source: dict[str, Any] = {"group": CLUSTERS.group, "resource": CLUSTERS.resource}
        if by_label:
            source["labelSelector"] = "taken=yes"
        else:
            source["selectorTemplate"] = SELECTOR
        self._spec = {"source": source}
        self.rig = DeletionRig(**self._spec)
        self.rig.drop(LIFECYCLES, "mcp-gone0")
        self.rig.drop(PEDIACLUSTERS, "mcp-gone0")
        for name in self.names:
            self.come(name)
        self.rig.see()
        self.rig.rest.arrived = self._arrived
        self._events = 0
        self._edited = 0
        """Which event it was that edited the policy; 0: it is in force as it stands."""
        self._proposed: dict[str, int] = {}

    # -- sources ----------------------------------------------------------------------------

    def come(self, name: str, state: str = "taken", **metadata: Any) -> None:
        """Have a source be there, and be imported."""
        labels = {"taken": "no" if state == "left out" else "yes"}
        self.rig.put(CLUSTERS, source_body(name, state=state), labels=labels, **metadata)
        if self.lifecycle(name) is None:
            self.rig.add(name)

    def go(self, name: str) -> None:
        """Have a source be gone."""
        with suppress(KeyError):
            self.rig.drop(CLUSTERS, name, "team")

    def come_back(self, name: str) -> None:
        """Have a source be there, which its reconciler has noticed."""
        self.come(name)
        self.rig.context.candidates.withdraw("mcp", f"mcp-{name}")

    def seem_unwanted(self, names: Iterable[str]) -> None:
        """Make candidates, whatever is true."""
        self._events += 1
        for name in sorted(names):
            obj = self.lifecycle(name)
            if obj is None:
                continue
            if not self.rig.context.candidates.includes("mcp", f"mcp-{name}"):
                self._proposed[name] = self._events
            self.rig.propose(obj)

    def is_gone(self, name: str) -> bool:
        """Whether nobody wants it: to be asked while its policy and type are as they should be."""
        source = self.rig.get(CLUSTERS, name, "team")
        return source is None or source["spec"]["state"] == "left out"

    # -- what is written --------------------------------------------------------------------

    def lifecycle(self, name: str) -> dict[str, Any] | None:
        """Return the lifecycle of a source."""
        return self.rig.get(LIFECYCLES, f"mcp-{name}")

    def change_lifecycle(self, name: str, **metadata: Any) -> None:
        """Have somebody write to it."""
        obj = self.lifecycle(name)
        if obj is not None:
            self.rig.put(LIFECYCLES, obj, **(metadata or {"annotations": {"a": "b"}}))

    def share(self, name: str) -> None:
        """Give its PediaCluster another lifecycle as an owner, too."""
        obj = self.rig.get(PEDIACLUSTERS, f"mcp-{name}")
        if obj is not None:
            owners = obj["metadata"].get("ownerReferences") or []
            more = lifecycle_owner("another", "uid-of-another")
            self.rig.put(PEDIACLUSTERS, obj, ownerReferences=[*owners, more])

    def see_under_type(self, name: str) -> None:
        """Note that its source was alive under the CRD that there is now."""
        crd, obj = self._crd(), self.lifecycle(name)
        if crd is not None and obj is not None:
            status = {**(obj.get("status") or {}), SOURCE_TYPE_UID: crd["metadata"]["uid"]}
            self.rig.put(LIFECYCLES, {**obj, "status": status})

    # -- type and policy --------------------------------------------------------------------

    def install_type(self, created: str = LONG_AGO, **metadata: Any) -> None:
        """Have another CRD of the type."""
        self.uninstall_type()
        body = {"metadata": {"name": CRD_NAME}}
        self.rig.put(CUSTOM_RESOURCE_DEFINITIONS, body, creationTimestamp=created, **metadata)

    def uninstall_type(self) -> None:
        """Have none."""
        with suppress(KeyError):
            self.rig.drop(CUSTOM_RESOURCE_DEFINITIONS, CRD_NAME)

    def enforce_policy(self, **spec: Any) -> None:
        """Have the policy be there with these fields, and be in force."""
        self._edited = 0
        self.rig.active = self.rig.activate(see=False, **self._spec, **spec)
        self.rig.see(POLICIES)

    def edit_policy(self) -> None:
        """Have the policy be another one, which nobody has noticed."""
        if self.rig.get(POLICIES, "mcp") is not None:
            self._events += 1
            self._edited = self._edited or self._events
            spec = {**self._spec, "updatePolicy": f"edit {self._events}"}
            self.rig.put(POLICIES, policy_body(**spec))

    def block_policy(self) -> None:
        """Have the policy not be in force."""
        if self.rig.tracker.get("mcp") is not None:
            self.rig.block(Blocker("InvalidPolicy", "of a test"), active=None)

    def forget_policy(self) -> None:
        """Have a cache believe that the policy is gone."""
        self.rig.tracker.drop("mcp")

    def drop_policy(self) -> None:
        """Have the policy be gone, and known to be."""
        with suppress(KeyError):
            self.rig.drop(POLICIES, "mcp")
        self.forget_policy()

    # -- the truth --------------------------------------------------------------------------

    def _arrived(self, sent: Sent) -> None:
        if sent.method != "DELETE":
            return
        name = sent.path.rsplit("/", 1)[1]
        for gvr in (LIFECYCLES, PEDIACLUSTERS):
            if sent.path == gvr.path(name=name):
                self._judge(gvr, name, sent.body or {})

    def _judge(self, gvr: GroupVersionResource, name: str, body: dict[str, Any]) -> None:
        obj = self.rig.get(gvr, name)
        if obj is None:
            return
        meta, said = obj["metadata"], body.get("preconditions") or {}
        if said.keys() < {"uid", "resourceVersion"} or not all(said.values()):
            self.wrongs.append(f"{gvr.resource} {name} without preconditions: {said}")
        if any(meta[each] != value for each, value in said.items()):
            self._traffic["refused"] += 1
            return
        why = self._reason(name.removeprefix("mcp-"))
        self._traffic[why or "wrong"] += 1
        if not why:
            self.wrongs.append(f"{gvr.resource} {name} is wanted, or nobody knows")
        if gvr is PEDIACLUSTERS:
            self._judge_cluster(obj, why)

    def _judge_cluster(self, obj: dict[str, Any], why: str) -> None:
        name = obj["metadata"]["name"]
        if len(obj["metadata"].get("ownerReferences") or ()) > 1:
            self.wrongs.append(f"{name} has another owner")
        state = self.rig.tracker.get("mcp")
        options = state.active.record.options if state and state.active else None
        if options and options.deletion_policy is DeletionPolicy.ORPHAN:
            self.wrongs.append(f"{name} was to stay without an owner")
        if options and options.mode is Mode.OBSERVE:
            self.wrongs.append(f"{name} was to be observed")
        if why == "policy gone":
            return
        if name not in self.rig.deletions():
            self.wrongs.append(f"{name} goes before it is written down")
        self.gone_at.append(self.rig.clock.monotonic())

    def _reason(self, name: str) -> str:
        """Return why a lifecycle may go; empty if it may not."""
        state = self.rig.tracker.get("mcp")
        if state is None:
            return "policy gone" if self.rig.get(POLICIES, "mcp") is None else ""
        if state.blocker is not None or 0 < self._edited < self._proposed.get(name, 0):
            return ""
        source = self.rig.get(CLUSTERS, name, "team")
        if source is None:
            return self._reason_of_absence(name)
        if source["spec"]["state"] != "left out":
            # The server's selector takes what is broken; a template of ours cannot tell.
            return ""
        is_going = source["metadata"].get("deletionTimestamp")
        return "not selected" if not is_going or self._reason_of_absence(name) else ""

    def _reason_of_absence(self, name: str) -> str:
        crd, obj = self._crd(), self.lifecycle(name)
        if crd is None or crd["metadata"].get("deletionTimestamp"):
            return ""
        if crd["metadata"]["creationTimestamp"] == LONG_AGO:
            return "gone"
        seen = ((obj or {}).get("status") or {}).get(SOURCE_TYPE_UID)
        return "gone under the type" if seen == crd["metadata"]["uid"] else ""

    def _crd(self) -> dict[str, Any] | None:
        return self.rig.get(CUSTOM_RESOURCE_DEFINITIONS, CRD_NAME)
