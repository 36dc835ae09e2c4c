"""The console scripts as a shell sees them: real processes."""

import asyncio
import sys
from pathlib import Path

import click
import pytest

import clusterimport
from clusterimport.cli.main import COMMANDS, controller_manager, main

BIN = Path(sys.executable).parent
CANARY = "c4nary-77aa-do-not-show"


async def shell(*command, **environment):
    """Run a command; return code, standard output and standard error."""
    process = await asyncio.create_subprocess_exec(
        *command,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", **environment},
    )
    out, err = await process.communicate()
    return process.returncode, out.decode(), err.decode()


def assert_one_line(code, out, err):
    assert code == 2
    assert out == ""
    assert err.count("\n") == 1
    assert "Traceback" not in err


@pytest.mark.parametrize("command", ["clusterimport", "controller-manager"])
async def test_both_names_tell_the_version(command):
    """One program under two names."""
    code, out, err = await shell(str(BIN / command), "--version")

    assert (code, err) == (0, "")
    assert clusterimport.__version__ in out


async def test_the_module_is_the_command():
    """``python -m clusterimport`` works, and passes the exit code on."""
    code, out, _ = await shell(sys.executable, "-m", "clusterimport", "--version")
    assert (code, out) == (0, f"clusterimport {clusterimport.__version__}\n")

    assert (await shell(sys.executable, "-m", "clusterimport", "nope"))[0] == 2


@pytest.mark.slow
@pytest.mark.parametrize("content", [None, f"token: {CANARY}\n  not: [yaml"])
async def test_an_unreadable_kubeconfig_is_one_line_and_exit_code_two(tmp_path, content):
    """Missing or broken: a person reads which file, and no credentials."""
    path = tmp_path / "kubeconfig"
    if content is not None:
        path.write_text(content)

    arguments = ("--kubeconfig", str(path), "--metrics-bind-address=off")
    code, out, err = await shell(str(BIN / "controller-manager"), *arguments)

    assert_one_line(code, out, err)
    assert str(path) in err
    assert CANARY not in err


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["rnu"], "'rnu'"),
        (["run", "--leader-elekt"], "'--leader-elekt'"),
        (["run", "--leader-elect-retry-period=1"], "'--leader-elect-retry-period'"),
        (["run", "--source-workers=0"], "--source-workers must be 1 or more"),
        (["run", "--probe-interval=10ms"], "--probe-interval must be 0"),
        (["run", "--probe-allow-cidr=10.0.0.0/8,10.0.0.1/8"], "'10.0.0.1/8' is not a network"),
        (["run", "--pediacluster-status=mine"], "'--pediacluster-status'"),
        (["run", "here"], "(here)"),
    ],
)
def test_wrong_use_is_one_line_and_exit_code_two(capsys, arguments, text):
    """No page of usage in the logs of a pod."""
    code = main(arguments)

    out, err = capsys.readouterr()
    assert_one_line(code, out, err)
    assert err.startswith("clusterimport")
    assert text in err


def test_an_unknown_flag_is_named_with_the_way_to_help(capsys):
    """Under the name that was called."""
    assert controller_manager(["--nope"]) == 2

    line = capsys.readouterr().err
    assert line == "controller-manager: No such option '--nope' (see controller-manager --help)\n"


def test_help_lists_every_flag_in_its_group(capsys):
    """Groups of what belongs together, and nothing left out."""
    assert controller_manager(["--help"]) == 0

    text = capsys.readouterr().out
    titles = [line.strip(":") for line in text.splitlines() if line[:1].isalpha()]
    assert titles[1:] == [
        *("Connection", "Leader election", "Import", "Health of imported clusters"),
        *("Metrics and health", "Logs", "Other"),
    ]
    command = COMMANDS.get_command(None, "run")
    for option in command.params:
        assert f" {option.opts[-1]}" in text or f"{option.opts[-1]} " in text
    assert "  -h, --help" in text
    assert "takes the place of Clusterpedia's controller-manager" in text


@pytest.mark.parametrize("arguments", [[], ["--help"], ["-h"]])
def test_help_of_the_program_lists_its_commands(capsys, arguments):
    """With the first sentence of each; alone, the program prints its help, too."""
    assert main(arguments) == 0

    out = " ".join(capsys.readouterr().out.split())
    assert "run Run the controller until it is told to stop" in out


@pytest.mark.parametrize("name", COMMANDS.locations)
def test_the_list_of_commands_says_of_each_what_its_own_help_says(name):
    """It is written down twice, since the list imports no command."""
    command = COMMANDS.get_command(click.Context(COMMANDS), name)

    assert command.help.split("\n\n")[0] == COMMANDS.locations[name].summary


@pytest.mark.parametrize("argument", ["--version", "--version=true", "--version=raw"])
def test_version_has_clusterpedias_forms(capsys, argument):
    """Also under the second name, where it is one flag among others."""
    assert controller_manager([argument]) == 0
    assert capsys.readouterr().out == f"clusterimport {clusterimport.__version__}\n"


@pytest.mark.parametrize(
    "arguments", [["--version"], ["--help"], ["run", "--help"], ["run", "--nope"]]
)
async def test_nothing_heavy_is_loaded_to_answer_at_once(arguments):
    """Neither Kubernetes client nor HTTP library, logs or metrics: 40 ms, not a second."""
    program = (
        "import sys; from clusterimport.cli.main import main; main(sys.argv[1:]);"
        "heavy = {'kubernetes_asyncio', 'aiohttp', 'prometheus_client', 'structlog', 'msgspec'};"
        "print('loaded:', *sorted(heavy & set(sys.modules)))"
    )
    code, out, _ = await shell(sys.executable, "-c", program, *arguments)

    assert code == 0
    assert out.splitlines()[-1] == "loaded:"


@pytest.mark.parametrize("name", COMMANDS.locations)
def test_the_help_of_a_command_shows_no_mark_of_its_layout(name, capsys):
    """Neither the character by which click keeps lines apart, nor its two letters."""
    assert main([name, "--help"]) == 0

    out = capsys.readouterr().out
    assert "\\b" not in out
    assert "\b" not in out


@pytest.mark.parametrize("name", ["rbac", "render", "test", "validate"])
def test_the_help_of_a_command_has_examples_line_by_line(name, capsys):
    """They can be copied as they are."""
    assert main([name, "--help"]) == 0

    out = capsys.readouterr().out
    examples = out.partition("Examples:\n")[2].partition("\n\n")[0].splitlines()
    assert examples
    assert all("clusterimport" in line for line in examples)
