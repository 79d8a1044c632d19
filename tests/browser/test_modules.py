"""The front end's pure modules: by Node where there is one, and in the browser that runs them."""

import json
import shutil
import subprocess
from pathlib import Path

from tests.browser.conftest import Visit
from tests.golden.generate import GAMES
from tests.support.absent import absent

ROOT = Path(__file__).parents[2]

FOLD = """
async (text) => {
    const { initial, evolve } = await import("/static/game/game.js");
    const { remaining, running } = await import("/static/game/clock.js");
    const shown = (game) => {
        if (!game.clock) return game;
        const { left, opening, ...clock } = game.clock;
        const remaining_ms = { yellow: remaining(game.clock, "yellow"), red: remaining(game.clock, "red") };
        return { ...game, clock: { ...clock, remaining_ms, running: running(game) } };
    };
    return JSON.stringify(JSON.parse(text).map(({ events, states }) => {
        let game = initial();
        const seen = {};
        for (const event of events) {
            game = evolve(game, event);
            if (String(game.version) in states) seen[game.version] = shown(game);
        }
        return seen;
    }));
}
"""
"""Folds games, and shows each as the server does: its clocks as they were when the player began to think. All
is text on its way, because Playwright takes its time over objects."""


async def test_the_browser_folds_the_golden_games_as_the_server_does(visit: Visit) -> None:
    games = [json.loads(line) for line in GAMES.read_text().splitlines()]
    async with visit() as somebody:
        await somebody.page.goto("/")
        folded = json.loads(await somebody.page.evaluate(FOLD, json.dumps(games)))
    for game, seen in zip(games, folded, strict=True):
        assert seen == game["states"], game["name"]


def test_the_modules_pass_their_own_tests() -> None:
    if not shutil.which("node"):
        absent("there is no Node; at home the browser tests have to do")
    files = sorted(map(str, (ROOT / "tests" / "js").glob("*.test.mjs")))
    assert files
    # All in one process: `node --test` starts one for each file, which takes three times as long.
    program = "for (const file of process.argv.slice(1)) await import(file);"
    done = subprocess.run(
        ["node", "--import", "./tests/js/setup.mjs", "--input-type=module", "--eval", program, *files],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr
