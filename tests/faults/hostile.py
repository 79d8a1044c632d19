"""`python -m tests.faults.hostile`: the cost of an attack. Exits with 1 where it is more than promised.

Players play at an even pace, in rounds without attackers and rounds under attack by all of `attackers` at
once. The latency of their moves and the memory of the server are compared. Every limit has its default, and
holds for loopback addresses too.
"""

import argparse
import asyncio
import contextlib
import json
import os
import re
import shutil
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from signal import SIGTERM
from typing import Any

import psutil
import uvloop

from server.delivery.outbox import OUTBOX_SIZE
from server.host import child
from server.serving.http import REQUEST_SIZE
from server.serving.lifecycle import WRITE_BUFFER
from server.serving.server import MAX_FRAME
from server.serving.websocket import SLICE
from server.sockets.session import WORK_SIZE
from tests.faults import attackers
from tests.faults.harm import Figures, Round
from tests.faults.servers import ROOT
from tests.faults.victims import Moves, Pair, open_game, visitor
from tests.support.progress import Progress

WARM_UP = 1.5
"""Time of play before the first measurement, in seconds."""
SAMPLED = 0.02
"""Time between two readings of the server's memory, in seconds."""

KIB = 1024
CONNECTION = 12 * KIB
"""Memory of an HTTP connection before its first request, in bytes; 7 KiB were measured."""
SOCKET = 64 * KIB
"""Memory of a WebSocket with empty queues, in bytes; 49 KiB were measured."""
READ = 256 * KIB
"""Bytes that the event loop reads at once."""
PARSED = SLICE // 6 * 512
"""Memory of a parsed slice of the smallest frames, in bytes: each frame is half a KiB of objects."""
SLACK = 16 * KIB * KIB
"""Memory that the allocator keeps of what was freed, in bytes."""


def allowed_growth() -> int:
    """The memory that the server may grow by under attack, in bytes.

    For a request: its connection, and twice its size, as received and as kept. For a socket that sends: its
    write buffer, one read, one parsed slice, and one frame for each place in its outbox and each request that
    may wait. For a socket that sends nothing: its write buffer, because its outbox shares its frames with
    others.
    """
    request = CONNECTION + 2 * REQUEST_SIZE
    talking = SOCKET + WRITE_BUFFER + READ + PARSED + (OUTBOX_SIZE + WORK_SIZE) * MAX_FRAME
    talkers = attackers.FLOODERS + attackers.PINGERS + attackers.JSON_PINGERS + attackers.GREEDY
    silent = attackers.SILENT * (SOCKET + WRITE_BUFFER)
    return attackers.HALF_OPEN * request + talkers * talking + silent + SLACK


# The server and its attackers -----------------------------------------------------------------------------


@contextlib.contextmanager
def serving(folder: Path) -> Iterator[tuple[psutil.Process, str]]:
    """A server with its databases and its log in `folder`; yields its process and its URL."""
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": ROOT, "PORT": 0, "DATA_DIR": folder / "data"}
    # Players and attackers, who come back at once, are all from here.
    limits = {"LIMIT_LOOPBACK": 1, "HANDSHAKES_PER_MINUTE": 100_000}
    variables = [f"{name}={value}" for name, value in {**environment, **limits}.items()]
    command, log = ["/usr/bin/env", "-i", *variables, sys.executable, "-m", "server"], folder / "server.log"

    def address() -> re.Match[str] | None:
        return re.search(r"Connect Four is at (\S+) .*\n", log.read_text(errors="replace"))

    with child.running(command, log, SIGTERM) as process:
        child.wait_until_answers("The server", process, log, lambda: address() is not None)
        found = address()
        assert found
        yield psutil.Process(process.pid), found[1]


