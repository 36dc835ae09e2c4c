"""Addresses of API servers by chance, and whether client-go asks where a probe would."""

import json
import random
from collections.abc import Iterator, Sequence
from typing import Final
from urllib.parse import urlsplit

from clusterimport.engine.addresses import complete_address, inspect_address, normalize_address
from clusterimport.model.connection import Connection
from clusterimport.probing.target import ProbeTarget
from tests.golden.kubeconfigs.loading import Answer, Loader
from tests.golden.kubeconfigs.verdicts import asked_of

_SCHEMES: Final = ("https://",) * 8 + ("HTTPS://", "Https://", "http://", "https:/", "", "//")
_AUTHORITIES: Final = (
    "h", "a.b.c", "A.b-c", "a_b", "a.", "192.0.2.1", "[2001:db8::1]", "[::ffff:192.0.2.1]",
    "h:6443", "192.0.2.1:6443", "[2001:db8::1]:443", "h:06443", "h:0", "h:", "h:65536", "u@h",
    "u:p@h", "h%41", "[fe80::1%25eth0]", "[fe80::1%eth0]", "0x7f.1", "127.1", "é",
    "xn--bcher-kva.example", "", "h h", "[a]", "2001:db8::1", "h\\x", "h\t", "%68", "h;x", "h,i",
    "a..b", "-a", "a-", "127.0.0.1.",
)  # fmt: skip
_PIECES: Final = (
    "/", "/", "/", "//", "/.", "/..", "/a", "/k8s/clusters/c-1", "a", "#", "#", "?", "?", "%41",
    "%2f", "%2F", "%2e%2e", "%23", "%3f", "%25", "%zz", "%", "%4", "%00", "%C3%A9", "%ff", "é",
    "😀", "!", "'", "(", ")", "*", "$", "&", "+", ",", ";", "=", ":", "@", "~", "_", "-", ".", "[",
    "]", "|", "^", "`", "{", "}", "<", '"', "\\", " ", "\n", "\u200b", "\x7f", "x=y",
)  # fmt: skip
_MOST_PIECES: Final = 7


def make(seed: str, number: int) -> str:
    """Return an address; it depends on seed and number alone."""
    chance = random.Random(f"address {seed}:{number}")
    pieces = [chance.choice(_PIECES) for _ in range(chance.randint(0, _MOST_PIECES))]
    authority = chance.choice(_AUTHORITIES[:12] if chance.random() < 2 / 3 else _AUTHORITIES)
    return chance.choice(_SCHEMES) + authority + "".join(pieces)


def differences(loader: Loader, addresses: Sequence[str]) -> Iterator[str]:
    """Yield a line for each address that client-go refuses, or asks elsewhere, unlike a probe."""
    fine = [address for address in addresses if inspect_address(address) is None]
    for address, answer in zip(
        fine, loader.kubeconfigs([_kubeconfig(a) for a in fine]), strict=True
    ):
        yield from _difference("kubeconfig", address, answer, of_kubeconfig=True)
    fine = [a for a in map(complete_address, addresses) if inspect_address(a) is None]
    for address, answer in zip(fine, loader.addresses(fine), strict=True):
        yield from _difference("spec.apiserver", address, answer, of_kubeconfig=False)


def _difference(place: str, address: str, answer: Answer, *, of_kubeconfig: bool) -> Iterator[str]:
    ours = normalize_address(address, of_kubeconfig=of_kubeconfig)
    asked = asked_of(answer)
    if ours + "/readyz" != asked:
        yield f"{place} {address!r}: ours {ours!r}, client-go {answer}"
    elif ProbeTarget.of(Connection(ours)).path + "/readyz" != urlsplit(asked).path:
        yield f"{place} {address!r}: a probe asks another path than client-go, {asked!r}"


def _kubeconfig(address: str) -> bytes:
    body = {
        "clusters": [{"name": "c", "cluster": {"server": address}}],
        "users": [{"name": "u", "user": {"token": "t"}}],
        "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
        "current-context": "x",
    }
    return json.dumps(body, ensure_ascii=False).encode()
