"""What is installed beside the program: where its files are, and nothing more.

`policies` and `manifests` are links to ``examples/policies`` and ``manifests`` in the repository,
and folders in the wheel.
"""

from pathlib import Path
from typing import Final

POLICIES: Final = Path(__file__).parent / "policies"
"""One folder per platform or variant, and a README that lists them."""
MANIFESTS: Final = Path(__file__).parent / "manifests"
"""Kustomizations: `setup` with namespace and CRDs, which stay, and the controller."""
