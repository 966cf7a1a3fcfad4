"""start.py is run for real, on a small project whose set-up needs no network.

The project is complete: a pyproject with extras, a build backend of its own, and a "benchmark"
that tells which Python runs it. So .venv, pip and the stamp are the real ones, in seconds.
"""

import ast
import importlib.util
import json
import os
import runpy
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.support.pythons import old_pythons
from tests.support.visit import missing
from wslab import connect

ROOT = Path(__file__).resolve().parent.parent
pytestmark = pytest.mark.timeout(240)

PYPROJECT = """\
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]

[project]
name = "tiny"
version = "1"

[project.optional-dependencies]
bench = []
lessons = ["a-package-that-is-not-there"]
"""

# The least that pip asks of a backend. While a file "slow" lies there, building takes for ever.
BACKEND = """\
import pathlib, time, zipfile

def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    pathlib.Path("building").touch()
    while pathlib.Path("slow").exists():
        time.sleep(0.02)
    name = "tiny-1-py3-none-any.whl"
    with zipfile.ZipFile(pathlib.Path(wheel_directory, name), "w") as wheel:
        wheel.writestr("tiny.py", "")
        for file, text in {
            "METADATA": "Metadata-Version: 2.1\\nName: tiny\\nVersion: 1\\n"
            "Provides-Extra: bench\\nProvides-Extra: lessons\\n"
            "Requires-Dist: a-package-that-is-not-there ; extra == 'lessons'\\n",
            "WHEEL": "Wheel-Version: 1.0\\nGenerator: tiny\\n"
            "Root-Is-Purelib: true\\nTag: py3-none-any\\n",
            "RECORD": "tiny.py,,\\n" + "".join(
                f"tiny-1.dist-info/{each},,\\n" for each in ("METADATA", "WHEEL", "RECORD")
            ),
        }.items():
            wheel.writestr("tiny-1.dist-info/" + file, text)
    return name
"""

BENCH = """\
import importlib.util, json, sys
print(json.dumps({"prefix": sys.prefix, "arguments": sys.argv[1:],
                  "tiny": importlib.util.find_spec("tiny") is not None}))
sys.exit(7)
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A small project, in a folder whose name has a space and letters beyond ASCII."""
    root = tmp_path.resolve() / "Übung eins — 練習"
    (root / "tests").mkdir(parents=True)
    (root / "notebooks").mkdir()
    shutil.copytree(ROOT / "wslab", root / "wslab", ignore=shutil.ignore_patterns("__pyc*"))
    shutil.copy(ROOT / "start.py", root)
    (root / "pyproject.toml").write_text(PYPROJECT, "utf-8")
    (root / "backend.py").write_text(BACKEND, "utf-8")
    (root / "tests/bench.py").write_text(BENCH, "utf-8")
    (root / "notebooks/00 start.ipynb").write_text("{}", "utf-8")
    shutil.copytree(ROOT / "notebooks/.jupyterlab", root / "notebooks/.jupyterlab")
    return root


def environment(**extra: str) -> dict[str, str]:
    """Nothing of the Python and the pip settings that run this test; no network at all."""
    ours = ("PYTHON", "PIP_", "CONDA", "WSLAB", "VIRTUAL_ENV", "COV", "PYTEST")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    offline = {
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_INDEX_URL": "http://127.0.0.1:1/",  # nobody listens on port 1
        "PIP_RETRIES": "0",
        "PIP_NO_CACHE_DIR": "1",
        "PYTHONIOENCODING": "utf-8",
    }
    return kept | offline | extra


def start(
    project: Path, *arguments: str, python: tuple[str, ...] = (sys.executable,), **extra: str
) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [*python, "start.py", *arguments],
        cwd=project,
        env=environment(**extra),
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )


