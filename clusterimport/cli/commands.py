"""The two shapes of commands that click lacks: groups loaded late, and help in sections."""

import importlib
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import click
from click.shell_completion import CompletionItem

from clusterimport.cli.exitcodes import ExitCode
from clusterimport.cli.flags import Group


class Location(NamedTuple):
    """Where a command is, and what the list of commands says of it."""

    target: str
    """``module:attribute``."""
    summary: str
    """The first sentence of its help."""


class LazyGroup(click.Group):
    """A group that knows where its commands are, and imports one when it is asked for.

    ``clusterimport --help`` and the offline commands must start at once, and not pay for the
    Kubernetes client that another command needs. Alone it prints its help.
    """

    def __init__(self, name: str, *, locations: Mapping[str, Location], **more: Any) -> None:
        """Take ``locations`` by the names of commands."""
        super().__init__(name, invoke_without_command=True, no_args_is_help=False, **more)
        self.locations = locations

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; without one, print the help. Nobody reading is an end without a word."""
        try:
            if not ctx._protected_args and not ctx.args:  # noqa: SLF001 - click has no other name
                click.echo(ctx.get_help())
                return 0
            result = super().invoke(ctx)
            sys.stdout.flush()
        except BrokenPipeError:
            # The interpreter flushes at its end, and would complain once more.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return ExitCode.BROKEN_PIPE
        return result

    def format_commands(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's signature
        formatter: click.HelpFormatter,
    ) -> None:
        """Write the list of commands without importing one."""
        with formatter.section("Commands"):
            formatter.write_dl(
                [(name, location.summary) for name, location in sorted(self.locations.items())]
            )

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Complete the names of commands without importing one, and the group's own flags."""
        names = [
            CompletionItem(name, help=location.summary)
            for name, location in sorted(self.locations.items())
            if name.startswith(incomplete)
        ]
        return [*names, *click.Command.shell_complete(self, ctx, incomplete)]

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the names of all commands."""
        return sorted(self.locations)

    def get_command(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's signature
        cmd_name: str,
    ) -> click.Command | None:
        """Import a command."""
        location = self.locations.get(cmd_name)
        if location is None:
            return None
        module, _, attribute = location.target.partition(":")
        command = getattr(importlib.import_module(module), attribute)
        assert isinstance(command, click.Command)
        return command


class SectionedCommand(click.Command):
    """A command whose ``--help`` shows its flags in groups; ``_`` in a flag's name counts as ``-``.

    The second is the rule of Kubernetes' components (``WordSepNormalizeFunc``).
    """

    def __init__(self, name: str, groups: Sequence[Group], callback: Callable[..., Any]) -> None:
        super().__init__(
            name,
            callback=callback,
            params=[option for group in groups for option in group.flags],
            help=callback.__doc__,
            context_settings={
                "help_option_names": ["-h", "--help"],
                "max_content_width": 100,
                "token_normalize_func": lambda name: name.replace("_", "-"),
            },
        )
        self.groups = groups

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write one section per group; ``--help`` itself belongs to the last."""
        help_option = self.get_help_option(ctx)
        for group in self.groups:
            options = list(group.flags)
            if group is self.groups[-1] and help_option is not None:
                options.append(help_option)
            records = [option.get_help_record(ctx) for option in options]
            with formatter.section(group.title):
                formatter.write_dl([record for record in records if record is not None])
