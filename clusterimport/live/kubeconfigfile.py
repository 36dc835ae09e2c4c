"""Changes the cluster entries of somebody's kubeconfig, and not a character of anything else.

Comments, order, quotes and indentation stay. The file is replaced in one step, keeps its mode and
owner, and is locked as kubectl locks it, so that two writers cannot lose each other's changes.
"""

import contextlib
import io
import json
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import YAMLError

from clusterimport.libyaml import CSafeLoader
from clusterimport.limits.documents import OWN_KUBECONFIG_CHARACTERS
from clusterimport.live.errors import LocalFileError
from clusterimport.live.shortcuts import Act, ShortcutChange, ShortcutEntry

_NEW = {"apiVersion": "v1", "kind": "Config"}

NEW_FILE_MODE = 0o600
"""A kubeconfig usually holds credentials, and may get some later."""


class KubeconfigFile:
    """A kubeconfig as text, and as the tree that keeps what the text looks like."""

    def __init__(self, path: Path, text: str) -> None:
        """Parse; raises LocalFileError for what is no kubeconfig."""
        self.path = path
        self.text = text
        self._yaml = _yaml(text)
        self._tree = self._parse()

    @classmethod
    def read(cls, path: Path) -> "KubeconfigFile":
        """Read a file, or begin an empty one; raises LocalFileError."""
        try:
            with path.open(encoding="utf-8", newline="") as file:
                text = file.read(OWN_KUBECONFIG_CHARACTERS + 1)
        except FileNotFoundError:
            text = ""
        except (OSError, UnicodeError) as error:
            raise LocalFileError(f"{path}: {_problem(error)}") from None
        if len(text) > OWN_KUBECONFIG_CHARACTERS:
            raise LocalFileError(f"{path}: larger than any kubeconfig")
        return cls(path, text)

    def entries(self) -> Sequence[ShortcutEntry]:
        """Return the cluster entries; those that are none are left out."""
        return [
            ShortcutEntry(str(item["name"]), item["cluster"])
            for item in self._tree.get("clusters") or ()
            if isinstance(item, dict)
            and isinstance(item.get("name"), str)
            and isinstance(item.get("cluster"), dict)
        ]

    def changed(self, steps: Sequence[ShortcutChange]) -> str:
        """Return the text with the steps done; the same text where they change nothing.

        Raises LocalFileError for a form in which that cannot be done safely.
        """
        doing = {step.name: step for step in steps if step.act not in {Act.KEEP, Act.FOREIGN}}
        if not doing:
            return self.text
        clusters = self._tree.get("clusters")
        if isinstance(clusters, CommentedSeq) and clusters and not clusters.fa.flow_style():
            changed = self._by_lines(clusters, doing)
        else:
            changed = self._by_tree(doing)
        self._prove(changed, doing)
        return changed

    def _by_lines(self, clusters: CommentedSeq, doing: Mapping[str, ShortcutChange]) -> str:
        """Change whole lines of a list in block form, so that nobody's comment is lost."""
        lines = self.text.splitlines(keepends=True)
        newline = "\r\n" if lines[0].endswith("\r\n") else "\n"
        column = clusters.lc.col
        result: list[str] = []
        done = 0
        for index, item in enumerate(clusters):
            begin, end = _span(lines, clusters.lc.item(index)[0], column)
            step = doing.get(str(item.get("name"))) if isinstance(item, dict) else None
            result += lines[done:begin]
            result += lines[begin:end] if step is None else _written(step, column, newline)
            done = end
        there = {str(item.get("name")) for item in clusters if isinstance(item, dict)}
        added = [step for step in doing.values() if step.name not in there]
        if added and result and not result[-1].endswith("\n"):
            result[-1] += newline
        for step in added:
            result += _written(step, column, newline)
        return "".join(result + lines[done:])

    def _by_tree(self, doing: Mapping[str, ShortcutChange]) -> str:
        """Change a list that is empty, or in the form of JSON."""
        entries = [
            item
            for item in self._tree.get("clusters") or ()
            if not (isinstance(item, dict) and str(item.get("name")) in doing)
        ]
        entries += [
            CommentedMap(cluster=CommentedMap(step.cluster), name=step.name)
            for step in doing.values()
            if step.cluster is not None
        ]
        self._tree["clusters"] = CommentedSeq(entries)
        if self._tree.fa.flow_style():
            # JSON, which has no comments to lose.
            lines = len(self.text.strip().splitlines())
            return json.dumps(self._tree, indent=2 if lines > 1 else None) + "\n"
        written = io.StringIO(newline="")
        self._yaml.dump(self._tree, written)
        return written.getvalue()

    def _prove(self, changed: str, doing: Mapping[str, ShortcutChange]) -> None:
        """Refuse a text in which anything else has changed."""
        before, after = (_others(text, doing) for text in (self.text, changed))
        if before is None or before != after:
            raise LocalFileError(
                f"{self.path}: its form cannot be changed safely; nothing was written. Print the "
                "entries instead, and put them in by hand"
            )

    def _parse(self) -> CommentedMap:
        try:
            tree = self._yaml.load(self.text)
        except YAMLError as error:
            # Not chained and not quoted: the parser shows the lines around the mistake.
            mark = getattr(error, "problem_mark", None)
            where = f":{mark.line + 1}:{mark.column + 1}" if mark else ""
            raise LocalFileError(f"{self.path}{where}: not valid YAML") from None
        if tree is None:
            tree = CommentedMap(_NEW)
        clusters = tree.get("clusters") if isinstance(tree, CommentedMap) else ()
        if not isinstance(tree, CommentedMap) or not isinstance(clusters, list | None):
            raise LocalFileError(f"{self.path}: not a kubeconfig")
        return tree


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold kubectl's lock of a kubeconfig for the length of the block; raises LocalFileError."""
    lock = path.with_name(path.name + ".lock")
    try:
        os.close(os.open(lock, os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        raise LocalFileError(
            f"{path} is being changed by another program; remove {lock} if there is none"
        ) from None
    except OSError as error:
        raise LocalFileError(f"{path}: {_problem(error)}") from None
    try:
        yield
    finally:
        lock.unlink(missing_ok=True)


def replace(path: Path, text: str) -> None:
    """Give a file new content in one step, with its mode and owner; raises LocalFileError.

    A symbolic link stays one: what it leads to is replaced.
    """
    real = path.resolve()
    try:
        handle, name = tempfile.mkstemp(dir=real.parent, prefix=f".{real.name}.")
    except OSError as error:
        raise LocalFileError(f"{path}: {_problem(error)}") from None
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            _take_after(real, handle)
            file.write(text)
            file.flush()
            os.fsync(handle)
        Path(name).replace(real)
    except OSError as error:
        Path(name).unlink(missing_ok=True)
        raise LocalFileError(f"{path}: {_problem(error)}") from None


def _take_after(real: Path, handle: int) -> None:
    """Give a new file mode and owner of the old one."""
    try:
        old = real.stat()
    except FileNotFoundError:
        os.fchmod(handle, NEW_FILE_MODE)
        return
    if (old.st_uid, old.st_gid) != (os.geteuid(), os.getegid()):
        # Only root may; anybody else's file becomes that of who changes it, as with any editor.
        with contextlib.suppress(PermissionError):
            os.fchown(handle, old.st_uid, old.st_gid)
    os.fchmod(handle, old.st_mode & 0o7777)


def _others(text: str, doing: Mapping[str, ShortcutChange]) -> tuple[Any, Any] | None:
    """Return everything of a kubeconfig but the entries that change; None for what is none."""
    try:
        content = yaml.load(text, CSafeLoader) or dict(_NEW)  # noqa: S506 (a safe loader)
        entries = content.pop("clusters", None) or ()
        return content, [entry for entry in entries if entry.get("name") not in doing]
    except (yaml.YAMLError, AttributeError):
        return None


def _yaml(text: str) -> Any:
    parser: Any = YAML()
    parser.preserve_quotes = True
    # Lines of credentials are long, and stay in one piece.
    parser.width = 1 << 30
    parser.explicit_start = text.startswith("---")
    return parser


def _span(lines: Sequence[str], begin: int, column: int) -> tuple[int, int]:
    """Return the first line of an item of a list, and the one behind it.

    Comments and empty lines behind it are no part of it.
    """
    while not lines[begin].startswith("-", column):
        begin -= 1
    end = begin + 1
    for number in range(begin + 1, len(lines)):
        text = lines[number].strip()
        if not text or text.startswith("#"):
            continue
        if len(lines[number]) - len(lines[number].lstrip(" ")) <= column:
            break
        end = number + 1
    return begin, end


def _written(step: ShortcutChange, column: int, newline: str) -> list[str]:
    if step.cluster is None:
        return []
    entry = [{"cluster": dict(step.cluster), "name": step.name}]
    text = yaml.safe_dump(entry, sort_keys=False, width=1 << 30, allow_unicode=True)
    return [" " * column + line + newline for line in text.splitlines()]


def _problem(error: OSError | UnicodeError) -> str:
    if isinstance(error, UnicodeError):
        return "not a text file"
    return (error.strerror or type(error).__name__).lower()
