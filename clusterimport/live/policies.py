"""The policies of a live server."""

from clusterimport.authoring.documents import Document
from clusterimport.kube import RestClient, errors
from clusterimport.limits.objects import OWN_BOUNDS
from clusterimport.live.errors import NotInstalled
from clusterimport.live.reading import Telling, read_all
from clusterimport.model.gvr import POLICIES


async def read_policies(rest: RestClient, *, tell: Telling = lambda _: None) -> list[Document]:
    """Read all policies; raises NotInstalled and KubeError."""
    try:
        read = await read_all(rest, POLICIES, bounds=OWN_BOUNDS, tell=tell)
    except errors.NotFound as error:
        raise NotInstalled(POLICIES.group_resource) from error
    return [Document(obj) for obj in read.objects]
