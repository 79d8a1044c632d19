"""The only reader of the environment."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv6Address
from pathlib import Path
from socket import gethostname
from typing import TypeVar

from server import processors
from server.errors import BadSetting
from server.net.addresses import TrustedProxies, without_brackets
from server.net.origins import parse_host, parse_origins

T = TypeVar("T")

CONNECTIONS, MOST_CONNECTIONS, LEAST_CONNECTIONS = 10, 40, 3
"""Number of connections to Postgres where nobody has said: of a worker, and of all together at most; and the
smallest number with which a worker can do its work."""

_PATH = re.compile(r"/|(/[A-Za-z0-9._~-]+)+")
"""A path of characters that every proxy and browser leaves as they are (RFC 3986, section 2.3)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings of a server. Each field is the environment variable of its name in capitals."""

    host: str = "127.0.0.1"
    """An address or a name of this machine. `::` is all addresses, of IPv6 and IPv4; `0.0.0.0` those of IPv4.
    Of a name that has several it is the first, IPv4 before IPv6."""
    port: int = 8000
    """0 takes any that is free."""
    data_dir: Path = Path(".data")
    """Where what is started keeps its data: when DATABASE_URL or REDIS_URL is not there."""
    database_url: str | None = field(default=None, repr=False)
    """A Postgres of one's own; without it one is started."""
    database_connections: int = CONNECTIONS
    """Most connections to Postgres of all workers together. Each has the same share."""
    redis_url: str | None = field(default=None, repr=False)
    """A Redis, or what speaks its protocol; without it one is started."""
    server_name: str = field(default_factory=gethostname)
    """Recorded with each event, to tell who wrote it."""
    allowed_origins: frozenset[str] = frozenset()
    """Origins that may open a socket beside the server's own, separated by commas, as `https://host`; without
    a scheme both http and https."""
    forwarded_allow_ips: str | None = None
    """Proxies whose X-Forwarded headers are believed: addresses, networks and `*`, separated by commas."""
    root_path: str = ""
    """The path that a proxy has the pages at, as `/connect4`; empty for the root."""
    keep_alive: float = 75
    """The time that an idle HTTP connection is kept, in seconds: longer than a balancer in front keeps one,
    most of them 60, or a request would now and then meet a connection that is just being closed."""
    message_rate: float = 50
    """Messages that a socket may send a second in the long run; it may send twice as many at once."""
    max_sockets: int = 10_000
    """Most sockets that this server may have; another one is told to try again later."""
    sockets_per_address: int = 200
    """Most sockets from one address; a school may share one."""
    games_per_minute: int = 30
    computer_games_per_address: int = 3
    """Games that an address may create a minute, and at once."""
    lists_per_minute: int = 300
    """Lists that an address may ask for a minute, and at once."""
    players_per_minute: int = 30
    """Players that an address may become a minute, and at once: a class may begin together."""
    secrets_per_minute: int = 600
    """Requests with a player's secret from an address a minute, and at once, be it right or wrong."""
    handovers_per_minute: int = 20
    """Codes for another device that an address may ask for or try a minute, and at once."""
    backup_days: int | None = None
    """Longest time that backups of the database are kept, in days, which pages tell: a name that was
    forgotten can live on in them. None where nobody has said."""
    handshakes_per_minute: int = 600
    """Sockets that an address may open a minute, and at once: three times as many as it may have open."""
    limit_loopback: bool = False
    """True if limits hold for addresses of this machine too."""
    workers: int = 1
    """Number of processes that serve, on one address and as many processors. Where nobody has said, it is as
    many as the processors are for, and as DATABASE_CONNECTIONS are enough for."""
    listen_fd: int | None = None
    """A socket that listens already, by its number: what a worker is given instead of an address."""
    limits_fd: int | None = None
    """A connection to the process that counts for all workers, by its number."""
    metrics_file: Path | None = None
    """The file that a worker counts in, beside those of the other workers."""
    home_socket: Path | None = None
    """The socket at which a worker takes over the connections of games that are at home there, beside those
    of the other workers."""
    homes: int = 1
    """Number of workers of this machine, each the home of a share of the games."""

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> "Settings":
        """The settings in `environment`; an empty variable is one that is not there. Raises BadSetting."""

        def read(name: str, parse: Callable[[str], T], default: T, wanted: str, *, secret: bool = False) -> T:
            value = environment.get(name, "").strip()
            try:
                return parse(value) if value else default
            except ValueError:
                raise BadSetting(name, None if secret else value, wanted) from None

        default = cls()
        database_url = read("DATABASE_URL", _url, None, "a postgresql:// URL", secret=True)
        workers = read("WORKERS", _count, 0, "a number above 0")
        connections = read("DATABASE_CONNECTIONS", _count, 0, "a number above 0")
        workers, connections = _shared_out(workers, connections, with_databases=database_url is None)
        return cls(
            host=read("HOST", _host, default.host, "an address or a host name; the port is set by PORT"),
            port=read("PORT", _port, default.port, "a port, 0 to 65535"),
            data_dir=read("DATA_DIR", Path, default.data_dir, "a folder").absolute(),
            database_url=database_url,
            database_connections=connections,
            redis_url=read("REDIS_URL", _url, None, "a redis:// URL", secret=True),
            server_name=read("SERVER_NAME", str, default.server_name, "a name"),
            allowed_origins=read(
                "ALLOWED_ORIGINS",
                parse_origins,
                default.allowed_origins,
                "a list of origins such as https://game.example",
            ),
            forwarded_allow_ips=read(
                "FORWARDED_ALLOW_IPS",
                _proxies,
                None,
                "a list of addresses such as 10.0.0.1, networks such as 10.0.0.0/8, and *",
            ),
            root_path=read(
                "ROOT_PATH", _root_path, default.root_path, "a path such as /connect4, other than /api"
            ),
            keep_alive=read("KEEP_ALIVE", _positive, default.keep_alive, "a number above 0"),
            message_rate=read("MESSAGE_RATE", _positive, default.message_rate, "a number above 0"),
            max_sockets=read("MAX_SOCKETS", _count, default.max_sockets, "a number above 0"),
            sockets_per_address=read(
                "SOCKETS_PER_ADDRESS", _count, default.sockets_per_address, "a number above 0"
            ),
            computer_games_per_address=read(
                "COMPUTER_GAMES_PER_ADDRESS",
                _count,
                default.computer_games_per_address,
                "a number above 0",
            ),
            games_per_minute=read("GAMES_PER_MINUTE", _count, default.games_per_minute, "a number above 0"),
            lists_per_minute=read("LISTS_PER_MINUTE", _count, default.lists_per_minute, "a number above 0"),
            players_per_minute=read(
                "PLAYERS_PER_MINUTE", _count, default.players_per_minute, "a number above 0"
            ),
            secrets_per_minute=read(
                "SECRETS_PER_MINUTE", _count, default.secrets_per_minute, "a number above 0"
            ),
            handovers_per_minute=read(
                "HANDOVERS_PER_MINUTE", _count, default.handovers_per_minute, "a number above 0"
            ),
            backup_days=read("BACKUP_DAYS", _days, None, "a number of days, 0 or more"),
            handshakes_per_minute=read(
                "HANDSHAKES_PER_MINUTE", _count, default.handshakes_per_minute, "a number above 0"
            ),
            limit_loopback=read("LIMIT_LOOPBACK", _yes_or_no, default.limit_loopback, "0 or 1"),
            workers=workers,
            listen_fd=read("LISTEN_FD", int, None, "a number"),
            limits_fd=read("LIMITS_FD", int, None, "a number"),
            metrics_file=read("METRICS_FILE", Path, None, "a file"),
            home_socket=read("HOME_SOCKET", Path, None, "a file"),
            homes=read("HOMES", _count, default.homes, "a number above 0"),
        )


