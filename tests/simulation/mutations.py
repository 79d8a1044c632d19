"""Bugs planted on purpose: each takes away one thing that delivery rests on, and has to be found."""

import contextlib
import inspect
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from server.delivery import subscription
from server.delivery.outbox import Outbox
from server.delivery.pubsub import Listener
from server.delivery.subscription import Subscription
from server.delivery.sweep import Sweep
from server.handler import Handler
from server.sockets.participant import Participant

APPEND = "appended = await self._store.append(stream_id, seen.game.version, new)"
LOOK_UP = "if done := seen.commands.get(command_id):"


@dataclass(frozen=True)
class Mutation:
    """In the source of `owner`'s function `name`, `old` becomes `new`."""

    what: str
    owner: Any
    name: str
    old: str
    new: str

    def __str__(self) -> str:
        return self.what

    @contextlib.contextmanager
    def planted(self) -> Iterator[None]:
        """Have the server run with it while the context lasts."""
        original = getattr(self.owner, self.name)
        source = textwrap.dedent(inspect.getsource(original))
        if source.count(self.old) != 1:
            raise LookupError(f"{self.what}: {self.name} has changed, plant it anew")
        module = sys.modules[original.__module__]
        made: dict[str, Any] = {}
        exec(compile(source.replace(self.old, self.new), f"<{self.what}>", "exec"), vars(module), made)
        setattr(self.owner, self.name, made[self.name])
        try:
            yield
        finally:
            setattr(self.owner, self.name, original)


MUTATIONS = [
    # Ways of healing, left out
    Mutation("no sweep", Sweep, "round", "self._hub.resync_moved(still)", "self._hub.resync_moved({})"),
    Mutation("no reading after a resubscription", Listener, "_hear", "self._confirmed.add(game)", "pass"),
    Mutation("no gap check", Subscription, "take", "if commit.first == self.version + 1:", "if True:"),
    Mutation(
        "reading before subscribing",
        Subscription,
        "take",
        "if commit.last <= self.version:",
        "if commit.last <= self.version or self._reading:",
    ),
    Mutation(
        "a gap is filled, and the place is forgotten",
        Subscription,
        "_take_in",
        "self.version = commit.last",
        "pass",
    ),
    # What is given out
    Mutation("duplicates are given out", Subscription, "take", "return", "return self._take_in(commit)"),
    Mutation(
        "frames are sent in another order",
        Outbox,
        "take",
        "self._commits[self._place - 1]",
        "self._commits[-self._place]",
    ),
    Mutation(
        "one commit is told in several frames",
        subscription,
        "commits",
        "key=lambda e: e.transaction_id",
        "key=lambda e: e.version",
    ),
    Mutation("a full outbox drops what is put in", Outbox, "put", "self.close(TOO_SLOW)", "pass"),
    # What is recorded
    Mutation(
        "the expected version is not what was decided on",
        Handler,
        "_handle",
        "append(stream_id, seen.game.version, new)",
        "append(stream_id, await self._store.version(stream_id), new)",
    ),
    Mutation("no look for the command's id", Handler, "_handle", LOOK_UP, "if done := None:"),
    Mutation(
        "a command that is done already is refused",
        Handler,
        "_handle",
        "return _answer(done, command)",
        "raise Rejected(Code.STALE_VERSION, 'It is done.')",
    ),
    Mutation(
        "the first event of a decision alone is recorded",
        Handler,
        "_handle",
        "append(stream_id, seen.game.version, new)",
        "append(stream_id, seen.game.version, new[:1])",
    ),
    Mutation(
        "a decision is recorded in two commits",
        Handler,
        "_handle",
        APPEND,
        f"{APPEND.replace('new', 'new[:1]')}; "
        "appended += await self._store.append(stream_id, seen.game.version + 1, new[1:]) if new[1:] else []",
    ),
    # What is told of it, and when
    Mutation(
        "published before the commit",
        Handler,
        "_handle",
        APPEND,
        "from datetime import datetime, UTC; from server.store.event_store import RecordedEvent; "
        "self._publish(commit([RecordedEvent(stream_id=stream_id, version=seen.game.version + place, "
        "type=event.type, schema_version=event.schema_version, data=event.data, metadata=event.metadata, "
        "recorded_at=datetime.now(UTC), transaction_id=0, position=0) "
        f"for place, event in enumerate(new, 1)])); {APPEND}",
    ),
    Mutation(
        "accepted before the commit",
        Handler,
        "_handle",
        APPEND,
        "from asyncio import ensure_future; "
        "appending = ensure_future(self._store.append(stream_id, seen.game.version, new)); "
        "appending.add_done_callback(lambda it: it.exception() or self._publish(commit(it.result()))); "
        "return seen.game.version + len(new)",
    ),
    Mutation(
        "an append of unknown outcome is taken for lost",
        Handler,
        "_handle",
        "uncertain, seen = error, None",
        "raise Rejected(Code.STALE_VERSION, 'It was lost.') from error",
    ),
    Mutation(
        "an append of unknown outcome is taken for done",
        Handler,
        "_handle",
        "uncertain, seen = error, None",
        "return seen.game.version + len(new)",
    ),
    # What is remembered
    Mutation(
        "a refusal rests on what is remembered", Handler, "_handle", "if not remembered:", "if remembered:"
    ),
    Mutation(
        "a lost race is decided again on what was remembered",
        Handler,
        "_handle",
        "self._metrics.lost_races.inc()\n            seen = None",
        "self._metrics.lost_races.inc()",
    ),
    Mutation(
        "a refusal is forgotten",
        Participant,
        "carry_out",
        "if earlier := self._refused.get(request.id):",
        "if earlier := None:",
    ),
]
