"""Spectators without browsers: each keeps its socket and its place in the game, as a browser does, and
writes a journal of everything that it did and was told."""

import asyncio
import random
from collections import Counter
from typing import Any

from tests.faults.journal import GameJournal
from tests.faults.wire import Wire

Message = dict[str, Any]

CONNECT_TIMEOUT = 3.0
"""Time limit for a connection attempt, in seconds."""
HISTORY_CHANGED = 4409
"""The close code of a socket that was told what the database has lost since."""
GONE = {4401, 4404}
"""Close codes of a game that is not there, and of a seat that the token does not open: the database lost
them. Nobody stays."""
SILENCE = 3.0
"""Silence after which the connection is given up, in seconds. A ping is sent before."""
FIRST, LONGEST = 0.25, 2.0
"""Waits between attempts to connect, in seconds: full jitter below a ceiling that doubles from the first
to the second. The ceiling is a quarter of a browser's, so that the server is measured and not the patience
of its clients."""


class Spectator:
    """Watches one game until it is over, or until it is told to leave; with `rematch` until its players have
    agreed to another one."""

    def __init__(
        self, world: "World", game: str, name: str, journal: GameJournal, *, rematch: bool = False
    ) -> None:
        self.world, self.game, self.name, self._journal = world, game, name, journal
        self._rematch = rematch
        self.next: str | None = None
        """The game that follows, once both players agreed to it."""
        self.version = 0
        self.last = ""
        """The command id of the last event."""
        self.over = False
        self.stalled = False
        self._loop = asyncio.get_running_loop()
        self._socket = self._attempt = 0
        self._wire: Wire | None = None
        self._welcomed = self._leaving = self._whole = False
        self._lost = asyncio.Event()
        self._leave = asyncio.Event()
        self._lost_at: float | None = None

    @property
    def done(self) -> bool:
        return self.over and not (self._rematch and self.next is None)

    @property
    def connected(self) -> bool:
        return self._wire is not None

    async def run(self) -> None:
        """Stay connected until there is nothing more to see."""
        self.world.here.add(self)
        try:
            while not (self.done or self._leaving or self.world.closed):
                await self._connect()
                if not (self.done or self._leaving):
                    ceiling = min(LONGEST, FIRST * 2**self._attempt)
                    self._attempt += 1
                    await self._pause(self.world.random.uniform(0, ceiling))
        finally:
            self.world.here.discard(self)
            self.note("left", over=self.done or self._whole)

    def leave(self, *, whole: bool = False) -> None:
        """Leave before the game is over. `whole` says that the bot must have seen the whole log by now."""
        self._leaving, self._whole = True, whole
        self._leave.set()
        self._hang_up()

    def tick(self) -> None:
        """Check the connection; called about once a second."""
        if self._wire and not self.stalled:
            silent = self._loop.time() - self._wire.heard_at
            if silent > SILENCE:
                self._wire.abort()
            elif silent > 1:
                self._wire.say({"type": "ping"})

    def stall(self) -> None:
        """Stop reading, and ask for so many answers that the server notices."""
        if self._wire:
            self.stalled = True
            self._wire.read(False)
            for _ in range(1500):
                self._wire.say({"type": "ping", "t": "x" * 3900})

    def read_again(self) -> None:
        self.stalled = False
        if self._wire:
            self._wire.heard_at = self._loop.time()
            self._wire.read(True)

    def note(self, what: str, **fields: Any) -> None:
        self._journal.note(self.name, self._socket, what, **fields)

    async def _connect(self) -> None:
        self._socket += 1
        self._lost.clear()
        address = self.world.port
        uri = f"ws://127.0.0.1:{address}/ws/games/{self.game}?after={self.version}&last={self.last}"
        self.note("opened", after=self.version)
        number = self._socket
        wire = Wire(uri, lambda message: self._hear(number, message), lambda code: self._end(number, code))
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT):
                await self._loop.create_connection(lambda: wire, "127.0.0.1", address)
        except (OSError, TimeoutError):
            self.note("closed", code=None)
            return
        self._wire = wire
        if self._leaving:
            self._hang_up()
        await self._lost.wait()

    async def _pause(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._leave.wait()
        except TimeoutError:
            pass

    def _end(self, number: int, code: int | None) -> None:
        if number != self._socket:
            return
        self.note("closed", code=code)
        if code == HISTORY_CHANGED:
            self.world.seen["games went back"] += 1
            self.begin_anew()
        if code in GONE:
            self.world.seen["games or seats gone"] += 1
            for bot in self.world.here:
                if bot.game == self.game:
                    bot.leave()
        if self._welcomed and not (self.done or self._leaving):
            self._lost_at = self._loop.time()
            self.world.seen["sockets lost"] += 1
            self.world.seen["sockets told to come back"] += code in (1001, 1012)
        self._wire, self._welcomed, self.stalled = None, False, False
        self._lost.set()

    def _hang_up(self) -> None:
        if self._wire:
            self._wire.leave()

    def _hear(self, number: int, message: Message) -> None:
        if number != self._socket:
            return
        match message["type"]:
            case "welcome":
                self._welcomed, self._attempt = True, 0
                if self._lost_at is not None:
                    self.world.reconnected.append(self._loop.time() - self._lost_at)
                    self._lost_at = None
                self.welcomed()
            case "events":
                self.note("events", events=message["events"])
                for event in message["events"]:
                    self.version, self.last = event["version"], event["command_id"]
                    self.happened(event["type"], event["data"])
        self.heard(message)
        if self.done:
            self._hang_up()

    def begin_anew(self) -> None:
        """The log is not the one that was told: forget the game."""
        self.version, self.last, self.over, self.next = 0, "", False, None

    def welcomed(self) -> None:
        """Called when the socket is open."""

    def happened(self, type: str, data: Message) -> None:
        """Called with each event of the game."""
        self.over = self.over or type in ("GameFinished", "GameAborted")
        if type == "RematchAccepted":
            self.next = data["game"]

    def heard(self, message: Message) -> None:
        """Called with each message, after it was written into the journal."""


class World:
    """Everything that bots share: the address, the random numbers, and the counts."""

    def __init__(self, port: int, think: float, chance: random.Random) -> None:
        self.port, self.think, self.random = port, think, chance
        self.resting = False
        """True when no bot begins anything new."""
        self.closed = False
        """True when no bot connects any more."""
        self.here: set[Spectator] = set()
        self.accepted = 0
        self.seen: Counter[str] = Counter()
        """Counts of the effects of faults on clients, by name."""
        self.reconnected: list[float] = []
        """Time that each socket took to be welcomed again, in seconds."""

    async def look_after(self) -> None:
        """Check the connection of every bot once a second, until cancelled."""
        while True:
            await asyncio.sleep(1)
            for bot in list(self.here):
                bot.tick()
