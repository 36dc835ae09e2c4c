"""The entries of a kubeconfig by which kubectl searches in all imported clusters, or in one.

``kubectl --cluster clusterpedia get pods -A`` asks Clusterpedia's aggregated API for all clusters,
``kubectl --cluster NAME …`` for the cluster of that PediaCluster, through the API server and with
the user of the present context.
"""

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any, Final, NamedTuple

COLLECTION: Final = "clusterpedia"
"""The name of the entry for all clusters."""
SEARCH_PATH: Final = "/apis/clusterpedia.io/v1beta1/resources"
"""Where Clusterpedia's aggregated API serves what it has gathered."""
_COPIED: Final = (
    "certificate-authority",
    "certificate-authority-data",
    "tls-server-name",
    "insecure-skip-tls-verify",
    # Without it the short-cut leads nowhere where the API server is behind a proxy.
    "proxy-url",
)


class Act(StrEnum):
    """What becomes of an entry."""

    ADD = "add"
    UPDATE = "update"
    REMOVE = "remove"
    KEEP = "keep"
    """It is as it should be."""
    FOREIGN = "foreign"
    """Of the name that a short-cut would have, but it leads elsewhere: somebody's own."""


class ShortcutChange(NamedTuple):
    """What is to be done about one name."""

    act: Act
    name: str
    cluster: Mapping[str, Any] | None
    """The value of ``cluster`` that is wanted; None for what goes or is somebody's own."""


class ShortcutEntry(NamedTuple):
    """A cluster entry as it stands in a kubeconfig."""

    name: str
    cluster: Mapping[str, Any]


def shortcuts(base: Mapping[str, Any], names: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Return the cluster entries that are wanted, by name.

    Args:
        base: the ``cluster`` of the present context; paths in it absolute.
        names: of all PediaClusters.

    """
    common = {field: base[field] for field in _COPIED if field in base}
    root = _root(base)
    wanted = {COLLECTION: {"server": root, **common}}
    for name in sorted(names):
        # One that is called like the entry for all clusters can only be searched by that.
        wanted.setdefault(name, {"server": _one(root, name), **common})
    return wanted


def plan(
    base: Mapping[str, Any], names: Iterable[str], entries: Sequence[ShortcutEntry]
) -> Sequence[ShortcutChange]:
    """Return what makes the entries of a kubeconfig hold the short-cuts, and no stale ones.

    Ours are known by where they lead: an entry that leads elsewhere, or has another name than
    its cluster, is never touched.
    """
    wanted = shortcuts(base, names)
    root = _root(base)
    there = {entry.name: entry.cluster for entry in reversed(entries)}
    steps = [_step(name, cluster, there.get(name)) for name, cluster in wanted.items()]
    steps += [
        ShortcutChange(Act.REMOVE, name, None)
        for name, cluster in there.items()
        if name not in wanted and cluster.get("server") == _one(root, name)
    ]
    return steps


def is_shortcut(cluster: Mapping[str, Any]) -> bool:
    """Whether a cluster entry leads to Clusterpedia's search and not to an API server."""
    return SEARCH_PATH in str(cluster.get("server") or "")


def _step(
    name: str, wanted: Mapping[str, Any], present: Mapping[str, Any] | None
) -> ShortcutChange:
    if present is None:
        return ShortcutChange(Act.ADD, name, wanted)
    if present.get("server") != wanted["server"]:
        return ShortcutChange(Act.FOREIGN, name, None)
    return ShortcutChange(Act.KEEP if dict(present) == dict(wanted) else Act.UPDATE, name, wanted)


def _root(base: Mapping[str, Any]) -> str:
    return str(base["server"]).rstrip("/") + SEARCH_PATH


def _one(root: str, name: str) -> str:
    return f"{root}/clusters/{name}"
