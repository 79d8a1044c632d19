"""What stands in Redis' place between the servers, as far as server/delivery/pubsub.py uses it."""

import asyncio
from collections import deque
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from server.delivery.bell import Heard
from server.errors import BellUnavailable
from tests.simulation.world import Pipe, World

HANG = 1.5
"""How long publishing takes that hangs, in seconds."""


class Bus:
    """Who listens to what. Loses, delays, doubles and disorders what it is given, as the faults have it."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.listeners: dict[bytes, dict[Listening, None]] = {}
        self.open: dict[Listening, None] = {}
        """The connections that listen, to whatever it is."""
        self.away_until = 0.0

    @property
    def away(self) -> bool:
        return self.world.loop.time() < self.away_until

    def publish(self, channel: bytes, payload: bytes) -> None:
        world = self.world
        for listening in list(self.listeners.get(channel, ())):
            if world.chance(world.faults.bus_lost):
                world.fault_until(world.loop.time())
                continue
            message = Heard(b"message", channel, payload)
            for _ in range(2 if world.chance(world.faults.bus_twice) else 1):
                world.loop.call_later(world.delay(world.faults.bus_slow), listening.take, message)

    def break_all(self) -> None:
        for listening in list(self.open):
            listening.break_off()


class Listening:
    """One connection that listens, as server.delivery.bell.Line."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._heard: deque[Heard] = deque()
        self._filled = asyncio.Event()
        self._commands: Pipe[tuple[bool, bytes]] = Pipe(bus.world.loop, self._carry_out)
        self._broken = False
        self.deaf = False
        bus.open[self] = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.break_off()

    async def subscribe(self, channels: Sequence[bytes]) -> None:
        await self._command(True, channels)

    async def unsubscribe(self, channels: Sequence[bytes]) -> None:
        await self._command(False, channels)

    async def hear(self) -> list[Heard]:
        while not self._heard:
            if self._broken:
                raise BellUnavailable("broken off")
            self._filled.clear()
            await self._filled.wait()
        heard = list(self._heard)
        self._heard.clear()
        return heard

    def take(self, message: Heard) -> None:
        """A message arrives."""
        if not self._broken and not self.deaf:
            self._heard.append(message)
            self._filled.set()

    def break_off(self) -> None:
        self._broken = True
        for listeners in self._bus.listeners.values():
            listeners.pop(self, None)
        self._bus.open.pop(self, None)
        self._filled.set()

    async def _command(self, subscribes: bool, channels: Sequence[bytes]) -> None:
        if self._bus.away or self._broken:
            raise BellUnavailable("away")
        for channel in channels:
            self._commands.put((subscribes, channel), self._bus.world.delay(self._bus.world.faults.bus_slow))

    def _carry_out(self, command: tuple[bool, bytes]) -> None:
        if self._broken:
            return
        subscribes, channel = command
        listeners = self._bus.listeners.setdefault(channel, {})
        if subscribes:
            listeners[self] = None
            confirmation = Heard(b"subscribe", channel, b"")
            # Never lost while the connection lives, unlike what is published.
            self._bus.world.loop.call_later(self._bus.world.delay(0.0), self.take, confirmation)
        else:
            listeners.pop(self, None)


class Client:
    """One server's way to it, as server.delivery.bell.Bell."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self.line: Listening | None = None
        """Its connection that listens, where there is one."""
        self.cut_off = False
        """Whether the server has died."""

    def listening(self) -> Listening:
        self.line = Listening(self._bus)
        return self.line

    async def publish(self, messages: Sequence[tuple[bytes, bytes]]) -> None:
        """Publish them all. Where messages are lost it also hangs, for longer than anybody waits."""
        world = self._bus.world
        hangs = world.chance(world.faults.bus_lost / 10)
        if hangs:
            world.fault_until(world.loop.time() + HANG)
        await asyncio.sleep(HANG if hangs else world.delay(world.faults.bus_slow))
        if self._bus.away or self.cut_off:
            raise BellUnavailable("away")
        for channel, payload in messages:
            self._bus.publish(channel, payload)