def wait_for(condition: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + 100
    while not condition():
        assert time.monotonic() < end, what
        time.sleep(0.01)


def ran_in_venv(result: "subprocess.CompletedProcess[str]", project: Path) -> list[str]:
    """The benchmark ran, in .venv and with the project installed; what were its arguments?"""
    assert result.returncode == 7, result.stdout + result.stderr
    seen = json.loads(result.stdout.splitlines()[-1])
    assert Path(seen["prefix"]) == project / ".venv"
    assert seen["tiny"]
    arguments: list[str] = seen["arguments"]
    return arguments


# Without any set-up


def test_help_shows_every_command_as_an_example(project: Path) -> None:
    result = start(project, "--help")
    assert result.returncode == 0
    for command in ("", "test", "bench", "site", "check-environment"):
        assert f"  python3 start.py {command}" in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= 80
    assert not (project / ".venv").exists()


def test_an_unknown_command_names_the_near_one_and_ends_with_2(project: Path) -> None:
    result = start(project, "tset")
    assert result.returncode == 2
    assert "no command 'tset'" in result.stderr
    assert "Did you mean 'test'?" in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_old_pythons_can_parse_it() -> None:
    for name in ("start.py", "wslab/__init__.py", "wslab/old_python.py"):
        ast.parse((ROOT / name).read_text("utf-8"), feature_version=(3, 6))


@pytest.mark.parametrize("newer_is_here", [True, False])
def test_an_old_python_is_told_what_to_run(project: Path, newer_is_here: bool) -> None:
    found = [path for version, path in old_pythons().items() if version >= "3"]
    if not found:
        pytest.skip("no Python 3.6 to 3.9 on this machine")
    tools = project / "on the path"
    tools.mkdir()
    if newer_is_here:
        (tools / "python3.12").symlink_to(sys.executable)
    if os.name == "posix":  # a newer one that was taken away, and left its start behind
        (tools / "python3.13").write_text("#!/not/there/python\n")
        (tools / "python3.13").chmod(0o755)
    for old in found:
        result = start(project, "test", "-x", python=(old,), PATH=str(tools))
        assert result.returncode == 1
        assert result.stdout == ""
        first, second = result.stderr.splitlines()
        assert first.startswith("wslab needs Python 3.10 or newer; this is Python 3.")
        assert second.startswith("You have a newer" if newer_is_here else "Install a newer")
        assert second.endswith(" start.py test -x")


def test_check_environment_says_what_is_missing_and_how_to_get_it(project: Path) -> None:
    bare = start(project, "check-environment", python=(sys.executable, "-S"), PATH="")
    assert bare.returncode == 0, "the lessons can run: .venv can be made"
    lines = bare.stdout.splitlines()
    assert any(line.startswith("not yet   jupyterlab") for line in lines)
    assert any(line.startswith("optional  tshark") or "tshark  (" in line for line in lines)
    assert "ok        loopback 127.0.0.1: a byte goes out and comes back" in lines
    assert lines[-1].endswith("python3 -m wslab demo")
    assert not (project / ".venv").exists()


def test_wslab_no_venv_takes_this_python_or_says_what_it_lacks(project: Path) -> None:
    (project / "tests/test_it.py").write_text("def test_it(): import tests.bench_is_not_imported")
    (project / "tests/bench_is_not_imported.py").write_text("")
    used = start(project, "test", "-n0", "-q", "tests/test_it.py", WSLAB_NO_VENV="1")
    assert used.returncode == 0, used.stdout + used.stderr
    assert f"Using {sys.executable} as it is." in used.stdout
    lacking = start(project, "test", python=(sys.executable, "-S"), WSLAB_NO_VENV="1")
    assert lacking.returncode == 1
    assert "lacks: pytest, xdist" in lacking.stderr
    assert not (project / ".venv").exists()


def test_an_active_conda_with_everything_is_used(project: Path) -> None:
    used = start(project, "test", "--version", CONDA_PREFIX=sys.prefix)
    assert used.returncode == 0
    assert used.stdout.startswith(f"Using {sys.executable}")
    assert not (project / ".venv").exists()


# JupyterLab


@contextmanager
def lessons(project: Path) -> "Iterator[tuple[subprocess.Popen[str], Path]]":
    """JupyterLab as start.py starts it, with nobody's settings, and the file with all it said."""
    for name in ("jupyterlab", "matplotlib", "ipywidgets", "trustme"):
        if importlib.util.find_spec(name) is None:
            missing(f"{name} is not installed")
    own = {f"JUPYTER_{it}_DIR": str(project / it.lower()) for it in ("CONFIG", "DATA", "RUNTIME")}
    own |= {f"JUPYTERLAB_{it}_DIR": str(project / it) for it in ("SETTINGS", "WORKSPACES")}
    own |= {"IPYTHONDIR": str(project / "ipython"), "JUPYTER_PREFER_ENV_PATH": "1"}
    said = project / "said"
    import pty  # not on Windows

    ours, theirs = pty.openpty()  # Jupyter asks who sits at a terminal, and nobody else
    with (
        open(ours, "wb"),
        open(theirs, "wb") as keyboard,
        open(said, "w", encoding="utf-8") as log,
        subprocess.Popen(
            [sys.executable, "start.py", "lessons", "--no-browser", "--ServerApp.port=0"],
            cwd=project,
            env=environment(WSLAB_NO_VENV="1", PYTHONUNBUFFERED="1", **own),
            stdin=keyboard,
            stdout=log,
            stderr=log,
            encoding="utf-8",
            start_new_session=True,  # a terminal sends Ctrl-C to all programs of the session
        ) as process,
    ):
        try:
            yield process, said
        finally:
            process.kill()


def listens(port: int | None) -> bool:
    """JupyterLab says its address a moment before that."""
    with socket.socket() as probe:
        return port is not None and probe.connect_ex(("127.0.0.1", port)) == 0


def start_a_kernel(address: str) -> None:
    """As a page does when a notebook is opened: ask for one, and say hello to it."""
    base, token = address.partition("lab/tree/")[0], address.partition("token=")[2]
    wait_for(lambda: listens(urlsplit(base).port), "JupyterLab never listened")
    who = {"Authorization": f"token {token}"}
    request = urllib.request.Request(base + "api/kernels", b"{}", who)
    with urllib.request.urlopen(request, timeout=60) as answer:
        kernel = json.load(answer)["id"]
    header = {"msg_id": "1", "session": "1", "username": "", "date": "", "version": "5.3"}
    hello = {"header": {**header, "msg_type": "kernel_info_request"}, "channel": "shell"}
    rest = {"parent_header": {}, "metadata": {}, "content": {}, "buffers": []}
    url = f"{base.replace('http', 'ws', 1)}api/kernels/{kernel}/channels?token={token}"
    with connect(url) as ws:
        ws.send(json.dumps(hello | rest))
        while json.loads(ws.recv(timeout=60))["msg_type"] != "kernel_info_reply":
            pass


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="signals as Unix knows them")
def test_the_lessons_say_their_address_last_and_end_with_one_ctrl_c(project: Path) -> None:
    with lessons(project) as (process, said):
        wait_for(lambda: "token=" in said.read_text("utf-8"), "JupyterLab never listened")
        wait_for(lambda: said.read_text("utf-8").endswith("\n"), "half a line")
        address = said.read_text("utf-8").split()[-1]
        assert address.startswith("http://127.0.0.1:"), said.read_text("utf-8")
        start_a_kernel(address)
        before = said.read_text("utf-8")
        assert before.split()[-1] == address, "a kernel adds nothing"
        assert "If no window opens, copy the last address" in before
        began = time.monotonic()
        os.killpg(process.pid, signal.SIGINT)
        assert process.wait(60) == 0, said.read_text("utf-8")
        assert time.monotonic() - began < 30
        assert "Shut down this" not in said.read_text("utf-8"), "no question"


