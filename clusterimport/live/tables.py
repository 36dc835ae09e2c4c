"""The three tables of ``get``: what stands in which column, as the CRDs have them.

Cells are texts; whoever prints decides on widths and colours.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from clusterimport.model import conditions
from clusterimport.model.gvr import LIFECYCLES, PEDIACLUSTERS, POLICIES, GroupVersionResource
from clusterimport.model.lifecycle import SourceReference, stored_source, told_source
from clusterimport.model.meta import (
    Object,
    controller_of,
    creation_timestamp_of,
    is_deleting,
    name_of,
)

Cell = Callable[[Object, datetime], str]
"""Makes the text of a cell; empty where the object does not say."""


class Column(NamedTuple):
    """One column."""

    title: str
    cell: Cell
    is_wide: bool = False
    """Whether only ``-o wide`` shows it."""


class TableOf(NamedTuple):
    """The table of one type."""

    title: str
    gvr: GroupVersionResource
    singular: str
    columns: tuple[Column, ...]

    def shown(self, *, wide: bool) -> tuple[Column, ...]:
        """Return the columns that are shown."""
        return tuple(column for column in self.columns if wide or not column.is_wide)

    def row(self, obj: Object, now: datetime, *, wide: bool) -> tuple[str, ...]:
        """Return the cells of an object."""
        return tuple(column.cell(obj, now) for column in self.shown(wide=wide))


def source_of(lifecycle: Object) -> SourceReference | None:
    """Return which object a lifecycle follows, as its status tells, else as its spec does."""
    return told_source(lifecycle) or stored_source(lifecycle)


def policy_of(lifecycle: Object) -> str:
    """Return the name of the policy that a lifecycle belongs to, empty if it is nobody's."""
    owner = controller_of(lifecycle)
    return owner.name if owner else ""


def age_of(obj: Object, now: datetime) -> str:
    """Return how old an object is, as kubectl writes it."""
    try:
        since = datetime.fromisoformat(creation_timestamp_of(obj))
        return human_duration((now - since).total_seconds())
    except (TypeError, ValueError):
        return ""


def human_duration(seconds: float) -> str:
    """Write a duration as ``k8s.io/apimachinery`` does: ``2m30s``, ``5h``, ``8d``."""
    whole = max(0, int(seconds))
    minutes, hours, days = whole // 60, whole // 3600, whole // 86400
    for bound, text in (
        (120, f"{whole}s"),
        (600, _two(minutes, "m", whole % 60, "s")),
        (3 * 3600, f"{minutes}m"),
        (8 * 3600, _two(hours, "h", minutes % 60, "m")),
        (48 * 3600, f"{hours}h"),
        (8 * 86400, _two(days, "d", hours % 24, "h")),
        (2 * 365 * 86400, f"{days}d"),
        (8 * 365 * 86400, _two(days // 365, "y", days % 365, "d")),
    ):
        if whole < bound:
            return text
    return f"{days // 365}y"


def _two(large: int, large_unit: str, small: int, small_unit: str) -> str:
    return f"{large}{large_unit}" + (f"{small}{small_unit}" if small else "")


def _name(obj: Object, _now: datetime) -> str:
    return name_of(obj)


def _status(field: str) -> Cell:
    def cell(obj: Object, _now: datetime) -> str:
        value: Any = (obj.get("status") or {}).get(field)
        return "" if value is None else str(value)

    return cell


def _apiserver(obj: Object, now: datetime) -> str:
    # The status has it once the cluster was asked; an address in the spec is there from the start.
    return _status("apiserver")(obj, now) or str((obj.get("spec") or {}).get("apiserver") or "")


def _is(type_: str) -> Cell:
    def cell(obj: Object, _now: datetime) -> str:
        found = conditions.find(conditions.conditions_of(obj), type_)
        return found.status if found else ""

    return cell


def _why(*types: str) -> Cell:
    def cell(obj: Object, _now: datetime) -> str:
        for type_ in types:
            found = conditions.find(conditions.conditions_of(obj), type_)
            if found and found.reason:
                return found.reason
        return ""

    return cell


def _ready_reason(obj: Object, now: datetime) -> str:
    if is_deleting(obj):
        return "Terminating"
    return _why("Ready", "Created")(obj, now)


def _policy(obj: Object, _now: datetime) -> str:
    return policy_of(obj)


def _source(obj: Object, _now: datetime) -> str:
    source = source_of(obj)
    return str(source.key) if source else ""


def _source_type(obj: Object, _now: datetime) -> str:
    source = source_of(obj)
    return str(source.gvr.group_resource) if source else ""


TABLES: Final[Sequence[TableOf]] = (
    TableOf(
        "POLICIES",
        POLICIES,
        "clusterimportpolicy",
        (
            Column("NAME", _name),
            Column("READY", _is("Ready")),
            Column("REASON", _ready_reason),
            Column("SELECTED", _status("selected")),
            Column("IMPORTED", _status("imported")),
            Column("WAITING", _status("waiting")),
            Column("FAILED", _status("failed")),
            Column("AGE", age_of),
            Column("VALIDATED", _why("Validated"), is_wide=True),
            Column("RECONCILING", _why("Reconciling"), is_wide=True),
            Column("SOURCES", _status("sources"), is_wide=True),
        ),
    ),
    TableOf(
        "LIFECYCLES",
        LIFECYCLES,
        "pediaclusterlifecycle",
        (
            Column("NAME", _name),
            Column("READY", _is("Ready")),
            Column("REASON", _ready_reason),
            Column("POLICY", _policy),
            # What kubectl's column has is too long for a terminal, and the type is the policy's.
            Column("SOURCE", _source),
            Column("AGE", age_of),
            Column("CREATED", _why("Created"), is_wide=True),
            Column("UPDATING", _why("Updating"), is_wide=True),
            Column("SOURCETYPE", _source_type, is_wide=True),
        ),
    ),
    TableOf(
        "PEDIACLUSTERS",
        PEDIACLUSTERS,
        "pediacluster",
        (
            Column("NAME", _name),
            Column("READY", _is("Ready")),
            Column("VERSION", _status("version")),
            Column("APISERVER", _apiserver),
            Column("AGE", age_of),
            Column("VALIDATED", _why("Validated"), is_wide=True),
            Column("SYNCHRORUNNING", _why("SynchroRunning"), is_wide=True),
            Column("CLUSTERHEALTHY", _why("ClusterHealthy"), is_wide=True),
            Column("SHARDINGNAME", _status("shardingName"), is_wide=True),
        ),
    ),
)
"""In the order in which one leads to the other."""
