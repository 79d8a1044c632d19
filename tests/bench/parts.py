"""`python -m tests.bench.parts`: parts of a move, each by itself and again and again: the least time, in µs.

That is with everything in the processor's caches, which it is not in a server under load.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from timeit import repeat
from typing import Any
from uuid import uuid4

import msgspec
from websockets.frames import Frame, Opcode

from server.game.commands import Move
from server.game.decider import decide
from server.game.events import PlayerId
from server.game.state import evolve, fold
from server.game_cache import CachedGame
from server.projections.games import Game as Entry
from server.projections.games import project
from server.serving.frames import short_text
from server.store import codec, postgres
from server.store.event_store import Head, Metadata, StreamId
from server.store.history import seal
from server.wire import commits, from_client, to_client
from tests.support.scenario import ADA, moves, started

TIMES, ROUNDS = 2_000, 30
TOGETHER = 22
"""Number of appends in a commit, as with 50 games at a time."""


def steps() -> dict[str, Callable[[], object]]:
    """The steps, in their order. Those that are done once a commit are for all of its appends."""
    game = fold((*started(), *moves("445532411667")))
    stream, player, id, now = StreamId(uuid4()), PlayerId(ADA), uuid4(), datetime.now(UTC)
    head = Head(game.version, bytes(32))
    text = msgspec.json.encode({"type": "move", "id": id, "column": 5, "version": game.version})
    frame = Frame(Opcode.TEXT, text).serialize(mask=True)
    move = Move(player=player, column=5)
    metadata = Metadata(command_id=id, correlation_id=id, causation_id=id, player=player, server="bench")
    [made] = decide(game, move)
    new = codec.encode(made, metadata)
    sealed = seal(stream, head, [new])
    recorded = [sealed[0].recorded(stream, now, 1, 1)]
    places = [*range(1, TOGETHER + 1)]
    answer: Any = [(now, 1, places, places)]
    entry = Entry(id=stream, players={}, created_at=now, changed_at=now)

    def take_in() -> None:
        CachedGame(game, head).apply(recorded, [made])

    return {
        "a frame unmasked": lambda: short_text(frame),
        "a message decoded": lambda: from_client.decode(text.decode()),
        "the command": lambda: Move(player=player, column=5, arrival=None),
        "decide": lambda: decide(game, move),
        "the event encoded": lambda: codec.encode(made, metadata),
        "sealed with its hash": lambda: seal(stream, head, [new]),
        "arguments of a commit": lambda: postgres._arguments([sealed] * TOGETHER),
        "outcomes of a commit": lambda: postgres._recorded([(stream, sealed)] * TOGETHER, answer),
        "taken in by the cache": take_in,
        "evolve, which is a part of it": lambda: evolve(game, made, now),
        "the events' frame": lambda: commits.commit(recorded, head.hash),
        "the answer's frame": lambda: to_client.accepted(id, 17),
        "projected, not in the server's way": lambda: project({stream: entry}, recorded[0]),
    }


def main() -> None:
    for name, step in steps().items():
        each = min(repeat(step, number=TIMES, repeat=ROUNDS)) / TIMES * 1e6
        print(f"{each / TOGETHER if 'of a commit' in name else each:6.2f}  {name}")


if __name__ == "__main__":
    main()
