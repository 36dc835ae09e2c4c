"""A PediaCluster: its fields, its form in a cache, and what clustersynchro-manager leaves on it.

A cache has digests in place of credentials. A digest is keyed with a random key of this process, so
it tells only whether two values are equal, here and now; it is worth nothing in a memory dump or a
log.
"""

import base64
import binascii
import json
from collections.abc import Iterable
from hashlib import blake2b
from typing import Any, Final

from clusterimport.model.conditions import conditions_of, find
from clusterimport.model.meta import Object, finalizers_of, name_of, without_bulk
from clusterimport.model.names import SYNCHRO_FINALIZER

BYTE_FIELDS: Final = ("kubeconfig", "caData", "tokenData", "certData", "keyData")
"""Base64 bytes, all of them credentials or next to it."""
CONNECTION_FIELDS: Final = ("apiserver", *BYTE_FIELDS)
"""What an existing PediaCluster is kept equal to."""
AUTHENTICATION_FROM: Final = "authenticationFrom"
SYNC_FIELDS: Final = (
    "syncResources",
    "syncAllCustomResources",
    "syncResourcesRefName",
    "shardingName",
)
SPEC_FIELDS: Final = (*CONNECTION_FIELDS, AUTHENTICATION_FROM, *SYNC_FIELDS)
AUTHENTICATION_KINDS: Final = ("kubeconfig", "ca", "key", "cert", "token")

_DIGEST_BYTES: Final = 16


class Digest:
    """Turns credentials into short texts that are equal only for equal credentials."""

    __slots__ = ("_key",)

    def __init__(self, key: bytes) -> None:
        self._key = key

    def of(self, data: bytes) -> str:
        """Return the digest of some bytes."""
        return "digest:" + blake2b(data, digest_size=_DIGEST_BYTES, key=self._key).hexdigest()

    def __repr__(self) -> str:
        return "Digest(…)"


def field_digest(digest: Digest, value: object) -> str:
    """Return the digest of a byte field as it stands in a spec, empty for an empty field.

    Two base64 texts of the same bytes are equal; what is no base64 at all stands for itself.
    """
    if not isinstance(value, str) or not value:
        return ""
    try:
        data = decode_bytes(value)
    except ValueError:
        data = b"\0" + value.encode("utf-8", "surrogatepass")
    return digest.of(data) if data else ""


def redact(obj: Object, digest: Digest) -> dict[str, Any]:
    """Return a PediaCluster for a cache: byte fields digested, no copies of them elsewhere."""
    # It repeats the spec of an object that was applied by hand, credentials included.
    result = dict(without_bulk(obj))
    spec = obj.get("spec")
    if isinstance(spec, dict):
        result["spec"] = {
            name: field_digest(digest, value) if name in BYTE_FIELDS else value
            for name, value in spec.items()
        }
    return result


def decode_bytes(text: str) -> bytes:
    """Decode a byte field as Go does: padded standard base64, line breaks ignored.

    Raises ValueError, which quotes nothing of the text.
    """
    text = text.replace("\n", "").replace("\r", "")
    if len(text) % 4:
        # Python would overlook padding behind a complete group.
        raise ValueError("not base64")
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("not base64") from None


def shard_of(obj: Object) -> str:
    """Return the shard that a PediaCluster belongs to; the unnamed one is empty."""
    return str((obj.get("spec") or {}).get("shardingName") or "")


def synchro_shards(obj: Object) -> Iterable[str]:
    """Return the shard of a PediaCluster that shows traces of clustersynchro-manager."""
    if SYNCHRO_FINALIZER in finalizers_of(obj) or find(conditions_of(obj), "SynchroRunning"):
        return (shard_of(obj),)
    return ()


def release_command(obj: Object) -> str:
    """Return what a person may type to take clustersynchro-manager's finalizer off, and no other.

    Nothing in it needs more quoting than the quotes that are there.
    """
    others = [name for name in finalizers_of(obj) if name != SYNCHRO_FINALIZER]
    patch = json.dumps({"metadata": {"finalizers": others or None}}, separators=(",", ":"))
    return f"kubectl patch pediacluster {name_of(obj)} --type=merge -p '{patch}'"
