"""Gives seats: carries out the command that takes one, and makes the player's token open it."""

from uuid import UUID

from server.game.board import Seat
from server.game.commands import Create, Join
from server.game.events import Event, GameId
from server.handler import Handler
from server.store.credentials import Credentials
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
    """Carry out `command`, which seats its player, and make `token` open that seat. Asked again with the same
    `id` and `token` it changes nothing. The name is sealed with the key of `account`, or where the player is
    one of this game alone, with a key made for it. Returns the seat. Raises Rejected, StoreUnavailable."""
    claimed, owner = False, account.player.id if account else None
    key = account.key if account and owner == command.player else None

    async def claim(events: tuple[Event, ...]) -> tuple[Event, ...]:
        nonlocal claimed
        made = new_key() if key is None and command.name != NO_NAME else None
        kept = await credentials.claim(game, command.player, token, made, owner if made else None)
        claimed = True
        sealing = key or kept or made  # a key that is kept nowhere, where its player was forgotten meanwhile
        return seal(events, sealing) if sealing else events

    # Before the seat is taken: a token whose player gets no seat opens nothing, but a seat without a token
    # would be lost. After the decision: whoever is refused leaves no row behind.
    await handler.handle(game, command, id, before_append=claim)
    if not claimed:  # the command was carried out before: its answer is for whoever has its token
        await credentials.claim(game, command.player, token)
    return await handler.seat_of(game, command.player)
