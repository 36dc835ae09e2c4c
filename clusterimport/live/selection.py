"""Which of our objects a person means: by name, by kind and name, by the source's namespace.

A name alone means everything that hangs together with it: of a policy what it made, of a cluster
its policy, lifecycle and PediaCluster, so that one look tells the whole story.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from clusterimport.live.errors import NameNotFound
from clusterimport.live.tables import policy_of, source_of
from clusterimport.model.gvr import LIFECYCLES, PEDIACLUSTERS, POLICIES, GroupVersionResource
from clusterimport.model.meta import Object, name_of

Content = Mapping[GroupVersionResource, Sequence[Object]]
"""The objects of each of our types that could be read."""

_SINGULARS: Final = {
    POLICIES: ("clusterimportpolicy", "policy", "policies"),
    LIFECYCLES: ("pediaclusterlifecycle", "lifecycle", "lifecycles"),
    PEDIACLUSTERS: ("pediacluster",),
}
KINDS: Final[Mapping[str, GroupVersionResource]] = {
    name: gvr
    for gvr, singulars in _SINGULARS.items()
    for name in (gvr.resource, str(gvr.group_resource), *singulars)
}
"""What people call our types, in lower case."""


@dataclass(frozen=True, slots=True)
class Selection:
    """What was asked for."""

    names: tuple[str, ...] = ()
    """``NAME`` or ``KIND/NAME``; none means all."""
    namespace: str = ""
    """Of the source; empty for every namespace."""

    def of(self, content: Content, *, strict: bool = True) -> Content:
        """Return what is meant of the content, in its order.

        Raises:
            NameNotFound: names that nothing has, all at once; never where not ``strict``.

        """
        if strict and (missing := [name for name in self.names if not any(_named(content, name))]):
            raise NameNotFound(
                f"no policy, lifecycle or PediaCluster is called {' or '.join(missing)}"
            )
        wanted = self._wanted(content)
        return {
            gvr: [obj for obj in objects if name_of(obj) in wanted[gvr]]
            for gvr, objects in content.items()
        }

    def _wanted(self, content: Content) -> Mapping[GroupVersionResource, set[str]]:
        lifecycles = content.get(LIFECYCLES, ())
        if self.names:
            wanted: dict[GroupVersionResource, set[str]] = {gvr: set() for gvr in _SINGULARS}
            for given in self.names:
                for gvr, name in _named(content, given):
                    wanted[gvr].add(name)
                    if "/" not in given:
                        _add_relatives(wanted, gvr, name, lifecycles)
        else:
            wanted = {gvr: {name_of(obj) for obj in content.get(gvr, ())} for gvr in _SINGULARS}
        if self.namespace:
            inside = [obj for obj in lifecycles if _namespace(obj) == self.namespace]
            clusters = {name_of(obj) for obj in inside}
            wanted[POLICIES] &= {policy_of(obj) for obj in inside}
            wanted[LIFECYCLES] &= clusters
            wanted[PEDIACLUSTERS] &= clusters
        return wanted


def _named(content: Content, given: str) -> Iterator[tuple[GroupVersionResource, str]]:
    kind, slash, name = given.rpartition("/")
    meant = KINDS.get(kind.lower()) if slash else None
    for gvr, objects in content.items():
        if slash and gvr != meant:
            continue
        if any(name_of(obj) == name for obj in objects):
            yield gvr, name


def _add_relatives(
    wanted: dict[GroupVersionResource, set[str]],
    gvr: GroupVersionResource,
    name: str,
    lifecycles: Sequence[Object],
) -> None:
    for obj in lifecycles:
        policy, cluster = policy_of(obj), name_of(obj)
        # A lifecycle and its PediaCluster have one name.
        if name == (policy if gvr == POLICIES else cluster):
            wanted[POLICIES].add(policy)
            wanted[LIFECYCLES].add(cluster)
            wanted[PEDIACLUSTERS].add(cluster)


def _namespace(lifecycle: Object) -> str:
    source = source_of(lifecycle)
    return source.namespace if source else ""