# With a set-up (making a .venv takes seconds, so each of these tests is a story of several starts)


@pytest.mark.slow
def test_a_file_named_like_a_module_of_python_is_not_in_the_way(project: Path) -> None:
    for name in ("random", "socket", "types", "json", "venv"):
        (project / f"{name}.py").write_text("raise SystemExit('mine')\n", "utf-8")
    done = start(project, "check-environment")
    assert (done.returncode, done.stderr) == (0, "")
    done = start(project, "bench")
    assert (project / ".venv/wslab.json").exists(), done.stdout + done.stderr
    assert "Rename json.py" in done.stdout, "the benchmark needs the folder"


@pytest.mark.slow
def test_first_start_second_start_and_changes(project: Path) -> None:
    first = start(project, "bench", "two words", "--flag")
    assert ran_in_venv(first, project) == ["two words", "--flag"]
    assert "Setting up .venv for: bench" in first.stdout

    began = time.monotonic()
    second = start(project, "bench")
    assert ran_in_venv(second, project) == []
    assert "Setting up" not in second.stdout
    assert time.monotonic() - began < 8

    (project / ".venv/keepsake").touch()
    change(project)
    third = start(project, "bench", python=(str(venv_python(project)),))  # .venv is activated
    ran_in_venv(third, project)
    assert "Setting up" in third.stdout
    assert (project / ".venv/keepsake").exists(), "brought up to date, not built anew"

    offline = start(project, "lessons")
    assert offline.returncode == 1
    assert "a-package-that-is-not-there" in offline.stdout + offline.stderr, "pip's own words"
    assert "try again when you are online" in offline.stderr
    assert "python3 -m wslab demo" in offline.stderr
    assert "Traceback" not in offline.stderr
    assert "Setting up" not in start(project, "bench").stdout, "what worked before still does"

    if os.name == "posix":  # signals as Unix knows them
        change(project)
        stopped, errors = interrupted_set_up(project)
        assert stopped == 130
        assert "Stopped. Start again whenever you like." in errors
        assert stamp(project) == {}, "the next start does not trust what is there"


