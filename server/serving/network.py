"""The address at which others in its network find this machine."""

import socket
from ipaddress import IPv4Address

from server.net.addresses import parse_address

_OUT = [(socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1")]
"""Addresses that nobody has (RFC 5737, RFC 3849): the way to them is the way out of this machine."""


def listens_everywhere(host: str) -> bool:
    """True if `host`, as in the settings, is all addresses of this machine."""
    address = parse_address(host)
    return address is not None and address.is_unspecified


def own_address(host: str) -> str | None:
    """This machine's address, as a URL has it, on the network that leads out of it, where a server reached
    there listens at all addresses that `host` is; None without a network.

    Nothing is sent: a datagram socket only looks up which way it would send.
    """
    for family, out in _OUT[:1] if isinstance(parse_address(host), IPv4Address) else _OUT:
        try:
            with socket.socket(family, socket.SOCK_DGRAM) as way:
                way.connect((out, 9))
                address = parse_address(way.getsockname()[0])
        except OSError:
            continue
        if address and not address.is_loopback and not address.is_unspecified:
            return f"[{address}]" if family == socket.AF_INET6 else str(address)
    return None
