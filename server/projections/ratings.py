"""The read model of ratings: what each player won, lost and drew, and how strong each is, by pool.

Rated by Glicko-2, each game a period of its own, in the order of commits. A stored figure does not age when
it is read. All is computed in decimals, so that a replay gives the same digits everywhere.

It has three kinds of rows: a listed game that is under way, a player, and a player's rating in a pool.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid5

from msgspec import Struct
from msgspec.structs import replace

from server.game.board import Seat
from server.game.events import OF_A_PLAYER, Result
from server.projections import glicko2
from server.projections.games import is_listed
from server.projections.glicko2 import DRAWN, LOST, NEW, WON, Rating
from server.projections.projection import Projection, Rows
from server.store.event_store import RecordedEvent
from server.store.read_models import Row

MOVES = 2
"""Fewest moves of a game that counts: each player has made one."""
HISTORY = 50
"""Most games whose rating is kept, by player and pool."""


WITH_CLOCK = 2
"""The schema version of a GameCreated with a clock, the newest that this knows."""


class Pool(StrEnum):
    """Games whose ratings are comparable, by their time."""

    UNTIMED = "untimed"
    BULLET = "bullet"
    BLITZ = "blitz"
    RAPID = "rapid"


EXPECTED_MOVES = 20
"""Number of a player's moves that a game is expected to have, for its pool."""
BULLET, BLITZ = 180, 480
"""Expected times of a player below which a game is bullet, or blitz, in seconds."""


class Kind(StrEnum):
    """The kinds of rows."""

    GAME = "game"
    PLAYER = "player"
    RATING = "rating"


class Score(Struct, frozen=True, kw_only=True):
    """Numbers of games, by the player's seat."""

    yellow: int = 0
    red: int = 0


class Rated(Struct, frozen=True, kw_only=True):
    """The rating after a game."""

    at: datetime
    rating: Decimal


class Entry(Row, frozen=True, kw_only=True):
    """A row. Which fields it has goes by its kind."""

    kind: Kind
    pool: Pool | None = None
    """Of a game and of a rating."""
    rated: bool = False
    yellow: UUID | None = None
    """Of a game: who sits there, where it is a player of more than one game."""
    red: UUID | None = None
    moves: int = 0
    """Of a game, as far as MOVES: those taken back count, too."""
    player: UUID | None = None
    """Of a rating."""
    rating: Decimal | None = None
    deviation: Decimal | None = None
    volatility: Decimal | None = None
    games: int = 0
    history: tuple[Rated, ...] = ()
    """Of a rating, the last HISTORY."""
    won: Score = Score()
    """Of a player."""
    lost: Score = Score()
    drawn: Score = Score()


def pool_of(clock: Mapping[str, Any] | None) -> Pool:
    """The pool of a game with this clock."""
    if clock is None:
        return Pool.UNTIMED
    expected = clock["initial"] + EXPECTED_MOVES * clock["increment"]
    if expected < BULLET:
        return Pool.BULLET
    return Pool.BLITZ if expected < BLITZ else Pool.RAPID


def rating_id(player: UUID, pool: Pool) -> UUID:
    """The id of the row with the rating of `player` in `pool`."""
    return uuid5(player, pool)


def also(rows: Rows, event: RecordedEvent) -> Iterable[UUID]:
    """At the end of a game, the rows of its players."""
    game = rows[event.stream_id]
    if event.type != "GameFinished" or not isinstance(game, Entry):
        return []
    players = [player for player in (game.yellow, game.red) if player]
    pool = game.pool if game.rated else None
    return [*players, *(rating_id(player, pool) for player in players if pool)]


def project(rows: Rows, event: RecordedEvent) -> Rows:
    """The rows of the event's game and of its players after it."""
    id, data = event.stream_id, event.data
    game = rows[id]
    if event.type == "GameCreated":
        known = event.schema_version <= WITH_CLOCK
        return {id: _created(id, data)} if known and is_listed(data) else {}
    if not isinstance(game, Entry):
        return {}  # not listed, or over
    match event.type:
        case "PlayerJoined":
            return {id: _joined(game, data)}
        case "MoveMade" if game.moves < MOVES:
            return {id: replace(game, moves=game.moves + 1)}
        case "GameAborted":
            return {id: None}
        case "GameFinished":
            counts = game.moves >= MOVES and event.schema_version == 2
            return {id: None, **(_finished(rows, game, data, event.recorded_at) if counts else {})}
    return {}


def _created(id: UUID, data: Mapping[str, Any]) -> Entry:
    rated = bool(data.get("rated")) and data.get("fork_of") is None
    return Entry(id=id, kind=Kind.GAME, pool=pool_of(data["clock"]), rated=rated)


def _joined(game: Entry, data: Mapping[str, Any]) -> Entry:
    player = UUID(data["player"])
    if player.version != OF_A_PLAYER or data.get("bot"):
        return replace(game, rated=False)
    if Seat(data["seat"]) is Seat.YELLOW:
        return replace(game, yellow=player)
    return replace(game, red=player)


def _finished(rows: Rows, game: Entry, data: Mapping[str, Any], at: datetime) -> Rows:
    result = Result(data["result"])
    changed: dict[UUID, Entry] = {}
    for seat, player in ((Seat.YELLOW, game.yellow), (Seat.RED, game.red)):
        if player:
            changed[player] = _counted(changed.get(player) or rows.get(player), player, seat, result)
    if game.rated and game.pool and game.yellow and game.red and game.yellow != game.red:
        changed |= _rated(rows, game.pool, game.yellow, game.red, result, at)
    return changed


def _counted(row: Row | None, player: UUID, seat: Seat, result: Result) -> Entry:
    """The row of `player` after one more game."""
    entry = row if isinstance(row, Entry) else Entry(id=player, kind=Kind.PLAYER)
    kind = "drawn" if result is Result.TIED else "won" if result is Result.won_by(seat) else "lost"
    score: Score = getattr(entry, kind)
    return replace(entry, **{kind: replace(score, **{seat.value: getattr(score, seat.value) + 1})})


def _rated(
    rows: Rows, pool: Pool, yellow: UUID, red: UUID, result: Result, at: datetime
) -> dict[UUID, Entry]:
    """The ratings after a game, both from those before it."""
    mine, theirs = (_rating(rows.get(rating_id(player, pool)), player, pool) for player in (yellow, red))
    score = DRAWN if result is Result.TIED else WON if result is Result.PLAYER_ONE_WON else LOST
    before = _figures(mine), _figures(theirs)
    after = (
        glicko2.after(before[0], [(before[1], score)]),
        glicko2.after(before[1], [(before[0], WON - score)]),
    )
    return {
        entry.id: replace(
            entry,
            rating=figures.rating,
            deviation=figures.deviation,
            volatility=figures.volatility,
            games=entry.games + 1,
            history=(*entry.history, Rated(at=at, rating=figures.rating))[-HISTORY:],
        )
        for entry, figures in zip((mine, theirs), after, strict=True)
    }


def _rating(row: Row | None, player: UUID, pool: Pool) -> Entry:
    if isinstance(row, Entry):
        return row
    return Entry(id=rating_id(player, pool), kind=Kind.RATING, player=player, pool=pool)


def _figures(entry: Entry) -> Rating:
    if entry.rating is None or entry.deviation is None or entry.volatility is None:
        return NEW
    return Rating(entry.rating, entry.deviation, entry.volatility)


RATINGS = Projection(
    name="ratings",
    revision=1,
    row=Entry,
    project=project,
    also=also,
    begun_by=frozenset({"GameCreated"}),
)
