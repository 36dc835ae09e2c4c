"""Names and extensions of certificates, as far as Go reads them before it verifies anything."""

from collections.abc import Callable, Mapping
from typing import Final

from clusterimport.pki import der
from clusterimport.pki.der import Reader
from clusterimport.pki.errors import Malformed

KEY_USAGE: Final = bytes.fromhex("551d0f")
ALTERNATIVE_NAMES: Final = bytes.fromhex("551d11")
EXTENDED_KEY_USAGE: Final = bytes.fromhex("551d25")

TLS_USAGES: Final = 0b10101000
"""Bits of the key usage: digital signature, key encipherment, key agreement."""
_SERVER_USAGES: Final = frozenset((bytes.fromhex("2b06010505070301"), bytes.fromhex("551d2500")))
"""Authentication of a server, and any usage."""

_ADDRESS_BYTES: Final = (4, 16)
_RANGE_BYTES: Final = (8, 32)
_MAPPED: Final = bytes(10) + b"\xff\xff"
"""How an IPv6 address begins that stands for one of IPv4."""
_PRINTABLE: Final = frozenset(
    b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'()+,-./ :=?*&"
)
_NUMERIC: Final = frozenset(b"0123456789 ")


def read_name(name: Reader) -> None:
    """Read an issuer or subject; raises Malformed."""
    while not name.is_empty:
        part = name.inside(der.SET)
        while not part.is_empty:
            attribute = part.inside(der.SEQUENCE)
            attribute.identifier()
            _read_value(attribute)


def read_extensions(found: Reader) -> Mapping[bytes, bytes]:
    """Return the values of extensions, each of which has to be in order; raises Malformed."""
    values: dict[bytes, bytes] = {}
    while not found.is_empty:
        extension = found.inside(der.SEQUENCE)
        name = extension.identifier()
        is_critical = extension.comes(der.BOOLEAN) and extension.boolean()
        value = extension.content(der.OCTET_STRING)
        if name in values or (is_critical and name in _NEVER_CRITICAL):
            raise Malformed
        values[name] = value
    # Go looks into them when all of them are there; the outcome is the same.
    for name, value in values.items():
        check = _CHECKS.get(name)
        if check is not None:
            check(Reader(value))
    return values


def _read_value(attribute: Reader) -> None:
    """Read the value of an attribute, whose type it says itself."""
    element = attribute.any()
    again = attribute.reopened(element)
    match element.tag:
        case der.INTEGER:
            if again.integer().bit_length() > 63:
                raise Malformed
        case der.BIT_STRING:
            again.bits()
        case der.IDENTIFIER:
            again.identifier()
        case der.UTC_TIME | der.GENERALIZED_TIME:
            again.time()
        case der.BOOLEAN:
            again.boolean()
        case _:
            check = _STRINGS.get(element.tag)
            if check is not None and not check(again.content(element.tag)):
                raise Malformed


def _is_utf8(text: bytes) -> bool:
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True


def _is_bmp(text: bytes) -> bool:
    if len(text) % 2:
        return False
    points = [int.from_bytes(text[at : at + 2]) for at in range(0, len(text), 2)]
    return not any(
        point >= 0xFFFE or 0xFDD0 <= point <= 0xFDEF or 0xD800 <= point <= 0xDFFF
        for point in points
    )


_STRINGS: Final[Mapping[int, Callable[[bytes], bool]]] = {
    der.PRINTABLE_STRING: _PRINTABLE.issuperset,
    der.UTF8_STRING: _is_utf8,
    der.BMP_STRING: _is_bmp,
    der.IA5_STRING: bytes.isascii,
    der.NUMERIC_STRING: _NUMERIC.issuperset,
}


def _key_usage(value: Reader) -> None:
    value.bits()


def _basic_constraints(value: Reader) -> None:
    content = value.inside(der.SEQUENCE)
    if content.comes(der.BOOLEAN):
        content.boolean()
    if content.comes(der.INTEGER) and not 0 <= content.integer() < 1 << 63:
        raise Malformed


def _alternative_names(value: Reader) -> None:
    names = value.inside(der.SEQUENCE)
    while not names.is_empty:
        element = names.any()
        again = names.reopened(element)
        content = again.content(element.tag)
        match element.tag ^ der.CONTEXT:
            case 1 | 2 | 6 if not content.isascii():
                raise Malformed
            case 6 if min(content, default=0x20) < 0x20:
                raise Malformed
            case 7 if len(content) not in _ADDRESS_BYTES or content.startswith(_MAPPED):
                raise Malformed


