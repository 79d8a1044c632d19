"""`python -m tests.faults.hostile`: what those who mean harm cost others. Exits with 1 where too much.

Players play at an even pace, in turns with nobody else there and under attack by all of `attackers` at once.
How long their moves take and how much memory the server takes is compared. Every limit is at its default, and
holds for addresses of this machine too.
"""

import argparse
import asyncio
import contextlib
import json
import os
import random
import re
import shutil
import sys
import tempfile
import time
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from math import inf
from pathlib import Path
from signal import SIGTERM
from statistics import median, quantiles
from typing import Any

import httpx
import psutil
import uvloop

from server import child
from server.connections import WRITE_BUFFER
from server.outbox import OUTBOX_SIZE
from server.serving import MAX_FRAME
from server.session import WORK_SIZE
from tests.faults import attackers
from tests.faults.servers import ROOT
from tests.faults.wire import Wire

PACE = 0.05
"""How long after one move of a game the next one is due, in seconds."""
WARM_UP = 1.5
"""How long is played before anything is measured, in seconds."""
PATIENCE = 10.0
"""After how long a move that is not answered is lost, in seconds."""
SAMPLED = 0.02
"""How often the server's memory is looked at, in seconds."""
DRAWN = "254163621237765214571134172473734264365556"

COUNTED = ("opened", "sent", "told", "refused", "outlived")
"""What is counted of each kind of attackers; `told` are those told by 1008 that it was too much."""
KIB = 1024
REQUEST = 12 * KIB
"""What an HTTP connection takes that is in the middle of a request, in bytes; 7 KiB where it was measured."""
SOCKET = 64 * KIB
"""What a WebSocket takes for which nothing waits, in bytes; 49 KiB where it was measured."""
SLACK = 16 * KIB * KIB
"""What the allocator keeps of what was freed, in bytes."""


def allowed_growth() -> int:
    """How much more memory the server may take under attack, in bytes.

    For one that sends: its write buffer, and at most one frame for each place in its outbox and each request
    that waits. One that sends nothing has its write buffer: what waits in its outbox is others' too.
    """
    talking = SOCKET + WRITE_BUFFER + (OUTBOX_SIZE + WORK_SIZE) * MAX_FRAME
    talkers = attackers.FLOODERS + attackers.PINGERS + attackers.JSON_PINGERS
    silent = attackers.SILENT * (SOCKET + WRITE_BUFFER)
    return attackers.HALF_OPEN * REQUEST + talkers * talking + silent + SLACK


@dataclass
class Moves:
    """What became of every move. Times are those of `time.perf_counter`, in seconds."""

    times: list[tuple[float, float, float]] = field(default_factory=list)
    """Of each move: when it was due; how long until its player and its opponent knew."""
    sent: int = 0
    failures: list[str] = field(default_factory=list)

    def between(self, begin: float, end: float) -> "Latency":
        chosen = [(own, other) for due, own, other in self.times if begin <= due < end]
        return Latency(_percentiles([own for own, _ in chosen]), _percentiles([other for _, other in chosen]))


@dataclass(frozen=True, slots=True)
class Latency:
    """From a move to `accepted`, and to its event at the opponent's: p50 and p99, in seconds."""

    accepted: tuple[float, float]
    seen: tuple[float, float]


class Player(Wire):
    """A seat at one game. Waits for one message at a time."""

    def __init__(self, uri: str, token: str) -> None:
        super().__init__(uri, self._on_message, self._on_end)
        self._token = token
        self._for: Callable[[dict[str, Any]], bool] | None = None
        self._heard: asyncio.Future[float] | None = None

    def until(self, wanted: Callable[[dict[str, Any]], bool]) -> "asyncio.Future[float]":
        """When a message comes for which `wanted` is true. Raises ConnectionError where the socket ends."""
        self._for, self._heard = wanted, asyncio.get_running_loop().create_future()
        return self._heard

    def _on_message(self, message: dict[str, Any]) -> None:
        if message["type"] == "welcome":
            self.say({"type": "authenticate", "token": self._token})
        elif message["type"] == "rejected":
            self._fail(f"{message['code']}: {message['detail']}")
        elif self._for and self._heard and not self._heard.done() and self._for(message):
            self._heard.set_result(time.perf_counter())

    def _on_end(self, code: int | None) -> None:
        self._fail(f"closed with {code}")

    def _fail(self, why: str) -> None:
        if self._heard and not self._heard.done():
            self._heard.set_exception(ConnectionError(why))


