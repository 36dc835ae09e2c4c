"""What writes PediaClusters, with the lifecycle of one."""

import dataclasses
import json
from collections.abc import Mapping
from typing import Any

from clusterimport.controllers.lifecycles.verdict import Held, ImportVerdict
from clusterimport.controllers.lifecycles.writer import PediaClusterWriter
from clusterimport.engine.document import RenderedCluster
from clusterimport.engine.lifecycle import ReferenceGuard, compile_lifecycle
from clusterimport.engine.rules import ImportRules
from clusterimport.kube import errors
from clusterimport.model.gvr import LIFECYCLES, PEDIACLUSTERS
from clusterimport.model.lifecycle import parse_lifecycle
from tests.fakes.controllers.importing import DIGEST, ImportRig
from tests.fakes.controllers.importobjects import (
    CANARY,
    TEMPLATE,
    lifecycle_body,
    lifecycle_owner,
    pediacluster_body,
    secret_body,
    source_body,
)

COLLECTION = PEDIACLUSTERS.path()
OBJECT = PEDIACLUSTERS.path(name="mcp-one")
INVALID = errors.Invalid(
    422, "Invalid", verb="create", causes=(errors.Cause("spec.caData", "FieldValueInvalid", "x"),)
)


class WriterRig(ImportRig):
    """A lifecycle whose PediaCluster is to be written."""

    def __init__(self, **spec: Any) -> None:
        super().__init__()
        self.obj = self.put(LIFECYCLES, lifecycle_body(**spec))
        self.see()
        self.record = parse_lifecycle(self.obj)
        self.owners = [lifecycle_owner("mcp-one", self.record.uid)]
        self.subject = PediaClusterWriter(self.context, DIGEST)

    def rendered(
        self,
        *,
        url: str = "https://one.example:6443",
        token: str = CANARY,
        labels: Mapping[str, str] | None = None,
    ) -> RenderedCluster:
        """Return what the template renders of a source and a Secret with these values."""
        if labels is not None:
            text = f"metadata: {{labels: {json.dumps(labels)}}}\n{TEMPLATE}"
            self.record = dataclasses.replace(self.record, template=text)
        compiled = compile_lifecycle(self.record, self.programs, ReferenceGuard(ImportRules()))
        return compiled.render(source_body(url=url), {"auth": secret_body(token=token)})

    async def write(self, *, created_at: str = "", **values: Any) -> ImportVerdict:
        """Write what these values render."""
        return await self.subject.write(self.record, self.rendered(**values), created_at=created_at)

    async def held(self, **values: Any) -> Held:
        """Write, and return why that, or some of it, did not come about."""
        try:
            verdict = await self.write(**values)
        except Held as held:
            return held
        assert verdict.held is not None
        return verdict.held

    def exists(
        self, *, owners: list[dict[str, Any]] | None = None, see: bool = True, **spec: Any
    ) -> dict[str, Any]:
        """Let the PediaCluster stand already."""
        owners = self.owners if owners is None else owners
        obj = self.put(PEDIACLUSTERS, pediacluster_body(owners=owners, **spec))
        if see:
            self.see()
        return obj