def change(project: Path) -> None:
    with (project / "pyproject.toml").open("a", encoding="utf-8") as file:
        file.write("# another range\n")


def interrupted_set_up(project: Path) -> tuple[int, str]:
    begin_slowly(project)
    with subprocess.Popen(
        [sys.executable, "start.py", "bench"],
        cwd=project,
        env=environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        start_new_session=True,  # a terminal sends Ctrl-C to all programs of the session
    ) as child:
        wait_for((project / "building").exists, "pip never began")
        os.killpg(child.pid, signal.SIGINT)
        _, errors = child.communicate(timeout=60)
    return child.returncode, errors


def begin_slowly(project: Path) -> None:
    (project / "building").unlink(missing_ok=True)
    (project / "slow").touch()


def venv_python(project: Path) -> Path:
    return project / (".venv/Scripts/python.exe" if os.name == "nt" else ".venv/bin/python")


def stamp(project: Path) -> dict[str, str]:
    """What start.py itself, at this place, believes to be installed."""
    read: Callable[[], dict[str, str]] = runpy.run_path(str(project / "start.py"))["read_stamp"]
    return read()


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="signals as Unix knows them")
def test_broken_then_killed_half_way_then_moved(project: Path) -> None:
    broken = venv_python(project)
    broken.parent.mkdir(parents=True)
    broken.write_text("no Python at all")
    (project / ".venv/keepsake").touch()

    begin_slowly(project)
    with subprocess.Popen(
        [sys.executable, "start.py", "bench"],
        cwd=project,
        env=environment(),
        stdout=subprocess.DEVNULL,
    ) as killed:
        wait_for((project / "building").exists, "pip never began")
        killed.kill()
    assert killed.returncode == -signal.SIGKILL
    assert not (project / ".venv/keepsake").exists(), "the broken one was built anew"
    assert stamp(project) == {}

    # The orphaned pip still builds, so the next start waits for it, and only then repairs.
    with subprocess.Popen(
        [sys.executable, "start.py", "bench"],
        cwd=project,
        env=environment(),
        stdout=subprocess.PIPE,
        encoding="utf-8",
    ) as repaired:
        assert repaired.stdout is not None
        assert repaired.stdout.readline().startswith("Another start.py is setting up .venv")
        (project / "slow").unlink()
        rest = repaired.stdout.read()
    done = subprocess.CompletedProcess("start.py", repaired.returncode, rest, "")
    ran_in_venv(done, project)
    assert "bench" in stamp(project)

    moved = project.rename(project.with_name("moved elsewhere"))
    assert stamp(moved) == {}, "its scripts and its link to the project would lead nowhere"
