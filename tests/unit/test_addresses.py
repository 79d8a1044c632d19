"""Addresses of clients: one text for each, what counts as one client, and which proxies are trusted."""

import pytest

from server.net.addresses import TrustedProxies, canonical, is_local, is_private, subscriber


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("::FFFF:c000:201", "192.0.2.1"),
        ("0:0:0:0:0:ffff:c000:0201", "192.0.2.1"),
        ("2001:DB8:0::1", "2001:db8::1"),
        ("64:ff9b::192.0.2.1", "64:ff9b::c000:201"),
        ("fe80::1%eth0", "fe80::1%eth0"),
        ("no:address", "no:address"),
    ],
)
def test_an_address_has_one_text_and_an_ipv4_mapped_one_is_ipv4(written: str, read: str) -> None:
    assert canonical(written) == read


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("192.0.2.1", "::ffff:192.0.2.1"),
        ("192.0.2.1", "64:ff9b::192.0.2.1"),
        ("192.0.2.1", "2002:c000:201::1"),
        ("2002:c000:201:1::1", "2002:c000:201:ffff::2"),
        ("192.0.2.45", "2001:0:4136:e378:8000:63bf:3fff:fdd2"),
        ("2001:db8::1", "2001:db8::ffff:0:0:1"),
        ("fe80::1%eth0", "fe80::1%eth0"),
    ],
)
def test_who_has_both_addresses_is_counted_once(one: str, other: str) -> None:
    assert subscriber(one) == subscriber(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("::ffff:192.0.2.1", "::ffff:192.0.2.2"),
        ("64:ff9b::192.0.2.1", "64:ff9b::192.0.2.2"),
        ("2002:c000:201::1", "2002:c000:202::1"),
        ("2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:0:4136:e378:8000:63bf:3fff:fdd3"),
        ("2001:db8:0:1::1", "2001:db8:0:2::1"),
        ("fe80::1%eth0", "fe80::2%eth0"),
    ],
)
def test_strangers_are_counted_apart(one: str, other: str) -> None:
    assert subscriber(one) != subscriber(other)


def test_only_loopback_is_this_machine() -> None:
    assert all(is_local(it) for it in (None, "127.0.0.1", "127.255.0.1", "::1", "::ffff:127.0.0.1"))
    assert not any(is_local(it) for it in ("", "localhost", "192.0.2.1", "64:ff9b::7f00:1", "2002:7f00:1::"))


def test_a_private_address_is_one_that_the_internet_does_not_reach() -> None:
    private = (None, "127.0.0.1", "10.0.0.1", "::ffff:192.168.0.1", "100.64.0.1", "fd00::1", "fe80::1%eth0")
    assert all(is_private(it) for it in private)
    assert not any(is_private(it) for it in ("8.8.8.8", "2606:4700::1", "::ffff:8.8.8.8", "nobody"))


@pytest.mark.parametrize(
    "setting", ["10.1.2.3", "10.0.0.0/8", "10.9.9.9/8", "::ffff:10.1.2.3", "::1, 10.1.2.3,", "*"]
)
@pytest.mark.parametrize("peer", ["10.1.2.3", "::ffff:10.1.2.3"])
def test_a_proxy_is_trusted_by_address_or_network_however_it_connects(setting: str, peer: str) -> None:
    assert peer in TrustedProxies.parse(setting)


def test_nobody_else_is_trusted() -> None:
    trusted = TrustedProxies.parse("10.1.2.3, fd00::/8, ::ffff:172.16.0.0/108, [::1]")
    assert all(peer in trusted for peer in ("fd12::1", "172.31.0.1", "::ffff:172.16.0.1", "::1"))
    for peer in ("10.1.2.4", "172.32.0.1", "64:ff9b::10.1.2.3", "2001:db8::1", "proxy", "", None):
        assert peer not in trusted
        assert peer not in TrustedProxies.parse("")
        assert peer in TrustedProxies.parse("*")


@pytest.mark.parametrize(
    "setting",
    ["localhost", "10.0.0", "10.0.0.0/33", "10.0.0.1 10.0.0.2", "::1/129", "**", "10.0.0.0-10.0.0.9", "[::1"],
)
def test_what_is_no_list_of_proxies_is_refused(setting: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        TrustedProxies.parse(setting)


@pytest.mark.parametrize(
    ("trusted", "forwarded_for", "client"),
    [
        ("10.0.0.0/8", "192.0.2.7", "192.0.2.7"),
        ("10.0.0.0/8", "198.51.100.1, 192.0.2.7", "192.0.2.7"),
        ("10.0.0.0/8", "192.0.2.7, 10.0.0.2", "192.0.2.7"),
        ("10.0.0.0/8", "192.0.2.7, ::ffff:10.0.0.2,", "192.0.2.7"),
        ("10.0.0.0/8", "10.0.0.3, 10.0.0.2", "10.0.0.3"),
        ("10.0.0.0/8", "::ffff:192.0.2.7", "192.0.2.7"),
        ("10.0.0.0/8", "192.0.2.7:4711", "192.0.2.7"),
        ("10.0.0.0/8", '"[2001:db8::7]:4711"', "2001:db8::7"),
        ("10.0.0.0/8", "192.0.2.7, unknown", None),
        ("10.0.0.0/8", "", None),
        ("*", "198.51.100.1, 192.0.2.7", "198.51.100.1"),
        ("*", "127.0.0.1, ::1, ::ffff:127.0.0.1, nonsense, 192.0.2.7", "192.0.2.7"),
    ],
)
def test_the_client_is_whom_the_last_trusted_proxy_heard(
    trusted: str, forwarded_for: str, client: str | None
) -> None:
    assert TrustedProxies.parse(trusted).client(forwarded_for) == client
