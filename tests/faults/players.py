"""Players without browsers: they play and offer at random and keep each command until it is answered, as a
browser does."""

import uuid

from tests.faults import offers
from tests.faults.bots import Message, Spectator, World
from tests.faults.journal import GameJournal

AGAIN = 0.3
"""Time before a command that was answered with `unavailable` is sent again, in seconds."""
ANSWERED = {"draw": 0.7, "takeback": 0.8, "rematch": 0.7}
"""Share of offers that are answered, by kind, each time that a bot thinks about one."""
ACCEPTED = {"draw": 0.2, "takeback": 0.6, "rematch": 0.6}
"""Share of offers that are accepted."""


class Player(Spectator):
    """Plays at random, and sometimes against the rules."""

    rests = True
    """True for a player that begins nothing new while the world is resting."""

    def __init__(
        self,
        world: World,
        game: str,
        name: str,
        journal: GameJournal,
        token: str,
        seat: str,
        *,
        rematch: bool = False,
    ) -> None:
        super().__init__(world, game, name, journal, rematch=rematch)
        self._token, self._seat, self._number = token, seat, ("yellow", "red").index(seat)
        self._me = ""
        """The id of this player in the game."""
        self._offer: offers.Offer | None = None
        self._columns: list[int] = []
        self._started = self._seated = self._thinking = False
        self.pending: dict[str, Message] = {}
        self._sent: set[str] = set()

    @property
    def done(self) -> bool:
        return super().done and not self.pending

    def begin_anew(self) -> None:
        super().begin_anew()
        self._columns, self._started, self._offer = [], False, None

    def welcomed(self) -> None:
        self._seated = False
        assert self._wire
        self._wire.say({"type": "authenticate", "token": self._token})

    def happened(self, type: str, data: Message) -> None:
        super().happened(type, data)
        self._started = self._started or type == "GameStarted"
        self._offer = offers.after(self._offer, type, data, self.version)
        match type:
            case "PlayerJoined" if data["seat"] == self._seat:
                self._me = data["player"]
            case "MoveMade":
                self._columns.append(data["column"])
            case "MovesTakenBack":
                del self._columns[-data["number"] :]

    def heard(self, message: Message) -> None:
        match message["type"]:
            case "seated":
                self._seated = True
                for id in self.pending:
                    self._transmit(id)
            case "accepted":
                self.note("accepted", id=message["id"], version=message["version"])
                if self.pending.pop(message["id"], None):
                    self.world.accepted += 1
            case "rejected":
                self.note("rejected", id=message["id"], code=message["code"])
                if message["code"] in ("unavailable", "rate_limited"):
                    self.world.seen["commands refused for now"] += 1
                    self._loop.call_later(AGAIN, self._transmit, message["id"])
                else:
                    self.pending.pop(message["id"], None)
        self._think()

    def _transmit(self, id: str) -> None:
        if self._wire and self._seated and (message := self.pending.get(id)):
            self.note("sent", message=message)
            self.world.seen["commands sent again"] += id in self._sent
            self._sent.add(id)
            self._wire.say(message)

    def _think(self) -> None:
        """Act after a while: on its turn, when it is asked, and rarely when there is nothing to do."""
        chance = self.world.random
        if self._thinking or self.pending or self.done or not (self._seated and self._started):
            return
        asks = self._offer and self._offer.player == self._me
        due = not asks if self.over else self._its_turn or (self._offer and not asks)
        if due or chance.random() < 0.02:
            self._thinking = True
            self._loop.call_later(chance.uniform(0, 2 * self.world.think), self._act)

    def _act(self) -> None:
        self._thinking = False
        if (self.rests and self.world.resting) or self.pending or self.done or self._leaving:
            return
        message = {"id": str(uuid.UUID(int=self.world.random.getrandbits(128), version=4)), **self._choose()}
        self.pending[message["id"]] = message
        for _ in range(2 if self.world.random.random() < 0.01 else 1):
            self._transmit(message["id"])

    @property
    def _its_turn(self) -> bool:
        return len(self._columns) % 2 == self._number

    def _choose(self) -> Message:
        """The next command, which the rules may refuse."""
        luck, offer = self.world.random.random(), self._offer
        if offer and offer.player != self._me and luck < ANSWERED[offer.kind]:
            answer = "accept" if luck < ACCEPTED[offer.kind] else "decline"
            return {"type": f"{answer}_{offer.kind}", "offer": offer.version}
        if self.over:
            return {"type": "offer_rematch"}
        return self._choose_in_play()

    def _choose_in_play(self) -> Message:
        chance = self.world.random
        open_columns = [column for column in range(7) if self._columns.count(column) < 6]
        column = chance.choice(open_columns or [0])
        move: Message = {"type": "move", "column": column, "version": self.version}
        match chance.random():
            case luck if luck < 0.003:
                return {"type": "resign"}
            case luck if luck < 0.01:
                return {**move, "version": self.version - 1}
            case luck if luck < 0.015:
                return {**move, "column": 7}
            case luck if luck < 0.15 and self._its_turn:
                return {"type": "move", "column": column}  # on the game as it is
            case luck if luck < 0.16:
                return {"type": "offer_draw"}
            case luck if luck < 0.22:
                return {"type": "offer_takeback"}
            case _:
                return move


class Deserter(Player):
    """Makes a move and leaves for good, so that the clock runs out."""

    def heard(self, message: Message) -> None:
        super().heard(message)
        if message["type"] == "accepted":
            self.leave()
