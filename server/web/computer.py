"""Seating the computer at a game that somebody opens: so many games at a time from an address."""

from datetime import timedelta
from http import HTTPStatus
from uuid import UUID

from starlette.requests import Request

from server.errors import Problem, TooMany
from server.game.board import Seat
from server.game.engine import ENGINE
from server.game.events import Bot, GameId, PlayerId, PlayerJoined
from server.game.state import Status
from server.metrics import LIMIT_HITS
from server.processes.computer import NAME
from server.services import Services
from server.serving.limits import Limits
from server.store.ids import derived

FORSAKEN = timedelta(minutes=10)
"""Time without a move after which a game against the computer does not count as one under way."""
JUST_NOW = 30.0
"""Age up to which a game may not have been recorded yet, in seconds."""
SERIES = 100
"""Most rematches that are looked through for the one under way."""


async def seat_computer(request: Request, game: GameId, opponent: str, seat: Seat) -> PlayerJoined:
    """The computer, as `opponent` says ("bot:easy"), across from `seat`. Raises Problem where the address has
    as many games against it as it may have; StoreUnavailable."""
    services: Services = request.state.services
    limits: Limits = request.state.limits

    async def is_over(other: str, age: float) -> bool:
        return not await _is_under_way(services, GameId(UUID(other)), age)

    try:
        await limits.computer_game(request.client.host if request.client else None, str(game), is_over)
    except TooMany as reached:
        services.metrics.counts[LIMIT_HITS[reached.limit]] += 1
        detail = "You have as many games against the computer as one address may have. Finish one first."
        raise Problem(HTTPStatus.TOO_MANY_REQUESTS, "too_many_games", detail) from None
    services.thinking.prepare()
    bot = Bot(level=opponent.removeprefix("bot:"), engine=ENGINE)
    return PlayerJoined(seat=seat.other, player=PlayerId(derived(game, "computer")), name=NAME, bot=bot)


async def _is_under_way(services: Services, id: GameId, age: float) -> bool:
    """True if the game of this age, or the last of its rematches, is being played, or is about to be."""
    for _ in range(SERIES):
        game = await services.handler.load(id)
        if not game.created:
            return age < JUST_NOW
        if game.offers.rematch is None:
            return game.status is Status.PLAYING and services.clock.now() < game.since + FORSAKEN
        id = game.offers.rematch
    return True
