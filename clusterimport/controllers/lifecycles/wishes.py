"""Whether a lifecycle is still wanted, and under its name."""

from clusterimport.controllers.lifecycles.verdict import SOURCE_RENAMED, Held, waiting
from clusterimport.controllers.shared.candidates import Candidate
from clusterimport.controllers.shared.context import TermContext
from clusterimport.engine.ownership import owns
from clusterimport.model import meta
from clusterimport.model.lifecycle import LifecycleRecord


class Wishes:
    """Proposes lifecycles that nobody seems to want, and looks after those of former names."""

    def __init__(self, context: TermContext) -> None:
        self._context = context

    def propose(self, policy: str, obj: meta.Object) -> None:
        """Make a lifecycle a candidate for deletion; again changes nothing."""
        candidate = Candidate.of(obj, self._context.newest.pediacluster(meta.name_of(obj)))
        self._context.candidates.propose(policy, candidate)

    def renamed(
        self,
        obj: meta.Object,
        record: LifecycleRecord,
        source: meta.Object | None,
        name: str,
    ) -> Held | None:
        """Propose a lifecycle without source, or with another name; return why it waits with that.

        A source may go, and another name come, before any cache has the lifecycle: what was heard
        then found nothing, and this is the first that is heard of it.
        """
        policy = record.policy.name if record.policy else ""
        if source is None:
            self.propose(policy, obj)
        return None if name in {"", record.name} else self._renamed(obj, record, name)

    def _renamed(self, obj: meta.Object, record: LifecycleRecord, name: str) -> Held:
        """Tell that a PediaCluster stays until that of its source's new name stands."""
        policy = record.policy.name if record.policy else ""
        successor = self._context.newest.pediacluster(name)
        is_replaced = self._context.newest.has_successor(record.source, name, successor)
        if is_replaced or not owns(obj, self._context.newest.pediacluster(record.name)):
            self.propose(policy, obj)
        standing = self._context.tally.find(policy, record.source.key)
        why = ""
        if standing is not None and standing.reason and not is_replaced:
            why = f", for which it waits: {standing.reason}: {standing.message}"
        return waiting(
            SOURCE_RENAMED,
            f"the policy calls {record.source} {name} now: this PediaCluster follows it still, and "
            f"goes when PediaCluster {name} stands{why}",
        )

    def told(self, record: LifecycleRecord, *, is_of_its_name: bool) -> None:
        """Have lifecycles of a source's former names look whether they go, and tell why not.

        After that of its present name has told how it stands, which is what they tell; and only by
        that, or two would wake each other for ever.
        """
        if not is_of_its_name:
            return
        policy = record.policy.name if record.policy else ""
        source = record.source
        for other in self._context.newest.lifecycles_for(
            policy, source.gvr.group_resource, source.key
        ):
            if meta.name_of(other) != record.name:
                self._context.queues.lifecycles.add(meta.name_of(other))
