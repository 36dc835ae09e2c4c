"""Contexts of kubeconfig files, and what is wrong with them."""

from pathlib import Path

import pytest
import yaml

from clusterimport.kube.contexts import find_cluster, find_context
from clusterimport.kube.errors import KubeConfigError


def config(**changes) -> dict:
    return {
        "current-context": "c",
        "contexts": [{"name": "c", "context": {"cluster": "k", "user": "u"}}],
        "clusters": [{"name": "k", "cluster": {"server": "https://host"}}],
        "users": [{"name": "u", "user": {"token": "canary"}}],
        **changes,
    }


def write(path: Path, content: object) -> str:
    path.write_text(content if isinstance(content, str) else yaml.safe_dump(content))
    return str(path)


def test_the_current_context_is_found(tmp_path: Path):
    """Without a name the file's current context counts, and a static token is not renewable."""
    path = write(tmp_path / "a", config())
    entry = find_context(path)

    assert (entry.name, entry.token_file) == ("c", None)
    assert entry.plugin is None
    assert not entry.is_renewable
    assert entry.label == f"kubeconfig {path}: context 'c'"
    assert "canary" not in repr(entry)


def test_files_are_merged_as_kubectl_does(tmp_path: Path):
    """The first file that names a thing wins, and files that are missing are passed over."""
    first = write(tmp_path / "a", {"current-context": "d", "users": None})
    second = write(
        tmp_path / "b",
        config(contexts=[{"name": "d", "context": {"cluster": "k"}}], **{"current-context": "x"}),
    )

    assert find_context(f"{tmp_path}/missing:{first}:{second}").name == "d"


def test_how_a_user_logs_in(tmp_path: Path):
    """Token files are relative to the file that names them; plug-ins and providers can renew."""
    (tmp_path / "sub").mkdir()

    def entry(user: dict):
        users = [{"name": "u", "user": user}]
        return find_context(write(tmp_path / "sub" / "a", config(users=users)))

    assert entry({"tokenFile": "t"}).token_file == tmp_path / "sub" / "t"
    assert entry({"tokenFile": "/t"}).token_file == Path("/t")
    plugin = entry({"exec": {"command": "x"}})
    assert (plugin.plugin, plugin.is_renewable) == ("x", True)
    provider = entry({"auth-provider": {"name": "oidc"}})
    assert (provider.plugin, provider.is_renewable) == (None, True)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("a: [canary", r"not valid YAML \(line 2, column 1\)"),
        ("a: *canary", r"not valid YAML \(line 1, column 4\)"),
        ("canary", "not a mapping"),
        (config(users={"canary": 1}), "users is not a list of named entries"),
        (config(users=[{"token": "canary"}]), "users is not a list of named entries"),
        (config(users=[]), "there is no user 'u'"),
        (config(users=[{"name": "u", "token": "canary"}]), "user 'u' is empty"),
        (config(clusters=[]), "there is no cluster 'k'"),
        (config(clusters=[{"name": "k", "cluster": {"x": 1}}]), "cluster 'k' has no server"),
        (config(contexts=[]), "there is no context 'c'"),
        (config(**{"current-context": ""}), "no context is given and none is current"),
    ],
)
def test_what_is_wrong_is_told_in_one_line_without_credentials(tmp_path, content, problem):
    """File and problem are named; nothing of the content is quoted or chained."""
    path = write(tmp_path / "a", content)

    with pytest.raises(KubeConfigError, match=problem) as caught:
        find_context(path)

    text = str(caught.value)
    assert text.startswith(f"kubeconfig {path}: ")
    assert "\n" not in text
    assert "canary" not in f"{text} {caught.value.__cause__!r}"


def test_missing_and_unreadable_files_are_named(tmp_path: Path):
    """A path that leads nowhere, and one to a folder, say so."""
    with pytest.raises(KubeConfigError, match="nowhere: no such file"):
        find_context(str(tmp_path / "nowhere"))
    with pytest.raises(KubeConfigError, match="Is a directory"):
        find_context(str(tmp_path))
    (tmp_path / "latin").write_bytes(b"a: \xff")
    with pytest.raises(KubeConfigError, match="not valid YAML"):
        find_context(str(tmp_path / "latin"))


def test_the_cluster_of_a_context_is_found_with_the_file_that_has_it(tmp_path: Path):
    """Of several files, that of the cluster and not that of the context."""
    first, second = tmp_path / "first", tmp_path / "second"
    first.write_text(
        "current-context: a\ncontexts: [{name: a, context: {cluster: one}},"
        " {name: b, context: {cluster: two}}]\n"
        "clusters: [{name: one, cluster: {server: 'https://one'}}]\n"
    )
    second.write_text("clusters: [{name: two, cluster: {server: 'https://two'}}]\n")
    paths = f"{first}:{second}"

    assert find_cluster(paths) == (first, "one", {"server": "https://one"})
    assert find_cluster(paths, "b") == (second, "two", {"server": "https://two"})
    with pytest.raises(KubeConfigError, match="there is no context 'c'"):
        find_cluster(paths, "c")
