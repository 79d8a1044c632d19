"""Modules become one script, or it is said why they cannot."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from server.web.assets import STATIC
from server.web.link import LinkError, link
from server.web.minify import minify
from tests.support.absent import absent

Write = Callable[..., Path]
"""Writes modules, each named and given its source, into a folder; returns the one above it."""


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write(**modules: str) -> Path:
        for name, source in modules.items():
            (tmp_path / "part").mkdir(exist_ok=True)
            (tmp_path / "part" / f"{name}.js").write_text(source)
        return tmp_path

    return write


def run(script: str) -> str:
    """What `script` writes when Node runs it."""
    if not shutil.which("node"):
        absent("there is no Node")
    command = ["node", "--input-type=module", "--eval", "globalThis.connect4 = {};" + script]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def test_a_script_does_what_its_modules_do(write: Write) -> None:
    root = write(
        page="""import { twice } from "./sum.js";
import * as sum from "./sum.js";
console.log(twice(2), sum.add(1, 2), sum.LIMIT);
""",
        sum="""import { one } from "./one.js";
export const LIMIT = 9;
export function add(a, b) {
  return a + b;
}
export async function twice2() {}
export const twice = (a) => add(a, a) * one;
""",
        one="export const one = 1;\n",
    )
    assert run(link(root, "part/page.js").main) == "4 3 9"


def test_what_comes_later_borrows_from_the_script_and_brings_the_rest(write: Write) -> None:
    root = write(
        page="""import { add } from "./sum.js";
console.log(add(1, 1));
globalThis.load = () => "part/later";
""",
        sum="export const add = (a, b) => a + b;\n",
        later="""import { add } from "./sum.js";
import { own } from "./own.js";
export const answer = () => add(own, 1);
""",
        own="export const own = 41;\n",
    )
    linked = link(root, "part/page.js")
    [(path, later)] = linked.later.items()
    assert path == "part/later"
    assert "const add" not in later
    asked = later.replace("export const", "const")
    assert run(f"{linked.main}await (async () => {{ {asked} console.log(answer()); }})();") == "2\n42"


def test_a_worker_has_all_it_needs_and_borrows_nothing(write: Write) -> None:
    root = write(
        page="""import { add } from "./sum.js";
console.log(add(1, 1));
globalThis.load = () => "workers/adder";
""",
        sum="export const add = (a, b) => a + b;\n",
    )
    (root / "workers").mkdir()
    (root / "workers/adder.js").write_text(
        'import { add } from "../part/sum.js";\nconsole.log(add(40, 2));\n'
    )
    linked = link(root, "part/page.js")
    worker = linked.later["workers/adder"]
    assert "connect4" not in worker
    assert run(worker) == "42"


@pytest.mark.parametrize(
    ("page", "other", "why"),
    [
        ('import { a as b } from "./other.js";\n', "export const a = 1;\n", "a as b"),
        ('import { a } from "./other.js";\n', "const a = 1;\n", "does not export"),
        (
            'import { a } from "./other.js";\nconst b = 1;\n',
            "export const a = 1;\nconst b = 2;\n",
            "both declare b",
        ),
        ('import { a } from "./other.js";\nconst a = 1;\n', "export const a = 1;\n", "both declare a"),
        ('import { a } from "./other.js";\n', "export default 1;\n", "export default"),
        ('import a from "./other.js";\n', "", "import a from"),
        (
            'import { a } from "./other.js";\n',
            'import { b } from "./page.js";\nexport const a = 1;\n',
            "itself",
        ),
    ],
)
def test_what_cannot_be_linked_is_said(write: Write, page: str, other: str, why: str) -> None:
    with pytest.raises(LinkError, match=why):
        link(write(page=page, other=other), "part/page.js")


def test_what_goes_wrong_in_a_script_is_told(write: Write) -> None:
    root = write(page='await null;\nthrow new Error("late");\n')
    heard = "globalThis.failed = ({ message }) => console.log(message);\n"
    assert run(heard + minify(link(root, "part/page.js").main)) == "late"


@pytest.mark.parametrize("page", ["pages/start.js", "pages/game.js"])
def test_every_page_is_a_script_that_node_can_read(page: str) -> None:
    linked = link(STATIC, page)
    for script in (linked.main, *linked.later.values()):
        if not shutil.which("node"):
            absent("there is no Node")
        command = ["node", "--input-type=module", "--check"]
        subprocess.run(command, input=minify(script), text=True, check=True)


def test_a_member_of_a_module_is_not_taken_for_something_else_of_its_name(write: Write) -> None:
    page = """import * as sum from "./sum.js";
const twice = (add) => sum.add(add, add); // not sum.LIMIT
console.log(twice(3), sum.LIMIT, "sum.LIMIT");
"""
    root = write(page=page, sum="export const LIMIT = 9;\nexport const add = (a, b) => a + b;\n")
    assert run(link(root, "part/page.js").main) == "6 9 sum.LIMIT"
    root = write(
        page=f"{page}console.log(Object.keys(sum).length);\n", sum=(root / "part/sum.js").read_text()
    )
    assert run(link(root, "part/page.js").main) == "6 9 sum.LIMIT\n2"
