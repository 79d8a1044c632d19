"""Seating the computer at a game that somebody opens: so many games at a time from an address."""

from uuid import uuid5

from starlette.requests import Request

from server.game.board import Seat
from server.game.engine import ENGINE
from server.game.events import Bot, GameId, PlayerId, PlayerJoined
from server.processes.computer import NAME
from server.services import Services


async def seat_computer(request: Request, game: GameId, opponent: str, seat: Seat) -> PlayerJoined:
    """The computer, as `opponent` says ("bot:easy"), across from `seat`. Raises Problem where the address has
    as many games against it as it may have."""
    services: Services = request.state.services
    services.thinking.prepare()
    bot = Bot(level=opponent.removeprefix("bot:"), engine=ENGINE)
    return PlayerJoined(seat=seat.other, player=PlayerId(uuid5(game, "computer")), name=NAME, bot=bot)
