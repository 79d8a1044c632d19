"""The image and the compose file: well-formed, and as careful as they say. No container engine is needed."""

import ipaddress
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.absent import absent

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
PROXY_CONFIG = (ROOT / "docker" / "haproxy.cfg").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]


def check(tool: str, *arguments: str | Path) -> None:
    """Run a checker of requirements-dev.lock; where it is missing, skip, but not in CI."""
    program = shutil.which(tool, path=os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
    if program is None:
        absent(f"{tool} is not installed: make .venv with `make test`")
    done = subprocess.run([program, *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def mounted(service: str) -> list[Path]:
    """The files of this project that `service` is given."""
    sources = (volume.split(":")[0] for volume in SERVICES[service].get("volumes", []))
    return [ROOT / source for source in sources if source.startswith("./")]


def locked(name: str) -> dict[str, str]:
    """Package → version of a lock file."""
    return dict(re.findall(r"^([\w.-]+)==([\w.+!-]+)", (ROOT / name).read_text(), re.MULTILINE))


def names(requirements: list[str]) -> set[str]:
    return {re.split(r"[^\w.-]", requirement)[0] for requirement in requirements}


def test_the_compose_file_follows_its_schema() -> None:
    check("check-jsonschema", "--builtin-schema", "vendor.compose-spec", "docker-compose.yml")


def test_the_dockerfile_has_nothing_to_complain_of() -> None:
    check("hadolint", "Dockerfile")


# The image ------------------------------------------------------------------------------------------------


def test_the_image_runs_as_somebody_who_is_not_root() -> None:
    users = re.findall(r"^USER (\S+)", DOCKERFILE.rpartition("\nFROM ")[2], re.MULTILINE)
    assert users
    assert all(int(number) > 0 for number in users[-1].split(":"))


def test_the_image_holds_what_the_server_depends_on_and_no_database() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    image = locked("requirements-image.lock")
    assert names(project["dependencies"]) <= image.keys()
    assert not names(project["optional-dependencies"]["embedded"]) & image.keys()


def test_the_image_has_the_versions_that_are_tested() -> None:
    assert locked("requirements-image.lock").items() <= locked("requirements.lock").items()


def test_the_server_can_be_imported_without_what_the_image_leaves_out() -> None:
    absent = locked("requirements.lock").keys() - locked("requirements-image.lock").keys()
    modules = sorted(name.replace("-", "_") for name in absent)
    code = f"import sys; sys.modules.update(dict.fromkeys({modules})); import server.__main__"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_what_the_image_copies_is_let_through_and_nothing_else() -> None:
    rules = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if not line.startswith("#")]
    copied = {source for source, _ in re.findall(r"^COPY (\w\S+) (\S+)$", DOCKERFILE, re.MULTILINE)}
    assert rules[0] == "*"
    assert {rule.removeprefix("!") for rule in rules if rule.startswith("!")} == copied
    assert all((ROOT / source).exists() for source in copied)


# What runs together ---------------------------------------------------------------------------------------


def test_there_are_two_servers_that_only_differ_by_their_host_name() -> None:
    assert SERVICES["server"]["deploy"]["replicas"] == 2
    assert "SERVER_NAME" not in SERVICES["server"]["environment"]
    assert "container_name" not in SERVICES["server"]
    assert "hostname" not in SERVICES["server"]


def test_every_file_that_a_container_is_given_is_there() -> None:
    given = {path.relative_to(ROOT).as_posix() for service in SERVICES for path in mounted(service)}
    assert given == {"docker/haproxy.cfg", "docker/create-role.sh"}
    assert all((ROOT / path).is_file() for path in given)


def test_the_proxy_is_the_only_way_in() -> None:
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["proxy"]
    for name in ("inside", "data"):
        assert COMPOSE["networks"][name]["internal"] is True
    assert "data" not in SERVICES["proxy"]["networks"]


def test_servers_believe_the_proxy_and_nobody_else() -> None:
    believed = SERVICES["server"]["environment"]["FORWARDED_ALLOW_IPS"]
    assert believed == SERVICES["proxy"]["networks"]["inside"]["ipv4_address"]
    [addresses] = COMPOSE["networks"]["inside"]["ipam"]["config"]
    proxy = ipaddress.ip_address(believed)
    assert proxy in ipaddress.ip_network(addresses["subnet"])
    assert proxy not in ipaddress.ip_network(addresses["ip_range"])  # no replica may be given it
    assert "http-request set-header X-Forwarded-For %[src]" in PROXY_CONFIG
    assert "http-request set-header X-Forwarded-Host %[req.hdr(Host)]" in PROXY_CONFIG
    assert "option forwardfor" not in PROXY_CONFIG  # adds to what a visitor sent


def test_a_half_open_handshake_ends_and_an_open_socket_lasts() -> None:
    assert re.search(r"^ +timeout http-request \ds$", PROXY_CONFIG, re.MULTILINE)
    assert re.search(r"^ +timeout tunnel \d+h$", PROXY_CONFIG, re.MULTILINE)


def test_the_proxy_asks_each_server_whether_it_is_ready() -> None:
    assert "http-check send meth GET uri /readyz" in PROXY_CONFIG
    port = re.search(r"^ENV(?:.|\\\n)* PORT=(\d+)", DOCKERFILE, re.MULTILINE)
    assert port
    assert re.search(rf"^ +server-template server \d+ server:{port[1]}$", PROXY_CONFIG, re.MULTILINE)


@pytest.mark.parametrize("service", SERVICES)
def test_no_container_can_do_more_than_it_needs(service: str) -> None:
    assert SERVICES[service]["read_only"] is True
    assert SERVICES[service]["cap_drop"] == ["ALL"]
    assert "cap_add" not in SERVICES[service]
    assert SERVICES[service]["security_opt"] == ["no-new-privileges:true"]
    assert SERVICES[service]["restart"] == "unless-stopped"
