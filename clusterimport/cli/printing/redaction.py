"""The outputs of commands without credentials.

What is secret is known here, unlike in a log: it stands in the Secrets that were read and in the
fields that were rendered. So it is found again wherever a template has put it.
"""

import base64
import binascii
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from clusterimport.authoring.documents import Document
from clusterimport.authoring.outcomes import Evaluated
from clusterimport.model.meta import LAST_APPLIED, Object
from clusterimport.model.pediacluster import BYTE_FIELDS
from clusterimport.observability.redaction import REDACTED, redact_text

__all__ = ["REDACTED", "Redactor", "shown_object"]

_SHORTEST: Final = 6
"""Characters of the shortest credential that is looked for; shorter ones stand in any word."""
_RUN: Final = re.compile(r"[\w+/=.~-]{12,}")
"""Maybe a piece of a credential, as the function of a template may cut it out."""
_MIXED: Final = re.compile(r"[0-9A-Z]")
"""What has neither digit nor capital is a word, and may stand in a certificate's name as well."""
_HARMLESS_KEYS: Final = frozenset(
    (
        *("server", "host", "hostname", "endpoint", "apiserver", "url", "address", "port"),
        *("name", "namespace", "cluster", "clustername", "context", "project", "region"),
        *("id", "uid", "type"),
    )
)
_KEYS_INSIDE: Final = re.compile(
    r"""["']?\b(?:[\w.-]*(?:token|password|secret|key|cert|certificate-authority)[\w.-]*
        |username)["']?\s*:\s*["']?(?P<value>[^\s"',}]+)""",
    re.VERBOSE | re.IGNORECASE,
)
"""A credential inside a kubeconfig or another document that a Secret holds."""
_PEM_LINE: Final = re.compile(r"^[A-Za-z0-9+/=]{32,}$", re.MULTILINE)


class Redactor:
    """Takes credentials out of what is shown; ``show`` leaves everything as it is."""

    def __init__(self, *, show: bool = False) -> None:
        self._show = show
        # Every secret, by its first characters: a dump may hold those of ten thousand clusters.
        self._secrets: dict[str, set[str]] = {}
        self._pieces: dict[str, bool] = {}  # what was looked for, and whether it was found

    def know(
        self, documents: Iterable[Document] = (), evaluated: Iterable[Evaluated] = ()
    ) -> "Redactor":
        """Learn what is secret from the Secrets among objects and from what was rendered."""
        if self._show:
            return self
        for document in documents:
            self._learn_secret(document.obj)
        for each in evaluated:
            for step in each.steps:
                for obj in (step.data.get("references") or {}).values():
                    self._learn_secret(obj)
                self._learn_secret(step.data.get("source") or {})
            for obj in (each.observed.obj if each.observed else {}, each.after or {}):
                for field in BYTE_FIELDS:
                    self._learn_bytes(str((obj.get("spec") or {}).get(field) or ""))
            if each.rendered is not None:
                for field in BYTE_FIELDS:
                    self._learn_bytes(str(each.rendered.spec.get(field) or ""))
        return self

    def text(self, text: str) -> str:
        """Return a text in which nothing secret stands."""
        if self._show or not text:
            return text
        text = _RUN.sub(self._without_piece, self._without_secrets(text))
        return "\n".join(map(redact_text, text.split("\n")))

    def pediacluster(self, obj: Object) -> dict[str, Any]:
        """Return a PediaCluster whose credentials are only said to be there."""
        shown = self.value(obj)
        spec = obj.get("spec")
        if not self._show and isinstance(spec, Mapping):
            shown["spec"] |= {field: REDACTED for field in BYTE_FIELDS if spec.get(field)}
        assert isinstance(shown, dict)
        return shown

    def value(self, value: Any) -> Any:
        """Return an object or a part of one; of a Secret only the keys of its data are shown."""
        if self._show:
            return value
        if isinstance(value, str):
            return redact_text(self._without_secrets(value))
        if isinstance(value, Mapping):
            is_secret = value.get("kind") == "Secret"
            return {
                self._without_secrets(str(name)): _hidden(item)
                if is_secret and name in {"data", "stringData"}
                else self.value(item)
                for name, item in value.items()
            }
        return [self.value(item) for item in value] if isinstance(value, list | tuple) else value

    def _learn_secret(self, obj: Object) -> None:
        if obj.get("kind") != "Secret":
            return
        for field, learn in (("data", self._learn_bytes), ("stringData", self._learn)):
            for key, value in (obj.get(field) or {}).items():
                if isinstance(value, str) and key.lower() not in _HARMLESS_KEYS:
                    learn(value)

    def _learn_bytes(self, encoded: str) -> None:
        self._add(encoded)
        try:
            self._learn(base64.b64decode(encoded, validate=True).decode())
        except (binascii.Error, ValueError):
            return

    def _learn(self, text: str) -> None:
        """Learn a plain value: a document is not secret as a whole, but what stands in it."""
        is_document = ":" in text and ("\n" in text.strip() or text.lstrip().startswith("{"))
        if not is_document or "-----BEGIN" in text:
            self._add(text)
            for line in _PEM_LINE.findall(text):
                self._add(line)
            return
        for found in _KEYS_INSIDE.finditer(text):
            value = found["value"]
            self._add(value)
            if len(value) > 2 * _SHORTEST and not value.startswith("-"):
                self._add(_decoded(value))

    def _add(self, text: str) -> None:
        text = text.strip()
        if len(text) >= _SHORTEST:
            self._secrets.setdefault(text[:_SHORTEST], set()).add(text)
            self._pieces.clear()

    def _without_secrets(self, text: str) -> str:
        kept, start, index = [], 0, 0
        while index <= len(text) - _SHORTEST:
            near = self._secrets.get(text[index : index + _SHORTEST])
            found = max((s for s in near or () if text.startswith(s, index)), key=len, default="")
            if found:
                kept += [text[start:index], REDACTED]
                start = index = index + len(found)
            else:
                index += 1
        return "".join([*kept, text[start:]]) if kept else text

    def _without_piece(self, run: re.Match[str]) -> str:
        piece = run[0]
        if piece not in self._pieces:
            self._pieces[piece] = _MIXED.search(piece) is not None and any(
                piece in secret for near in self._secrets.values() for secret in near
            )
        return REDACTED if self._pieces[piece] else piece


def _hidden(data: Any) -> Any:
    return dict.fromkeys(map(str, data), REDACTED) if isinstance(data, Mapping) else REDACTED


def _decoded(text: str) -> str:
    try:
        return base64.b64decode(text, validate=True).decode()
    except (binascii.Error, ValueError):
        return ""


def shown_object(obj: Object, *, show_secrets: bool = False) -> dict[str, Any]:
    """Return one of our objects without what nobody reads, and without credentials."""
    shown = {field: obj[field] for field in obj}
    metadata = dict(shown.get("metadata") or {})
    metadata.pop("managedFields", None)
    annotations = dict(metadata.get("annotations") or {})
    # It repeats the object that was applied by hand, credentials included.
    if annotations.pop(LAST_APPLIED, None) is not None:
        metadata["annotations"] = annotations
    shown["metadata"] = metadata
    spec = shown.get("spec")
    if isinstance(spec, dict) and not show_secrets:
        shown["spec"] = {
            field: REDACTED if field in BYTE_FIELDS and value else value
            for field, value in spec.items()
        }
    return shown
