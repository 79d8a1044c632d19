"""Games are played, measured and checked over real sockets, on a server that is honest or not."""

from tests.load.fake import Bug, Fake, pairs
from tests.load.load import Load, play
from tests.load.recorder import Latency
from tests.load.result import Options, Result

GAMES = 3
LONG = 60.0
"""A duration that no game here reaches, in seconds: each ends because nothing is left to play."""


async def played(
    bug: Bug | None, *, accepted: bool = True, spectators: int = 2, linger: bool = False
) -> Result:
    options = Options(
        games=1, ahead=GAMES - 1, duration=LONG, spectators=spectators, accepted=accepted, linger=linger
    )
    async with Fake(bug).listen() as url:
        return await play(url, pairs(GAMES), options)


async def test_whole_games_are_played_until_there_are_no_more() -> None:
    result = await played(None)
    assert (result.games, result.errors, result.violations) == (GAMES, {}, [])
    assert result.moves >= GAMES * 36
    counts = {latency: histogram.count for latency, histogram in result.histograms.of.items()}
    assert counts == {
        Latency.ACCEPTED: result.moves,
        Latency.OPPONENT: result.moves,
        Latency.SPECTATOR: 2 * result.moves,
    }


async def test_a_relay_that_accepts_nothing_can_be_played_at() -> None:
    result = await played(Bug.SILENT, accepted=False, linger=True)
    assert result.moves == result.histograms.of[Latency.OPPONENT].count >= GAMES * 36
    assert Latency.ACCEPTED not in result.histograms.of


async def test_a_gap_is_a_violation() -> None:
    result = await played(Bug.GAP)
    assert len(result.violations) == GAMES
    assert "a spectator got version 6 at 4" in result.violations[0]


async def test_a_repeat_is_a_violation() -> None:
    result = await played(Bug.REPEAT)
    assert len(result.violations) == GAMES
    assert "a spectator got version 5 at 5" in result.violations[0]


async def test_a_game_whose_moves_are_refused_is_given_up_and_counted() -> None:
    result = await played(Bug.REFUSES)
    assert (result.moves, result.errors) == (0, {"rejected column_full": GAMES})


async def test_a_crowd_is_waited_for() -> None:
    options = Options(games=1, ahead=0, duration=LONG, spectators=20, everybody=True)
    async with Fake().listen() as url:
        result = await play(url, pairs(1), options)
    assert result.histograms.of[Latency.LAST_SPECTATOR].count == result.moves >= 36
    assert result.histograms.of[Latency.SPECTATOR].count == 20 * result.moves


async def test_after_a_storm_every_socket_is_whole_again() -> None:
    fake, options = Fake(), Options(games=2, ahead=0, duration=0.4, spectators=1, rate=50, storms=1)
    async with fake.listen() as url:
        load = Load(url, options)
        await load.prepare(pairs(2))
        await load.run(lambda second: load.result.histograms.add(second.number, [second.taken], second.late))
    assert (load.result.violations, load.result.errors) == ([], {})
    assert load.result.histograms.of[Latency.WHOLE_AGAIN].count == 2 * 3
    for record in load.records:
        assert {version for _, version in record.ends} == {len(fake.frames[record.game])}
