"""What the system lets the process have, and what of it goes to probes."""

import pytest

from clusterimport.app.capacity import capacity, memory_limit, probes_at_a_time

MIB = 1 << 20


@pytest.mark.parametrize(
    ("open_files", "at_a_time", "kept"),
    [(600, 83, 250), (1024, 176, 528), (256, 16, 48), (64, 4, 12), (3, 1, 0), (65536, 256, 64832)],
)
def test_t52_probes_leave_descriptors_to_the_rest(open_files: int, at_a_time: int, kept: int):
    """Those under way and those kept are together far fewer than the process may open."""
    assert probes_at_a_time(open_files) == at_a_time
    assert capacity(open_files, None).connections == kept
    assert at_a_time + kept <= max(open_files - 192, open_files // 4, 1)


def test_t51_a_fifth_of_the_memory_goes_to_kept_connections():
    """Of what the process may use, or a gibibyte where nobody says how much that is."""
    assert capacity(1024, 500 * MIB).memory_bytes == 100 * MIB
    assert capacity(1024, None).memory_bytes == 1024 * MIB
    assert capacity(1024, 1 << 62).memory_bytes == 1024 * MIB


@pytest.mark.parametrize(
    ("files", "own", "expected"),
    [
        ({"memory.max": "536870912"}, "0::/", 512 * MIB),
        ({"memory.max": "max"}, "0::/", None),
        ({"a/b/memory.max": "max", "a/memory.max": "1048576"}, "0::/a/b", MIB),
        ({"memory/memory.limit_in_bytes": "2097152"}, "4:memory:/elsewhere", 2 * MIB),
        ({"memory/x/memory.limit_in_bytes": "1048576"}, "5:cpu:/\n4:memory:/x", MIB),
        ({"memory.max": "1048576"}, "0::/../../other", MIB),
        ({}, None, None),
    ],
)
def test_t51_the_limit_of_a_control_group_is_found(tmp_path, files, own, expected):
    """Of version 1 or 2, of the container or of the group that the process is in."""
    for name, text in files.items():
        path = tmp_path / "cgroup" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + "\n")
    if own is not None:
        (tmp_path / "own").write_text(own + "\n")

    assert memory_limit(tmp_path / "cgroup", tmp_path / "own") == expected
