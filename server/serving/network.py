"""The address at which others in its network find this machine."""

import socket

from server.net.addresses import parse_address

_ANYWHERE = [(socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1")]
"""Addresses that nobody has (RFC 5737, RFC 3849): the way there is the way out of this machine."""


def listens_everywhere(host: str) -> bool:
    """True if `host`, as in the settings, is all addresses of this machine."""
    address = parse_address(host)
    return address is not None and address.is_unspecified


def own_address() -> str | None:
    """This machine's address on the network that leads out of it, as a URL has it; None without a network.

    Nothing is sent: a datagram socket only looks up which way it would send.
    """
    for family, anywhere in _ANYWHERE:
        try:
            with socket.socket(family, socket.SOCK_DGRAM) as way:
                way.connect((anywhere, 9))
                found: str = way.getsockname()[0]
        except OSError:
            continue
        address = parse_address(found)
        if address and not address.is_loopback and not address.is_unspecified:
            return f"[{found}]" if family == socket.AF_INET6 else found
    return None
