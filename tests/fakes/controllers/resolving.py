"""A lifecycle with references in a test's hands, and what resolves them."""

from collections.abc import Mapping
from typing import Any

import pytest

from clusterimport.controllers.inforce.references import ReferencedObject, ReferenceIndex
from clusterimport.controllers.lifecycles.reading import SharedReads
from clusterimport.controllers.lifecycles.references import Resolution
from clusterimport.controllers.lifecycles.unlabelled import Unlabelled
from clusterimport.controllers.lifecycles.verdict import Held
from clusterimport.engine.lifecycle import ReferenceGuard, compile_lifecycle
from clusterimport.engine.rules import ImportRules
from clusterimport.kube import errors
from clusterimport.model.gvr import SECRETS
from clusterimport.model.lifecycle import parse_lifecycle
from clusterimport.model.meta import ObjectKey
from tests.fakes.controllers.importing import ImportRig
from tests.fakes.controllers.importobjects import (
    LABELLED,
    REFERENCE,
    lifecycle_body,
    secret_body,
    source_body,
)

AUTH = ObjectKey("team", "auth-one")
TARGET = ReferencedObject(SECRETS.group_resource, AUTH)
FORBIDDEN = errors.Forbidden(403, "Forbidden")
SECOND = {
    "key": "ca",
    "group": "",
    "version": "v1",
    "resource": "secrets",
    "namespaceTemplate": "team",
    "nameTemplate": "{{ .references.auth.data.next }}",
}


class ResolvingRig(ImportRig):
    """A lifecycle with one reference to a Secret that exists and is seen."""

    def __init__(self, *references: Mapping[str, Any], see: bool = True, **spec: Any) -> None:
        super().__init__()
        self.active = self.activate(see=False, **spec)
        self.put(SECRETS, secret_body())
        if see:
            self.see()
        items = [REFERENCE | {"version": "v1"}, *references]
        self.record = parse_lifecycle({**lifecycle_body(references=items)})
        self.index = ReferenceIndex()
        self.reading = SharedReads(self.clock)
        self.unlabelled = Unlabelled(self.clock)
        self.resolution = self.look("mcp-one")

    def look(self, lifecycle: str, *, is_live: bool = False) -> Resolution:
        return Resolution(
            lifecycle,
            self.index,
            reads=self.reading,
            unlabelled=self.unlabelled,
            limits=self.limit_metrics,
            is_live=is_live,
        )

    async def resolve(self) -> Mapping[str, Any]:
        compiled = compile_lifecycle(self.record, self.programs, ReferenceGuard(ImportRules()))
        return await self.resolution.resolve(compiled, self.active, source_body(), self.context.hub)

    async def held(self) -> Held:
        with pytest.raises(Held) as caught:
            await self.resolve()
        return caught.value

    def reads(self) -> int:
        return len(self.rest.requests)


async def resolve_for(rig: ResolvingRig, lifecycle: str) -> Mapping[str, Any]:
    """Resolve the same references for a lifecycle of another name."""
    rig.resolution = rig.look(lifecycle)
    return await rig.resolve()


class SelectingRig(ResolvingRig):
    """The same where the policy tells the label of the Secret."""

    def __init__(self) -> None:
        super().__init__(references=[LABELLED])

    def cached(self) -> Any:
        cache = self.active.subscription.reference_cache("auth", "team")
        assert cache is not None
        return cache.store.get(AUTH)
