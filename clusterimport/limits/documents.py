"""Documents and credentials, those of the person at the terminal among them."""

from typing import Final

YAML_NODES: Final = 2000
"""Values of a document or kubeconfig, about 10 ms of work: a PediaCluster has some 50, a kubeconfig
some 30."""

YAML_DEPTH: Final = 32
"""Levels of a document or kubeconfig. Both are counted as ``YAML_SIZE``."""

ADDRESS_CHARACTERS: Final = 2048
"""Longest address of a cluster."""

EXPIRY_TOKEN_CHARACTERS: Final = 16 * 1024
"""Longest token that is looked into for its end; a service account's has some 1 000 characters."""

EXPIRY_CHAIN_BYTES: Final = 64 * 1024
"""Most of a PEM chain that is looked at for its end; its first certificate has some 1 500 bytes."""

KUBECONFIG_BYTES: Final = 256 * 1024
"""Most bytes of a kubeconfig; one of a single cluster has some 6 KiB."""

AUTHORED_BYTES: Final = 32 * 1024 * 1024
"""Most bytes of a file that a command reads: 10 000 clusters with their Secrets, about a minute."""

AUTHORED_DEPTH: Final = 128
"""Levels of an author's YAML; twice those of a source."""

AUTHORED_ALIASES: Final = 100_000
"""Values of an author's document that come from aliases; without a bound a few lines are 2**30."""

OWN_KUBECONFIG_CHARACTERS: Final = 16 * 1024 * 1024
"""Longest kubeconfig that is merged into: 5 000 clusters with a certificate each. Its tree, which
keeps comments, takes some fifty times as much."""
