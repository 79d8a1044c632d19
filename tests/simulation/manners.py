"""What a player does besides moving: offers, answers to offers, claims, and aborting."""

from random import Random
from re import sub

from server.game.board import Seat
from server.game.clock import Arrival
from server.game.commands import (
    Abort,
    AcceptDraw,
    AcceptRematch,
    AcceptTakeback,
    Claim,
    ClaimAbandonment,
    ClaimTimeout,
    Command,
    DeclineDraw,
    DeclineRematch,
    DeclineTakeback,
    OfferDraw,
    OfferRematch,
    OfferTakeback,
)
from server.game.events import GameId, PlayerId
from server.game.offers import rematch_id
from server.game.state import EPOCH
from tests.simulation.store import Json

ANSWERED = 0.6
"""Probability that a player who does something answers the open offer, where there is one."""
ACCEPTED = 0.6
"""Probability that an answer accepts."""
ABORTED = 0.03
"""Probability that a player who does something in a game that is not over aborts it."""
WRONG = 0.25
"""Probability that an answer names another version than that of the open offer."""
KINDS = {"DrawOffered": "draw", "TakebackOffered": "takeback", "RematchOffered": "rematch"}


class View:
    """What a player sees of a game besides the discs: the open offer, and the clocks."""

    def __init__(self, game: GameId, rng: Random) -> None:
        self._game, self._rng = game, rng
        self.over = False
        self.rematch: GameId | None = None
        self._initial: int | None = None
        self._left: list[float] = []
        """For each move on the board the time that its player had left after it, in seconds."""
        self._offer: tuple[str, str, int] | None = None
        """The kind of the open offer, who made it, and its version."""
        self._offered: list[int] = []
        """The versions of all offers."""

    def happened(self, event: Json) -> None:
        data = event["data"]
        match event["type"]:
            case "GameCreated":
                self._initial = data["clock"] and data["clock"]["initial"]
            case "MoveMade":
                self._left.append(data.get("remaining_ms", 0) / 1000)
                self._offer = None
            case "MovesTakenBack":
                self._left = self._left[: -data["number"]]
                self._offer = None
            case "GameFinished" | "GameAborted":
                self.over, self._offer = True, None
            case "RematchAccepted":
                self.rematch, self._offer = GameId(data["game"]), None
            case kind if kind in KINDS:
                self._offer = KINDS[kind], data["player"], event["version"]
                self._offered.append(event["version"])
            case "DrawDeclined" | "TakebackDeclined" | "RematchDeclined":
                self._offer = None

    def time_left(self, seat: Seat) -> float | None:
        """The time that the player at `seat` had left after the last own move, in seconds; None where that
        clock does not run yet."""
        if self._initial is None or len(self._left) < 2:
            return None
        return self._left[-1] if len(self._left) % 2 == (1 if seat is Seat.YELLOW else 0) else self._left[-2]

    def asked(self, player: PlayerId) -> bool:
        """True if the opponent of `player` waits for the answer to an offer."""
        return self._offer is not None and self._offer[1] != str(player)

    def choose(self, player: PlayerId) -> Command:
        """Something to do. It may well be refused."""
        rng = self._rng
        if self._offer and self.asked(player) and rng.random() < ANSWERED:
            return self._answer(player, *self._offer)
        if self.over:
            return OfferRematch(player=player, game=rematch_id(self._game))
        at = EPOCH  # the server says when it is
        commands: list[Command] = [
            OfferDraw(player=player),
            OfferTakeback(player=player, at=at),
            OfferTakeback(player=player, at=at),
            OfferTakeback(player=player, at=at),
            OfferRematch(player=player, game=rematch_id(self._game)),
            ClaimTimeout(player=player, arrival=Arrival(at=at)),
            ClaimAbandonment(player=player, result=rng.choice(list(Claim)), at=at, away=None),
        ]
        if rng.random() < ABORTED:
            commands = [Abort(player=player)]
        return rng.choice(commands)

    def _answer(self, player: PlayerId, kind: str, by: str, offer: int) -> Command:
        rng = self._rng
        accepts = rng.random() < ACCEPTED
        if rng.random() < WRONG:
            offer = rng.choice([*self._offered, offer - 1])
        if kind == "draw":
            return (AcceptDraw if accepts else DeclineDraw)(player=player, offer=offer)
        if kind == "takeback":
            return (AcceptTakeback if accepts else DeclineTakeback)(player=player, offer=offer)
        if accepts:
            return AcceptRematch(player=player, offer=offer, game=rematch_id(self._game))
        return DeclineRematch(player=player, offer=offer)


def message_of(command: Command) -> Json:
    """The message that gives `command`, without its id."""
    message: Json = {"type": sub(r"(?<!^)([A-Z])", r"_\1", type(command).__name__).lower()}
    for key in ("column", "offer", "result"):
        if hasattr(command, key):
            message[key] = getattr(command, key)
    return message
