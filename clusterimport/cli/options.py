"""From the values of the flags to the settings of the program."""

from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any

import click
from click.core import ParameterSource

from clusterimport.app.settings import Settings
from clusterimport.cli.flags import KNOWN_GATE, IgnoredOption
from clusterimport.observability.redaction import redact_text

DEBUG_VERBOSITY = 4
"""Kubernetes' conventions: from here on, ``-v`` is for debugging."""


def settings_of(context: click.Context) -> Settings:
    """Return the settings that the parsed flags of ``run`` stand for.

    Raises:
        SettingsError: they contradict themselves; all problems at once.

    """
    values: Mapping[str, Any] = context.params
    gates: dict[str, bool] = {}
    for given in values["feature_gates"]:
        gates |= given
    host, port = values["metrics_bind_address"]
    return Settings(
        kubeconfig=values["kubeconfig"],
        master=values["master"],
        # Negative means "no limit" to client-go.
        qps=_not_negative(values["kube_api_qps"]),
        burst=int(_not_negative(values["kube_api_burst"])),
        leader_elect=values["leader_elect"],
        lease_name=values["leader_elect_resource_name"],
        lease_namespace=values["leader_elect_resource_namespace"],
        lease_duration_seconds=values["leader_elect_lease_duration"],
        renew_deadline_seconds=values["leader_elect_renew_deadline"],
        retry_period_seconds=values["leader_elect_retry_period"],
        metrics_host=host,
        metrics_port=port,
        allowed_features=frozenset().union(*values["allowed_credential_features"]),
        allow_cross_namespace=values["allow_cross_namespace_references"],
        authentication_from=gates.get(KNOWN_GATE, False),
        pediacluster_status=values["pediacluster_status"],
        probe_interval_seconds=values["probe_interval"],
        probe_allow=tuple(chain(*values["probe_allow_cidr"])),
        probe_deny=tuple(chain(*values["probe_deny_cidr"])),
        metrics_by_cluster=values["metrics_by_cluster"],
        log_level=values["log_level"] or _level_of(values["v"]),
        log_json=values["logging_format"] == "json",
        given_flags=tuple(_given_flags(context)),
        ignored_flags=(*_ignored_flags(context), *_ignored_gates(gates)),
        source_workers=values["source_workers"],
        max_source_bytes_per_namespace=values["max_source_bytes_per_namespace"],
        lifecycle_workers=values["lifecycle_workers"],
    )


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


def _ignored_gates(gates: Mapping[str, bool]) -> Iterator[str]:
    for name in gates:
        if name != KNOWN_GATE:
            yield f"--feature-gates={name}"


def _is_given(context: click.Context, option: click.Option) -> bool:
    return context.get_parameter_source(option.name or "") is ParameterSource.COMMANDLINE


def _level_of(verbosity: int) -> str:
    return "debug" if verbosity >= DEBUG_VERBOSITY else "info"


def _not_negative(number: float) -> float:
    # Written so that "not a number" stays what it is, and is refused.
    return 0.0 if number < 0 else number
