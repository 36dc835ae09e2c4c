"""From an argument list to settings: Clusterpedia's arguments and our own."""

from ipaddress import ip_network

import click
import pytest

from clusterimport.cli.options import settings_of
from clusterimport.cli.run import run
from clusterimport.settings import Settings, SettingsError


def parse(*arguments):
    with run.make_context("run", list(arguments)) as context:
        return settings_of(context)


CLUSTERPEDIA_FLAGS = [
    # flag, value, the field it is seen in, what is seen there
    ("--kubeconfig", "/k", "kubeconfig", "/k"),
    ("--master", "https://h:6443", "master", "https://h:6443"),
    ("--kube-api-qps", "50.5", "qps", 50.5),
    ("--kube-api-burst", "70", "burst", 70),
    ("--kube-api-content-type", "application/json", "ignored_flags", ("--kube-api-content-type",)),
    ("--leader-elect", "false", "leader_elect", False),
    ("--leader-elect-lease-duration", "1m30s", "lease_duration_seconds", 90),
    ("--leader-elect-renew-deadline", "12s", "renew_deadline_seconds", 12),
    ("--leader-elect-retry-period", "500ms", "retry_period_seconds", 0.5),
    ("--leader-elect-resource-lock", "leases", "ignored_flags", ()),
    ("--leader-elect-resource-name", "mine", "lease_name", "mine"),
    ("--leader-elect-resource-namespace", "ns", "lease_namespace", "ns"),
    ("--feature-gates", "ClusterAuthenticationFromSecret=true", "authentication_from", True),
    ("-v", "4", "log_level", "debug"),
    ("--v", "5", "log_level", "debug"),
    ("--vmodule", "a=2,b*=3", "ignored_flags", ("--vmodule",)),
    ("--logging-format", "text", "log_format", "text"),
    ("--log-flush-frequency", "5s", "ignored_flags", ("--log-flush-frequency",)),
    ("--log-json-info-buffer-size", "0", "ignored_flags", ("--log-json-info-buffer-size",)),
    ("--log-json-split-stream", "true", "ignored_flags", ("--log-json-split-stream",)),
    ("--log-text-info-buffer-size", "64Ki", "ignored_flags", ("--log-text-info-buffer-size",)),
    ("--log-text-split-stream", "false", "ignored_flags", ("--log-text-split-stream",)),
    ("--version", "false", "ignored_flags", ()),
]


@pytest.mark.parametrize(("flag", "value", "field", "seen"), CLUSTERPEDIA_FLAGS)
@pytest.mark.parametrize("form", ["{flag}={value}", "{flag} {value}"])
def test_each_flag_of_clusterpedia_is_taken_in_both_forms(form, flag, value, field, seen):
    """``--flag=value`` and ``--flag value`` arrive in the settings, or are known to be ignored."""
    settings = parse(*form.format(flag=flag, value=value).split())

    assert getattr(settings, field) == seen


def test_t27_what_was_given_is_kept_for_the_log():
    """As it was understood, without what was not given and without a password."""
    settings = parse(
        "--kube-api-qps=20",
        "--leader-elect-lease-duration=1m30s",
        "--master=https://me:hunter2@h:6443",
        "--allowed-credential-features=ProxyURL",
    )

    assert settings.given_flags == (
        "--master=https://[redacted]@h:6443",
        "--kube-api-qps=20.0",
        "--leader-elect-lease-duration=90.0",
        "--allowed-credential-features=ProxyURL",
    )


def test_no_argument_means_the_defaults_of_the_settings():
    """Flags and record do not disagree on any default."""
    assert parse() == Settings()


@pytest.mark.parametrize(
    ("arguments", "field", "seen"),
    [
        (["--leader-elect"], "leader_elect", True),
        (["--leader-elect", "--v=2"], "leader_elect", True),
        (["--leader-elect=false", "--leader-elect"], "leader_elect", True),
        (["--leader-elect=0"], "leader_elect", False),
        (["--allow-cross-namespace-references"], "allow_cross_namespace", True),
        (["--allow-cross-namespace-references=false"], "allow_cross_namespace", False),
        (["--log-json-split-stream"], "ignored_flags", ("--log-json-split-stream",)),
        (["-v2"], "log_level", "info"),
        (["-v=4"], "log_level", "debug"),
        (["--leader_elect_resource_name=x"], "lease_name", "x"),
    ],
)
def test_booleans_and_short_flags_have_gos_forms(arguments, field, seen):
    """A boolean alone is true; ``-v`` takes its number in three ways; ``_`` counts as ``-``."""
    assert getattr(parse(*arguments), field) == seen


def test_the_arguments_of_a_live_installation_start_us_unchanged():
    """A Deployment's argument list, as it is, with nothing lost."""
    settings = parse(
        "--leader-elect=true",
        "--leader-elect-resource-namespace=clusterpedia-system",
        "--feature-gates=ClusterAuthenticationFromSecret=true,AllowSyncAllResources=true",
        "--logging-format=text",
        "-v=3",
    )

    assert settings.lease_namespace == "clusterpedia-system"
    assert settings.authentication_from
    assert settings.ignored_flags == ("--feature-gates=AllowSyncAllResources",)
    assert (settings.log_level, settings.log_format) == ("info", "text")


def test_a_client_side_limit_is_kept_only_if_somebody_asks():
    """Clusterpedia's 20 and 30 are not our defaults; negative is client-go's word for none."""
    assert (parse().qps, parse().burst) == (0, 0)
    assert parse("--kube-api-qps=20", "--kube-api-burst=30").qps == 20
    assert parse("--kube-api-qps=-1", "--kube-api-burst=-1") == Settings()


