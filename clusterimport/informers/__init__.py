"""Shared informers: complete, current, read-only views of the objects of one type.

A reflector copies the server's state by list and watch; the informer keeps it, tells handlers
about every change in the same synchronous step, and is shared by everyone who asks for the same
type and selectors.
"""

from clusterimport.informers.errors import InformerCrashed, NotAcquiredError
from clusterimport.informers.factory import ServerInformerFactory
from clusterimport.informers.handlers import EventHandler, Registration
from clusterimport.informers.interests import Predicate
from clusterimport.informers.interfaces import InformerFactory, SharedInformer
from clusterimport.informers.lister import Lister
from clusterimport.informers.metrics import NullInformerMetrics
from clusterimport.informers.options import InformerOptions
from clusterimport.informers.spec import InformerSpec, Keep
from clusterimport.informers.status import InformerStatus
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
