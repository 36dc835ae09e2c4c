"""What ``clusterimport discover`` prints and lays down; its looks are tested in ``live``."""

import pytest

from clusterimport.authoring.errors import NothingFound
from clusterimport.authoring.outcomes import Outcome
from clusterimport.catalogue import POLICIES
from clusterimport.cli.discover import _element, _entries, _print, _write
from clusterimport.cli.printing.redaction import Redactor
from clusterimport.live.discovering import DiscoveredPlatforms, Platform, PlatformState
from clusterimport.live.errors import LocalFileError
from clusterimport.model.gvr import GroupResource

CLUSTERS = GroupResource("cluster.example.io", "clusters")
READY = Platform(
    "example",
    CLUSTERS,
    PlatformState.READY,
    sources=4,
    imported_by={"mine": 1},
    would={Outcome.IMPORT: 2, Outcome.WAITING: 1},
    reasons=["clusters/a: Waiting: it waits"],
)
HIDDEN = Platform("hidden", CLUSTERS, PlatformState.NO_RIGHTS, missing_rights=["list clusters"])
UNKNOWN = Platform(
    "GadgetCluster", GroupResource("g.io", "gadgetclusters"), PlatformState.UNKNOWN, 1
)


def test_the_catalogue_that_comes_along_is_looked_through():
    """Every folder of it, and each policy with the role that it needs."""
    entries = _entries(POLICIES)
    assert {"cluster-api", "karmada", "mcp", "vcluster"} <= {entry.name for entry in entries}
    assert all((POLICIES / entry.name / "clusterrole.yaml").exists() for entry in entries)


def test_a_folder_without_policies_is_told(tmp_path):
    """It is no catalogue."""
    with pytest.raises(NothingFound, match=r"no folder with a policy\.yaml"):
        _entries(tmp_path)


def test_a_platform_is_a_line_and_what_is_to_be_said_of_it_stands_below(capsys):
    """Numbers, reasons, missing rights, and what to do about an unknown type."""
    _print(DiscoveredPlatforms([READY, HIDDEN, UNKNOWN], 7, []), Redactor())
    out, err = capsys.readouterr()
    assert out.splitlines()[1].split() == [
        *("example", "clusters.cluster.example.io", "Ready", "4", "mine", "1"),
        *("Import", "2,", "Waiting", "1"),
    ]
    assert " NoRights  ?" in out
    assert "\nexample: clusters/a: Waiting: it waits\n" in out
    assert "\nhidden: you may not list clusters\n" in out
    assert "clusterimport create policy NAME --from-object" in out
    assert err == "\n7 other platforms of the catalogue are not here.\n"


def test_an_element_of_json_has_all_of_it():
    """For other programs."""
    assert _element(READY, Redactor()) == {
        "platform": "example",
        "source": {"group": "cluster.example.io", "resource": "clusters"},
        "state": "Ready",
        "sources": 4,
        "importedBy": {"mine": 1},
        "would": {"Import": 2, "Waiting": 1},
        "reasons": ["clusters/a: Waiting: it waits"],
        "missingRights": [],
    }


def test_what_is_laid_down_is_what_the_catalogue_has(tmp_path, capsys):
    """Policy and role, ready to be applied; a second time nothing is different."""
    for _ in range(2):
        _write(tmp_path / "new", POLICIES, ["mcp"])
        assert f"kubectl apply -R -f {tmp_path / 'new'}" in capsys.readouterr().err
    found = sorted(path.name for path in (tmp_path / "new" / "mcp").iterdir())
    assert found == ["clusterrole.yaml", "policy.yaml"]
    for name in found:
        laid, own = (folder / "mcp" / name for folder in (tmp_path / "new", POLICIES))
        assert laid.read_text() == own.read_text()

    _write(tmp_path / "none", POLICIES, [])
    assert not (tmp_path / "none").exists()
    assert "nothing to lay down" in capsys.readouterr().err


def test_what_a_person_has_changed_is_not_overwritten(tmp_path):
    """Then nothing at all is written."""
    (tmp_path / "mcp").mkdir()
    (tmp_path / "mcp" / "clusterrole.yaml").write_text("mine")
    with pytest.raises(LocalFileError, match="says something else; nothing is written"):
        _write(tmp_path, POLICIES, ["karmada", "mcp"])
    assert [path.name for path in tmp_path.iterdir()] == ["mcp"]


def test_a_place_where_nothing_can_be_written_is_told(tmp_path):
    """A file stands in the way of the folder."""
    (tmp_path / "file").write_text("")
    with pytest.raises(LocalFileError, match="file"):
        _write(tmp_path / "file", POLICIES, ["mcp"])
