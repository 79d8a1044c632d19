"""A short attack on a real server: attackers are cut off, and players are not disturbed."""

import socket
from pathlib import Path

from tests.faults.attackers import HALF_OPEN, Flooder, Greedy, HalfOpen, JsonPinger, Pinger
from tests.support.absent import absent
from tests.support.programs import figures_of

TIMEOUT = 240
"""Time limit in seconds. A quiet machine needs about 15."""
FACTOR = 8
"""Allowed latency under attack, as a multiple of the quiet one. Generous, because the long form is the
measurement."""


def _has_more_loopback_addresses() -> bool:
    with socket.socket() as plain:
        try:
            plain.bind((HalfOpen.address, 0))
        except OSError:
            return False
        return True


async def test_who_means_harm_is_cut_off_and_neither_players_nor_memory_feel_it(tmp_path: Path) -> None:
    if not _has_more_loopback_addresses():
        absent("this machine has only one loopback address")
    options = ["--rounds", "1", "--quiet", "0.5", "--attacked", "2", "--factor", str(FACTOR)]
    figures = await figures_of(
        "tests.faults.hostile", *options, json_file=tmp_path / "figures.json", timeout=TIMEOUT
    )
    assert figures["moves"] > 500
    assert figures["failures"] == []
    assert figures["memory"]["most"] <= figures["memory"]["bound"]
    attackers = figures["attackers"]
    assert attackers[HalfOpen.name]["opened"] == HALF_OPEN
    assert attackers[Flooder.name]["told"] > 0, "a flood is told so"
    assert attackers[Greedy.name]["told"] > 0, "of frames that are no message too"
    for kind in (HalfOpen, Flooder, JsonPinger, Pinger, Greedy):
        assert attackers[kind.name]["opened"] > 0
        assert attackers[kind.name]["outlived"] == 0, kind.name
