"""The forms in which ``get`` shows what stands and what changes."""

import io
import json
import os
import pty
from datetime import UTC, datetime

import pytest
import yaml

from clusterimport.cli.printing.progress import ProgressLine
from clusterimport.cli.viewing import ScreenView, view_of
from clusterimport.live.standing import Change, Moment
from clusterimport.model.gvr import LIFECYCLES, PEDIACLUSTERS, POLICIES
from tests.fakes.live.standingobjects import CANARY, lifecycle, pediacluster, policy

NOW = datetime(2026, 1, 1, 0, 0, 30, tzinfo=UTC)
CONTENT = {POLICIES: [policy()], LIFECYCLES: [lifecycle()], PEDIACLUSTERS: [pediacluster()]}


class Terminal(io.StringIO):
    def isatty(self):
        return True


def followed(output, capsys, *turns, first=CONTENT):
    """Return what a view in a pipe says of turns of (content, changes, troubles)."""
    stream = io.StringIO()
    view = view_of(output, stream, show_secrets=False)
    with view.following(first, NOW):
        stream.truncate(0)
        stream.seek(0)
        for content, changes, troubles in turns:
            view.turn(Moment(content, changes, troubles), content, NOW)
    return stream.getvalue(), capsys.readouterr().err


def test_tables_stand_one_below_the_other_with_an_empty_line_between(capsys):
    """And one of which there is nothing is not drawn."""
    stream = io.StringIO()
    view_of(None, stream, show_secrets=False).show(CONTENT | {LIFECYCLES: []}, NOW)
    printed = capsys.readouterr().out
    assert "POLICIES" in printed
    assert "LIFECYCLES" not in printed
    assert "30s" in printed
    assert CANARY not in printed


def test_a_change_is_a_line_and_so_is_an_end(capsys):
    """Of what was not chosen nothing is said."""
    other = policy("other")
    out, err = followed(
        None,
        capsys,
        (CONTENT, [Change(POLICIES, policy(failed=1)), Change(POLICIES, other)], []),
        (CONTENT | {POLICIES: []}, [Change(POLICIES, policy(), True)], []),
        (CONTENT | {POLICIES: []}, [Change(POLICIES, other, True)], []),
    )
    assert out == (
        "clusterimportpolicy/cluster-api   True   Imported   1   1   0   1   30s\n"
        "clusterimportpolicy/cluster-api   deleted\n"
    )
    assert err == ""


def test_a_trouble_is_told_once_and_beside_the_output(capsys):
    """Until it is another one."""
    out, err = followed(
        "json", capsys, (CONTENT, [], ["a"]), (CONTENT, [], ["a"]), (CONTENT, [], ["b"])
    )
    assert (out, err) == ("", "clusterimport: a\nclusterimport: b\n")


@pytest.mark.parametrize(("output", "read"), [("json", json.loads), ("yaml", yaml.safe_load)])
def test_documents_have_no_credentials_unless_they_are_asked_for(output, read):
    """Everything else is as it stands."""
    stream = io.StringIO()
    view_of(output, stream, show_secrets=False).show(CONTENT, NOW)
    shown = read(stream.getvalue())["items"]
    assert [item["kind"] for item in shown][2] == "PediaCluster"
    assert shown[2]["spec"] == pediacluster()["spec"] | {"tokenData": "[redacted]"}

    stream = io.StringIO()
    view_of(output, stream, show_secrets=True).show(CONTENT, NOW)
    assert read(stream.getvalue())["items"][2] == pediacluster()


def test_the_annotation_that_repeats_an_object_is_never_shown():
    """It has the credentials once more."""
    applied = pediacluster()
    applied["metadata"] |= {
        "managedFields": [{}],
        "annotations": {"kubectl.kubernetes.io/last-applied-configuration": CANARY, "a": "b"},
    }
    stream = io.StringIO()
    view_of("json", stream, show_secrets=True).show({PEDIACLUSTERS: [applied]}, NOW)
    metadata = json.loads(stream.getvalue())["items"][0]["metadata"]
    assert metadata["annotations"] == {"a": "b"}
    assert "managedFields" not in metadata


def test_a_document_follows_each_change(capsys):
    """One whole object at a time, as kubectl does; of one that is gone the last state."""
    gone = Change(PEDIACLUSTERS, pediacluster(), is_gone=True)
    left = CONTENT | {PEDIACLUSTERS: []}
    out, _ = followed(
        "yaml", capsys, (CONTENT, [Change(POLICIES, policy())], []), (left, [gone], [])
    )
    kinds = [document["kind"] for document in yaml.safe_load_all(out)]
    assert kinds == ["ClusterImportPolicy", "PediaCluster"]
    assert CANARY not in out


def test_a_terminal_gets_a_screen_that_is_drawn_again(capsys):
    """With what is wrong below the tables."""
    view = view_of(None, Terminal(), show_secrets=False)
    assert isinstance(view, ScreenView)
    with view.following(CONTENT, NOW):
        view.turn(Moment(CONTENT, [], ["not up to date: x"]), CONTENT, NOW)
    assert "not up to date: x" in capsys.readouterr().out


def test_progress_is_shown_on_a_terminal_alone_and_taken_away_again():
    """What is quick, or goes into a file, is not talked about."""
    ours, theirs = pty.openpty()
    with os.fdopen(theirs, "w") as stream, ProgressLine(stream, quiet_seconds=0.01) as progress:
        progress.tell("reading")
        assert os.read(ours, 1000).decode() == "\r\033[Kreading …"
        progress.end()
        assert os.read(ours, 1000).decode() == "\r\033[K"
    os.close(ours)

    pipe = io.StringIO()
    with ProgressLine(pipe, quiet_seconds=0.0) as progress:
        progress.tell("reading")
    assert pipe.getvalue() == ""
