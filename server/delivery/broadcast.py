"""Where the two ways of a commit meet: to the subscribers of this process, and through Redis."""

from collections.abc import Callable

from server.delivery.hub import Hub
from server.delivery.pubsub import Publisher
from server.wire.messages import Commit


class Broadcast:
    """Tells everybody of a commit: who is subscribed here at once, every other process through Redis.

    Either way may bring the same commit, late or never: `Subscription.take` sorts that out. `on_foreign` is
    told of commits that other processes made.
    """

    def __init__(self, hub: Hub, publisher: Publisher, on_foreign: Callable[[Commit], None]) -> None:
        self._hub, self._publisher, self._on_foreign = hub, publisher, on_foreign

    def publish(self, commit: Commit) -> None:
        """Tell of a commit that this process made. Does not wait: what it loses is found in the store."""
        self._hub.deliver(commit)
        self._publisher.commit(commit)

    def receive(self, commit: Commit) -> None:
        """Take in a commit that another process told of."""
        self._on_foreign(commit)
        self._hub.deliver(commit)
