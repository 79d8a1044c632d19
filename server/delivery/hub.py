"""Fan-out within one process: hands what happens in a game to whoever is subscribed to it here."""

import asyncio
import contextlib
from collections.abc import Callable, Iterator

from server.delivery.outbox import Outbox
from server.delivery.subscription import Subscription
from server.errors import HistoryChanged
from server.game.events import GameId
from server.store.event_store import EventStore, Head
from server.tasks import Tasks
from server.wire.frame import Frame
from server.wire.messages import Commit


class Hub:
    """The subscriptions of this process. `on_history_changed` is told of a game whose events the database no
    longer has."""

    def __init__(
        self,
        store: EventStore,
        tasks: Tasks,
        on_history_changed: Callable[[HistoryChanged], None] = lambda change: None,
        subscription_type: type[Subscription] = Subscription,
    ) -> None:
        self._store, self._tasks, self._on_history_changed = store, tasks, on_history_changed
        self._subscription_type = subscription_type
        self._subscriptions: dict[GameId, Subscription] = {}
        self._changed: set[GameId] = set()
        self._change = asyncio.Event()

    @property
    def games(self) -> list[GameId]:
        """The games that somebody here is subscribed to."""
        return list(self._subscriptions)

    def watches(self, game: GameId) -> bool:
        return game in self._subscriptions

    def heads(self) -> dict[GameId, Head]:
        """The head of each game watched here, as far as it has come here."""
        return {game: subscription.head for game, subscription in self._subscriptions.items()}

    @contextlib.contextmanager
    def subscribe(self, game: GameId, outbox: Outbox) -> Iterator[Subscription]:
        """Hand `outbox` what happens in `game`, from now until the end of the context."""
        subscription = self._subscriptions.get(game)
        if subscription is None:
            subscription = self._subscriptions[game] = self._subscription_type(
                self._store, game, self._tasks, self._on_history_changed
            )
            self._note_change(game)
        subscription.outboxes[outbox] = None
        try:
            yield subscription
        finally:
            del subscription.outboxes[outbox]
            if not subscription.outboxes:
                del self._subscriptions[game]
                self._note_change(game)

    def deliver(self, commit: Commit) -> None:
        if subscription := self._subscriptions.get(commit.game):
            subscription.take(commit)

    def deliver_presence(self, game: GameId, frame: Frame) -> None:
        if subscription := self._subscriptions.get(game):
            for outbox in subscription.outboxes:
                outbox.put_presence(frame)

    def resync(self, game: GameId, upto: int | None = None) -> None:
        """Have the store looked into for what may have been missed of `game`; where `upto` is given, only if
        the game has come no further here than that version."""
        subscription = self._subscriptions.get(game)
        if subscription and (upto is None or subscription.version <= upto):
            subscription.resync()

    async def changed_games(self) -> set[GameId]:
        """The games that were first watched, or left by their last watcher, since this was last asked."""
        await self._change.wait()
        self._change.clear()
        changed, self._changed = self._changed, set()
        return changed

    def _note_change(self, game: GameId) -> None:
        self._changed.add(game)
        self._change.set()
