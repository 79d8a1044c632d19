"""Games between two players, and what they come to."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from time import process_time

from tests.golden.rules import COLUMNS, ROWS, four
from tests.support.brute_force import grid_after, random_game
from tests.tournament.players import Player


@dataclass(frozen=True, slots=True)
class Game:
    """A game that is over. `winner` is a place, 0 or 1, or None; `seconds` is each place's processor time."""

    columns: list[int]
    opening: int
    """Moves at the beginning that neither player chose."""
    winner: int | None
    seconds: tuple[float, float]


@dataclass(slots=True)
class Pair:
    """The games of two players, who take turns to move first."""

    names: tuple[str, str]
    games: list[Game] = field(default_factory=list)

    def place(self, name: str, number: int) -> int:
        """The place at which `name` sat in game `number`."""
        return (self.names.index(name) + number) % 2

    def results(self, name: str, place: int | None = None) -> tuple[int, int, int]:
        """Games won, drawn and lost by `name`, at either place or at one."""
        won = drawn = lost = 0
        for number, game in enumerate(self.games):
            if place is None or self.place(name, number) == place:
                won += game.winner == self.place(name, number)
                drawn += game.winner is None
                lost += game.winner == 1 - self.place(name, number)
        return won, drawn, lost

    def share(self, name: str, place: int | None = None) -> float:
        """The share of the points that `name` took; a draw counts half."""
        won, drawn, lost = self.results(name, place)
        return (won + drawn / 2) / (won + drawn + lost)

    def seconds(self, name: str) -> list[float]:
        """Processor time of `name` in each game."""
        return [game.seconds[self.place(name, number)] for number, game in enumerate(self.games)]


def play(sides: tuple[Player, Player], seeds: tuple[int, int], opening: list[int]) -> Game:
    """Play a game from the position after `opening`. Yellow is the first of `sides`."""
    columns, seconds, winner = list(opening), [0.0, 0.0], None
    while winner is None and len(columns) < COLUMNS * ROWS:
        place = len(columns) % 2
        begun = process_time()
        columns.append(sides[place](columns, seeds[place]))
        seconds[place] += process_time() - begun
        if four(grid_after(columns))[1]:
            winner = place
    return Game(columns, len(opening), winner, (seconds[0], seconds[1]))


def series(pair: Pair, everybody: dict[str, Player], number: int, opening: int = 0) -> Iterator[Game]:
    """Play so many games, the first `opening` moves of which are random, the same for two games in a row."""
    one, two = (everybody[name] for name in pair.names)
    for each in range(number):
        moves = random_game(random.Random(each // 2), opening)
        sides = (two, one) if each % 2 else (one, two)
        game = play(sides, (2 * each, 2 * each + 1), moves)
        pair.games.append(game)
        yield game
