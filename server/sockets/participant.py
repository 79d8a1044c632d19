"""The user of one socket: takes a seat by its token, gives commands, and gets an answer to each."""

from typing import assert_never
from uuid import UUID

from server.errors import BadToken, StoreUnavailable
from server.game.board import Seat
from server.game.commands import Command, Move, Resign
from server.game.events import GameId, PlayerId
from server.game.rejected import Code, Rejected
from server.handler import Handler
from server.metrics import TOLD_UNAVAILABLE, Metrics
from server.store.credentials import Credentials
from server.wire import messages
from server.wire.frame import Frame
from server.wire.messages import Authenticate, MoveMessage, NotYet, Request, ResignMessage

REMEMBERED = 64
"""Refusals that are remembered, so that a command sent again has the same answer."""

UNAVAILABLE = Rejected(Code.UNAVAILABLE, "The game cannot be reached right now. Try again.")


class Participant:
    """A spectator, until a token proves which player it is."""

    __slots__ = "_credentials", "_game", "_handler", "_metrics", "_player", "_refused", "seat"

    def __init__(self, game: GameId, handler: Handler, credentials: Credentials, metrics: Metrics) -> None:
        self._game, self._handler, self._credentials = game, handler, credentials
        self._metrics = metrics
        self._player: PlayerId | None = None
        self._refused: dict[UUID, Rejected] = {}
        self.seat: Seat | None = None

    async def carry_out(self, request: Request) -> Frame:
        """Carry out `request`; returns the frame that answers it.

        Raises BadToken; StoreUnavailable where the token cannot be looked up.
        """
        if isinstance(request, Authenticate):
            return await self._authenticate(request)
        if earlier := self._refused.get(request.id):
            return messages.rejected(request.id, earlier)
        try:
            command, version = self._command(request)
            return messages.accepted(
                request.id, await self._handler.handle(self._game, command, request.id, version)
            )
        except StoreUnavailable:  # the outcome may be unknown: not remembered as an answer
            self._metrics.counts[TOLD_UNAVAILABLE["command"]] += 1
            return messages.rejected(request.id, UNAVAILABLE)
        except Rejected as refusal:
            if refusal.code is not Code.UNAVAILABLE:
                self._remember(request.id, refusal)
            return messages.rejected(request.id, refusal)

    async def _authenticate(self, request: Authenticate) -> Frame:
        player = await self._credentials.player(self._game, request.token)
        seat = player and await self._handler.seat_of(self._game, player)
        if not player or not seat:
            raise BadToken
        self._player, self.seat = player, seat
        return messages.seated(seat)

    def _command(self, request: MoveMessage | ResignMessage | NotYet) -> tuple[Command, int | None]:
        """The command that `request` asks for, and the version of the game that its player saw."""
        if self._player is None:
            raise Rejected(Code.NOT_SEATED, "You are watching; take a seat to play.")
        match request:
            case MoveMessage():
                return Move(player=self._player, column=request.column), request.version
            case ResignMessage():
                return Resign(player=self._player), None
            case NotYet():
                raise Rejected(Code.NOT_SUPPORTED, "This server does not know that yet.")
            case _:
                assert_never(request)

    def _remember(self, id: UUID, refusal: Rejected) -> None:
        self._refused[id] = refusal
        if len(self._refused) > REMEMBERED:
            del self._refused[next(iter(self._refused))]
