"""Postgres and Valkey of the run, started as the server starts them: they are killed, stopped, and started
again."""

import asyncio
import contextlib
import ctypes
import os
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from signal import SIGCONT, SIGKILL, SIGSTOP
from typing import Any

import asyncpg
import psutil
import redis.asyncio

from server.errors import CannotStart
from server.host import embedded
from server.store.migrate import migrate
from tests.faults.checker import as_logs
from tests.faults.rules import Row

DATABASE = "faults"
START_TIMEOUT = 60.0
"""Time limit for a database to be back after a kill, in seconds."""
FULL_SIZE = "2g"
"""Size of the file system that can be filled, for mount(8)."""
LOSE_COMMITS = """
WITH last AS (
    SELECT
        stream_id,
        (array_agg(transaction_id ORDER BY version DESC))[1] AS transaction_id,
        random() AS chance
    FROM events
    GROUP BY stream_id
    HAVING max(version) > 4 AND max(recorded_at) > now() - interval '5 s'
)
DELETE FROM events USING last
WHERE events.stream_id = last.stream_id AND events.transaction_id = last.transaction_id AND chance < 0.5
RETURNING events.stream_id, events.version, type, data, metadata->>'command_id' AS command_id, recorded_at
"""
_CLONE_NEWNS = 0x00020000


class Database:
    """A program that can be killed and comes back at the same address, `url`.

    It is started from a thread of its own, which lasts: it would die with the thread that started it.
    """

    def __init__(self, folder: Path, *, postgres: bool) -> None:
        self._folder = folder
        self._pid_file = folder / ("postgres/postmaster.pid" if postgres else "valkey.pid")
        self._given = (None, "redis://unused") if postgres else ("postgresql://unused", None)
        self._mine = 0 if postgres else 1
        self._thread = ThreadPoolExecutor(1)
        self._stack = contextlib.ExitStack()
        self.url = ""

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator["Database"]:
        await self._do(self._start)
        try:
            yield self
        finally:
            await self._do(self._stack.close)
            self._thread.shutdown()

    async def kill(self) -> None:
        """Kill it without warning, and return when it is back."""
        os.kill(self.pid, SIGKILL)
        await self._do(self._stack.close)
        async with asyncio.timeout(START_TIMEOUT):
            while True:
                try:  # Postgres refuses until the last process of the one before is gone
                    return await self._do(self._start)
                except CannotStart:
                    await asyncio.sleep(0.05)

    async def ensure_running(self) -> None:
        """Start it again if it ended by itself."""
        if not psutil.pid_exists(self.pid) or psutil.Process(self.pid).status() == psutil.STATUS_ZOMBIE:
            await self._do(self._stack.close)
            await self._do(self._start)

    @contextlib.contextmanager
    def stopped(self) -> Iterator[None]:
        """Stop all its processes for as long as the context lasts."""
        parent = psutil.Process(self.pid)
        processes = [parent]
        parent.send_signal(SIGSTOP)  # first, so that it starts no more of them
        for process in parent.children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess):
                process.send_signal(SIGSTOP)
                processes.append(process)
        try:
            yield
        finally:
            for process in processes:
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.send_signal(SIGCONT)

    @property
    def pid(self) -> int:
        return int(self._pid_file.read_text().split()[0])

    def _start(self) -> None:
        self._stack = contextlib.ExitStack()
        self.url = self._stack.enter_context(embedded.running(self._folder, *self._given))[self._mine]

    async def _do(self, work: Any) -> None:
        await asyncio.get_running_loop().run_in_executor(self._thread, work)


