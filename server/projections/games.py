"""The read model of games: an entry each, as lists show it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from server.game.board import Seat
from server.game.events import OF_A_PLAYER
from server.game.state import Status
from server.projections.projection import Projection, Rows, head_of
from server.store.event_store import RecordedEvent
from server.store.ids import parse
from server.store.read_models import Row


class Bot(Struct, frozen=True, kw_only=True):
    """The computer as a player."""

    level: str
    engine: int


class Player(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Somebody who has a seat. The name is as it is stored; who shows it, opens it."""

    player: UUID
    name: str
    sealed: str | None = None
    bot: Bot | None = None


class Clock(Struct, frozen=True, kw_only=True):
    """Thinking time, in seconds."""

    initial: int
    increment: int


class Game(Row, frozen=True, kw_only=True):
    """The entry of a game. `version` and `hash` are the head that it was folded to."""

    version: int = 0
    hash: str | None = None
    """In hex; None where the event has none."""
    status: Status = Status.WAITING
    listed: bool = False
    rated: bool = False
    clock: Clock | None = None
    players: dict[Seat, Player | None]
    moves: str = ""
    """The columns from 1, as in `GET /api/games/{game}`."""
    result: str | None = None
    by: str | None = None
    fork_of: UUID | None = None
    """The game that it continues, from version `fork_version` on."""
    fork_version: int | None = None
    created_at: datetime
    changed_at: datetime


def project(rows: Rows, event: RecordedEvent) -> Rows:
    """The entry of the event's game after it. An event of a newer release changes the version alone."""
    game = rows[event.stream_id]
    if game is None:
        players = dict.fromkeys(Seat)
        at = event.recorded_at
        game = Game(id=event.stream_id, players=players, created_at=at, changed_at=at)
    assert isinstance(game, Game)
    changes = {"changed_at": event.recorded_at, **head_of(event), **_changes(game, event)}
    return {event.stream_id: replace(game, **changes)}


def _changes(game: Game, event: RecordedEvent) -> dict[str, Any]:
    data = event.data
    match event.type, event.schema_version:
        case "MoveMade", 1:
            return {"moves": f"{game.moves}{data['column'] + 1}"}
        case "MovesTakenBack", 1:
            return {"moves": game.moves[: -data["number"]]}
        case "GameCreated", 1 | 2:
            fork_of = data.get("fork_of")
            return {
                "listed": is_listed(data),
                "rated": bool(data.get("rated")),
                "clock": data["clock"] and Clock(**data["clock"]),
                "moves": data.get("opening", ""),
                "fork_of": fork_of and UUID(fork_of["game"]),
                "fork_version": fork_of and fork_of["version"],
            }
        case "PlayerJoined", 1:
            bot = data.get("bot")
            player = Player(
                player=parse(data["player"]),
                name=data["name"],
                sealed=data.get("sealed"),
                bot=bot and Bot(**bot),
            )
            rated = game.rated and player.player.version == OF_A_PLAYER
            return {"rated": rated, "players": {**game.players, Seat(data["seat"]): player}}
        case "GameStarted", 1:
            return {"status": Status.PLAYING}
        case "GameFinished", 2:
            return {"status": Status.FINISHED, "result": data["result"], "by": data["by"]}
        case "GameAborted", 1:
            return {"status": Status.FINISHED, "by": data["by"]}
        case _:
            return {}


def is_listed(data: Any) -> bool:
    """True if strangers may find the game. Before there was a lobby every game was recorded as listed, which
    meant nothing; it has no `rated`."""
    return data.get("rated") is not None and bool(data["listed"])


def in_step(row: Row | None, event: RecordedEvent) -> bool:
    """True if the event is the next of its game."""
    assert row is None or isinstance(row, Game)
    return event.version == (row.version if row else 0) + 1


GAMES = Projection(name="games", revision=2, row=Game, project=project, in_step=in_step)
