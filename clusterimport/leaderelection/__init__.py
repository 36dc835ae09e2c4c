"""Leader election over a Lease, compatible with client-go's.

Holding a lease does not fence: every write of a leader also goes through the elector's gate and
carries a precondition of its own.
"""

from clusterimport.leaderelection.elector import LeaderElector
from clusterimport.leaderelection.lock import LeaseLock, Lock
from clusterimport.leaderelection.options import LeaderElectionOptions, default_identity
from clusterimport.leaderelection.record import LeaderRecord

__all__ = [
    "LeaderElectionOptions",
    "LeaderElector",
    "LeaderRecord",
    "LeaseLock",
    "Lock",
    "default_identity",
]
