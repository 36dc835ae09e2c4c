"""All flags of ``run``: Clusterpedia's, so that an image can be swapped, and our own.

Each is declared once, in a group of ``--help``. Defaults are Clusterpedia's, with two exceptions
that their help texts tell: no client-side limit of requests, and logs in JSON.
"""

from dataclasses import dataclass
from typing import Any

import click

import clusterimport
from clusterimport.app import settings
from clusterimport.cli import types
from clusterimport.limits.objects import NAMESPACE_SOURCE_BYTES
from clusterimport.model.policy import CredentialFeature

KNOWN_GATE = "ClusterAuthenticationFromSecret"
"""The only one of Clusterpedia's gates that concerns the import."""

_BOOL = types.GoBool()
_DURATION = types.GoDuration()
_INT = types.GoInt()
_BARE = {"is_flag": False, "flag_value": "true", "metavar": "[=BOOL]"}
"""``--flag`` alone means ``--flag=true``, as in Go."""
FEATURES = tuple(feature.value for feature in CredentialFeature)


@dataclass(frozen=True, slots=True)
class Group:
    """One section of ``--help``."""

    title: str
    flags: tuple[click.Option, ...]


class IgnoredOption(click.Option):
    """Known to Clusterpedia, accepted, and without a meaning here."""


def _flag(name: str, kind: click.ParamType[Any] | type, text: str, **more: Any) -> click.Option:
    return click.Option([*more.pop("short", ()), name], type=kind, help=text, **more)


def _bool(name: str, default: str, text: str) -> click.Option:
    return _flag(name, _BOOL, text, default=default, show_default=True, **_BARE)


def _ignored(name: str, kind: click.ParamType[Any] | type, text: str, **more: Any) -> click.Option:
    # Not passed on: whether it was given is all that anybody asks, and the context knows it.
    text = f"{text} Accepted, without effect."
    return IgnoredOption([name], type=kind, help=text, expose_value=False, **more)


def _show_version(ctx: click.Context, _param: click.Parameter, value: str) -> None:
    if value not in {"", "false"} and not ctx.resilient_parsing:
        click.echo(f"clusterimport {clusterimport.__version__}")
        ctx.exit()


GROUPS = (
    Group(
        "Connection",
        (
            _flag(
                "--kubeconfig",
                str,
                "Path of a kubeconfig. Without it: $KUBECONFIG, else the service account in a pod, "
                "else ~/.kube/config.",
                default="",
                metavar="PATH",
            ),
            _flag(
                "--master",
                str,
                "URL of the API server, in place of the kubeconfig's.",
                default="",
                metavar="URL",
            ),
            _flag(
                "--kube-api-qps",
                float,
                "Requests per second that the client allows itself; 0: no limit, the server "
                "decides (Clusterpedia: 20).",
                default="0",
                show_default=True,
            ),
            _flag(
                "--kube-api-burst",
                _INT,
                "Requests that may exceed --kube-api-qps at once; 0: twice as many.",
                default="0",
                show_default=True,
            ),
            _ignored("--kube-api-content-type", str, "Content type of requests; it is JSON."),
        ),
    ),
    Group(
        "Leader election",
        (
            _bool("--leader-elect", "true", "Work only while holding the lease."),
            _flag(
                "--leader-elect-lease-duration",
                _DURATION,
                "How long others wait for a leader that is silent.",
                default="15s",
                show_default=True,
            ),
            _flag(
                "--leader-elect-renew-deadline",
                _DURATION,
                "How long a leader that cannot renew goes on.",
                default="10s",
                show_default=True,
            ),
            _flag(
                "--leader-elect-retry-period",
                _DURATION,
                "Pause between attempts.",
                default="2s",
                show_default=True,
            ),
            _flag(
                "--leader-elect-resource-lock",
                click.Choice(["leases"]),
                "Type of the lock.",
                default="leases",
                expose_value=False,
            ),
            _flag(
                "--leader-elect-resource-name",
                str,
                "Name of the lease.",
                default=settings.DEFAULT_LEASE_NAME,
                show_default=True,
                metavar="NAME",
            ),
            _flag(
                "--leader-elect-resource-namespace",
                str,
                "Namespace of the lease. Without it: that of the pod's service account, else "
                f"{settings.DEFAULT_NAMESPACE}.",
                default="",
                metavar="NAMESPACE",
            ),
        ),
    ),
    Group(
        "Import",
        (
            _flag(
                "--allowed-credential-features",
                types.CommaList(FEATURES),
                "What credentials of imported clusters may contain under every policy: "
                f"{', '.join(FEATURES)}.",
                multiple=True,
            ),
            _bool(
                "--allow-cross-namespace-references",
                "false",
                "Let namespaced sources refer to objects in any namespace, as Clusterpedia does.",
            ),
            _flag(
                "--feature-gates",
                types.FeatureGates(),
                f"{KNOWN_GATE}=true honours authenticationFrom; other gates have no effect.",
                multiple=True,
            ),
            _flag(
                "--max-source-bytes-per-namespace",
                _INT,
                "Most bytes that are kept of the sources of one namespace, as JSON without "
                "managedFields; 0: no bound.",
                default=NAMESPACE_SOURCE_BYTES,
                show_default=True,
            ),
            _flag(
                "--source-workers",
                _INT,
                "Sources looked at at the same time; those of one namespace get half at most.",
                default=16,
                show_default=True,
            ),
            _flag(
                "--lifecycle-workers",
                _INT,
                "Lifecycles looked at at the same time; those of one namespace get half at most.",
                default=32,
                show_default=True,
            ),
        ),
    ),
    Group(
        "Health of imported clusters",
        (
            _flag(
                "--pediacluster-status",
                click.Choice(settings.STATUS_MODES),
                "Who writes the status of PediaClusters. auto: this controller, where no "
                "clustersynchro-manager is at work; own: this controller; never: others.",
                default="auto",
                show_default=True,
            ),
            _flag(
                "--probe-interval",
                _DURATION,
                "Pause between two probes of a cluster; 0: no cluster is probed.",
                default="30s",
                show_default=True,
            ),
            _flag(
                "--probe-allow-cidr",
                types.Network(),
                "Networks to probe although they are denied by default: loopback, link-local, "
                "metadata services.",
                multiple=True,
            ),
            _flag(
                "--probe-deny-cidr",
                types.Network(),
                "Networks never to probe.",
                multiple=True,
            ),
            _bool(
                "--metrics-by-cluster",
                "false",
                "Add series with the name of each cluster; /metrics is not authenticated.",
            ),
        ),
    ),
    Group(
        "Metrics and health",
        (
            _flag(
                "--metrics-bind-address",
                types.BindAddress(),
                "Where /metrics, /healthz and /readyz are served; 0 or off: nowhere.",
                default=":8080",
                show_default=True,
            ),
        ),
    ),
    Group(
        "Logs",
        (
            _flag(
                "--log-level",
                click.Choice(settings.LOG_LEVELS),
                "The least that is logged. Without it: info, from -v=4 on debug.",
                default=None,
            ),
            _flag("--v", _INT, "Verbosity as in Kubernetes.", short=("-v",), default=0),
            _flag(
                "--logging-format",
                click.Choice(["text", "json"]),
                "Form of the lines (Clusterpedia: text).",
                default="json",
                show_default=True,
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
    ),
    Group(
        "Other",
        (
            _flag(
                "--version",
                click.Choice(["true", "false", "raw"]),
                "Show the version and exit.",
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
