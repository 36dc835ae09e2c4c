"""Probes of scripted servers, of which each has its API below a path."""

import asyncio
from typing import Any

from clusterimport.model.connection import Connection
from clusterimport.probing import ClusterProbe
from tests.fakes.probing.scripted import HEALTHY, Script, ScriptedServer

CONNECTION = Connection("https://api.test:6443/k8s/c-1", token="t0p-s3cret")
PREFIX = "/k8s/c-1"
TENANT = "namespace/team"


def prefixed(script: Script) -> Script:
    return {PREFIX + path: reply for path, reply in script.items()}


def scripted(*scripts: Script, **more: Any) -> ScriptedServer:
    return ScriptedServer(*[prefixed({**HEALTHY, **script}) for script in scripts], **more)


def probe_of(server: ScriptedServer, connection: Connection = CONNECTION) -> ClusterProbe:
    return ClusterProbe(connection, tenant=TENANT, dialer=server)


def now() -> float:
    return asyncio.get_running_loop().time()
