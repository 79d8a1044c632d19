"""Bugs in forgetting: subclasses of what opens names, of what tells of it, and of a game's subscription."""

from collections.abc import Iterable
from uuid import UUID

from server.delivery.forgetting import Forgetting
from server.delivery.subscription import Subscription
from server.game.events import PlayerId
from server.store.names import SealedNames
from server.wire import to_client
from tests.simulation.server import Parts


class KeepsKeys(SealedNames):
    """Has in its cache what it had."""

    def forget(self, player: PlayerId) -> None:
        key = self._keys.get(player)
        super().forget(player)
        if key:
            self._keys[player] = key

    def _name(self, player: UUID, name: str, sealed: str | None, key: bytes | None) -> str:
        forgotten, self._forgotten = self._forgotten, type(self._forgotten)()
        try:
            return super()._name(player, name, sealed, key)
        finally:
            self._forgotten = forgotten


class KeepsWhatArrives(SealedNames):
    """Opens names with a key that was asked for before its player was forgotten, and arrived after."""

    async def _load(self, players: Iterable[UUID]) -> dict[UUID, bytes | None]:
        forgotten, self._forgotten = self._forgotten, type(self._forgotten)()
        try:
            keys = await super()._load(players)
        finally:
            forgotten.update(self._forgotten)
            self._forgotten = forgotten
        return keys

    def _name(self, player: UUID, name: str, sealed: str | None, key: bytes | None) -> str:
        forgotten, self._forgotten = self._forgotten, type(self._forgotten)()
        try:
            return super()._name(player, name, sealed, key)
        finally:
            self._forgotten = forgotten


class LooksAheadOnly(SealedNames):
    """Looks for those alone who were forgotten since the last look."""

    async def ask_who_is_forgotten(self) -> list[PlayerId]:
        rows = await self._database.fetch("names/forgotten_since", self._asked_at)
        self._asked_at = rows[0]["now"]
        news = [
            PlayerId(row["player_id"]) for row in rows if row["player_id"] not in {None, *self._forgotten}
        ]
        for player in news:
            self.forget(player)
        return news


class ReliesOnBells(Forgetting):
    """Looks only when it is told to."""

    async def run(self) -> None:
        while True:
            await self._rung.wait()
            self._rung.clear()
            for player in await self._names.ask_who_is_forgotten():
                self._show_no_more(player)


class KeepsFrames(Subscription):
    """Tells who is here, and gives the same frames as before to who comes."""

    def forget(self, player: PlayerId) -> None:
        if any(commit.stored and commit.without(player) is not commit for commit in self.commits):
            for outbox in self.outboxes:
                if outbox.follows(self.commits):
                    outbox.put(to_client.forgotten(player))


class TellsBeforeTheWelcome(Subscription):
    """Tells also those who have been told nothing yet."""

    def forget(self, player: PlayerId) -> None:
        begun, self.outboxes = self.outboxes, {}
        before = list(self.commits)
        super().forget(player)
        self.outboxes = begun
        if self.commits != before:
            for outbox in self.outboxes:
                outbox.put(to_client.forgotten(player))


class TellsNobodyThatComesBack(Subscription):
    """Does not tell who was away."""

    def forgotten(self, version: int) -> list[PlayerId]:
        return []


BUGS = {
    "the cache keeps the key": Parts(names=KeepsKeys),
    "a key that arrives late is kept": Parts(names=KeepsWhatArrives),
    "a look does not reach back behind the last one": Parts(names=LooksAheadOnly),
    "the bell is relied on": Parts(forgetting=ReliesOnBells),
    "frames are kept with the name": Parts(subscription=KeepsFrames),
    "who is not welcomed yet is told": Parts(subscription=TellsBeforeTheWelcome),
    "who comes back is not told": Parts(subscription=TellsNobodyThatComesBack),
}
"""The servers that have each bug, by its name."""
