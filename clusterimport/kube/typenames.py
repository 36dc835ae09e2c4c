"""Why a server seems not to have a type, for the person who wrote its name."""

from collections.abc import Collection, Iterable, Sequence
from typing import Final

from clusterimport.kube.discovery import DiscoveredResource
from clusterimport.model.gvr import GroupResource

NEEDED_VERBS: Final = frozenset({"get", "list", "watch"})
"""What an informer does with a type."""
_SUGGESTED: Final = 3
"""How many types are suggested at most."""


def explain_missing(
    wanted: GroupResource, versions: Sequence[str], served: Collection[DiscoveredResource]
) -> str:
    """Say why a type cannot be had, and what may have been meant, if anything resembles it."""
    found = [each for each in served if each.gvr.group_resource == wanted]
    if found and versions and not {each.gvr.version for each in found} & set(versions):
        known = ", ".join(each.gvr.version for each in found)
        return f"the server has {wanted} in {known}, and not in {' or '.join(versions)}"
    if found:
        missing = sorted(NEEDED_VERBS.difference(*(each.verbs for each in found)))
        return f"{wanted} cannot be {' and '.join(_DONE[verb] for verb in missing)}"
    within = f" in {' or '.join(versions)}" if versions else ""
    said = f"the server has no {wanted}{within} that can be read and watched"
    meant = list(dict.fromkeys(_resembling(wanted, served)))[:_SUGGESTED]
    if not meant:
        return said
    return f"{said}; did you mean {' or '.join(map(_written, meant))}?"


def _resembling(
    wanted: GroupResource, served: Iterable[DiscoveredResource]
) -> Iterable[GroupResource]:
    """Yield types whose names are near: the same group first."""
    # As in an apiVersion: `x.io/v1` is group and version, `v1` the core group's.
    group = "" if _is_version(wanted.group) else wanted.group.partition("/")[0]
    name = wanted.resource.partition("/")[0].lower()
    named = [each for each in served if name in _names(each)]
    yield from (each.gvr.group_resource for each in named if each.gvr.group == group)
    dotted, _, of_group = name.partition(".")
    yield from (
        each.gvr.group_resource
        for each in served
        if of_group and each.gvr.group == of_group and dotted in _names(each)
    )
    yield from sorted(each.gvr.group_resource for each in named if each.gvr.group != group)


def _names(each: DiscoveredResource) -> set[str]:
    return {each.gvr.resource, each.kind.lower(), *map(str.lower, each.aliases)}


def _is_version(group: str) -> bool:
    return group[:1] == "v" and group[1:2].isdigit() and "." not in group


def _written(type_: GroupResource) -> str:
    group = f"group {type_.group}" if type_.group else 'the core group, `group: ""`'
    return f"{type_.resource} of {group}"


_DONE: Final = {"get": "read", "list": "listed", "watch": "watched"}
