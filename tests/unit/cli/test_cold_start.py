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


def test_the_controller_loads_nothing_that_draws() -> None:
    """The library of its logs would, where it can; whoever wants it later still gets it."""
    program = (
        "import sys\n"
        "from clusterimport.cli.main import main\n"
        "code = main(['run', '--kubeconfig=/nonexistent'])\n"
        "print(code, 'structlog' in sys.modules, 'rich' in sys.modules)\n"
        "import rich\n"
        "print(rich.get_console().width > 0)\n"
    )
    out = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stdout
    assert out.splitlines() == ["2 True False", "True"]
