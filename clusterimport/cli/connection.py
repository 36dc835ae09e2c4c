"""The flags of live commands; light, since commands that work on files have them, too."""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import click

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Reach:
    """Which API server, and as whom; both as kubectl understands them."""

    kubeconfig: str
    context: str

    @property
    def is_given(self) -> bool:
        """Whether a person has said anything about it."""
        return bool(self.kubeconfig or self.context)


def connection_options(command: Callable[..., _T]) -> Callable[..., _T]:
    """Give a command the flags of the connection; they reach it as one ``Reach``, in front.

    Stands directly above the function, under the command's own flags.
    """

    @click.option(
        "--kubeconfig",
        default="",
        metavar="PATH",
        help="Path of a kubeconfig. Without it: $KUBECONFIG, else the service account in a pod, "
        "else ~/.kube/config.",
    )
    @click.option(
        "--context",
        default="",
        metavar="NAME",
        help="Context of the kubeconfig, in place of its current one.",
    )
    @functools.wraps(command)
    def with_reach(*args: Any, kubeconfig: str, context: str, **more: Any) -> _T:
        return command(Reach(kubeconfig, context), *args, **more)

    return with_reach
