"""Where the two ways of a commit meet: to the subscribers of this process, and through Redis."""

from collections.abc import Callable
from time import perf_counter_ns

from server.delivery.hub import Hub
from server.delivery.publisher import Publisher
from server.metrics import DELIVERY, Metrics
from server.wire.commits import Commit


class Broadcast:
    """Tells everybody of a commit: who is subscribed here at once, every other process through Redis.

    Either way may bring the same commit, late or never: `Subscription.take` sorts that out. `on_foreign` is
    told of commits that other processes made. `call_last` calls back at the end of the event loop's tick,
    when the sockets have been written to, and returns False where it cannot.
    """

    def __init__(
        self,
        hub: Hub,
        publisher: Publisher,
        on_foreign: Callable[[Commit], None],
        call_last: Callable[[Callable[[], None]], bool],
        metrics: Metrics,
    ) -> None:
        self._hub, self._publisher, self._on_foreign = hub, publisher, on_foreign
        self._call_last, self._metrics = call_last, metrics
        self._writing = 0
        self._writing_since = 0

    def publish(self, commit: Commit) -> None:
        """Tell of a commit that this process made. Does not wait: what it loses is found in the store."""
        self._hub.deliver(commit)
        if self._writing:
            self._writing += 1
        elif self._call_last(self._written):  # sockets are written to at the end of the tick
            self._writing, self._writing_since = 1, perf_counter_ns()
        self._publisher.commit(commit)

    def _written(self) -> None:
        self._metrics.observe(DELIVERY, perf_counter_ns() - self._writing_since, self._writing)
        self._writing = 0

    def receive(self, commit: Commit) -> None:
        """Take in a commit that another process told of."""
        self._on_foreign(commit)
        self._hub.deliver(commit)
