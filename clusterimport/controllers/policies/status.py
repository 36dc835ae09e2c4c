"""The status of a policy as a pure function of what is known of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from clusterimport.controllers.inforce.state import ActivePolicy, PolicyState
from clusterimport.controllers.policies.access import PolicyAccess
from clusterimport.controllers.shared.blocks import Block
from clusterimport.controllers.shared.permissions import MISSING_PERMISSION
from clusterimport.controllers.shared.tally import FAILED_STATES, PolicyTally, State
from clusterimport.engine.ambiguity import MESSAGES
from clusterimport.engine.errors import INVALID_POLICY
from clusterimport.model import meta
from clusterimport.model.conditions import Condition, find, set_condition, without
from clusterimport.model.meta import ObjectKey
from clusterimport.model.rejections import to_list

RECONCILING = "ReconcileSourceResourceAndLifecycle"
"""Clusterpedia's one reason for work on sources, done or under way; columns and scripts read it."""

AMBIGUOUS_NAMES = "AmbiguousNames"
"""A warning: it stands beside ``Ready=True``, and only where there is cause."""

SOURCES_FAILED = "SourcesFailed"
SOURCES_UNREADABLE = "SourcesUnreadable"
LISTING = "Listing"
WAITING = "Waiting"
NOTHING_SELECTED = "NothingSelected"

_OVER_WHEN_LOOKED_AT: Final = frozenset({SOURCES_UNREADABLE, MISSING_PERMISSION, LISTING})
"""Reasons of ``Ready`` that say no more than why sources are not looked at."""

COUNTS: Final = ("sources", "selected", "imported", "waiting", "failed")
"""The fields of the status that count, in the order in which they contain one another."""


@dataclass(frozen=True, slots=True)
class PolicyObservation:
    """All that a policy's status is made of."""

    state: PolicyState
    tally: PolicyTally
    block: Block | None
    access: PolicyAccess
    """What stands between the policy and what it reads."""
    seen: int
    """Objects of the source type that the server has, with its own selectors applied."""
    is_viewed: bool
    """Whether all of them were listed with the present selector."""
    is_busy: bool
    """Whether sources or deletions still wait to be looked at."""
    is_outdated: bool = False
    """Whether a look at all sources is asked for and has not begun."""
    was_counted: bool = False
    """Whether a leader before has counted all: then the sums of a part are worse than its."""
    missing_namespaces: frozenset[str] = frozenset()
    """Namespaces that the policy names and the server does not have."""

    @property
    def is_well(self) -> bool:
        """Whether nothing stands in the way of looking at the sources."""
        return self.state.blocker is None and not self.access.problem

    @property
    def is_settled(self) -> bool:
        """Whether nothing is outstanding for this generation."""
        return self.is_viewed and not self.is_busy and not self.tally.pending


def build_status(present: meta.Object, seen: PolicyObservation, now: str) -> dict[str, Any]:
    """Return the status fields that are ours, None for one that is to be removed.

    ``status.deletions`` is kept by others.
    """
    conditions: list[dict[str, Any]] = [dict(raw) for raw in present.get("conditions") or ()]
    told = [_validated(seen), _reconciling(seen)]
    # Of a policy that was never in force since we lead, what stands is the newest that is known.
    is_known = seen.state.active is not None or seen.block is not None
    if is_known or find(conditions, "DeletionBlocked") is None:
        told.append(_deletion_blocked(seen))
    for condition in told:
        conditions = set_condition(conditions, condition, now)
    if seen.state.governing is not None:
        conditions = _with_ambiguity(conditions, seen.state.governing, seen.state.generation, now)
    ready = _ready(seen, conditions)
    if ready is not None:
        conditions = set_condition(conditions, ready, now)
    status = {"conditions": conditions, "observedGeneration": seen.state.generation}
    if is_known:
        status["heldDeletions"] = ([*seen.block.held] if seen.block else []) or None
    if seen.tally.is_complete:
        # Before that, what stands is what was told; the look that goes on is compared with it.
        status["rejected"] = to_list(seen.tally.rejections()) or None
    return status | _known_counts(seen)


