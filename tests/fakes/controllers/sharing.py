"""A policy over several namespaces, of which each deletes its own."""

import asyncio

from clusterimport.controllers.shared.candidates import GATHER_SECONDS
from clusterimport.model.gvr import LIFECYCLES
from clusterimport.model.times import second_time
from tests.fakes.controllers.reconcilers import DeletionRig


class SharedRig(DeletionRig):
    """A policy over several namespaces, each with some clusters of its own."""

    def __init__(self, **namespaces: int) -> None:
        super().__init__(gone=0)
        self.of = {
            namespace: [self.add(f"{namespace}-{n}", namespace=namespace) for n in range(count)]
            for namespace, count in namespaces.items()
        }
        self.see()

    async def delete(self, *namespaces: str, count: int) -> None:
        """Let some sources of each namespace be gone, and their lifecycles be judged."""
        for namespace in namespaces:
            for obj in self.of[namespace][:count]:
                self.propose(obj)
        await asyncio.sleep(GATHER_SECONDS + 0.01)
        for namespace in namespaces:
            await self.look(namespace=namespace)
        self.see()

    async def churn(self, namespace: str, *, cycles: int) -> None:
        """Let one cluster come and go again and again."""
        for number in range(cycles):
            came = second_time(self.clock.now())
            obj = self.add(f"{namespace}-churn{number}", namespace=namespace, came=came)
            self.see()
            await asyncio.sleep(3)
            self.propose(obj)
            await asyncio.sleep(GATHER_SECONDS + 0.01)
            await self.look(namespace=namespace)
            self.see()

    def count(self, namespace: str) -> int:
        """Return how many lifecycles of a namespace are left."""
        return sum(
            1
            for obj in self.store.types[LIFECYCLES].objects.values()
            if obj["spec"]["source"]["namespace"] == namespace
        )
