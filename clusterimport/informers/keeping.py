"""What an informer stores of an object, as its spec says.

An object that cannot be used is stored as just that, whatever the interests, which cannot judge
it: who follows the informer tells, and changes nothing on its account.
"""

from collections.abc import Callable

from clusterimport.informers.interests import Interests
from clusterimport.informers.shares import NamespaceShares
from clusterimport.informers.spec import InformerSpec, Keep
from clusterimport.informers.transforms import Interner, Transform
from clusterimport.kube.decoding import open_object
from clusterimport.limits.counted import Limit, LimitMetrics
from clusterimport.limits.objects import OWN_BOUNDS, SOURCE_BOUNDS
from clusterimport.model.meta import Identity, Object
from clusterimport.model.objects import JsonObject, Problem, UnusableObject


class Keeper:
    """Makes the stored form of one informer's objects."""

    def __init__(
        self,
        spec: InformerSpec,
        *,
        interests: Interests,
        transform: Transform,
        interner: Interner,
        limits: LimitMetrics,
        room_made: Callable[[], None],
    ) -> None:
        self._keep = spec.keep
        self._is_spare = spec.keep is Keep.REFERENCED
        self._bounds = OWN_BOUNDS if spec.keep is Keep.WHOLE else SOURCE_BOUNDS
        self._interests = interests
        self._transform = transform
        self._text = interner.text
        self._limits = limits
        self._room_made = room_made

    def keep(self, obj: Identity, known: Object | None, shares: NamespaceShares) -> Object | None:
        """Return what to store in the place of ``known``; None if no interest takes the object."""
        if self._keep is Keep.IDENTITY:
            bare = self._bare(obj)
            return bare if self._interests.takers(bare) else None
        opened = open_object(obj, self._bounds)
        if isinstance(opened, UnusableObject):
            return self._refused(obj, opened.problem, known)
        takers = self._interests.takers(opened.content)
        if not takers:
            return None
        if self._keep is Keep.WHOLE:
            return self._transform(opened.content)
        more = opened.compact.size - size_of(known)
        if shares.fits(obj.namespace, more):
            return JsonObject(self._bare(obj), opened.compact.json, takers, is_kept=True)
        if self._is_spare:
            return self._left_out(obj, known)
        shares.wait(obj.namespace, self._room_made)
        return self._refused(obj, _no_room(shares.most_bytes), known)

    def _left_out(self, obj: Identity, known: Object | None) -> Identity:
        """Return what is kept of an object whose content will be read when it is needed."""
        if known is None or size_of(known):
            self._limits.limit_reached(Limit.NAMESPACE_REFERENCE_BYTES)
        return self._bare(obj)

    def _refused(self, obj: Identity, problem: Problem, known: Object | None) -> UnusableObject:
        if not isinstance(known, UnusableObject) or known.problem != problem:
            self._limits.limit_reached(problem.limit)
        return UnusableObject(self._bare(obj), problem)

    def _bare(self, obj: Identity) -> Identity:
        text = self._text
        return Identity(
            text(obj.api_version),
            text(obj.kind),
            text(obj.namespace),
            obj.name,
            obj.uid,
            obj.resource_version,
        )


def size_of(obj: Object | None) -> int:
    """Return the bytes that count against the namespace of a stored object."""
    return obj.size if isinstance(obj, Identity) else 0


def _no_room(most_bytes: int) -> Problem:
    message = (
        f"the sources in its namespace take more than the {most_bytes} bytes that are kept of one "
        "namespace; remove some, or raise --max-source-bytes-per-namespace"
    )
    return Problem("ShareExceeded", message, Limit.NAMESPACE_SOURCE_BYTES)
