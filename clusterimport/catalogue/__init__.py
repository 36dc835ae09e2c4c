"""The catalogue of policies as it is installed: where its files are, and nothing more.

`policies` is a link to ``examples/policies`` in the repository, and a folder in the wheel.
"""

from pathlib import Path
from typing import Final

POLICIES: Final = Path(__file__).parent / "policies"
"""One folder per platform or variant, and a README that lists them."""
