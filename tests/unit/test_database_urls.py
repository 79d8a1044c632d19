"""Addresses of databases, in the forms that hosts give them; none of their secrets is ever repeated."""

import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from redis.asyncio.connection import AbstractConnection, SSLConnection, UnixDomainSocketConnection

from server.delivery import address as redis_address
from server.errors import BadAddress
from server.store import address
from server.store.address import Host
from server.store.libpq import OPTIONS

# Postgres -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "hosts", "user", "password", "database"),
    [
        ("postgresql://u:p@h:5433/d", [("h", 5433)], "u", "p", "d"),
        ("postgres://u:p@h/d", [("h", None)], "u", "p", "d"),
        ("POSTGRES://u@h", [("h", None)], "u", None, None),
        ("postgresql://", [(None, None)], None, None, None),
        ("postgresql:///d", [(None, None)], None, None, "d"),
        ("postgresql://:5433/d", [(None, 5433)], None, None, "d"),
        ("postgresql://u:@h/d", [("h", None)], "u", None, "d"),
        ("postgresql://a:1,b:2,[::1]:3/d", [("a", 1), ("b", 2), ("::1", 3)], None, None, "d"),
        ("postgresql://a,b/d?port=1,2", [("a", 1), ("b", 2)], None, None, "d"),
        ("postgresql://a,/d", [("a", None), ("localhost", None)], None, None, "d"),
        ("postgresql://u:p@[2001:db8::1]:1/d", [("2001:db8::1", 1)], "u", "p", "d"),
        ("postgresql://%2Fvar%2Frun/d", [("/var/run", None)], None, None, "d"),
        ("postgresql://u@/d?host=/var/run", [("/var/run", None)], "u", None, "d"),
        ("postgresql://u:p@localhost/d?host=/cloudsql/a:b:c", [("/cloudsql/a:b:c", None)], "u", "p", "d"),
        ("postgresql://h:1/d?host=a,b&port=2", [("a", 2), ("b", 2)], None, None, "d"),
        ("postgresql:///d?host=::1", [("::1", None)], None, None, "d"),
        ("postgresql:///?host=h:7&dbname=d&user=u&password=p", [("h", 7)], "u", "p", "d"),
        ("postgresql://h/d?hostaddr=10.0.0.1", [("10.0.0.1", None)], None, None, "d"),
        ("postgresql://u%40x:p%2Fq@h/d%20e", [("h", None)], "u@x", "p/q", "d e"),
        ("postgresql://u:p@h/d?application_name=a@b", [("h", None)], "u", "p", "d"),
        ("postgresql://u:p@h/d?user=a@b", [("h", None)], "a@b", "p", "d"),
    ],
)
def test_a_postgres_url_is_taken_apart(
    url: str, hosts: list[tuple[Any, ...]], user: str, password: str, database: str
) -> None:
    parsed = address.parse(url)
    assert parsed.hosts == tuple(Host(*host) for host in hosts)
    arguments = parsed.arguments
    assert (arguments["user"], arguments["password"], arguments["database"]) == (user, password, database)


PASSWORDS = [
    "#",
    "/",
    "?",
    "@",
    "%",
    ":",
    "&",
    "=",
    "+",
    "p@h/d?a=b",
    "1/2",
    "%zz",
    "a:b@c:1/d#e",
    "[",
    "ü",
    '"',
]


@pytest.mark.parametrize("password", PASSWORDS)
@pytest.mark.parametrize("encoded", [False, True])
def test_a_password_may_hold_any_character(password: str, encoded: bool) -> None:
    written = quote(password, safe="") if encoded else password
    parsed = address.parse(f"postgresql://u:{written}@h:5433/d?sslmode=require")
    assert parsed.arguments["password"] == password
    assert parsed.hosts == (Host("h", 5433),)
    connection = redis_address.parse(f"rediss://u:{written}@h:6380/2?ssl_cert_reqs=none", 1.0)()
    assert attributes(connection, "username", "password", "host", "port", "db") == [
        "u",
        password,
        "h",
        6380,
        2,
    ]


def attributes(connection: AbstractConnection, *names: str) -> list[object]:
    return [getattr(connection, name) for name in names]


@pytest.mark.parametrize("option", sorted(OPTIONS))
def test_every_option_of_libpq_works_or_is_passed_over(option: str, tmp_path: Path) -> None:
    values = {
        "channel_binding": "require",
        "gssencmode": "disable",
        "load_balance_hosts": "random",
        "passfile": str(tmp_path / "file"),
        "pgbouncer": "true",
        "port": "5433",
        "ssl": "true",
        "ssl_max_protocol_version": "TLSv1.3",
        "ssl_min_protocol_version": "TLSv1.2",
        "sslcert": str(tmp_path / "file"),
        "sslcertmode": "allow",
        "sslcrl": None,
        "sslkey": str(tmp_path / "file"),
        "sslmode": "verify-full",
        "sslnegotiation": "postgres",
        "sslrootcert": "system",
        "target_session_attrs": "read-write",
    }
    (tmp_path / "file").touch()
    if value := values.get(option, "1"):
        address.parse(f"postgresql://h/d?{option}={quote(value, safe='')}")
    address.parse(f"postgresql://h/d?{option}=")


