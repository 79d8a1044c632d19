"""A browser: plays at random, keeps each command until it is answered, and reconnects after every loss."""

from collections.abc import Callable
from typing import Any
from uuid import UUID
from zlib import crc32

import msgspec

from server.game.board import COLUMNS, ROWS, Seat
from server.game.commands import Move, Resign
from server.game.events import GameId, PlayerId
from server.store.event_store import StreamId
from server.wire.close import HISTORY_CHANGED, TOO_SLOW
from tests.simulation.journal import NOT_FINAL, Journal
from tests.simulation.server import Server
from tests.simulation.store import Json, Log
from tests.simulation.wire import Socket
from tests.simulation.world import World

ROOM = 4
"""Size of a connection's buffer, in frames; when it is full the sender must wait."""
RETRY = 0.4
"""Longest time until a client connects or asks again, in seconds."""
STAY = 0.1
"""Longest time for which a restless client stays connected, in seconds."""
FAVOURITE = 0.6
"""Probability that a player takes the same column again, which soon makes four in a row."""

FindServer = Callable[[], Server | None]


class Client:
    """One browser tab. `token`, `seat` and `player` are those of its player, or None for a spectator."""

    def __init__(
        self, world: World, name: str, game: GameId, token: str | None, seat: Seat | None,
        player: PlayerId | None, log: Log, journal: Journal, find_server: FindServer, *,
        trickles: bool = False, restless: bool = False,
    ) -> None:  # fmt: skip
        self.name, self.game, self.trickles, self._restless = name, game, trickles, restless
        self._world, self._token, self._seat, self._player = world, token, seat, player
        self._log, self._journal, self._find_server = log, journal, find_server
        self.told: list[Json] = []
        """The events that it was told."""
        self.socket: Socket | None = None
        self.pending: dict[UUID, str] = {}
        """The commands without a final answer, as frames, by id."""
        self._settled: list[tuple[UUID, str]] = []
        self._columns: list[int] = []
        self._playing = False
        self._welcomed = self._ready = self._thinking = False
        self._favourite = world.rng.randrange(COLUMNS)

    @property
    def version(self) -> int:
        return len(self.told)

    @property
    def up_to_date(self) -> bool:
        """True while it is connected and has the whole log and an answer to each of its commands."""
        whole = self._log.shows(StreamId(self.game), self.told, whole=True)
        return self._ready and whole and not self.pending

    # Connecting

    def connect(self) -> None:
        if self._world.over:
            return
        server = self._find_server()
        if server is None:
            self._later(RETRY, self.connect)
            return
        number = self._world.new_number()
        self.socket = socket = Socket(self._world, self, number, ROOM)
        socket.pace = 0.35 if self.trickles else 0.0
        self._welcomed = self._ready = False
        self._world.note(self.name, "connects", number, server.name, self.version)
        ids = [event["command_id"] for event in self.told]
        resume = f"after={self.version}&last={ids[-1]}&history={crc32(''.join(ids).encode())}" if ids else ""
        self._world.loop.call_later(self._world.delay(0.0), server.connect, socket, self.game, resume)

    def leave(self) -> None:
        if self.socket and self.socket.open:
            self._world.note(self.name, "leaves", self.socket.number)
            self.socket.leave()
            self._lost()

    def closed(self, socket: Socket, code: int) -> None:
        if socket is self.socket:
            self._world.note(self.name, "closed", socket.number, code)
            if code == TOO_SLOW.code:  # told to try again later, as when it is told "rate_limited"
                self._world.fault_until(self._world.loop.time())
            if code == HISTORY_CHANGED.code:
                self._begin_anew()
            elif code not in (1001, 1006, 1013) and not (code == 1008 and self._world.setting.rate):
                self._world.violate(f"{self.name}: closed with {code}")
            self._lost()

    def _begin_anew(self) -> None:
        """Forget a game of which the log has lost events."""
        if not self._log.histories.get(StreamId(self.game)):
            self._world.violate(f"{self.name} was told that the log went back, and it has not")
        self.told, self._columns, self._playing = [], [], False

    def _lost(self) -> None:
        self.socket = None
        self._ready = False
        if not self._world.over:
            self._later(RETRY, self.connect)

    def _later(self, seconds: float, do: Callable[[], None]) -> None:
        self._world.loop.call_later(seconds * self._world.rng.random(), do)

    # Receiving

    def heard(self, socket: Socket, frame: str) -> None:
        if socket is not self.socket:
            return
        message: dict[str, Any] = msgspec.json.decode(frame)
        kind = message["type"]
        if not self._welcomed and kind != "welcome":
            self._world.violate(f"{self.name}: {kind} before welcome")
        match kind:
            case "welcome":
                self._welcomed = True
                if self._token is None:
                    self._be_ready()
                else:
                    socket.say(msgspec.json.encode({"type": "authenticate", "token": self._token}).decode())
            case "events":
                self._apply(message["events"])
            case "seated":
                self._be_ready()
            case "accepted":
                self._answered(UUID(message["id"]), message["version"])
            case "rejected":
                self._answered(UUID(message["id"]), message["code"])

    def _be_ready(self) -> None:
        self._ready = True
        if self._restless and self._world.playing:
            self._later(STAY, self.leave)
        for id in list(self.pending):
            self._send(id)
        self._think()

    def _apply(self, events: list[Json]) -> None:
        """Take one frame of events, which has to be the next ones of the log, and exactly one commit."""
        stream = StreamId(self.game)
        first, last = events[0]["version"], events[-1]["version"]
        self._world.note(self.name, "hears", first, last)
        told = self.told + events
        if first != self.version + 1 or not (self._log.shows(stream, told) or self._log.showed(stream, told)):
            self._world.violate(f"{self.name} at {self.version} was told {events}")
            return
        self.told = told
        if self._log.shows(stream, told):
            self._check_commit(stream, first, last)
        for event in events:
            self._evolve(event)
        self._think()

    def _check_commit(self, stream: StreamId, first: int, last: int) -> None:
        """Check that these versions are exactly one commit."""
        stored = self._log.streams[stream]
        if {event.transaction_id for event in stored[first - 1 : last]} != {stored[last - 1].transaction_id}:
            self._world.violate(f"{self.name}: {first} to {last} in one frame are not of one commit")
        if last < len(stored) and stored[last].transaction_id == stored[last - 1].transaction_id:
            self._world.violate(f"{self.name}: a frame ends at {last}, in the middle of a commit")

    def _evolve(self, event: Json) -> None:
        match event["type"]:
            case "GameStarted":
                self._playing = True
            case "MoveMade":
                self._columns.append(event["data"]["column"])
            case "GameFinished":
                self._playing = False

    def _answered(self, id: UUID, answer: int | str) -> None:
        world = self._world
        world.note(self.name, "is answered", id, answer)
        assert self.socket
        self._journal.answered(id, self.socket.number, answer)
        if isinstance(answer, int):
            recorded = self._log.of_command(StreamId(self.game), id)
            lost = self._log.was_lost(StreamId(self.game), id)
            if not lost and (not recorded or recorded[-1].version != answer):
                world.violate(f"{self.name}: {id} was accepted at {answer}, and is not there in the log")
        if answer == "rate_limited":
            world.fault_until(world.loop.time())
        if answer in NOT_FINAL:
            self._later(RETRY, lambda: self._send_again(id))
        elif id in self.pending:
            self._settled.append((id, self.pending.pop(id)))
            self._think()

    # Sending

    def _send(self, id: UUID, frame: str | None = None) -> None:
        assert self.socket
        self._world.note(self.name, "sends", id, self.socket.number)
        self._journal.sent(id, self.socket.number)
        self.socket.say(frame or self.pending[id])

    def _send_again(self, id: UUID) -> None:
        if self._ready and id in self.pending:
            self._send(id)

    def _think(self) -> None:
        if self._token is not None and not self._thinking:
            self._thinking = True
            self._later(self._world.setting.think, self._act)

    def _act(self) -> None:
        """Do one thing or nothing. A player whose turn it is tries again until the move is made."""
        self._thinking = False
        world, habits = self._world, self._world.setting.habits
        if not world.playing or not self._ready:
            return
        assert self._player
        turn = self._playing and (len(self._columns) % 2 == 1) == (self._seat is Seat.RED)
        if self._settled and world.chance(habits.again):
            self._send(*world.rng.choice(self._settled[-4:]))
        if self.pending and world.chance(habits.again):
            self._send(world.rng.choice(list(self.pending)))
        if world.chance(habits.resign):
            self._give(Resign(player=self._player), None)
        elif (turn and not self.pending) or world.chance(habits.foul):
            self._move(self._player)
        if world.chance(habits.leave):
            self.leave()
        elif self._playing and (turn or habits.foul):
            self._think()

    def _move(self, player: PlayerId) -> None:
        world = self._world
        free = [c for c in range(-1, COLUMNS) if self._columns.count(c) < ROWS or world.chance(0.1)]
        column = self._favourite if world.chance(FAVOURITE) else world.rng.choice(free or [0])
        version = None if world.chance(world.setting.habits.blind) else self.version
        self._give(Move(player=player, column=column), version)

    def _give(self, command: Move | Resign, version: int | None) -> None:
        """Send a new command; a move may name the `version` that the player saw."""
        id = self._world.new_id()
        message: Json = {"type": type(command).__name__.lower(), "id": id}
        if isinstance(command, Move):
            message["column"] = command.column
        if version is not None:
            message["version"] = version
        self.pending[id] = msgspec.json.encode(message).decode()
        self._journal.give(id, StreamId(self.game), command, version)
        self._world.note(self.name, "gives", id, command, version)
        self._send(id)
