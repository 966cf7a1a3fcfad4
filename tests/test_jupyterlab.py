"""The notebooks in the real JupyterLab, in a real browser: open, Run All, look."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from tests.support.visit import chromium, missing

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = sorted(path.name for path in (ROOT / "notebooks").glob("*.ipynb"))
RUN = ("00", "05", "10")  # the first one, one with widgets, and the longest tables
SIZE: Any = {"width": 1280, "height": 900}  # a small laptop

# One worker, so that there is one server; and it needs its time on a busy machine.
pytestmark = [
    pytest.mark.slow, pytest.mark.timeout(240), pytest.mark.xdist_group("jupyterlab")
]  # fmt: skip

OPEN = """path => {
  const context = window.jupyterapp?.shell.currentWidget?.context;
  return context?.path === path && context.isReady;
}"""
RUN_ALL = """async () => {
  const app = window.jupyterapp;
  const context = app.shell.currentWidget.context;
  await context.ready;
  await context.sessionContext.ready;
  return await app.commands.execute('notebook:run-all-cells');
}"""
READ = "() => window.jupyterapp.shell.currentWidget.content.model.toJSON()"
TOO_WIDE = """() => [...document.querySelectorAll('.jp-OutputArea-output')]
  .filter(node => node.scrollWidth > node.clientWidth + 1)
  .map(node => node.textContent.slice(0, 60))"""
PICTURES = """() => [...document.querySelectorAll('.jp-OutputArea-output img')]
  .map(image => image.naturalWidth)"""


@contextmanager
def jupyterlab(folder: Path, *options: str) -> Iterator[str]:
    """A JupyterLab of its own, with copies of the notebooks and nobody's settings: its address."""
    if importlib.util.find_spec("jupyterlab") is None:
        missing("jupyterlab is not installed")
    shutil.copytree(ROOT / "notebooks", folder / "notebooks")
    own = ("CONFIG", "DATA", "RUNTIME")
    places = {f"JUPYTER_{name}_DIR": str(folder / name.lower()) for name in own}
    places |= {f"JUPYTERLAB_{name}_DIR": str(folder / name) for name in ("SETTINGS", "WORKSPACES")}
    places |= {"IPYTHONDIR": str(folder / "ipython"), "JUPYTER_PREFER_ENV_PATH": "1"}
    command = [
        *(sys.executable, "-m", "jupyterlab", "--no-browser", "--ServerApp.port=0"),
        *(
            f"--ServerApp.root_dir={folder}",
            f"--LabApp.app_settings_dir={ROOT / 'notebooks/.jupyterlab'}",
        ),
        "--LabApp.expose_app_in_browser=True",
        *options,
        *(["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []),
    ]
    with open(folder / "log", "w", encoding="utf-8") as log:
        server = subprocess.Popen(
            command,
            cwd=folder,
            env=os.environ | places | {"PYTHONPATH": str(ROOT)},
            stdout=log,
            stderr=log,
        )
    try:
        yield address(server, folder)
    finally:
        server.terminate()
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def address(server: subprocess.Popen[bytes], folder: Path) -> str:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and server.poll() is None:
        for note in (folder / "runtime").glob("jpserver-*.json"):
            try:
                told = json.loads(note.read_text("utf-8"))
                # The note may be there before the server listens.
                socket.create_connection(("127.0.0.1", told["port"]), timeout=5).close()
            except (ValueError, OSError):
                continue  # it is being written, or nobody listens yet
            # A new visitor finds no notebook open from the visit before.
            return f"{told['url']}lab/tree/notebooks/{{}}?token={told['token']}&reset"
        time.sleep(0.05)
    raise AssertionError("JupyterLab did not start:\n" + (folder / "log").read_text("utf-8"))


def open_notebook(page: Page, url: str) -> None:
    page.set_default_timeout(60_000)
    page.goto(url)
    # JupyterLab may show another one for a moment, which would then be the one that runs.
    page.wait_for_function(OPEN, arg=urlsplit(url).path.partition("/lab/tree/")[2])


def run_all(page: Page, url: str) -> Any:
    """Open a notebook, Run All, and give it back as it then is; None if a cell failed."""
    open_notebook(page, url)
    return page.evaluate(READ) if page.evaluate(RUN_ALL) else None


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with jupyterlab(tmp_path_factory.mktemp("lab")) as url:
        yield url


@pytest.mark.parametrize("name", [name for name in NOTEBOOKS if name[:2] in RUN])
def test_run_all_shows_what_is_stored(browser: Browser, lab: str, name: str) -> None:
    try:
        from tests.support import notebooks
    except ImportError as error:
        missing(f"{error.name} is not installed: the notebooks cannot be compared")
    with browser.new_context(viewport=SIZE) as context:
        page = context.new_page()
        shown = run_all(page, lab.format(name))
        assert shown is not None, "a cell failed"
        code = [cell for cell in shown["cells"] if cell["cell_type"] == "code"]
        assert all(cell["execution_count"] for cell in code), "a cell was not run"
        now = notebooks.clean(notebooks.nbformat.from_dict(shown))
        assert notebooks.flaws(now) == []
        assert notebooks.differences(notebooks.read(ROOT / "notebooks" / name), now) == []
        assert page.evaluate(TOO_WIDE) == []
        assert all(page.evaluate(PICTURES)), "a picture that cannot be drawn"


@pytest.fixture(scope="module")
def reader(browser: Browser) -> Iterator[Page]:
    with browser.new_context(viewport=SIZE) as context:
        yield context.new_page()


@pytest.mark.parametrize("name", [name for name in NOTEBOOKS if name[:2] not in RUN])
def test_a_lesson_can_be_read_before_it_runs(reader: Page, lab: str, name: str) -> None:
    """What it shows when it runs, tests/test_notebooks.py compares without a browser."""
    open_notebook(reader, lab.format(name))
    reader.wait_for_selector(".jp-OutputArea-output")
    assert reader.evaluate(TOO_WIDE) == []
    drawn = reader.evaluate(PICTURES)
    assert all(drawn), "a picture that cannot be drawn"
    assert drawn or "image/png" not in (ROOT / "notebooks" / name).read_text("utf-8")