@pytest.mark.parametrize("mode", ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"])
def test_every_sslmode_is_passed_on(mode: str) -> None:
    assert address.parse(f"postgresql://h/d?sslmode={mode}").arguments["dsn"].endswith(f"sslmode={mode}")


def test_the_certificates_of_the_system_are_held_against_the_name_of_the_host() -> None:
    context = address.parse("postgresql://h/d?sslrootcert=system&sslmode=verify-full").arguments["ssl"]
    assert context.check_hostname
    assert context.verify_mode.name == "CERT_REQUIRED"


@pytest.mark.parametrize(
    ("option", "pooled"), [("", None), ("?pgbouncer=true", True), ("?pgbouncer=false", False)]
)
def test_a_pooler_may_be_named(option: str, pooled: bool | None) -> None:
    assert address.parse(f"postgresql://h/d{option}").pooled is pooled


def test_what_has_no_effect_can_be_named() -> None:
    url = "postgresql://h/d?keepalives_idle=30&channel_binding=require&sslmode=require&application_name=x"
    assert address.parse(url).passed_over == ("channel_binding", "keepalives_idle")


@pytest.mark.parametrize(
    ("rest", "fault"),
    [
        ("mysql://u:swordfish@h/d", "is not of the form"),
        ("postgresql:u:swordfish@h/d", "is not of the form"),
        ("postgresql://u:swordfish@h:http/d", "is not of the form"),
        ("postgresql://u:swordfish@h h/d", "is not of the form"),
        ("postgresql://u:swordfish%00@h/d", "is not of the form"),
        ("postgresql://u:swordfish\udc80@h/d", "is not of the form"),
        ("postgresql://u:swordfish@h:0/d", "has a port that is no number from 1 to 65535"),
        ("postgresql://u:swordfish@h:65536/d", "has a port that is no number from 1 to 65535"),
        ("postgresql://u:swordfish@h/d?port=swordfish", "has a port that is no number from 1 to 65535"),
        ("postgresql://u:swordfish@a,b/d?port=1,2,3", "names another number of ports than of hosts"),
        ("postgresql://u:swordfish@a..b/d", "has a host that is no name"),
        ("postgresql://u:swordfish@h/d?swordfish=1", "has an option that is not known"),
        ("postgresql://h/d?password=a&swordfish=b", "has an option that is not known"),
        ("postgresql://u:swordfish@h/d?sslmode=swordfish", "has a value of sslmode that is none of allow,"),
        (
            "postgresql://h/d?connect_timeout=swordfish",
            "has a value of connect_timeout that is no whole number",
        ),
        ("postgresql://h/d?target_session_attrs=swordfish", "has a value of target_session_attrs"),
        ("postgresql://h/d?sslnegotiation=direct", "has sslnegotiation=direct, which needs sslmode=require"),
        (
            "postgresql://h/d?sslrootcert=/swordfish",
            "names a file in sslrootcert that cannot be read: No such",
        ),
        (
            "postgresql://h/d?passfile=/swordfish",
            "names a file in passfile that cannot be read: No such file",
        ),
        (f"postgresql://h/d?sslrootcert={quote(__file__)}", "names a file in sslrootcert that holds no cert"),
        (
            f"postgresql://h/d?sslcert={quote(__file__)}&sslkey={quote(__file__)}&sslpassword=swordfish",
            "names files in sslcert and sslkey that do not belong together",
        ),
    ],
)
def test_what_is_wrong_with_a_postgres_url_is_said_without_repeating_it(rest: str, fault: str) -> None:
    with pytest.raises(BadAddress) as refusal:
        address.parse(rest)
    assert str(refusal.value).startswith(f"DATABASE_URL {fault}")
    assert str(refusal.value).endswith(".")
    assert "swordfish" not in str(refusal.value)


# Redis ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("redis://h", {"host": "h", "port": 6379, "db": 0, "username": None, "password": None}),
        ("redis://", {"host": "localhost", "port": 6379}),
        ("valkey://h:1/3", {"host": "h", "port": 1, "db": 3}),
        ("redis://h/?db=4", {"db": 4}),
        ("redis://:p@h", {"username": None, "password": "p"}),
        ("redis://u:p@h", {"username": "u", "password": "p"}),
        ("redis://h?username=u&password=p", {"username": "u", "password": "p"}),
        ("redis://u:p@[::1]:1", {"host": "::1", "port": 1}),
        ("redis://h?client_name=c", {"client_name": "c"}),
        (
            "redis://h?health_check_interval=30&socket_timeout=60&protocol=3",
            {"protocol": 2, "socket_timeout": 1},
        ),
        ("redis://h?max_connections=2&decode_responses=True&retry_on_timeout=1", {"host": "h"}),
        ("redis://h?ssl_cert_reqs=none", {"host": "h"}),
        ("unix:///a/b%20c.sock?db=1&password=p", {"path": "/a/b c.sock", "db": 1, "password": "p"}),
        ("unix:///a@b/c", {"path": "/a@b/c", "password": None}),
        ("unix://u:p@/a", {"path": "/a", "username": "u", "password": "p"}),
        ("redis-socket:///a", {"path": "/a"}),
        ("redis+socket:///a", {"path": "/a"}),
    ],
)
def test_a_redis_url_is_taken_apart(url: str, expected: dict[str, object]) -> None:
    connection = redis_address.parse(url, timeout=1)()
    assert attributes(connection, *expected) == list(expected.values())


