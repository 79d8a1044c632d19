"""The lobby: open games, and games that are being played, told to all who watch it.

A state, not a log: one is kept for all watchers of this process, from the read model of games and the table
of who waits, and each change is encoded once. While nobody watches nothing is done.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from server.delivery.online import Online
from server.delivery.outbox import Outbox
from server.errors import StoreUnavailable
from server.game.events import Abort, PlayerId
from server.game.state import Status
from server.serving.rate_limit import TokenBucket
from server.store.names import FORGOTTEN
from server.store.read_models import Statements
from server.wire import to_client
from server.wire.frame import Frame

OPEN, PLAYING = 50, 12
"""Most games that are shown: open ones, and ones that are being played."""
IDLE = timedelta(minutes=2)
"""Time without a move after which a game is not shown."""
SWAPS = 0.5
"""Number of games a second that one with a later move takes the place of, in the long run; PLAYING of them at
once. Else a full house would change all its boards many times a second."""
COUNTED = timedelta(minutes=10)
"""Time without a move after which a game does not count as being played."""
FINISHED = 5.0
"""Time for which a game is shown after its end, in seconds."""
POLL = 1.0
"""Time between two looks when no bell rings, in seconds."""
FRAME_INTERVAL = 0.2
"""Least time between two frames of games, in seconds. A change after a longer pause goes out at once."""
ASK = 1.0
"""Time between two questions to other servers who is there, in seconds."""
RETRY = 0.5
"""Pause before a database that is away is asked again, in seconds."""

Entry = dict[str, Any]
Entries = Callable[[Sequence[Mapping[str, Any]]], Awaitable[list[Entry]]]
"""Makes the entries of rows of the read model of games, with the players' real names."""


