"""When credentials run out."""

import base64
import datetime as dt
import json
import random

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from clusterimport.engine.expiry import Expiry, credential_expiry
from clusterimport.limits.documents import EXPIRY_CHAIN_BYTES, EXPIRY_TOKEN_CHARACTERS
from clusterimport.model.connection import Connection
from tests.fakes.engine.auditing import audited
from tests.fakes.pki.certificates import END, Authority
from tests.fakes.pki.certificates import START as CERTIFICATE_START

SOON = dt.datetime(2031, 2, 3, 4, 5, 6, tzinfo=dt.UTC)
AUTHORITY = Authority()
LEAF = AUTHORITY.issue("client").certificate
LEAF_ENDS = Expiry(END, "client certificate", CERTIFICATE_START)


def token_of(claims, *, padded=False):
    raw = claims if isinstance(claims, bytes) else json.dumps(claims).encode()
    payload = base64.urlsafe_b64encode(raw).decode()
    return f"e30.{payload if padded else payload.rstrip('=')}.c2ln"


def expiry(*, certificate=b"", token=""):
    return credential_expiry(Connection("https://a", cert_data=certificate, token=token))


def wrapped(der):
    body = base64.encodebytes(der).decode()
    return f"-----BEGIN CERTIFICATE-----\n{body}-----END CERTIFICATE-----\n".encode()


def test_a_client_certificate_ends_with_its_validity():
    """The moment is aware and in UTC."""
    got = expiry(certificate=LEAF)

    assert got == LEAF_ENDS
    assert got.at.utcoffset() == dt.timedelta(0)


