"""Names in the log: sealed, opened for readers, and gone for good once their key is."""

import asyncio
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4, uuid5

import pytest

from server.game.board import Seat
from server.game.events import Event, GameStarted, MoveMade, PlayerId, PlayerJoined
from server.store import codec
from server.store import names as store_names
from server.store.event_store import Metadata, RecordedEvent, StreamId
from server.store.names import FORGOTTEN, NO_NAME, SealedNames, new_key, seal
from tests.support.memory_players import MemoryPlayers

ADA, GRACE = PlayerId(uuid4()), PlayerId(uuid4())
LONGEST = "\U0001f600" * 32


def joined(name: str = "Ada", player: PlayerId = ADA) -> PlayerJoined:
    return PlayerJoined(seat=Seat.RED, player=player, name=name)


def recorded(event: Event) -> RecordedEvent:
    id = uuid4()
    metadata = Metadata(command_id=id, correlation_id=id, causation_id=id, player=ADA, server="one")
    new = codec.encode(event, metadata)
    return RecordedEvent(
        stream_id=StreamId(id), version=1, type=new.type, schema_version=1, data=new.data, metadata=metadata,
        recorded_at=datetime.now(UTC), transaction_id=1, position=1,
    )  # fmt: skip


@pytest.fixture
def database() -> MemoryPlayers:
    database = MemoryPlayers()
    database.keys = {ADA: new_key(), GRACE: new_key()}
    return database


async def shown(names: SealedNames, *events: Event) -> list[dict[str, Any]]:
    return [dict(event.data) for event in await names.reveal([recorded(event) for event in events])]


@pytest.mark.parametrize("name", ["Ada", "Ада \u2028", LONGEST, "\0"])
async def test_a_sealed_name_is_opened_for_readers_and_nothing_else_is_shown(
    database: MemoryPlayers, name: str
) -> None:
    [sealed] = seal([joined(name)], database.keys[ADA])
    assert isinstance(sealed, PlayerJoined)
    assert sealed.name == NO_NAME
    assert [event["name"] for event in await shown(SealedNames(database), sealed)] == [name.rstrip("\0")]
    assert (await shown(SealedNames(database), sealed))[0].keys() == {"seat", "player", "name"}


def test_a_sealed_name_tells_neither_its_length_nor_that_it_is_the_same_as_another() -> None:
    key = new_key()
    sealed = [seal([joined(name)], key)[0] for name in ("A", "A", LONGEST)]
    texts = [event.sealed or "" for event in sealed if isinstance(event, PlayerJoined)]
    assert len({len(text) for text in texts}) == 1
    assert len(set(texts)) == 3


def test_nothing_is_sealed_where_there_is_no_name() -> None:
    events = (joined(NO_NAME), GameStarted(player_one=ADA, player_two=GRACE))
    assert seal(events, new_key()) == events


async def test_without_its_key_a_name_is_gone(database: MemoryPlayers) -> None:
    [sealed] = seal([joined()], database.keys.pop(ADA))
    assert (await shown(SealedNames(database), sealed))[0]["name"] == FORGOTTEN
    database.keys[ADA] = new_key()
    assert (await shown(SealedNames(database), sealed))[0]["name"] == FORGOTTEN


async def test_a_key_that_was_made_anew_after_the_database_went_back_is_read(database: MemoryPlayers) -> None:
    names = SealedNames(database)
    await shown(names, *seal([joined()], database.keys[ADA]))
    database.keys[ADA] = new_key()
    again = seal([joined()], database.keys[ADA])
    assert [event["name"] for event in await shown(names, *again)] == ["Ada"]


async def test_a_sealed_name_cannot_be_passed_off_as_that_of_another(database: MemoryPlayers) -> None:
    database.keys[GRACE] = database.keys[ADA]
    [sealed] = seal([joined()], database.keys[ADA])
    assert isinstance(sealed, PlayerJoined)
    stolen = PlayerJoined(seat=Seat.RED, player=GRACE, name=NO_NAME, sealed=sealed.sealed)
    assert (await shown(SealedNames(database), stolen))[0]["name"] == FORGOTTEN


async def test_a_name_recorded_by_an_older_release_is_shown_until_its_player_is_forgotten(
    database: MemoryPlayers,
) -> None:
    assert (await shown(SealedNames(database), joined()))[0]["name"] == "Ada"
    database.forgotten[ADA] = datetime.now(UTC)
    assert (await shown(SealedNames(database), joined()))[0]["name"] == FORGOTTEN


async def test_a_player_without_a_name_is_forgotten_too(database: MemoryPlayers) -> None:
    assert (await shown(SealedNames(database), joined(NO_NAME)))[0]["name"] == NO_NAME
    database.forgotten[ADA] = datetime.now(UTC)
    assert (await shown(SealedNames(database), joined(NO_NAME)))[0]["name"] == FORGOTTEN


async def test_moves_and_guests_without_a_name_are_shown_without_asking_the_database(
    database: MemoryPlayers,
) -> None:
    guest = PlayerId(uuid5(ADA, "a game"))
    await shown(SealedNames(database), MoveMade(player=ADA, column=1), joined(NO_NAME, guest))
    assert database.asked == 0


