"""The certificate that nobody has issued, and the settings under which any is shown."""

import ssl
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from clusterimport.observability import tlschannel
from clusterimport.observability.tlschannel import SelfSigned, TLSChannel, _issued
from tests.fakes.aio.jumpingclock import JumpingClock

NOW = datetime(2031, 5, 1, 12, 30, tzinfo=UTC)
DAY_SECONDS = 86400


class LaterClock(JumpingClock):
    """Ahead of this machine's."""

    def now(self):
        return NOW


def issued(host="pod", now=NOW):
    certificate, key = _issued(host, now)
    return x509.load_pem_x509_certificate(certificate), key


def shaken_hands(context, *, protocols=()):
    """Return the client's side of a connection, after both have said all that they have to say."""
    channel = TLSChannel(context)
    asking = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    asking.check_hostname = False
    asking.verify_mode = ssl.CERT_NONE
    if protocols:
        asking.set_alpn_protocols(protocols)
    arrived, to_send = ssl.MemoryBIO(), ssl.MemoryBIO()
    peer = asking.wrap_bio(arrived, to_send)
    for _ in range(3):
        with suppress(ssl.SSLWantReadError):
            peer.do_handshake()
        channel.receive(to_send.read())
        arrived.write(channel.due())
    with suppress(ssl.SSLWantReadError):
        peer.read(1)
    return peer


def test_a_self_signed_certificate_names_the_host_as_subject_and_issuer():
    """Who looks at it sees which Pod it is of, and that nobody stands above it."""
    certificate, _ = issued("pod-1")
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "pod-1")])
    assert certificate.subject == certificate.issuer == name
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    assert names.value.get_values_for_type(x509.DNSName) == ["pod-1"]
    # A critical one would be for an empty subject, says RFC 5280.
    assert not names.critical


def test_a_self_signed_certificate_can_be_of_a_host_with_a_long_name():
    """A common name has 64 characters at most; the whole name is the alternative one."""
    host = ".".join(["a" * 60] * 3)
    certificate, _ = issued(host)
    (common,) = certificate.subject
    assert common.value == host[:64]
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == [host]


@pytest.mark.parametrize("zone", [UTC, timezone(timedelta(hours=-7))])
def test_a_self_signed_certificate_is_good_for_a_year_from_an_hour_ago(zone):
    """A scraper whose clock is behind by less takes it at once, in whatever zone the Pod lives."""
    certificate, _ = issued(now=NOW.astimezone(zone))
    assert certificate.not_valid_before_utc == NOW - timedelta(hours=1)
    assert certificate.not_valid_after_utc == NOW - timedelta(hours=1) + timedelta(days=365)


def test_a_self_signed_certificate_is_signed_by_the_key_beside_it():
    """By ECDSA on P-256 with SHA-256, which every client takes; the key is in the clear."""
    certificate, pem = issued()
    key = serialization.load_pem_private_key(pem, password=None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    assert isinstance(key.curve, ec.SECP256R1)
    assert pem.startswith(b"-----BEGIN PRIVATE KEY-----\n")
    assert certificate.public_key() == key.public_key()
    assert isinstance(certificate.signature_hash_algorithm, hashes.SHA256)
    certificate.verify_directly_issued_by(certificate)


def test_no_two_self_signed_certificates_are_alike():
    """Else a replica could be taken for another one: number and key are drawn."""
    (one, _), (other, _) = issued(), issued()
    assert one.serial_number != other.serial_number
    assert one.public_key() != other.public_key()


def test_a_self_signed_certificate_is_of_this_host_and_this_moment(monkeypatch):
    """It is what a connection is shown, dated by the clock of the controller."""
    monkeypatch.setattr(tlschannel.socket, "gethostname", lambda: "pod-7")
    shown = shaken_hands(SelfSigned(clock=LaterClock()).context()).getpeercert(binary_form=True)
    certificate = x509.load_der_x509_certificate(shown)
    assert certificate.subject.rfc4514_string() == "CN=pod-7"
    assert certificate.not_valid_before_utc == NOW - timedelta(hours=1)


def test_a_self_signed_certificate_is_made_anew_in_time():
    """After half of the year for which it is good, not before, and then for half a year again."""
    clock = JumpingClock()
    certificate = SelfSigned(clock=clock)
    first = certificate.context()
    clock.seconds += 182.5 * DAY_SECONDS
    assert certificate.context() is first
    clock.seconds += 1
    second = certificate.context()
    assert second is not first
    clock.seconds += 182 * DAY_SECONDS
    assert certificate.context() is second
    clock.seconds += DAY_SECONDS
    assert certificate.context() is not second


def test_a_connection_is_for_http_1_and_for_one_request():
    """What would make a second one cheap, tickets, is not sent; HTTP/2 is not agreed to."""
    context = SelfSigned(clock=JumpingClock()).context()
    peer = shaken_hands(context, protocols=["h2", "http/1.1"])
    assert peer.version() == "TLSv1.3"
    assert peer.selected_alpn_protocol() == "http/1.1"
    assert peer.session is None or not peer.session.has_ticket
    assert context.options & ssl.OP_NO_RENEGOTIATION
    assert context.options & ssl.OP_NO_TICKET
    assert context.minimum_version == ssl.TLSVersion.TLSv1_2
