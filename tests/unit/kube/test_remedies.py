"""What a person is told to do where the server keeps the program from beginning."""

import pytest

from clusterimport.kube import errors
from clusterimport.kube.remedies import remedy

LEASES = "leases.coordination.k8s.io"
POLICIES = "clusterimportpolicies.policy.clusterpedia.io"
REFUSED = (
    'clusterimportpolicies is forbidden: User "x" cannot list resource "clusterimportpolicies"'
)


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (errors.NotFound(404, verb="list", resource=POLICIES), "kubectl apply -k manifests/setup"),
        (
            errors.NotFound(
                404, "NotFound", verb="create", resource=LEASES,
                details_name="nope", details_kind="namespaces",
            ),
            "create the namespace nope, or name the right one",
        ),
        (
            errors.Forbidden(403, "Forbidden", REFUSED, verb="list", resource=POLICIES),
            "rights of manifests/controller/rbac.yaml",
        ),
        (errors.Invalid(422, "Invalid", verb="update", resource=LEASES), "an admission policy"),
        (errors.Forbidden(403, "Forbidden", verb="create", resource=LEASES), "an admission policy"),
        (errors.Unauthorized(401, verb="list", resource=POLICIES), "have it renewed"),
    ],
)  # fmt: skip
def test_an_answer_that_waiting_does_not_mend_says_what_does(error, told) -> None:
    """Types, namespace, rights and credential are for a person to bring."""
    assert told in remedy(error)


@pytest.mark.parametrize(
    "error",
    [
        None,
        errors.TransportError("connection refused"),
        errors.ServiceUnavailable(503, verb="list", resource=POLICIES),
        errors.TooManyRequests(429, verb="list", resource=POLICIES),
        # A source's type: its policy says what is to be done.
        errors.NotFound(404, verb="list", resource="clusters.cluster.mcp.io"),
        errors.Forbidden(403, "Forbidden", REFUSED, verb="list", resource="secrets"),
        # An object, and not its type.
        errors.NotFound(
            404, "NotFound", verb="get", resource=POLICIES, details_name="p",
            details_kind="clusterimportpolicies",
        ),
        # A webhook, which has words of its own.
        errors.Forbidden(403, "Forbidden", "denied the request", verb="list", resource=POLICIES),
    ],
)  # fmt: skip
def test_an_answer_that_waiting_mends_says_nothing_more(error) -> None:
    """Advice that does not fit sends a person the wrong way."""
    assert remedy(error) == ""
