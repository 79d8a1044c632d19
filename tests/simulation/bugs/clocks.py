"""Bugs in the rules of clocks and offers: games folded wrongly, and participants who are believed."""

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from server.game.board import Seat
from server.game.commands import (
    AcceptDraw,
    AcceptRematch,
    AcceptTakeback,
    Away,
    Command,
)
from server.game.endings import AWAY_WITH_CLOCK
from server.game.events import AnyEvent, DrawOffered, MoveMade, MovesTakenBack, TakebackOffered
from server.game.state import EPOCH, Game
from server.game_cache import CachedGame, GameCache
from server.handler import BeforeAppend, Handler
from server.sockets.participant import Participant
from server.sockets.session import Session
from server.store import codec
from server.store.event_store import Metadata, RecordedEvent, StreamId
from server.wire.frame import Frame
from server.wire.from_client import Request


class Misfolded(CachedGame, ABC):
    """A game that a subclass makes another one after each event."""

    def apply(self, recorded: Sequence[RecordedEvent], events: Iterable[AnyEvent] | None = None) -> None:
        for stored, event in zip(recorded, events or map(codec.decode, recorded), strict=True):
            before = self.game
            super().apply([stored], [event])
            if self.game is not before:
                self.game = self.misfold(before, event, stored.recorded_at)

    @abstractmethod
    def misfold(self, before: Game, event: AnyEvent, at: datetime) -> Game:
        """The game in place of this one, after `event`."""


class MisfoldingCache(GameCache):
    """Folds each game as a game of the type `folded`."""

    folded: type[Misfolded]

    async def load(self, stream_id: StreamId) -> CachedGame:
        self._games.setdefault(stream_id.int, self.folded())
        return await super().load(stream_id)


class _KeepsTheClock(Misfolded):
    def misfold(self, before: Game, event: AnyEvent, at: datetime) -> Game:
        game, clocks = self.game, before.clocks
        if not isinstance(event, MovesTakenBack) or clocks is None or game.clocks is None:
            return game
        sides = tuple(
            clocks.side(Seat.RED if place % 2 else Seat.YELLOW) for place in range(len(game.clocks.sides))
        )
        return replace(game, clocks=replace(game.clocks, sides=sides))


class KeepsTheClock(MisfoldingCache):
    """Takes moves off the board, and leaves the clocks as they are."""

    folded = _KeepsTheClock


class _KeepsTheOffer(Misfolded):
    def misfold(self, before: Game, event: AnyEvent, at: datetime) -> Game:
        if not isinstance(event, MoveMade) or not before.offers.open:
            return self.game
        return replace(self.game, offers=replace(self.game.offers, open=before.offers.open))


class KeepsTheOffer(MisfoldingCache):
    """Leaves an offer open when the opponent moves."""

    folded = _KeepsTheOffer


class _CountsFromOffers(Misfolded):
    def misfold(self, before: Game, event: AnyEvent, at: datetime) -> Game:
        offered = isinstance(event, DrawOffered | TakebackOffered)
        return replace(self.game, since=at) if offered else self.game


class CountsFromOffers(MisfoldingCache):
    """Counts the time of a move from the last event, also where that was an offer."""

    folded = _CountsFromOffers


class AcceptsWhateverIsOpen(Handler):
    """Takes the answer to an offer for one to the offer that is open now."""

    async def _handle(
        self,
        stream_id: StreamId,
        command: Command,
        version: int | None,
        metadata: Metadata,
        before_append: BeforeAppend | None,
        failed: Exception | None = None,
    ) -> int:
        if isinstance(command, AcceptDraw | AcceptTakeback | AcceptRematch):
            open = (await self._cache.load(stream_id)).game.offers.open
            command = replace(command, offer=open.version) if open else command
        return await super()._handle(stream_id, command, version, metadata, before_append, failed)


class Unstamped(Participant):
    """Takes a command for one that arrives when it is carried out."""

    __slots__ = ()

    def begin(self, *arguments: Any) -> bool:
        return False

    async def carry_out(
        self, request: Request, arrived: float | None, begun: Awaitable[int] | None = None
    ) -> Frame:
        return await super().carry_out(request, None, begun)


class Credulous(Participant):
    """Believes a player that the opponent is gone."""

    __slots__ = ()

    def _opponent_away(self) -> Away | None:
        return Away(since=EPOCH - AWAY_WITH_CLOCK, left=True)  # the clock of a run begins at EPOCH


class UnstampedSession(Session):
    """The session of a participant who is Unstamped."""

    __slots__ = ()

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._participant = Unstamped(self._game, self._services, self._lag)


class CredulousSession(Session):
    """The session of a participant who is Credulous."""

    __slots__ = ()

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._participant = Credulous(self._game, self._services, self._lag)
