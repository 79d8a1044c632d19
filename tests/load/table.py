"""A game in play: its players and spectators, the move on its way, and all that they were told."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol
from uuid import uuid4

from tests.faults.checker import Kind, Violation
from tests.golden.rules import SEATS
from tests.load.client import Connection, Frames
from tests.load.recorder import Latency, Recorder
from tests.load.web import Pair

OPPONENT, ACCEPTED, SPECTATORS = 1, 2, 4
"""Conditions for the next move: the opponent's socket has this one; the mover was told that it is durable;
every spectator's socket has it. Plain bits, because an IntFlag costs far more."""


class Referee(Protocol):
    """Receives the events of a table."""

    def moved(self, table: "Table", at: int) -> None:
        """Everything awaited of a move has come, at `time.monotonic_ns()`."""

    def left(self, table: "Table") -> None:
        """Every socket has the last move."""

    def lost(self, table: "Table", connection: Connection, code: int) -> None:
        """A socket of the table was lost."""

    def failed(self, table: "Table", reason: str) -> None:
        """The game cannot go on."""


@dataclass
class Record:
    """Everything that the clients of one game were told, to be checked against its log."""

    game: str
    frames: Frames = field(default_factory=dict)
    sent: set[str] = field(default_factory=set)
    """The ids of the commands that were sent."""
    answers: dict[str, int] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    ends: list[tuple[str, int]] = field(default_factory=list)
    """The last version of each socket, where all of them must have the whole log; empty where one was
    lost."""
    violations: list[Violation] = field(default_factory=list)


class Table:
    """Two players who play `order`, and spectators. Feeds `recorder`; moves when it is told to."""

    def __init__(
        self,
        pair: Pair,
        order: tuple[int, ...],
        spectators: int,
        awaited: int,
        referee: Referee,
        recorder: Recorder,
    ) -> None:
        self.game, self.record = pair.game, Record(pair.game)
        frames = self.record.frames
        self.players = [
            Connection(self, frames, seat, token) for seat, token in enumerate((pair.yellow, pair.red))
        ]
        self.spectators = [Connection(self, frames) for _ in range(spectators)]
        self.awaiting = 0
        self.over = False
        """True when it was played to its end."""
        self.failed = False
        """True when it cannot be played to its end."""
        self.closed = False
        self._order, self._referee, self._all = order, referee, awaited
        self._count = self._arrived = self._watched = 0
        self._intended: dict[int, int] = {}
        """The intended time of each move, by the version that it will have."""
        self._version = 0
        """The version that the last move will have."""
        self._prefix = str(uuid4())[:24]
        self._id, self._frame = "", b""
        self._accepted = recorder.of[Latency.ACCEPTED].append
        self._opponent = recorder.of[Latency.OPPONENT].append
        self._spectator = recorder.of[Latency.SPECTATOR].append
        self._last = recorder.of[Latency.LAST_SPECTATOR].append

    @property
    def connections(self) -> Iterator[Connection]:
        yield from self.players
        yield from self.spectators

    @property
    def whole(self) -> bool:
        """Return whether nothing is on its way."""
        head = max((last for _, last in self.record.frames.values()), default=0)
        return not self.awaiting and all(each.version == head for each in self.connections)

    def move(self, intended: int) -> None:
        """Make the next move, intended for the time `intended`, by `time.monotonic_ns()`."""
        number = self._count
        mover = self.players[number & 1]
        self._count += 1
        self._version = mover.version + 1
        self._intended[self._version] = intended
        self.awaiting, self._watched = self._all, 0
        self._id = f"{self._prefix}{number:012x}"
        self.record.sent.add(self._id)
        self._frame = b'{"type":"move","id":"%b","column":%d,"version":%d}' % (
            self._id.encode(),
            self._order[number],
            mover.version,
        )
        mover.send(self._frame)

    def resume(self, connection: Connection) -> None:
        """Go on after `connection` came back: send again, under the same id, what has no answer yet."""
        if self.awaiting and connection is self.players[(self._count - 1) & 1]:
            connection.send(self._frame)

    def fail(self) -> None:
        """Stop waiting."""
        self.failed, self.awaiting = True, 0

    def leave(self) -> None:
        """Close every socket, and record its last version."""
        self.closed = True
        if not self.failed and all(each.here for each in self.connections):
            self.record.ends = [(name(each), each.version) for each in self.connections]
        for connection in self.connections:
            connection.leave()

    # Called by connections

    def heard(self, connection: Connection, first: int, at: int) -> None:
        intended = self._intended.get(first)
        if intended is None:
            return  # history from before the first move
        latency, seat = (at - intended) // 1000, connection.seat
        if seat < 0:
            self._spectator(latency)
            if first == self._version:
                self._watched += 1
                if self._watched == len(self.spectators) and self._all & SPECTATORS:
                    self._last(latency)
                    self._have(SPECTATORS, at)
        elif first == self._version and seat == self._count & 1:
            self._opponent(latency)
            self._have(OPPONENT, at)
        if first == self._version and self._count == len(self._order):
            self._arrived += 1
            if self._arrived == 2 + len(self.spectators):
                self._referee.left(self)

    def accepted(self, connection: Connection, id: str, version: int, at: int) -> None:
        if self.record.answers.setdefault(id, version) != version or id not in self.record.sent:
            self.violated(connection, Kind.WRONG_ANSWER, f"was told that command {id} is at {version}")
        if id == self._id and (self.awaiting & ACCEPTED or not self._all & ACCEPTED):
            self._accepted((at - self._intended[self._version]) // 1000)
            self._have(ACCEPTED, at)

    def rejected(self, connection: Connection, id: str | None, code: str) -> None:
        if id is not None:
            self.record.refused[id] = code
        self._referee.failed(self, f"rejected {code}")

    def lost(self, connection: Connection, code: int) -> None:
        self._referee.lost(self, connection, code)

    def violated(self, connection: Connection, kind: Kind, detail: str) -> None:
        self.record.violations.append(Violation(kind, self.game, f"{name(connection)} {detail}"))

    def _have(self, what: int, at: int) -> None:
        if self.awaiting & what:
            self.awaiting &= ~what
            if not self.awaiting:
                self.over = self._count == len(self._order)
                self._referee.moved(self, at)


def name(connection: Connection) -> str:
    """The name of the connection in a violation."""
    return SEATS[connection.seat] if connection.seat >= 0 else "a spectator"