def test_gates_given_twice_are_merged():
    """The last word on a gate counts, others stay."""
    gate = "ClusterAuthenticationFromSecret"

    assert parse(f"--feature-gates={gate}=true", "--feature-gates=X=true").authentication_from
    assert not parse(
        f"--feature-gates={gate}=true", f"--feature-gates={gate}=false"
    ).authentication_from


def test_credential_features_are_gathered():
    """Commas and repetitions add up."""
    settings = parse(
        "--allowed-credential-features=InsecureTLS,ProxyURL",
        "--allowed-credential-features",
        "ExecPlugin",
    )

    assert settings.allowed_features == {"InsecureTLS", "ProxyURL", "ExecPlugin"}
    everything = "InsecureTLS,ProxyURL,ExecPlugin,ServiceAccountToken"
    assert len(parse(f"--allowed-credential-features={everything}").allowed_features) == 4


def test_nothing_said_of_health_means_probes_every_half_minute():
    """By us where nobody else does it, with the default rules of addresses."""
    settings = parse()

    assert settings.pediacluster_status == "auto"
    assert settings.probe_interval_seconds == 30
    assert (settings.probe_allow, settings.probe_deny) == ((), ())
    assert not settings.metrics_by_cluster


@pytest.mark.parametrize("mode", ["auto", "own", "never"])
def test_the_flags_of_health_arrive(mode):
    """Networks of repeated flags and commas add up, in their order."""
    settings = parse(
        f"--pediacluster-status={mode}",
        "--probe-interval=1m30s",
        "--probe-allow-cidr=127.0.0.0/8,::1",
        "--probe-allow-cidr=10.0.0.0/8",
        "--probe-deny-cidr",
        "10.1.0.0/16",
        "--metrics-by-cluster",
    )

    assert settings.pediacluster_status == mode
    assert settings.probe_interval_seconds == 90
    assert settings.probe_allow == (
        *(ip_network(text) for text in ("127.0.0.0/8", "::1/128", "10.0.0.0/8")),
    )
    assert settings.probe_deny == (ip_network("10.1.0.0/16"),)
    assert settings.metrics_by_cluster
    assert parse("--probe-interval=0").probe_interval_seconds == 0


@pytest.mark.parametrize(
    ("arguments", "level"),
    [
        ([], "info"),
        (["-v=3"], "info"),
        (["-v=4"], "debug"),
        (["-v=10", "--log-level=error"], "error"),
        (["--log-level", "warning"], "warning"),
    ],
)
def test_the_level_follows_verbosity_unless_it_is_given(arguments, level):
    """From 4 on, Kubernetes' verbosity is for debugging."""
    assert parse(*arguments).log_level == level


@pytest.mark.parametrize(
    ("argument", "host", "port"),
    [(":9090", "", 9090), ("127.0.0.1:1", "127.0.0.1", 1), ("0", "", None), ("off", "", None)],
)
def test_the_address_of_metrics_can_be_chosen_or_switched_off(argument, host, port):
    """Host and port arrive apart; off is no port."""
    settings = parse(f"--metrics-bind-address={argument}")

    assert settings.metrics_address == (host, port)


def test_workers_can_be_chosen():
    """Each reconciler has a number of its own."""
    settings = parse("--source-workers=3", "--lifecycle-workers", "5")

    assert (settings.source_workers, settings.lifecycle_workers) == (3, 5)


def test_t51_the_share_of_a_namespace_can_be_chosen():
    """Bytes; 96 MiB where nothing is said, 0 for no bound."""
    flag = "--max-source-bytes-per-namespace"

    assert parse().max_source_bytes_per_namespace == 96 * 1024 * 1024
    assert parse(f"{flag}=0").max_source_bytes_per_namespace == 0
    assert parse(flag, "1000").max_source_bytes_per_namespace == 1000


def test_only_what_was_given_is_reported_as_ignored():
    """A default of a flag without effect is nobody's wish."""
    settings = parse("--vmodule=a=1", "--log-text-split-stream", "--feature-gates=Y=false")

    assert settings.ignored_flags == ("--vmodule", "--log-text-split-stream", "--feature-gates=Y")


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ("--nope", "No such option"),
        ("extra", "unexpected extra argument"),
        ("--leader-elect=maybe", "neither true nor false"),
        ("--leader-elect-retry-period=5", "not a duration"),
        ("--leader-elect-resource-lock=endpoints", "leases"),
        ("--kube-api-qps=fast", "not a valid float"),
        ("--logging-format=xml", "'text', 'json'"),
        ("--allowed-credential-features=Everything", "not one of"),
        ("--metrics-bind-address=8080", "is not like :8080"),
        ("--kubeconfig", "requires an argument"),
        ("--pediacluster-status=mine", "'auto', 'own', 'never'"),
        ("--probe-interval=30", "not a duration"),
        ("--probe-allow-cidr=10.0.0.1/8", "is not a network"),
        ("--probe-deny-cidr=here", "is not a network"),
        ("--metrics-by-cluster=maybe", "neither true nor false"),
    ],
)
def test_a_wrong_argument_is_refused(argument, message):
    """The message says what is wrong with which flag."""
    with pytest.raises(click.UsageError) as caught:
        parse(argument)

    assert message in caught.value.format_message()
    assert argument.partition("=")[0].lstrip("-") in caught.value.format_message()


def test_flags_that_contradict_each_other_are_all_told():
    """Problems of the settings are not told one by one."""
    with pytest.raises(SettingsError) as caught:
        parse("--leader-elect-retry-period=20s", "--source-workers=0")

    assert len(caught.value.problems) == 2
