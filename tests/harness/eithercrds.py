"""A fact that needs no field of ours, stated with our CRDs and with Clusterpedia's."""

import pytest

OUR_WORLD = "our_world"
CLUSTERPEDIA_WORLD = "clusterpedia_world"

either_crds = pytest.mark.parametrize(
    "world",
    [OUR_WORLD, CLUSTERPEDIA_WORLD],
    ids=["our CRDs", "Clusterpedia's CRDs"],
    indirect=True,
)
"""Runs a test twice; what it asserts must not be a field that Clusterpedia's CRDs prune."""
