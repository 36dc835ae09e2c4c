"""What the attack cases are watched with sees what it should; no control plane is needed."""

import ssl
import subprocess
from pathlib import Path

import pytest

from development.controller import ControllerProcess
from development.controlplane.certificates import CertificateAuthority
from development.controlplane.identities import Access
from development.manifests import ROOT
from tests.harness import auditedrun, hostile
from tests.harness.auditedrun import EXIT_CODE, VIOLATION
from tests.harness.decoys import Decoys
from tests.harness.stubserver import StubServer, healthy

VIOLATIONS = {
    "subprocess.Popen 'true'": "import subprocess; subprocess.run(['true'])",
    "os.system": "import os; os.system('true')",
    "os.exec": "import os; os.execv('/bin/true', ['true'])",
    "os.posix_spawn": "import os; os.posix_spawn('/bin/true', ['true'], {})",
    "os.fork": "import os; os.fork()",
    "os.forkpty": "import os; os.forkpty()",
    "pty.spawn": "import pty; pty.spawn(['true'])",
    "open '/proc/self/environ'": "import os; open(f'/proc/{os.getpid()}/environ')",
    "open '/etc/passwd'": "open('/proc/stat'); open('/proc/../etc/passwd')",
    f"open '{ROOT / 'token'}'": "import os; os.open('token', os.O_RDONLY)",
    "open '/dev/shm/new'": "open('/dev/null', 'w'); open('/dev/shm/new', 'w')",
    "os.listdir '/etc'": "import os; os.listdir(); os.listdir('/etc')",
    f"os.remove '{ROOT / 'token'}'": "import os; os.remove('token')",
    "ctypes.dlopen 'libm.so.6'": "import ctypes; ctypes.CDLL(None); ctypes.CDLL('libm.so.6')",
    "socket.connect '/run/x'": "import socket; socket.socket(socket.AF_UNIX).connect('/run/x')",
    "socket.sendto ('127.0.0.1', 9)": """
import socket
socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', 9))
""",
    # As the probes do it, without blocking.
    "socket.connect ('127.0.0.1', 9)": """
import asyncio, ipaddress
from clusterimport.probing import dialer
asyncio.run(dialer.connect_socket(ipaddress.ip_address('127.0.0.1'), 9))
""",
}


def run_audited(code: str, *addresses: str) -> "subprocess.CompletedProcess[str]":
    """Run code under the hook."""
    command = auditedrun.command(*addresses, arguments=("-c", code))
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("violation", VIOLATIONS)
def test_a_violation_ends_the_process(violation: str) -> None:
    """It is logged and never done; nothing that would come after it happens."""
    code = VIOLATIONS[violation]
    ended = run_audited(f"print('runs', flush=True)\n{code}\nprint('goes on')", "127.0.0.1:10")
    assert (ended.returncode, ended.stdout) == (EXIT_CODE, "runs\n")
    assert ended.stderr.startswith(f"{VIOLATION}: {violation}")
    assert ended.stderr.count("\n") == 1


def test_what_is_expected_goes_on() -> None:
    """A connection with an address that was named, and what the interpreter reads, is nothing."""
    with StubServer(CertificateAuthority(), healthy) as server:
        code = f"""
import asyncio, ipaddress, json.tool
from clusterimport.probing import dialer
asyncio.run(dialer.connect_socket(ipaddress.ip_address('127.0.0.1'), {server.port})).close()
"""
        ended = run_audited(code, f"127.0.0.1:{server.port}")
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")
    assert server.connections == 1


@pytest.mark.parametrize("way", ["program", "file", "connection"])
def test_a_controller_that_does_what_a_kubeconfig_says_is_ended(tmp_path: Path, way: str) -> None:
    """Its own kubeconfig may name a program, a file and an address; under the hook it ends it."""
    with Decoys(tmp_path / "decoys") as decoys, StubServer(CertificateAuthority(), healthy) as trap:
        file, program = decoys.file("token", "decoy"), decoys.program("program")
        user, event = {
            "program": ({"token": None, "exec": hostile.exec_plugin(program)}, "subprocess.Popen"),
            "file": ({"token": None, "tokenFile": str(file)}, f"open '{file}'"),
            "connection": ({}, f"socket.connect ('127.0.0.1', {trap.port})"),
        }[way]
        kubeconfig = tmp_path / "kubeconfig"
        access = Access(trap.url, CertificateAuthority().certificate_pem, token="t")
        kubeconfig.write_text(hostile.kubeconfig(access, user=user)["kubeconfig"])
        with ControllerProcess(kubeconfig, tmp_path, command=auditedrun.command()) as controller:
            assert controller.process is not None
            assert controller.process.wait(30) == EXIT_CODE
        assert f"{VIOLATION}: {event}" in controller.log()
        assert (trap.connections, decoys.are_touched()) == (0, False)


def test_decoys_tell_of_every_reader(tmp_path: Path) -> None:
    """A library in C that opens a file raises no audit event, and is seen all the same."""
    with Decoys(tmp_path / "files") as decoys:
        file = decoys.file("token", "decoy")
        assert not decoys.are_touched()
        with pytest.raises(ssl.SSLError):
            ssl.create_default_context().load_cert_chain(file)
        assert decoys.are_touched()
        assert decoys.are_touched()
    with Decoys(tmp_path / "programs") as decoys:
        program = decoys.program("program")
        assert not decoys.are_touched()
        subprocess.run([program], check=True)
        assert decoys.are_touched()
