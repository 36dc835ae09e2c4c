"""What commands on files load before they do anything."""

import subprocess
import sys

import pytest

HEAVY = ("asyncio", "aiohttp", "kubernetes_asyncio", "prometheus_client", "structlog", "rich")


@pytest.mark.parametrize("command", ["test", "catalogue", "create"])
def test_a_command_on_files_loads_no_client(command: str) -> None:
    """Neither the Kubernetes client nor what draws tables, as long as nothing is drawn."""
    program = (
        "import sys\n"
        "from clusterimport.cli.main import main\n"
        f"code = main([{command!r}, '--help'])\n"
        f"print(code, sorted(set({HEAVY!r}) & set(sys.modules)))\n"
    )
    out = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stdout
    assert out.splitlines()[-1] == "0 []"
