"""Postgres and Valkey of the run, started as the server starts them: they are killed, stopped, and started
again."""

import asyncio
import contextlib
import ctypes
import os
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from signal import SIGCONT, SIGKILL, SIGSTOP
from typing import Any

import asyncpg
import psutil
import redis.asyncio

from server.errors import CannotStart
from server.host import embedded
from server.store.migrate import migrate
from tests.faults.checker import as_logs, read_logs
from tests.faults.rules import Row
from tests.support.replicated import Node, url_of

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
    """The database of the log, on one of the two machines in `room`; for some faults the other one is its
    standby. With `full` its tables are in a small file system that can be filled."""

    def __init__(self, room: Path, full: "SmallDisk | None") -> None:
        self._full = full
        self._machines = Node(room / "one"), Node(room / "two")
        super().__init__(self._machines[0].folder, postgres=True)
        self._adopt(self._machines[0])

    @property
    def admin_url(self) -> str:
        return url_of(self.machine, database=DATABASE, user="postgres")

    @property
    def database_url(self) -> str:
        """The address of both machines, of which the one is used that takes writes."""
        return url_of(*self._machines, database=DATABASE)

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator["Postgres"]:
        async with super().running():
            yield self
            for machine in self._machines:
                if machine is not self.machine:
                    await machine.close()

    async def add_standby(self, *, synchronous: bool) -> Node:
        """A standby on the other machine, which follows."""
        [standby] = {*self._machines} - {self.machine}
        small = [(self._small(self.machine), self._small(standby))] if self._full else []
        await standby.follow(self.machine, small)
        await self.machine.wait_for_standby(synchronous=synchronous)
        return standby

    async def crash(self) -> None:
        """Kill all processes of the database, without warning. Nobody starts it again."""
        await self.machine.kill()
        await self._do(self._stack.close)

    async def hand_over(self, standby: Node) -> Node:
        """Promote the standby, which is the database from then on; returns the machine before it."""
        await standby.promote()
        before = self.machine
        before._stack = self._stack
        self._adopt(standby)
        return before

    async def give_up(self, machine: Node) -> None:
        """Lose a machine that is not in use any more, and all that it has."""
        await machine.lose()
        if self._full:
            shutil.rmtree(self._small(machine))

    async def log_of(self, machine: Node, since: datetime) -> dict[str, list[Row]]:
        """What a machine has of the log since then."""
        return await read_logs(url_of(machine, database=DATABASE), since)

    def _adopt(self, machine: Node) -> None:
        self.machine, self._folder = machine, machine.folder
        self._stack, self._thread = machine._stack, machine._thread
        self._pid_file = machine.cluster / "postmaster.pid"
        self.url = url_of(machine)

    def _small(self, machine: Node) -> Path:
        assert self._full
        return self._full.path / machine.folder.name

    async def prepare(self) -> None:
        """Create an empty database with the server's schema."""
        admin = await asyncpg.connect(url_of(self.machine, database="postgres", user="postgres"))
        where = ""
        if self._full:
            small = self._small(self.machine)
            small.mkdir()
            os.chown(small, self.machine.cluster.stat().st_uid, -1)
            await admin.execute(f"CREATE TABLESPACE small LOCATION '{small}'")
            where = "TABLESPACE small"
        await admin.execute(f"CREATE DATABASE {DATABASE} OWNER connect4 {where}")
        await admin.close()
        await migrate(url_of(self.machine, database=DATABASE))

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