async def test_a_key_is_read_once(database: MemoryPlayers) -> None:
    names = SealedNames(database)
    [sealed] = seal([joined()], database.keys[ADA])
    assert [await shown(names, sealed) for _ in range(3)] == [await shown(names, sealed)] * 3
    assert database.asked == 1


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The sealed names that are opened, as they are."""
    opened: list[str] = []
    open = store_names._open

    def noting(player: UUID, sealed: str, key: bytes) -> str:
        opened.append(sealed)
        return open(player, sealed, key)

    monkeypatch.setattr(store_names, "_open", noting)
    return opened


async def test_a_name_is_opened_once_and_no_more_once_its_player_is_forgotten(
    database: MemoryPlayers, opened: list[str]
) -> None:
    names = SealedNames(database)
    first, second = (seal([joined(name)], database.keys[ADA])[0] for name in ("Ada", "Lovelace"))
    told = [(await shown(names, event))[0]["name"] for event in (first, first, second)]
    assert (told, len(opened)) == (["Ada", "Ada", "Lovelace"], 2)
    names.forget(ADA)
    assert (await shown(names, second))[0]["name"] == FORGOTTEN


async def test_a_name_that_was_sealed_here_is_not_opened_and_nobody_s_other_name_is_taken_for_it(
    database: MemoryPlayers, opened: list[str]
) -> None:
    names = SealedNames(database)
    decided = joined("Ada"), joined("Grace", GRACE)
    sealed = (*seal(decided[:1], database.keys[ADA]), *seal(decided[1:], database.keys[GRACE]))
    names.know(decided, sealed)
    assert [event["name"] for event in await shown(names, *sealed)] == ["Ada", "Grace"]
    assert opened == []
    names.know(sealed, sealed)  # as those of a rematch are, which nobody names anew
    [again] = seal([joined("Lovelace")], database.keys[ADA])
    assert [event["name"] for event in await shown(names, *sealed, again)] == ["Ada", "Grace", "Lovelace"]
    names.forget(ADA)
    names.know(decided[:1], sealed[:1])
    assert (await shown(names, sealed[0]))[0]["name"] == FORGOTTEN


async def test_the_cache_is_bounded(database: MemoryPlayers) -> None:
    names = SealedNames(database, size=1)
    for player in (ADA, GRACE, ADA):
        [sealed] = seal([joined(player=player)], database.keys[player])
        assert (await shown(names, sealed))[0]["name"] == "Ada"
    assert database.asked == 3


async def test_who_is_forgotten_elsewhere_is_told_once_and_opened_no_more(database: MemoryPlayers) -> None:
    names = SealedNames(database)
    [sealed] = seal([joined()], database.keys[ADA])
    assert (await shown(names, sealed))[0]["name"] == "Ada"
    assert await names.ask_who_is_forgotten() == []
    await database.fetch("players/forget", ADA)
    assert (await shown(names, sealed))[0]["name"] == "Ada", "its key is cached"
    assert await names.ask_who_is_forgotten() == [ADA]
    assert await names.ask_who_is_forgotten() == []
    assert (await shown(names, sealed))[0]["name"] == FORGOTTEN


class SlowDatabase(MemoryPlayers):
    """Answers only once `go` is set, with what there was before."""

    def __init__(self) -> None:
        super().__init__()
        self.go = asyncio.Event()

    async def fetch(self, name: str, *args: Any) -> list[dict[str, Any]]:
        rows = await super().fetch(name, *args)
        await self.go.wait()
        return rows


async def test_a_key_that_arrives_after_its_player_was_forgotten_opens_nothing() -> None:
    database = SlowDatabase()
    database.keys = {ADA: new_key()}
    names = SealedNames(database)
    [sealed] = seal([joined()], database.keys[ADA])
    showing = asyncio.create_task(shown(names, sealed))
    while not database.asked:
        await asyncio.sleep(0)
    names.forget(ADA)
    database.go.set()
    assert (await showing)[0]["name"] == FORGOTTEN
    assert (await shown(names, sealed))[0]["name"] == FORGOTTEN, "nor from the cache"


async def test_a_key_in_the_cache_opens_nothing_while_others_are_still_read() -> None:
    database = SlowDatabase()
    database.keys = {ADA: new_key(), GRACE: new_key()}
    database.go.set()
    names = SealedNames(database)
    events = seal([joined()], database.keys[ADA]) + seal([joined(player=GRACE)], database.keys[GRACE])
    await shown(names, events[0])
    database.go.clear()
    showing = asyncio.create_task(shown(names, *events))
    while database.asked < 2:
        await asyncio.sleep(0)
    names.forget(ADA)
    database.go.set()
    assert [event["name"] for event in await showing] == [FORGOTTEN, "Ada"]


async def test_a_stored_join_without_a_seal_has_the_shape_that_it_always_had() -> None:
    assert recorded(joined()).data.keys() == {"seat", "player", "name"}
    player: UUID = ADA
    assert recorded(seal([joined()], new_key())[0]).data["player"] == str(player)
