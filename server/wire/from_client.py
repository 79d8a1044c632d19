"""Every message that a client may send. See docs/asyncapi.yaml."""

from typing import Any
from uuid import UUID

import msgspec

from server.game.commands import Claim
from server.game.rejected import Code, Rejected


class Authenticate(msgspec.Struct, tag="authenticate"):
    """Take the seat of `token`."""

    token: str


class MoveMessage(msgspec.Struct, tag="move"):
    """Drop a disc. `version` is the version that the player saw; without it the game is taken as it is."""

    id: UUID
    column: int
    version: int | None = None


class ResignMessage(msgspec.Struct, tag="resign"):
    """Resign."""

    id: UUID


class AbortMessage(msgspec.Struct, tag="abort"):
    """End a game that has hardly begun."""

    id: UUID


class ClaimTimeoutMessage(msgspec.Struct, tag="claim_timeout"):
    """Say that the other's time is up."""

    id: UUID


class ClaimAbandonmentMessage(msgspec.Struct, tag="claim_abandonment"):
    """Say that the other is gone."""

    id: UUID
    result: Claim = Claim.WIN


class OfferMessage(msgspec.Struct):
    """An offer to the other player."""

    id: UUID


class OfferDraw(OfferMessage, tag="offer_draw"): ...


class OfferTakeback(OfferMessage, tag="offer_takeback"): ...


class OfferRematch(OfferMessage, tag="offer_rematch"): ...


class AnswerMessage(msgspec.Struct):
    """The answer to an offer. `offer` is the version of the event that made it."""

    id: UUID
    offer: int


class AcceptDraw(AnswerMessage, tag="accept_draw"): ...


class DeclineDraw(AnswerMessage, tag="decline_draw"): ...


class AcceptTakeback(AnswerMessage, tag="accept_takeback"): ...


class DeclineTakeback(AnswerMessage, tag="decline_takeback"): ...


class AcceptRematch(AnswerMessage, tag="accept_rematch"): ...


class DeclineRematch(AnswerMessage, tag="decline_rematch"): ...


class Ping(msgspec.Struct, tag="ping"):
    """Answered by a pong with the same `t`."""

    t: Any = None


OtherCommandMessage = (
    ResignMessage
    | AbortMessage
    | ClaimTimeoutMessage
    | ClaimAbandonmentMessage
    | OfferDraw
    | AcceptDraw
    | DeclineDraw
    | OfferTakeback
    | AcceptTakeback
    | DeclineTakeback
    | OfferRematch
    | AcceptRematch
    | DeclineRematch
)
"""A command to the game that is no move."""

CommandMessage = MoveMessage | OtherCommandMessage
"""A command to the game."""
Request = Authenticate | CommandMessage
"""A message for the game, as opposed to a ping, which the socket answers itself."""
ClientMessage = Request | Ping


class _WithId(msgspec.Struct):
    id: UUID | None = None


_client_message: msgspec.json.Decoder[ClientMessage] = msgspec.json.Decoder(ClientMessage)
_with_id = msgspec.json.Decoder(_WithId)


class BadMessage(Rejected):
    """A frame that is no known message. `id` is its command id, if it has one."""

    def __init__(self, detail: str, id: UUID | None) -> None:
        super().__init__(Code.BAD_MESSAGE, detail)
        self.id = id


def decode(frame: str) -> ClientMessage:
    """The message in a text frame. Raises BadMessage."""
    try:
        return _client_message.decode(frame)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        try:
            id = _with_id.decode(frame).id
        except (msgspec.MsgspecError, UnicodeError, RecursionError):
            id = None
        raise BadMessage(str(error), id) from None
