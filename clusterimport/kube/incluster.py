"""Settings of a pod's service account.

Own code instead of kubernetes_asyncio's loader: it is small, it follows rotated tokens and CAs,
and the library would cost 38 MiB of memory for nothing else.
"""

import os
from collections.abc import Mapping
from pathlib import Path

from clusterimport.aio import Clock, SystemClock
from clusterimport.kube.connection import ConnectionSettings
from clusterimport.kube.errors import KubeConfigError
from clusterimport.kube.tls import CAFile
from clusterimport.kube.tokens import FileToken

SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
"""Where kubelet projects token, CA and namespace."""


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
