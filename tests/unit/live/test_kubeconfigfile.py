"""A person's kubeconfig: changed in one place, and as it was in every other."""

import json
import stat
from pathlib import Path

import pytest
import yaml

from clusterimport.live.errors import LocalFileError
from clusterimport.live.kubeconfigfile import KubeconfigFile, locked, replace
from clusterimport.live.shortcuts import plan, shortcuts

CANARY = "c4nary-0b11-do-not-show"
BASE = {"server": "https://10.0.0.1:6443"}
ROOT = "https://10.0.0.1:6443/apis/clusterpedia.io/v1beta1/resources"
HEAD = "# my own file\napiVersion: v1\nkind: Config\ncurrent-context: prod\npreferences: {}\n"
TAIL = """contexts:
- context:
    cluster: prod
    user: "me"       # that is me
  name: prod
users:
- {name: me, user: {token: 'abc'}}
"""
PROD = """# the production one
- cluster:
    certificate-authority-data: LS0t
    server: https://10.0.0.1:6443   # behind the VPN
  name: prod
"""
OLD = f"- cluster:\n    server: {ROOT}/clusters/old\n  name: old\n"
AFTER = "\n# the end of my clusters\n"


def file_of(text: str) -> KubeconfigFile:
    return KubeconfigFile(Path("config"), text)


def merged(text: str, names=("blue",)) -> str:
    file = file_of(text)
    return file.changed(plan(BASE, names, file.entries()))


def written(*names: str, indent: str = "") -> str:
    leads = {"clusterpedia": ROOT} | {name: f"{ROOT}/clusters/{name}" for name in names}
    return "".join(
        f"{indent}- cluster:\n{indent}    server: {server}\n{indent}  name: {name}\n"
        for name, server in leads.items()
    )


def test_only_the_lines_of_our_entries_change():
    """Comments, order, quotes and empty lines stay, also next to an entry that goes."""
    text = HEAD + "clusters:\n" + PROD + OLD + AFTER + TAIL
    assert merged(text) == HEAD + "clusters:\n" + PROD + written("blue") + AFTER + TAIL


def test_an_entry_that_is_renewed_stays_in_its_place():
    """The neighbours keep theirs."""
    stale = f"- cluster:\n    server: {ROOT}\n    tls-server-name: old\n  name: clusterpedia\n"
    text = "clusters:\n" + stale + PROD + TAIL
    assert merged(text, names=()) == "clusters:\n" + written() + PROD + TAIL


def test_a_second_merge_changes_nothing():
    """The text is the same, byte for byte."""
    once = merged(HEAD + "clusters:\n" + PROD + TAIL)
    assert merged(once) == once


@pytest.mark.parametrize("indent", ["  ", "    "])
def test_the_indentation_of_the_list_is_kept(indent):
    """Not everybody writes lists as kubectl does."""
    own = f"{indent}- name: prod\n{indent}  cluster: {{server: 'https://10.0.0.1:6443'}}\n"
    assert merged("clusters:\n" + own + "kind: Config\n") == (
        "clusters:\n" + own + written("blue", indent=indent) + "kind: Config\n"
    )


def test_line_ends_of_windows_are_kept():
    """Every line has the same one afterwards."""
    text = (HEAD + "clusters:\n" + PROD + TAIL).replace("\n", "\r\n")
    changed = merged(text)
    assert changed.count("\r\n") == changed.count("\n")
    assert changed.startswith(HEAD.replace("\n", "\r\n"))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "apiVersion: v1\nkind: Config",
        "apiVersion: v1\nkind: Config\nclusters: []\n",
        "apiVersion: v1\nkind: Config\nclusters: null # none yet\n",
        "---\napiVersion: v1\nkind: Config\nclusters:\n- name: x\n  cluster: {server: https://x}",
    ],
)
def test_a_list_that_is_missing_or_empty_is_begun(text):
    """Also in a file that is new, or has no line end."""
    names = [entry.name for entry in file_of(merged(text)).entries()]
    assert names[-2:] == ["clusterpedia", "blue"]
    assert merged(text).startswith(text[:3])


