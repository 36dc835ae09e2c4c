"""What an installation allows its policies to import; set once by flags."""

from dataclasses import dataclass

from clusterimport.model.policy import ImportOptions


@dataclass(frozen=True, slots=True)
class ImportRules:
    """The installation's share of the decision; a policy may add credential features of its own."""

    allowed_features: frozenset[str] = frozenset()
    """`CredentialFeature` values allowed in every policy (``--allowed-credential-features``)."""
    allow_cross_namespace: bool = False
    """Whether references are as free as Clusterpedia's (``--allow-cross-namespace-references``)."""
    authentication_from: bool = False
    """The gate ``ClusterAuthenticationFromSecret``, off by default as in Clusterpedia."""

    def features(self, options: ImportOptions) -> frozenset[str]:
        """Return what one policy's clusters may use."""
        return self.allowed_features | options.allowed_credential_features
