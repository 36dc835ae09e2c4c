"""From what a person types to the one source that is meant."""

from typing import NamedTuple

from clusterimport.engine.ownership import source_of
from clusterimport.kube import DiscoveredResource, ResourceClient, RestClient, errors
from clusterimport.live.errors import NameNotFound
from clusterimport.live.gathering import Gatherer
from clusterimport.live.reading import Selector, read_all
from clusterimport.live.selection import KINDS
from clusterimport.model.gvr import LIFECYCLES, PEDIACLUSTERS, POLICIES
from clusterimport.model.lifecycle import SourceReference, read_source
from clusterimport.model.meta import Object, annotations_of
from clusterimport.model.names import SOURCE_ANNOTATION

__all__ = ["Target", "find_source", "parse_target"]


class Target(NamedTuple):
    """What was typed, taken apart."""

    kind: str
    """Empty for a name alone."""
    namespace: str
    name: str


def parse_target(text: str, namespace: str) -> Target:
    """Take ``NAME``, ``KIND/NAME`` or ``KIND/NAMESPACE/NAME`` apart; raises NameNotFound."""
    parts = text.split("/")
    match parts:
        case [name] if name:
            return Target("", namespace, name)
        case [kind, name] if kind and name:
            return Target(kind, namespace, name)
        case [kind, within, name] if kind and within and name and namespace in {"", within}:
            return Target(kind, within, name)
    raise NameNotFound(f"{text!r} is not like NAME, KIND/NAME or KIND/NAMESPACE/NAME")


async def find_source(rest: RestClient, gatherer: Gatherer, target: Target) -> SourceReference:
    """Return the source that is meant, which exists unless a lifecycle names it.

    Raises:
        NameNotFound: there is none, or more than one.
        KubeError: the server does not answer, or does not allow to look.

    """
    ours = KINDS.get(target.kind.lower())
    if ours == POLICIES:
        raise NameNotFound(
            f"a policy has many sources; see clusterimport get {target.name}, and explain one"
        )
    if ours is not None or not target.kind:
        return await _source_of_cluster(rest, target.name)
    type_ = gatherer.find_type(target.kind)
    if type_ is None:
        raise NameNotFound(f"the server has no type {target.kind}")
    if type_.namespaced and not target.namespace:
        return await _anywhere(rest, type_, target.name)
    namespace = target.namespace if type_.namespaced else ""
    try:
        await ResourceClient(rest, type_.gvr).get(
            target.name, namespace=namespace, metadata_only=True
        )
    except errors.NotFound:
        where = f" in namespace {namespace}" if namespace else ""
        raise NameNotFound(f"there is no {type_.gvr.group_resource} {target.name}{where}") from None
    return SourceReference(*type_.gvr, namespace, target.name)


async def _anywhere(rest: RestClient, type_: DiscoveredResource, name: str) -> SourceReference:
    read = await read_all(rest, type_.gvr, Selector(fields=f"metadata.name={name}"))
    found = [*(obj["metadata"] for obj in read.objects)]
    namespaces = [str(metadata["namespace"]) for metadata in found]
    namespaces += [each.namespace for each in read.unusable]
    if not namespaces:
        raise NameNotFound(f"there is no {type_.gvr.group_resource} {name} in any namespace")
    if len(namespaces) > 1:
        raise NameNotFound(
            f"{type_.gvr.group_resource} {name} exists in {', '.join(sorted(namespaces))}; choose "
            "one by --namespace"
        )
    return SourceReference(*type_.gvr, namespaces[0], name)


async def _source_of_cluster(rest: RestClient, name: str) -> SourceReference:
    """Return the source that a lifecycle, or else a PediaCluster, is for."""
    objects: list[Object] = []
    for gvr in (PEDIACLUSTERS, LIFECYCLES):
        try:
            objects.append(await ResourceClient(rest, gvr).get(name))
        except errors.NotFound:
            continue
    for obj in reversed(objects):
        source = source_of(obj, None) if obj.get("kind") == "PediaClusterLifecycle" else None
        source = source or read_source(annotations_of(obj).get(SOURCE_ANNOTATION, ""))
        if source is not None:
            return source
    if objects:
        raise NameNotFound(f"PediaCluster {name} was not imported: it names no source")
    raise NameNotFound(
        f"there is no lifecycle and no PediaCluster {name}; to ask about a source that is not "
        "imported, say KIND/NAME, such as clusters.cluster.x-k8s.io/blue"
    )
