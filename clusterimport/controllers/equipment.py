"""What outlives a leadership term and is handed to each."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from clusterimport.aio import Clock
from clusterimport.controllers.inforce.caches import Caches
from clusterimport.controllers.inforce.schema import SchemaReader
from clusterimport.controllers.inforce.tracker import PolicyTracker
from clusterimport.controllers.metrics import ControllerMetrics, HealthMetrics, ImportMetrics
from clusterimport.controllers.pediaclusters.options import HealthOptions
from clusterimport.controllers.shared.clients import Views
from clusterimport.engine.programs import ProgramCache
from clusterimport.engine.references import ReferenceGuard
from clusterimport.engine.rules import ImportRules
from clusterimport.limits.counted import LimitMetrics
from clusterimport.limits.probes import PROBES_AT_A_TIME
from clusterimport.model.pediacluster import Digest
from clusterimport.workqueue import QueueMetrics


@dataclass(frozen=True, slots=True)
class Workers:
    """Reconciles at a time, per reconciler; of sources and lifecycles, half for one tenant."""

    policies: int = 2
    sources: int = 16
    """Each may wait for one write of a lifecycle."""
    lifecycles: int = 32
    """Each may wait for two reads and two writes; the REST layer bounds them all together."""
    pediaclusters: int = PROBES_AT_A_TIME
    """Each may have a connection with a cluster, and wait for its answer."""
    deletions: int = 16
    """Each is one tenant's, and one that has very much to look at is not to hold the others."""


@dataclass(frozen=True, slots=True)
class Equipment:
    """Everything that a term is made with."""

    clock: Clock
    random: Random
    caches: Caches
    views: Views
    """The informers, to be told what live answers say."""
    tracker: PolicyTracker
    schemas: SchemaReader
    programs: ProgramCache
    guard: ReferenceGuard
    rules: ImportRules
    digest: Digest
    identity: str
    workers: Workers
    health: HealthOptions
    controller_metrics: ControllerMetrics
    import_metrics: ImportMetrics
    health_metrics: HealthMetrics
    limit_metrics: LimitMetrics
    queue_metrics: Callable[[str], QueueMetrics]