def test_the_leaf_counts_and_not_what_signed_it():
    """The first certificate of a chain is the client's; text, keys and garbage may stand around."""
    short = AUTHORITY.issue("client").certificate
    key = AUTHORITY.issue("client").key

    assert expiry(certificate=b"subject=CN\n" + short + AUTHORITY.pem) == expiry(certificate=short)
    assert expiry(certificate=key + short + b"-----BEGIN CERTIFICATE-----\n?") is not None
    long = short + AUTHORITY.pem * (EXPIRY_CHAIN_BYTES // len(AUTHORITY.pem) + 1)
    assert expiry(certificate=long) == expiry(certificate=short)
    garbage = b"-----BEGIN CERTIFICATE-----\n%%%\n-----END CERTIFICATE-----\n"
    assert expiry(certificate=short + garbage) == expiry(certificate=short)
    chain = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n" + short
    assert expiry(certificate=chain) is None


@pytest.mark.parametrize("padded", [False, True])
def test_a_token_ends_with_its_claim(padded):
    """The claim `exp` of a JWT is in seconds, and may have a fraction."""
    got = expiry(token=token_of({"exp": SOON.timestamp(), "sub": "x"}, padded=padded))

    assert got == Expiry(SOON, "token")
    assert got.at.utcoffset() == dt.timedelta(0)
    whole = token_of({"exp": int(SOON.timestamp()), "iss": ["?>~"]}, padded=padded)
    assert expiry(token=whole) == Expiry(SOON, "token")


def test_base64url_is_not_base64():
    """The alphabet of JWTs has a dash and an underscore."""
    token = token_of('{"a":"ﾾ?ﾾ~~~>>>","exp":1}'.encode())

    assert {"-", "_"} & set(token)
    assert expiry(token=token) == Expiry(dt.datetime(1970, 1, 1, 0, 0, 1, tzinfo=dt.UTC), "token")


def test_what_ends_first_counts():
    """Whichever of the two it is."""
    later = token_of({"exp": END.timestamp() + 1})
    sooner = token_of({"exp": END.timestamp() - 1})

    assert expiry(certificate=LEAF, token=later) == Expiry(
        END, "client certificate", CERTIFICATE_START
    )
    assert expiry(certificate=LEAF, token=sooner) == Expiry(END - dt.timedelta(seconds=1), "token")
    assert expiry(certificate=b"garbage", token=sooner).what == "token"
    assert expiry(certificate=LEAF, token="garbage").what == "client certificate"


@pytest.mark.parametrize(
    "token",
    [
        "",
        "opaque",
        "a.b",
        "a.b.c.d",
        "e30..c2ln",
        "e30.é.c2ln",
        "e30.!!!!.c2ln",
        "e30.A.c2ln",
        token_of({}),
        token_of([1]),
        token_of(b"\xff\xfe"),
        token_of(b'{"exp":'),
        token_of({"exp": None}),
        token_of({"exp": "1700000000"}),
        token_of({"exp": True}),
        token_of({"exp": 0}),
        token_of({"exp": -1}),
        token_of(b'{"exp": NaN}'),
        token_of(b'{"exp": 1e400}'),
        token_of(b'{"exp": 253402300800}'),
        token_of(b'{"exp": ' + b"9" * 5000 + b"}"),
        token_of(b"[" * 12000),
        token_of(b'{"exp":' + b"[" * 11000),
        token_of({"exp": 1700000000}).rpartition(".")[0],
        token_of({"exp": 1700000000, "pad": "x" * EXPIRY_TOKEN_CHARACTERS}),
    ],
)
def test_a_token_that_does_not_say_has_no_end(token):
    """No JWT, no claim, no sensible time, or too long to look at."""
    assert expiry(token=token) is None


@pytest.mark.parametrize(
    "certificate",
    [
        b"",
        b"garbage",
        b"-----BEGIN CERTIFICATE-----\nYQ==\n-----END CERTIFICATE-----\n",
        b"-----BEGIN CERTIFICATE-----\n%%%%\n-----END CERTIFICATE-----\n",
        LEAF[:200],
        AUTHORITY.issue("client").key,
        b"#" * EXPIRY_CHAIN_BYTES + LEAF,
    ],
)
def test_a_certificate_that_cannot_be_read_has_no_end(certificate):
    """Garbage and halves have no answer, nor what is behind more than anybody looks at."""
    assert expiry(certificate=certificate) is None


def test_no_broken_certificate_is_an_exception():
    """Whatever bytes are changed, there is a time or none, and no warning."""
    der = x509.load_pem_x509_certificate(LEAF).public_bytes(Encoding.DER)
    chance = random.Random(1)
    seen = set()
    for _ in range(4000):
        broken = bytearray(der)
        for _ in range(chance.choice((1, 1, 2))):
            broken[chance.randrange(80)] = chance.randrange(256)
        seen.add(type(expiry(certificate=wrapped(bytes(broken)))))

    assert seen == {Expiry, type(None)}


def test_an_odd_version_or_serial_number_is_no_exception():
    """The library raises an error of its own for the one, and warns of the other."""
    der = bytearray(x509.load_pem_x509_certificate(LEAF).public_bytes(Encoding.DER))
    version = der.index(b"\xa0\x03\x02\x01\x02") + 4
    serial = version + 3

    assert der[version + 1] == 2  # an INTEGER, the serial number
    negative = der.copy()
    negative[serial] = 0x80
    assert expiry(certificate=wrapped(bytes(negative))) == Expiry(
        END, "client certificate", CERTIFICATE_START
    )
    der[version] = 29
    assert expiry(certificate=wrapped(bytes(der))) is None


def test_nothing_is_opened_or_asked():
    """Certificates and tokens are read from memory alone."""
    token = token_of({"exp": END.timestamp() - 1})
    with audited() as events:
        assert expiry(certificate=LEAF, token=token) is not None
        assert expiry(certificate=b"garbage", token="a.b.c") is None

    assert events == []


DAY = dt.timedelta(days=1)


def ending(lifetime, *, at=SOON):
    return Expiry(at, "token", at - lifetime)


@pytest.mark.parametrize(
    ("expiry", "before"),
    [
        (ending(dt.timedelta(hours=1)), dt.timedelta(minutes=12)),
        (ending(10 * DAY), 2 * DAY),
        (ending(35 * DAY), 7 * DAY),
        (ending(365 * DAY), 7 * DAY),
        (Expiry(SOON, "token"), 7 * DAY),
        (Expiry(SOON, "token", SOON + DAY), 7 * DAY),
    ],
)
def test_t25_an_end_is_judged_against_the_lifetime(expiry, before):
    """A fifth of it, and a week at most; a week where no beginning is known."""
    assert expiry.warns_at == SOON - before


@pytest.mark.parametrize("claims", [{"iat": 0}, {"nbf": 0}, {"iat": 0, "nbf": 900}])
def test_t25_a_token_says_when_it_was_made(claims):
    """By `iat`, else by `nbf`; what is no number is no moment, and changes no end."""
    moments = {name: SOON.timestamp() - 3600 + offset for name, offset in claims.items()}
    got = expiry(token=token_of({"exp": SOON.timestamp()} | moments))

    assert got.warns_at == SOON - dt.timedelta(minutes=12)
    odd = expiry(token=token_of({"exp": SOON.timestamp(), "iat": "x", "nbf": [1]}))
    assert odd == Expiry(SOON, "token")


def test_t25_the_credential_that_is_due_first_counts():
    """A new token of an hour is not due before a certificate that has three days left."""
    leaf = AUTHORITY.issue("client", end=SOON + 3 * DAY).certificate
    token = token_of({"exp": SOON.timestamp(), "iat": SOON.timestamp() - 3600})

    assert expiry(certificate=leaf, token=token).what == "client certificate"


def test_t25_an_end_before_all_time_is_one():
    """A certificate may have ended in the first year there is."""
    first = dt.datetime(1, 1, 2, tzinfo=dt.UTC)
    assert Expiry(first, "client certificate").warns_at <= first
