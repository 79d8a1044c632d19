"""The run's own Postgres and Valkey, as the server starts them: killed, stopped, and started again."""

import asyncio
import contextlib
import ctypes
import os
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from signal import SIGCONT, SIGKILL, SIGSTOP
from typing import Any

import asyncpg
import psutil
import redis.asyncio

from server import embedded
from server.child import CannotStart
from server.migrate import migrate

DATABASE = "faults"
START_TIMEOUT = 60.0
"""How long a database may take to be there again after a kill, in seconds."""
FULL_SIZE = "2g"
"""The size of the file system that can be made full."""
_CLONE_NEWNS = 0x00020000


class Database:
    """A program that can be killed and comes back at the same address. `url` is that address.

    It is started from a thread of its own that lasts: it would die with the thread that started it.
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
        """End it as a power cut does, and return when it is there again."""
        os.kill(self.pid, SIGKILL)
        await self._do(self._stack.close)
        async with asyncio.timeout(START_TIMEOUT):
            while True:
                try:  # Postgres waits until the last process of the one before is gone
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
        """Have all its processes stand still."""
        parent = psutil.Process(self.pid)
        processes = [parent]
        parent.send_signal(SIGSTOP)  # first, so that it makes no more
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
    """The log's home. With `full` it keeps the tables in a small file system, which can be made full."""

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
        """Have an empty database with the server's schema."""
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

    def backends(self) -> list[int]:
        """The processes that work for the servers."""
        children = psutil.Process(self.pid).children()
        return [child.pid for child in children if "connect4" in " ".join(child.cmdline())]


class Valkey(Database):
    """The bell."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, postgres=False)

    @property
    def socket(self) -> str:
        return self.url.removeprefix("unix://")

    async def kill_clients(self) -> None:
        async with redis.asyncio.Redis.from_url(self.url) as client:
            await client.client_kill_filter(_type="pubsub")


class SmallDisk:
    """A file system in memory, seen by this process and its children alone, so that it is gone with them."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def make(cls) -> "SmallDisk | None":
        """One that everybody may enter, since Postgres is somebody else; None where we may not."""
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
        """Leave no room for more than what it holds."""
        while not self._resize(str(self._used())):  # it holds more by now
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