@pytest.mark.parametrize("indent", [None, 2])
def test_json_stays_json(indent):
    """A kubeconfig may be one; what was made by a program is read by one."""
    content = {"kind": "Config", "clusters": [{"name": "prod", "cluster": BASE}], "users": []}
    changed = merged(json.dumps(content, indent=indent))

    parsed = json.loads(changed)
    assert [entry["name"] for entry in parsed["clusters"]] == ["prod", "clusterpedia", "blue"]
    assert ("\n" in changed.strip()) == (indent is not None)
    assert parsed | {"clusters": content["clusters"]} == content


def test_what_cannot_be_changed_safely_is_not_changed():
    """An anchor in an entry of ours, to which somebody refers, would be lost with it."""
    text = (
        f"clusters:\n- &old\n  cluster: {{server: {ROOT}/clusters/old}}\n  name: old\n"
        "- cluster: {server: https://x}\n  name: x\nextra: *old\n"
    )
    with pytest.raises(LocalFileError, match="cannot be changed safely; nothing was written"):
        merged(text)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (f"users: [{{token: {CANARY}", r"config:1:\d+: not valid YAML"),
        (f"- {CANARY}\n", "config: not a kubeconfig"),
        ("clusters: {}\n", "config: not a kubeconfig"),
        ("a: 1\n---\nb: 2\n", "config.*: not valid YAML"),
        ("a: 1\na: 2\n", "config.*: not valid YAML"),
    ],
)
def test_what_is_no_kubeconfig_is_told_without_quoting_it(text, told):
    """With line and column, since the file is long and full of credentials."""
    with pytest.raises(LocalFileError, match=told) as caught:
        file_of(text)
    assert CANARY not in str(caught.value)


def test_a_file_keeps_its_mode_and_a_link_stays_one(tmp_path):
    """Dotfiles are often links into a folder under version control."""
    real = tmp_path / "real"
    real.write_text("old")
    real.chmod(0o640)
    link = tmp_path / "link"
    link.symlink_to(real)

    replace(link, "new\r\n")

    assert link.is_symlink()
    assert real.read_bytes() == b"new\r\n"
    assert stat.S_IMODE(real.stat().st_mode) == 0o640
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link", "real"]


def test_a_new_file_is_for_its_owner_alone(tmp_path):
    """Whatever the umask."""
    replace(tmp_path / "config", "new")
    assert stat.S_IMODE((tmp_path / "config").stat().st_mode) == 0o600


def test_a_folder_that_is_not_there_is_told(tmp_path):
    """Nothing is made that was not asked for."""
    with pytest.raises(LocalFileError, match="no such file or directory"):
        replace(tmp_path / "nowhere" / "config", "new")
    with (
        pytest.raises(LocalFileError, match="no such file or directory"),
        locked(tmp_path / "nowhere" / "config"),
    ):
        pass


def test_two_writers_do_not_meet(tmp_path):
    """Kubectl takes the same lock; one that was left behind is named."""
    path = tmp_path / "config"
    with locked(path):
        assert (tmp_path / "config.lock").exists()
        with pytest.raises(LocalFileError, match=r"remove .*config\.lock"), locked(path):
            pass
    assert not (tmp_path / "config.lock").exists()


def test_unreadable_files_are_told(tmp_path):
    """A folder, and bytes that are no text."""
    with pytest.raises(LocalFileError, match="is a directory"):
        KubeconfigFile.read(tmp_path)
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(LocalFileError, match="binary: not a text file"):
        KubeconfigFile.read(tmp_path / "binary")


def test_many_clusters_are_merged(tmp_path):
    """Every entry once, and valid for any YAML parser."""
    names = [f"c{number}" for number in range(50)]
    text = merged(HEAD + "clusters:\n" + PROD + TAIL, names)
    found = {item["name"]: item["cluster"] for item in yaml.safe_load(text)["clusters"]}
    assert found.keys() == {"prod", *shortcuts(BASE, names)}
