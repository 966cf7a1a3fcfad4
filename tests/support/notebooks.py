"""Run the notebooks and keep their outputs true: ``tests/support/notebooks.py --check | --write``.

``--write`` runs each notebook and stores what it showed; ``--check`` runs it and says, in one line
for each difference, where the stored outputs no longer hold. A cell tagged ``varies`` is run, but
what it shows is not compared. Both then run the cells once more, from the last to the first, as a
learner may who goes back: nothing may break. And nothing may be left behind.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import importlib
import json
import os
import re
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

try:
    from tests.support import leftovers
except ImportError:  # started as a script
    import leftovers  # type: ignore[no-redef]

nbformat: Any = importlib.import_module("nbformat")  # Any, for it has hardly any type hints

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "notebooks"
METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
"""The same whoever saves it: no version of Python, no name of somebody's environment."""

PATH = re.compile(r"(?<![\w.:/])/(home|root|tmp|var|Users|work|opt|private)/|\b[A-Z]:\\")
ADDRESS = re.compile(r"\b0x[0-9a-f]{8,}\b")
TIME = re.compile(
    r"\b\d+(\.\d+)? ?(ns|µs|μs|ms|s|seconds)\b|\b\d\d:\d\d:\d\d\b|\b20\d\d-\d\d-\d\d\b"
)
EMBEDDED = re.compile(r"data:image/png;base64,[\w+/=]+")
"""A picture inside HTML: it differs with the version of matplotlib, like any other picture."""

DRAWN = re.compile(r"\b[\d.]+ ms (on the way were added|apart|are drawn)")
"""Times that a diagram was given, not measured: they never change."""

SCREEN = 40
"""So many lines of output still fit on one screen."""


def execute(notebook: Any) -> tuple[Any, list[str]]:
    """A copy that was run from top to bottom in a new kernel, and what went wrong, if anything."""
    ran = nbformat.from_dict(notebook)
    for cell in code_cells(ran):
        cell.outputs, cell.execution_count = [], None
    resources = {"metadata": {"path": str(FOLDER)}}
    client = NotebookClient(ran, timeout=60, record_timing=False, resources=resources)
    client.extra_arguments = ["--IPKernelApp.log_level=ERROR"]
    with quiet() as temp:
        before = leftovers.files([FOLDER, temp])
        with client.setup_kernel():
            aside(client, LOOK)
            faults = run_cells(client, list(enumerate(ran.cells)))
            if not faults:
                again = beside(client, nbformat.from_dict(ran))
                backwards = list(enumerate(again.nb.cells))[::-1]
                faults = [f"run again: {fault}" for fault in run_cells(again, backwards)]
                faults += json.loads(aside(client, LOOK_AGAIN))
        new = leftovers.files([FOLDER, temp]) - before
        faults += [f"left behind: file {os.path.basename(path)}" for path in sorted(new)]
    return clean(ran), faults


LOOK = f"_look = __import__('runpy').run_path({leftovers.__file__!r})['Leftovers']()"
LOOK_AGAIN = "print(__import__('json').dumps(_look.found(globals().get('lesson'))))"


def beside(client: NotebookClient, notebook: Any) -> NotebookClient:
    """Another notebook in the same kernel."""
    other = NotebookClient(notebook, timeout=60, record_timing=False)
    other.km, other.kc = client.km, client.kc
    return other


def aside(client: NotebookClient, source: str) -> str:
    """Run this in the kernel as no cell of the notebook; what it prints."""
    v4 = nbformat.v4
    other = beside(client, v4.new_notebook(cells=[v4.new_code_cell(source)]))
    cell = other.execute_cell(other.nb.cells[0], 0, store_history=False)
    return "".join(output.get("text", "") for output in cell.outputs)


def run_cells(client: NotebookClient, cells: list[tuple[int, Any]]) -> list[str]:
    try:
        for index, cell in cells:
            client.execute_cell(cell, index)
    except CellExecutionError as error:
        return [f"cell {cell.id}: {error.ename}: {error.evalue}".splitlines()[0]]
    return []


@contextlib.contextmanager
def quiet() -> Iterator[str]:
    """For the kernel: this very code of wslab, and nothing from the settings of whoever runs it.

    Gives the folder where it may put temporary files.
    """
    before = dict(os.environ)
    paths = [str(ROOT), before.get("PYTHONPATH", "")]
    os.environ |= {"PYTHONPATH": os.pathsep.join(filter(None, paths)), "PYTHONHASHSEED": "0"}
    os.environ |= {"JUPYTER_PREFER_ENV_PATH": "1", "PYDEVD_DISABLE_FILE_VALIDATION": "1"}
    os.environ.pop("MPLBACKEND", None)
    try:
        with tempfile.TemporaryDirectory() as notes:  # no predictions of whoever runs it
            os.environ["WSLAB_NOTES"] = os.path.join(notes, "notes")
            os.environ[leftovers.MARK] = f"{os.getpid()}-{time.monotonic_ns()}"
            temp = os.path.join(notes, "t")  # short: the name of a socket may not be long
            os.mkdir(temp)
            os.environ |= dict.fromkeys(("TMPDIR", "TEMP", "TMP"), temp)
            yield temp
    finally:
        os.environ.clear()
        os.environ.update(before)


def clean(notebook: Any) -> Any:
    """Without what differs from machine to machine."""
    notebook.metadata = nbformat.from_dict(METADATA)
    for cell in notebook.cells:
        kept = ("tags", "jupyter", "slideshow")  # "jupyter" folds a cell
        cell.metadata = {key: value for key, value in cell.metadata.items() if key in kept}
    for cell in code_cells(notebook):
        cell.outputs = joined(cell.outputs)
    return notebook


