"""client-go as a program: what it makes of kubeconfigs and addresses."""

import base64
import json
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, TextIO

from tests.golden.oracle.building import ensure_program

Answer = dict[str, Any]
"""As `loader/main.go` has it; ``error`` alone where client-go loads nothing."""

_MODULE: Final = Path(__file__).parent / "loader"


class Loader:
    """client-go's loader; builds it where that was not done yet, which may raise BuildError."""

    def __init__(self, stream: TextIO) -> None:
        self._program = ensure_program(_MODULE, "loader", stream)

    def kubeconfigs(self, cases: Sequence[bytes]) -> list[Answer]:
        """Return the answers in order."""
        return self._ask("kubeconfig", cases)

    def addresses(self, cases: Sequence[str]) -> list[Answer]:
        """Return what becomes of each as ``spec.apiserver``."""
        return self._ask("apiserver", [case.encode("utf-8", "surrogatepass") for case in cases])

    def fields(self, cases: Sequence[Mapping[str, bytes]]) -> list[Answer]:
        """Return what becomes of each set of ``ca``, ``certificate``, ``key`` and ``token``."""
        return self._ask("fields", [_json(case) for case in cases])

    def _ask(self, kind: str, cases: Sequence[bytes]) -> list[Answer]:
        asked = "".join(f"{kind} {base64.b64encode(case).decode('ascii')}\n" for case in cases)
        ended = subprocess.run(
            [self._program], input=asked.encode(), capture_output=True, check=True
        )
        return [json.loads(line) for line in ended.stdout.splitlines()]


def _json(case: Mapping[str, bytes]) -> bytes:
    texts = {name: base64.b64encode(value).decode("ascii") for name, value in case.items()}
    return json.dumps(texts).encode()
