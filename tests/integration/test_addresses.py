"""Addresses at work: passwords of any character open real databases, and none of them is ever printed."""

import asyncio
import logging
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import asyncpg
import pytest
from redis.asyncio import Redis

from server.delivery import bell
from server.errors import BellUnavailable, StoreUnavailable, UnusableDatabase
from server.host import embedded
from server.store.database import Database
from server.store.migrate import migrate
from tests.integration.test_command import refusal
from tests.support.cluster import Cluster
from tests.support.player import PATIENCE

PASSWORD = "p@s/s?w#o:r%d&[=]+ü\"'\\"
HIDDEN = "swordfish"


@pytest.fixture
def postgres(tmp_path: Path) -> Iterator[str]:
    """The URL of a Postgres of the test's own, whose data is in `tmp_path`."""
    with embedded.running(tmp_path, None, "redis://unused") as (url, _):
        yield url


async def test_a_password_of_any_character_opens_postgres(postgres: str, tmp_path: Path) -> None:
    admin = await asyncpg.connect(postgres.replace("//connect4@", "//postgres@"))
    quoted = await admin.fetchval("SELECT quote_literal($1::text)", PASSWORD)
    await admin.execute(f"ALTER ROLE connect4 PASSWORD {quoted}")
    rules = "local all postgres trust\nlocal all all scram-sha-256\n"
    (tmp_path / "postgres" / "pg_hba.conf").write_text(rules)
    await admin.execute("SELECT pg_reload_conf()")
    await admin.close()
    async with asyncio.timeout(PATIENCE):
        while not (said := await refused(postgres.replace("connect4@", f"connect4:{HIDDEN}@"))):
            await asyncio.sleep(0.01)  # until the new rules are in force
    assert "password authentication failed" in said
    assert HIDDEN not in said
    for written in (PASSWORD, quote(PASSWORD, safe="")):
        url = postgres.replace("connect4@", f"connect4:{written}@")
        await migrate(url)
        async with Database.at(url) as database:
            await database.check()


async def refused(url: str) -> str:
    """What a database says that cannot be used; empty where it can."""
    try:
        await migrate(url)
    except UnusableDatabase as error:
        return str(error)
    return ""


async def test_a_password_of_any_character_opens_redis(tmp_path: Path) -> None:
    with embedded.running(tmp_path, "postgresql://unused", None) as (_, url):
        path = url.removeprefix("unix://")
        async with Redis.from_url(url) as client:
            await client.execute_command(  # type: ignore[no-untyped-call]
                "ACL", "SETUSER", "ada", "on", f">{PASSWORD}", "+@all", "allkeys", "allchannels"
            )
            await client.config_set("requirepass", PASSWORD)
        for written in (PASSWORD, quote(PASSWORD, safe="")):
            for user in ("", "ada"):
                async with bell.connect(f"unix://{user}:{written}@{path}") as opened:
                    await opened.publish([(b"channel", b"message")])
        async with bell.connect(f"unix://:{HIDDEN}@{path}") as closed:
            with pytest.raises(BellUnavailable) as refused:
                await closed.publish([(b"channel", b"message")])
            assert HIDDEN not in str(refused.value)


async def test_what_cannot_be_reached_is_said_without_the_password(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with pytest.raises(UnusableDatabase) as start:
        await migrate(f"postgresql://{HIDDEN}:{HIDDEN}@127.0.0.1:1/d")
    async with Database.at(f"postgresql://u:{HIDDEN}@127.0.0.1:1/d") as database:
        with pytest.raises(StoreUnavailable) as later:
            await database.fetch("health")
    async with bell.connect(f"redis://:{HIDDEN}@127.0.0.1:1") as away:
        with pytest.raises(BellUnavailable) as deaf:
            await away.publish([(b"channel", b"message")])
    assert HIDDEN not in f"{start.value} {later.value} {deaf.value} {caplog.text}"


@pytest.mark.parametrize(
    ("name", "url", "sentence"),
    [
        ("DATABASE_URL", f"mysql://u:{HIDDEN}@h/d", "is not of the form postgresql://"),
        (
            "DATABASE_URL",
            f"postgresql://h/d?password={HIDDEN}&sslrootcert=/none",
            "names a file in sslrootcert",
        ),
        ("REDIS_URL", f"redis://:{HIDDEN}@h:99999", "has a port that is no number"),
        ("REDIS_URL", f"redis://h?password={HIDDEN}&none=1", "has an option that is not known"),
    ],
)
async def test_a_wrong_address_is_one_sentence_without_the_secret(
    cluster: Cluster, name: str, url: str, sentence: str
) -> None:
    right = {"DATABASE_URL": cluster.database_url, "REDIS_URL": cluster.redis_url}
    said = await refusal(PORT=0, **{**right, name: url})
    assert said.startswith(f"connect4: {name} {sentence}")
    assert HIDDEN not in said


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"PGPORT": HIDDEN}, "a PG… environment variable"),
        ({"PGSSLMODE": "verify-full"}, "root certificate file"),
    ],
)
async def test_a_wrong_variable_of_libpq_is_one_sentence_too(
    cluster: Cluster, variables: dict[str, str], sentence: str
) -> None:
    urls = {"DATABASE_URL": f"postgresql://u:{HIDDEN}@127.0.0.1/d", "REDIS_URL": cluster.redis_url}
    said = await refusal(PORT=0, **urls, **variables)
    assert said.startswith(f"connect4: The database of DATABASE_URL cannot be used: {sentence}")
    assert HIDDEN not in said
