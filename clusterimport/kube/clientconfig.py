"""Settings of an operator's kubeconfig, read by kubernetes_asyncio.

The library knows every way to log in (token files, OIDC, exec plug-ins); it is not trusted with
messages, because its own quote whole entries with their tokens, nor with its temporary files.
Loaded by ``loading`` where it is needed, never by the package. A kubeconfig given here is the
operator's own and may start plug-ins; those of imported clusters never come this way.
"""

import asyncio
import logging
import re
import ssl
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import structlog
from kubernetes_asyncio import config as library
from kubernetes_asyncio.client import Configuration
from kubernetes_asyncio.config import kube_config

from clusterimport.aio import Clock, SystemClock
from clusterimport.kube.connection import ConnectionSettings
from clusterimport.kube.contexts import ContextEntry, find_context
from clusterimport.kube.errors import KubeConfigError
from clusterimport.kube.tls import client_context
from clusterimport.kube.tokens import FileToken

RECHECK_SECONDS = 60.0
"""How often credentials that expire are looked at; the library's own loop does the same."""

RENEW_PAUSE_SECONDS = 10.0
"""Many requests meet a 401 together; one plug-in run answers them all."""

LOAD_SECONDS = 60.0
"""A plug-in that takes longer waits for somebody at a keyboard."""

EXPIRY_MARGIN = timedelta(minutes=1)
"""Credentials are replaced this long before they expire."""

# It logs what its exceptions say before it raises them.
logging.getLogger("kubernetes_asyncio.config").setLevel(logging.CRITICAL + 1)

log = structlog.get_logger(__name__)


async def kubeconfig_settings(
    paths: str, *, context: str = "", clock: Clock | None = None
) -> ConnectionSettings:
    """Read the settings of ``context``, or of the current one.

    Args:
        paths: one or several files, separated as in ``$KUBECONFIG``.
        context: name of the context; empty for the current one.
        clock: when to look again at credentials that expire.

    Raises:
        KubeConfigError: naming file and problem, in one line without credentials.

    """
    clock = clock or SystemClock()
    entry = find_context(paths, context)
    credentials = KubeconfigCredentials(entry, clock=clock)
    configuration = await credentials.load()
    try:
        token = FileToken(entry.token_file, clock=clock) if entry.token_file else credentials
        return ConnectionSettings(
            server=configuration.host,
            tls=credentials,
            token=token,
            proxy=configuration.proxy or None,
            tls_server_name=configuration.tls_server_name or None,
        )
    except KubeConfigError as error:
        raise KubeConfigError(f"{entry.label}: {error}") from error


