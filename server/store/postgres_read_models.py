"""The read models on PostgreSQL.

A statement about a model's rows is a file in the folder of its name, and one that is the same for all models
in the folder `model`.
"""

import contextlib
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from server.errors import NotMigrated, NotSent
from server.store.database import Database
from server.store.event_store import Checkpoint, RecordedEvent, StreamId
from server.store.postgres import recorded_event
from server.store.read_models import LEASE, RETRY, Due, Model, Place, Portion, Row, State, Status, Version
from server.store.sql import statement
from server.store.transaction import Transaction

CONNECTIONS = 2
"""Connections of each server for everything that reads the log apart from games: one for the runners, and one
that is kept free for those who list."""
COUNTED = 1000
"""Number of events up to which a lag is counted event by event."""
LOCK_TIMEOUT = 200
"""Longest wait for a table's lock, in milliseconds: meanwhile those who list wait behind it."""

ALIKE = {"differing", "drop", "remove", "serve"}
"""Statements that are the same for all models."""

_LOCK_TIMEOUT = f"SET LOCAL lock_timeout = {LOCK_TIMEOUT}"


class PostgresReadModels:
    """ReadModels in `database`, for these models. `upcast` is applied to all events that are read."""

    def __init__(
        self, database: Database, upcast: Callable[[RecordedEvent], RecordedEvent], models: Sequence[Model]
    ) -> None:
        self.database, self._upcast = database, upcast
        self._models = {model.name: (model, msgspec.json.Decoder(model.row)) for model in models}

    async def prepare(self, models: Sequence[Model]) -> None:
        for model in models:
            try:
                async with self.database.transaction() as transaction:
                    await _prepare(transaction, model)
            except asyncpg.UndefinedTableError as error:
                raise NotMigrated from error

    async def fetch(self, name: str, *args: Any) -> Sequence[Any]:
        """The rows of the statement `name`, for those who list: they wait for no runner. Raises
        StoreUnavailable."""
        with _made():
            return await self.database.read(name, *args)

    async def due(self, most: int, passed_over: Collection[Due] = ()) -> list[Due]:
        games, moments = [due.game for due in passed_over], [due.at for due in passed_over]
        with _made():
            rows = await self.database.fetch("deadlines/due", most, games, moments)
        return [Due(row["id"], row["due_at"]) for row in rows]

    async def look(self) -> list[Status]:
        rows = await self.database.fetch("projections/look", LEASE, RETRY, COUNTED)
        return [msgspec.convert(dict(row), Status) for row in rows]

    @contextlib.asynccontextmanager
    async def batch(self, version: Version, runner: str) -> AsyncIterator["PostgresBatch | None"]:
        async with self.database.transaction() as transaction:
            yield await self._begin(transaction, version, runner)

    async def _begin(self, transaction: Transaction, version: Version, runner: str) -> "PostgresBatch | None":
        if not await _try_lock(transaction, version):
            return None
        found = await transaction.fetch(statement("projections/place"), *version, runner, LEASE)
        if not found:
            return None
        [row] = found
        checkpoint = Checkpoint(row["transaction_id"], row["position"])
        place = Place(checkpoint, row["there"], row["error"], row["renewed"])
        return PostgresBatch(transaction, version, runner, place, self._upcast, *self._models[version.name])

    async def build(self, model: Model, again: bool = False) -> Version:
        async with self.database.transaction() as transaction:
            return await _build(transaction, model, await _versions(transaction, model), again)

    async def stop(self, version: Version, error: str) -> bool:
        before = await self.database.fetch("projections/stop", *version, error)
        return [row["error"] for row in before] == [None]

    async def leave(self, runner: str) -> None:
        await self.database.fetch("projections/leave", runner)

    async def clear(self) -> None:
        for name, number in await self.database.fetch("projections/retired"):
            async with self.database.transaction() as transaction:
                await transaction.execute(_LOCK_TIMEOUT)
                await transaction.fetch(statement("projections/lock_model"), name)
                await transaction.execute(sql_of(Version(name, number), "drop"))
                await transaction.fetch(statement("projections/remove_version"), name, number)