def _shared_out(workers: int, connections: int, *, with_databases: bool) -> tuple[int, int]:
    """The numbers of workers and of connections to Postgres; either is 0 where nobody has said.

    Raises BadSetting where the connections are too few.
    """
    if connections and connections < (least := LEAST_CONNECTIONS * max(1, workers)):
        wanted = f"enough: {max(1, workers)} workers have {least} at least"
        raise BadSetting("DATABASE_CONNECTIONS", str(connections), wanted)
    if not workers:
        workers = processors.workers(processors.usable(), with_databases=with_databases)
        workers = min(workers, (connections or MOST_CONNECTIONS) // LEAST_CONNECTIONS)
    return workers, connections or min(
        CONNECTIONS * workers, max(MOST_CONNECTIONS, LEAST_CONNECTIONS * workers)
    )


def _port(value: str) -> int:
    if not 0 <= (port := int(value)) <= 65535:
        raise ValueError
    return port


def _positive(value: str) -> float:
    if not (number := float(value)) > 0:
        raise ValueError
    return number


def _count(value: str) -> int:
    if (number := int(value)) < 1:
        raise ValueError
    return number


def _days(value: str) -> int:
    if (number := int(value)) < 0:
        raise ValueError
    return number


def _yes_or_no(value: str) -> bool:
    if value not in ("0", "1"):
        raise ValueError
    return value == "1"


def _host(value: str) -> str:
    """An address, an IPv6 one in brackets or without, or a name."""
    host = without_brackets(value)
    if ":" in host:
        IPv6Address(host)
        return host
    return parse_host(host)[0]


def _proxies(value: str) -> str:
    TrustedProxies.parse(value)
    return value


def _root_path(value: str) -> str:
    path = "/" + value.strip("/")
    if not _PATH.fullmatch(path) or {".", ".."} & set(path.split("/")) or path == "/api":
        raise ValueError  # below /api the path of a game's page could be that of its state
    return path.rstrip("/")


def _url(value: str) -> str:
    if "://" not in value:
        raise ValueError
    return value