class KubeconfigCredentials:
    """Token and TLS context of one kubeconfig user; both TokenSource and TLSSource.

    Plug-ins are run again shortly before what they gave expires, and after a 401.
    """

    def __init__(self, entry: ContextEntry, *, clock: Clock) -> None:
        self._entry = entry
        self._clock = clock
        self._lock = asyncio.Lock()
        self._loader: Any = None
        self._authorization = ""
        self._material: _Material | None = None
        self._context: ssl.SSLContext | None = None
        self._looked_at = clock.monotonic()

    async def authorization(self) -> str:
        """Return the header's value; the old one while a newer cannot be had."""
        if self._is_due() and not self._lock.locked():
            async with self._lock:
                await self._reload()
        return self._authorization

    async def renew(self) -> bool:
        """Log in again after a 401; returns whether that gave other credentials."""
        if not self._entry.is_renewable:
            return False
        before = self._authorization, self._context
        async with self._lock:
            if (self._authorization, self._context) != before:
                return True
            if self._clock.monotonic() - self._looked_at < RENEW_PAUSE_SECONDS:
                return False
            await self._reload()
        return (self._authorization, self._context) != before

    def context(self) -> ssl.SSLContext:
        """Return the TLS context of the credentials as they were loaded last."""
        if self._context is None:
            raise KubeConfigError(f"{self._entry.label}: not loaded")
        return self._context

    async def load(self) -> Any:
        """Read the file, log in, and return the library's Configuration."""
        self._looked_at = self._clock.monotonic()
        configuration = Configuration()
        try:
            # In memory where the system has such a folder; gone before anything is sent.
            with tempfile.TemporaryDirectory(dir=_memory_folder()) as folder:
                try:
                    async with asyncio.timeout(LOAD_SECONDS):
                        await self._ask_library(configuration, folder)
                    material = _Material.of(configuration)
                finally:
                    # Its registry of temporary files is by content: it would hand out the path
                    # of a removed file next time, and keeps the keys in memory.
                    kube_config._cleanup_temp_files()  # noqa: SLF001 (no public way)
        except KubeConfigError:
            raise
        except Exception as error:  # noqa: BLE001 (the library raises what its helpers raise)
            # Not chained: texts and arguments quote entries with their credentials.
            raise KubeConfigError(f"{self._entry.label}: {self._explain(error)}") from None
        self._take(configuration.api_key.get("BearerToken") or "", material)
        return configuration

    def _explain(self, error: Exception) -> str:
        text = str(error)
        ended = re.match(r"exec: process returned (-?\d+)", text)
        if ended:
            return f"the credential plug-in ended with code {ended[1]}"
        missing = re.fullmatch(r"File does not exists: (\S+)", text)
        if missing:
            return f"{missing[1]} does not exist"
        if isinstance(error, TimeoutError):
            return "the credential plug-in or identity provider did not answer"
        # Not every event loop tells which program could not be started.
        if isinstance(error, OSError) and (what := error.filename or self._entry.plugin):
            return f"{what}: {error.strerror or type(error).__name__}"
        return f"the credentials cannot be loaded ({type(error).__name__})"

    async def _ask_library(self, configuration: Any, folder: str) -> None:
        if self._loader is None:
            self._loader = await library.load_kube_config(
                config_file=self._entry.paths,
                context=self._entry.name,
                client_configuration=configuration,
                # The file is the operator's, and maybe under version control.
                persist_config=False,
                temp_file_path=folder,
            )
            return
        # The loader is kept for the refresh tokens it holds; these would make it skip the
        # plug-in, or hand out removed files.
        for name in ("exec_plugin_expiry", "cert_file", "key_file"):
            vars(self._loader).pop(name, None)
        self._loader._temp_file_path = folder  # noqa: SLF001 (no public way)
        await self._loader.load_and_set(configuration)

    def _take(self, authorization: str, material: "_Material") -> None:
        if material != self._material:
            try:
                self._context = client_context(
                    ca_data=material.ca,
                    certificate_data=material.certificate,
                    key_data=material.key,
                    verify=material.verify,
                )
            except KubeConfigError as error:
                raise KubeConfigError(f"{self._entry.label}: {error}") from error
            self._material = material
        if not authorization.isprintable():
            raise KubeConfigError(f"{self._entry.label}: the token has control characters")
        self._authorization = authorization

    def _is_due(self) -> bool:
        if not self._entry.is_renewable:
            return False
        if self._clock.monotonic() - self._looked_at < RECHECK_SECONDS:
            return False
        if self._entry.plugin is None:
            return True
        expiry = getattr(self._loader, "exec_plugin_expiry", None)
        return expiry is not None and self._clock.now() >= expiry - EXPIRY_MARGIN

    async def _reload(self) -> None:
        try:
            await self.load()
        except KubeConfigError as error:
            # What we have may still be valid; if not, the server says so.
            log.warning("credentials not renewed", problem=str(error))


class _Material(NamedTuple):
    ca: bytes
    certificate: bytes
    key: bytes
    verify: bool

    @classmethod
    def of(cls, configuration: Any) -> "_Material":
        return cls(
            ca=_bytes_of(configuration.ssl_ca_cert),
            certificate=_bytes_of(configuration.cert_file),
            key=_bytes_of(configuration.key_file),
            verify=bool(configuration.verify_ssl),
        )


def _bytes_of(path: str | None) -> bytes:
    return Path(path).read_bytes() if path else b""


def _memory_folder() -> str | None:
    folder = Path("/dev/shm")  # noqa: S108 (a private folder is made inside)
    return str(folder) if folder.is_dir() else None
