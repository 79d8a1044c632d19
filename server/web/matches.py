"""Playing now, over HTTP: a seat at a game that waits, or at a new one. See docs/openapi.yaml."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from server.game.events import GameId
from server.processes.matching import Asked
from server.services import Services
from server.serving.limits import Rate
from server.store.ids import derived
from server.web.api import GAME_IDS, ClockTerms, Seating, clock_of, id_and_token, name_of
from server.web.problems import json_response
from server.web.rates import spend
from server.web.requests import account_of, player_needed, read_body


class Match(Seating):
    """The body of `POST /api/matches`."""

    clock: ClockTerms | None = None
    rated: bool | None = None
    """None to leave it to the opponent: rated where both have a player."""


async def match(request: Request) -> Response:
    """Play now."""
    await spend(request, Rate.GAMES)
    services: Services = request.state.services
    account = await account_of(request)
    body = await read_body(request, Match)
    if body.rated and account is None:
        raise player_needed("A rated game is between players")
    id, token = id_and_token(body)
    asked = Asked(
        id=id,
        token=token,
        name=name_of(body, account),
        account=account,
        clock=clock_of(body.clock),
        rated=body.rated,
    )
    answer = await services.matching.seat(asked, GameId(derived(GAME_IDS, str(id))))
    url = f"{request.scope['root_path']}/games/{answer.game}"
    seated = {"game": answer.game, "seat": answer.seat, "token": token, "url": url, "matched": answer.matched}
    return json_response(seated)


ROUTES = [Route("/api/matches", match, methods=["POST"])]
