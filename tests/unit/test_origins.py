"""Web origins: normalised on both sides, and refused where they are foreign."""

import logging

import pytest

from server.net.origins import parse_host, parse_origin, parse_origins
from server.serving.origin_check import LOG_INTERVAL, LOGGED_ORIGINS, RefusedOrigins, may_open_socket

ALLOWED = parse_origins("https://other.example")


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        (None, "game.example"),
        ("https://game.example", "game.example"),
        ("http://game.example:8000", "game.example:8000"),
        ("https://GAME.example", "game.EXAMPLE"),
        ("https://other.example", "game.example"),
        ("https://game.example", "game.example:443"),
        ("https://game.example:443", "game.example"),
        ("http://game.example", "game.example:80"),
        ("https://game.example", "game.example:80"),
        ("https://game.example", "game.example."),
        ("https://game.example.", "game.example"),
        ("http://game.example:443", "game.example:443"),
        ("https://game.example:8443", "game.example:8443"),
        ("https://xn--mnchen-3ya.example", "münchen.example"),
        ("https://MÜNCHEN.example", "xn--mnchen-3ya.example"),
        ("http://[::1]:8000", "[::1]:8000"),
        ("http://[0:0::1]", "[::1]"),
        ("http://127.0.0.1:8000", "127.0.0.1:8000"),
    ],
)
def test_pages_of_ours_and_what_is_no_page_may_open_a_socket(origin: str | None, host: str) -> None:
    headers = {"host": host} | ({} if origin is None else {"origin": origin})
    assert may_open_socket(headers, ALLOWED)


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("https://evil.example", "game.example"),
        ("https://evil.example", ""),
        ("https://game.example.evil.example", "game.example"),
        ("https://evil.example/game.example", "game.example"),
        ("https://game.example@evil.example", "game.example"),
        ("https://game.example:8443", "game.example"),
        ("https://game.example", "game.example:8443"),
        ("http://game.example:8000", "game.example:80"),
        ("https://other.example:8443", "game.example"),
        ("http://other.example", "game.example"),
        ("chrome-extension://game.example", "game.example"),
        ("ws://game.example", "game.example"),
        ("game.example", "game.example"),
        ("null", "game.example"),
        ("null", "null"),
        ("", ""),
        ("http://[", "["),
        ("https://gаme.example", "game.example"),
    ],
)
def test_other_pages_may_not(origin: str, host: str) -> None:
    assert not may_open_socket({"host": host, "origin": origin}, ALLOWED)


@pytest.mark.parametrize(
    ("setting", "allowed"),
    [
        ("https://a.example/, http://b.example:80", {"https://a.example", "http://b.example"}),
        ("HTTPS://A.Example:443", {"https://a.example"}),
        ("a.example", {"http://a.example", "https://a.example"}),
        ("a.example:8443/", {"http://a.example:8443", "https://a.example:8443"}),
        ("https://straße.example.", {"https://xn--strae-oqa.example"}),
        ("http://[::0001]:8000", {"http://[::1]:8000"}),
        ("capacitor://localhost", {"capacitor://localhost"}),
        (" , ", set()),
    ],
)
def test_an_origin_can_be_written_as_people_write_it(setting: str, allowed: set[str]) -> None:
    assert parse_origins(setting) == allowed


@pytest.mark.parametrize(
    "setting",
    [
        "*", "*.example", "null", "https://", "://a.example", "https:/a.example", "https//a.example",
        "https://a.example/play", "https://a.example?", "https://a.example#x", "https://ada@a.example",
        "https://a b", "https://a.example https://b.example", "https://a.example:port", "https://a.example:0",
        "https://a.example:65536", "https://999.1.1.1", "https://[::1", "https://::1", "https://[::g]",
        "https://a..example", "https://.example", "https://-a.example", "wss://a.example", "file://a",
        "a" * 64, "https://" + "a." * 127 + "example", "https://a\u00ad.example\\b",
    ],
)  # fmt: skip
def test_what_is_no_origin_is_refused(setting: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        parse_origins(setting)


def test_an_origin_is_parsed_into_itself() -> None:
    for text in (
        "https://a.example",
        "http://a.example:8000",
        "https://xn--strae-oqa.example",
        "http://[::1]:1",
    ):
        assert parse_origin(text) == text
    with pytest.raises(ValueError, match=r".*"):
        parse_origin("a.example")
    assert parse_host("A.Example.:443") == ("a.example", 443)


def test_a_refused_origin_is_logged_once_a_minute_with_what_to_change(
    caplog: pytest.LogCaptureFixture,
) -> None:
    now = 0.0
    refused = RefusedOrigins(clock=lambda: now)
    for origin in ("https://evil.example", "https://other.example", "https://evil.example"):
        refused.log({"origin": origin, "host": "game.example"})
    now = LOG_INTERVAL
    refused.log({"origin": "https://evil.example", "host": "10.0.0.1:8000"})
    assert [vars(record)["origin"] for record in caplog.records] == [
        "'https://evil.example'", "'https://other.example'", "'https://evil.example'"
    ]  # fmt: skip
    last = vars(caplog.records[-1])
    assert (last["host"], last["setting"]) == ("'10.0.0.1:8000'", "ALLOWED_ORIGINS")
    assert caplog.records[-1].levelno == logging.WARNING


def test_invented_origins_fill_neither_the_log_nor_the_memory(caplog: pytest.LogCaptureFixture) -> None:
    refused = RefusedOrigins(clock=lambda: 0.0)
    for number in range(3 * LOGGED_ORIGINS):
        refused.log({"origin": f"https://{number}.example\n{'x' * 10_000}", "host": "y" * 10_000})
    assert len(caplog.records) == LOGGED_ORIGINS
    assert all(len(vars(record)["origin"] + vars(record)["host"]) < 500 for record in caplog.records)
    assert not any("\n" in vars(record)["origin"] for record in caplog.records)