class Pair:
    """Two players at one address, who play one game after the other."""

    def __init__(self, url: str, number: int, moves: Moves, on_game: Callable[[str], None]) -> None:
        self._url, self._moves, self._on_game = url, moves, on_game
        self._address = f"127.0.1.{number + 1}"
        self.leaving = False

    async def play(self) -> None:
        await asyncio.sleep(random.uniform(0, 0.5))
        async with visitor(self._url, self._address) as http:
            while not self.leaving:
                try:
                    async with contextlib.AsyncExitStack() as stack:
                        await self._play_one(http, stack)
                except (OSError, TimeoutError, httpx.HTTPError) as error:
                    self._moves.failures.append(repr(error))
                    await asyncio.sleep(PACE)

    async def _play_one(self, http: httpx.AsyncClient, stack: contextlib.AsyncExitStack) -> None:
        game, tokens = await open_game(http)
        players = [await self._sit(game, token) for token in tokens]
        for player in players:
            stack.callback(player.leave)
        self._on_game(game)
        due = time.perf_counter() + PACE
        for number, column in enumerate(DRAWN):
            if (early := due - time.perf_counter()) > 0:
                await asyncio.sleep(early)
                due = time.perf_counter()
            mover, opponent = players[number % 2], players[1 - number % 2]
            if self.leaving:
                return
            await self._move(mover, opponent, int(column) - 1, due)
            due += PACE

    async def _move(self, mover: Player, opponent: Player, column: int, due: float) -> None:
        id = str(uuid.uuid4())
        self._moves.sent += 1
        accepted = mover.until(lambda message: message.get("id") == id)
        seen = opponent.until(
            lambda message: message["type"] == "events" and message["events"][0]["command_id"] == id
        )
        mover.say({"type": "move", "id": id, "column": column})
        async with asyncio.timeout(PATIENCE):
            own, other = await asyncio.gather(accepted, seen)
        self._moves.times.append((due, own - due, other - due))

    async def _sit(self, game: str, token: str) -> Player:
        uri = f"{self._url.replace('http', 'ws', 1)}/ws/games/{game}"
        player = Player(uri, token)
        seated = player.until(lambda message: message["type"] == "seated")
        async with asyncio.timeout(PATIENCE):
            host, port = self._url.removeprefix("http://").split(":")
            loop = asyncio.get_running_loop()
            await loop.create_connection(lambda: player, host, int(port), local_addr=(self._address, 0))
            await seated
        return player


# What there is around them --------------------------------------------------------------------------------


def visitor(url: str, address: str) -> httpx.AsyncClient:
    """An HTTP client that comes from `address`."""
    transport = httpx.AsyncHTTPTransport(
        verify=False,  # no TLS here, and the context that would check it takes 20 ms to make
        local_address=address,
        limits=httpx.Limits(max_keepalive_connections=0),
    )
    return httpx.AsyncClient(base_url=url, transport=transport, timeout=PATIENCE, trust_env=False)


async def open_game(http: httpx.AsyncClient) -> tuple[str, tuple[str, str]]:
    """A new game's id, and yellow's token and red's. Raises httpx.HTTPError."""
    created = (await http.post("/api/games", json={"seat": "yellow"})).raise_for_status().json()
    game = created["game"]
    joined = (await http.post(f"/api/games/{game}/players", json={})).raise_for_status().json()
    return game, (created["token"], joined["token"])


@contextlib.contextmanager
def serving(folder: Path) -> Iterator[tuple[psutil.Process, str]]:
    """A server with its databases and its log in `folder`; gives its process and its URL."""
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": ROOT, "PORT": 0, "DATA_DIR": folder / "data"}
    variables = [f"{name}={value}" for name, value in {**environment, "LIMIT_LOOPBACK": 1}.items()]
    command, log = ["/usr/bin/env", "-i", *variables, sys.executable, "-m", "server"], folder / "server.log"

    def address() -> re.Match[str] | None:
        return re.search(r"Connect Four is at (\S+) .*\n", log.read_text(errors="replace"))

    with child.running(command, log, SIGTERM) as process:
        child.wait_until_answers("The server", process, log, lambda: address() is not None)
        found = address()
        assert found
        yield psutil.Process(process.pid), found[1]


