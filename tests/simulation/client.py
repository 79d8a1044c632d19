"""A browser: plays at random, keeps each command until it is answered, and reconnects after every loss."""

from collections.abc import Callable
from typing import Any
from uuid import UUID
from zlib import crc32

import msgspec

from server.game.board import COLUMNS, ROWS, Seat
from server.game.clock import Arrival
from server.game.commands import Claim, ClaimAbandonment, ClaimTimeout, Command, Move, Resign
from server.game.events import GameId, PlayerId
from server.game.state import EPOCH
from server.store.event_store import StreamId
from server.wire.close import HISTORY_CHANGED, TOO_SLOW
from tests.simulation.journal import NOT_FINAL, Journal
from tests.simulation.manners import View, message_of
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

BEFORE, AFTER = 0.1, 0.3
"""Longest time before and after the end of their time at which players who dawdle move, in seconds."""
MOST_PENDING = 24
"""Number of commands without an answer from which on a client gives no other: it sends all of them again
after each reconnect, and where the outbox is small few of the answers come through."""
PATIENCE = 8
"""Number of commands without an answer with which a player does nothing but move."""
ANSWERS = 0.5
"""Probability that a player does something about an open offer of the opponent, each time that it could."""
CLAIM_AFTER = 0.06
"""Longest time after the end of the opponent's time at which a player says so, in seconds."""

FindServer = Callable[[], Server | None]


