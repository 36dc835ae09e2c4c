"""Files that hold a whole PediaCluster as it has to be."""

from collections.abc import Iterator
from pathlib import Path

import yaml

from clusterimport.authoring.documents import read_documents
from clusterimport.authoring.errors import AuthoringError, InvalidInput
from clusterimport.authoring.policytests.comparing import exact_differences
from clusterimport.authoring.positions import Place
from clusterimport.libyaml import CSafeDumper
from clusterimport.model.meta import Object


class Goldens:
    """Compares with the files, or writes them anew."""

    def __init__(self, *, update: bool = False) -> None:
        self._update = update
        self.written: list[Path] = []
        """What was made or changed, in order."""

    def differences(self, path: Path, actual: Object) -> Iterator[str]:
        """Yield where a PediaCluster is not what the file says; raises AuthoringError."""
        expected = self._read(path)
        if expected == actual:
            return
        if self._update:
            self._write(path, actual)
            return
        if expected is None:
            yield f"{path} is not there; write it by --update, and look at it"
            return
        for difference in exact_differences(expected, actual):
            yield f"{difference} in {path}; if it should be so, write it by --update"

    def _read(self, path: Path) -> Object | None:
        if not path.exists():
            return None
        try:
            documents = read_documents([path])
        except AuthoringError:
            if self._update:
                return None
            raise
        return documents[0].obj

    def _write(self, path: Path, actual: Object) -> None:
        text = yaml.dump(actual, Dumper=CSafeDumper, sort_keys=False, width=10_000)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        except OSError as error:
            problem = f"cannot be written: {error.strerror or error}"
            raise InvalidInput(problem, place=Place(str(path))) from None
        self.written.append(path)
