"""The path families: Go's path and, on Linux the same, path/filepath. Text only, no files."""

from typing import Final

from clusterimport.gotemplate.functions import STRING, Entry
from clusterimport.gotemplate.sprig.texts import text_function


def base(path: str) -> str:
    """Return the last element: ``.`` of nothing, ``/`` of slashes only."""
    if not path:
        return "."
    stripped = path.rstrip("/")
    return stripped.rpartition("/")[2] or "/"


def directory(path: str) -> str:
    """Return all but the last element, cleaned."""
    return clean(path[: path.rfind("/") + 1])


def extension(path: str) -> str:
    """Return what starts with the last dot of the last element."""
    name = path.rpartition("/")[2]
    _, dot, suffix = name.rpartition(".")
    return dot + suffix if dot else ""


def is_absolute(path: str) -> bool:
    """Tell whether it starts with a slash."""
    return path.startswith("/")


def clean(path: str) -> str:
    """Resolve ``.``, ``..`` and doubled slashes in the text itself; ``.`` for nothing."""
    rooted = path.startswith("/")
    kept: list[str] = []
    for element in path.split("/"):
        if element in {"", "."}:
            continue
        if element != "..":
            kept.append(element)
        elif kept and kept[-1] != "..":
            kept.pop()
        elif not rooted:
            kept.append("..")
    return "/" + "/".join(kept) if rooted else "/".join(kept) or "."


_FAMILY: Final = {
    "base": base,
    "dir": directory,
    "clean": clean,
    "ext": extension,
    "isAbs": is_absolute,
    "osBase": base,
    "osDir": directory,
    "osClean": clean,
    "osExt": extension,
    "osIsAbs": is_absolute,
}

FUNCTIONS: Final[dict[str, Entry]] = {
    name: text_function(name, impl, STRING, shift=2) for name, impl in _FAMILY.items()
}
