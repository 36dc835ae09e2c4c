"""Where the settings come from, if nobody says otherwise: a kubeconfig, or a service account.

The latter's are read by own code instead of kubernetes_asyncio's loader: it is small, it follows
rotated tokens and CAs, and the library would cost 38 MiB of memory for nothing else.
"""

import importlib
import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from clusterimport.aio import Clock, SystemClock
from clusterimport.kube.connection import ConnectionSettings
from clusterimport.kube.errors import KubeConfigError
from clusterimport.kube.tls import CAFile
from clusterimport.kube.tokens import FileToken

SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
"""Where kubelet projects token, CA and namespace."""


async def load_settings(
    *,
    kubeconfig: str = "",
    context: str = "",
    master: str = "",
    environment: Mapping[str, str] = os.environ,
    clock: Clock | None = None,
) -> ConnectionSettings:
    """Find the settings of the server to work on; raises KubeConfigError.

    In the order of controller-runtime: ``kubeconfig`` (the flag), ``$KUBECONFIG``, the pod's
    service account, ``~/.kube/config``. ``master`` replaces the address, and is enough alone.
    """
    paths = kubeconfig_paths(kubeconfig, environment)
    if context and not paths:
        raise KubeConfigError(f"context {context!r}: no kubeconfig was found that could have it")
    if paths:
        settings = await _from_kubeconfig(paths, context, clock)
    elif is_in_cluster(environment):
        settings = incluster_settings(environment=environment, clock=clock)
    elif master:
        return ConnectionSettings(server=master)
    else:
        raise KubeConfigError(
            "neither a kubeconfig nor a service account was found: "
            "give --kubeconfig, or set KUBECONFIG"
        )
    return replace(settings, server=master) if master else settings


def kubeconfig_paths(kubeconfig: str = "", environment: Mapping[str, str] = os.environ) -> str:
    """Return the kubeconfigs that ``load_settings`` reads, as in ``$KUBECONFIG``; empty: none."""
    paths = kubeconfig or environment.get("KUBECONFIG", "")
    return paths if paths or is_in_cluster(environment) else _home_config(environment)


def _home_config(environment: Mapping[str, str]) -> str:
    path = Path(environment.get("HOME") or "~").expanduser() / ".kube" / "config"
    return str(path) if path.exists() else ""


async def _from_kubeconfig(paths: str, context: str, clock: Clock | None) -> ConnectionSettings:
    # Imported here and by name: kubernetes_asyncio costs 38 MiB, which a pod need not pay.
    module = importlib.import_module("clusterimport.kube.clientconfig")
    settings = await module.kubeconfig_settings(paths, context=context, clock=clock)
    assert isinstance(settings, ConnectionSettings)
    return settings


def is_in_cluster(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether kubelet told where the API server is."""
    return bool(environment.get("KUBERNETES_SERVICE_HOST"))


def incluster_settings(
    *,
    environment: Mapping[str, str] = os.environ,
    folder: Path = SERVICE_ACCOUNT,
    clock: Clock | None = None,
) -> ConnectionSettings:
    """Return the settings of the pod's service account; raises KubeConfigError outside a pod."""
    host = environment.get("KUBERNETES_SERVICE_HOST", "")
    port = environment.get("KUBERNETES_SERVICE_PORT", "")
    if not host or not port:
        raise KubeConfigError(
            "not in a pod: KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set"
        )
    clock = clock or SystemClock()
    address = f"[{host}]" if ":" in host else host
    return ConnectionSettings(
        server=f"https://{address}:{port}",
        tls=CAFile(folder / "ca.crt", clock=clock),
        token=FileToken(folder / "token", clock=clock),
    )
