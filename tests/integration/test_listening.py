"""Addresses to listen at: each way to write one, with and without IPv6.

They are tried in a network namespace, where `::` is loopback alone.
"""

import asyncio
import os
import shutil
import socket
import sys
from pathlib import Path

import pytest

from server.serving.server import bind
from server.settings import Settings
from tests.support.absent import absent

ROOT = Path(__file__).parents[2]

# Listens at each of the hosts, and prints which of the two loopback addresses reach it.
LISTEN = """
import socket, sys
from server.serving.server import address, bind
from server.settings import Settings

def reached(host, port):
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as client:
        return client.connect_ex((host, port)) == 0

for host in sys.argv[1:]:
    with bind(Settings.read({"HOST": host, "PORT": "0"})) as listening:
        port = listening.getsockname()[1]
        where = " ".join(it for it in ("127.0.0.1", "::1") if reached(it, port))
        print(host, address(listening).removesuffix(f":{port}"), where, sep="|")
"""
# The same where the kernel was built without IPv6.
NO_IPV6 = """
import errno, socket

class WithoutIPv6(socket.socket):
    def __init__(self, family=-1, *more, **named):
        if family == socket.AF_INET6:
            raise OSError(errno.EAFNOSUPPORT, "Address family not supported by protocol")
        super().__init__(family, *more, **named)

import sys
real = socket.socket
sys.modules["socket"].socket = WithoutIPv6
""" + LISTEN.replace("socket.socket(socket.AF_INET6 if", "real(socket.AF_INET6 if")


# Prints where a server at each of the hosts says that it is.
SAY = """
import sys
from server.serving.server import bind, places
from server.settings import Settings

for host in sys.argv[1:]:
    with bind(Settings.read({"HOST": host, "PORT": "0"})) as listening:
        print(host, places(listening).replace(f":{listening.getsockname()[1]}", ""), sep="|")
"""
NETWORK = (
    "ip link add out type veth peer name there && ip link set out up && ip link set there up"
    " && ip addr add 10.9.8.7/24 dev out && ip route add default dev out"
)
"""Commands for a network that leads out of the namespace."""


async def listened(
    program: str, *hosts: str, sysctl: str = "net.ipv6.bindv6only=1", network: str = "true"
) -> list[str]:
    """The lines that `program` prints in a network namespace of its own."""
    if not all(map(shutil.which, ("unshare", "ip", "sysctl"))):
        absent("unshare, ip or sysctl is missing: nothing may listen at `::` here")
    inside = f'ip link set lo up && sysctl -qw {sysctl} && {network} && exec "$0" "$@"'
    process = await asyncio.create_subprocess_exec(
        "unshare", "--map-root-user", "--net", "sh", "-c", inside, sys.executable, "-c", program, *hosts,
        cwd=ROOT, env={"PATH": os.environ["PATH"]},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    output, _ = await process.communicate()
    if b"unshare failed" in output:
        absent("network namespaces cannot be made here: nothing may listen at `::`")
    assert process.returncode == 0, output.decode()
    return output.decode().splitlines()


async def test_every_way_to_write_a_host_is_listened_at() -> None:
    """Whatever the system has `::` mean by default."""
    hosts = ("::", "[::]", "0.0.0.0", "localhost", "127.0.0.1", "::1", "[::1]", "::ffff:127.0.0.1")
    assert await listened(LISTEN, *hosts) == [
        "::|http://[::]|127.0.0.1 ::1",
        "[::]|http://[::]|127.0.0.1 ::1",
        "0.0.0.0|http://0.0.0.0|127.0.0.1",
        "localhost|http://127.0.0.1|127.0.0.1",
        "127.0.0.1|http://127.0.0.1|127.0.0.1",
        "::1|http://[::1]|::1",
        "[::1]|http://[::1]|::1",
        "::ffff:127.0.0.1|http://127.0.0.1|127.0.0.1",
    ]


@pytest.mark.parametrize(
    ("program", "sysctl"),
    [(LISTEN, "net.ipv6.conf.all.disable_ipv6=1"), (NO_IPV6, "net.ipv6.bindv6only=1")],
    ids=["turned off", "not there"],
)
async def test_on_a_machine_without_ipv6_all_addresses_are_those_of_ipv4(program: str, sysctl: str) -> None:
    listening = await listened(program, "::", "[::]", "localhost", sysctl=sysctl)
    assert [line.rpartition("|")[2] for line in listening] == ["127.0.0.1"] * 3


async def test_a_server_says_where_others_in_its_network_find_it() -> None:
    both = "http://127.0.0.1 and, for others in your network, at http://10.9.8.7"
    assert await listened(SAY, "0.0.0.0", "::", "127.0.0.1", "10.9.8.7", "localhost", network=NETWORK) == [
        f"0.0.0.0|{both}",
        f"::|{both}",
        "127.0.0.1|http://127.0.0.1",
        "10.9.8.7|http://10.9.8.7",
        "localhost|http://127.0.0.1",
    ]
    assert await listened(SAY, "0.0.0.0") == ["0.0.0.0|http://127.0.0.1"], "there is no network"


async def test_a_small_frame_does_not_wait_until_the_one_before_is_acknowledged() -> None:
    told = asyncio.get_running_loop().create_future()

    def on_connection(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = writer.get_extra_info("socket")
        told.set_result(connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        writer.close()

    with bind(Settings(port=0)) as listening:
        async with await asyncio.start_server(on_connection, sock=listening):
            _, client = await asyncio.open_connection(*listening.getsockname())
            assert await told
            client.close()
