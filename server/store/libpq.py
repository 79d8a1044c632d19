"""The options of a Postgres URL: libpq's, and those of other programs that hosts append to it."""

import re
from collections.abc import Mapping

from server.url import names

YES, NO = names("1 true yes on"), names("0 false no off")
FILES = ("sslrootcert", "sslcrl", "sslcert", "sslkey", "passfile")
"""Options that name a file."""

_TLS_MODES = names("disable allow prefer require verify-ca verify-full")
_TLS_VERSIONS = names("TLSv1 TLSv1.1 TLSv1.2 TLSv1.3")
_CHOICES: Mapping[str, frozenset[str]] = {
    "channel_binding": names("disable prefer require"),
    "gssencmode": names("disable prefer require"),
    "load_balance_hosts": names("disable random"),
    "pgbouncer": YES | NO,
    "ssl": YES | NO | _TLS_MODES,
    "ssl_max_protocol_version": _TLS_VERSIONS,
    "ssl_min_protocol_version": _TLS_VERSIONS,
    "sslcertmode": names("disable allow require"),
    "sslmode": _TLS_MODES,
    "sslnegotiation": names("postgres direct"),
    "target_session_attrs": names("any read-write read-only primary standby prefer-standby"),
}
"""Options with a choice of values."""

_NUMBERS = names(
    "connect_timeout keepalives keepalives_count keepalives_idle keepalives_interval tcp_user_timeout"
)
"""Options whose value is a whole number."""

USED = names(
    "application_name database dbname host hostaddr options password pgbouncer port service ssl"
    " ssl_max_protocol_version ssl_min_protocol_version sslmode sslnegotiation sslpassword user"
) | frozenset(FILES)
"""Options that have an effect here."""

_OF_LIBPQ = names(
    "channel_binding client_encoding fallback_application_name gssdelegation gssencmode gsslib krbsrvname"
    " load_balance_hosts max_protocol_version min_protocol_version oauth_client_id oauth_client_secret"
    " oauth_issuer oauth_scope replication require_auth requirepeer requiressl scram_client_key"
    " scram_server_key servicefile sslcertmode sslcompression sslcrldir sslkeylogfile sslsni"
    " target_session_attrs"
)
"""Options of libpq that are passed over. A host that takes writes is looked for in any case."""

_OF_OTHERS = names(
    "ApplicationName binary_parameters charset connection_limit currentSchema default_query_exec_mode"
    " encoding max_overflow pool pool_max_conns pool_min_conns pool_size pool_timeout prepareThreshold"
    " prepared_statement_cache_size prepared_statements reconnect schema serverVersion socket_timeout"
    " sslaccept sslfactory sslidentity statement_cache_size supa timeout uselibpqcompat workaround"
)
"""Options of other programs, which hosts and manuals append. They are passed over."""

OPTIONS = USED | _NUMBERS | _OF_LIBPQ | _OF_OTHERS


def fault(options: Mapping[str, str]) -> str | None:
    """What is wrong with `options`, to follow upon the name of the variable; None where they will do. Repeats
    nothing but names that are known."""
    if options.keys() - OPTIONS:
        return "has an option that is not known; settings of Postgres go into options=-c name=value"
    for name, value in options.items():
        if (choices := _CHOICES.get(name)) and value not in choices:
            return f"has a value of {name} that is none of {', '.join(sorted(choices))}"
        if name in _NUMBERS and not re.fullmatch("-?[0-9]+", value):
            return f"has a value of {name} that is no whole number"
    return None
