"""The open offer of a game, folded from its events: for bots, which answer it, and for the rules."""

from typing import Any, NamedTuple

OFFERED = {"DrawOffered": "draw", "TakebackOffered": "takeback", "RematchOffered": "rematch"}
ANSWERED = {
    "DrawDeclined": "draw",
    "TakebackDeclined": "takeback",
    "MovesTakenBack": "takeback",
    "RematchDeclined": "rematch",
    "RematchAccepted": "rematch",
}
"""The kind of the offer that is answered by an event of each type."""
ENDS = ("GameFinished", "GameAborted")


class Offer(NamedTuple):
    """An offer that has no answer yet. `version` is that of the event that made it."""

    kind: str
    player: str
    version: int


def after(offer: Offer | None, type: str, data: dict[str, Any], version: int) -> Offer | None:
    """The open offer after an event, where `offer` was the one before."""
    if type in OFFERED:
        return Offer(OFFERED[type], data["player"], version)
    if type == "MoveMade":  # only an offer of a draw outlives a move, that of whoever made it
        stays = offer and offer.kind == "draw" and offer.player == data["player"]
        return offer if stays else None
    return None if type in ANSWERED or type in ENDS else offer
