"""Which entries of a kubeconfig belong to a context.

Read before kubernetes_asyncio reads the same files, to say what is wrong with them without
quoting them, and to choose the context as kubectl does: the first file that names one wins.
"""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from clusterimport.kube.errors import KubeConfigError
from clusterimport.libyaml import CSafeLoader

_Files = list[tuple[Path, Mapping[str, Any]]]


@dataclass(frozen=True, slots=True)
class ContextEntry:
    """What is known of a context without its credentials."""

    paths: str
    """The files, as they were given."""
    name: str
    """The context."""
    token_file: Path | None
    """Where the user's token is rotated, if it is."""
    plugin: str | None
    """The command of the exec plug-in by which the user logs in; None without one."""
    is_renewable: bool
    """Whether logging in again can give something new."""

    @property
    def label(self) -> str:
        """How errors name it."""
        return f"kubeconfig {self.paths}: context {self.name!r}"


class ClusterEntry(NamedTuple):
    """The cluster of a context, as its file has it."""

    path: Path
    """The file, absolute."""
    name: str
    content: Mapping[str, Any]
    """The value of ``cluster``, with a server."""


def find_cluster(paths: str, context: str = "") -> ClusterEntry:
    """Find the cluster of a context; raises KubeConfigError for what is missing."""
    files = list(_files(paths))
    return _cluster(files, _context(files, context, paths)[1], paths)


def find_context(paths: str, name: str = "") -> ContextEntry:
    """Find a context, its cluster and its user; raises KubeConfigError for what is missing."""
    files = list(_files(paths))
    name, context = _context(files, name, paths)
    _cluster(files, context, paths)
    user_name = str(context.get("user") or "")
    # A context without a user is anonymous.
    nobody: tuple[Path, Mapping[str, Any]] = (Path(), {})
    path, user = _named(files, "users", "user", user_name, paths) if user_name else nobody
    execution = user.get("exec")
    plugin = str(execution.get("command") or "") if isinstance(execution, dict) else None
    token_file = user.get("tokenFile")
    return ContextEntry(
        paths=paths,
        name=name,
        token_file=path.parent / token_file if isinstance(token_file, str) and token_file else None,
        plugin=plugin,
        is_renewable=plugin is not None or isinstance(user.get("auth-provider"), dict),
    )


def _context(files: _Files, name: str, paths: str) -> tuple[str, Mapping[str, Any]]:
    name = name or next((str(c) for _, f in files if (c := f.get("current-context"))), "")
    if not name:
        raise KubeConfigError(f"kubeconfig {paths}: no context is given and none is current")
    return name, _named(files, "contexts", "context", name, paths)[1]


def _cluster(files: _Files, context: Mapping[str, Any], paths: str) -> ClusterEntry:
    name = str(context.get("cluster") or "")
    path, cluster = _named(files, "clusters", "cluster", name, paths)
    if not isinstance(cluster.get("server"), str):
        raise KubeConfigError(f"kubeconfig {paths}: cluster {name!r} has no server")
    return ClusterEntry(path, name, cluster)


def _files(paths: str) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """Give absolute path and content of every file that exists."""
    found = False
    for part in paths.split(os.pathsep):
        path = Path(part).expanduser()
        if not part or not path.exists():
            continue
        found = True
        yield path.absolute(), _parse(path)
    if not found:
        raise KubeConfigError(f"kubeconfig {paths}: no such file")


def _parse(path: Path) -> Mapping[str, Any]:
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=CSafeLoader)  # noqa: S506 (safe)
    except OSError as error:
        raise KubeConfigError(f"kubeconfig {path}: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeError) as error:
        # Not chained: the parser quotes the lines around the mistake.
        mark = getattr(error, "problem_mark", None)
        where = f" (line {mark.line + 1}, column {mark.column + 1})" if mark else ""
        raise KubeConfigError(f"kubeconfig {path}: not valid YAML{where}") from None
    if not isinstance(content, dict):
        raise KubeConfigError(f"kubeconfig {path}: not a mapping")
    for section in ("clusters", "contexts", "users"):
        entries = content.get(section) or []
        if not isinstance(entries, list) or not all(
            isinstance(entry, dict) and isinstance(entry.get("name"), str) for entry in entries
        ):
            raise KubeConfigError(f"kubeconfig {path}: {section} is not a list of named entries")
    return content


def _named(
    files: _Files, section: str, kind: str, name: str, paths: str
) -> tuple[Path, Mapping[str, Any]]:
    for path, content in files:
        for entry in content.get(section) or []:
            if entry["name"] == name:
                value = entry.get(kind)
                if not isinstance(value, dict):
                    raise KubeConfigError(f"kubeconfig {paths}: {kind} {name!r} is empty")
                return path, value
    raise KubeConfigError(f"kubeconfig {paths}: there is no {kind} {name!r}")
