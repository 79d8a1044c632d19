"""The only reader of the environment."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from socket import gethostname
from typing import TypeVar

from server.errors import BadSetting

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How a server is to run. Each field is the environment variable of its name in capitals."""

    host: str = "127.0.0.1"
    port: int = 8000
    """0 takes any that is free."""
    data_dir: Path = Path(".data")
    """Where what is started keeps its data: when DATABASE_URL or REDIS_URL is not there."""
    database_url: str | None = field(default=None, repr=False)
    """A Postgres of one's own; without it one is started."""
    database_connections: int = 8
    """Most connections to Postgres that this process has."""
    redis_url: str | None = field(default=None, repr=False)
    """A Redis, or what speaks its protocol; without it one is started."""
    server_name: str = field(default_factory=gethostname)
    """Recorded with each event, to tell who wrote it."""
    allowed_origins: frozenset[str] = frozenset()
    """Origins that may open a socket beside the server's own, as `https://host`, separated by commas."""
    forwarded_allow_ips: str | None = None
    """Proxies whose X-Forwarded headers are believed, separated by commas; none without it."""
    message_rate: float = 50
    """How many messages a second a socket may send in the long run; it may send twice as many at once."""
    max_sockets: int = 10_000
    """How many sockets this server may have; one more is told to try again later."""
    sockets_per_address: int = 200
    """How many of them may be from one address: a school may share one."""
    games_per_minute: int = 30
    """How many games an address may create a minute, and at once."""
    limit_loopback: bool = False
    """Whether limits hold for addresses of this machine too."""
    workers: int = 1
    """How many processes serve, on one address and as many processors."""
    listen_fd: int | None = None
    """A socket that listens already, by its number: what a worker is given instead of an address."""
    prometheus_multiproc_dir: Path | None = None
    """Where the workers of one address count together; the Prometheus client's own variable."""

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
        return cls(
            host=read("HOST", str, default.host, "an address"),
            port=read("PORT", _port, default.port, "a port, 0 to 65535"),
            data_dir=read("DATA_DIR", Path, default.data_dir, "a folder").absolute(),
            database_url=read("DATABASE_URL", _url, None, "a postgresql:// URL", secret=True),
            database_connections=read(
                "DATABASE_CONNECTIONS", _count, default.database_connections, "a number above 0"
            ),
            redis_url=read("REDIS_URL", _url, None, "a redis:// URL", secret=True),
            server_name=read("SERVER_NAME", str, default.server_name, "a name"),
            allowed_origins=read("ALLOWED_ORIGINS", _set, default.allowed_origins, "a list of origins"),
            forwarded_allow_ips=read("FORWARDED_ALLOW_IPS", str, None, "a list of addresses"),
            message_rate=read("MESSAGE_RATE", _positive, default.message_rate, "a number above 0"),
            max_sockets=read("MAX_SOCKETS", _count, default.max_sockets, "a number above 0"),
            sockets_per_address=read(
                "SOCKETS_PER_ADDRESS", _count, default.sockets_per_address, "a number above 0"
            ),
            games_per_minute=read("GAMES_PER_MINUTE", _count, default.games_per_minute, "a number above 0"),
            limit_loopback=read("LIMIT_LOOPBACK", _yes_or_no, default.limit_loopback, "0 or 1"),
            workers=read("WORKERS", _count, default.workers, "a number above 0"),
            listen_fd=read("LISTEN_FD", int, None, "a number"),
            prometheus_multiproc_dir=read("PROMETHEUS_MULTIPROC_DIR", Path, None, "a folder"),
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


def _yes_or_no(value: str) -> bool:
    if value not in ("0", "1"):
        raise ValueError
    return value == "1"


def _set(value: str) -> frozenset[str]:
    return frozenset(item.strip().rstrip("/") for item in value.split(",") if item.strip())


def _url(value: str) -> str:
    if "://" not in value:
        raise ValueError
    return value
