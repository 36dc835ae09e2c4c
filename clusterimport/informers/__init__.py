"""Shared informers: complete, current, read-only views of the objects of one type.

A reflector copies the server's state by list and watch; the informer keeps it, tells handlers
about every change in the same synchronous step, and is shared by everyone who asks for the same
type and selectors.
"""

from clusterimport.informers.errors import InformerCrashed, InformerError, NotAcquiredError
from clusterimport.informers.factory import InformerFactory
from clusterimport.informers.handlers import EventHandler, Registration
from clusterimport.informers.informer import SharedInformer
from clusterimport.informers.interests import Predicate
from clusterimport.informers.lister import Lister
from clusterimport.informers.listwatch import ListerWatcher
from clusterimport.informers.metrics import InformerMetrics, NullInformerMetrics
from clusterimport.informers.options import InformerOptions
from clusterimport.informers.spec import InformerSpec, Keep
from clusterimport.informers.status import InformerStatus
from clusterimport.informers.transforms import Transform

__all__ = [
    "EventHandler",
    "InformerCrashed",
    "InformerError",
    "InformerFactory",
    "InformerMetrics",
    "InformerOptions",
    "InformerSpec",
    "InformerStatus",
    "Keep",
    "Lister",
    "ListerWatcher",
    "NotAcquiredError",
    "NullInformerMetrics",
    "Predicate",
    "Registration",
    "SharedInformer",
    "Transform",
]
