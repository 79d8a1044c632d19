"""Entries of games, as lists and the lobby show them."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from server.projections.games import Player
from server.store.names import SealedNames

_seats = msgspec.json.Decoder(dict[str, Player | None])


async def entries(names: SealedNames, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Rows of the table of games, as lists show them, with the players' real names. Raises
    StoreUnavailable."""
    seats: list[dict[str, Player | None]] = [_seats.decode(row["players"]) for row in rows]
    seated = [player for players in seats for player in players.values() if player and not player.bot]
    opened = await names.open((player.player, player.name, player.sealed) for player in seated)
    shown = {id(player): name for player, name in zip(seated, opened, strict=True)}
    return [
        _entry(
            row,
            {
                seat: player and _shown(player, shown.get(id(player), player.name))
                for seat, player in players.items()
            },
        )
        for row, players in zip(rows, seats, strict=True)
    ]


def _shown(player: Player, name: str) -> dict[str, Any]:
    return {"player": player.player, "name": name, **({"bot": player.bot} if player.bot else {})}


def _entry(row: Mapping[str, Any], players: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "game": row["id"],
        "status": row["status"],
        "version": row["version"],
        "players": players,
        "clock": row["clock"] and msgspec.Raw(row["clock"]),
        "rated": row["rated"],
        "moves": row["moves"],
        "result": row["result"],
        "by": row["by"],
        "created_at": row["created_at"],
        "changed_at": row["changed_at"],
    }
