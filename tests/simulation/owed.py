"""What processes and projections have still to do when a run is over, and how long that may take."""

from server.processes import deadlines
from server.projections.deadlines import DEADLINES, Deadline
from server.projections.games import GAMES
from server.projections.runner import POLL
from server.store.event_store import StreamId
from server.store.read_models import LEASE
from tests.simulation.games import being_played, due, follows, is_timed
from tests.simulation.store import Log
from tests.simulation.world import World
from tests.support.deadlines import deadlines as deadlines_of
from tests.support.entries import entries
from tests.support.memory_read_models import Tables

FOLDED_WITHIN = LEASE + 3 * POLL
"""Longest time from the last fault until the read models are what the log folds to, in seconds."""
FLAG_WITHIN = 2.0
"""Longest time from the end of a player's time until the game has ended, in seconds, also where no server has
the game in memory."""
FOUND_WITHIN = FOLDED_WITHIN + deadlines.INTERVAL + 1.0
"""Longest time from the last fault until a game whose time was up before has ended, in seconds."""
FOLLOWS_WITHIN = 5.0
"""Longest time from the last fault until a game that both agreed to has begun, in seconds."""


class Owed:
    """What is owed by the servers of a run. Notes what has taken too long."""

    def __init__(self, world: World, log: Log, tables: Tables) -> None:
        self._world, self._log, self._tables = world, log, tables

    def games(self, give_up: float) -> list[StreamId]:
        """The games that a process has still to end or to begin, counted from the last fault until
        `give_up`."""
        world, log, open = self._world, self._log, list[StreamId]()
        now, last_fault = world.loop.time(), min(world.last_fault, give_up)
        for id, stream in list(log.streams.items()):
            if is_timed(stream) and being_played(stream):
                open.append(id)
                up = due(stream, log.downtimes).timestamp()
                if now > max(up + FLAG_WITHIN, last_fault + FOUND_WITHIN):
                    world.violate(f"time was up in {id} for {now - up:.1f} s, and the game goes on")
            if (next := follows(id, stream)) and not log.version(next):
                open.append(next)
                if now > max(last_fault, stream[-1].recorded_at.timestamp()) + FOLLOWS_WITHIN:
                    world.violate(f"both players of {id} want another game, and there is none")
        return open

    def folded(self, give_up: float) -> bool:
        """True if the read models are what the log folds to."""
        rows = self._tables.serving(DEADLINES.name).values()
        timed = [row for row in rows if isinstance(row, Deadline) and row.initial is not None]
        expected = deadlines_of(self._log.streams)
        folded = self._tables.serving(GAMES.name) == entries(self._log.streams)
        if folded and {row.id: row.flag_at for row in timed} == expected:
            return True
        changed_at = max(min(self._world.last_fault, give_up), self._world.last_commit)
        if self._world.loop.time() > changed_at + FOLDED_WITHIN:
            self._world.violate("a read model is not what the log folds to")
        return False
