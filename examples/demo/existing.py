"""A cluster of the reader's own, by a context of their kubeconfig.

Nothing that is there is changed: an object of the demonstration's that stands already ends it, and
what it made is removed, whatever ends it.
"""

import base64
import http.client
import json
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from development.controlplane.client import AdminClient, wait_for
from development.controlplane.folder import WorkFolder
from development.controlplane.identities import Access
from development.controlplane.processes import Component, Spawner
from development.controlplane.resources import UnknownKindError
from development.controlplane.rest import ApiFailure
from development.manifests import CRD
from examples.demo.errors import DemoError

TOKEN_LIFETIME_SECONDS = 24 * 3600
GONE_SECONDS = 60.0
FAILED = (ApiFailure, UnknownKindError, OSError, http.client.HTTPException)

QUESTION = """
The demonstration runs on the cluster of the context {context}, {url}.
It installs the types of Clusterpedia, Cluster API, Karmada and MCP, roles, and the
namespaces {namespaces}; nothing of it may be there
yet. The controller runs on this machine. In the end all of it is removed again.
"""


class Made(NamedTuple):
    """An object that the demonstration made."""

    api_version: str
    kind: str
    name: str
    namespace: str

    def __str__(self) -> str:
        return f"{self.kind} {'/'.join(filter(None, (self.namespace, self.name)))}"


class ExistingCluster:
    """What the stage asks of a control plane, for one that others run."""

    def __init__(self, context: str) -> None:
        """Read the context; raises DemoError where that cannot be done or used."""
        self.admin_access = _access(context)
        self.url = self.admin_access.url
        self._folder = WorkFolder()
        self._spawner = Spawner(self._folder.lock_fd)

    @property
    def folder(self) -> Path:
        """Where logs and kubeconfigs are."""
        return self._folder.path

    def stop(self) -> None:
        """Remove the folder; what was started from here has ended by then."""
        self._spawner.close()
        self._folder.remove()

    def start_beside(self, component: Component) -> None:
        """Start a process that cannot outlive this one."""
        component.start(self._spawner)

    def admin_kubeconfig(self) -> Path:
        """Write the reader's own access; return the path."""
        return self._folder.write("admin.kubeconfig", self.admin_access.kubeconfig())

    def service_account_access(self, namespace: str, name: str) -> Access:
        """Return the access of a ServiceAccount, which must exist, for a day at most."""
        with AdminClient(self) as admin:
            token = admin.token(namespace, name, TOKEN_LIFETIME_SECONDS)
        return Access(self.url, self.admin_access.ca_pem, token=token)

    def kubeconfig_for_service_account(self, namespace: str, name: str) -> Path:
        """Write the kubeconfig of a ServiceAccount; return its path."""
        access = self.service_account_access(namespace, name)
        return self._folder.write(f"{namespace}.{name}.kubeconfig", access.kubeconfig())


class CarefulClient(AdminClient):
    """Makes what is not there, and remembers it; raises DemoError for what is."""

    def __init__(self, cluster: ExistingCluster) -> None:
        super().__init__(cluster)
        self._made: list[Made] = []

    def apply(self, obj: Mapping[str, Any], *, subresource: str = "") -> dict[str, Any]:
        """Apply an object that was not there before, or is our own."""
        self._note(obj)
        return super().apply(obj, subresource=subresource)

    def install_crd(self, crd: Mapping[str, Any], *, timeout_seconds: float = 60.0) -> None:
        """Install a type that was not there before."""
        self._note(crd)
        super().install_crd(crd, timeout_seconds=timeout_seconds)

    def undo(self) -> None:
        """Remove everything that was made, types last, and wait until it has gone.

        Raises DemoError with what is still there after a minute.
        """
        types = [each for each in self._made if each.kind == CRD]
        others = [each for each in reversed(self._made) if each.kind != CRD]
        for each in (*others, *types):
            with suppress(*FAILED):
                self.delete(*each, propagation="Background")
        with suppress(TimeoutError, *FAILED):
            wait_for(lambda: not self._left(), timeout_seconds=GONE_SECONDS)
        if left := self._left():
            raise DemoError(
                "the demonstration has ended, and these are left on the cluster; "
                f"remove them by hand: {', '.join(map(str, left))}"
            )

    def _left(self) -> list[Made]:
        """Return what is not seen to have gone; what was in a namespace goes with it."""
        found = []
        namespaces = {each.name for each in self._made if each.kind == "Namespace"}
        for each in self._made:
            if each.namespace in namespaces:
                continue
            try:
                is_there = self._is_there(each)
            except FAILED:
                is_there = True
            if is_there:
                found.append(each)
        return found

    def _note(self, obj: Mapping[str, Any]) -> None:
        meta = obj["metadata"]
        made = Made(obj["apiVersion"], obj["kind"], meta["name"], meta.get("namespace", ""))
        if made in self._made:
            return
        if self._is_there(made):
            raise DemoError(f"the cluster has a {made} already, which is not touched")
        self._made.append(made)

    def _is_there(self, made: Made) -> bool:
        try:
            self.read(*made)
        except UnknownKindError:
            return False
        except ApiFailure as failure:
            if failure.code == 404:
                return False
            raise
        return True


def _access(context: str) -> Access:
    command = ["kubectl", "config", "view", "--raw", "--minify", "--flatten", "-o", "json"]
    try:
        ended = subprocess.run(  # noqa: S603 - the context is the reader's own word
            [*command, "--context", context], capture_output=True, text=True, check=True
        )
    except FileNotFoundError:
        raise DemoError("kubectl is needed to read your kubeconfig") from None
    except subprocess.CalledProcessError as error:
        raise DemoError(f"kubectl does not know the context {context}: {error.stderr}") from None
    config = json.loads(ended.stdout)
    cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
    certificate, key = user.get("client-certificate-data"), user.get("client-key-data")
    if "certificate-authority-data" not in cluster or not (user.get("token") or certificate):
        raise DemoError(
            f"the context {context} needs a CA, and a token or client certificate of its own; "
            "credentials that a program gives are not read here"
        )
    return Access(
        cluster["server"],
        _text(cluster["certificate-authority-data"]),
        certificate_pem=_text(certificate or ""),
        key_pem=_text(key or ""),
        token=user.get("token", ""),
    )


def _text(data: str) -> str:
    return base64.b64decode(data).decode()
