"""Links ES modules into one script, by putting them one after the other; there is no build step.

Modules are written so that this is simple, and LinkError is raised where one is not: they import names as
they are (`import { a } from "./b.js";`) or a module as a whole (`import * as b from "./b.js";`), they export
declarations (`export const`, `let`, `function` or `class`), and no two modules of one script declare the same
name at their top level.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from string import ascii_letters

IMPORT = re.compile(r'^import (?:\{([^}]*)\}|\* as (\w+)) from "(\.[^"]*)";$', re.MULTILINE)
EXPORT = re.compile(r"^export (?=(?:const|let|class|function|async function) (\w+))", re.MULTILINE)
DECLARATION = re.compile(
    r"^(?:const|let|class|function|async function) (?:(\w+)|[\[{]([^=]*)[\]}] =)", re.MULTILINE
)
LEFT_OVER = re.compile(r"^(?:import|export) .*", re.MULTILINE)
WORD = r"(?<![.\w$]){}\b"
"""A name that is no member of another."""
MEMBER = WORD + r"\.(\w+)\b"
"""A member of what a name stands for."""
SAID = re.compile(r'"[^"\n]*"|(?:^|\s)//.*$', re.MULTILINE)
"""Words in a module, of which some are no code: a string, or a comment."""
LATER = re.compile(r'"(\w+(?:/\w+)+)"')
"""The path of a module that is loaded when it is asked for, see static/browser/load.js."""
WORKERS = "workers/"
"""The folder of web workers from the root: each is a script of its own, and shares nothing with a page."""
SHARED = "globalThis.connect4"
"""The object by which a page's script gives what it has to modules that come later."""

BEGIN = "(async () => {\n"
END = "})().catch((error) => globalThis.failed(error));\n"
"""The function around a page's script, so that names can be made short; see static/pages/boot.js."""


class LinkError(Exception):
    """A module is written in a way that cannot be linked."""


@dataclass(frozen=True, slots=True)
class Module:
    """A module without its imports and the word `export`. Paths are absolute."""

    path: Path
    body: str
    exports: tuple[str, ...]
    names: tuple[tuple[str, Path], ...]
    """Names that it imports, and the modules that they come from."""
    wholes: tuple[tuple[str, Path], ...]
    """Modules that it imports as a whole, each under a name of its own."""

    @property
    def imports(self) -> Iterator[Path]:
        """The modules it needs, some more than once."""
        return (path for _, path in (*self.names, *self.wholes))


@dataclass(frozen=True, slots=True)
class Linked:
    """A page's script, and each module or worker that it may ask for later, by its path from the root without
    `.js`."""

    main: str
    later: dict[str, str]


def link(root: Path, page: str) -> Linked:
    """Link the module `page`, such as "pages/game.js", with all that it imports, and what it loads later.

    Raises LinkError.
    """
    main = _closure([root / page])
    later: dict[str, dict[Path, Module]] = {}
    workers: dict[str, str] = {}
    asked = _later(root, main.values())
    while asked:
        for path in asked:
            if path.startswith(WORKERS):
                workers[path] = _as_worker(_closure([root / f"{path}.js"]))
            else:
                later[path] = _closure([root / f"{path}.js"], main)
        named = {path for own in later.values() for path in _later(root, own.values())}
        asked = sorted(named - later.keys() - workers.keys())
    borrowed = sorted({name for own in later.values() for name in _borrowed(own, main)})
    keys = {name: _key(place) for place, name in enumerate(borrowed)}
    shared = ", ".join(f"{key}: {name}" for name, key in keys.items())
    *parts, last = _joined(main, borrowed=borrowed)
    share = f"Object.assign({SHARED}, {{ {shared} }});\n"
    return Linked(
        "".join([BEGIN, *parts, share, last, END]),  # the last one loads the others
        {path: _as_later(own, main, root / f"{path}.js", keys) for path, own in later.items()} | workers,
    )


def _closure(roots: Iterable[Path], have: Iterable[Path] = ()) -> dict[Path, Module]:
    """These modules and what they need beside what there is, each behind all that it needs."""
    modules: dict[Path, Module] = {}
    under_way: list[Path] = []

    def visit(path: Path) -> None:
        if path in modules or path in have:
            return
        if path in under_way:
            raise LinkError(f"{path.name} imports itself, by way of {under_way[-1].name}")
        under_way.append(path)
        module = _read(path)
        for needed in module.imports:
            visit(needed)
        modules[under_way.pop()] = module

    for each in roots:
        visit(each)
    return modules