@pytest.mark.parametrize("url", ["rediss://h", "valkeys://h", "redis://h?ssl=true"])
def test_tls_is_used_where_it_is_asked_for(url: str) -> None:
    connection = redis_address.parse(url, 1.0)()
    assert isinstance(connection, SSLConnection)
    assert connection.ssl_context.get().check_hostname
    for reqs in ("none", "CERT_NONE"):
        lax = redis_address.parse(f"{url}{'&' if '?' in url else '?'}ssl_cert_reqs={reqs}", 1.0)()
        assert isinstance(lax, SSLConnection)
        assert lax.ssl_context.get().verify_mode.name == "CERT_NONE"


def test_a_socket_is_no_host() -> None:
    assert isinstance(redis_address.parse("unix:///a", 1.0)(), UnixDomainSocketConnection)


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        ("localhost:6379", "is not of the form"),
        ("http://:swordfish@h", "is not of the form"),
        ("redis://:swordfish@h:http", "is not of the form"),
        ("unix://swordfish", "is not of the form"),
        ("redis://:swordfish@h:65536", "has a port that is no number from 1 to 65535"),
        ("redis://:swordfish@h:00000000000000000001", "has a port that is no number from 1 to 65535"),
        ("redis://:swordfish@h/x", "has a database that is no number"),
        ("redis://:swordfish@h?db=swordfish", "has a database that is no number"),
        ("redis://:swordfish@a..b", "has a host that is no name"),
        ("redis://:swordfish@a,b:0", "has a port that is no number from 1 to 65535"),
        ("redis://:swordfish@h?swordfish=1", "has an option that is not known"),
        ("rediss://h?ssl_ca_certs=/swordfish", "has an option of TLS that cannot be used: No such file"),
        ("rediss://h?ssl_cert_reqs=swordfish", "has an option of TLS that cannot be used"),
        ("rediss://h?ssl_min_version=swordfish", "has an option of TLS that cannot be used"),
        ("rediss://h?ssl_include_verify_flags=swordfish", "has an option of TLS that cannot be used"),
        (f"rediss://h?ssl_certfile={quote(__file__)}", "has an option of TLS that cannot be used"),
    ],
)
def test_what_is_wrong_with_a_redis_url_is_said_without_repeating_it(url: str, fault: str) -> None:
    with pytest.raises(BadAddress) as refusal:
        redis_address.parse(url, 1.0)
    assert str(refusal.value).startswith(f"REDIS_URL {fault}")
    assert "swordfish" not in str(refusal.value)


# Both -----------------------------------------------------------------------------------------------------

SECRET = "sw0rdf1sh"
NOISE = st.text(st.sampled_from("@/?#:%&=[],. +0a"), max_size=6)


@given(
    scheme=st.sampled_from(["postgresql", "postgres", "redis", "rediss", "unix", "mysql"]),
    before=NOISE,
    after=NOISE,
    host=st.sampled_from(
        ["h", "h:5", "h:x", "a,b", "[::1]", "", "h/d", "h:99999", "h/d?x=1", "h?sslmode=no"]
    ),
)
@example("postgresql", ":", "@", "h:x")
@example("postgresql", "u:p?a=", "", "h")
def test_no_secret_is_in_any_error(scheme: str, before: str, after: str, host: str) -> None:
    url = f"{scheme}://{before}{SECRET}{after}@{host}"
    assert SECRET not in complaint(address.parse, url)
    assert SECRET not in complaint(lambda url: redis_address.parse(url, 1.0), url)


def complaint(parse: Callable[[str], object], url: str) -> str:
    """All that a log could show of what is wrong with `url`; empty where nothing is."""
    try:
        parse(url)
    except BadAddress as error:
        return "".join(traceback.format_exception(error, limit=0))
    return ""


def test_an_address_shows_no_secret() -> None:
    assert SECRET not in repr(address.parse(f"postgresql://u:{SECRET}@h/d?sslpassword={SECRET}"))
