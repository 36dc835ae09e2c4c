"""Why a text is no certificate or key, told by the mistake that was made."""

import base64

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from clusterimport.limits.probes import CERTIFICATE_BYTES, PEM_BYTES, RSA_EXPONENT
from clusterimport.observability.redaction import redact_text
from clusterimport.pki import Unusable, check_authorities, read_authorities, read_pair
from tests.fakes.pki.certificates import END, START
from tests.fakes.pki.material import CA, CERTIFICATE, KEY, client

ONE_LINE = CA.replace(b"\n", b"")
HUGE = b"-----BEGIN CERTIFICATE-----\n%b-----END CERTIFICATE-----\n" % base64.encodebytes(
    bytes(CERTIFICATE_BYTES + 1)
)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (b"canary", "holds no PEM"),
        (b"illegal base64 data at input byte 6", "the error text that `b64dec` prints"),
        (b"illegal base32 data at input byte 0", "the error text that `b32dec` prints"),
        (base64.b64decode("DATA+OMITTED"), "kubectl config view --raw"),
        (base64.b64encode(CA), "encoded by base64 twice"),
        (b"\xef\xbb\xbf" + CA, "begins with a byte order mark"),
        (CA.replace(b"CERTIFICATE", b"X509 CERTIFICATE"), "holds X509 CERTIFICATE where clients"),
        (KEY, "holds PRIVATE KEY where clients look for CERTIFICATE"),
        (CA.replace(b"CERTIFICATE", b"CANARY"), "holds something else where clients"),
        (CA.replace(b"\n", b"\\n"), "in place of its line breaks"),
        (ONE_LINE, "PEM in one line"),
        (b"  " + CA.replace(b"\n", b"\n  "), "PEM that is indented"),
        (CA[:-40], "damaged or cut off"),
        (CA.replace(b"MIH", b"MIG"), "no certificate that is in order"),
        (base64.b64decode(b"".join(CA.split(b"\n")[1:-2])), "is in DER"),
        (HUGE, "larger than 16 KiB"),
        (bytes(PEM_BYTES + 1), "larger than 256 KiB"),
    ],
)
def test_t10_a_mistake_with_a_ca_is_named(text, problem):
    """In words that tell what to do, and nothing of the text."""
    with pytest.raises(Unusable) as caught:
        check_authorities(text)

    assert problem in caught.value.problem
    assert "anary" not in caught.value.problem
    assert redact_text(caught.value.problem) == caught.value.problem, "it is no credential itself"


@pytest.mark.parametrize(
    ("certificate", "key", "problem", "is_key"),
    [
        (CERTIFICATE, client("other").key, "belongs to another certificate", True),
        (CERTIFICATE, KEY[:-30], "damaged or cut off", True),
        (CERTIFICATE, CERTIFICATE, "holds CERTIFICATE where clients look for PRIVATE KEY", True),
        (CERTIFICATE, b"x" * 9000, "larger than 8 KiB", True),
        (KEY, KEY, "holds PRIVATE KEY where clients look for CERTIFICATE", False),
        (CERTIFICATE.replace(b"MIH", b"MIG"), KEY, "begins with a certificate that is", False),
    ],
)
def test_t10_a_mistake_with_a_pair_is_named(certificate, key, problem, is_key):
    """And whether it is the certificate or the key."""
    with pytest.raises(Unusable) as caught:
        read_pair(certificate, key)

    assert caught.value.is_key is is_key
    assert problem in caught.value.problem


def test_t11_openssl_gets_a_pair_in_the_form_that_it_wants():
    """Under the right label, without what stands around it."""
    pair = read_pair(b"# mine\n" + CERTIFICATE, KEY.replace(b"PRIVATE", b"EC PRIVATE"))

    assert pair.key.startswith(b"-----BEGIN PRIVATE KEY-----\n")
    assert pair.certificates.startswith(b"-----BEGIN CERTIFICATE-----\n")
    assert "PRIVATE" not in repr(pair)


def test_t10_the_first_certificate_in_order_is_enough():
    """A judgement reads no further, whatever stands behind."""
    blocks = iter(read_authorities(CA * 500))

    assert next(blocks).data


def test_t11_an_authority_with_an_exponent_beyond_gos_is_passed_over():
    """Go reads such a key, and verifies nothing by it."""
    exponent = RSA_EXPONENT + 2
    modulus = rsa.generate_private_key(65537, 2048).public_key().public_numbers().n
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "dear")])
    dear = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(rsa.RSAPublicNumbers(exponent, modulus).public_key())
        .serial_number(1)
        .not_valid_before(START)
        .not_valid_after(END)
        .sign(ec.generate_private_key(ec.SECP256R1()), hashes.SHA256())
        .public_bytes(Encoding.PEM)
    )

    assert list(read_authorities(dear)) == []
    assert len(list(read_authorities(dear + CA))) == 1