def _read(path: Path) -> Module:
    source = path.read_text()
    names: list[tuple[str, Path]] = []
    wholes: list[tuple[str, Path]] = []
    for listed, whole, where in IMPORT.findall(source):
        needed = (path.parent / where).resolve()
        if whole:
            wholes.append((whole, needed))
        names += [(name.strip(), needed) for name in listed.split(",") if name.strip()]
    body = EXPORT.sub("", IMPORT.sub("", source))
    if unknown := LEFT_OVER.search(body):
        raise LinkError(f"{path.name}: cannot link {unknown.group()}")
    if renamed := [name for name, _ in names if not name.isidentifier()]:
        raise LinkError(f"{path.name}: imports {renamed[0]}, which is another name")
    return Module(path, body, tuple(EXPORT.findall(source)), tuple(names), tuple(wholes))


def _joined(
    modules: dict[Path, Module], main: dict[Path, Module] | None = None, borrowed: Iterable[str] = ()
) -> list[str]:
    """The text of each of these modules in one script; they may import those of `main`, too. Names that are
    `borrowed` have to be there for others."""
    everything = {**(main or {}), **modules}
    members = {
        name: used
        for module in modules.values()
        for name, needed in module.wholes
        if needed in modules and name not in borrowed
        if (used := _members(name, everything[needed].exports, modules)) is not None
    }
    declared: dict[str, Path] = {}
    wholes: dict[str, Path] = {}

    def declare(name: str, path: Path) -> None:
        if declared.setdefault(name, path) != path:
            raise LinkError(f"{path.name} and {declared[name].name} both declare {name}")

    texts = []
    for path, module in modules.items():
        text = ""
        for name, needed in module.names:
            if name not in everything[needed].exports:
                raise LinkError(f"{path.name} imports {name}, which {needed.name} does not export")
            declare(name, needed)
        for name, needed in module.wholes:
            declare(name, needed)
            if needed in modules and name not in wholes:
                wholes[name] = needed
                for member, alias in members.get(name, {}).items():
                    if alias != member:
                        declare(alias, needed)
                        text += f"const {alias} = {member};\n"
                if name not in members:
                    text += f"const {name} = {{ {', '.join(everything[needed].exports)} }};\n"
        for name in _declared(module.body):
            declare(name, path)
        texts.append(text + _with_members(module, members))
    return texts


def _members(name: str, exports: tuple[str, ...], modules: dict[Path, Module]) -> dict[str, str] | None:
    """The exports that are used of the module that is imported as `name`, each with the name that replaces
    `name.export`, since no minifier shortens a property; None where the module is used as a whole, too."""
    bodies = [SAID.sub("", module.body) for module in modules.values() if name in dict(module.wholes)]
    code = "\n".join(bodies)
    used = re.findall(MEMBER.format(name), code)
    if len(used) < len(re.findall(WORD.format(name), code)) or not {*used} <= {*exports}:
        return None
    # Where something else has its name, too, a member could be taken for that.
    return {
        member: f"{name}_{member}" if re.search(WORD.format(member), code) else member
        for member in sorted({*used})
    }


def _with_members(module: Module, members: dict[str, dict[str, str]]) -> str:
    """The text of `module`, with those names."""
    body = module.body
    for name, _ in module.wholes:
        known = members.get(name, {})
        words = re.compile(rf"{SAID.pattern}|{MEMBER.format(name)}", re.MULTILINE)
        body = words.sub(lambda found, known=known: known.get(found[1], found[0]), body)  # type: ignore[misc]
    return body


def _as_later(modules: dict[Path, Module], main: dict[Path, Module], root: Path, keys: dict[str, str]) -> str:
    """These modules as a script that borrows from that of `main`, and exports what the module `root` does."""
    borrowed = ", ".join(f"{keys[name]}: {name}" for name in sorted(_borrowed(modules, main)))
    exported = ", ".join(modules[root].exports)
    return (
        f"export const {{ {exported} }} = (() => {{\n"  # in a function a minifier renames what is at the top
        + f"const {{ {borrowed} }} = {SHARED};\n"
        + "".join(_joined(modules, main))
        + f"return {{ {exported} }};\n}})();\n"
    )


def _as_worker(modules: dict[Path, Module]) -> str:
    """These modules as a script that has all it needs."""
    return "".join(["(() => {\n", *_joined(modules), "})();\n"])


def _key(place: int) -> str:
    """A short name, another for each place: no minifier shortens the names of properties."""
    more, last = divmod(place, len(ascii_letters))
    return (ascii_letters[more - 1] if more else "") + ascii_letters[last]


def _declared(body: str) -> Iterator[str]:
    for name, several in DECLARATION.findall(body):
        yield from [name] if name else re.findall(r"\w+", several)


def _borrowed(modules: dict[Path, Module], main: dict[Path, Module]) -> set[str]:
    """Names that these modules import from those of `main`."""
    imports = [each for module in modules.values() for each in (*module.names, *module.wholes)]
    return {name for name, path in imports if path in main}


def _later(root: Path, modules: Iterable[Module]) -> list[str]:
    """The modules that these name to load them later, sorted: what is linked is the same everywhere."""
    named = {path for module in modules for path in LATER.findall(module.body)}
    return sorted(path for path in named if (root / f"{path}.js").is_file())
