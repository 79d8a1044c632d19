"""The golden games: what is folded here is what rules written a second time say."""

import json

import msgspec
import pytest

from server.game.board import Seat
from server.game.commands import Command, Create, Join, Move, Resign
from server.game.decider import NO_GAME, decide, fold
from server.game.events import AnyEvent, Ending, GameCreated, GameFinished, GameId, MoveMade, PlayerJoined
from server.store import codec
from server.store.event_store import NewEvent
from server.wire import messages
from tests.golden.generate import GAMES, Json, games
from tests.support.events import METADATA, STREAM, store

GOLDEN: list[Json] = [json.loads(line) for line in GAMES.read_text().splitlines()]


def events_of(game: Json) -> list[AnyEvent]:
    return [
        codec.decode(
            store(
                NewEvent(
                    type=event["type"],
                    schema_version=codec.SCHEMA_VERSION.get(event["type"], 1),
                    data=event["data"],
                    metadata=METADATA,
                ),
                event["version"],
            )
        )
        for event in game["events"]
    ]


def command_behind(event: AnyEvent, log: list[AnyEvent]) -> Command | None:
    """The command that led to `event`, or None where it came along with the event before."""
    match event:
        case PlayerJoined(seat=seat, player=player, name=name) if isinstance(log[-1], GameCreated):
            return Create(player=player, name=name, seat=seat)
        case PlayerJoined(player=player, name=name):
            return Join(player=player, name=name)
        case MoveMade(player=player, column=column):
            return Move(player=player, column=column)
        case GameFinished(by=Ending.RESIGNATION, result=result):
            loser = Seat.RED if result == "PLAYER_ONE_WON" else Seat.YELLOW
            seated = fold(log).player_at(loser)
            assert seated
            return Resign(player=seated.player)
        case _:
            return None


def test_there_are_at_least_200_of_every_kind() -> None:
    names = {game["name"].partition(",")[0] for game in GOLDEN}
    assert len(GOLDEN) >= 200
    assert {"vertical", "horizontal", "rising", "falling", "several", "draw"} <= names


def test_the_file_is_what_the_generator_writes() -> None:
    assert list(games()) == GOLDEN


@pytest.mark.parametrize("game", GOLDEN, ids=lambda game: game["name"])
def test_a_golden_game_folds_to_its_golden_states(game: Json) -> None:
    events = events_of(game)
    for version, expected in game["states"].items():
        folded = messages.state(GameId(STREAM), fold(events[: int(version)]))
        assert json.loads(msgspec.json.encode(folded)) == {"game": str(STREAM), **expected}


@pytest.mark.parametrize("game", GOLDEN, ids=lambda game: game["name"])
def test_the_commands_behind_a_golden_game_decide_its_events(game: Json) -> None:
    events = events_of(game)
    log: list[AnyEvent] = []
    for event in events:
        if not isinstance(event, GameCreated):
            command = command_behind(event, log or [events[0]])
            if command:
                log += decide(fold(log, NO_GAME), command)
    assert log == events
