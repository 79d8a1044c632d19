"""Checks the games that players agreed to play next. Knows nothing of the server: only the log."""

from collections.abc import Iterator, Mapping, Sequence

from tests.faults.rules import Row


def agreed(logs: Mapping[str, Sequence[Row]]) -> dict[str, str]:
    """The game that follows each game whose players agreed to another one."""
    return {
        game: row.data["game"] for game, log in logs.items() for row in log if row.type == "RematchAccepted"
    }


def wrong(logs: Mapping[str, Sequence[Row]]) -> Iterator[tuple[str, str]]:
    """The games that are not followed by the one that was agreed to, each with a sentence."""
    for game, next in agreed(logs).items():
        if not (log := logs.get(next)):
            yield game, f"its players agreed to {next}, which is not there"
            continue
        before, after = logs[game][0].data, log[0].data
        if after.get("rematch_of") != game or any(
            before.get(term) != after.get(term) for term in ("clock", "listed", "rated")
        ):
            yield game, f"it is followed by {after}"
        sat, sit = _seats(logs[game]), _seats(log)
        if (sit.get("yellow"), sit.get("red")) != (sat.get("red"), sat.get("yellow")):
            yield game, f"the players of {next} sit at {sit}"


def _seats(log: Sequence[Row]) -> dict[str, str]:
    return {row.data["seat"]: row.data["player"] for row in log if row.type == "PlayerJoined"}