def _key_identifier(value: Reader) -> None:
    content = value.inside(der.SEQUENCE)
    if content.comes(der.CONTEXT):
        content.of(der.CONTEXT)


def _extended_key_usage(value: Reader) -> None:
    usages = value.inside(der.SEQUENCE)
    while not usages.is_empty:
        usages.identifier()


def allows_server(value: Reader) -> bool:
    """Whether an extended key usage that is in order allows to be a server."""
    usages = value.inside(der.SEQUENCE)
    while not usages.is_empty:
        if usages.identifier() in _SERVER_USAGES:
            return True
    return False


def _subject_identifier(value: Reader) -> None:
    value.of(der.OCTET_STRING)


def _policies(value: Reader) -> None:
    content = value.inside(der.SEQUENCE)
    seen: set[bytes] = set()
    while not content.is_empty:
        policy = content.inside(der.SEQUENCE).content(der.IDENTIFIER)
        if policy in seen or not policy or policy[-1] & 0x80:
            raise Malformed
        seen.add(policy)


def _name_constraints(value: Reader) -> None:
    content = value.inside(der.SEQUENCE)
    if not value.is_empty:
        raise Malformed
    tags = (der.CONSTRUCTED, der.CONSTRUCTED + 1)
    trees = [content.inside(tag) for tag in tags if content.comes(tag)]
    if not content.is_empty or all(tree.is_empty for tree in trees):
        raise Malformed
    for tree in trees:
        while not tree.is_empty:
            _constraint(tree.inside(der.SEQUENCE))


def _constraint(tree: Reader) -> None:
    element = tree.any()
    content = tree.reopened(element).content(element.tag)
    match element.tag ^ der.CONTEXT:
        case 1 | 2 | 6 if not content.isascii():
            raise Malformed
        case 7 if len(content) not in _RANGE_BYTES or not _is_mask(content[len(content) // 2 :]):
            raise Malformed


def _is_mask(mask: bytes) -> bool:
    """Whether no bit is set behind one that is not."""
    inverted = int.from_bytes(mask) ^ ((1 << len(mask) * 8) - 1)
    return inverted & (inverted + 1) == 0


def _access(value: Reader) -> None:
    content = value.inside(der.SEQUENCE)
    while not content.is_empty:
        access = content.inside(der.SEQUENCE)
        access.identifier()
        if access.comes(der.CONTEXT + 6):
            access.of(der.CONTEXT + 6)


def _points(value: Reader) -> None:
    content = value.inside(der.SEQUENCE)
    while not content.is_empty:
        point = content.inside(der.SEQUENCE)
        if point.comes(der.CONSTRUCTED):
            names = point.inside(der.CONSTRUCTED).inside(der.CONSTRUCTED)
            while names.comes(der.CONTEXT + 6):
                names.of(der.CONTEXT + 6)


def _sequences(value: Reader) -> None:
    content = value.inside(der.SEQUENCE)
    while not content.is_empty:
        content.of(der.SEQUENCE)


_AUTHORITY_IDENTIFIER: Final = bytes.fromhex("551d23")
_SUBJECT_IDENTIFIER: Final = bytes.fromhex("551d0e")
_ACCESS: Final = bytes.fromhex("2b06010505070101")
_NEVER_CRITICAL: Final = frozenset((_AUTHORITY_IDENTIFIER, _SUBJECT_IDENTIFIER, _ACCESS))
_CHECKS: Final[Mapping[bytes, Callable[[Reader], None]]] = {
    KEY_USAGE: _key_usage,
    bytes.fromhex("551d13"): _basic_constraints,
    ALTERNATIVE_NAMES: _alternative_names,
    bytes.fromhex("551d1e"): _name_constraints,
    bytes.fromhex("551d1f"): _points,  # at which revocations are listed
    _AUTHORITY_IDENTIFIER: _key_identifier,
    EXTENDED_KEY_USAGE: _extended_key_usage,
    _SUBJECT_IDENTIFIER: _subject_identifier,
    bytes.fromhex("551d20"): _policies,
    bytes.fromhex("551d21"): _sequences,  # mappings of policies
    _ACCESS: _access,
}
