"""Why an object is not in a cache that a label selector narrows.

It does not exist, or it lacks the labels: only a request tells, and nobody is told of a label that
never comes. So it is asked for a few seconds after it was missed first, and ever more seldom then.
"""

from typing import NamedTuple

from clusterimport.aio import Clock
from clusterimport.controllers.lifecycles.verdict import Held, NotYet, waiting
from clusterimport.engine.lifecycle import ReferenceTarget
from clusterimport.engine.references import called, unlabelled_message
from clusterimport.kube import errors
from clusterimport.kube.resources import ResourceClient
from clusterimport.model import meta
from clusterimport.model.labelselector import LabelSelector

FIRST_SECONDS = 5.0
"""When it is asked for first: a platform writes a Secret soon after the object that leads to it."""
MOST_SECONDS = 300.0
"""Longest time until it is asked for again; each is twice as long as the one before."""

NOT_SELECTED = "ReferenceNotSelected"


class _Missed(NamedTuple):
    target: ReferenceTarget
    selector: LabelSelector
    again_at: float
    wait_seconds: float
    told: Held


class Unlabelled:
    """What lifecycles miss, each one object; owned by the lifecycle reconciler of a term."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._missed: dict[str, _Missed] = {}

    async def explain(
        self, name: str, target: ReferenceTarget, selector: LabelSelector, client: ResourceClient
    ) -> Held:
        """Return what to tell of a lifecycle whose reference the cache does not have.

        Raises NotYet where the cache is about to have it, and KubeError where the server fails.
        """
        now, missed = self._clock.monotonic(), self._missed.get(name)
        if missed is None or (missed.target, missed.selector) != (target, selector):
            return self._remember(name, target, selector, FIRST_SECONDS, _absent(target, selector))
        if now < missed.again_at:
            return _after(missed.told, missed.again_at - now)
        wait = min(missed.wait_seconds * 2, MOST_SECONDS)
        # In advance, so that what fails is not asked for more often.
        self._remember(name, target, selector, wait, missed.told)
        return self._remember(
            name, target, selector, wait, await _look(target, selector, client) or missed.told
        )

    def forget(self, name: str) -> None:
        """Forget what a lifecycle missed: it is there, or the lifecycle is gone."""
        self._missed.pop(name, None)

    def _remember(
        self,
        name: str,
        target: ReferenceTarget,
        selector: LabelSelector,
        wait_seconds: float,
        told: Held,
    ) -> Held:
        again_at = self._clock.monotonic() + wait_seconds
        self._missed[name] = _Missed(target, selector, again_at, wait_seconds, told)
        return _after(told, wait_seconds)


async def _look(
    target: ReferenceTarget, selector: LabelSelector, client: ResourceClient
) -> Held | None:
    """Ask for the labels, and nothing else of it; None where the right to is missing."""
    try:
        found = await client.get(target.name, namespace=target.namespace, metadata_only=True)
    except errors.NotFound:
        return _absent(target, selector)
    except errors.Forbidden:
        return None
    if selector.takes(meta.labels_of(found)):
        raise NotYet(f"{called(target)} is there, and its cache does not show it yet")
    return waiting(NOT_SELECTED, unlabelled_message(target, selector))


def _absent(target: ReferenceTarget, selector: LabelSelector) -> Held:
    return waiting(
        "ReferenceResourceNotFound",
        f"{called(target)} does not exist, or not with the labels that the labelSelector of the "
        f"reference asks for ({selector}); the import goes on when it is there",
    )


def _after(told: Held, seconds: float) -> Held:
    return Held(told.reason, told.message, state=told.state, retry_after=seconds)