def is_counted(present: meta.Object) -> bool:
    """Whether somebody has counted the sources of a policy, as far as its status tells.

    Clusterpedia's CRD keeps no numbers; there a settled ``Ready`` tells.
    """
    ready = find(present.get("conditions") or (), "Ready")
    return "selected" in present or (ready is not None and ready.observed_generation > 0)


def _known_counts(seen: PolicyObservation) -> dict[str, int]:
    """Return the fields that count, as far as they are known; the others stay as they are."""
    tally = seen.tally
    known: dict[str, int] = {}
    if seen.is_viewed:
        known["sources"] = seen.seen
    if tally.is_complete or not seen.was_counted:
        known |= {
            "selected": tally.selected,
            "imported": tally.imported,
            "waiting": tally.waiting,
            "failed": tally.failed,
        }
    return known


def _with_ambiguity(
    conditions: Sequence[meta.Object], active: ActivePolicy, generation: int, now: str
) -> list[dict[str, Any]]:
    """Warn of names that sources of several namespaces may have; without cause say nothing."""
    found = active.compiled.name_ambiguity if active.is_namespaced else None
    if found is None:
        return without(conditions, AMBIGUOUS_NAMES)
    message = (
        f"spec.nameTemplate {MESSAGES[found]}: the first keeps it. A dot after the namespace tells "
        "them apart; but another template gives everything that is imported another name"
    )
    told = Condition(AMBIGUOUS_NAMES, "True", found.value, message, generation)
    return set_condition(conditions, told, now)


def _validated(seen: PolicyObservation) -> Condition:
    generation, blocker = seen.state.generation, seen.state.blocker
    if blocker is not None:
        status = "Unknown" if blocker.is_unknown else "False"
        return Condition("Validated", status, blocker.reason, blocker.message, generation)
    invalid = _invalid(seen)
    if invalid:
        return Condition("Validated", "False", INVALID_POLICY, invalid, generation)
    rights = _missing_rights(seen)
    if rights:
        return Condition("Validated", "False", MISSING_PERMISSION, rights, generation)
    return Condition("Validated", "True", "Success", "", generation)


def _invalid(seen: PolicyObservation) -> str:
    """Say what the server has against a policy in force."""
    active = seen.state.governing
    fixed = active.compiled.fixed_namespaces.items() if active else ()
    problems = [
        f"spec.references[{key}].namespaceTemplate: namespace {namespace} does not exist; create "
        "it, or correct the name"
        for key, namespace in fixed
        if namespace in seen.missing_namespaces
    ]
    return "; ".join(filter(None, (seen.access.refused_selector, *problems)))


def _missing_rights(seen: PolicyObservation) -> str:
    """Say which rights are missing: those to list, else one that an import has missed."""
    if seen.access.missing_rights:
        return seen.access.missing_rights
    failed = (seen.tally.troubled[state].values() for state in FAILED_STATES)
    return next(
        (
            standing.message
            for standings in failed
            for standing in standings
            if standing.reason == MISSING_PERMISSION
        ),
        "",
    )


def _reconciling(seen: PolicyObservation) -> Condition:
    generation = seen.state.generation
    if seen.state.governing is None:
        return Condition(
            "Reconciling", "False", RECONCILING, "the policy is not in force", generation
        )
    if seen.access.concerns_sources:
        return Condition(
            "Reconciling", "True", "FailedListSourceResources", seen.access.problem, generation
        )
    if not seen.is_viewed:
        return Condition(
            "Reconciling", "True", "WaitResourceSynced", "the sources are being listed", generation
        )
    if not seen.is_settled:
        return Condition(
            "Reconciling", "True", RECONCILING, "sources are being looked at", generation
        )
    return Condition("Reconciling", "False", RECONCILING, "", generation)


def _deletion_blocked(seen: PolicyObservation) -> Condition:
    generation = seen.state.generation
    if seen.block is None:
        return Condition("DeletionBlocked", "False", "NothingBlocked", "", generation)
    return Condition("DeletionBlocked", "True", seen.block.reason, seen.block.message, generation)


