"""What the server counts: integers that are added to, and what Prometheus is told of them."""

import os
import re
from pathlib import Path

import pytest

from server.game.rejected import Code
from server.metrics import ACCEPTED, APPEND, REDIS_UP, REJECTED, SOCKETS, Metrics, forget_worker


def shown(metrics: Metrics, name: str) -> float:
    """The figure of that name, labels included."""
    [value] = re.findall(rf"^{re.escape(name)} (.+)$", metrics.text().decode(), re.MULTILINE)
    return float(value)


def test_what_is_added_to_a_counter_is_shown() -> None:
    metrics = Metrics()
    metrics.counts[ACCEPTED] += 2
    metrics.counts[REJECTED[Code.NOT_SEATED]] += 1
    assert shown(metrics, "connect4_commands_accepted_total") == 2
    assert shown(metrics, 'connect4_commands_rejected_total{code="not_seated"}') == 1
    assert shown(metrics, 'connect4_commands_rejected_total{code="column_full"}') == 0


def test_close_codes_that_clients_make_up_take_no_room() -> None:
    metrics = Metrics()
    lines = metrics.text().count(b"\n")
    for code in (1001, 3999, 4999):
        metrics.count_close(code)
    assert shown(metrics, 'connect4_closes_total{code="1001"}') == 1
    assert shown(metrics, 'connect4_closes_total{code="other"}') == 2
    assert metrics.text().count(b"\n") == lines


@pytest.mark.parametrize(
    ("milliseconds", "within"), [(0.1, "0.0005"), (0.5, "0.0005"), (0.6, "0.001"), (9_000, "+Inf")]
)
def test_a_duration_is_counted_in_the_buckets_it_fits_in(milliseconds: float, within: str) -> None:
    metrics = Metrics()
    metrics.observe(APPEND, int(milliseconds * 1e6))
    buckets = re.findall(r'connect4_append_seconds_bucket{le="(.+)"} (.+)', metrics.text().decode())
    place = [bound for bound, _ in buckets].index(within)
    assert [float(count) for _, count in buckets] == [0] * place + [1] * (len(buckets) - place)
    assert shown(metrics, "connect4_append_seconds_sum") == pytest.approx(milliseconds / 1e3)
    assert shown(metrics, "connect4_append_seconds_count") == 1


def test_the_process_itself_is_shown() -> None:
    assert shown(Metrics(), "process_resident_memory_bytes") > 1e6


def test_workers_are_added_up_and_what_one_lacks_all_lack(tmp_path: Path) -> None:
    first, second = Metrics(tmp_path / "0"), Metrics(tmp_path / "1")
    for metrics, number in ((first, 2), (second, 3)):
        metrics.counts[ACCEPTED] += number
        metrics.counts[SOCKETS] += number
        metrics.counts[REDIS_UP] = 1
        metrics.observe(APPEND, number * 10**9)
    for asked in (first, second):
        assert shown(asked, "connect4_commands_accepted_total") == 5
        assert shown(asked, "connect4_sockets") == 5
        assert shown(asked, "connect4_append_seconds_sum") == 5
        assert shown(asked, "connect4_redis_up") == 1
        for worker in ("0", "1"):
            assert shown(asked, f'process_resident_memory_bytes{{worker="{worker}"}}') > 1e6
    second.counts[REDIS_UP] = 0
    assert shown(first, "connect4_redis_up") == 0


def test_a_worker_that_ended_counts_no_longer_as_being_there_and_its_successor_goes_on(
    tmp_path: Path,
) -> None:
    first, second = Metrics(tmp_path / "0"), Metrics(tmp_path / "1")
    first.counts[REDIS_UP] = 1
    second.counts[SOCKETS] = second.counts[ACCEPTED] = 3
    forget_worker(tmp_path / "1")
    assert shown(first, "connect4_sockets") == 0
    assert shown(first, "connect4_redis_up") == 1
    assert shown(first, "connect4_commands_accepted_total") == 3
    assert 'worker="1"' not in first.text().decode()
    successor = Metrics(tmp_path / "1")
    successor.counts[ACCEPTED] += 1
    assert shown(first, "connect4_commands_accepted_total") == 4
    assert shown(first, "connect4_redis_up") == 0  # it has not heard anything yet
    assert first.of_all_workers()["1"][0] == os.getpid()
