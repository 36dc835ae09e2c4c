"""What a person has to do where a server's answer keeps this program from beginning at all."""

from clusterimport.kube import errors
from clusterimport.model.gvr import LEASES, LIFECYCLES, PEDIACLUSTERS, POLICIES

_OURS = {str(each.group_resource) for each in (LIFECYCLES, PEDIACLUSTERS, POLICIES)}
_LEASES = str(LEASES.group_resource)
_NEEDED = _OURS | {_LEASES}
_TYPES = (
    "install the types: kubectl apply -k manifests/setup, "
    "or clusterimport manifests --crds-only | kubectl apply -f -"
)
_RIGHTS = (
    "give the account that this runs as the rights of manifests/controller/rbac.yaml: "
    "kubectl apply -k manifests/"
)
_ADMISSION = (
    "an admission policy or webhook refuses this lease: look at kubectl get "
    "validatingadmissionpolicies; the guard of leases that comes with this program lets one be "
    "only where that was installed"
)
_CREDENTIAL = "the server does not know the credential that this runs with: have it renewed"


def remedy(error: BaseException | None) -> str:
    """Return what mends an answer for our own types or lease; empty where waiting may."""
    match error:
        case errors.NotFound(details_kind="namespaces", details_name=name):
            return f"create the namespace {name}, or name the right one; manifests/setup has ours"
        case errors.NotFound(resource=resource) if resource in _OURS:
            return _TYPES if errors.is_type_missing(error) else ""
        # Other rights come with the policies that need them.
        case errors.Forbidden(by_authorizer=True, resource=resource) if resource in _NEEDED:
            return _RIGHTS
        case errors.Invalid(resource=resource) | errors.Forbidden(resource=resource) if (
            resource == _LEASES
        ):
            return _ADMISSION
        case errors.Unauthorized():
            return _CREDENTIAL
        case _:
            return ""
