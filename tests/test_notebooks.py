"""Every notebook runs from top to bottom, shows what is stored, and may be run again."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.support.cells import cells_of
from tests.support.visit import missing

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = sorted(path.name for path in (ROOT / "notebooks").glob("*.ipynb"))
PNG = "iVBORw0KGgo="
ALT = "Bar chart: TCP 10 bytes, WebSocket 313 bytes."

CLEAR, ABOVE = "Clear Outputs of All Cells", "Run All Above Selected Cell"
BEFORE = (
    "**Before you begin:** the results below the cells are from our run. To guess before you see "
    f"them, choose *Edit > {CLEAR}* first. If a cell says `NameError: name '...' is not defined`, "
    f"a cell above it has not run: click into the cell, choose *Run > {ABOVE}*, then run it again."
)
"""In the opening of every lesson, in the same words."""

each_notebook = pytest.mark.parametrize("name", NOTEBOOKS)
# Where time is short, the first lesson stands for all.
each_in_its_time = pytest.mark.parametrize(
    "name", [NOTEBOOKS[0], *(pytest.param(n, marks=pytest.mark.slow) for n in NOTEBOOKS[1:])]
)


@pytest.fixture(scope="module")
def runner() -> ModuleType:
    try:
        from tests.support import notebooks
    except ImportError as error:
        missing(f"{error.name} is not installed: the notebooks cannot be run")
    return notebooks


@pytest.mark.timeout(180)
@each_in_its_time
def test_a_notebook_still_shows_what_is_stored(runner: ModuleType, name: str) -> None:
    """In a process of its own, as `python tests/support/notebooks.py --check` is used."""
    script = str(Path(runner.__file__ or ""))
    result = subprocess.run(
        [sys.executable, script, "--check", name],
        cwd=ROOT,
        env=os.environ | {"PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        encoding="utf-8",
        timeout=170,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    assert result.stdout == f"{name}: ok\n"


@each_notebook
def test_a_stored_notebook_holds_nothing_of_one_machine(runner: ModuleType, name: str) -> None:
    stored = runner.read(ROOT / "notebooks" / name)
    assert runner.flaws(stored) == []
    assert stored.metadata == runner.METADATA


@each_notebook
def test_a_lesson_has_the_parts_of_a_lesson(runner: ModuleType, name: str) -> None:
    """Objectives, time, what it needs; a prediction; questions with folded answers; the end."""
    cells = runner.read(ROOT / "notebooks" / name).cells
    opening, whole = cells[0].source, "\n".join(cell.source for cell in cells)
    for part in ("**After this lesson you can**", "minutes (estimated)", "**You need:**"):
        assert part in opening
    assert " = None  #" in whole, "a prediction to fill in"
    assert whole.count("<summary>Answer</summary>") >= 3
    assert cells[-1].source.startswith("## To remember")


@each_notebook
def test_a_lesson_says_whose_results_it_shows_and_which_cell_to_run_first(
    runner: ModuleType, name: str
) -> None:
    cells = runner.read(ROOT / "notebooks" / name).cells
    assert BEFORE in cells[0].source
    first = next(number for number, cell in enumerate(cells) if cell.cell_type == "code")
    assert "un the next cell" in cells[first - 1].source


def test_the_menus_of_jupyterlab_have_what_the_lessons_name() -> None:
    try:
        from jupyterlab.commands import get_app_dir
    except ImportError:
        missing("JupyterLab is not installed: what is in its menus cannot be seen")
    scripts = [path.read_text("utf-8") for path in Path(get_app_dir(), "static").glob("*.js")]
    for entry in (CLEAR, ABOVE):
        assert any(entry in script for script in scripts), entry


@each_notebook
def test_where_the_answer_is_a_word_the_cell_asks_for_quotation_marks(name: str) -> None:
    """Without them a guess ends in a NameError."""
    for cell in cells_of(name):
        asked = re.findall(r" = None  #.* in quotation marks", cell.source)
        assert len(asked) == cell.source.count("choices="), cell.name


# The checks themselves are checked: a small notebook, and what may be wrong with it.


@pytest.fixture
def make(runner: ModuleType) -> Callable[..., Any]:
    def notebook(*outputs: dict[str, Any], tags: tuple[str, ...] = ()) -> Any:
        cell = {
            "cell_type": "code",
            "id": "one-cell",
            "metadata": {"tags": list(tags)},
            "source": "1 + 1",
            "execution_count": 1,
            "outputs": [{"metadata": {}, **output} for output in outputs],
        }
        whole = {"cells": [cell], "metadata": runner.METADATA, "nbformat": 4, "nbformat_minor": 5}
        return runner.nbformat.from_dict(whole)

    return notebook


def printed(text: str, name: str = "stdout") -> dict[str, Any]:
    return {"output_type": "stream", "name": name, "text": text}


def shown(alt: str, text: str) -> dict[str, Any]:
    data = {"image/png": PNG, "text/plain": text}
    return {"output_type": "display_data", "data": data, "metadata": {"image/png": {"alt": alt}}}


FLAWS = {
    "failed": {"output_type": "error", "ename": "NameError", "evalue": "x", "traceback": []},
    "warned": printed("careful", "stderr"),
    "path": printed("see /home/ada/wslab/net.py"),
    "address": printed("<Stream object at 0x7f2a4c1b9d30>"),
    "a time": printed("answered after 1.5 ms"),
    "lines of output": printed("line\n" * 50),
    "a figure needs a text": shown("", "<Figure size 640x480>"),
}


@pytest.mark.parametrize("flaw", FLAWS)
def test_a_flaw_is_found(runner: ModuleType, make: Callable[..., Any], flaw: str) -> None:
    (found,) = runner.flaws(make(FLAWS[flaw]))
    assert flaw in found
    assert runner.flaws(make(printed("GET /chat in 154 bytes\n"), shown(ALT, ALT))) == []


def test_another_output_is_a_difference(runner: ModuleType, make: Callable[..., Any]) -> None:
    stored, now = make(printed("same\nsix bytes")), make(printed("same\nsix byte"))
    assert runner.differences(stored, stored) == []
    (found,) = runner.differences(stored, now)
    assert "six bytes" in found
    assert runner.differences(stored, make()) != []
    assert runner.differences(make(shown(ALT, ALT)), make(shown(ALT + "!", ALT))) == []
    varies = make(printed("port 40001"), tags=("varies",))
    assert runner.differences(varies, make(printed("port 50001"), tags=("varies",))) == []
    assert runner.differences(varies, make(tags=("varies",))) != []


@pytest.fixture
def execute(runner: ModuleType) -> Callable[[Any], Any]:
    """Run a notebook in a process of its own; gives {"ran": the notebook, "faults": [...]}."""

    def execute(notebook: Any) -> Any:
        script = (
            "import json, nbformat, sys; from tests.support import notebooks\n"
            "ran, faults = notebooks.execute(nbformat.read(sys.stdin, 4))\n"
            "print(json.dumps({'ran': ran, 'faults': faults}))"
        )
        result = subprocess.run(
            [sys.executable, "-c", script],
            cwd=ROOT,
            env=os.environ | {"PYTHONIOENCODING": "utf-8"},
            input=runner.nbformat.writes(notebook),
            capture_output=True,
            encoding="utf-8",
            timeout=110,
            check=False,
        )
        assert result.returncode == 0, result.stderr
        return json.loads(result.stdout)

    return execute


@pytest.mark.slow
@pytest.mark.timeout(120)
@pytest.mark.parametrize(
    ("cells", "fault"),
    [
        (["x = 1", "assert x == 2, 'not two'"], "cell cell-1: AssertionError: not two"),
        # Fine from top to bottom, but whoever goes back to the first cell is in trouble.
        (
            ["x = globals().get('x', [])\nassert not x, 'used'", "x.append(1)"],
            "run again: cell cell-0: AssertionError: used",
        ),
    ],
)
def test_a_cell_that_fails_is_named(
    runner: ModuleType, execute: Callable[[Any], Any], cells: list[str], fault: str
) -> None:
    v4 = runner.nbformat.v4
    made = [v4.new_code_cell(source, id=f"cell-{n}") for n, source in enumerate(cells)]
    assert execute(v4.new_notebook(cells=made))["faults"] == [fault]


LEAVES = """
import socket, tempfile, threading, time
kept = socket.create_server(("127.0.0.1", 0))
threading.Thread(target=time.sleep, args=[60], name="sleeper", daemon=True).start()
tempfile.NamedTemporaryFile(prefix="note-", delete=False).close()
"""
# Its father is gone at once, so it is no child of the kernel any more.
LEAVES_A_PROCESS = """
import subprocess, sys
waits = [sys.executable, "-c", "import time; time.sleep(20)"]
subprocess.run([sys.executable, "-c", f"import subprocess; subprocess.Popen({waits})"])
"""


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_what_a_lesson_leaves_behind_is_found(
    runner: ModuleType, execute: Callable[[Any], Any]
) -> None:
    v4 = runner.nbformat.v4
    cells = [v4.new_code_cell(LEAVES, id="leaves")]
    if sys.platform == "linux":
        cells.append(v4.new_code_cell(LEAVES_A_PROCESS, id="process"))
    faults = execute(v4.new_notebook(cells=cells))["faults"]
    for fault in ("thread sleeper", "socket AF_INET", "file note-"):
        assert any(found.startswith(f"left behind: {fault}") for found in faults), faults
    if sys.platform == "linux":
        assert any(f.startswith("left behind: process ") for f in faults), faults


def without(runner: ModuleType, module: str) -> Any:
    """The first notebook, in a kernel that finds no such module."""
    notebook = runner.read(ROOT / "notebooks" / NOTEBOOKS[0])
    source = f"import sys\nsys.modules[{module!r}] = None"
    notebook.cells.insert(0, runner.nbformat.v4.new_code_cell(source, id="without"))
    return notebook


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_without_matplotlib_the_figure_comes_as_text(
    runner: ModuleType, execute: Callable[[Any], Any]
) -> None:
    done = execute(without(runner, "matplotlib"))
    assert done["faults"] == []
    shown = {cell["id"]: json.dumps(cell.get("outputs")) for cell in done["ran"]["cells"]}
    assert "missing  matplotlib" in shown["setup"]
    assert "image/png" not in shown["figure"]
    assert "opening handshake" in shown["figure-as-text"]


@pytest.mark.timeout(120)
def test_without_wslab_the_first_cell_says_how_to_get_it(
    runner: ModuleType, execute: Callable[[Any], Any]
) -> None:
    done = execute(without(runner, "wslab"))
    assert done["faults"] == [
        "cell setup: AssertionError: Something is missing: see the lines above."
    ]
    (setup,) = [cell for cell in done["ran"]["cells"] if cell["id"] == "setup"]
    assert "missing  wslab" in setup["outputs"][0]["text"]
    assert "run: python3 start.py" in setup["outputs"][0]["text"]
