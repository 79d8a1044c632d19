"""Client addresses: one text for each of them, and what counts as one client.

A socket that listens for IPv6 and IPv4 sees IPv4 clients at IPv4-mapped addresses (`::ffff:192.0.2.1`, RFC
4291, section 2.5.5.2). Those are IPv4 addresses everywhere. Addresses of translators and tunnels hold an IPv4
address too, but come from the network: they are counted as that address, and never trusted as it.
"""

from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

NAT64 = IPv6Network("64:ff9b::/96")
"""Where translators put the addresses of IPv4 clients (RFC 6052, section 2.1)."""
SUBSCRIBER = 64
"""Length of the IPv6 prefix that one subscriber's network has to itself, in bits (RFC 6177)."""
CACHE_SIZE = 1024
"""Cache size, in addresses: the same one is parsed several times a request."""
MAPPED = 96
"""Length of the prefix that IPv4-mapped addresses share, in bits."""


@lru_cache(maxsize=CACHE_SIZE)
def parse_address(text: str | None) -> Address | None:
    """The address that `text` names, an IPv4 one where it is IPv4-mapped; None where it names none."""
    try:
        address = ip_address(text or "")
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def without_brackets(text: str) -> str:
    """`text` without the brackets that an IPv6 address has in a URL."""
    return text[1:-1] if text.startswith("[") and text.endswith("]") else text


def canonical(text: str) -> str:
    """`text` as every other way to write the same address would be; unchanged where it is no address."""
    if ":" not in text:
        return text
    address = parse_address(text)
    return text if address is None else str(address)


@lru_cache(maxsize=CACHE_SIZE)
def is_local(text: str | None) -> bool:
    """True if a client is on this machine: at a loopback address, or at none (on a Unix socket)."""
    address = parse_address(text)
    return text is None or (address is not None and address.is_loopback)


def is_private(text: str | None) -> bool:
    """True if an address cannot be reached from the Internet, as those of most proxies cannot."""
    address = parse_address(text)
    return text is None or (address is not None and not address.is_global)


@lru_cache(maxsize=CACHE_SIZE)
def subscriber(text: str | None) -> str:
    """The key under which a client is counted, which all addresses of one subscriber share.

    That is an IPv4 address, or the /64 of an IPv6 one. The address of a translator or a tunnel counts as the
    IPv4 address in it: one /64 has all of IPv4 (NAT64) or all clients of a server (Teredo), and a site has
    65,536 of them (6to4). Link-local addresses are counted one by one, as all neighbours share a /64.
    """
    address = parse_address(text)
    if address is None:
        return text or ""
    if isinstance(address, IPv4Address) or address.is_link_local:
        return str(address)
    if address in NAT64:
        return str(IPv4Address(int(address) & 0xFFFF_FFFF))
    if embedded := address.sixtofour or (address.teredo and address.teredo[1]):
        return str(embedded)
    return str(IPv6Network((int(address), SUBSCRIBER), strict=False))


@dataclass(frozen=True, slots=True)
class TrustedProxies:
    """The proxies whose headers are believed: `networks`, or all there are."""

    networks: tuple[Network, ...] = ()
    all: bool = False

    @classmethod
    def parse(cls, text: str) -> "TrustedProxies":
        """Parse addresses, networks (CIDR) and `*`, separated by commas. Raises ValueError."""
        items = [item.strip() for item in text.split(",") if item.strip()]
        return cls(tuple(_network(item) for item in items if item != "*"), "*" in items)

    def __contains__(self, text: str | None) -> bool:
        if self.all:
            return True
        address = parse_address(text)
        return address is not None and any(address in network for network in self.networks)

    def client(self, forwarded_for: str) -> str | None:
        """The client that an X-Forwarded-For header names: the last address that is no trusted proxy.

        Each proxy adds the address that it heard at the end, so a client can invent what stands before that.
        Where all are trusted it is the first. With `*` it is the first that is not of this machine: otherwise
        any client could claim the exemption from limits. None where the client is said to be unknown.
        """
        items = [item for item in forwarded_for.split(",") if item.strip()]
        if self.all:
            named = map(_forwarded, items)
            return next((address for address in named if address and not is_local(address)), None)
        for item in reversed(items):
            address = _forwarded(item)
            if address not in self:
                return address
        return _forwarded(items[0]) if items else None


def _network(text: str) -> Network:
    network = ip_network(without_brackets(text), strict=False)
    if isinstance(network, IPv6Network) and network.prefixlen >= MAPPED:
        mapped = network.network_address.ipv4_mapped
        if mapped is not None:
            return IPv4Network((mapped, network.prefixlen - MAPPED))
    return network


def _forwarded(item: str) -> str | None:
    """The address in one item of X-Forwarded-For, which some proxies write with a port."""
    item = item.strip().strip('"')
    if item.startswith("["):
        item = item[1:].partition("]")[0]
    elif item.count(":") == 1:
        item = item.partition(":")[0]
    address = parse_address(item)
    return None if address is None else str(address)
