"""Certificates, keys and tokens in every state that people and programs leave them in.

Each case is a set of ``ca``, ``certificate``, ``key`` and ``token``; what client-go makes of it is
compared with our judgement, and with the number of certificates that we would trust.
"""

import base64
import random
from collections.abc import Iterator, Mapping
from typing import Final

from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
)

from clusterimport import pki
from tests.golden.kubeconfigs.certificates import certificate, key_forms, pem, private_key

Case = Mapping[str, bytes]


def ours(case: Case) -> tuple[bool, int]:
    """Return whether a case is unusable to us, and how many authorities we would trust."""
    count = sum(1 for _ in pki.read_authorities(case.get("ca", b"")))
    try:
        if "ca" in case:
            pki.check_authorities(case["ca"])
        if "key" in case:
            pki.read_pair(case["certificate"], case["key"])
    except pki.Unusable:
        return True, count
    return False, count


def cases() -> Iterator[tuple[str, Case]]:
    """Yield what people and programs make of certificates, keys and tokens, each by its name."""
    ca = certificate("p256", is_rich=True)
    one = pem("CERTIFICATE", ca)
    broken = pem("CERTIFICATE", ca[:-7])
    yield from _bundles(ca, one, broken)
    yield from _pairs()
    for name, token in {
        "plain": b"abc",
        "line break": b"abc\n",
        "carriage return": b"abc\r\n",
        "blank behind": b"abc ",
        "control": b"a\x07b",
    }.items():
        yield f"token, {name}", {"token": token}


def _bundles(ca: bytes, one: bytes, broken: bytes) -> Iterator[tuple[str, Case]]:
    other = pem("CERTIFICATE", certificate("rsa"))
    text = one.decode()
    for name, bundle in {
        "one": one,
        "two": one + other,
        "a bad one first": broken + one,
        "a bad one in the middle": one + broken + other,
        "a bad one last": one + broken,
        "bad base64 first": pem("CERTIFICATE", ca).replace(b"M", b"*", 1) + other,
        "nothing but bad ones": broken + broken,
        "a key between": one + pem("PRIVATE KEY", b"x") + other,
        "text around": b"# mine\n" + one + b"more\n" + other + b"end",
        "a byte order mark": b"\xef\xbb\xbf" + one,
        "a byte order mark, and another one": b"\xef\xbb\xbf" + one + other,
        "X509 CERTIFICATE": pem("X509 CERTIFICATE", ca),
        "TRUSTED CERTIFICATE": pem("TRUSTED CERTIFICATE", ca),
        "lower case": pem("certificate", ca),
        "headers": pem("CERTIFICATE", ca, headers="a: b\n\n"),
        "headers, and another one": pem("CERTIFICATE", ca, headers="a: b\n\n") + other,
        "DER": ca,
        "encoded twice": base64.b64encode(one),
        "in one line": text.replace("\n", "").encode(),
        "with \\n for line breaks": text.replace("\n", "\\n").encode(),
        "with carriage returns": text.replace("\n", "\r\n").encode(),
        "with carriage returns alone": text.replace("\n", "\r").encode(),
        "indented": text.replace("\n", "\n  ").encode(),
        "indented from the first line on": ("  " + text.replace("\n", "\n  ")).encode(),
        "blanks at the ends of lines": text.replace("\n", " \n").encode(),
        "no end": one[: one.index(b"-----END")],
        "end of another": one.replace(b"END CERTIFICATE", b"END KEY"),
        "two beginnings": b"-----BEGIN CERTIFICATE-----\n" + one,
        "text before the beginning": b"ca: " + one,
        "no last line break": one.rstrip(b"\n"),
        "without a break between two": one.rstrip(b"\n") + other,
        "DATA+OMITTED": base64.b64decode("DATA+OMITTED"),
        "error text": b"illegal base64 data at input byte 6",
        "trailing bytes": pem("CERTIFICATE", ca + b"\0"),
        "1024 bits": pem("CERTIFICATE", certificate("rsa-1024")),
        "a curve of nobody": pem("CERTIFICATE", certificate("k256")),
        "P-224": pem("CERTIFICATE", certificate("p224")),
        "Ed448": pem("CERTIFICATE", certificate("ed448")),
        "DSA": pem("CERTIFICATE", certificate("dsa")),
        "a negative number": pem("CERTIFICATE", ca.replace(b"\x02\x01\x11", b"\x02\x01\x91", 1)),
        "another algorithm inside": pem(
            "CERTIFICATE",
            ca.replace(b"\x2a\x86\x48\xce\x3d\x04\x03\x02", b"\x2a\x86\x48\xce\x3d\x04\x03\x03", 1),
        ),
    }.items():
        yield f"CA, {name}", {"ca": bundle}