class Client:
    """One browser tab. `token`, `seat` and `player` are those of its player, or None for a spectator."""

    def __init__(
        self, world: World, name: str, game: GameId, token: str | None, seat: Seat | None,
        player: PlayerId | None, log: Log, journal: Journal, find_server: FindServer, *,
        trickles: bool = False, restless: bool = False,
        on_rematch: Callable[[GameId, GameId], None] = lambda game, next: None,
    ) -> None:  # fmt: skip
        """`on_rematch` is told of the game that follows this one, each time that the client hears of it."""
        self.name, self.game, self.trickles, self._restless = name, game, trickles, restless
        self._world, self._token, self._seat, self._player = world, token, seat, player
        self._log, self._journal, self._find_server = log, journal, find_server
        self._on_rematch = on_rematch
        self.gone = False
        """True once it has left for good."""
        self.told: list[Json] = []
        """The events that it was told."""
        self.socket: Socket | None = None
        self.pending: dict[UUID, str] = {}
        """The commands without a final answer, as frames, by id."""
        self._settled: list[tuple[UUID, str]] = []
        self._columns: list[int] = []
        self._playing = False
        self._welcomed = self._ready = self._thinking = False
        self._view = View(game, world.rng)
        self._heard_at = 0.0
        self._dawdled_at = 0
        self._favourite = world.rng.randrange(COLUMNS)

    @property
    def version(self) -> int:
        return len(self.told)

    @property
    def seat(self) -> Seat | None:
        return self._seat

    @property
    def up_to_date(self) -> bool:
        """True while it is connected and has the whole log and an answer to each of its commands."""
        whole = self._log.shows(StreamId(self.game), self.told, whole=True)
        return self._ready and whole and not self.pending

    # Connecting

    def connect(self) -> None:
        if self._world.over or self.gone:
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

    def leave(self, code: int = 1005) -> None:
        if self.socket and self.socket.open:
            self._world.note(self.name, "leaves", self.socket.number)
            self.socket.leave(code)
            self._lost()

    def leave_for_good(self) -> None:
        """Close the page."""
        self.gone = True
        self.leave(1001)

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
        self._view = View(self.game, self._world.rng)

    def arrived(self, socket: Socket, id: UUID) -> None:
        self._journal.arrived(id, socket.number)

    def _lost(self) -> None:
        if self._seat and self._ready:
            self._journal.went(StreamId(self.game), self._seat, self)
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
                assert self._seat
                self._journal.came(StreamId(self.game), self._seat, self)
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
        self._heard_at = self._world.loop.time()
        if self._seat and self._playing and not self._on_turn:
            self._mind_the_clock()
        self._think()

    def _check_commit(self, stream: StreamId, first: int, last: int) -> None:
        """Check that these versions are exactly one commit."""
        stored = self._log.streams[stream]
        if {event.transaction_id for event in stored[first - 1 : last]} != {stored[last - 1].transaction_id}:
            self._world.violate(f"{self.name}: {first} to {last} in one frame are not of one commit")
        if last < len(stored) and stored[last].transaction_id == stored[last - 1].transaction_id:
            self._world.violate(f"{self.name}: a frame ends at {last}, in the middle of a commit")

    def _evolve(self, event: Json) -> None:
        self._view.happened(event)
        match event["type"]:
            case "GameStarted":
                self._playing = True
            case "MoveMade":
                self._columns.append(event["data"]["column"])
            case "MovesTakenBack":
                del self._columns[-event["data"]["number"] :]
            case "GameFinished" | "GameAborted":
                self._playing = False
            case "RematchAccepted":
                self._on_rematch(self.game, GameId(UUID(event["data"]["game"])))

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
        self.socket.say(frame or self.pending[id], id)

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
        turn = self._on_turn
        if self._settled and world.chance(habits.again):
            self._send(*world.rng.choice(self._settled[-4:]))
        if self.pending and world.chance(habits.again):
            self._send(world.rng.choice(list(self.pending)))
        if len(self.pending) >= MOST_PENDING:
            self._think()
            return
        patient = len(self.pending) < PATIENCE or not world.setting.processes
        asked = habits.manners and self._view.asked(self._player)
        if patient and world.chance(ANSWERS if asked else habits.manners):
            self._give(self._view.choose(self._player), None)
        if world.chance(habits.resign):
            self._give(Resign(player=self._player), None)
        elif turn and self._dawdles():
            return
        elif (turn and not self._waits) or (patient and world.chance(habits.foul)):
            self._move(self._player)
        if world.chance(habits.leave):
            self.leave()
        elif self._playing and (turn or habits.foul):
            self._think()

    @property
    def _on_turn(self) -> bool:
        return self._playing and (len(self._columns) % 2 == 1) == (self._seat is Seat.RED)

    @property
    def _waits(self) -> bool:
        """True while a move has no answer. Where players do more than move, other commands may wait."""
        if not self._world.setting.processes:
            return bool(self.pending)
        return any(isinstance(self._journal.commands[id].command, Move) for id in self.pending)

    def _dawdles(self) -> bool:
        """Think until about the end of the own time, now and then; returns whether it does."""
        assert self._seat
        left = self._view.time_left(self._seat)
        if left is None or self._dawdled_at == self.version:
            return False
        self._dawdled_at = self.version
        if not self._world.chance(self._world.setting.habits.dawdle):
            return False
        ends = self._heard_at + left + self._world.rng.uniform(-BEFORE, AFTER)
        self._thinking = True
        self._world.loop.call_at(max(ends, self._world.loop.time()), self._act)
        return True

    def _mind_the_clock(self) -> None:
        """Say that the opponent's time is up when it should be, now and then."""
        assert self._seat
        left, world, version = self._view.time_left(self._seat.other), self._world, self.version

        def claim() -> None:
            assert self._player
            if self._ready and world.playing and self.version == version:
                self._give(ClaimTimeout(player=self._player, arrival=Arrival(at=EPOCH)), None)

        if left is not None and world.chance(world.setting.habits.manners):
            world.loop.call_later(left + CLAIM_AFTER * world.rng.random(), claim)

    def claim_abandonment(self) -> None:
        """Claim that the opponent is gone, where nothing else waits for an answer."""
        assert self._player
        if self._ready and not self.pending:
            self._give(ClaimAbandonment(player=self._player, result=Claim.WIN, at=EPOCH, away=None), None)

    def move_anywhere(self) -> None:
        """Make a move that the rules allow, where it is the own turn."""
        assert self._player
        if self._ready and self._on_turn and not self.pending:
            column = next(column for column in range(COLUMNS) if self._columns.count(column) < ROWS)
            self._give(Move(player=self._player, column=column), self.version)

    def _move(self, player: PlayerId) -> None:
        world = self._world
        free = [c for c in range(-1, COLUMNS) if self._columns.count(c) < ROWS or world.chance(0.1)]
        column = self._favourite if world.chance(FAVOURITE) else world.rng.choice(free or [0])
        version = None if world.chance(world.setting.habits.blind) else self.version
        self._give(Move(player=player, column=column), version)

    def _give(self, command: Command, version: int | None) -> None:
        """Send a new command; a move may name the `version` that the player saw."""
        id = self._world.new_id()
        message = message_of(command) | {"id": id}
        if version is not None:
            message["version"] = version
        self.pending[id] = msgspec.json.encode(message).decode()
        self._journal.give(id, StreamId(self.game), command, version)
        self._world.note(self.name, "gives", id, command, version)
        self._send(id)
