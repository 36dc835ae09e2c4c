"""What a lifecycle says of its cluster's credentials beside whether they work."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from clusterimport.controllers.pediaclusters.expiring import NOTHING_EXPIRES, ExpiryNotice
from clusterimport.model.conditions import Condition
from clusterimport.model.policy import CredentialFeature, ImportOptions

_MEANINGS: Final[Mapping[CredentialFeature, str]] = {
    CredentialFeature.INSECURE_TLS: (
        "nobody verifies the certificate of the API server, so that whoever is on the way there "
        "can read and use the credentials; give its CA data"
    ),
    CredentialFeature.PROXY_URL: (
        "the credentials go through the proxy that the kubeconfig names; use a direct way"
    ),
    CredentialFeature.EXEC_PLUGIN: (
        "whoever connects runs the program that the kubeconfig names; use a token or a client "
        "certificate"
    ),
}

FEATURE_CONDITIONS: Final = frozenset(_MEANINGS)
"""The conditions that tell of features: each is named like the feature, and `True`."""


class CredentialNotes(NamedTuple):
    """What the credentials of one cluster tell of themselves."""

    expiry: ExpiryNotice
    features: frozenset[CredentialFeature]
    """What of them had to be allowed."""


NOTHING_TO_NOTE: Final = CredentialNotes(NOTHING_EXPIRES, frozenset())


def feature_condition(
    feature: CredentialFeature, options: ImportOptions, generation: int
) -> Condition:
    """Return the condition that says what a feature means, and by whom it is allowed."""
    by_policy = feature in options.allowed_credential_features
    place = "allowedCredentialFeatures of the policy" if by_policy else "a flag of the controller"
    return Condition(
        feature.value,
        "True",
        "AllowedByPolicy" if by_policy else "AllowedByInstallation",
        f"{_MEANINGS[feature]}; {place} allows it",
        generation,
    )
