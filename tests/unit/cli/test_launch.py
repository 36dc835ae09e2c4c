"""How the program ends: an exit code and one line."""

import pytest

from clusterimport.cli.launch import launch
from clusterimport.errors import ClusterImportError
from clusterimport.kube.errors import KubeConfigError
from clusterimport.settings import Settings

CANARY = "c4nary-5d1e-do-not-show"


def raising(error):
    def program(_settings):
        raise error

    return program


def test_the_programs_own_exit_code_is_ours(capsys):
    """Nothing is printed where nothing went wrong, and the settings arrive."""
    given = []
    settings = Settings(source_workers=3)

    assert launch(settings, lambda got: given.append(got) or 7) == 7
    assert given == [settings]
    assert "".join(capsys.readouterr()) == ""


@pytest.mark.parametrize(
    "wrap", [lambda error: error, lambda error: ExceptionGroup("a", [ExceptionGroup("b", [error])])]
)
def test_what_a_person_can_mend_is_two_and_one_line(capsys, wrap):
    """Also from inside scopes of tasks, which wrap what ends them; newlines are folded."""
    error = KubeConfigError("kubeconfig /x: no such\n  file")

    assert launch(Settings(), raising(wrap(error))) == 2
    out, err = capsys.readouterr()
    assert (out, err) == ("", "clusterimport: kubeconfig /x: no such file\n")


def test_a_bug_is_one_and_says_where_but_not_what(capsys):
    """Class and place; the text may quote credentials."""
    assert launch(Settings(), raising(ValueError(CANARY))) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("clusterimport: stopped by an unexpected ValueError (")
    assert "test_launch.py:" in err
    assert err.count("\n") == 1
    assert CANARY not in err


def test_a_bug_beside_a_mistake_is_a_bug(capsys):
    """The graver finding decides."""
    group = ExceptionGroup("x", [ClusterImportError("mistake"), KeyError("k")])

    assert launch(Settings(), raising(group)) == 1
    assert "unexpected KeyError" in capsys.readouterr().err


def test_credentials_in_an_error_of_ours_are_not_printed(capsys):
    """The second net holds here, too; a safe message goes before the text."""
    assert launch(Settings(), raising(ClusterImportError(f"got Bearer {CANARY}"))) == 2
    assert capsys.readouterr().err == "clusterimport: got [redacted]\n"

    error = ClusterImportError(CANARY)
    error.safe_message = "safe"
    assert launch(Settings(), raising(error)) == 2
    assert capsys.readouterr().err == "clusterimport: safe\n"


def test_ctrl_c_is_what_shells_expect(capsys):
    """130, and nothing to read."""
    assert launch(Settings(), raising(KeyboardInterrupt())) == 130
    assert "".join(capsys.readouterr()) == ""
