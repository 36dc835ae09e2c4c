"""Judged credentials, from who wrote them to who looks after the health of their cluster.

What was judged before it was written is neither read again nor judged again, as long as what stands
in the PediaCluster is what was written. A hand-over is kept until it is taken, which is a moment
later; where very many wait, the oldest are dropped, and are read as if nobody had known them.
"""

from collections import OrderedDict
from typing import NamedTuple

from clusterimport.engine.assessment import Assessment, CredentialVerdict
from clusterimport.limits.objects import HANDED_OVER_BYTES
from clusterimport.model import meta
from clusterimport.model.pediacluster import CONNECTION_FIELDS

_ENTRY_BYTES = 2048
"""About what one takes beside the credentials."""


class _Given(NamedTuple):
    identity: tuple[str, ...]
    judged: CredentialVerdict

    @property
    def size(self) -> int:
        known = self.judged.assessment.connection
        texts = (known.ca_data, known.cert_data, known.key_data, known.token)
        return sum(map(len, texts)) + _ENTRY_BYTES


class Handover:
    """The hand-overs of one term, by the name of the PediaCluster; one for each name."""

    def __init__(self) -> None:
        self._given: OrderedDict[str, _Given] = OrderedDict()
        self._held_bytes = 0

    def give(self, name: str, written: meta.Object, judged: CredentialVerdict) -> None:
        """Hand over; ``written`` is the server's answer, with digests for credentials."""
        self.forget(name)
        given = self._given[name] = _Given(_identity(written), judged)
        self._held_bytes += given.size
        while self._held_bytes > HANDED_OVER_BYTES:
            self.forget(next(iter(self._given)))

    def take(self, obj: meta.Object, features: frozenset[str]) -> Assessment | None:
        """Return the verdict on the credentials of a PediaCluster, and forget it.

        None where it is not known: nothing was handed over, another connection stands there, or
        the credentials may contain now what they might not, or the other way round.
        """
        given = self._pop(meta.name_of(obj))
        if given is None or given.identity != _identity(obj) or given.judged.features != features:
            return None
        return given.judged.assessment

    def forget(self, name: str) -> None:
        """Drop what was handed over."""
        self._pop(name)

    def __contains__(self, name: str) -> bool:
        """Whether there is anything to take."""
        return name in self._given

    def _pop(self, name: str) -> _Given | None:
        given = self._given.pop(name, None)
        if given is not None:
            self._held_bytes -= given.size
        return given


def _identity(obj: meta.Object) -> tuple[str, ...]:
    """Return what is equal where it is the same PediaCluster that connects alike."""
    spec = obj.get("spec") or {}
    return (meta.uid_of(obj), *(spec.get(name) or "" for name in CONNECTION_FIELDS))
