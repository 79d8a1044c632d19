"""The yardstick: bare `websockets`, which relays moves in memory and keeps nothing.

Speaks as much of the wire as the load generator needs: a game exists as soon as somebody asks for it, and its
tokens are "yellow" and "red". Turns, columns and wins are checked on the server's own board. `/echo` returns
every frame.
"""

import asyncio
import sys
from collections import defaultdict
from collections.abc import Callable, Coroutine
from contextlib import AbstractAsyncContextManager
from typing import Any

import msgspec
import uvloop
from websockets.asyncio.server import Server, ServerConnection, broadcast, serve
from websockets.exceptions import ConnectionClosed

from server.game.board import COLUMNS, ROWS, Board, Seat

SEATS = tuple(Seat)


class Message(msgspec.Struct):
    """`authenticate` or `move`."""

    type: str
    token: str = ""
    id: str = ""
    column: int = 0


decode = msgspec.json.Decoder(Message).decode
encode = msgspec.json.Encoder().encode


class Game:
    """A board, and the sockets that are connected to it."""

    def __init__(self) -> None:
        self.sockets: set[ServerConnection] = set()
        self.version = self.moves = 0
        self.over = False
        self._board = Board()

    def move(self, seat: int, column: int) -> str | None:
        """Make a move; returns the code of the refusal where the rules forbid it."""
        if self.over:
            return "game_over"
        if seat != self.moves & 1:
            return "not_your_turn"
        if not 0 <= column < COLUMNS:
            return "no_such_column"
        if not self._board.has_room(column):
            return "column_full"
        self._board = self._board.drop(SEATS[seat], column)
        self.moves += 1
        self.over = self.moves == COLUMNS * ROWS or bool(self._board.winning_cells(SEATS[seat]))
        return None


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
                seat = SEATS.index(Seat(message.token))
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
    """The frame with a move, and with the end of the game where the move was the last."""
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


def listening() -> AbstractAsyncContextManager[Server]:
    """The relay's server, to be entered."""
    return serve(handle, "127.0.0.1", 0, compression=None, ping_interval=None, backlog=2048)


def run(main: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run `main` until it is interrupted."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        try:
            runner.run(main())
        except KeyboardInterrupt:
            sys.exit()


async def main() -> None:
    async with listening() as server:
        print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
        await server.serve_forever()


if __name__ == "__main__":
    run(main)