def _ready(seen: PolicyObservation, present: Sequence[meta.Object]) -> Condition | None:
    """Sum up; None keeps what stands, because a generation is observed only when it is in force."""
    generation = seen.state.generation
    blocker = seen.state.blocker
    if blocker is not None and blocker.is_unknown:
        return Condition("Ready", "Unknown", SOURCES_UNREADABLE, blocker.message, generation)
    if blocker is not None:
        return Condition("Ready", "False", blocker.reason, blocker.message, generation)
    access = seen.access
    invalid = _invalid(seen)
    if invalid:
        return Condition("Ready", "False", INVALID_POLICY, invalid, generation)
    if access.missing_rights:
        return Condition("Ready", "False", MISSING_PERMISSION, access.missing_rights, generation)
    if access.unreadable:
        return Condition("Ready", "Unknown", SOURCES_UNREADABLE, access.unreadable, generation)
    if not seen.is_settled:
        return _unsettled(seen, find(present, "Ready"))
    if seen.block is not None:
        return Condition("Ready", "False", "DeletionBlocked", seen.block.message, generation)
    return Condition("Ready", *_summary(seen), generation)


def _unsettled(seen: PolicyObservation, before: Condition | None) -> Condition | None:
    """Say that it is not known; None where what stands is soon replaced by the result of a look."""
    if not seen.is_viewed:
        return Condition("Ready", "Unknown", LISTING, "the sources are being listed")
    if before is not None and before.reason not in _OVER_WHEN_LOOKED_AT:
        return None
    return Condition("Ready", "Unknown", "Reconciling", "sources are being looked at")


def _summary(seen: PolicyObservation) -> tuple[str, str, str]:
    """Return status, reason and message of a settled policy; what failed comes first."""
    tally, active = seen.tally, seen.state.active
    if tally.failed:
        is_import = tally.counts[State.FAILED] or tally.counts[State.OUTDATED]
        reason = SOURCES_FAILED if is_import else "ClustersNotReady"
        return "False", reason, _failures(tally)
    kind = f"{active.source_type.group_resource}" if active else "sources"
    if not tally.selected and seen.seen:
        return "True", NOTHING_SELECTED, f"the policy selects none of {seen.seen} {kind}"
    if not tally.selected:
        narrowed = active is not None and (
            active.record.source.label_selector or active.record.source.field_selector
        )
        which = " that labelSelector and fieldSelector take" if narrowed else ""
        return "True", "NoSources", f"the API server has 0 {kind}{which}"
    message = f"{tally.imported} of {tally.selected} imported"
    if tally.waiting:
        message += f", {tally.waiting} waiting: {_reasons(tally, State.WAITING)}"
    if not tally.imported:
        return "Unknown", WAITING, message
    return "True", "Imported", message


def _failures(tally: PolicyTally) -> str:
    """Name what failed; what is unreachable has its reason alone, since its text may change."""
    parts = [f"{tally.failed} of {tally.selected} sources failed"]
    broken = tally.counts[State.FAILED] + tally.counts[State.OUTDATED]
    unreachable = tally.counts[State.UNREACHABLE]
    if broken:
        examples = tally.examples(State.FAILED, State.OUTDATED)
        named = "; ".join(
            f"{key}: {standing.reason}: {standing.message}" for key, standing in examples.items()
        )
        parts.append(f"{broken} cannot be created or updated: {named}{_rest(broken, examples)}")
    if unreachable:
        parts.append(
            f"{unreachable} {'is' if unreachable == 1 else 'are'} imported and not ready: "
            f"{_reasons(tally, State.UNREACHABLE)}"
        )
    if tally.waiting:
        parts.append(f"{tally.waiting} waiting: {_reasons(tally, State.WAITING)}")
    return ". ".join(parts)


def _reasons(tally: PolicyTally, state: State) -> str:
    examples = tally.examples(state)
    named = ", ".join(f"{key}: {standing.reason}" for key, standing in examples.items())
    return f"{named}{_rest(tally.counts[state], examples)}"


def _rest(count: int, examples: Mapping[ObjectKey, object]) -> str:
    left = count - len(examples)
    return f" and {left} more (kubectl get pediaclusterlifecycles)" if left else ""
