"""``clusterimport render`` as a shell sees it."""

import base64
import errno
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from clusterimport.cli.main import main
from tests.fakes.authoring.authored import POLICY, TOKEN, policy, secret, source

ENCODED = base64.b64encode(TOKEN.encode()).decode()
HEAVY = (
    *("asyncio", "aiohttp", "kubernetes_asyncio", "prometheus_client", "structlog", "socket"),
    # Each takes milliseconds of a start that has 300.
    *("_strptime", "zoneinfo", "cryptography.hazmat.primitives.serialization"),
)
OURS = ("kube", "aio", "informers", "controllers", "workqueue", "probing", "leaderelection")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Work in a folder that has a policy, a source and its Secret."""
    monkeypatch.chdir(tmp_path)
    Path("policy.yaml").write_text(POLICY)
    Path("samples.yaml").write_text(source() + secret())
    return tmp_path


def run(capsys, *arguments):
    """Return code, standard output and standard error."""
    code = main(["render", *arguments])
    return (code, *capsys.readouterr())


def test_a_table_names_policy_source_outcome_and_name(folder, capsys):
    """One line per source, and nothing else where all is well."""
    code, out, err = run(capsys, ".")

    assert (code, err) == (0, "")
    assert out.splitlines() == [
        "POLICY  SOURCE                                OUTCOME  NAME",
        "blue    clusters.cluster.example.io/team/one  Import   blue-one",
    ]


def test_json_is_an_array_with_an_element_per_policy_and_source(folder, capsys):
    """Its fields are what scripts rely on."""
    code, out, _ = run(capsys, "policy.yaml", "samples.yaml", "-o", "json")
    (element,) = json.loads(out)
    body = element.pop("pediaCluster")

    assert code == 0
    assert element == {
        "policy": "blue",
        "source": {
            "group": "cluster.example.io",
            "version": "v1",
            "resource": "clusters",
            "namespace": "team",
            "name": "one",
        },
        "outcome": "Import",
        "name": "blue-one",
        "message": "",
    }
    assert body["metadata"]["name"] == "blue-one"
    assert body["spec"]["tokenData"] == "[redacted]"


def test_credentials_are_shown_only_where_they_are_asked_for(folder, capsys):
    """YAML can then be applied as it is."""
    _, hidden, _ = run(capsys, ".", "-o", "yaml")
    _, shown, _ = run(capsys, ".", "-o", "yaml", "--show-secrets")

    assert ENCODED not in hidden
    assert TOKEN not in hidden
    assert yaml.safe_load(shown)["spec"]["tokenData"] == ENCODED


def test_names_are_what_kubectl_takes(folder, capsys):
    """For a loop in a shell."""
    assert run(capsys, ".", "-o", "name")[1] == "pediacluster.cluster.clusterpedia.io/blue-one\n"


@pytest.mark.parametrize("output", ["table", "json", "yaml", "name"])
def test_an_error_is_told_and_ends_with_one(folder, capsys, output):
    """In every form, with the place in the file."""
    Path("policy.yaml").write_text(policy(tokenData='{{ mustB64dec "%" | quote }}'))
    code, out, err = run(capsys, ".", "-o", output)

    assert code == 1
    assert "illegal base64 data at input byte 0" in out + err
    assert "^" in out + err
    if output != "json":
        assert "policy.yaml:20:21: " in out + err


def test_waiting_is_no_error(folder, capsys):
    """A cluster that is not ready yet is an everyday thing."""
    Path("samples.yaml").write_text(source(ready="false") + secret())
    code, out, _ = run(capsys, ".")

    assert code == 0
    assert "Waiting" in out
    assert "policy.yaml:22:3: spec.creationCondition prints `false`, not true" in out


def test_nothing_to_render_is_two_and_says_what_is_near(folder, capsys):
    """A singular in place of the plural is found at a glance."""
    Path("policy.yaml").write_text(POLICY.replace("resource: clusters", "resource: cluster"))
    code, out, err = run(capsys, ".")

    assert (code, out) == (2, "")
    assert "no cluster.cluster.example.io for policy blue" in err
    assert "(there are clusters.cluster.example.io)" in err


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        ((), 2, "Missing argument"),
        (("nothing.yaml",), 2, "there is no file or folder nothing.yaml"),
        (("empty",), 2, "the folder empty has no YAML or JSON file"),
        (("binary.yaml",), 1, "binary.yaml: is no text (UTF-8)"),
        (("broken.yaml",), 1, "broken.yaml:2:1: is not YAML"),
        (("samples.yaml",), 2, "there is no ClusterImportPolicy among what was given"),
        ((".", "--policy", "red"), 2, "there is no policy red among what was given, but blue"),
        ((".", "-o", "xml"), 2, "'xml' is not one of"),
        ((".", "--colour"), 2, "'--colour'"),
        (("large.yaml",), 1, "large.yaml: is larger than 32 MiB"),
        (("/proc/self/mem",), 2, "/proc/self/mem cannot be read"),
    ],
)
def test_f6_each_wrong_use_is_one_clear_message(folder, capsys, arguments, code, told):
    """With the code for it, and no traceback."""
    Path("empty").mkdir()
    Path("binary.yaml").write_bytes(b"\x00\x01")
    Path("broken.yaml").write_text("a: [\n")
    if arguments == ("large.yaml",):
        with Path("large.yaml").open("wb") as stream:
            stream.truncate(50 * 1024 * 1024)
    for name in ("broken.yaml", "binary.yaml"):
        if arguments[:1] != (name,):
            Path(name).unlink()
    found, out, err = run(capsys, *arguments)

    assert (found, out) == (code, "")
    assert told in err
    assert err.startswith("clusterimport")
    assert err.count("\n") == 1
    assert "Traceback" not in err


@pytest.mark.parametrize("call", ["iterdir", "open"])
def test_f6_what_may_not_be_read_is_told(folder, capsys, monkeypatch, call):
    """By name, with the system's own reason; root, who may be testing this, may read everything."""

    def refuse(path, *_, **_more):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))

    monkeypatch.setattr(Path, call, refuse)
    name = "." if call == "iterdir" else "policy.yaml"
    code, out, err = run(capsys, name)

    assert (code, out) == (2, "")
    assert err == f"clusterimport: {name} may not be read by you: Permission denied\n"


