"""Run some code cells of a lesson in a plain Python, without Jupyter: quick, and changed at will.

``run(rounds)`` starts one process. A round is a list of cells, each with its name and its text; all
rounds share one namespace, as the cells of a kernel do. A round ends where a cell fails.
"""

from __future__ import annotations

import ast
import json
import linecache
import os
import re
import subprocess
import sys
import tempfile
import traceback
import types
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "notebooks"
CLAIM = re.compile(r"# claim (C\d+):")
TIMEOUT = 100.0
"""Seconds for one process: a learner's notebook needs a few."""


class Cell(NamedTuple):
    """A code cell."""

    name: str
    source: str


class Failure(NamedTuple):
    """Where a round ended: the cell, the line in it (from 1), the kind of error and its text."""

    cell: str
    line: int
    error: str
    text: str


# ------------------------------------------------------------------- reading


def cells_of(name: str) -> list[Cell]:
    """The code cells of a lesson; ``name`` is its file or the beginning of it."""
    (path,) = FOLDER.glob(f"{name.removesuffix('.ipynb')}*.ipynb")
    whole = json.loads(path.read_text("utf-8"))
    code = [cell for cell in whole["cells"] if cell["cell_type"] == "code"]
    return [Cell(cell["id"], "".join(cell["source"])) for cell in code]


def claims_of(source: str) -> Iterator[tuple[str, ast.Assert]]:
    """Each claim that a cell marks at an assertion, and that assertion."""
    lines = source.splitlines()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Assert):
            text = "\n".join(lines[node.lineno - 1 : node.end_lineno])
            yield from ((claim, node) for claim in CLAIM.findall(text))


def claim_at(cells: Sequence[Cell], failure: Failure | None) -> str | None:
    """The claim whose assertion has failed; None for all other ways to end."""
    if failure is None or failure.error != "AssertionError":
        return None
    source = next(cell.source for cell in cells if cell.name == failure.cell)
    for claim, node in claims_of(source):
        if node.lineno <= failure.line <= (node.end_lineno or node.lineno):
            return claim
    return None


# ------------------------------------------------------------------- running


def run(rounds: Sequence[Sequence[Cell]]) -> list[Failure | None]:
    """Run these rounds, one after the other, in one new process; where each failed, if it did."""
    with tempfile.TemporaryDirectory() as folder:
        env = os.environ | {"WSLAB_NOTES": folder, "PYTHONIOENCODING": "utf-8"}
        env["PYTHONPATH"] = os.pathsep.join(filter(None, [str(ROOT), env.get("PYTHONPATH", "")]))
        result = subprocess.run(
            [sys.executable, "-m", "tests.support.cells"],
            cwd=folder,
            env=env,
            input=json.dumps(rounds),
            capture_output=True,
            encoding="utf-8",
            timeout=TIMEOUT,
            check=False,
        )
    assert result.returncode == 0, result.stderr
    return [told and Failure(*told) for told in json.loads(result.stdout.splitlines()[-1])]


# ------------------------------------------------------- inside that process


def main() -> None:
    """Run what comes on the standard input, and tell what happened on the standard output."""
    rounds = [[Cell(*cell) for cell in cells] for cells in json.load(sys.stdin)]
    tell, sys.stdout = sys.stdout, open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    module = types.ModuleType("__main__")
    sys.modules["__main__"] = module  # as in a kernel; the text of a class is looked up there
    vars(module)["display"] = print  # a kernel has it, too
    failures = [_round(cells, vars(module)) for cells in rounds]
    print(json.dumps(failures), file=tell, flush=True)


def _round(cells: Sequence[Cell], names: dict[str, Any]) -> Failure | None:
    for cell in cells:
        file = f"<{cell.name}>"
        linecache.cache[file] = (len(cell.source), None, cell.source.splitlines(True), file)
        try:
            exec(compile(cell.source, file, "exec", dont_inherit=True), names)
        except Exception as error:
            # An assertion of a helper, in this cell or another, is none that the cell makes.
            frames = traceback.extract_tb(error.__traceback__)[1:]  # without ours
            own = frames[-1].filename == file and frames[-1].name == "<module>"
            kind = type(error).__name__ if own else f"{type(error).__name__} below"
            return Failure(cell.name, frames[0].lineno or 0, kind, str(error)[:200])
    return None


if __name__ == "__main__":
    main()
