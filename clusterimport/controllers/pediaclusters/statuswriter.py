"""The one write that this process makes to a PediaCluster beside the import: its status."""

from typing import Final

import structlog

from clusterimport.controllers.pediaclusters.verdicts import HealthFinding, status_patch
from clusterimport.controllers.shared.context import TermContext
from clusterimport.controllers.shared.refusals import RefusalLedger, is_refusal
from clusterimport.kube import errors
from clusterimport.model import meta
from clusterimport.model.gvr import PEDIACLUSTERS
from clusterimport.model.pediacluster import Digest, redact
from clusterimport.model.times import second_time

log = structlog.get_logger(__name__)

CONFLICT_SECONDS: Final = 5.0
"""When to try again after a conflict, if the event that brings the newer object does not come."""

_STATUS: Final = "status"


class StatusWriter:
    """Writes what differs; remembers what the server refused."""

    def __init__(self, context: TermContext, digest: Digest) -> None:
        self._context = context
        self._digest = digest
        self._refusals: RefusalLedger[str] = RefusalLedger(context.clock, context.schemas)

    def forget(self, name: str) -> None:
        """Forget a cluster that is gone."""
        self._refusals.forget(name)

    async def write(self, obj: meta.Object, finding: HealthFinding) -> float | None:
        """Make the status of a PediaCluster say what was found.

        Returns the seconds after which to try again; None if the status says it. Raises KubeError
        if the server failed.
        """
        name = meta.name_of(obj)
        changed = status_patch(obj, finding, second_time(self._context.clock.now()))
        if changed is None:
            return None
        patch = {
            "metadata": {"resourceVersion": meta.resource_version_of(obj)},
            "status": changed,
        }
        standing = self._refusals.standing(name, _STATUS, patch)
        if standing is not None:
            return self._refusals.seconds_until_due(standing)
        written = self._context.newest.written_pediaclusters
        try:
            with written.writing(name):
                updated = await self._context.hub.client(PEDIACLUSTERS).patch(
                    name, patch, subresource="status"
                )
                written.wrote(name, redact(updated, self._digest))
        except errors.NotFound:
            return None
        except errors.Conflict:
            # Our view is older than the server's; the event that brings it is on its way.
            return CONFLICT_SECONDS
        except errors.ApiError as error:
            if not is_refusal(error):
                raise
            log.warning("pediacluster status refused", pediacluster=name, error=str(error))
            refusal = self._refusals.refused(name, _STATUS, patch, error)
            return self._refusals.seconds_until_due(refusal)
        self._refusals.accepted(name, _STATUS)
        return None
