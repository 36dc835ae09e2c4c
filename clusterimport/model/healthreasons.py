"""Every reason that a condition of a cluster's health may have; `reasons` has those of imports."""

from collections.abc import Mapping
from typing import Final

from clusterimport.model.reasons import Explanation

HEALTH_REASONS: Final[Mapping[str, Explanation]] = {
    "Reachable": Explanation("it answers"),
    "Probing": Explanation(
        "it was not asked yet, or could not be for want of something of the controller's own, "
        "which the message names",
        "wait; imports go first. Give the controller what it lacks",
    ),
    "Unauthorized": Explanation(
        "401: the token or client certificate is not, or no longer, valid, or one that the server "
        "does not take, such as one that is signed with SHA-1",
        "renew it where the credentials come from",
    ),
    "Forbidden": Explanation(
        "403: it may not read `/readyz` or `/version`", "bind it to `system:public-info-viewer`"
    ),
    "TLSVerificationFailed": Explanation(
        "the certificate is not the CA's, has expired, is for another name, or is one of more than "
        "32 or with a key that Go refuses, too",
        "mend the certificate, the CA data or the address, or set `tls-server-name`",
    ),
    "TLSHandshakeFailed": Explanation("something else answers at this address", "mend the address"),
    "UnexpectedAnswer": Explanation("something else answers at this address", "mend the address"),
    "InvalidCertificates": Explanation(
        "CA data, certificate or key cannot be read", "mend the credentials"
    ),
    "ConnectionRefused": Explanation(
        "nothing listens at this address", "look at the cluster, the network and the NetworkPolicy"
    ),
    "ConnectionFailed": Explanation(
        "the connection was reset, or there is no way to the address",
        "look at the cluster, the network and the NetworkPolicy",
    ),
    "Timeout": Explanation(
        "no connection came about in time", "look at the cluster, the network and the NetworkPolicy"
    ),
    "NameNotResolved": Explanation(
        "DNS has no address for the name", "mend the address, or look at the DNS of the controller"
    ),
    "SlowAnswer": Explanation("no complete answer came in time", "look at the cluster"),
    "Throttled": Explanation("429: the API server is overloaded", "look at the cluster"),
    "ServerError": Explanation("5xx: the API server is not ready", "look at the cluster"),
    "Redirected": Explanation(
        "no API server answers so, and redirects are not followed", "mend the address"
    ),
    "AnswerTooLarge": Explanation("no API server answers so", "mend the address"),
    "AddressDenied": Explanation(
        "loopback, link-local or a metadata service",
        "mend the address, or allow it with `--probe-allow-cidr`",
    ),
    "Ready": Explanation(
        "the PediaCluster is well; of a lifecycle: clustersynchro-manager says so"
    ),
    "NotReady": Explanation(
        "the PediaCluster is not well, or nobody can say; the message has the fine reason",
        "see the fine reason",
    ),
}

PEDIACLUSTER_REASONS: Final[Mapping[str, Explanation]] = {
    "Validated": Explanation("the connection of the PediaCluster is in order"),
    "InvalidConfig": Explanation(
        "nobody may, or can, connect with what the PediaCluster has; the message says why",
        "mend what the message names",
    ),
    "Healthy": Explanation("of `ClusterHealthy`: the API server is ready"),
    "Unhealthy": Explanation(
        "of `ClusterHealthy`: an answer came, and not the one that is wanted", "see the message"
    ),
    "NotReachable": Explanation("of `ClusterHealthy`: no answer came", "see the message"),
    "MonitorStop": Explanation(
        "of `ClusterHealthy`: the cluster is not asked; the message says why", "see the message"
    ),
}
