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
async (games) => {
    const { initial, evolve } = await import("/static/game/game.js");
    return games.map(({ events, states }) => {
        let game = initial();
        const seen = {};
        for (const event of events) {
            game = evolve(game, event);
            if (String(game.version) in states) seen[game.version] = game;
        }
        return seen;
    });
}
"""


async def test_the_browser_folds_the_golden_games_as_the_server_does(visit: Visit) -> None:
    games = [json.loads(line) for line in GAMES.read_text().splitlines()]
    async with visit() as somebody:
        await somebody.page.goto("/")
        folded = await somebody.page.evaluate(FOLD, games)
    for game, seen in zip(games, folded, strict=True):
        assert seen == game["states"], game["name"]


def test_the_modules_pass_their_own_tests() -> None:
    if not shutil.which("node"):
        absent("there is no Node; at home the browser tests have to do")
    files = sorted(map(str, (ROOT / "tests" / "js").glob("*.test.mjs")))
    assert files
    done = subprocess.run(
        ["node", "--import", "./tests/js/setup.mjs", "--test", *files],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr
