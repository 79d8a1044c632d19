"""Plays timed games, each player on another server."""

import asyncio
import contextlib
import random
import time
from dataclasses import dataclass, field
from datetime import datetime

from tests.clocks.check import OFF, Move, moves
from tests.support.player import Api, Json, Socket

CLOCKS = ((10, 0), (60, 1), (180, 2))
"""Clocks of the games, by turns: seconds at the start, and for each move."""
MOVES = 10
"""Number of moves of each game."""
THINK = 0.2
"""Longest pause before a move, in seconds."""
AT_A_TIME = 20
"""Number of games that are played at a time, beside those that wait for their flag."""
CLAIM = 0.2
"""Time before the end of a clock from which on both claim again and again that it has ended, in seconds."""
CLAIM_EVERY = 0.02
"""Pause between two claims, in seconds."""


@dataclass
class Run:
    """So many games; in the last `flags` of them a player stops to move."""

    servers: tuple[Api, Api]
    games: int
    flags: int
    moves: list[Move] = field(default_factory=list)
    late: list[float] = field(default_factory=list)
    """Time from the end of a clock until the game's end was recorded, in milliseconds, of each flag."""
    faults: list[str] = field(default_factory=list)

    async def run(self) -> None:
        turns = asyncio.Semaphore(AT_A_TIME)
        async with asyncio.TaskGroup() as tasks:
            for number in reversed(range(self.games)):  # flags first: they take longest
                tasks.create_task(self._game(number, turns))

    async def _game(self, number: int, turns: asyncio.Semaphore) -> None:
        flag = number >= self.games - self.flags
        initial, increment = CLOCKS[0 if flag else number % len(CLOCKS)]
        async with contextlib.AsyncExitStack() as stack:
            async with turns:
                servers = self.servers[:: 1 if number % 2 else -1]
                game, *tokens = await servers[0].start(clock={"initial": initial, "increment": increment})
                players = [
                    await stack.enter_async_context(server.seated(game, token))
                    for server, token in zip(servers, tokens, strict=True)
                ]
                sent = await _play(players)
            if flag:
                await _wait_for_flag(players)
        log = await self.servers[0].log(game)
        if flag:
            self._check_flag(game, log)
        for move in moves(log, sent):
            self.moves.append(move)
            if move.off > OFF:
                self.faults.append(f"a remaining time in {game} is off by {move.off:.0f} ms")

    def _check_flag(self, game: str, log: list[Json]) -> None:
        *before, end = log
        if [end["data"].get("by"), *(event["type"] for event in before[-2:])] != [
            "timeout",
            *["MoveMade"] * 2,
        ]:
            self.faults.append(f"{game} did not end by one flag")
            return
        mover, since = before[-2]["data"], before[-1]["recorded_at"]
        taken = datetime.fromisoformat(end["recorded_at"]) - datetime.fromisoformat(since)
        self.late.append(taken.total_seconds() * 1000 - mover["remaining_ms"])


async def _play(players: list[Socket]) -> list[float]:
    """Make the moves; returns when each was sent, in seconds since 1970."""
    sent = []
    for number in range(MOVES):
        mover = players[number % 2]
        await mover.hear_version(4 + number)
        await asyncio.sleep(random.random() * THINK)
        sent.append(time.time())
        answer = await mover.move(number % 7)
        if answer["type"] != "accepted":
            raise RuntimeError(f"a move was answered by {answer}")
    return sent


async def _wait_for_flag(players: list[Socket]) -> None:
    """Return when the game is over. Both players claim so from shortly before the end on."""
    for player in players:
        await player.hear_version(4 + MOVES)
    left = players[0].events[-2]["data"]["remaining_ms"]
    await asyncio.sleep(left / 1000 - CLAIM)
    await asyncio.gather(*map(_claim, players))


async def _claim(player: Socket) -> None:
    while player.version == 4 + MOVES:
        await player.ask("claim_timeout")
        await asyncio.sleep(CLAIM_EVERY)
