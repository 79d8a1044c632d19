"""The address of a Postgres as hosts give it: every option of libpq works or is passed over."""

import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple, NoReturn
from urllib.parse import unquote, urlencode

from server.errors import BadAddress
from server.store import libpq
from server.url import Url, split

NAME = "DATABASE_URL"

_FORM = "is not of the form postgresql://user:password@host:port/database?options"


class Host(NamedTuple):
    """One place to connect to. A `name` that begins with a slash is the folder of a Unix socket; None is left
    to asyncpg: PGHOST, a service, or the usual places."""

    name: str | None
    port: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """The parameters of a connection to a database."""

    hosts: tuple[Host, ...]
    arguments: Mapping[str, Any] = field(repr=False)
    """The other arguments of asyncpg.connect."""
    pooled: bool | None
    """True if a pooler such as pgbouncer gives each transaction another connection; None to find out."""
    passed_over: tuple[str, ...]
    """The names of options that have no effect here."""

    def named(self, used_for: str) -> "Address":
        """The same, for connections whose `application_name` says what they are used for."""
        settings = dict(self.arguments["server_settings"])
        settings["application_name"] = f"{settings['application_name']} {used_for}".strip()
        return replace(self, arguments={**self.arguments, "server_settings": settings})


def parse(text: str) -> Address:
    """The address in the URL `text`. Raises BadAddress."""
    url = split(text, libpq.OPTIONS)
    if url is None or url.scheme not in ("postgresql", "postgres"):
        _refuse(_FORM)
    options = dict(url.options)
    if mode := options.get("sslmode"):
        mode = mode.replace("_", "-")
        options["sslmode"] = "require" if mode == "no-verify" else mode
    if fault := libpq.fault(options):
        _refuse(fault)
    pooled = options.pop("pgbouncer", None)
    hosts = _hosts(url, options)
    arguments: dict[str, Any] = {
        "user": options.get("user", url.user),
        "password": options.get("password", url.password),
        "database": options.get("dbname", options.get("database", url.path)) or None,
        "passfile": options.get("passfile"),
        "service": options.get("service"),
        "server_settings": {"application_name": options.get("application_name", "connect4")},
        **_tls(options),
    }
    if "options" in options:
        arguments["server_settings"]["options"] = options["options"]
    return Address(
        hosts=hosts,
        arguments=arguments,
        pooled=None if pooled is None else pooled in libpq.YES,
        passed_over=tuple(sorted(options.keys() - libpq.USED)),
    )


def _hosts(url: Url, options: Mapping[str, str]) -> tuple[Host, ...]:
    """Where to connect. As in libpq, options win over what stands before the path."""
    names, ports = [], []
    for place in url.hosts.split(","):
        name, port = _place(place)
        names.append(unquote(name))
        ports.append(port)
    if given := options.get("host") or options.get("hostaddr"):
        places = [_place(place) for place in given.split(",")]
        names = [name for name, _ in places]
        ports = [port for _, port in places] if any(port for _, port in places) else ports
    if "port" in options:
        ports = options["port"].split(",")
    if len(ports) == 1:
        ports *= len(names)
    if len(ports) != len(names):
        _refuse("names another number of ports than of hosts")
    if len(names) > 1:
        names = [name or "localhost" for name in names]
    return tuple(Host(_name(name), _port(port)) for name, port in zip(names, ports, strict=True))


def _place(place: str) -> tuple[str, str]:
    """Host and port of `host`, `host:port`, `[IPv6]:port`, an IPv6 address alone, or a folder."""
    match = re.fullmatch(r"\[([^]]*)\](?::([0-9]*))?|([^/:][^:]*):([0-9]*)|:([0-9]+)", place)
    if match is None:
        return place, ""
    return match[1] or match[3] or "", match[2] or match[4] or match[5] or ""


def _name(name: str) -> str | None:
    if not name.startswith("/"):
        try:
            name.encode("idna")
        except UnicodeError:
            _refuse("has a host that is no name")
    return name or None


def _port(port: str) -> int | None:
    if not port:
        return None
    if not re.fullmatch("[0-9]{1,5}", port) or not 1 <= int(port) <= 65535:
        _refuse("has a port that is no number from 1 to 65535")
    return int(port)


def _tls(options: Mapping[str, str]) -> dict[str, Any]:
    """The arguments of asyncpg.connect that have to do with TLS: it takes most of them in a URL alone."""
    _check_files(options)
    mode = options.get("sslmode")
    if mode is None and (wanted := options.get("ssl")):
        mode = "require" if wanted in libpq.YES else None if wanted in libpq.NO else wanted
    direct = options.get("sslnegotiation") == "direct"
    if options.get("sslrootcert") == "system":  # as in libpq: what any browser trusts, for this very host
        context = ssl.create_default_context()
        context.set_alpn_protocols(["postgresql"])
        if "sslcert" in options:
            _load_certificate(context, options)
        return {"ssl": context, "direct_tls": direct}
    if direct and mode not in ("require", "verify-ca", "verify-full"):
        _refuse("has sslnegotiation=direct, which needs sslmode=require or stricter")
    tls = {name: value for name, value in options.items() if name.startswith("ssl") and name in libpq.USED}
    tls.pop("ssl", None)
    if mode:
        tls["sslmode"] = mode
    return {"dsn": "postgresql://?" + urlencode(tls)} if tls else {}


def _check_files(options: Mapping[str, str]) -> None:
    """Refuse files that cannot be read, or do not hold what they should."""
    for name in libpq.FILES:
        path = options.get(name)
        if path is None or (name, path) == ("sslrootcert", "system"):
            continue
        try:
            Path(path).open("rb").close()
            if name in ("sslrootcert", "sslcrl"):
                ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(path)
        except ssl.SSLError:
            _refuse(f"names a file in {name} that holds no certificate")
        except (OSError, ValueError) as error:
            _refuse(f"names a file in {name} that cannot be read: {getattr(error, 'strerror', 'no path')}")
    if "sslcert" in options and "sslkey" in options:
        _load_certificate(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), options)


def _load_certificate(context: ssl.SSLContext, options: Mapping[str, str]) -> None:
    """Have `context` show the certificate in `options`."""
    try:
        context.load_cert_chain(
            options["sslcert"], options.get("sslkey"), lambda: options.get("sslpassword", "")
        )
    except (ssl.SSLError, ValueError):
        _refuse("names files in sslcert and sslkey that do not belong together, or a wrong sslpassword")


def _refuse(fault: str) -> NoReturn:
    raise BadAddress(NAME, fault) from None
