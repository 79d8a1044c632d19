import os
import re
from pathlib import Path

import pytest

from server import processors
from server.errors import BadSetting
from server.settings import Settings


def test_nothing_needs_to_be_set() -> None:
    settings = Settings.read({})
    assert (settings.host, settings.port) == ("127.0.0.1", 8000)
    assert settings.database_url is None
    assert settings.redis_url is None


def test_an_empty_variable_is_one_that_is_not_there() -> None:
    assert Settings.read({"PORT": "", "DATABASE_URL": " "}) == Settings.read({})


def test_everything_can_be_set() -> None:
    settings = Settings.read(
        {
            "HOST": "0.0.0.0",
            "PORT": "9",
            "DATA_DIR": "/var/lib/connect4",
            "DATABASE_URL": "postgresql://db/x",
            "DATABASE_CONNECTIONS": "20",
            "REDIS_URL": "redis://r",
            "SERVER_NAME": "one",
            "ALLOWED_ORIGINS": "https://a.example/, https://b.example",
            "FORWARDED_ALLOW_IPS": "10.0.0.1",
            "ROOT_PATH": "/connect4",
            "HANDSHAKES_PER_MINUTE": "7",
            "KEEP_ALIVE": "130",
            "MESSAGE_RATE": "2.5",
            "MAX_SOCKETS": "3",
            "SOCKETS_PER_ADDRESS": "2",
            "GAMES_PER_MINUTE": "1",
            "COMPUTER_GAMES_PER_ADDRESS": "5",
            "LISTS_PER_MINUTE": "4",
            "BACKUP_DAYS": "0",
            "LIMIT_LOOPBACK": "1",
            "WORKERS": "4",
        }
    )
    assert settings == Settings(
        host="0.0.0.0",
        port=9,
        data_dir=Path("/var/lib/connect4"),
        database_url="postgresql://db/x",
        database_connections=20,
        redis_url="redis://r",
        server_name="one",
        allowed_origins=frozenset({"https://a.example", "https://b.example"}),
        forwarded_allow_ips="10.0.0.1",
        root_path="/connect4",
        handshakes_per_minute=7,
        keep_alive=130,
        message_rate=2.5,
        max_sockets=3,
        sockets_per_address=2,
        games_per_minute=1,
        computer_games_per_address=5,
        lists_per_minute=4,
        backup_days=0,
        limit_loopback=True,
        workers=4,
    )


@pytest.mark.parametrize(
    ("variables", "workers", "connections"),
    [
        ({}, 2, 20),
        ({"DATABASE_URL": "postgresql://x"}, 4, 40),
        ({"DATABASE_URL": "postgresql://x", "DATABASE_CONNECTIONS": "20"}, 4, 20),
        ({"DATABASE_URL": "postgresql://x", "DATABASE_CONNECTIONS": "8"}, 2, 8),
        ({"WORKERS": "6"}, 6, 40),
        ({"WORKERS": "20"}, 20, 60),
        ({"WORKERS": "6", "DATABASE_CONNECTIONS": "18"}, 6, 18),
    ],
)
def test_processors_and_connections_say_how_many_workers_there_are(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], workers: int, connections: int
) -> None:
    monkeypatch.setattr(processors, "usable", lambda: 4)
    settings = Settings.read(variables)
    assert (settings.workers, settings.database_connections) == (workers, connections)


def test_too_few_connections_for_so_many_workers_are_refused() -> None:
    with pytest.raises(BadSetting, match="='8' is not enough: 4 workers have 12 at least"):
        Settings.read({"WORKERS": "4", "DATABASE_CONNECTIONS": "8"})


@pytest.mark.parametrize(
    ("quota", "usable"), [("max 100000", 8), ("200000 100000", 2), ("50000 100000", 1), ("", 8), (None, 8)]
)
def test_a_container_may_use_as_many_processors_as_it_has_time_for(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, quota: str | None, usable: int
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: range(8), raising=False)
    if quota is not None:
        (tmp_path / "cpu.max").write_text(quota)
    assert processors.usable(tmp_path / "cpu.max") == usable


@pytest.mark.parametrize(
    ("count", "with_databases", "workers"),
    [(1, True, 1), (2, True, 1), (2, False, 1), (3, True, 2), (4, False, 4), (8, True, 5), (64, True, 8)],
)
def test_the_databases_are_left_some_of_the_processors(
    count: int, with_databases: bool, workers: int
) -> None:
    assert processors.workers(count, with_databases=with_databases) == workers


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "http"),
        ("PORT", "70000"),
        ("HOST", "http://localhost"),
        ("HOST", "localhost:8000"),
        ("HOST", "[::]:8000"),
        ("HOST", "::1::2"),
        ("HOST", "999.0.0.1"),
        ("HOST", "*"),
        ("HOST", "a b"),
        ("HOST", "a" * 64),
        ("ALLOWED_ORIGINS", "*"),
        ("ALLOWED_ORIGINS", "https://a.example/play"),
        ("FORWARDED_ALLOW_IPS", "localhost"),
        ("FORWARDED_ALLOW_IPS", "10.0.0.0/33"),
        ("ROOT_PATH", "https://a.example/play"),
        ("ROOT_PATH", "/a//b"),
        ("ROOT_PATH", "/a/../b"),
        ("ROOT_PATH", "/a?b"),
        ("ROOT_PATH", "/api"),
        ("HANDSHAKES_PER_MINUTE", "0"),
        ("KEEP_ALIVE", "0"),
        ("BACKUP_DAYS", "-1"),
        ("DATABASE_CONNECTIONS", "0"),
        ("MESSAGE_RATE", "0"),
        ("MAX_SOCKETS", "0"),
        ("LIMIT_LOOPBACK", "maybe"),
    ],
)
def test_what_means_nothing_is_named_in_one_sentence(name: str, value: str) -> None:
    with pytest.raises(BadSetting, match=rf"^{name}='{re.escape(value)}' is not .*\.$"):
        Settings.read({name: value})


@pytest.mark.parametrize(
    ("name", "written", "read"),
    [
        ("HOST", "[::]", "::"),
        ("HOST", "fe80::1%eth0", "fe80::1%eth0"),
        ("HOST", "LocalHost", "localhost"),
        ("HOST", "münchen.example", "xn--mnchen-3ya.example"),
        ("ROOT_PATH", "connect4/", "/connect4"),
        ("ROOT_PATH", "/play/connect4", "/play/connect4"),
        ("ROOT_PATH", "/", ""),
    ],
)
def test_hosts_and_paths_can_be_written_as_people_write_them(name: str, written: str, read: str) -> None:
    assert getattr(Settings.read({name: written}), name.lower()) == read


@pytest.mark.parametrize("name", ["DATABASE_URL", "REDIS_URL"])
def test_what_may_hold_a_secret_is_not_repeated(name: str) -> None:
    with pytest.raises(BadSetting) as refusal:
        Settings.read({name: "swordfish"})
    assert str(refusal.value).startswith(f"{name} is not a ")
    assert "swordfish" not in str(refusal.value)
    assert "swordfish" not in repr(Settings.read({name: "redis://:swordfish@host"}))
