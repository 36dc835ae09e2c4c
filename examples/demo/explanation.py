"""What is being seen, and how to look at it: one screen of 24 lines and 80 columns."""

from pathlib import Path

END = "Ctrl-C ends the demonstration and removes everything."

WHAT = """
What you see: four platforms imported into Clusterpedia. On a real API server
stand the platforms' objects, of examples/, and the controller works there with
the rights of manifests/ and no others. A policy makes one lifecycle of each of
its sources, and a lifecycle a PediaCluster as soon as its cluster can be used:
capi-quickstart-2, argocd, member3 and cluster-2 are to wait. Every cluster is
this API server again, entered by a ServiceAccount of its own in demo-clusters.
READY and VERSION are what each cluster answers to its imported credentials.
"""

HOW = """
In another terminal:
  export KUBECONFIG={kubeconfig}
  kubectl get clusterimportpolicies,pediaclusterlifecycles,pediaclusters
  kubectl get pediaclusters --watch --output-watch-events
A cluster becomes ready, a token is rotated, a cluster goes; the watch tells:
  kubectl patch clusters.cluster.mcp.io cluster-2 --type=merge \\
    -p '{{"status":{{"conditions":[{{"type":"Ready","status":"True"}}]}}}}'
  kubectl patch secret -n demo cluster-1 -p "{{\\"stringData\\":{{\\"token\\":\\"$(
    kubectl create token -n demo-clusters mcp-cluster-1)\\"}}}}"
  kubectl delete clusters.cluster.karmada.io member1
Events, and the controller's log:
  kubectl get events -A
  tail -f {log}
"""


def what() -> str:
    """Return what is being seen."""
    return WHAT.strip()


def how(kubeconfig: Path, log: Path) -> str:
    """Return what to type in order to see more, as long as the demonstration lasts."""
    return HOW.format(kubeconfig=kubeconfig, log=log).strip()
