"""Which rights a person has, as the API server judges them; a review leaves nothing behind."""

from typing import NamedTuple

from clusterimport.kube import RestClient, errors
from clusterimport.model.gvr import GroupResource

_PATH = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"


class Right(NamedTuple):
    """A verb on a type, in all namespaces."""

    verb: str
    group_resource: GroupResource

    def __str__(self) -> str:
        return f"{self.verb} {self.group_resource}"


async def is_allowed(rest: RestClient, right: Right) -> bool | None:
    """Ask the server; None where it does not say.

    Raises KubeError where it does not answer at all.
    """
    attributes = {
        "verb": right.verb,
        "group": right.group_resource.group,
        "resource": right.group_resource.resource,
    }
    body = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": attributes},
    }
    try:
        answer = await rest.request(
            "POST", _PATH, body=body, verb="create", resource="selfsubjectaccessreviews"
        )
    except errors.ApiError:
        return None
    return bool((answer.get("status") or {}).get("allowed"))
