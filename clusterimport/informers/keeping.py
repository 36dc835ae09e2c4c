"""What an informer keeps: which objects, in which form, and how much of each namespace.

Everyone who shares an informer may register a predicate; an object is kept if one of them, or
nobody at all, asks for it. Memory thereby follows what is imported and not what exists.

One namespace's objects may be many and large; what is kept of them, over all informers of the
program, is bounded, so that its tenants cannot take the memory that the others need. Cluster-scoped
objects count together, as one.

An object that cannot be used is stored as just that, whatever the interests, which cannot judge
it: who follows the informer tells, and changes nothing on its account.
"""

from collections.abc import Callable
from typing import Final, Self

import structlog

from clusterimport.informers.metrics import InformerMetrics
from clusterimport.informers.spec import InformerSpec, Keep
from clusterimport.informers.transforms import Interner, Transform
from clusterimport.kube.decoding import open_object
from clusterimport.limits.counted import Limit, LimitMetrics
from clusterimport.limits.objects import OWN_BOUNDS, SOURCE_BOUNDS
from clusterimport.model.meta import Identity, Object
from clusterimport.model.objects import JsonObject, Problem, UnusableObject
from clusterimport.traces import where

log = structlog.get_logger(__name__)

Predicate = Callable[[Object], bool | None]
"""Whether an object as the server sent it is of interest, None where that cannot be said and it is
kept; pure, never raises."""

EVERYBODY: Final = frozenset({""})
"""The takers where there is no interest."""


class Interests:
    """The predicates of one informer, by name."""

    def __init__(self, name: str, metrics: InformerMetrics) -> None:
        self._name = name
        self._metrics = metrics
        self._predicates: dict[str, Predicate] = {}
        # Names whose predicate has raised, so that one bug makes one line and not one per object.
        self._failed: set[str] = set()
        # The answers that there are, each once: many objects have the same.
        self._answers: dict[frozenset[str], frozenset[str]] = {}

    def set(self, name: str, predicate: Predicate) -> bool:
        """Add or replace a predicate; return False if it is there already."""
        if self._predicates.get(name) is predicate:
            return False
        self._predicates[name] = predicate
        self._failed.discard(name)
        return True

    def get(self, name: str) -> Predicate | None:
        """Return the predicate of a name."""
        return self._predicates.get(name)

    def remove(self, name: str) -> bool:
        """Drop a predicate; return False if there is none of that name."""
        self._failed.discard(name)
        self._answers.clear()
        return self._predicates.pop(name, None) is not None

    def __len__(self) -> int:
        return len(self._predicates)

    def takers(self, obj: Object) -> frozenset[str]:
        """Return the names of those who take an object; empty if it is not to be kept.

        Those who cannot say have a ``?`` before their name. A predicate that raises has a bug; its
        answer counts as such, because a no would look like a deletion.
        """
        if not self._predicates:
            return EVERYBODY
        found = []
        for name, predicate in self._predicates.items():
            try:
                answer = predicate(obj)
            except Exception as error:  # noqa: BLE001 - a bug must not stop the informer
                self._report(name, error)
                answer = None
            if answer is not False:
                found.append(name if answer else f"?{name}")
        takers = frozenset(found)
        return self._answers.setdefault(takers, takers)

    def _report(self, name: str, error: Exception) -> None:
        self._metrics.handler_failed(self._name)
        if name not in self._failed:
            self._failed.add(name)
            log.error("predicate failed", informer=self._name, interest=name, error=where(error))


class NamespaceShares:
    """Bytes by namespace; 0 as the bound means none."""

    def __init__(self, most_bytes: int, *, base: Self | None = None) -> None:
        self.most_bytes = most_bytes
        self._base = base
        # Only what is not zero.
        self._bytes: dict[str, int] = {}
        # Who is to be told when a namespace has room again.
        self._waiting: dict[str, dict[Callable[[], None], None]] = {}

    def draft(self) -> Self:
        """Return shares of what a list in the making adds; dropped, they count no more."""
        return type(self)(self.most_bytes, base=self)

    def held(self, namespace: str) -> int:
        """Return how many bytes are kept."""
        held = self._bytes.get(namespace, 0)
        return held + self._base.held(namespace) if self._base else held

    def fits(self, namespace: str, more_bytes: int) -> bool:
        """Whether so much more may be kept."""
        return (
            more_bytes <= 0
            or not self.most_bytes
            or self.held(namespace) + more_bytes <= self.most_bytes
        )

    def add(self, namespace: str, more_bytes: int) -> None:
        """Count what is kept now; negative for what is not kept any more."""
        if not more_bytes:
            return
        held = self._bytes.get(namespace, 0) + more_bytes
        if held:
            self._bytes[namespace] = held
        else:
            self._bytes.pop(namespace, None)
        if more_bytes < 0:
            for wake in self._waiting.pop(namespace, ()):
                wake()

    def wait(self, namespace: str, wake: Callable[[], None]) -> None:
        """Call ``wake`` once as soon as less is kept of a namespace than now."""
        if self._base is not None:
            self._base.wait(namespace, wake)
        else:
            self._waiting.setdefault(namespace, {})[wake] = None


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
