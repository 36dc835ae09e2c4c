"""``clusterimport rbac``: the rights that policies need."""

import click

from clusterimport.authoring.inputs import Inputs
from clusterimport.authoring.policies import chosen, read_policy
from clusterimport.authoring.roles import CONTROLLER, ServiceAccount, roles_of
from clusterimport.cli import authoring
from clusterimport.cli.printing.objects import print_json, print_yaml


class _Account(click.ParamType[ServiceAccount]):
    """``namespace/name``."""

    name = "namespace/name"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> ServiceAccount:
        """Return the account."""
        if isinstance(value, ServiceAccount):
            return value
        namespace, slash, name = str(value).partition("/")
        if not (namespace and slash and name):
            self.fail(f"{value!r} is not like namespace/name", param, ctx)
        return ServiceAccount(namespace, name)


@click.command("rbac")
@authoring.paths
@authoring.policies
@click.option(
    "-o",
    "--output",
    type=click.Choice(["yaml", "json"]),
    default="yaml",
    show_default=True,
    help="The form of the output.",
)
@click.option(
    "--service-account",
    type=_Account(),
    default="/".join(CONTROLLER),
    show_default=True,
    help="Who gets the rights in single namespaces.",
)
def rbac(
    paths: tuple[str, ...],
    *,
    recursive: bool,
    policies: tuple[str, ...],
    output: str,
    service_account: ServiceAccount,
) -> None:
    """Print the roles that the controller needs for policies.

    PATH is a file, a folder or - for standard input. A policy gets one ClusterRole, which its label
    adds to the controller's rights, and for each namespace that stands literally in the policy a
    Role and its binding there.

    \b
    Ends with 0, with 1 for a policy that cannot work, with 2 if there is no policy.

    \b
    Examples:
      clusterimport rbac policy.yaml
      clusterimport rbac policy.yaml | kubectl apply -f -
    """  # noqa: D301 - click wants the character itself
    inputs = Inputs(authoring.documents_of(paths, recursive=recursive), only_policies=True)
    roles = [
        role
        for document in chosen(inputs, policies)
        for role in roles_of(read_policy(document, inputs), service_account)
    ]
    if output == "yaml":
        print_yaml(roles)
    else:
        print_json({"apiVersion": "v1", "kind": "List", "items": roles})
