"""Homes, as in server.serving.homes: a server passes a game's connections on to the one that is its home."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from server.game.events import GameId
from server.serving.homes import ranked
from tests.simulation.world import World

if TYPE_CHECKING:
    from tests.simulation.server import Server


class Homes:
    """The homes of games among `servers`, by name, which are all workers of one machine."""

    def __init__(self, world: World, servers: Mapping[str, "Server"]) -> None:
        self._world, self._servers = world, servers
        self.disputed_until = 0.0
        """The time until which a server that accepts a connection may take itself for the game's home."""

    def of(self, game: GameId) -> "Server | None":
        """The home of `game`; None while no server is up."""
        for place in ranked(str(game).encode(), range(len(self._servers))):
            server = self._servers[f"server {place}"]
            if server.accepting:
                return server
        return None

    def serving(self, game: GameId, here: "Server") -> "Server":
        """The server for a connection about `game` that `here` has accepted."""
        if not self._world.setting.homes:
            return here
        if self._world.loop.time() < self.disputed_until and self._world.chance(0.5):
            return here
        return self.of(game) or here
