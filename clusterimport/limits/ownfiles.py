"""Files of the person at the terminal."""

from typing import Final

OWN_KUBECONFIG_CHARACTERS: Final = 16 * 1024 * 1024
"""Longest kubeconfig that is merged into: 5 000 clusters with a certificate each. Its tree, which
keeps comments, takes some fifty times as much."""