def test_f6_a_template_loop_ends(folder, capsys):
    """A template that calls itself costs a moment, and is told with its place."""
    loop = '\'{{ define "a" }}{{ template "a" . }}{{ end }}{{ template "a" .source }}\''
    Path("policy.yaml").write_text(policy(creationCondition=loop))
    code, out, _ = run(capsys, ".")

    assert code == 1
    assert "ConditionError" in out


def start(*arguments, **more):
    return subprocess.Popen(
        [sys.executable, "-m", "clusterimport", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # What a shell starts in the background ignores Ctrl-C, and so would its children.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
        **more,
    )


def test_f6_ctrl_c_is_130_without_a_word(folder):
    """Whoever pressed it knows."""
    with start("render", "-", stdin=subprocess.PIPE) as process:
        # What it reads it takes from the pipe; more than that holds, so it is at work.
        process.stdin.write("#" * 200_000)
        process.stdin.flush()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)

    assert (process.returncode, out, err.strip()) == (130, "", "")


def test_f6_nobody_reading_is_no_error(folder):
    """As with ``| head``: it ends as every command does then."""
    # A pipe holds 64 KiB, and each of them is printed in more than 256 bytes.
    many = "".join(source(f"c{n}") for n in range(256))
    Path("samples.yaml").write_text(many + secret())
    with start("render", ".", "-o", "yaml") as process:
        process.stdout.read(10)
        process.stdout.close()
        err = process.stderr.read()

    assert (process.returncode, err) == (141, "")


def test_rendering_asks_no_server_and_loads_no_client(folder):
    """It starts at once, without rich and 600 time zones, and could not reach a network."""
    code = (
        "import sys; from clusterimport.cli.main import main; code = main(sys.argv[1:]);"
        f"ours = ['clusterimport.' + name for name in {OURS}];"
        "from clusterimport.gotemplate.sprig.zones import read_database;"
        f"print([name for name in [*{HEAVY}, 'rich', *ours] if name in sys.modules], code,"
        "read_database.cache_info().currsize, file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "render", ".", "-o", "json"],
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stderr == "[] 0 0\n"
    assert json.loads(done.stdout)[0]["outcome"] == "Import"


def test_a_diff_shows_what_would_be_created_and_what_would_change(folder, capsys):
    """Against what stands today, which one command of kubectl prints."""
    created = run(capsys, ".", "-o", "diff")[1]
    standing = run(capsys, ".", "-o", "yaml", "--show-secrets")[1]
    (folder / "observed").mkdir()
    Path("observed/all.yaml").write_text(standing.replace("192.0.2.1", "192.0.2.9"))
    changed = run(capsys, ".", "-o", "diff", "--observed", "observed")[1]
    Path("observed/all.yaml").write_text(standing)
    equal = run(capsys, ".", "-o", "diff", "--observed", "observed")

    assert created.startswith("--- /dev/null\n+++ rendered/blue-one\n")
    assert "-  apiserver: https://192.0.2.9:6443\n+  apiserver: https://192.0.2.1:6443" in changed
    assert ENCODED not in created + changed
    assert equal == (0, "", "")
