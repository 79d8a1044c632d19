"""The address of the site, as it is told to those who are to come."""

import pytest
from starlette.requests import Request

from server.serving import network
from server.settings import Settings
from server.web.site import Reach, Site, site_of


@pytest.fixture(autouse=True)
def _in_a_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network, "own_address", lambda host: "192.168.1.5")


def asked(host: str, *, listening: str = "0.0.0.0", client: str = "127.0.0.1", **headers: str) -> Site:
    """The site for a request to a server that listens at port 8000 of `listening`."""
    scope = {
        "type": "http",
        "scheme": "http",
        "root_path": "/four",
        "headers": [(name.encode(), value.encode()) for name, value in {"host": host, **headers}.items()],
        "server": ("127.0.0.1", 8000),
        "client": (client, 50000),
        "state": {"settings": Settings(host=listening)},
    }
    return site_of(Request(scope))


@pytest.mark.parametrize(
    "host", ["localhost:8000", "127.0.0.1:8000", "127.1.2.3", "[::1]:8000", "a.localhost"]
)
def test_who_comes_by_loopback_invites_by_the_machine_s_address_in_its_network(host: str) -> None:
    assert asked(host) == Site("http://192.168.1.5:8000/four", in_network=True)
    assert asked(host, listening="::") == asked(host)


@pytest.mark.parametrize("listening", ["127.0.0.1", "localhost", "::1"])
def test_a_server_that_only_listens_at_loopback_cannot_be_reached_from_elsewhere(listening: str) -> None:
    assert asked("localhost:8000", listening=listening) == Site("http://localhost:8000/four", Reach.ITS_HOST)


def test_what_comes_out_of_a_container_has_an_address_that_is_not_known_inside() -> None:
    assert asked("localhost:8000", client="172.17.0.1") == Site("http://localhost:8000/four", Reach.ITS_NAME)


def test_who_comes_through_a_proxy_is_not_told_of_the_network_behind_it() -> None:
    assert asked("localhost:8000", via="1.1 proxy").reach is Reach.ITS_NAME


def test_without_a_network_there_is_no_address_for_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network, "own_address", lambda host: None)
    assert asked("localhost:8000").reach is Reach.ITS_NAME


@pytest.mark.parametrize("host", ["game.example", "192.168.1.5:8000", "127.example"])
def test_an_address_that_others_have_is_as_it_is(host: str) -> None:
    assert asked(host, client="192.168.1.9") == Site(f"http://{host}/four")
