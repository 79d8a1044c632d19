"""The image and the compose file are well-formed and agree with each other. No container engine is needed."""

import ipaddress
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import yaml

from tests.support.absent import absent

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
PROXY_CONFIG = (ROOT / "docker" / "haproxy.cfg").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]


def check(tool: str, *arguments: str | Path) -> None:
    """Run a checker from requirements-dev.lock; where it is missing, skip the test, but not in CI."""
    program = shutil.which(tool, path=os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
    if program is None:
        absent(f"{tool} is not installed: make .venv with `make test`")
    done = subprocess.run([program, *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def locked(name: str) -> dict[str, str]:
    """The version of each package in a lock file."""
    return dict(re.findall(r"^([\w.-]+)==([\w.+!-]+)", (ROOT / name).read_text(), re.MULTILINE))


def names(requirements: list[str]) -> set[str]:
    return {re.split(r"[^\w.-]", requirement)[0] for requirement in requirements}


def test_the_compose_file_follows_its_schema() -> None:
    check("check-jsonschema", "--builtin-schema", "vendor.compose-spec", "docker-compose.yml")


def test_the_dockerfile_passes_its_linter() -> None:
    check("hadolint", "Dockerfile")


# The image ------------------------------------------------------------------------------------------------


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


def test_the_files_that_the_image_copies_are_let_through_and_no_others() -> None:
    rules = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if not line.startswith("#")]
    copied = {source for source, _ in re.findall(r"^COPY (\w\S+) (\S+)$", DOCKERFILE, re.MULTILINE)}
    assert rules[0] == "*"
    assert {rule.removeprefix("!") for rule in rules if rule.startswith("!")} == copied
    assert all((ROOT / source).exists() for source in copied)


# The containers together ----------------------------------------------------------------------------------


def test_every_file_that_a_container_is_given_is_there() -> None:
    given = [volume.split(":")[0] for service in SERVICES.values() for volume in service.get("volumes", [])]
    assert all((ROOT / path).is_file() for path in given if path.startswith("./"))


def test_servers_believe_the_address_of_the_proxy_which_no_replica_is_given() -> None:
    believed = SERVICES["server"]["environment"]["FORWARDED_ALLOW_IPS"]
    assert believed == SERVICES["proxy"]["networks"]["inside"]["ipv4_address"]
    [addresses] = COMPOSE["networks"]["inside"]["ipam"]["config"]
    proxy = ipaddress.ip_address(believed)
    assert proxy in ipaddress.ip_network(addresses["subnet"])
    assert proxy not in ipaddress.ip_network(addresses["ip_range"])


def test_the_proxy_asks_servers_at_the_port_of_the_image() -> None:
    [port] = re.findall(r"\bPORT=(\d+)", DOCKERFILE)
    assert re.findall(r"\bserver:(\d+)", PROXY_CONFIG) == [port]