class Lobby:
    """The lobby of this server: the games that are shown, and the outboxes of those who watch. `ask` has the
    other servers tell who is there; `now` tells the database's time."""

    def __init__(
        self,
        lists: Statements,
        entries: Entries,
        online: Online,
        ask: Callable[[], None],
        now: Callable[[], datetime],
    ) -> None:
        self._lists, self._entries, self._online, self._ask, self._now = lists, entries, online, ask, now
        self._loop = asyncio.get_running_loop()
        self._watchers: dict[Outbox, None] = {}
        self._joining: dict[Outbox, None] = {}
        """Watchers that have been told nothing yet."""
        self._listeners: dict[Outbox, None] = {}
        """Outboxes that are told who was forgotten, and nothing else."""
        self._rung = asyncio.Event()
        self._forget_all()

    def _forget_all(self) -> None:
        self._shown: dict[UUID, Entry] = {}
        self._ends: dict[UUID, float] = {}
        """For games that are over: when they are gone."""
        self._whole: Frame | None = None
        self._counts: Frame | None = None
        self._counted_at = self._asked_at = float("-inf")
        self._sent_at = float("-inf")
        self._took = 0.0
        """Time that the last look took, in seconds."""
        self._swaps = TokenBucket(SWAPS, PLAYING, self._loop.time)
        self._renamed: set[UUID] = set()
        """Games that are shown and name somebody who was forgotten, which is still to be told."""

    def watch(self, outbox: Outbox) -> None:
        """Put what is shown into `outbox`, and what changes, until `leave`."""
        self._joining[outbox] = None
        self._rung.set()

    def listen(self, outbox: Outbox) -> None:
        """Put into `outbox` who was forgotten, and nothing else, until `leave`."""
        self._listeners[outbox] = None

    def leave(self, outbox: Outbox) -> None:
        self._listeners.pop(outbox, None)
        self._watchers.pop(outbox, None)
        self._joining.pop(outbox, None)

    def rung(self) -> None:
        """Something may have changed."""
        if self._watchers:
            self._rung.set()

    def forget(self, player: PlayerId) -> None:
        """Show the name of `player` no more. Everybody is told, since a page may show it beside the lobby."""
        told = to_client.forgotten(player)
        for outbox in (*self._watchers, *self._joining, *self._listeners):
            outbox.put(told)
        for game, entry in self._shown.items():
            if any(joined and joined["player"] == player for joined in entry["players"].values()):
                self._shown[game] = {**entry, "players": _without(entry["players"], player)}
                self._renamed.add(game)
                self._whole = None
                self._rung.set()

    async def run(self) -> None:
        """Look and tell, until cancelled."""
        while True:
            await self._rung.wait()
            while self._watchers or self._joining:
                self._rung.clear()
                try:
                    await self._look()
                    await self._count()
                    pause = POLL
                except StoreUnavailable:
                    pause = RETRY
                self._welcome()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(min(pause, self._next_end())):
                        await self._rung.wait()
                await asyncio.sleep(self._until_next_frame() - self._took)  # to look takes as long again
            self._rung.clear()
            self._forget_all()

    async def _look(self) -> None:
        """See what is to be shown now, and tell what has changed. Raises StoreUnavailable."""
        began = self._loop.time()
        rows = await self._lists.fetch("games/lobby", OPEN, PLAYING, IDLE, list(self._shown))
        self._took = self._loop.time() - began
        await asyncio.sleep(self._until_next_frame())
        order = self._chosen(rows)
        news = [row for row in order if self._is_news(row) or row["id"] in self._renamed]
        # From the last look at who is forgotten, which this does at its end, nothing is awaited.
        made = {entry["game"]: entry for entry in await self._entries(news)}
        self._renamed -= made.keys()
        before, now = self._shown, self._loop.time()
        self._shown = {row["id"]: made.get(row["id"]) or before[row["id"]] for row in order}
        for game, entry in self._shown.items():
            if entry["status"] == Status.FINISHED:
                self._ends.setdefault(game, now + FINISHED)
        gone = [game for game in before if game not in self._shown]
        for game in gone:
            self._ends.pop(game, None)
        self._tell(list(made.values()), gone)

    def _is_news(self, row: Mapping[str, Any]) -> bool:
        shown = self._shown.get(row["id"])
        return shown is None or (shown["version"], shown["changed_at"]) != (row["version"], row["changed_at"])

    def _chosen(self, rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        """The rows of what is to be shown, in this order: open games, the one that has waited longest first;
        games that are played, the latest move first; and those that have just ended."""
        found = {row["id"]: row for row in rows}
        open_games = {row["id"]: row for row in rows if row["open"]}
        played = sorted(
            (row for row in found.values() if row["status"] == Status.PLAYING),
            key=lambda row: row["changed_at"],
            reverse=True,
        )
        lively = [row for row in played if row["changed_at"] > self._now() - IDLE]
        newcomers = self._newcomers(lively)
        stay = [row["id"] for row in lively if row["id"] in self._shown]
        chosen = newcomers.union(stay[: PLAYING - len(newcomers)])
        over = [row for row in found.values() if self._has_ended(row)]
        return [*open_games.values(), *(row for row in lively if row["id"] in chosen), *over]

    def _newcomers(self, lively: Sequence[Mapping[str, Any]]) -> set[UUID]:
        """The games of the first PLAYING of `lively`, the latest move first, that are to be shown and were
        not: where there is room, and in the place of others as often as SWAPS lets them."""
        room = PLAYING - sum(row["id"] in self._shown for row in lively)
        new = [row["id"] for row in lively[:PLAYING] if row["id"] not in self._shown]
        return {id for number, id in enumerate(new) if number < room or self._swaps.try_spend()}

    def _has_ended(self, row: Mapping[str, Any]) -> bool:
        """True for a game that was shown, has been played, and is over since a moment ago. It may have begun
        since the last look."""
        shown = self._shown.get(row["id"])
        if row["status"] != Status.FINISHED or shown is None or row["by"] == Abort.CREATOR:
            return False
        return self._loop.time() < self._ends.get(row["id"], float("inf"))

    def _tell(self, changed: list[Entry], gone: list[UUID]) -> None:
        if not changed and not gone:
            return
        self._whole = None
        if self._watchers:
            self._sent_at = self._loop.time()
            frame = to_client.games(changed, gone)
            for outbox in self._watchers:
                outbox.put(frame)

    def _welcome(self) -> None:
        """Tell everything to those who have just come, once it is known."""
        if self._counts is None or not self._joining:
            return
        if self._whole is None:
            self._whole = to_client.games(list(self._shown.values()), [])
        joining, self._joining = self._joining, {}
        for outbox in joining:
            outbox.put(self._whole)
            outbox.put(self._counts)
        self._watchers.update(joining)

    async def _count(self) -> None:
        """Tell how many there are. Raises StoreUnavailable."""
        now = self._loop.time()
        if now - self._asked_at >= ASK:
            self._asked_at = now
            self._ask()
        if now - self._counted_at < POLL / 2:
            return
        [(playing, wait_ms)] = await self._lists.fetch("games/playing", COUNTED)
        self._counted_at = now
        counts = to_client.counts(self._online.players, playing, wait_ms)
        if counts != self._counts:
            self._counts = counts
            for outbox in self._watchers:
                outbox.put(counts)

    def _next_end(self) -> float:
        """Time until a game that is over is gone, in seconds."""
        return max(0.0, min(self._ends.values(), default=float("inf")) - self._loop.time())

    def _until_next_frame(self) -> float:
        """Time until there may be another frame, in seconds."""
        return max(0.0, self._sent_at + FRAME_INTERVAL - self._loop.time())


def _without(players: Mapping[Any, Entry | None], player: PlayerId) -> dict[Any, Entry | None]:
    return {
        seat: {**joined, "name": FORGOTTEN} if joined and joined["player"] == player else joined
        for seat, joined in players.items()
    }
