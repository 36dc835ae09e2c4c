"""When the credentials of a connection run out, as far as they say so themselves.

Nothing is verified: the answer is for a warning to people, and garbage has no answer.
"""

import base64
import binascii
import datetime as dt
import warnings
from collections.abc import Iterator
from typing import Any, Final, Literal, NamedTuple

import msgspec
from cryptography import x509

from clusterimport.limits.documents import EXPIRY_CHAIN_BYTES, EXPIRY_TOKEN_CHARACTERS
from clusterimport.model.connection import Connection

_WARNING_SHARE: Final = 5
_WARNING_MOST: Final = dt.timedelta(days=7)
_END_MARK: Final = b"-----END CERTIFICATE-----"
_EARLIEST: Final = dt.datetime.min.replace(tzinfo=dt.UTC)
_MAX_TIMESTAMP: Final = dt.datetime(9999, 12, 31, tzinfo=dt.UTC).timestamp()


class Expiry(NamedTuple):
    """The end of a credential."""

    at: dt.datetime
    """Aware, in UTC."""
    what: Literal["client certificate", "token"]
    begins: dt.datetime | None = None
    """When it was made, or began to be valid; None where it does not say."""

    @property
    def warns_at(self) -> dt.datetime:
        """When a fifth of its lifetime is left, and at most a week.

        Tokens that live for an hour are renewed before, and nobody is told of each.
        """
        window = min(_WARNING_MOST, self.at - _EARLIEST)
        if self.begins is not None and self.begins < self.at:
            window = min(window, (self.at - self.begins) / _WARNING_SHARE)
        return self.at - window


def credential_expiry(connection: Connection) -> Expiry | None:
    """Return the end of the credential that has to be renewed first; None where none says so.

    Measured by its own lifetime: an hour's token that is new is not due before a certificate that
    has three days left of a year.
    """
    return min(_expiries(connection), default=None, key=lambda expiry: expiry.warns_at)


class _Claims(msgspec.Struct):
    """What is read of a JWT's payload."""

    exp: float | None = None
    # Of these the end does not depend, be they what they may.
    iat: Any = None
    nbf: Any = None


_DECODER: Final = msgspec.json.Decoder(_Claims)


def _expiries(connection: Connection) -> Iterator[Expiry]:
    found = _certificate_expiry(connection.cert_data), _token_expiry(connection.token)
    yield from (expiry for expiry in found if expiry is not None)


def _certificate_expiry(chain: bytes) -> Expiry | None:
    """Return the end of the first certificate of a PEM chain, which is the client's own."""
    leaf, mark, _ = chain[:EXPIRY_CHAIN_BYTES].partition(_END_MARK)
    with warnings.catch_warnings():
        # The library tells stderr about certificates that are odd; here nobody could mend them.
        warnings.simplefilter("ignore")
        try:
            certificate = x509.load_pem_x509_certificate(leaf + mark)
            end, begin = certificate.not_valid_after_utc, certificate.not_valid_before_utc
        except (ValueError, x509.InvalidVersion):
            return None
    return Expiry(end, "client certificate", begin)


def _token_expiry(token: str) -> Expiry | None:
    if len(token) > EXPIRY_TOKEN_CHARACTERS:
        return None
    parts = token.split(".")
    if len(parts) != 3:
        return None
    payload = parts[1]
    try:
        text = base64.b64decode(payload + "=" * (-len(payload) % 4), b"-_", validate=True)
        claims = _DECODER.decode(text)
    except (binascii.Error, ValueError, msgspec.MsgspecError, RecursionError):
        return None
    end = _moment(claims.exp)
    if end is None:
        return None
    # What clocks allow for may lie before the moment of issue, and is not its lifetime.
    return Expiry(end, "token", _moment(claims.iat) or _moment(claims.nbf))


def _moment(seconds: Any) -> dt.datetime | None:
    if type(seconds) not in {int, float} or not 0 < seconds < _MAX_TIMESTAMP:
        return None
    return dt.datetime.fromtimestamp(seconds, dt.UTC)
