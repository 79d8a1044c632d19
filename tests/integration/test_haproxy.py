"""The proxy of docker-compose.yml, run by this machine's haproxy: a game's sockets meet at one server."""

import asyncio
import contextlib
import re
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import websockets

from tests.conftest import Serve
from tests.integration.test_homes import sockets_of, until_sockets
from tests.integration.test_playing import YELLOW_WINS, play
from tests.support.absent import absent
from tests.support.player import PATIENCE, Api, client

CONFIGURATION = Path(__file__).parents[2] / "docker" / "haproxy.cfg"
GAMES = 10
"""Number of games that are open while a server ends."""


@contextlib.asynccontextmanager
async def proxied(folder: Path, port: int, *servers: Api) -> AsyncIterator[Api]:
    """`servers` behind haproxy, which is configured as in the container but for addresses."""
    haproxy = shutil.which("haproxy", path="/usr/sbin:/usr/local/sbin:/usr/bin")
    if haproxy is None:
        absent("haproxy is not installed")
    lines = [f"    server server{n} {urlsplit(api.url).netloc}" for n, api in enumerate(servers)]
    text = CONFIGURATION.read_text().replace("bind :8080", f"bind 127.0.0.1:{port}")
    text = re.sub(r"resolvers network\n(    .*\n)+", "", text)
    text = text.replace(" resolvers network resolve-prefer ipv4 init-addr none", "")
    text = re.sub(r"    server-template .*\n", "\n".join(lines) + "\n", text)
    (folder / "haproxy.cfg").write_text(text)
    with (folder / "haproxy.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            haproxy, "-db", "-f", folder / "haproxy.cfg", stdout=log, stderr=log
        )
    try:
        async with client(f"http://127.0.0.1:{port}") as http, asyncio.timeout(PATIENCE * 3):
            while True:
                assert process.returncode is None, (folder / "haproxy.log").read_text()
                with contextlib.suppress(httpx.TransportError):
                    if (await http.get("/readyz")).status_code == 200:
                        break
                await asyncio.sleep(0.05)
            yield Api(f"http://127.0.0.1:{port}", http)
    finally:
        process.kill()
        await process.wait()


async def test_sockets_of_a_game_meet_at_one_server_and_at_the_other_one_where_that_is_away(
    serve: Serve, tmp_path: Path, port: int
) -> None:
    async with (
        serve(server_name="one", forwarded_allow_ips="127.0.0.1") as one,
        contextlib.AsyncExitStack() as rest,
    ):
        two = await rest.enter_async_context(serve(server_name="two", forwarded_allow_ips="127.0.0.1"))
        async with proxied(tmp_path, port, one, two) as api:
            homes = set[str]()
            while len(homes) < 2:
                game, yellow, red = await api.start()
                async with (
                    api.seated(game, yellow) as ada,
                    api.seated(game, red) as grace,
                    api.connect(game) as watching,
                ):
                    await play((ada, grace), YELLOW_WINS[:2])
                    await watching.hear_version(6)
                    sockets = [(await sockets_of(each))[0] for each in (one, two)]
                assert sorted(sockets) == [0, 3]
                homes.add("one" if sockets[0] else "two")
                await asyncio.gather(*(until_sockets(each, 0, 0) for each in (one, two)))
            games = [(await api.create())["game"] for _ in range(GAMES)]
            await rest.aclose()
            for game in games:
                async with asyncio.timeout(PATIENCE):
                    while True:  # until the proxy has noticed it, or has found out by this connection
                        with contextlib.suppress(websockets.InvalidStatus):
                            async with api.connect(game) as late:
                                await late.hear_version(2)
                                break