class Attackers:
    """The process of those who mean harm."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdin
        assert process.stdout
        self._input, self._output = process.stdin, process.stdout

    @classmethod
    @contextlib.asynccontextmanager
    async def waiting(cls, url: str) -> AsyncIterator["Attackers"]:
        """Attackers of the server at `url`, who wait until they are told to attack."""
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.faults.attackers", url.rpartition(":")[2],
            stdin=pipe, stdout=pipe, cwd=ROOT,
        )  # fmt: skip
        try:
            yield (told := cls(process))
            told._input.close()
        finally:
            if sys.exception():
                with contextlib.suppress(ProcessLookupError):  # it ended by itself
                    process.kill()
            await process.wait()

    def tell(self, **what: Any) -> None:
        self._input.write(json.dumps(what).encode() + b"\n")

    async def report(self) -> dict[str, Any]:
        """What came of an attack, once it is over."""
        report: dict[str, Any] = json.loads(await self._output.readline())
        return report


class Watch:
    """The server's resident memory in bytes, and how many cores are busy."""

    def __init__(self, process: psutil.Process) -> None:
        self._process = process
        self.most = self.memory()

    def memory(self) -> int:
        return int(self._process.memory_info().rss)

    def busy(self) -> tuple[float, float, float]:
        """Now, and for how long the server and everybody here were busy so far, all in seconds."""
        mine, all = self._process.cpu_times(), psutil.cpu_times()
        idle = all.idle + getattr(all, "iowait", 0.0)
        return time.perf_counter(), mine.user + mine.system, sum(all) - idle

    async def run(self) -> None:
        """Keep `most` true, until cancelled."""
        while True:
            self.most = max(self.most, self.memory())
            await asyncio.sleep(SAMPLED)


# Measuring ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Round:
    """One round: how long moves took, and how many cores were busy with the server and with everything."""

    latency: Latency
    server: float
    machine: float


@dataclass
class Figures:
    """What was measured, round by round."""

    pairs: int
    quiet: list[Round] = field(default_factory=list)
    attacked: list[Round] = field(default_factory=list)
    attacks: list[dict[str, Any]] = field(default_factory=list)
    memory: dict[str, int] = field(default_factory=dict)
    """In bytes: `before`, `most`, `after` and `bound`."""
    moves: int = 0
    failures: list[str] = field(default_factory=list)
    tracebacks: int = 0

    def latency(self) -> dict[str, dict[str, float]]:
        """For each figure the medians of quiet and of attacked rounds, in milliseconds, and their ratio."""
        table = {}
        for name in ("accepted", "seen"):
            for place, percentile in enumerate(("p50", "p99")):
                quiet, attacked = (
                    1000 * median(getattr(round.latency, name)[place] for round in rounds)
                    for rounds in (self.quiet, self.attacked)
                )
                table[f"{name} {percentile}"] = {
                    "quiet": round(quiet, 2),
                    "attacked": round(attacked, 2),
                    "ratio": round(attacked / quiet, 2),
                }
        return table

    def cores(self) -> dict[str, dict[str, float]]:
        """How many cores were busy with the server and with everything, as medians of the rounds."""
        return {
            name: {
                who: round(median(getattr(one, who) for one in rounds), 2) for who in ("server", "machine")
            }
            for name, rounds in (("quiet", self.quiet), ("attacked", self.attacked))
        }

    def attackers(self) -> dict[str, dict[str, float]]:
        """For each kind: connections `opened`, and frames `sent`; how many `outlived` the limit, and the
        `longest` that one did harm, in seconds."""
        return {
            name: {
                **{what: sum(attack[name].get(what, 0) for attack in self.attacks) for what in COUNTED},
                "longest": round(max(attack[name]["longest"] for attack in self.attacks), 2),
            }
            for name in self.attacks[0]
        }

    def complaints(self, factor: float) -> list[str]:
        """What was not as promised, where moves may take `factor` times as long as when it is quiet."""
        found = [f"a move failed: {why}" for why in self.failures]
        for name, row in self.latency().items():
            if name.endswith("p50") and not row["ratio"] <= factor:
                found.append(f"{name} is {row['ratio']} times as long, not at most {factor}")
        if self.memory["most"] > self.memory["bound"]:
            found.append(f"{self.memory['most']} bytes of memory are more than {self.memory['bound']}")
        for name, kind in self.attackers().items():
            if kind["outlived"]:
                found.append(f"{kind['outlived']} {name} did harm for up to {kind['longest']} s")
        if self.tracebacks:
            found.append(f"{self.tracebacks} tracebacks in the log")
        return found

    def as_json(self) -> dict[str, Any]:
        return {
            "pairs": self.pairs,
            "rounds": len(self.quiet),
            "moves": self.moves,
            "failures": self.failures,
            "latency": self.latency(),
            "memory": self.memory,
            "cores": self.cores(),
            "attackers": self.attackers(),
            "tracebacks": self.tracebacks,
        }

    def __str__(self) -> str:
        lines = [f"{'from a move to':<22}{'quiet':>12}{'attacked':>12}{'ratio':>8}"]
        for name, row in self.latency().items():
            lines.append(f"{name:<22}{row['quiet']:>9.2f} ms{row['attacked']:>9.2f} ms{row['ratio']:>8.2f}")
        lines += [
            "",
            f"{'attackers':<22}{'opened':>8}{'sent':>10}{'told 1008':>11}{'over 10 s':>11}{'longest':>9}",
        ]
        for name, kind in self.attackers().items():
            counts = f"{kind['opened']:>8}{kind['sent']:>10}{kind['told']:>11}{kind['outlived']:>11}"
            lines.append(f"{name:<22}{counts}{kind['longest']:>7.2f} s")
        lines += [
            "",
            "memory: "
            + ", ".join(f"{name} {size / KIB / KIB:.1f} MiB" for name, size in self.memory.items()),
            "cores busy: "
            + ", ".join(
                f"{name} {cores['server']} with the server, {cores['machine']} of {psutil.cpu_count()} in all"
                for name, cores in self.cores().items()
            ),
            f"{self.pairs} pairs, {len(self.quiet)} rounds of each:"
            f" {self.moves} moves, {len(self.failures)} failed; {self.tracebacks} tracebacks",
        ]
        return "\n".join(lines)


async def measure(
    *, rounds: int, quiet: float, attacked: float, pairs: int, greedy: bool, folder: Path
) -> Figures:
    """Run it, with rounds of `quiet` and of `attacked` seconds; the end of each attack is waited for."""
    figures, moves = Figures(pairs), Moves()
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
            for _ in range(rounds):
                figures.quiet.append(await _round(quiet, watch, moves))
                hostile.tell(attack=attacked, greedy=greedy)
                figures.attacked.append(await _round(attacked, watch, moves))
                figures.attacks.append(await hostile.report())
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


def _percentiles(times: list[float]) -> tuple[float, float]:
    if len(times) < 2:
        return inf, inf
    cut = quantiles(times, n=100, method="inclusive")
    return cut[49], cut[98]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.hostile", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="how many of each")
    parser.add_argument("--quiet", type=float, default=6, help="how long a quiet round is, in s")
    parser.add_argument("--attacked", type=float, default=12, help="how long an attacked round is, in s")
    parser.add_argument("--pairs", type=int, default=10, help="how many pairs of players play")
    parser.add_argument("--factor", type=float, default=2, help="how many times as long a move may take")
    parser.add_argument("--json", type=Path, help="where to write the figures")
    parser.add_argument("--greedy", action="store_true", help="have the greedy attack as well")
    options = vars(parser.parse_args())
    file, factor = options.pop("json"), options.pop("factor")
    folder = Path(tempfile.mkdtemp(prefix="connect4-hostile-"))
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        figures = runner.run(measure(**options, folder=folder))
    print(figures)
    if file:
        file.write_text(json.dumps(figures.as_json(), indent=2) + "\n")
    if complaints := figures.complaints(factor):
        print(*complaints[:50], f"What it left is in {folder}.", sep="\n")
        sys.exit(1)
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
