"""The choice of a game's home, and what becomes of connections that are on their way to it."""

import asyncio
import contextlib
import socket
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from pathlib import Path
from uuid import UUID

import pytest

from server.serving.homes import STALL, Homes, ranked

GAMES = [UUID(int=number << 64) for number in range(300)]


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder with a short path, for the sockets of workers."""
    with tempfile.TemporaryDirectory(prefix="homes-", dir="/tmp") as folder:
        yield Path(folder)


def handshake(game: object) -> bytes:
    return f"GET /ws/games/{game}?after=0 HTTP/1.1\r\n".encode()


class Taken(list[bytes]):
    """What was read of the connections that were taken over, which are closed."""

    def take(self, connection: socket.socket, received: bytes) -> None:
        connection.close()
        self.append(received)


class Clock:
    """A clock that stands still, in seconds."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


Started = Callable[[int], tuple[Homes, Taken]]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def started(folder: Path, clock: Clock) -> AsyncIterator[Started]:
    """Starts workers of three, by their places."""
    with contextlib.ExitStack() as stack:

        def start(place: int) -> tuple[Homes, Taken]:
            homes, taken = Homes(folder / str(place), 3, clock=clock), Taken()
            homes.listen(taken.take)
            stack.callback(homes.close)
            stack.callback(homes.end_listening)
            return homes, taken

        yield start


@pytest.fixture
def connection() -> Iterator[int]:
    with socket.socket() as connection:
        yield connection.fileno()


def home(game: UUID, places: Iterable[int] = range(3)) -> int:
    return ranked(str(game).encode(), places)[0]


def test_every_worker_is_the_home_of_as_many_games() -> None:
    assert all(70 < count < 130 for count in Counter(map(home, GAMES)).values())


def test_games_of_a_worker_that_is_lost_are_spread_over_the_others_and_no_other_game_moves() -> None:
    before, after = [home(game) for game in GAMES], [home(game, (0, 1)) for game in GAMES]
    assert all(now == then for then, now in zip(before, after, strict=True) if then != 2)
    assert {now for then, now in zip(before, after, strict=True) if then == 2} == {0, 1}


async def test_what_names_a_game_of_a_worker_that_ended_goes_where_the_others_expect_it(
    started: Started, connection: int
) -> None:
    (one, _), (two, taken), (three, _) = map(started, range(3))
    assert one.pass_on(handshake(next(game for game in GAMES if home(game) == 2)), connection)
    three.end_listening()
    theirs = [game for game in GAMES[:100] if home(game, (0, 1)) == 1]
    assert [game for game in GAMES[:100] if one.pass_on(handshake(game), connection)] == theirs
    two.end_listening()
    assert taken == [handshake(game) for game in theirs]


async def test_what_was_passed_on_to_a_worker_that_is_ending_is_served_there(
    started: Started, connection: int
) -> None:
    (one, _), (two, taken) = started(0), started(1)
    theirs = [game for game in GAMES[:100] if home(game, (0, 1)) == 1]
    for game in theirs:
        assert one.pass_on(handshake(game), connection)
    two.end_listening()
    assert taken == [handshake(game) for game in theirs]
    assert not one.pass_on(handshake(theirs[0]), connection), "it ends: this one serves it"


async def test_a_worker_that_came_in_the_place_of_another_has_its_games(
    started: Started, connection: int
) -> None:
    (one, _), (two, _) = started(0), started(1)
    game = next(game for game in GAMES if home(game) == 1)
    assert one.pass_on(handshake(game), connection)
    two.end_listening()
    again, taken = started(1)
    assert one.pass_on(handshake(game), connection)
    again.end_listening()
    assert taken == [handshake(game)]


async def test_what_a_worker_that_does_not_keep_up_cannot_take_is_served_here(
    started: Started, connection: int
) -> None:
    (one, _), (two, taken) = started(0), started(1)
    game = next(game for game in GAMES if home(game) == 1)
    passed_on = 0
    while one.pass_on(handshake(game), connection):
        passed_on += 1
    two.end_listening()
    assert len(taken) == passed_on > 0


async def test_games_of_a_worker_that_hangs_are_served_elsewhere_until_it_goes_on(
    started: Started, connection: int, clock: Clock
) -> None:
    (one, _), (two, taken) = started(0), started(1)
    game = handshake(next(game for game in GAMES if home(game) == 1))
    assert one.pass_on(game, connection)
    clock.now += STALL
    assert one.pass_on(game, connection), "it may be busy"
    clock.now += STALL
    assert not one.pass_on(game, connection)
    while len(taken) < 2:
        await asyncio.sleep(0)
    assert one.pass_on(game, connection)
    two.end_listening()
    assert len(taken) == 3


@pytest.mark.parametrize(
    "line",
    [
        "GET /ws/lobby HTTP/1.1",
        "GET /api/games/{game} HTTP/1.1",
        "GET /ws/games/{game}x HTTP/1.1",
        "POST /ws/games/{game} HTTP/1.1",
        "GET /ws/games/{game}",
        "GET /ws/games/",
        "",
    ],
)
async def test_other_requests_stay_where_they_came(started: Started, connection: int, line: str) -> None:
    (one, _), _ = started(0), started(1)
    game = next(game for game in GAMES if home(game) == 1)
    assert not one.pass_on(line.format(game=game).encode(), connection)


@pytest.mark.parametrize("path", ["/ws/games/{game}", "/connect4/ws/games/{game}"])
async def test_the_path_of_a_proxy_may_stand_before_a_games(
    started: Started, folder: Path, connection: int, path: str
) -> None:
    started(1)
    with contextlib.closing(Homes(folder / "0", 3, "/connect4")) as one:
        game = next(game for game in GAMES if home(game) == 1)
        assert one.pass_on(f"GET {path.format(game=game).upper()} HTTP/1.1".encode(), connection) is False
        assert one.pass_on(f"GET {path.format(game=str(game).upper())} HTTP/1.1".encode(), connection)


def test_a_process_that_is_alone_passes_nothing_on() -> None:
    assert not Homes().are_several
