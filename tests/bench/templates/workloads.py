"""What is rendered: the shipped policy for Cluster API, and one that does more."""

import base64
import hashlib
from pathlib import Path
from typing import Any, NamedTuple

import yaml

_HERE = Path(__file__).parent
_SHIPPED = _HERE.parents[2] / "examples" / "policies" / "cluster-api"


class Workload(NamedTuple):
    """The templates of a policy (name, creation condition, cluster) and their data."""

    title: str
    templates: tuple[str, str, str]
    data: dict[str, Any]

    def for_go(self) -> dict[str, Any]:
        """Return the workload as the Go program reads it."""
        name, condition, cluster = self.templates
        return {"name": name, "condition": condition, "cluster": cluster, "data": self.data}


def workloads() -> list[Workload]:
    """Read all workloads."""
    cluster, secret, *_ = yaml.safe_load_all((_SHIPPED / "samples.yaml").read_text())
    (larger,) = yaml.safe_load_all((_HERE / "cluster.yaml").read_text())
    return [
        _workload("the shipped policy for Cluster API", _SHIPPED, cluster, secret),
        _workload("a policy that does more", _HERE, larger, _secret(larger)),
    ]


def _workload(
    title: str, folder: Path, cluster: dict[str, Any], secret: dict[str, Any]
) -> Workload:
    policy = yaml.safe_load((folder / "policy.yaml").read_text())["spec"]
    return Workload(
        title,
        (policy["nameTemplate"], policy["creationCondition"], policy["template"]),
        {"source": cluster, "references": {"kubeconfig": secret}},
    )


def _secret(cluster: dict[str, Any]) -> dict[str, Any]:
    """Return a Secret as large as those of Cluster API: a kubeconfig of CA, certificate and key."""
    name = cluster["metadata"]["name"]
    sizes = {"certificate-authority-data": 1107, "client-certificate-data": 1155}
    fields = {**sizes, "client-key-data": 1675}
    lines = [f"{field}: {_filler(field, size)}\n" for field, size in fields.items()]
    text = f"apiVersion: v1\nkind: Config\n# {name}\n" + "".join(lines)
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": f"{name}-kubeconfig", "namespace": cluster["metadata"]["namespace"]},
        "type": "cluster.x-k8s.io/secret",
        "data": {"value": base64.b64encode(text.encode()).decode()},
    }


def _filler(seed: str, size: int) -> str:
    return base64.b64encode(hashlib.shake_256(seed.encode()).digest(size)).decode()
