"""The address of a Redis as hosts give it: every option of redis-py works or is passed over."""

import itertools
import ssl
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn
from urllib.parse import unquote

from redis.asyncio.connection import (
    URL_QUERY_ARGUMENT_PARSERS,
    AbstractConnection,
    Connection,
    SSLConnection,
    UnixDomainSocketConnection,
)
from redis.exceptions import RedisError

from server.errors import BadAddress
from server.url import Url, names, split

NAME = "REDIS_URL"

_FORM = "is not of the form redis://user:password@host:port/number or unix:///path?options"
_PLAIN, _TLS, _UNIX = (
    names("redis valkey"),
    names("rediss valkeys"),
    names("unix redis-socket redis+socket valkey-socket"),
)
_OF_TLS = names(
    "ssl_ca_certs ssl_ca_data ssl_ca_path ssl_cert_reqs ssl_certfile ssl_check_hostname ssl_ciphers"
    " ssl_exclude_verify_flags ssl_include_verify_flags ssl_keyfile ssl_min_version ssl_password"
)
_YES = names("1 true yes on required")
_USED = names("client_name db password ssl username") | _OF_TLS
"""Options that have an effect here; those of TLS with a scheme that means TLS."""
_PASSED_OVER = (
    frozenset(URL_QUERY_ARGUMENT_PARSERS)
    | names(
        "decode_responses driver_info encoding encoding_errors family lib_name lib_version name"
        " retry_on_error socket_keepalive_options socket_type ssl_validate_ocsp ssl_validate_ocsp_stapled"
        " virtual_host visibility_timeout"
    )
) - _USED
OPTIONS = _USED | _PASSED_OVER

Connect = Callable[[], AbstractConnection]
"""Makes a connection that is yet to be opened."""
Place = tuple[str, int]
"""The host and the port of a Redis."""


class Address:
    """Makes connections that are yet to be opened, to the Redis of a URL: called again, to the next of
    `places`. There are several of these only in a cluster, and none with the path of a socket."""

    def __init__(
        self, type: type[AbstractConnection], arguments: Mapping[str, Any], places: Sequence[Place] = ()
    ) -> None:
        self._type, self._arguments = type, arguments
        self.places = places
        self._next = itertools.cycle(places or [None])

    def __call__(self) -> AbstractConnection:
        place = next(self._next)
        return self.at(place)() if place else self._type(**self._arguments)

    def at(self, place: Place) -> Connect:
        """Makes connections as the URL has them, to another node of its cluster."""
        host, port = place
        over_tcp: type[Any] = Connection if self._type is UnixDomainSocketConnection else self._type
        arguments = {name: value for name, value in self._arguments.items() if name != "path"}
        return lambda: over_tcp(**arguments, host=host, port=port)


def parse(text: str, timeout: float) -> Address:
    """The Redis at the URL `text`, whose connections give up after `timeout` seconds. Raises BadAddress."""
    url = split(_without_user(text), OPTIONS)
    if url is None:
        _refuse(_FORM)
    if url.options.keys() - OPTIONS:
        _refuse("has an option that is not known")
    arguments: dict[str, Any] = {
        "username": url.options.get("username", url.user),
        "password": url.options.get("password", url.password),
        "client_name": url.options.get("client_name"),
        "db": _database(url),
        "protocol": 2,
        "socket_timeout": timeout,
        "socket_connect_timeout": timeout,
    }
    if url.scheme in _UNIX:
        if url.hosts or not url.path:
            _refuse(_FORM)
        return Address(UnixDomainSocketConnection, {**arguments, "path": f"/{url.path}"})
    places = [_place(host) for host in url.hosts.split(",")]
    if url.scheme in _TLS or (url.scheme in _PLAIN and url.options.get("ssl", "").lower() in _YES):
        return Address(SSLConnection, arguments | _tls(url.options), places)
    if url.scheme in _PLAIN:
        return Address(Connection, arguments, places)
    _refuse(_FORM)


def _without_user(text: str) -> str:
    """`text`, where it begins with the path of a socket: there an `@` is part of it."""
    scheme, separator, rest = text.partition("://")
    return scheme + separator + rest.replace("@", "%40") if rest.startswith("/") else text


def _database(url: Url) -> int:
    database = url.options.get("db", "" if url.scheme in _UNIX else url.path.strip("/")) or "0"
    if not (database.isascii() and database.isdigit()):
        _refuse("has a database that is no number")
    return int(database)


def _place(text: str) -> Place:
    host, separator, port = text.rpartition(":")
    if not separator or text.endswith("]"):
        host, port = text, ""
    if port and not (len(port) <= 5 and 1 <= int(port) <= 65535):
        _refuse("has a port that is no number from 1 to 65535")
    host = unquote(host.strip("[]")) or "localhost"
    try:
        host.encode("idna")
    except UnicodeError:
        _refuse("has a host that is no name")
    return host, int(port or 6379)


def _tls(options: Mapping[str, str]) -> dict[str, Any]:
    """The arguments that have to do with TLS, tried out."""
    arguments: dict[str, Any] = {}
    try:
        for name in sorted(options.keys() & _OF_TLS):
            read = URL_QUERY_ARGUMENT_PARSERS.get(name, str)
            arguments[name] = read(options[name])
        if requirement := arguments.get("ssl_cert_reqs"):
            arguments["ssl_cert_reqs"] = requirement.lower().removeprefix("cert_")
        SSLConnection(**arguments).ssl_context.get()
    except (TypeError, ValueError, OSError, RedisError) as error:
        reason = (
            error.strerror if isinstance(error, OSError) and not isinstance(error, ssl.SSLError) else None
        )
        _refuse("has an option of TLS that cannot be used" + (f": {reason}" if reason else ""))
    return arguments


def _refuse(fault: str) -> NoReturn:
    raise BadAddress(NAME, fault) from None
