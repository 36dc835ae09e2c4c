"""Who a client of the control plane is, and the kubeconfig that says so."""

import base64
import json
import os
import ssl
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

ADMIN_USER = "clusterimport-tests"
ADMIN_GROUP = "system:masters"


@dataclass(frozen=True, slots=True)
class Access:
    """Everything a client needs: the address, the authority to trust, one identity.

    The identity is a client certificate with its key, or a bearer token, or neither (anonymous).
    """

    url: str
    ca_pem: str
    certificate_pem: str = ""
    key_pem: str = field(default="", repr=False)
    token: str = field(default="", repr=False)

    @property
    def host(self) -> str:
        """The host of the address."""
        return urlsplit(self.url).hostname or ""

    @property
    def port(self) -> int:
        """The port of the address."""
        return urlsplit(self.url).port or 443

    def through(self, url: str) -> "Access":
        """Return the same identity at another address, for example a proxy's."""
        return replace(self, url=url)

    def kubeconfig(self) -> str:
        """Return a self-contained kubeconfig. It is JSON, which every YAML reader accepts."""
        user: dict[str, str] = {}
        if self.certificate_pem:
            user["client-certificate-data"] = _base64(self.certificate_pem)
            user["client-key-data"] = _base64(self.key_pem)
        if self.token:
            user["token"] = self.token
        cluster = {"server": self.url, "certificate-authority-data": _base64(self.ca_pem)}
        name = "controlplane"
        document = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": name, "cluster": cluster}],
            "users": [{"name": name, "user": user}],
            "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
            "current-context": name,
        }
        return json.dumps(document, indent=2)


def client_context(access: Access) -> ssl.SSLContext:
    """Return a TLS context that trusts the access's authority alone and shows its certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cadata=access.ca_pem)
    if access.certificate_pem:
        # `ssl` reads a key from a file only; this one never reaches a disk.
        with os.fdopen(os.memfd_create("client-certificate"), "w", encoding="ascii") as pair:
            pair.write(access.certificate_pem + access.key_pem)
            pair.flush()
            context.load_cert_chain(f"/proc/self/fd/{pair.fileno()}")
    return context


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
