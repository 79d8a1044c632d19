"""Runs in which people play the computer, and what has to hold of what it does.

`python -m tests.simulation.computer --seeds 3000` runs more of them than the suite, and `--pin 1000` prints
the seeds that find each planted bug.
"""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from itertools import groupby

from server.game.board import Seat
from server.game.commands import Create
from server.game.engine import ENGINE, Level, choose
from server.game.events import Bot, GameId, MoveMade, PlayerId, PlayerJoined
from server.game.state import NO_GAME, Game, evolve
from server.processes.computer import COMPUTER, NAME, PAUSES, THINK_AGAIN
from server.processes.deadlines import INTERVAL
from server.projections.deadlines import PATIENCE
from server.store import codec
from server.store.event_store import RecordedEvent, StreamId
from tests.simulation import long_form
from tests.simulation.bugs.computer import BUGS
from tests.simulation.client import Client
from tests.simulation.owed import FOLDED_WITHIN
from tests.simulation.run import Outcome, Simulation, simulate
from tests.simulation.server import PRODUCTION, Parts
from tests.simulation.world import World

ANSWERED_WITHIN = PATIENCE.total_seconds() + FOLDED_WITHIN + 2 * INTERVAL + THINK_AGAIN + 2.0
"""Longest time from the last fault until the computer has answered all that it was asked, in seconds."""
LONGER = 3.0
"""Time by which players go on for longer than in other runs, in seconds: the computer does not hurry."""
EARLY = 0.01
"""Time by which an answer may seem to be early, in seconds: a server's clock has an error."""


class Computers(Simulation):
    """Games of one person each against the computer, which some watch."""

    def __init__(self, world: World, parts: Parts) -> None:
        window = world.setting.window + LONGER
        # The computer claims nothing; and in so long a run who is limited has too much to send again at once.
        world.setting = replace(world.setting, window=window, abandoned=False, rate=None)
        super().__init__(world, parts)

    async def run(self) -> None:
        await super().run()
        for game in self._games:
            for violation in faults_of(self.log.streams.get(StreamId(game), [])):
                self.world.violate(violation)

    def _open_game(self) -> None:
        world, game = self.world, GameId(self.world.new_id())
        self._games.append(game)
        person, seat = PlayerId(world.new_id()), world.rng.choice(list(Seat))
        self._tokens.add(game, person, "token")
        bot = Bot(level=world.rng.choice([Level.EASY, Level.MEDIUM]), engine=ENGINE)
        computer = PlayerJoined(seat=seat.other, player=PlayerId(world.new_id()), name=NAME, bot=bot)
        number = len(self._games)

        def sit(name: str, seated: bool) -> None:
            token, place, player = ("token", seat, person) if seated else (None, None, None)
            client = Client(
                world, f"{name} {number}", game, token, place, player, self.log, self.journal,
                self._find_server,
            )  # fmt: skip
            self._clients.append(client)
            client.connect()

        def created() -> None:
            sit("player", True)
            sit("spectator", False)

        self._ask(game, Create(player=person, name="Ada", seat=seat, opponent=computer), created)

    async def _bring_up_to_date(self) -> None:
        world = self.world
        await super()._bring_up_to_date()
        while not world.violations and any(self._is_asked(game) for game in self._games):
            if world.loop.time() > world.last_fault + ANSWERED_WITHIN:
                world.violate("the computer has not answered")
            await asyncio.sleep(0.1)
        await super()._bring_up_to_date()

    def _is_asked(self, game: GameId) -> bool:
        """True if the computer is to move."""
        folded = NO_GAME
        for event in self.log.streams.get(StreamId(game), []):
            folded = evolve(folded, codec.decode(event))
        return folded.bot is not None and folded.next is folded.bot.seat


def faults_of(stream: list[RecordedEvent]) -> Iterator[str]:
    """What the computer did wrong in a game."""
    game = NO_GAME
    for _, group in groupby(stream, key=lambda event: event.transaction_id):
        commit = list(group)
        happened = tuple(codec.decode(event) for event in commit)
        if isinstance(happened[0], MoveMade) and commit[0].metadata.process == COMPUTER.name:
            yield from _faults_of_move(game, commit[0])
        for recorded, event in zip(commit, happened, strict=True):
            game = evolve(game, event, recorded.recorded_at)


def _faults_of_move(game: Game, move: RecordedEvent) -> Iterator[str]:
    metadata, number = move.metadata, move.version
    assert game.bot
    assert game.bot.bot
    if game.turn is not game.bot.seat:
        yield f"version {number} is a move of the computer, whose turn it is not"
    if metadata.causation_id == metadata.command_id:
        yield f"version {number} does not say what it answers"
    level = Level(game.bot.bot.level)
    if metadata.seed is None or metadata.nodes is None or metadata.engine != ENGINE:
        yield f"version {number} does not say what it was chosen by"
    elif choose(game.columns, level, metadata.seed, metadata.nodes).column != move.data["column"]:
        yield f"version {number} is another column than its seed and budget lead to"
    waited = (move.recorded_at - game.since).total_seconds()
    if game.columns and waited < min(PAUSES) - EARLY:
        yield f"version {number} comes {waited:.3f} s after the move that it answers"


# Runs of many seeds ---------------------------------------------------------------------------------------


def run(seed: int, bug: str | None = None) -> Outcome:
    """Run a seed, with a planted bug where one is named."""
    return replace(simulate(seed, BUGS[bug] if bug else PRODUCTION, Computers), trace=[])


PINNED = {
    "an answer comes at once": (0, 1, 2, 3),
    "an answer is given whatever has happened meanwhile": (1, 2, 3, 4),
    "what another server left is left": (859, 1115),
    "nobody looks for what is left": (96, 211, 214, 223),
    "the seed is not the one that is told": (1, 2, 3, 4),
}
"""The first seeds that find each bug, as printed by `--pin`."""


if __name__ == "__main__":
    long_form.main("computer", BUGS, run, __doc__)
