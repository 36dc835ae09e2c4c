"""JSON in both directions; the only place that chooses a library for it."""

from collections.abc import Mapping
from typing import Any

import msgspec

from clusterimport.kube.errors import InvalidBody, StreamError, UndecodableObject
from clusterimport.model.meta import Object


def decode(body: bytes) -> Object:
    """Decode one JSON object; raises StreamError, whose text tells nothing of the content.

    UndecodableObject among them, for what the server takes and no recursive decoder can.
    """
    try:
        decoded = msgspec.json.decode(body)
    except RecursionError:
        raise UndecodableObject("the answer is nested too deeply to be decoded") from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        # Not chained: the exception of the decoder holds the bytes.
        raise StreamError("the answer is not JSON") from None
    if not isinstance(decoded, dict):
        raise StreamError("the answer is not a JSON object")
    return decoded


def encode(value: Any) -> bytes:
    """Encode mappings, sequences, strings, numbers and booleans; raises InvalidBody."""
    try:
        return msgspec.json.encode(value, enc_hook=_plain)
    except RecursionError:
        raise InvalidBody("the object is nested too deeply") from None
    except UnicodeEncodeError:
        # A lone surrogate; not chained, because the exception holds the value.
        raise InvalidBody("a text in the object is not Unicode") from None


def _plain(value: Any) -> Any:
    # Cached objects may be wrapped in read-only views.
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} is not JSON")