class Postgres(Database):
    """The database of the log. With `full` its tables are in a small file system that can be filled."""

    def __init__(self, folder: Path, full: "SmallDisk | None") -> None:
        super().__init__(folder, postgres=True)
        self._full = full

    @property
    def admin_url(self) -> str:
        return self.url.replace("//connect4@/connect4", f"//postgres@/{DATABASE}")

    @property
    def database_url(self) -> str:
        return self.url.replace("//connect4@/connect4", f"//connect4@/{DATABASE}")

    async def prepare(self) -> None:
        """Create an empty database with the server's schema."""
        admin = await asyncpg.connect(self.url.replace("//connect4@/connect4", "//postgres@/postgres"))
        where = ""
        if self._full:
            owner = (self._folder / "postgres").stat().st_uid
            os.chown(self._full.path, owner, -1)
            await admin.execute(f"CREATE TABLESPACE small LOCATION '{self._full.path}'")
            where = "TABLESPACE small"
        await admin.execute(f"CREATE DATABASE {DATABASE} OWNER connect4 {where}")
        await admin.close()
        await migrate(self.database_url)

    async def admin(self, sql: str, *arguments: Any) -> list[asyncpg.Record]:
        connection = await asyncpg.connect(self.admin_url, timeout=10)
        try:
            rows: list[asyncpg.Record] = await connection.fetch(sql, *arguments, timeout=10)
            return rows
        finally:
            await connection.close(timeout=10)

    async def lose_commits(self) -> dict[str, list[Row]]:
        """Take the last commit away from half of the games that are being played; returns what is gone."""
        connection = await asyncpg.connect(self.admin_url, timeout=10)
        try:
            async with connection.transaction():
                await connection.execute("LOCK TABLE events IN ACCESS EXCLUSIVE MODE")
                await connection.execute("ALTER TABLE events DISABLE TRIGGER append_only")
                rows = await connection.fetch(LOSE_COMMITS)
                await connection.execute("ALTER TABLE events ENABLE ALWAYS TRIGGER append_only")
            return as_logs(rows)
        finally:
            await connection.close(timeout=10)

    async def recorded_again(self, commands: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
        """Those of `commands`, each a game and a command's id, that are in the log."""
        games, ids = zip(*commands, strict=True)
        rows = await self.admin(
            "SELECT stream_id, id FROM unnest($1::uuid[], $2::text[]) AS given (game, id)"
            " JOIN events ON stream_id = game AND metadata->>'command_id' = id",
            games,
            ids,
        )
        return {(str(row["stream_id"]), row["id"]) for row in rows}

    def backends(self) -> list[int]:
        """The process ids of the connections of the servers."""
        children = psutil.Process(self.pid).children()
        return [child.pid for child in children if "connect4" in " ".join(child.cmdline())]


class Valkey(Database):
    """The pub/sub server."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, postgres=False)

    @property
    def socket(self) -> str:
        return self.url.removeprefix("unix://")

    async def kill_clients(self) -> None:
        async with redis.asyncio.Redis.from_url(self.url) as client:
            await client.client_kill_filter(_type="pubsub")


class SmallDisk:
    """A file system in memory, mounted for this process and its children alone, so that it goes with them."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def make(cls) -> "SmallDisk | None":
        """Mount one that everybody may enter, for Postgres is another user; None where we lack the right."""
        if os.geteuid() != 0 or ctypes.CDLL(None).unshare(_CLONE_NEWNS):
            return None
        path = Path(tempfile.mkdtemp(prefix="connect4-small-", dir="/tmp"))
        for command in (
            ["mount", "--make-rprivate", "/"],
            ["mount", "-t", "tmpfs", "-o", f"size={FULL_SIZE}", "tmpfs", str(path)],
        ):
            if subprocess.run(command, capture_output=True, check=False).returncode:
                path.rmdir()
                return None
        return cls(path)

    @contextlib.contextmanager
    def full(self) -> Iterator[None]:
        """Leave no free space for as long as the context lasts."""
        while not self._resize(str(self._used())):  # it has grown meanwhile
            pass
        try:
            yield
        finally:
            self._resize(FULL_SIZE)

    def remove(self) -> None:
        subprocess.run(["umount", "--lazy", str(self.path)], check=True)
        self.path.rmdir()

    def _used(self) -> int:
        status = os.statvfs(self.path)
        return (status.f_blocks - status.f_bfree) * status.f_frsize

    def _resize(self, size: str) -> bool:
        remount = ["mount", "-o", f"remount,size={size}", str(self.path)]
        return not subprocess.run(remount, capture_output=True, check=False).returncode
