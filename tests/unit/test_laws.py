"""What holds whatever is tried: any sequence of commands, any prefix of a log."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from server.game.board import COLUMNS, Seat
from server.game.commands import Command, Create, Join, Move, Resign
from server.game.decider import decide
from server.game.events import Event, GameFinished, GameStarted, MoveMade
from server.game.rejected import Rejected
from server.game.state import NO_GAME, Game, Status, fold
from server.store import codec
from tests.support.events import recorded, roundtrip
from tests.support.scenario import ADA, EVE, GRACE

players = st.sampled_from([ADA, GRACE, EVE])
moves = st.builds(Move, player=players, column=st.integers(-1, COLUMNS))
commands: st.SearchStrategy[Command] = st.one_of(
    moves,
    moves,
    moves,
    moves,
    st.builds(Join, player=players, name=st.text()),
    st.builds(Resign, player=players),
    st.builds(Create, player=players, name=st.text(), seat=st.sampled_from(Seat), listed=st.booleans()),
)
opening: list[Command] = [Create(player=ADA, name="Ada", seat=Seat.YELLOW), Join(player=GRACE, name="Grace")]
many = st.lists(commands, max_size=80)
sequences = st.one_of(many, many.map(lambda more: opening + more))


def carried_out(commands: list[Command]) -> tuple[list[Event], list[Game]]:
    """The log that `commands` leave, and the game at every version of it."""
    log: list[Event] = []
    games = [NO_GAME]
    for command in commands:
        try:
            decided = decide(games[-1], command)
        except Rejected:
            continue
        assert decided, "a command that is not refused leaves something"
        for event in decided:
            log.append(event)
            games.append(fold([event], games[-1]))
    return log, games


@given(sequences)
def test_any_prefix_of_the_log_replays_to_the_game_at_that_version(commands: list[Command]) -> None:
    log, games = carried_out(commands)
    for version, game in enumerate(games):
        assert game.version == version
        assert fold(log[:version]) == game


@given(sequences)
def test_a_game_starts_and_ends_at_most_once_and_nothing_follows_the_end(commands: list[Command]) -> None:
    log, games = carried_out(commands)
    assert sum(isinstance(event, GameStarted) for event in log) <= 1
    ends = [number for number, event in enumerate(log) if isinstance(event, GameFinished)]
    assert ends in ([], [len(log) - 1])
    assert (games[-1].status is Status.FINISHED) == bool(ends)


@given(sequences)
def test_players_take_turns_and_only_players_move(commands: list[Command]) -> None:
    log, games = carried_out(commands)
    movers = [event.player for event in log if isinstance(event, MoveMade)]
    started = next((event for event in log if isinstance(event, GameStarted)), None)
    for number, mover in enumerate(movers):
        assert started
        assert mover == (started.player_two if number % 2 else started.player_one)
    assert games[-1].board.yellow.bit_count() == (len(movers) + 1) // 2
    assert games[-1].board.red.bit_count() == len(movers) // 2


@given(sequences)
def test_a_game_with_a_four_or_a_full_board_is_over(commands: list[Command]) -> None:
    _, games = carried_out(commands)
    game = games[-1]
    fours = [seat for seat in Seat if game.board.winning_cells(seat)]
    assert len(fours) <= 1
    if fours or game.board.full:
        assert game.status is Status.FINISHED


@given(sequences)
def test_a_refusal_changes_nothing_and_is_the_same_again(commands: list[Command]) -> None:
    _, games = carried_out(commands)
    for command in commands:
        outcomes = []
        for _ in range(2):
            try:
                outcomes.append(repr(decide(games[-1], command)))
            except Rejected as refusal:
                outcomes.append(str(refusal))
        assert outcomes[0] == outcomes[1]


@given(sequences)
def test_decoding_what_was_encoded_gives_the_event_back(commands: list[Command]) -> None:
    log, _ = carried_out(commands)
    for version, event in enumerate(log, 1):
        assert codec.decode(recorded(event, version)) == event
        assert codec.decode(roundtrip(recorded(event, version))) == event


def test_no_secret_is_in_an_event() -> None:
    log, _ = carried_out([*opening, Move(player=ADA, column=0)])
    assert b"token" not in msgspec.json.encode([codec.encode(e, recorded(e, 1).metadata) for e in log])
