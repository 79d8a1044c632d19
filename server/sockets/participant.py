"""The user of one socket: takes a seat by its token, gives commands, and gets an answer to each."""

from collections.abc import Awaitable, Callable, Coroutine
from typing import Any
from uuid import UUID

from server.delivery.room import Lag
from server.errors import BadToken, StoreUnavailable
from server.game.board import Seat
from server.game.clock import Arrival
from server.game.commands import Away, Command, Move
from server.game.events import GameId, PlayerId
from server.game.rejected import Code, Rejected
from server.game.state import Game, Status
from server.metrics import TOLD_UNAVAILABLE
from server.services import Services
from server.sockets.commands import command_of
from server.wire import to_client
from server.wire.frame import Frame
from server.wire.from_client import Authenticate, CommandMessage, MoveMessage, Request

REMEMBERED = 64
"""Refusals that are remembered, so that a command sent again has the same answer."""

UNAVAILABLE = Rejected(Code.UNAVAILABLE, "The game cannot be reached right now. Try again.")


class Participant:
    """A spectator, until a token proves which player it is. `lag` returns the latency of its connection in
    seconds, where it is known."""

    __slots__ = "_game", "_lag", "_refused", "_services", "opens", "player", "seat", "timed"

    def __init__(self, game: GameId, services: Services, lag: Lag | None) -> None:
        self._game, self._services, self._lag = game, services, lag
        self.player: PlayerId | None = None
        self._refused: dict[UUID, Rejected] = {}
        self.seat: Seat | None = None
        self.timed = True
        """False once the game is known to have no clock: then nobody needs to know when a command arrived."""
        self.opens = False
        """True for somebody who waits at a listed game for whoever comes."""

    def begin(
        self,
        request: Request,
        arrived: float | None,
        on_accepted: Callable[[UUID, int], None],
        on_trouble: Callable[[Coroutine[Any, Any, int]], None],
    ) -> bool:
        """Carry out `request` without a task, where it is a move and nothing has to be waited for but its
        append; else return False, with nothing done. `carry_out` is to be given what `on_trouble` is."""
        player, services = self.player, self._services
        if type(request) is not MoveMessage or player is None:
            return False
        if self._refused and request.id in self._refused:
            return False
        if arrived is not None and not services.heartbeat.knows(arrived):
            return False
        arrival = self._arrival_of_move(arrived) if self.timed else None
        command = Move(player=player, column=request.column, arrival=arrival)
        return services.handler.begin(
            self._game, command, request.id, request.version, on_accepted, on_trouble
        )

    async def carry_out(
        self, request: Request, arrived: float | None, begun: Awaitable[int] | None = None
    ) -> Frame:
        """Carry out `request`, which arrived at that moment of this process's clock where that matters;
        returns the frame that answers it. `begun` is the rest of a command that was begun.

        Raises BadToken; StoreUnavailable where the token cannot be looked up.
        """
        if isinstance(request, Authenticate):
            return await self._authenticate(request)
        if begun is None and (earlier := self._refused.get(request.id)):
            return to_client.rejected(request.id, earlier)
        try:
            return to_client.accepted(request.id, await self._give(request, arrived, begun))
        except StoreUnavailable:  # the outcome may be unknown: not remembered as an answer
            self._services.metrics.counts[TOLD_UNAVAILABLE["command"]] += 1
            return to_client.rejected(request.id, UNAVAILABLE)
        except Rejected as refusal:
            if refusal.code is not Code.UNAVAILABLE:
                self._remember(request.id, refusal)
            return to_client.rejected(request.id, refusal)

    async def _give(
        self, request: CommandMessage, arrived: float | None, begun: Awaitable[int] | None
    ) -> int:
        """Give the command that `request` asks for, unless it has `begun`; returns its version.

        Raises Rejected; StoreUnavailable.
        """
        handle, heartbeat = self._services.handler.handle, self._services.heartbeat
        if begun is None and arrived is not None and not heartbeat.knows(arrived):
            await heartbeat.ask()  # a downtime that has just ended is given back at once
        version = request.version if isinstance(request, MoveMessage) else None
        try:
            return await (begun or handle(self._game, self._command(request, arrived), request.id, version))
        except Rejected as refusal:
            # There may have been a downtime of which this server does not know yet.
            if refusal.code is not Code.TOO_LATE or not await heartbeat.learn():
                raise
        return await handle(self._game, self._command(request, arrived), request.id, version)

    def seat_at_once(self, request: Authenticate) -> Frame | None:
        """Take the seat of the token where both the token and the game are cached, and return the frame that
        says so; else None, with nothing done."""
        player = self._services.credentials.cached_player(self._game, request.token)
        head = self._services.hub.head(self._game)
        game = player and self._services.handler.cached_game(self._game, player, head)
        return self._sit(game, player) if game and player else None

    async def _authenticate(self, request: Authenticate) -> Frame:
        player = await self._services.credentials.player(self._game, request.token)
        head = self._services.hub.head(self._game)
        game = player and await self._services.handler.seated_game(self._game, player, head)
        if not game or not player:
            raise BadToken
        return self._sit(game, player)

    def _sit(self, game: Game, player: PlayerId) -> Frame:
        """Play as `player`, who has a seat in `game`."""
        seat = game.seat_of(player)
        assert seat
        joined = game.player_at(seat)
        assert joined
        # The id that the game has, and not that of the database's row, which takes longer to encode.
        self.player, self.seat, self.timed = joined.player, seat, game.clocks is not None
        self.opens = game.status is Status.WAITING and game.created is not None and game.created.public
        return to_client.seated(seat)

    def _command(self, request: CommandMessage, arrived: float | None) -> Command:
        """The command that `request` asks for."""
        player = self.player
        if player is None:
            raise Rejected(Code.NOT_SEATED, "You are watching; take a seat to play.")
        if isinstance(request, MoveMessage):
            arrival = self._arrival_of_move(arrived) if self.timed else None
            return Move(player=player, column=request.column, arrival=arrival)
        arrival = self._arrival(arrived, self._opponent_lag()) if self.timed else None
        now = self._services.clock.now()
        return command_of(request, self._game, player, arrival, now, self._opponent_away)

    def _opponent_away(self) -> Away | None:
        return self._services.presence.away(self._game, self.seat.other) if self.seat else None

    def _opponent_lag(self) -> float | None:
        return self._services.presence.lag(self._game, self.seat.other) if self.seat else None

    def _arrival_of_move(self, arrived: float | None) -> Arrival:
        return self._arrival(arrived, self._lag and self._lag())

    def _arrival(self, arrived: float | None, lag: float | None) -> Arrival:
        """The arrival of a request in a game with a clock. `lag` is that of whose time it is about."""
        clock = self._services.clock
        at = clock.now() if arrived is None else clock.at(arrived)
        downtimes = self._services.heartbeat.downtimes
        return Arrival(at=at, lag_ms=int((lag or 0) * 1000), downtimes=downtimes)

    def _remember(self, id: UUID, refusal: Rejected) -> None:
        self._refused[id] = refusal
        if len(self._refused) > REMEMBERED:
            del self._refused[next(iter(self._refused))]
