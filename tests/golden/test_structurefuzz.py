"""A short run of the structure fuzzer; `make structure-fuzz` runs a long one."""

from collections import Counter

import pytest

from tests.golden.structurefuzz import Cases, verdict

COUNT = 1500


@pytest.mark.parametrize("seed", ["1", "t58"])
def test_t58_accepted_values_arrive_as_they_were_printed(seed: str) -> None:
    """Whatever is printed by whatever function wherever: all of it arrives, or nothing does."""
    cases = Cases(seed)
    ends = Counter(verdict(cases.make(number)) for number in range(COUNT))

    assert {end for end in ends if end.partition(":")[0].isupper()} == set()
    assert ends["arrived"] > COUNT // 5
    assert ends["refused"] > COUNT // 5
