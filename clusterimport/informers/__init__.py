"""Shared informers: complete, current, read-only views of the objects of one type.

A reflector copies the server's state by list and watch; the informer keeps it, tells handlers
about every change in the same synchronous step, and is shared by everyone who asks for the same
type and selectors.
"""

from clusterimport.informers.errors import InformerCrashed, NotAcquiredError
from clusterimport.informers.factory import ServerInformerFactory
from clusterimport.informers.handlers import EventHandler, Registration
from clusterimport.informers.interfaces import InformerFactory, SharedInformer
from clusterimport.informers.keeping import Predicate
from clusterimport.informers.metrics import NullInformerMetrics
from clusterimport.informers.options import InformerOptions
from clusterimport.informers.spec import InformerSpec, InformerStatus, Keep
from clusterimport.informers.store import Lister
from clusterimport.informers.transforms import Transform

__all__ = [
    "EventHandler",
    "InformerCrashed",
    "InformerFactory",
    "InformerOptions",
    "InformerSpec",
    "InformerStatus",
    "Keep",
    "Lister",
    "NotAcquiredError",
    "NullInformerMetrics",
    "Predicate",
    "Registration",
    "ServerInformerFactory",
    "SharedInformer",
    "Transform",
]
