"""Attackers in a process of their own: limited in number, rate and time, and on loopback only.

`python -m tests.faults.attack PORT` reads JSON objects from its standard input, one a line: `{"game"}` names
a game that has begun, `{"seat": [game, token]}` a seat to play at, and `{"attack": SECONDS}` starts an
attack. Each attack is answered by a line of figures once the server has closed all its connections. The
process ends with its input.
"""

import asyncio
import contextlib
import json
import os
import random
import socket
import sys
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable
from typing import Any

import uvloop

from tests.faults.attackers import HANDSHAKE, KINDS, Attacker, Flooder

LIFETIME = 10.0
"""Longest time that a connection may do harm, in seconds."""
GIVEN_UP = 15.0
"""Age at which a connection that the server has not closed is closed from here, in seconds."""
RAMP = 1.0
"""Time over which the first connections of an attack are spread, in seconds."""
REOPENED = 0.2
"""Pause between the end of a connection and the next one, in seconds."""
TINY = 4096
"""Socket buffers of attackers that do not read, in bytes; the kernel doubles them."""


class Attack:
    """One attack by so many of each of `kinds`, and its figures. `games` are those to watch."""

    def __init__(self, port: int, games: "deque[str]", kinds: dict[type[Attacker], int]) -> None:
        self._port, self._games, self._kinds = port, games, kinds
        self._missing = sum(kinds.values())
        self._complete, self._ended = asyncio.Event(), asyncio.Event()
        self._harmful: dict[str, list[float]] = {kind.name: [] for kind in kinds}
        self._counted: dict[str, Counter[str]] = {kind.name: Counter() for kind in kinds}

    async def run(self, seconds: float) -> dict[str, Any]:
        """Attack for `seconds`, and until every attacker has had a connection; then wait until none is left.

        Attackers come late on a busy machine, because they run only when nothing else does. Times are in
        seconds.
        """
        async with asyncio.TaskGroup() as tasks:
            for kind, number in self._kinds.items():
                for place in range(number):
                    tasks.create_task(self._keep_up(kind, RAMP * place / number))
            await asyncio.sleep(seconds)
            await self._complete.wait()
            self._ended.set()
        return {name: {**_summary(times), **self._counted[name]} for name, times in self._harmful.items()}

    async def _keep_up(self, kind: type[Attacker], after: float) -> None:
        """Keep one connection of `kind` open while the attack lasts; open another when the server closed
        it."""
        await asyncio.sleep(after)
        came = False
        while not self._ended.is_set():
            attacker = kind(HANDSHAKE.format(random.choice(self._games)).encode())
            try:
                await self._connect(attacker)
            except OSError:
                self._counted[kind.name]["refused"] += 1
            else:
                if not came:
                    came = True
                    self._count_down()
                await self._attack(attacker)
            await asyncio.sleep(REOPENED)

    def _count_down(self) -> None:
        self._missing -= 1
        if not self._missing:
            self._complete.set()

    async def _attack(self, attacker: Attacker) -> None:
        gives_up = time.monotonic() + GIVEN_UP
        while not (attacker.lost.is_set() or (attacker.stays and self._ended.is_set())):
            if time.monotonic() > gives_up:
                attacker.since = gives_up - GIVEN_UP
                break
            attacker.act()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(attacker.every):
                    await attacker.lost.wait()
        if not attacker.stays:
            self._harmful[attacker.name].append(time.monotonic() - attacker.since)
        self._counted[attacker.name] += Counter(opened=1, sent=attacker.sent, told=attacker.told)
        attacker.transport.abort()

    async def _connect(self, attacker: Attacker) -> None:
        loop = asyncio.get_running_loop()
        plain = socket.socket()
        try:
            plain.setblocking(False)
            if not attacker.reads:  # before connecting, because that sets the largest window
                plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, TINY)
                plain.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, TINY)
            plain.bind((attacker.address, 0))
            await loop.sock_connect(plain, ("127.0.0.1", self._port))
            await loop.create_connection(lambda: attacker, sock=plain)
        except BaseException:
            plain.close()
            raise


def _summary(times: list[float]) -> dict[str, float]:
    """The number of connections that did harm for too long, and the longest time that one did, in seconds."""
    return {"outlived": sum(time > LIFETIME for time in times), "longest": max(times, default=0)}


async def _obey(port: int, lines: Callable[[], str]) -> None:
    games: deque[str] = deque(maxlen=20)
    async with asyncio.TaskGroup() as tasks:
        while line := await asyncio.to_thread(lines):
            match json.loads(line):
                case {"game": game}:
                    games.append(game)
                case {"seat": [game, token]}:
                    Flooder.seat = game, token
                case {"attack": seconds}:
                    tasks.create_task(_tell(Attack(port, games, KINDS), seconds))


async def _tell(attack: Attack, seconds: float) -> None:
    print(json.dumps(await attack.run(seconds)), flush=True)


def main(arguments: Iterable[str]) -> None:
    [port] = arguments
    # Real attackers have machines of their own: these must take no processor time from the others.
    if hasattr(os, "SCHED_IDLE"):
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    else:
        os.nice(19)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_obey(int(port), sys.stdin.readline))


if __name__ == "__main__":
    main(sys.argv[1:])
