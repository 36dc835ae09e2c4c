"""The proof that what was imported is the way into a cluster, by going it."""

import base64
import http.client
from collections.abc import Mapping
from typing import Any, NamedTuple

import yaml

from development.controlplane.client import RestClient
from development.controlplane.identities import Access
from development.controlplane.rest import ApiFailure
from examples.demo.errors import DemoError

WHO_AM_I = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview", "metadata": {}}


class Proof(NamedTuple):
    """What a cluster answered to the credential in its PediaCluster."""

    version: str
    user: str
    """Who we are there."""


def prove(pediacluster: Mapping[str, Any]) -> Proof:
    """Ask a cluster by nothing but `spec` of its PediaCluster; raises DemoError."""
    try:
        with RestClient(access_of(pediacluster["spec"])) as client:
            version = client.get("/version")["gitVersion"]
            # The version is told to anybody.
            review = client.create(WHO_AM_I)
    except (ApiFailure, OSError, http.client.HTTPException, LookupError, ValueError) as error:
        # Not its text alone: what cannot be read might be quoted, and it is a credential.
        problem = str(error) if isinstance(error, ApiFailure) else type(error).__name__
        name = pediacluster["metadata"]["name"]
        raise DemoError(f"the imported credential of {name} does not work: {problem}") from error
    return Proof(version, review["status"]["userInfo"]["username"])


def access_of(spec: Mapping[str, Any]) -> Access:
    """Read the connection as Clusterpedia does: a kubeconfig wins over the single fields."""
    if not spec.get("kubeconfig"):
        return Access(spec["apiserver"], _text(spec["caData"]), token=_text(spec["tokenData"]))
    config = yaml.safe_load(_text(spec["kubeconfig"]))
    context = _named(config, "context", config["current-context"])
    cluster = _named(config, "cluster", context["cluster"])
    user = _named(config, "user", context["user"])
    return Access(
        cluster["server"], _text(cluster["certificate-authority-data"]), token=user["token"]
    )


def _named(config: Mapping[str, Any], kind: str, name: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = next(
        entry[kind] for entry in config[f"{kind}s"] if entry["name"] == name
    )
    return found


def _text(encoded: str) -> str:
    return base64.b64decode(encoded).decode()
