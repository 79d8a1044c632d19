"""The simulation's Redis: a Bell for each server, and an unreliable bus between them."""

import asyncio
from collections import deque
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from server.delivery.connection import Heard
from server.errors import BellUnavailable
from tests.simulation.world import Pipe, World

HANG = 1.5
"""Duration of a publish that hangs, in seconds."""


class Bus:
    """Carries messages to the lines that subscribed; loses, delays, doubles and reorders them."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.subscribers: dict[bytes, dict[Line, None]] = {}
        self.lines: dict[Line, None] = {}
        """All open listening connections."""
        self.away_until = 0.0

    @property
    def away(self) -> bool:
        return self.world.loop.time() < self.away_until

    def publish(self, channel: bytes, payload: bytes) -> None:
        world = self.world
        for line in list(self.subscribers.get(channel, ())):
            if world.chance(world.faults.bus_lost):
                world.fault_until(world.loop.time())
                continue
            message = Heard(b"message", channel, payload)
            for _ in range(2 if world.chance(world.faults.bus_twice) else 1):
                world.loop.call_later(world.delay(world.faults.bus_slow), line.deliver, message)

    def break_all(self) -> None:
        for line in list(self.lines):
            line.break_off()


class Line:
    """One listening connection: a server.delivery.pubsub.Line."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._heard: deque[Heard] = deque()
        self._filled = asyncio.Event()
        self._commands: Pipe[tuple[bool, bytes]] = Pipe(bus.world.loop, self._carry_out)
        self._broken = False
        self.deaf = False
        """True while it is open but nothing comes through."""
        bus.lines[self] = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.break_off()

    async def subscribe(self, channels: Sequence[bytes]) -> None:
        self._send(True, channels)

    async def unsubscribe(self, channels: Sequence[bytes]) -> None:
        self._send(False, channels)

    async def hear(self) -> list[Heard]:
        while not self._heard:
            if self._broken:
                raise BellUnavailable("the connection broke")
            self._filled.clear()
            await self._filled.wait()
        heard = list(self._heard)
        self._heard.clear()
        return heard

    def deliver(self, message: Heard) -> None:
        """A message from the bus arrives."""
        if not self._broken and not self.deaf:
            self._heard.append(message)
            self._filled.set()

    def break_off(self) -> None:
        self._broken = True
        for subscribers in self._bus.subscribers.values():
            subscribers.pop(self, None)
        self._bus.lines.pop(self, None)
        self._filled.set()

    def _send(self, subscribes: bool, channels: Sequence[bytes]) -> None:
        if self._bus.away or self._broken:
            raise BellUnavailable("the bus is away")
        for channel in channels:
            self._commands.put((subscribes, channel), self._bus.world.delay(self._bus.world.faults.bus_slow))

    def _carry_out(self, command: tuple[bool, bytes]) -> None:
        if self._broken:
            return
        subscribes, channel = command
        subscribers = self._bus.subscribers.setdefault(channel, {})
        if subscribes:
            subscribers[self] = None
            confirmation = Heard(b"subscribe", channel, b"")
            # Unlike what is published, it is never lost while the connection lives.
            self._bus.world.loop.call_later(self._bus.world.delay(0.0), self.deliver, confirmation)
        else:
            subscribers.pop(self, None)


class SimulatedBell:
    """One server's connections to the bus: a server.delivery.pubsub.Bell."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self.line: Line | None = None
        """The listening connection that was opened last."""
        self.cut_off = False
        """True once the server has died."""

    def listening(self) -> Line:
        self.line = Line(self._bus)
        return self.line

    async def publish(self, messages: Sequence[tuple[bytes, bytes]]) -> None:
        """Publish them all. Where messages get lost it sometimes hangs, too."""
        world = self._bus.world
        hangs = world.chance(world.faults.bus_lost / 10)
        if hangs:
            world.fault_until(world.loop.time() + HANG)
        await asyncio.sleep(HANG if hangs else world.delay(world.faults.bus_slow))
        if self._bus.away or self.cut_off:
            raise BellUnavailable("the bus is away")
        for channel, payload in messages:
            self._bus.publish(channel, payload)
