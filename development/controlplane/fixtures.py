"""What the conftest.py files of integration tests, fault tests and benchmarks share.

The binaries are built after collection, before the first test: inside a fixture the time limit
of the test would count.
"""

import os
import sys
from pathlib import Path

import pytest

from development.controlplane.binaries import installed_binaries
from development.controlplane.build import ensure_binaries
from development.controlplane.compiling import BuildError

BUILD_VARIABLE = "CLUSTERIMPORT_ENVTEST_BUILD"
"""Set to 0 where tests must fail rather than compile for minutes."""


def build_for(session: pytest.Session, fixture_name: str = "control_plane_binaries") -> None:
    """Build the binaries if a collected test uses the fixture; for pytest_collection_finish.

    Progress goes to the real stderr. A failed build is reported there, and then the fixture fails.
    """
    used = any(fixture_name in getattr(item, "fixturenames", ()) for item in session.items)
    if not used or session.config.getoption("collectonly") or installed_binaries() is not None:
        return
    if os.environ.get(BUILD_VARIABLE) == "0":
        return
    capture = session.config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():
        try:
            ensure_binaries(sys.stderr)
        except BuildError as error:
            sys.stderr.write(f"error: {error}\n")


def binaries_or_fail() -> Path:
    """Return the folder of the binaries; fail with one clear line if there is none."""
    folder = installed_binaries()
    if folder is None:
        pytest.fail("the control plane binaries are not built: run `make envtest`", pytrace=False)
    return folder
