"""The server's own tables of our three kinds: as text, and compared with what must be in them."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from development.controlplane.client import RestClient
from development.world import CLUSTER_API, LIFECYCLE, PEDIACLUSTER, POLICY, POLICY_API

# A table is printed again only when something happens; until then an age would be wrong.
LEFT_OUT = "Age"
GAP = "   "

Row = Mapping[str, Any]
Rows = Sequence[Row]

IMPORTED = "Reachable"
WAITING = "WaitCreationCondition"

POLICIES = {"cluster-api": 1, "karmada": 1, "mcp": 1, "vcluster": 3}
"""With what their column IMPORTED says in the end."""
LIFECYCLES = {
    "demo-capi-quickstart": IMPORTED,
    "demo-capi-quickstart-2": WAITING,
    "karmada-argocd": WAITING,
    "karmada-member1": IMPORTED,
    "karmada-member3": WAITING,
    "mcp-cluster-1": IMPORTED,
    "mcp-cluster-2": WAITING,
    "vc-caiwei-vcluster-caiwei-vcluster": IMPORTED,
    "vc-demo-vcluster-1": IMPORTED,
    "vc-demo-vcluster-2": IMPORTED,
}
"""Every source has one, with what its column REASON says in the end."""
PEDIACLUSTERS = tuple(name for name, reason in LIFECYCLES.items() if reason == IMPORTED)


class Tables(NamedTuple):
    """The three tables at one moment."""

    policies: Rows = ()
    lifecycles: Rows = ()
    pediaclusters: Rows = ()

    def text(self) -> str:
        """Return them as kubectl prints them, each under the command that would."""
        return "\n\n".join(
            f"$ kubectl get {plural}\n{_rendered(rows)}"
            for plural, rows in zip(PLURALS, self, strict=True)
        )

    def missing(self) -> list[str]:
        """Return what is not as it must be in the end, a line each; empty if all is."""
        return [
            *_differences(POLICY, self.policies, POLICIES, _unready),
            *_differences(LIFECYCLE, self.lifecycles, LIFECYCLES, _unsettled),
            *_differences(PEDIACLUSTER, self.pediaclusters, PEDIACLUSTERS, _unreached),
        ]


PLURALS = ("clusterimportpolicies", "pediaclusterlifecycles", "pediaclusters")


def read(admin: RestClient) -> Tables:
    """Ask the server; raises ApiFailure, OSError or HTTPException."""
    kinds = ((POLICY_API, POLICY), (POLICY_API, LIFECYCLE), (CLUSTER_API, PEDIACLUSTER))
    return Tables(*(_without_age(admin.table(admin.path(*kind))) for kind in kinds))


def _without_age(rows: Rows) -> Rows:
    return [{name: cell for name, cell in row.items() if name != LEFT_OUT} for row in rows]


def _rendered(rows: Rows) -> str:
    if not rows:
        return "No resources found"
    lines = [[column.upper() for column in rows[0]]]
    lines += [["" if cell is None else str(cell) for cell in row.values()] for row in rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        GAP.join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def _differences(
    kind: str, rows: Rows, expected: Iterable[str], wrong: Callable[[Row], str]
) -> Iterator[str]:
    found = {row["Name"]: row for row in rows}
    for name in expected:
        if name not in found:
            yield f"{kind} {name} is missing"
        elif problem := wrong(found[name]):
            yield f"{kind} {name}: {problem}"
    for name in sorted(found.keys() - set(expected)):
        yield f"{kind} {name} should not be there"


def _unready(policy: Row) -> str:
    wanted = {"Validated": "Success", "Ready": "True", "Imported": POLICIES[policy["Name"]]}
    return ", ".join(
        f"{column.upper()} is {policy[column]}"
        for column, cell in wanted.items()
        if policy[column] != cell
    )


def _unsettled(lifecycle: Row) -> str:
    wanted = LIFECYCLES[lifecycle["Name"]]
    if lifecycle["Reason"] != wanted:
        return f"REASON is {lifecycle['Reason']}"
    ready = str(wanted == IMPORTED)
    return "" if lifecycle["Ready"] == ready else f"READY is {lifecycle['Ready']}"


def _unreached(pediacluster: Row) -> str:
    if pediacluster["Ready"] != "True":
        return f"READY is {pediacluster['Ready']}"
    empty = [name.upper() for name in ("Version", "APIServer") if not pediacluster[name]]
    return f"nothing in {', '.join(empty)}" if empty else ""
