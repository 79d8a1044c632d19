"""The yardstick: bare `websockets`, which relays moves in memory and keeps nothing.

Speaks as much of the wire as the load generator needs: any game is there as soon as it is asked for, its
tokens are "yellow" and "red". It checks turns, columns and wins. `/echo` sends back what it is sent.
"""

import asyncio
import sys
from collections import defaultdict
from typing import Any

import msgspec
import uvloop
from websockets.asyncio.server import ServerConnection, broadcast, serve
from websockets.exceptions import ConnectionClosed

COLUMNS, ROWS = 7, 6
HEIGHT = ROWS + 1
"""Bits of a column: the topmost stays empty, so that no line goes on in the next column."""
SEATS = ("yellow", "red")


class Message(msgspec.Struct):
    """`authenticate` or `move`."""

    type: str
    token: str = ""
    id: str = ""
    column: int = 0


decode = msgspec.json.Decoder(Message).decode
encode = msgspec.json.Encoder().encode


class Game:
    """A board as two sets of bits, and who is connected to it."""

    def __init__(self) -> None:
        self.sockets: set[ServerConnection] = set()
        self.version = self.moves = 0
        self.over = False
        self._discs = [0, 0]
        self._heights = [0] * COLUMNS

    def move(self, seat: int, column: int) -> str | None:
        """Make a move; where it is refused, why."""
        if self.over:
            return "game_over"
        if seat != self.moves & 1:
            return "not_your_turn"
        if not 0 <= column < COLUMNS:
            return "no_such_column"
        if self._heights[column] == ROWS:
            return "column_full"
        self._discs[seat] |= 1 << (column * HEIGHT + self._heights[column])
        self._heights[column] += 1
        self.moves += 1
        self.over = self.moves == COLUMNS * ROWS or four(self._discs[seat])
        return None


def four(discs: int) -> bool:
    """Whether there are four in a line: upwards, or to the right along one of three directions."""
    for step in (1, HEIGHT - 1, HEIGHT, HEIGHT + 1):
        twos = discs & discs >> step
        if twos & twos >> 2 * step:
            return True
    return False


games: defaultdict[str, Game] = defaultdict(Game)


async def handle(socket: ServerConnection) -> None:
    """Serve a socket until it closes."""
    assert socket.request
    path = socket.request.path
    try:
        if path == "/echo":
            while True:
                await socket.send(await socket.recv())
        await relay(socket, path.removeprefix("/ws/games/").partition("?")[0])
    except ConnectionClosed:
        pass


async def relay(socket: ServerConnection, name: str) -> None:
    game, seat = games[name], -1
    game.sockets.add(socket)
    try:
        await say(socket, type="welcome", protocol=1, game=name, version=game.version)
        while True:
            message = decode(await socket.recv(decode=False))
            if message.type == "authenticate":
                seat = SEATS.index(message.token)
                await say(socket, type="seated", seat=message.token)
            elif refusal := game.move(seat, message.column):
                await say(socket, type="rejected", id=message.id, code=refusal)
            else:
                broadcast(game.sockets, moved(game, seat, message), text=True)
    finally:
        game.sockets.remove(socket)
        if not game.sockets:
            games.pop(name, None)


def moved(game: Game, seat: int, message: Message) -> bytes:
    """The frame of a move that was made, and of the end of the game where it was the last."""
    game.version += 1
    move = {
        "version": game.version,
        "type": "MoveMade",
        "data": {"player": SEATS[seat], "column": message.column},
        "command_id": message.id,
    }
    events = [move]
    if game.over:
        game.version += 1
        events.append({"version": game.version, "type": "GameFinished", "data": {}, "command_id": message.id})
    return encode({"type": "events", "events": events})


async def say(socket: ServerConnection, **message: Any) -> None:
    await socket.send(encode(message), text=True)


async def main() -> None:
    async with serve(handle, "127.0.0.1", 0, compression=None, ping_interval=None, backlog=2048) as server:
        print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
        await server.serve_forever()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        try:
            runner.run(main())
        except KeyboardInterrupt:
            sys.exit()
