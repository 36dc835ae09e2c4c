"""``clusterimport manifests``: what is installed in a cluster, without the repository."""

import click

from clusterimport.authoring import manifests as installed
from clusterimport.cli.printing.objects import print_json, print_yaml


@click.command("manifests")
@click.option("--crds-only", is_flag=True, help="Only the CustomResourceDefinitions.")
@click.option("--image", metavar="IMAGE", default="", help="Where the controller's image is.")
@click.option(
    "-o",
    "--output",
    type=click.Choice(["yaml", "json"]),
    default="yaml",
    show_default=True,
    help="The form of the output.",
)
def manifests(*, crds_only: bool, image: str, output: str) -> None:
    """Print what is installed in a cluster: namespace, CRDs, rights and the controller.

    They are those of `kubectl apply -k` on the repository, and need no network.

    \b
    Examples:
      clusterimport manifests --image registry.example/clusterimport:0.1.0 | kubectl apply -f -
      clusterimport manifests --crds-only | kubectl apply --server-side -f -
    """  # noqa: D301 - click wants the character itself
    objects = installed.crds() if crds_only else installed.everything(image)
    if output == "json":
        print_json({"apiVersion": "v1", "kind": "List", "items": objects})
    else:
        print_yaml(objects)
