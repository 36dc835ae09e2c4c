"""An API server that is always well, as a process of its own: nothing that a test does slows it.

It answers as `stubserver.healthy` does, and with 401 to whoever brings the token of somebody who is
locked out. It stands below any path, too: an address can so be changed, and still lead here.
"""

import asyncio
import ssl
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import Final, Self

from development.controlplane.certificates import CertificateAuthority
from development.controlplane.identities import Access
from development.manifests import ROOT
from tests.fakes.probing.scripted import VERSION, http

START_SECONDS: Final = 300.0
"""At a load of twenty, and a low priority, Python has needed more than thirty to start."""
LOCKED_OUT: Final = "locked-out"
_REFUSED: Final = http(b"", "401 Unauthorized")
_UNKNOWN: Final = http(b"", "404 Not Found")
_ANSWERS: Final = {"/readyz": http(), "/version": http(VERSION)}


class SteadyServer:
    """Runs for the length of a `with` block."""

    def __init__(self) -> None:
        self._authority = CertificateAuthority()
        self._folder = tempfile.TemporaryDirectory(prefix="steady-server-")
        self._process: subprocess.Popen[str] | None = None
        self._url = ""

    def __enter__(self) -> Self:
        pair = self._authority.server(addresses=["127.0.0.1"])
        path = Path(self._folder.name) / "pair.pem"
        path.write_text(pair.certificate_pem + pair.key_pem)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.harness.steadyserver", path],
            # Never written to: its end is that of this process, however that came.
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        assert self._process.stdout is not None
        guard = threading.Timer(START_SECONDS, self._process.kill)
        guard.start()
        port = self._process.stdout.readline().strip()
        guard.cancel()
        if not port:
            self.__exit__()
            raise TimeoutError(f"the steady server was not up within {START_SECONDS:g} s")
        self._url = f"https://127.0.0.1:{port}"
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process is not None
        self._process.kill()
        # It has nothing to say any more, and this closes both pipes.
        self._process.communicate()
        self._folder.cleanup()

    def access(self, token: str) -> Access:
        """Return the way in with a token; all are good but LOCKED_OUT."""
        return Access(self._url, self._authority.certificate_pem, token=token)


async def _serve(pair: str) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair)
    server = await asyncio.start_server(_converse, "127.0.0.1", 0, ssl=context)
    print(server.sockets[0].getsockname()[1], flush=True)
    async with server:
        await asyncio.to_thread(sys.stdin.read)


async def _converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            path = head.split(" ", 2)[1]
            is_refused = f"Bearer {LOCKED_OUT}" in head
            writer.write(
                _REFUSED if is_refused else _ANSWERS.get(path[path.rfind("/") :], _UNKNOWN)
            )
            await writer.drain()
    except (OSError, asyncio.IncompleteReadError):
        writer.close()


if __name__ == "__main__":
    asyncio.run(_serve(sys.argv[1]))
