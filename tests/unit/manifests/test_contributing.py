"""What CONTRIBUTING.md says of programs that are not ours."""

from pathlib import Path

TEXT = (Path(__file__).parents[3] / "CONTRIBUTING.md").read_text()


def test_t32_clusterpedias_programs_are_used_and_not_built() -> None:
    """It names the variables that the tests beside them read, and no way to build them."""
    assert "CLUSTERPEDIA_BINARIES" in TEXT
    assert "CLUSTERPEDIA_POSTGRES" in TEXT
    assert "go build" not in TEXT
    assert "./cmd/" not in TEXT
