"""``clusterimport kubeconfig``: short-cuts by which kubectl searches imported clusters."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from clusterimport.cli.connection import Reach, connection_options
from clusterimport.cli.printing.objects import print_yaml
from clusterimport.cli.printing.progress import ProgressLine
from clusterimport.cli.reaching import run_live
from clusterimport.kube import RestClient
from clusterimport.kube.contexts import ClusterEntry, find_cluster
from clusterimport.kube.errors import KubeConfigError
from clusterimport.kube.loading import kubeconfig_paths
from clusterimport.live import kubeconfigfile
from clusterimport.live.errors import NoWay
from clusterimport.live.kubeconfigfile import KubeconfigFile
from clusterimport.live.reading import read_names
from clusterimport.live.shortcuts import Act, ShortcutChange, is_shortcut, plan, shortcuts
from clusterimport.model.gvr import PEDIACLUSTERS


@click.command("kubeconfig")
@click.option(
    "--merge",
    is_flag=False,
    flag_value="",
    default=None,
    metavar="[FILE]",
    help="Merge into FILE, or without one into the kubeconfig that has the present cluster.",
)
@click.option("--dry-run", is_flag=True, help="With --merge: say what would change, write nothing.")
@connection_options
def kubeconfig(reach: Reach, merge: str | None, dry_run: bool) -> int:
    """Print, or merge into a kubeconfig, an entry for each imported cluster.

    `kubectl --cluster clusterpedia get pods -A` then searches in all of them, `kubectl --cluster
    NAME get pods -A` in one. Entries of clusters that are gone are removed; whatever else the file
    holds stays as it is.

    \b
    Examples:
      clusterimport kubeconfig > clusters.kubeconfig
      clusterimport kubeconfig --merge ~/.kube/config --dry-run
    """  # noqa: D301 - click wants the character itself
    if dry_run and merge is None:
        raise click.UsageError("--dry-run goes with --merge; without it nothing is written")
    cluster = _present_cluster(reach)

    async def work(rest: RestClient, progress: ProgressLine) -> list[str]:
        progress.tell("reading the names of the PediaClusters")
        return await read_names(rest, PEDIACLUSTERS)

    names = run_live(reach, work)
    base = _absolute(cluster)
    if merge is None:
        _print(base, names)
        return 0
    path = Path(merge).expanduser() if merge else cluster.path
    _merge(path, base, names, dry_run=dry_run)
    return 0


def _present_cluster(reach: Reach) -> ClusterEntry:
    paths = kubeconfig_paths(reach.kubeconfig)
    if not paths:
        raise NoWay("no kubeconfig was found; name one by --kubeconfig")
    try:
        cluster = find_cluster(paths, reach.context)
    except KubeConfigError as error:
        raise NoWay(str(error)) from error
    if is_shortcut(cluster.content):
        raise NoWay(
            f"cluster {cluster.name!r} of the context is such a short-cut itself; choose a "
            "--context that leads to the API server"
        )
    return cluster


def _absolute(cluster: ClusterEntry) -> Mapping[str, Any]:
    """Return the cluster so that it means the same in any folder."""
    base = dict(cluster.content)
    authority = base.get("certificate-authority")
    if isinstance(authority, str) and authority:
        base["certificate-authority"] = str(cluster.path.parent / authority)
    return base


def _print(base: Mapping[str, Any], names: Sequence[str]) -> None:
    entries = [
        {"cluster": cluster, "name": name} for name, cluster in shortcuts(base, names).items()
    ]
    print_yaml([{"apiVersion": "v1", "kind": "Config", "clusters": entries}])


def _merge(path: Path, base: Mapping[str, Any], names: Sequence[str], *, dry_run: bool) -> None:
    if dry_run:
        _tell(path, plan(base, names, KubeconfigFile.read(path).entries()), dry_run=True)
        return
    with kubeconfigfile.locked(path):
        file = KubeconfigFile.read(path)
        steps = plan(base, names, file.entries())
        text = file.changed(steps)
        if text != file.text:
            kubeconfigfile.replace(path, text)
    _tell(path, steps, dry_run=False)


def _tell(path: Path, steps: Sequence[ShortcutChange], *, dry_run: bool) -> None:
    for step in steps:
        if step.act is Act.FOREIGN:
            click.echo(f"{step.name}: left alone, an entry of that name leads elsewhere", err=True)
        elif step.act is not Act.KEEP:
            click.echo(f"{step.act} {step.name}")
    changes = sum(step.act not in {Act.KEEP, Act.FOREIGN} for step in steps)
    done = "would be changed" if dry_run else "changed"
    click.echo(f"{path}: " + (f"{changes} entries {done}" if changes else "nothing to change"))