class PostgresBatch:
    """A batch, in `transaction`."""

    def __init__(
        self,
        transaction: Transaction,
        version: Version,
        runner: str,
        place: Place,
        upcast: Callable[[RecordedEvent], RecordedEvent],
        model: Model,
        decoder: "msgspec.json.Decoder[Row]",
    ) -> None:
        self._transaction, self._version, self._runner = transaction, version, runner
        self.place, self._upcast, self._model, self._decoder = place, upcast, model, decoder

    async def read(self, limit: int) -> Portion:
        place, model = self.place.checkpoint, self._model
        if model.begun_by is None:
            rows = await self._transaction.fetch(statement("read_log"), *place, limit)
            number = len(rows)
        else:
            sql = reading(self._version, model.stream_column)
            rows = await self._transaction.fetch(sql, *place, limit, list(model.begun_by))
            number = rows[-1]["number"] if rows else 0
        return Portion([self._upcast(recorded_event(row, row["hash"])) for row in rows], number)

    async def read_stream(self, stream: StreamId) -> list[RecordedEvent]:
        rows = await self._transaction.fetch(statement("read_stream"), stream, 1, None)
        return [self._upcast(recorded_event(row, row["hash"])) for row in rows]

    async def load(self, ids: Collection[UUID]) -> dict[UUID, Row]:
        found = await self._transaction.fetch(self._sql("load"), list(ids))
        return {row.id: row for (text,) in found for row in [self._decoder.decode(text)]}

    async def save(self, rows: Mapping[UUID, Row | None], checkpoint: Checkpoint, events: int) -> None:
        kept = [row for row in rows.values() if row is not None]
        if kept:
            await self._transaction.fetch(self._sql("save"), msgspec.json.encode(kept).decode())
        if removed := [id for id, row in rows.items() if row is None]:
            await self._transaction.fetch(self._sql("remove"), removed)
        await self._transaction.fetch(
            statement("projections/advance"), *self._version, *checkpoint, events, self._runner
        )
        self.place = self.place._replace(checkpoint=checkpoint)

    async def differing(
        self, ids: Collection[UUID], after: UUID, limit: int
    ) -> tuple[list[UUID], UUID | None]:
        rows = await self._transaction.fetch(self._sql("differing"), list(ids), after, limit)
        looked_at = [row["id"] for row in rows if row["next"]]
        last = max(looked_at) if looked_at and len(looked_at) == limit else None
        return [row["id"] for row in rows if row["differs"]], last

    async def swap(self) -> bool:
        transaction, version = self._transaction, self._version
        await transaction.execute(_LOCK_TIMEOUT)
        await transaction.fetch(statement("projections/lock_model"), version.name)
        for row in await transaction.fetch(statement("projections/serving"), version.name):
            if not await _try_lock(transaction, Version(version.name, row["version"])):
                return False
            if row["position"] and Checkpoint(*row[1:]) > self.place.checkpoint:
                return False
        await transaction.fetch(statement("projections/retire"), version.name, State.SERVING)
        await _serve(transaction, version)
        return True

    def _sql(self, name: str) -> str:
        return sql_of(self._version, name)


@contextlib.contextmanager
def _made() -> Iterator[None]:
    """Raise NotSent where a read model has not been made yet."""
    try:
        yield
    except asyncpg.UndefinedTableError as error:
        raise NotSent("the read models have not been made yet") from error


def sql_of(version: Version, name: str) -> str:
    """The statement `name` on the table of `version`, and on the view of its model."""
    if name in ALIKE:
        shared = statement(f"model/{name}")
        return shared.replace("model_vN", version.table).replace("model_view", version.name)
    return statement(f"{version.name}/{name}").replace("_vN", f"_v{version.number}")


def reading(version: Version, stream_column: str) -> str:
    """The statement that reads the next events of the log which concern `version`."""
    sql = statement("model/read")
    return sql.replace("model_vN", version.table).replace("model_stream", stream_column)


async def _try_lock(transaction: Transaction, version: Version) -> bool:
    [(locked, _)] = await transaction.fetch(statement("projections/lock"), version.table)
    return bool(locked)


async def _versions(transaction: Transaction, model: Model) -> Sequence[asyncpg.Record]:
    """The versions of `model`, which nobody else changes until the end of the transaction."""
    await transaction.fetch(statement("projections/lock_model"), model.name)
    return await transaction.fetch(statement("projections/versions"), model.name)


async def _prepare(transaction: Transaction, model: Model) -> None:
    versions = await _versions(transaction, model)
    serving = [row["revision"] for row in versions if row["state"] == State.SERVING]
    if not serving:
        version = await _add(transaction, model, versions, State.BUILDING)
        await _serve(transaction, version)  # at once: there is nothing else to serve from
    elif serving[0] < model.revision:
        await _build(transaction, model, versions)


async def _build(
    transaction: Transaction, model: Model, versions: Sequence[Any], again: bool = False
) -> Version:
    for row in versions:
        if row["state"] == State.BUILDING and row["revision"] >= model.revision and not again:
            return Version(model.name, row["version"])
    await transaction.fetch(statement("projections/retire"), model.name, State.BUILDING)
    return await _add(transaction, model, versions, State.BUILDING)


async def _add(transaction: Transaction, model: Model, versions: Sequence[Any], state: State) -> Version:
    version = Version(model.name, max((row["version"] for row in versions), default=0) + 1)
    await transaction.execute(sql_of(version, "create"))
    await transaction.fetch(statement("projections/add_version"), *version, model.revision, state)
    return version


async def _serve(transaction: Transaction, version: Version) -> None:
    await transaction.execute(sql_of(version, "serve"))
    await transaction.fetch(statement("projections/serve"), *version)
