"""All flags of ``run``: those of the settings, and what Clusterpedia has beside them.

An image can so be swapped. Defaults are Clusterpedia's, with two exceptions that their help texts
tell: no client-side limit of requests, and logs in JSON.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import click

import clusterimport
from clusterimport.cli import types
from clusterimport.flags import Flag, FlagGroup, FlagKind
from clusterimport.settings import Settings, flags

_BARE: Final = {"is_flag": False, "flag_value": "true", "metavar": "[=BOOL]"}
"""``--flag`` alone means ``--flag=true``, as in Go."""
_TYPES: Final[Mapping[FlagKind, click.ParamType[Any]]] = {
    FlagKind.TEXT: click.STRING,
    FlagKind.NUMBER: click.FLOAT,
    FlagKind.INTEGER: types.GoInt(),
    FlagKind.BOOLEAN: types.GoBool(),
    FlagKind.DURATION: types.GoDuration(),
    FlagKind.NETWORKS: types.Network(),
    FlagKind.ADDRESS: types.BindAddress(),
    FlagKind.GATE: types.FeatureGates(),
}
_REPEATED: Final = frozenset({FlagKind.LIST, FlagKind.NETWORKS, FlagKind.GATE})


@dataclass(frozen=True, slots=True)
class Group:
    """One section of ``--help``."""

    title: str
    flags: tuple[click.Option, ...]


class SettingOption(click.Option):
    """Sets one field of the settings."""

    def __init__(self, field: str, flag: Flag, default: Any) -> None:
        self.field = field
        self.flag = flag
        more: dict[str, Any] = {"metavar": flag.metavar}
        if flag.kind in _REPEATED:
            more["multiple"] = True
        else:
            is_shown = flag.is_default_shown
            more["default"] = _written(flag.kind, default) if is_shown else None
            more["show_default"] = is_shown and default != ""
        if flag.kind is FlagKind.BOOLEAN:
            more |= _BARE
        super().__init__([flag.name], type=_type(flag), help=flag.help, **more)


class IgnoredOption(click.Option):
    """Known to Clusterpedia, accepted, and without a meaning here."""


def _type(flag: Flag) -> click.ParamType[Any]:
    match flag.kind:
        case FlagKind.CHOICE:
            return click.Choice(flag.choices)
        case FlagKind.LIST:
            return types.CommaList(flag.choices)
        case kind:
            return _TYPES[kind]


def _written(kind: FlagKind, default: Any) -> str:
    """Return a default as a user would write it."""
    match kind:
        case FlagKind.BOOLEAN:
            return "true" if default else "false"
        case FlagKind.NUMBER:
            return f"{default:g}"
        case FlagKind.DURATION:
            return f"{default:g}s"
        case FlagKind.ADDRESS:
            return "{}:{}".format(*default)
        case _:
            return str(default)


def _ignored(name: str, kind: click.ParamType[Any] | type, text: str, **more: Any) -> click.Option:
    # Not passed on: whether it was given is all that anybody asks, and the context knows it.
    text = f"{text} Accepted, without effect."
    return IgnoredOption([name], type=kind, help=text, expose_value=False, **more)


def _show_version(ctx: click.Context, _param: click.Parameter, value: str) -> None:
    if value not in {"", "false"} and not ctx.resilient_parsing:
        click.echo(f"clusterimport {clusterimport.__version__}")
        ctx.exit()


_BOOL, _DURATION = _TYPES[FlagKind.BOOLEAN], _TYPES[FlagKind.DURATION]
_OTHERS: Final[Mapping[FlagGroup, tuple[click.Option, ...]]] = {
    FlagGroup.CONNECTION: (
        _ignored("--kube-api-content-type", str, "Content type of requests; it is JSON."),
    ),
    FlagGroup.ELECTION: (
        click.Option(
            ["--leader-elect-resource-lock"],
            type=click.Choice(["leases"]),
            help="Type of the lock.",
            default="leases",
            expose_value=False,
        ),
    ),
    FlagGroup.LOGS: (
        click.Option(
            ["-v", "--v"],
            type=_TYPES[FlagKind.INTEGER],
            help="Verbosity as in Kubernetes.",
            default=0,
        ),
        _ignored("--vmodule", str, "Verbosity per file."),
        _ignored("--log-flush-frequency", _DURATION, "Pause between flushes."),
        _ignored("--log-json-info-buffer-size", str, "Buffer of JSON logs."),
        _ignored(
            "--log-json-split-stream", _BOOL, "Errors to stderr, the rest to stdout.", **_BARE
        ),
        _ignored("--log-text-info-buffer-size", str, "Buffer of text logs."),
        _ignored(
            "--log-text-split-stream", _BOOL, "Errors to stderr, the rest to stdout.", **_BARE
        ),
    ),
}


def _settings(section: FlagGroup) -> tuple[click.Option, ...]:
    defaults = {name: each.default for name, each in Settings.__dataclass_fields__.items()}
    return tuple(
        SettingOption(field, flag, defaults[field])
        for field, flag in flags().items()
        if flag.group is section
    )


GROUPS = (
    *(Group(each.value, _settings(each) + _OTHERS.get(each, ())) for each in FlagGroup),
    Group(
        "Other",
        (
            click.Option(
                ["--version"],
                type=click.Choice(["true", "false", "raw"]),
                help="Show the version and exit.",
                default="false",
                is_flag=False,
                flag_value="true",
                metavar="[=true|raw|false]",
                is_eager=True,
                expose_value=False,
                callback=_show_version,
            ),
        ),
    ),
)
