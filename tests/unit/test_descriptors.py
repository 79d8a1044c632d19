"""How many open files there may be, and how many sockets that leaves room for."""

import resource
from collections.abc import Iterator

import pytest

from server.serving import descriptors
from server.settings import Settings

OWN = descriptors.OWN + Settings().database_connections


@pytest.fixture
def few_files() -> Iterator[int]:
    """A limit on open files that is lower than the system's, until the end of the test."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    if before[1] == resource.RLIM_INFINITY:
        pytest.skip("this system knows no limit on open files")
    resource.setrlimit(resource.RLIMIT_NOFILE, (1024, before[1]))
    yield before[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_the_limit_is_raised_as_far_as_sockets_need(few_files: int, caplog: pytest.LogCaptureFixture) -> None:
    settings = Settings(max_sockets=1500)
    assert descriptors.fitted(settings) is settings
    assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] == 1500 + OWN
    assert [record for record in caplog.records if record.name != "asyncio"] == []


def test_what_cannot_be_raised_is_said_and_sockets_are_as_many_as_there_is_room_for(
    few_files: int, caplog: pytest.LogCaptureFixture
) -> None:
    fitted = descriptors.fitted(Settings(max_sockets=few_files + 1))
    assert fitted.max_sockets == few_files - OWN
    [record] = caplog.records
    assert record.levelname == "WARNING"
    assert vars(record)["files_permitted"] == few_files
    assert vars(record)["files_needed"] == few_files + 1 + OWN


def test_a_worker_leaves_it_to_its_parent_to_say_so(few_files: int, caplog: pytest.LogCaptureFixture) -> None:
    fitted = descriptors.fitted(Settings(max_sockets=few_files + 1, listen_fd=3))
    assert fitted.max_sockets == few_files - OWN
    assert [record for record in caplog.records if record.name != "asyncio"] == []
