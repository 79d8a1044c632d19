"""The command that a player's message asks for, with what its decision has to know of time."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import assert_never

from server.game import commands
from server.game.clock import GRACE, Arrival
from server.game.commands import Away, Command
from server.game.events import GameId, PlayerId
from server.game.offers import rematch_id
from server.wire import from_client
from server.wire.from_client import OtherCommandMessage


def command_of(
    message: OtherCommandMessage,
    game: GameId,
    player: PlayerId,
    arrival: Arrival | None,
    now: datetime,
    away: Callable[[], Away | None],
) -> Command:
    """The command of `player` in `game`. `arrival` is that of the message, where the game has a clock; `away`
    returns what is known of the opponent's absence."""
    match message:
        case from_client.ResignMessage():
            return commands.Resign(player=player)
        case from_client.AbortMessage():
            return commands.Abort(player=player)
        case from_client.ClaimTimeoutMessage():
            arrival = arrival or Arrival(at=now)
            return commands.ClaimTimeout(player=player, arrival=replace(arrival, at=arrival.at - GRACE))
        case from_client.ClaimAbandonmentMessage(result=result):
            return commands.ClaimAbandonment(player=player, result=result, at=now, away=away())
        case from_client.OfferDraw():
            return commands.OfferDraw(player=player)
        case from_client.OfferTakeback():
            return commands.OfferTakeback(player=player, at=now)
        case from_client.OfferRematch():
            return commands.OfferRematch(player=player, game=rematch_id(game))
        case from_client.AcceptDraw(offer=offer):
            return commands.AcceptDraw(player=player, offer=offer)
        case from_client.DeclineDraw(offer=offer):
            return commands.DeclineDraw(player=player, offer=offer)
        case from_client.AcceptTakeback(offer=offer):
            return commands.AcceptTakeback(player=player, offer=offer)
        case from_client.DeclineTakeback(offer=offer):
            return commands.DeclineTakeback(player=player, offer=offer)
        case from_client.AcceptRematch(offer=offer):
            return commands.AcceptRematch(player=player, offer=offer, game=rematch_id(game))
        case from_client.DeclineRematch(offer=offer):
            return commands.DeclineRematch(player=player, offer=offer)
        case _:
            assert_never(message)
