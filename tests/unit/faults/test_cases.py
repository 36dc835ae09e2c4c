"""Every fault that is on the list has a case on the real API server."""

import re
from pathlib import Path

import pytest

FAULTS = [f"f{number:02}" for number in range(1, 41)]
FOLDER = Path(__file__).parents[2] / "faults"
CASES = {
    found
    for path in FOLDER.glob("test_*.py")
    for found in re.findall(r"^def test_(f\d\d)_", path.read_text(), re.MULTILINE)
}


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_has_a_case(fault):
    """F01 to F40 are what reliability is claimed for; none of them may get lost."""
    assert fault in CASES


def test_no_case_is_off_the_list():
    """A number that is not on the list tells nobody what is tried."""
    assert set(FAULTS) >= CASES
