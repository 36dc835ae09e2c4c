"""When the credentials of a connection run out, as far as they say so themselves.

Nothing is verified: the answer is for a warning to people, and garbage has no answer.
"""

import base64
import binascii
import datetime as dt
import warnings
from collections.abc import Iterator
from typing import Final, Literal, NamedTuple

import msgspec
from cryptography import x509

from clusterimport.limits import EXPIRY_CHAIN_BYTES, EXPIRY_TOKEN_CHARACTERS
from clusterimport.model.connection import Connection

_END_MARK: Final = b"-----END CERTIFICATE-----"
_MAX_TIMESTAMP: Final = dt.datetime(9999, 12, 31, tzinfo=dt.UTC).timestamp()


class Expiry(NamedTuple):
    """The end of the credential that runs out first."""

    at: dt.datetime
    """Aware, in UTC."""
    what: Literal["client certificate", "token"]


def credential_expiry(connection: Connection) -> Expiry | None:
    """Return when the first of a connection's credentials runs out; None where none says so."""
    return min(_expiries(connection), default=None)


class _Claims(msgspec.Struct):
    """What is read of a JWT's payload."""

    exp: float | None = None


_DECODER: Final = msgspec.json.Decoder(_Claims)


def _expiries(connection: Connection) -> Iterator[Expiry]:
    certificate = _certificate_end(connection.cert_data)
    if certificate is not None:
        yield Expiry(certificate, "client certificate")
    token = _token_end(connection.token)
    if token is not None:
        yield Expiry(token, "token")


def _certificate_end(chain: bytes) -> dt.datetime | None:
    """Return the end of the first certificate of a PEM chain, which is the client's own."""
    leaf, mark, _ = chain[:EXPIRY_CHAIN_BYTES].partition(_END_MARK)
    with warnings.catch_warnings():
        # The library tells stderr about certificates that are odd; here nobody could mend them.
        warnings.simplefilter("ignore")
        try:
            return x509.load_pem_x509_certificate(leaf + mark).not_valid_after_utc
        except (ValueError, x509.InvalidVersion):
            return None


def _token_end(token: str) -> dt.datetime | None:
    if len(token) > EXPIRY_TOKEN_CHARACTERS:
        return None
    parts = token.split(".")
    if len(parts) != 3:
        return None
    payload = parts[1]
    try:
        text = base64.b64decode(payload + "=" * (-len(payload) % 4), b"-_", validate=True)
        expires = _DECODER.decode(text).exp
    except (binascii.Error, ValueError, msgspec.MsgspecError, RecursionError):
        return None
    if expires is None or not 0 < expires < _MAX_TIMESTAMP:
        return None
    return dt.datetime.fromtimestamp(expires, dt.UTC)
