"""Where the settings come from, if nobody says otherwise."""

import importlib
import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from clusterimport.aio import Clock
from clusterimport.kube.connection import ConnectionSettings
from clusterimport.kube.errors import KubeConfigError
from clusterimport.kube.incluster import incluster_settings, is_in_cluster


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