def _pairs() -> Iterator[tuple[str, Case]]:
    for kind in ("rsa", "rsa-1024", "p224", "p256", "p384", "p521", "ed25519", "k256", "ed448"):
        chain = pem("CERTIFICATE", certificate(kind))
        for form, data in key_forms(kind).items():
            for label in ("PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY", "ANY PRIVATE KEY"):
                case = {"certificate": chain, "key": pem(label, data)}
                yield f"{kind}, {form} labelled {label}", case
    rsa_pem = pem("CERTIFICATE", certificate("rsa"))
    key = key_forms("rsa")["RSA PRIVATE KEY"]
    good = pem("RSA PRIVATE KEY", key)
    encrypted = private_key("rsa").private_bytes(  # type: ignore[attr-defined]
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"x")
    )
    for name, text in {
        "of another certificate": pem("EC PRIVATE KEY", key_forms("p256")["EC PRIVATE KEY"]),
        "cut off": good[: len(good) // 2],
        "cut off inside": pem("RSA PRIVATE KEY", key[:-9]),
        "encrypted": encrypted,
        "a label in lower case": pem("private key", key),
        "a label without a space": pem("XPRIVATE KEY", key),
        "a certificate": rsa_pem,
        "behind a certificate": rsa_pem + good,
        "behind parameters": pem("EC PARAMETERS", b"x") + good,
        "behind another key": pem("PRIVATE KEY", b"x") + good,
        "with headers": pem("RSA PRIVATE KEY", key, headers="a: b\n\n"),
        "DATA+OMITTED": base64.b64decode("DATA+OMITTED"),
        "encoded twice": base64.b64encode(good),
    }.items():
        yield f"key, {name}", {"certificate": rsa_pem, "key": text}
    leaf = certificate("rsa")
    for name, text in {
        "a bad one behind": rsa_pem + pem("CERTIFICATE", leaf[:-9]),
        "a bad one first": pem("CERTIFICATE", leaf[:-9]) + rsa_pem,
        "the key first": good + rsa_pem,
        "with headers": pem("CERTIFICATE", leaf, headers="a: b\n\n"),
        "X509 CERTIFICATE": pem("X509 CERTIFICATE", leaf),
        "another first": pem("CERTIFICATE", certificate("p256")) + rsa_pem,
        "a byte order mark": b"\xef\xbb\xbf" + rsa_pem,
    }.items():
        yield f"certificate, {name}", {"certificate": text, "key": good}


_SIGNS: Final = (
    b"\n", b"-", b"-----", b" ", b"\t", b"\r", b":", b"-----BEGIN CERTIFICATE-----\n",
    b"-----END CERTIFICATE-----\n", b"x: y\n", b"=", b"\xef\xbb\xbf", b"A", b"\0", b"\n\n",
)  # fmt: skip
_SHARE_DER: Final = 0.6
_SHARE_PAIRS: Final = 0.2
_SIMPLE: Final = ("rsa", "rsa-1024", "p224", "p256", "p384", "p521", "k256", "ed25519", "ed448")


def make(seed: str, number: int) -> Case:
    """Return a bundle or a pair, changed at a few places.

    Certificates are changed in their DER, but for those whose extensions have a grammar that only
    a verification looks at; keys in their PEM.
    """
    chance = random.Random(f"material {seed}:{number}")
    kind = chance.choice(_SIMPLE)
    if chance.random() < _SHARE_DER:
        return {"ca": pem("CERTIFICATE", _changed(chance, certificate(kind)))}
    if chance.random() < _SHARE_PAIRS:
        label, key = chance.choice(list(key_forms(kind).items()))
        one = pem("CERTIFICATE", certificate(kind))
        return {"certificate": one, "key": _changed_text(chance, pem(label, key))}
    kinds = [chance.choice(_SIMPLE) for _ in range(chance.randint(1, 3))]
    bundle = b"".join(
        pem("CERTIFICATE", certificate(each, is_rich=chance.random() < 1 / 2)) for each in kinds
    )
    return {"ca": _changed_text(chance, bundle)}


def _changed(chance: random.Random, data: bytes) -> bytes:
    changed = bytearray(data)
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        at = chance.randrange(min(len(changed), chance.choice((20, 200, 3000))) or 1)
        match chance.randrange(6):
            case 0:
                changed[at : at + 1] = bytes((chance.randrange(256),))
            case 1:
                changed[at : at + 1] = bytes(
                    b ^ 1 << chance.randrange(8) for b in changed[at : at + 1]
                )
            case 2:
                del changed[at : at + chance.choice((1, 2, 8))]
            case 3:
                changed.insert(at, chance.choice((0, 0x80, 0xFF, 0x30, 2, 5)))
            case 4:
                del changed[at + 1 :]
            case _:
                changed.append(0)
    return bytes(changed)


def _changed_text(chance: random.Random, text: bytes) -> bytes:
    changed = bytearray(text)
    for _ in range(chance.choice((1, 1, 2, 3))):
        at = chance.choice((0, len(changed), chance.randint(0, len(changed))))
        dashes = changed.find(b"-----", at)
        if chance.random() < 1 / 3 and dashes >= 0:
            at = dashes
        if chance.random() < 2 / 3:
            changed[at:at] = chance.choice(_SIGNS)
        else:
            del changed[at : at + chance.choice((1, 1, 5, 30))]
    return bytes(changed)
