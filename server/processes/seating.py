"""Gives seats: carries out the command that takes one, and makes the player's token open it."""

from collections.abc import Sequence
from uuid import UUID

from server.errors import WrongExpectedVersion
from server.game.board import Seat
from server.game.commands import Create, Join
from server.game.events import Event, GameId
from server.handler import Handler
from server.store.credentials import Credentials, Holder, hash_of
from server.store.event_store import Head, NewEvent, RecordedEvent, StreamId
from server.store.names import NO_NAME, new_key, seal
from server.store.players import Account


async def take_seat(
    handler: Handler,
    credentials: Credentials,
    game: GameId,
    command: Create | Join,
    id: UUID,
    token: str,
    account: Account | None,
) -> Seat | None:
    """Carry out `command`, which seats its player, and make `token` open that seat, in one commit. Asked
    again with the same `id` and `token` it changes nothing. The name is sealed with the key of `account`, or
    where the player is one of this game alone, with a key made for it. Returns the seat. Raises Rejected,
    StoreUnavailable."""
    kept = lost = False
    owner = account.player.id if account else None
    key = account.key if account and owner == command.player else None
    holder = Holder(command.player, hash_of(token))
    if key is None and command.name != NO_NAME:
        key = new_key()
        holder = holder._replace(name_key=key, of_player=owner)

    async def prepare(events: tuple[Event, ...]) -> tuple[Event, ...]:
        nonlocal kept, key, holder
        if lost:  # maybe not to another writer, but to another token or key of this player
            found = await credentials.claim(game, command.player, token, holder.name_key, holder.of_player)
            kept = True
            if found:
                key, holder = found, holder._replace(name_key=found)
        return seal(events, key) if key else events

    async def append(stream_id: StreamId, expected: Head, events: Sequence[NewEvent]) -> list[RecordedEvent]:
        nonlocal kept, lost
        try:
            recorded = await credentials.append(stream_id, expected, events, holder)
        except WrongExpectedVersion:
            lost = True
            raise
        kept = True
        return recorded

    await handler.recording_by(append).handle(game, command, id, before_append=prepare)
    if not kept:  # the command was carried out before: its answer is for whoever has its token
        await credentials.claim(game, command.player, token)
    return await handler.seat_of(game, command.player)