class Attackers:
    """The process of the attackers."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdin
        assert process.stdout
        self._input, self._output = process.stdin, process.stdout

    @classmethod
    @contextlib.asynccontextmanager
    async def waiting(cls, url: str) -> AsyncIterator["Attackers"]:
        """Attackers of the server at `url`, who wait for their orders."""
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.faults.attack", url.rpartition(":")[2],
            stdin=pipe, stdout=pipe, cwd=ROOT,
        )  # fmt: skip
        try:
            yield (told := cls(process))
            told._input.close()
        finally:
            if sys.exception():
                with contextlib.suppress(ProcessLookupError):  # it has ended already
                    process.kill()
            await process.wait()

    def tell(self, **what: Any) -> None:
        self._input.write(json.dumps(what).encode() + b"\n")

    async def report(self) -> dict[str, Any]:
        """The figures of an attack, once it is over."""
        report: dict[str, Any] = json.loads(await self._output.readline())
        return report


class Watch:
    """Reads the server's resident memory, in bytes, and the processor time of the server and the machine."""

    def __init__(self, process: psutil.Process) -> None:
        self._process = process
        self.most = self.memory()

    def memory(self) -> int:
        return int(self._process.memory_info().rss)

    def busy(self) -> tuple[float, float, float]:
        """The time now, and the processor time of the server and of the machine so far, all in seconds."""
        mine, all = self._process.cpu_times(), psutil.cpu_times()
        idle = all.idle + getattr(all, "iowait", 0.0)
        return time.perf_counter(), mine.user + mine.system, sum(all) - idle

    async def run(self) -> None:
        """Keep `most` up to date, until cancelled."""
        while True:
            self.most = max(self.most, self.memory())
            await asyncio.sleep(SAMPLED)


# Measuring ------------------------------------------------------------------------------------------------


async def measure(*, rounds: int, quiet: float, attacked: float, pairs: int, folder: Path) -> Figures:
    """Measure in rounds of `quiet` and of `attacked` seconds; each attack is followed to its end."""
    figures, moves, progress = Figures(pairs), Moves(), Progress()
    with serving(folder) as (process, url):
        watch = Watch(process)
        async with Attackers.waiting(url) as hostile, asyncio.TaskGroup() as tasks:
            playing = [Pair(url, n, moves, lambda game: hostile.tell(game=game)) for n in range(pairs)]
            for pair in playing:
                tasks.create_task(pair.play())
            async with visitor(url, attackers.Flooder.address) as http:
                game, (token, _) = await open_game(http)
                hostile.tell(seat=[game, token])
            await asyncio.sleep(WARM_UP)
            before = watch.memory()
            watching = tasks.create_task(watch.run())
            for number in range(1, rounds + 1):
                progress.show(f"round {number} of {rounds}, quiet: {moves.sent:,} moves so far")
                figures.quiet.append(await _round(quiet, watch, moves))
                progress.show(f"round {number} of {rounds}, under attack: {moves.sent:,} moves so far")
                hostile.tell(attack=attacked)
                figures.attacked.append(await _round(attacked, watch, moves))
                figures.attacks.append(await hostile.report())
            progress.end()
            for pair in playing:
                pair.leaving = True
            watching.cancel()
            after = watch.memory()
    bound = before + allowed_growth()
    figures.memory = {"before": before, "most": watch.most, "after": after, "bound": bound}
    figures.moves, figures.failures = moves.sent, moves.failures
    figures.tracebacks = (folder / "server.log").read_text(errors="replace").count("Traceback (most recent")
    return figures


async def _round(seconds: float, watch: Watch, moves: Moves) -> Round:
    begin, server, machine = watch.busy()
    await asyncio.sleep(seconds)
    end, server_then, machine_then = watch.busy()
    lasted = end - begin
    latency = moves.between(begin, end)
    return Round(latency, (server_then - server) / lasted, (machine_then - machine) / lasted)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.hostile", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="rounds of each kind")
    parser.add_argument("--quiet", type=float, default=6, help="duration of a quiet round, in s")
    parser.add_argument("--attacked", type=float, default=12, help="duration of a round under attack, in s")
    parser.add_argument("--pairs", type=int, default=10, help="pairs of players")
    parser.add_argument(
        "--factor", type=float, default=2, help="allowed latency under attack, as a multiple of the quiet one"
    )
    parser.add_argument("--json", type=Path, help="file for the figures")
    options = vars(parser.parse_args())
    file, factor = options.pop("json"), options.pop("factor")
    folder = Path(tempfile.mkdtemp(prefix="connect4-hostile-"))
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        figures = runner.run(measure(**options, folder=folder))
    print(figures)
    if file:
        file.write_text(json.dumps(figures.as_json(), indent=2) + "\n")
    if complaints := figures.complaints(factor):
        print(*complaints[:50], f"The log is in {folder}.", sep="\n")
        sys.exit(1)
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
