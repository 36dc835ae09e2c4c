"""Kubeconfigs as Cluster API writes them, in any number: 6 KB in a Secret, no two alike.

A controller that judges credentials has to do it for each of them: authority and certificate are a
cluster's own. Only keys are shared, which take a tenth of a second each to make.
"""

import base64
import datetime as dt
from functools import cache
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

_START: Final = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
_END: Final = dt.datetime(2049, 1, 1, tzinfo=dt.UTC)
_KUBECONFIG: Final = """apiVersion: v1
clusters:
- cluster:
    certificate-authority-data: {ca}
    server: https://192.0.2.1:6443
  name: {name}
contexts:
- context:
    cluster: {name}
    user: {name}-admin
  name: {name}-admin@{name}
current-context: {name}-admin@{name}
kind: Config
preferences: {{}}
users:
- name: {name}-admin
  user:
    client-certificate-data: {certificate}
    client-key-data: {key}
"""


def kubeconfig(name: str, generation: int = 0) -> str:
    """Return the kubeconfig of a cluster; each generation has another client certificate."""
    certificate = _signed(f"{name}-admin-{generation}", is_authority=False)
    return _KUBECONFIG.format(
        name=name,
        ca=_encoded(_signed(name, is_authority=True)),
        certificate=_encoded(certificate),
        key=_encoded(_key_pem()),
    )


@cache
def _key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


@cache
def _key_pem() -> bytes:
    # As kubeadm and Cluster API write it.
    return _key().private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())


@cache
def _signing_key() -> ec.EllipticCurvePrivateKey:
    # Signs ten times as fast as RSA, and nobody here verifies.
    return ec.generate_private_key(ec.SECP256R1())


def _signed(name: str, *, is_authority: bool) -> bytes:
    constraints = x509.BasicConstraints(ca=is_authority, path_length=None)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(_key().public_key())
        .serial_number(1)
        .not_valid_before(_START)
        .not_valid_after(_END)
        .add_extension(constraints, critical=True)
        .sign(_signing_key(), hashes.SHA256())
        .public_bytes(Encoding.PEM)
    )


def _encoded(pem: bytes) -> str:
    return base64.b64encode(pem).decode()
