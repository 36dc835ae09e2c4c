"""What a log may show: no credential, and no text of an exception that may quote one.

This is the second net; the first one is that nobody logs a credential. It knows names of fields and
shapes of values; a secret without a shape in a field with a harmless name would pass.

Of an exception it shows class and place, and text only where it is known to be safe: that of one
that we did not raise may quote what it was about, a parser its document, the server a refused
value. Local variables are never looked at.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from functools import lru_cache
from pathlib import PurePath
from typing import Any

from clusterimport import errors
from clusterimport.limits.messages import LOG_DEPTH, LOG_ERRORS, LOG_TEXT_CHARACTERS
from clusterimport.traces import stack_of

REDACTED = "[redacted]"

SECRET_KEYS = frozenset(
    {
        *("token", "tokendata", "bearertoken", "idtoken", "accesstoken", "refreshtoken"),
        *("kubeconfig", "password", "passwd", "authorization", "cookie", "setcookie", "apikey"),
        *("cadata", "certdata", "keydata", "certificateauthoritydata", "clientcertificatedata"),
        *("clientkeydata", "privatekey", "data", "stringdata", "body", "headers", "spec"),
    }
)
"""Names of fields, in lower case without ``-`` and ``_``, of which no value is shown."""

_SHAPES = re.compile(
    r"""
      -----BEGIN\ [A-Z0-9 ]+-----.*?(?:-----END\ [A-Z0-9 ]+-----|\Z)   # PEM
    | \b(?:bearer|basic)\s+(?=\S*[\d=])[\w.~+/=-]{6,}                  # Authorization header
    | \beyJ[\w-]{8,}\.[\w-]{4,}(?:\.[\w-]*)?                           # JWT
    | (?<=://)[^\s/@:]*:[^\s/@]+(?=@)                                  # user:password@ of a URL
      # base64 of "-----BEGIN", "apiVersion", "kind: Con", "clusters:", '{"apiVer', '{"kind"'
    | (?:LS0tLS1CRUdJ|YXBpVmVyc2lv|a2luZDogQ29u|Y2x1c3RlcnM6|eyJhcGlWZXJz|eyJraW5kIj)[\w+/=-]*
    """,
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)
_FIELDS = re.compile(
    r"""(\b(?:token|password|client-key-data|client-certificate-data|keyData|certData|tokenData
        |kubeconfig)["']?\s*[:=]\s*)(?=\S*\d)(?!\[redacted\])["']?[^\s"',;}]{6,}["']?""",
    re.VERBOSE | re.IGNORECASE,
)
"""``token: abc1…`` inside a longer text, as a quoted document has it. A digit is asked for, so that
``tokenData: is empty`` stays readable."""
_LONG = 48
_LONG_RUN = re.compile(rf"[A-Za-z0-9+/]{{{_LONG},}}={{0,2}}")
"""May be base64; names, digests and paths are told from it by ``_is_mixed``."""


def redact_text(text: str) -> str:
    """Return the text with everything that has the shape of a credential replaced."""
    # Cut first, so that the expressions see a bounded text.
    if len(text) > LOG_TEXT_CHARACTERS:
        text = text[:LOG_TEXT_CHARACTERS] + "…"
    # The expressions cost most of a line, and hardly any text can match.
    if _may_have_shape(text.lower()):
        text = _SHAPES.sub(REDACTED, text)
    if ":" in text or "=" in text:
        text = _FIELDS.sub(rf"\1{REDACTED}", text)
    return _LONG_RUN.sub(_replace_mixed, text) if len(text) >= _LONG else text


def _may_have_shape(lower: str) -> bool:
    """Whether a text in lower case has what each of the shapes has."""
    return (
        "-----begin" in lower
        or "bearer" in lower
        or "basic" in lower
        or "eyj" in lower
        or "://" in lower
        or "ls0tls1crudj" in lower
        or "yxbpvmvyc2lv" in lower
        or "a2luzdogq29u" in lower
        or "y2x1c3rlcnm6" in lower
    )


@lru_cache(maxsize=1024)
def is_secret_key(key: str) -> bool:
    """Whether a field of this name may hold a credential."""
    return key.lower().replace("-", "").replace("_", "") in SECRET_KEYS


def clean(value: Any, *, depth: int = 0) -> Any:
    """Return the value as JSON can carry it, without credentials.

    Objects of unknown classes become the name of their class: a ``repr`` may show anything.
    """
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, str):
        return redact_text(str(value))
    if isinstance(value, BaseException):
        return redact_text(text_of(value))
    if isinstance(value, date | PurePath):
        return redact_text(str(value))
    if depth < LOG_DEPTH and isinstance(value, Mapping):
        return {
            str(key): REDACTED if is_secret_key(str(key)) else clean(item, depth=depth + 1)
            for key, item in value.items()
        }
    if depth < LOG_DEPTH and isinstance(value, list | tuple | set | frozenset):
        return [clean(item, depth=depth + 1) for item in value]
    return f"<{type(value).__name__}>"


def _replace_mixed(match: re.Match[str]) -> str:
    return REDACTED if _is_mixed(match[0]) else match[0]


def _is_mixed(run: str) -> bool:
    """Whether there are digits and letters of both cases, as in base64 and in no name or digest."""
    return (
        any(character.isdigit() for character in run)
        and any(character.islower() for character in run)
        and any(character.isupper() for character in run)
    )


def text_of(error: BaseException) -> str:
    """Return what may be said about an error: its own safe text, else its class.

    Errors of ours are safe unless they carry a ``safe_message`` beside a text that is not.
    """
    if isinstance(error, errors.ClusterImportError):
        safe = getattr(error, "safe_message", None)
        return safe if isinstance(safe, str) else str(error)
    return type(error).__name__


def describe(error: BaseException) -> dict[str, Any]:
    """Return the fields of a log line that describe an error, its place and its causes."""
    fields: dict[str, Any] = {
        "error_class": type(error).__name__,
        "stack": stack_of(error),
    }
    if isinstance(error, errors.ClusterImportError):
        fields["error"] = text_of(error)
    causes = [_told(cause) for cause in _causes(error)]
    if causes:
        fields["caused_by"] = causes
    if isinstance(error, BaseExceptionGroup):
        fields["errors"] = [describe(inner) for inner in error.exceptions[:LOG_ERRORS]]
    return fields


def _told(error: BaseException) -> str:
    name, text = type(error).__name__, text_of(error)
    return name if text == name else f"{name}: {text}"


def _causes(error: BaseException) -> Iterator[BaseException]:
    for _ in range(LOG_ERRORS):
        cause = error.__cause__
        if cause is None and not error.__suppress_context__:
            cause = error.__context__
        if cause is None:
            return
        yield cause
        error = cause
