"""The golden games: what is folded here is what rules written a second time say."""

import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import reduce
from typing import NamedTuple
from uuid import UUID

import msgspec
import pytest

from server.game.board import Seat
from server.game.clock import Arrival, milliseconds
from server.game.commands import (
    Abort,
    AcceptDraw,
    AcceptRematch,
    AcceptTakeback,
    CallTime,
    Command,
    Create,
    DeclineDraw,
    DeclineRematch,
    Join,
    Move,
    OfferDraw,
    OfferRematch,
    OfferTakeback,
    Resign,
)
from server.game.decider import decide
from server.game.events import (
    AnyEvent,
    Bot,
    DrawDeclined,
    DrawOffered,
    Ending,
    ForkOf,
    GameAborted,
    GameCreated,
    GameFinished,
    GameId,
    MoveMade,
    MovesTakenBack,
    PlayerId,
    PlayerJoined,
    RematchAccepted,
    RematchDeclined,
    RematchOffered,
    TakebackOffered,
    Thinking,
)
from server.game.forks import opening_from
from server.game.rejected import Rejected
from server.game.state import EPOCH, NO_GAME, Game, evolve
from server.store import codec
from server.store.event_store import NewEvent, RecordedEvent
from server.wire import representation
from tests.golden import clocked
from tests.golden.generate import GAMES, games
from tests.golden.scribe import Json
from tests.support.events import METADATA, STREAM, store
from tests.support.scenario import arrival

NEXT = GameId(UUID(clocked.NEXT))
PROCESS = PlayerId(UUID(int=9))
GOLDEN: list[Json] = [json.loads(line) for line in GAMES.read_text().splitlines()]
TIMED = [game for game in GOLDEN if "readings" in game]


class Happened(NamedTuple):
    """An event, and the moment at which it was recorded."""

    event: AnyEvent
    at: datetime


def events_of(game: Json) -> list[Happened]:
    return [Happened(codec.decode(stored(event)), moment(event)) for event in game["events"]]


def stored(event: Json) -> RecordedEvent:
    schema_version = codec.SCHEMA_VERSION.get(event["type"], 1)
    if event["type"] == "GameCreated" and (event["data"]["clock"] or "opening" in event["data"]):
        schema_version = codec.NOT_PLAIN
    new = NewEvent(type=event["type"], schema_version=schema_version, data=event["data"], metadata=METADATA)
    return store(new, event["version"])


def moment(event: Json) -> datetime:
    return datetime.fromisoformat(event["recorded_at"]) if "recorded_at" in event else EPOCH


def folded(events: Iterable[Happened]) -> Game:
    return reduce(lambda game, happened: evolve(game, *happened), events, NO_GAME)


def command_behind(event: AnyEvent, at: datetime, game: Game) -> Command | None:
    """The command that led to `event` in `game`, or None where it came along with the event before."""
    match event:
        case GameCreated():
            return None  # it is with the seat of who creates
        case PlayerJoined(bot=Bot()):
            return None  # it came along when the game was created
        case PlayerJoined(player=player, name=name):
            return Join(player=player, name=name) if game.players else None
        case MoveMade(player=player, column=column, thinking=None):
            return Move(player=player, column=column)
        case MoveMade(player=player, column=column, thinking=Thinking() as thinking):
            arrived = game.since + timedelta(milliseconds=thinking.elapsed_ms)
            times = arrival(arrived, thinking.lag_ms, thinking.downtime_ms)
            return Move(player=player, column=column, arrival=times)
        case DrawOffered(player=player):
            return OfferDraw(player=player)
        case TakebackOffered(player=player):
            return OfferTakeback(player=player, at=at)
        case RematchOffered(player=player):
            return OfferRematch(player=player, game=NEXT)
        case DrawDeclined(player=player, offer=offer):
            return DeclineDraw(player=player, offer=offer)
        case RematchDeclined(player=player, offer=offer):
            return DeclineRematch(player=player, offer=offer)
        case MovesTakenBack(player=player, offer=offer):
            return AcceptTakeback(player=player, offer=offer)
        case RematchAccepted(player=player, offer=offer):
            return AcceptRematch(player=player, offer=offer, game=NEXT)
        case GameAborted(player=UUID() as player):
            return Abort(player=PlayerId(player))
        case GameAborted() | GameFinished(by=Ending.TIMEOUT):
            return CallTime(player=PROCESS, arrival=Arrival(at=at))
        case GameFinished(by=Ending.RESIGNATION, result=result):
            loser = Seat.RED if result == "PLAYER_ONE_WON" else Seat.YELLOW
            seated = game.player_at(loser)
            assert seated
            return Resign(player=seated.player)
        case GameFinished(by=Ending.AGREEMENT):
            assert game.offers.open
            seated = game.player_at(game.offers.open.seat.other)
            assert seated
            return AcceptDraw(player=seated.player, offer=game.offers.open.version)
        case _:
            return None


