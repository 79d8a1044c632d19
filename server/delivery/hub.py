"""Fan-out within one process: hands what happens in a game to whoever is subscribed to it here."""

import asyncio
import contextlib
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping

from server.delivery.outbox import Outbox
from server.delivery.subscription import AtEndOfTick, Subscription
from server.errors import HistoryChanged
from server.game.events import GameId, PlayerId
from server.store.event_store import EMPTY, EventStore, Head, StreamId
from server.store.names import SealedNames
from server.tasks import Tasks
from server.wire.commits import Commit
from server.wire.frame import Frame

BEGUN = 256
"""Number of games that begin here and whose commits are kept for who comes first; the oldest is dropped."""


class Hub:
    """The subscriptions of this process, by game. `tasks` own the reading that these start;
    `on_history_changed` is told of a game whose events the database no longer has."""

    def __init__(
        self,
        store: EventStore,
        names: SealedNames,
        tasks: Tasks,
        at_end_of_tick: AtEndOfTick,
        on_history_changed: Callable[[HistoryChanged], None] = lambda change: None,
        subscription_type: type[Subscription] = Subscription,
    ) -> None:
        self._store, self._names, self._tasks = store, names, tasks
        self._at_end_of_tick, self._on_history_changed = at_end_of_tick, on_history_changed
        self._subscription_type = subscription_type
        self._subscriptions: dict[GameId, Subscription] = {}
        self._begun: OrderedDict[GameId, list[Commit]] = OrderedDict()
        """The commits of games that nobody has been subscribed to yet, from the first on."""
        self._kept: set[GameId] = set()  # of which other servers are heard, whoever is here
        self._changed: set[GameId] = set()  # watched or not, other than when this was last asked for
        self._change = asyncio.Event()

    def watches(self, game: GameId) -> bool:
        """True if other servers are to be heard of the game."""
        return game in self._subscriptions or game in self._kept

    def keep(self, game: GameId) -> None:
        """Hear other servers of `game`, also where nobody is subscribed to it here."""
        if not self.watches(game):
            self._note_change(game)
        self._kept.add(game)

    def let_go(self, game: GameId) -> None:
        """Hear other servers of `game` only while somebody is subscribed to it here."""
        self._kept.discard(game)
        if not self.watches(game):
            self._note_change(game)

    def head(self, game: GameId) -> Head:
        """The head of a game, as far as it has come here; that of an empty one where nobody watches it."""
        subscription = self._subscriptions.get(game)
        return subscription.head if subscription else EMPTY

    def heads(self) -> dict[GameId, Head]:
        """The head of each game watched here, as far as it has come here."""
        return {game: subscription.head for game, subscription in self._subscriptions.items()}

    @contextlib.contextmanager
    def subscribe(self, game: GameId, outbox: Outbox) -> Iterator[Subscription]:
        """Hand `outbox` what happens in `game`, from now until the end of the context."""
        subscription = self._subscriptions.get(game)
        if subscription is None:
            if not self.watches(game):
                self._note_change(game)
            subscription = self._subscriptions[game] = self._subscription_type(
                self._store,
                self._names,
                game,
                self._tasks,
                self._at_end_of_tick,
                self._on_history_changed,
            )
            for commit in self._begun.pop(game, ()):
                subscription.take(commit)
        subscription.outboxes[outbox] = None
        try:
            yield subscription
        finally:
            del subscription.outboxes[outbox]
            if not subscription.outboxes:
                del self._subscriptions[game]
                if not self.watches(game):
                    self._note_change(game)

    def deliver(self, commit: Commit) -> None:
        if commit.game in self._subscriptions:
            self._subscriptions[commit.game].take(commit)
        elif commit.first == 1 or commit.game in self._begun:
            self._keep_begun(commit)

    def _keep_begun(self, commit: Commit) -> None:
        """Keep a commit of a game that begins: who comes first need not have it read and made again."""
        commits = self._begun.pop(commit.game, [])
        if commit.hash and commit.before == (commits[-1].hash if commits else EMPTY.hash):
            self._begun[commit.game] = [*commits, commit]
            if len(self._begun) > BEGUN:
                self._begun.popitem(last=False)

    def forget(self, player: PlayerId) -> None:
        """Show the name of `player` in no game any more."""
        self._begun.clear()
        for subscription in self._subscriptions.values():
            subscription.forget(player)

    def deliver_presence(self, game: GameId, frame: Frame) -> None:
        if subscription := self._subscriptions.get(game):
            for outbox in subscription.outboxes:
                outbox.put_presence(frame)

    def resync(self, game: GameId) -> None:
        """Have the store asked for what may have been missed of `game`."""
        if subscription := self._subscriptions.get(game):
            subscription.resync()

    async def resync_moved(self, heads: Mapping[GameId, Head]) -> int:
        """Have those games read whose head in the store is not the one given, unless they have come further
        here meanwhile. One query finds them; returns their number. Raises StoreUnavailable."""
        seen = {StreamId(game): head for game, head in heads.items()}
        moved = await self._store.moved(seen) if seen else []
        for stream in moved:
            subscription = self._subscriptions.get(GameId(stream))
            if subscription and subscription.version <= seen[stream].version:
                subscription.resync()
        return len(moved)

    def games(self) -> set[GameId]:
        """The games that are watched here. `changed_games` tells what changes from now on."""
        self._changed.clear()
        self._change.clear()
        return self._subscriptions.keys() | self._kept

    async def changed_games(self) -> set[GameId]:
        """The games that were not watched when this or `games` was last asked and are now, or the reverse."""
        while not self._changed:
            self._change.clear()
            await self._change.wait()
        changed, self._changed = self._changed, set()
        return changed

    def _note_change(self, game: GameId) -> None:
        self._changed ^= {game}  # back as it was, it has not changed
        self._change.set()
