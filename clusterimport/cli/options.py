"""From the values of the flags to the settings of the program."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

import click
from click.core import ParameterSource

from clusterimport.cli.flags import IgnoredOption, SettingOption
from clusterimport.flags import Flag, FlagKind
from clusterimport.observability.redaction import redact_text
from clusterimport.settings import Settings

DEBUG_VERBOSITY = 4
"""Kubernetes' conventions: from here on, ``-v`` is for debugging."""


def settings_of(context: click.Context) -> Settings:
    """Return the settings that the parsed flags of ``run`` stand for.

    Raises:
        SettingsError: they contradict themselves; all problems at once.

    """
    ignored = [*_ignored_flags(context)]
    found: dict[str, Any] = {}
    for option in context.command.params:
        if not isinstance(option, SettingOption):
            continue
        value = context.params[option.name or ""]
        if option.flag.kind is FlagKind.GATE:
            ignored += _ignored_gates(option.flag, value)
        if value is not None:
            found[option.field] = _meant(option.flag, value)
    found.setdefault("log_level", _level_of(context.params["v"]))
    return Settings(**found, given_flags=tuple(_given_flags(context)), ignored_flags=tuple(ignored))


def _meant(flag: Flag, value: Any) -> Any:
    """Return what is set by a value of a flag, or by all of one that may be repeated."""
    match flag.kind:
        case FlagKind.GATE:
            return {name: on for given in value for name, on in given.items()}.get(flag.gate, False)
        case FlagKind.LIST:
            return frozenset().union(*value)
        case FlagKind.NETWORKS:
            return tuple(chain(*value))
        case FlagKind.NUMBER | FlagKind.INTEGER if flag.negative_is_zero and value < 0:
            # "Not a number" stays what it is, and is refused.
            return type(value)(0)
        case _:
            return value


def _given_flags(context: click.Context) -> Iterator[str]:
    for option in context.command.params:
        if isinstance(option, click.Option) and _is_given(context, option):
            yield f"{option.opts[0]}={_written(context.params.get(option.name or ''))}"


def _written(value: object) -> str:
    if isinstance(value, list | tuple | set | frozenset):
        return ",".join(map(_written, value))
    if isinstance(value, Mapping):
        return ",".join(f"{key}={_written(each)}" for key, each in value.items())
    return redact_text(str(value))


def _ignored_flags(context: click.Context) -> Iterator[str]:
    for option in context.command.params:
        if isinstance(option, IgnoredOption) and _is_given(context, option):
            yield option.opts[0]


def _ignored_gates(flag: Flag, given: Sequence[Mapping[str, bool]]) -> Iterator[str]:
    for name in dict.fromkeys(chain(*given)):
        if name != flag.gate:
            yield f"{flag.name}={name}"


def _is_given(context: click.Context, option: click.Option) -> bool:
    return context.get_parameter_source(option.name or "") is ParameterSource.COMMANDLINE


def _level_of(verbosity: int) -> str:
    return "debug" if verbosity >= DEBUG_VERBOSITY else "info"