def test_there_are_at_least_200_of_every_kind() -> None:
    names = {game["name"].partition(",")[0] for game in GOLDEN}
    assert len(GOLDEN) >= 200
    assert {"vertical", "horizontal", "rising", "falling", "several", "draw"} <= names
    assert {"clock 180+2", "timeout", "manners", "aborted by its creator"} <= names


def test_the_file_is_what_the_generator_writes() -> None:
    assert list(games()) == GOLDEN


def test_golden_games_fold_to_their_golden_states() -> None:
    for game in GOLDEN:
        events = events_of(game)
        for version, expected in game["states"].items():
            state = representation.state(GameId(STREAM), folded(events[: int(version)]))
            shown = json.loads(msgspec.json.encode(state))
            for each in (shown, expected):
                if each["clock"] and each["clock"]["since"]:
                    each["clock"]["since"] = datetime.fromisoformat(each["clock"]["since"])
            assert shown == {"game": str(STREAM), **expected}, game["name"]


def test_the_commands_behind_golden_games_decide_their_events() -> None:
    for game in GOLDEN:
        events = events_of(game)
        created, seated = events[0].event, events[1].event
        assert isinstance(created, GameCreated)
        assert isinstance(seated, PlayerJoined)
        opponent = events[2].event if len(events) > 2 else None
        create = Create(
            player=seated.player,
            name=seated.name,
            seat=seated.seat,
            clock=created.clock,
            opponent=opponent if isinstance(opponent, PlayerJoined) and opponent.bot else None,
            fork_of=created.fork_of,
            opening=created.opening,
        )
        log: list[AnyEvent] = [*decide(NO_GAME, create)]
        for number, (event, at) in enumerate(events):
            before = folded(events[:number])
            if command := command_behind(event, at, before):
                log += decide(before, command)
        assert log == [event for event, _ in events], game["name"]


def test_the_clocks_of_golden_games_run_out_when_their_readings_say() -> None:
    for game in TIMED:
        events = events_of(game)
        for reading in game["readings"]:
            then = folded(events[: reading["version"]])
            assert then.clocks
            at = then.since + timedelta(milliseconds=max(0, reading["after_ms"]))
            for seat in Seat:
                left = then.clocks.side(seat).remaining_ms
                if then.clocks.running and seat is then.next:
                    left = max(0, milliseconds(then.clocks.due(then.since, Arrival(at=at)) - at))
                assert left == reading["left"][seat], game["name"]


def test_a_fork_at_every_open_version_of_golden_games_begins_as_it_was_then() -> None:
    for game in GOLDEN:
        parent = NO_GAME
        for version, happened in enumerate(events_of(game), 1):
            parent = evolve(parent, *happened)
            shown = representation.state(GameId(STREAM), parent)
            won = any(parent.board.winning_cells(seat) for seat in Seat)
            if won or not any("." in row for row in shown["board"]):
                with pytest.raises(Rejected):
                    opening_from(parent)
                continue
            fork_of = ForkOf(game=NEXT, version=version)
            create = Create(
                player=PROCESS, name="", seat=Seat.RED, fork_of=fork_of, opening=opening_from(parent)
            )
            fork = representation.state(NEXT, reduce(evolve, decide(NO_GAME, create), NO_GAME))
            assert fork["fork_of"] == fork_of, game["name"]
            for key in ("board", "moves"):
                assert fork[key] == shown[key], game["name"]
