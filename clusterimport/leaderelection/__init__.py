"""Leader election over a Lease, compatible with client-go's.

Holding a lease does not fence: every write of a leader also goes through the elector's gate and
carries a precondition of its own. Nor does it bind who holds another one: see ``rivals``.
"""

from clusterimport.leaderelection.alone import AloneGuard
from clusterimport.leaderelection.elector import LeaderElector
from clusterimport.leaderelection.lock import LeaseLock, Lock
from clusterimport.leaderelection.options import LeaderElectionOptions, default_identity
from clusterimport.leaderelection.record import LeaderRecord
from clusterimport.leaderelection.rivals import Rivals

__all__ = [
    "AloneGuard",
    "LeaderElectionOptions",
    "LeaderElector",
    "LeaderRecord",
    "LeaseLock",
    "Lock",
    "Rivals",
    "default_identity",
]
