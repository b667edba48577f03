"""Which addresses may be reached where somebody else says which: those of the public internet and no others.

`ipaddress` alone is no rule: `is_private` is False for shared addresses, NAT64 and multicast, and `is_global` is True
for NAT64 and multicast. So the ranges stand here, by the registries of special-purpose addresses:
https://www.iana.org/assignments/iana-ipv4-special-registry and https://www.iana.org/assignments/iana-ipv6-special-registry
"""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_CLOSED_V4: tuple[IPv4Network, ...] = tuple(
    IPv4Network(each)
    for each in (
        "0.0.0.0/8",  # this host
        "10.0.0.0/8",
        "100.64.0.0/10",  # shared, between a carrier and its customers; some clouds' metadata
        "127.0.0.0/8",
        "168.63.129.16/32",  # public by its number, but every Azure machine's own host
        "169.254.0.0/16",  # link-local, with the metadata of most clouds
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and the broadcast address
    )
)
# Whatever is not in here is not the internet: loopback, unique local, link-local, multicast, unspecified, discard.
_OPEN_V6 = IPv6Network("2000::/3")
_CLOSED_V6: tuple[IPv6Network, ...] = tuple(
    IPv6Network(each)
    for each in (
        "2001::/23",  # Teredo, benchmarks, ORCHID and other protocols' own
        "2001:db8::/32",
        "2002::/16",  # 6to4 leads to the IPv4 address in it, through whoever stands in between
        "3fff::/20",
    )
)
# Both lead to the IPv4 address in their last four bytes.
_MAPPED, _NAT64 = IPv6Network("::ffff:0:0/96"), IPv6Network("64:ff9b::/96")


def networks(texts: Sequence[str]) -> tuple[Network, ...]:
    """Raises ValueError where one is no network."""
    return tuple(ip_network(text.strip()) for text in texts)


def may_be_reached(text: str, allowed: Sequence[Network] = ()) -> bool:
    """Whether an address, as the resolver gives it, is public or in a network that the operator allows by name."""
    return is_allowed(text, allowed) or _is_public(_within(ip_address(text)))


def is_allowed(text: str, allowed: Sequence[Network]) -> bool:
    """Whether an address is in one of these networks."""
    address = ip_address(text)
    return any(each in network for each in (address, _within(address)) for network in allowed)


def _within(address: Address) -> Address:
    if isinstance(address, IPv6Address) and (address in _MAPPED or address in _NAT64):
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def _is_public(address: Address) -> bool:
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _CLOSED_V4)
    return address in _OPEN_V6 and not any(address in network for network in _CLOSED_V6)