def joined(outputs: list[Any]) -> list[Any]:
    """What was printed in one go may arrive in pieces; where it was cut depends on the moment."""
    result: list[Any] = []
    for output in outputs:
        name = output.get("name")
        if name and result and result[-1].get("name") == name:
            result[-1].text += output.text
        else:
            result.append(output)
    return result


def code_cells(notebook: Any) -> list[Any]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def varies(cell: Any) -> bool:
    return "varies" in cell.metadata.get("tags", [])


def differences(stored: Any, ran: Any) -> list[str]:
    """One line for each cell that shows something else than what is stored."""
    found = [] if stored.metadata == METADATA else ["the metadata is not ours: use --write"]
    for old, new in zip(code_cells(stored), code_cells(ran), strict=True):
        if varies(old):
            before, now = (["[shows something]"] if c.outputs else [] for c in (old, new))
        else:
            before, now = lines(old), lines(new)
        if old.execution_count != new.execution_count:
            found.append(f"cell {old.id}: stored as run number {old.execution_count}")
        if before != now:
            pairs = zip([*before, "(end)"], [*now, "(end)"], strict=False)
            first = next((a, b) for a, b in pairs if a != b)
            found.append(f"cell {old.id}: stored {first[0]!r}, now {first[1]!r}")
    return found


def lines(cell: Any) -> list[str]:
    """What a cell shows, line by line. Of a picture it counts that it is there."""
    shown = []
    for output in cell.outputs:
        shown.append(f"[{output.output_type} {output.get('name', '')}]")
        for kind, content in texts(output):
            content = "" if kind == "image/png" else EMBEDDED.sub("[png]", content)
            shown += [f"[{kind}]", *content.splitlines()]
    return shown


def texts(output: Any) -> list[tuple[str, str]]:
    """(kind, content) of all that one output carries."""
    if output.output_type == "stream":
        return [("text", output.text)]
    if output.output_type == "error":
        return [("error", f"{output.ename}: {output.evalue}")]
    return sorted((kind, str(content)) for kind, content in output.data.items())


def flaws(notebook: Any) -> list[str]:
    """What may not stand in a lesson, whatever it shows: one line each."""
    found = []
    ids = [cell.id for cell in notebook.cells]
    found += [f"cell {name}: that id stands twice" for name in {*ids} if ids.count(name) > 1]
    found += [f"cell {name}: give it a name that tells" for name in ids if not name.islower()]
    for cell in notebook.cells:
        if PATH.search(cell.source):
            found.append(f"cell {cell.id}: a path of one machine in its source")
    for cell in code_cells(notebook):
        rows = 0
        for output in cell.outputs:
            found += [f"cell {cell.id}: {flaw}" for flaw in output_flaws(output, varies(cell))]
            rows += max(height(kind, content) for kind, content in texts(output))
        if rows > SCREEN:
            found.append(f"cell {cell.id}: {rows} lines of output, more than a screen")
    return found


def height(kind: str, content: str) -> int:
    """About how many lines it takes on the screen; what is folded takes none."""
    if kind == "text/html":
        return len(re.findall("<tr|<p", re.sub("(?s)<details>.*?</details>", "", content)))
    if kind == "text/markdown":
        return len(re.findall(r"(?m)^(?!\|:--).", content))
    return content.count("\n")


def output_flaws(output: Any, varying: bool) -> Iterator[str]:
    if output.output_type == "error" or output.get("name") == "stderr":
        yield f"it failed or warned: {texts(output)[0][1].splitlines()[0]}"
        return
    for kind, content in texts(output):
        if kind.startswith("image/"):
            alt = output.metadata.get(kind, {}).get("alt", "")
            if len(alt) < 20 or output.data.get("text/plain") != alt:
                yield "a figure needs a text: metadata alt, and the same as text/plain"
            continue
        content = EMBEDDED.sub("", content)  # among its letters are words like "/0s+"
        if PATH.search(content):
            yield "a path of one machine in its output"
        if ADDRESS.search(content):
            yield "the address of an object in its output"
        if not varying and (found := TIME.search(DRAWN.sub("", content))):
            yield f"a time ({found[0]}) in its output, and no tag `varies`"


def read(path: Path) -> Any:
    return nbformat.reads(path.read_text("utf-8"), as_version=4)


def write(path: Path, notebook: Any) -> None:
    path.write_text(nbformat.writes(notebook) + "\n", "utf-8", newline="\n")


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--write", action="store_true", help="run, and store what they show")
    what.add_argument("--check", action="store_true", help="run, and compare with what is stored")
    parser.add_argument("names", nargs="*", help="which notebooks; all, if none is named")
    chosen = parser.parse_args(arguments)
    if sys.platform == "win32":  # the kernel's channels need a loop that watches sockets
        asyncio.set_event_loop_policy(asyncio.WindowsSelectorEventLoopPolicy())
    failed = False
    for path in [FOLDER / name for name in chosen.names] or sorted(FOLDER.glob("*.ipynb")):
        stored = read(path)
        ran, faults = execute(stored)
        faults += flaws(ran)
        if chosen.check:
            faults += differences(stored, ran)
        elif not faults:
            write(path, ran)
        failed |= bool(faults)
        print(f"{path.name}: {'ok' if not faults else ''}")
        print(*(f"  {fault}" for fault in faults), sep="\n", end="\n" if faults else "")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
