"""Which addresses a probe may connect to.

An address comes from whoever may write a credential, and the answer's fate shows in a status: the
controller must not become their way to its own node or to a cloud's metadata service.
"""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network
from typing import Final

IPAddress = IPv4Address | IPv6Address
IPNetwork = IPv4Network | IPv6Network

DEFAULT_DENIED: Final[tuple[IPNetwork, ...]] = tuple(
    ip_network(network)
    for network in (
        "0.0.0.0/8",  # unspecified: Linux connects to itself
        "100.80.80.80/32",  # metadata of UCloud
        "100.96.0.96/32",  # metadata of Volcano Engine
        "100.100.100.200/32",  # metadata of Alibaba Cloud
        "127.0.0.0/8",  # loopback
        "168.63.129.16/32",  # Azure's wire server
        "169.254.0.0/16",  # link-local, and the metadata of nearly everyone
        "192.0.0.0/24",  # IETF's own; 192.0.0.192 is the metadata of Oracle Cloud
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
        "::/8",  # unspecified, loopback, and forms that embed an IPv4 address in unusual ways
        "100::/64",  # discard
        "2001::/32",  # Teredo: a tunnel whose end cannot be told from the address alone
        "fd00:42::42/128",  # metadata of Scaleway
        "fd00:c1::a9fe:a9fe/128",  # metadata of Oracle Cloud
        "fd00:100::100:200/128",  # metadata of Alibaba Cloud
        "fd00:a9fe:a9fe::1/128",  # metadata of Linode
        "fd00:ec2::/32",  # metadata, DNS and credentials of AWS
        "fd20:ce::254/128",  # metadata of Google Cloud
        "fe80::/10",  # link-local
        "fec0::/10",  # site-local, which nobody uses any more
        "ff00::/8",  # multicast
    )
)
"""Denied unless allowed by name: none of these is a Kubernetes API of somebody else's."""

_NAT64: Final = IPv6Network("64:ff9b::/96")
_LOW_BITS: Final = 0xFFFFFFFF
_METADATA: Final = int(IPv4Address("169.254.169.254"))


class AddressPolicy:
    """The rules of one installation.

    An explicit deny wins over an explicit allow, that over DEFAULT_DENIED, and what no rule names
    is allowed: the networks of a company, where its clusters are, are private ones.
    An IPv6 address that embeds an IPv4 one (mapped, 6to4, NAT64) is judged as the latter, except
    that an explicit deny of the address itself counts too.
    """

    __slots__ = ("_allow", "_deny")

    def __init__(self, *, allow: Sequence[IPNetwork] = (), deny: Sequence[IPNetwork] = ()) -> None:
        self._allow = tuple(allow)
        self._deny = tuple(deny)

    def is_denied(self, address: IPAddress) -> bool:
        """Whether no probe may connect to the address."""
        judged = _embedded(address) or address
        if _is_in(address, self._deny) or _is_in(judged, self._deny):
            return True
        if _is_in(judged, self._allow):
            return False
        # Clouds like to give their metadata service an IPv6 address that ends as the IPv4 one.
        return _is_in(judged, DEFAULT_DENIED) or int(judged) & _LOW_BITS == _METADATA


def _is_in(address: IPAddress, networks: Sequence[IPNetwork]) -> bool:
    return any(address in network for network in networks)


def _embedded(address: IPAddress) -> IPv4Address | None:
    if isinstance(address, IPv4Address):
        return None
    if address in _NAT64:
        return IPv4Address(int(address) & _LOW_BITS)
    return address.ipv4_mapped or address.sixtofour
