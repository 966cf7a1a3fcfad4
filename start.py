#!/usr/bin/env python3
"""Start here.

  python3 start.py                     the lessons, in JupyterLab
  python3 start.py test                all tests
  python3 start.py bench               the benchmark: our echoes beside others
  python3 start.py site                the lessons as a website
  python3 start.py check-environment   what is here, and how to get the rest

Anything after a command goes on to the program it starts:

  python3 start.py lessons --no-browser --port 9000
  python3 start.py test -k masking -x

The first start makes a folder .venv beside this file and installs into it (a
minute or two). Later starts take a second or two. Nothing else on your computer
changes, and deleting .venv undoes it. An active conda environment that has
everything is used as it is. WSLAB_NO_VENV=1 uses this very Python, always.

On Windows, write `py start.py` instead of `python3 start.py`.
"""

import sys

# Python puts this folder first: a socket.py of yours in here would pass for Python's own.
sys.path.append(sys.path.pop(0))
if sys.version_info < (3, 10):  # Python 3.6 must be able to read this file
    import wslab  # noqa: F401  (says what to do, and ends)

import contextlib
import difflib
import hashlib
import importlib.util
import json
import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
STAMP = VENV / "wslab.json"  # what is installed; it's away while pip works, so a kill leaves none
PYTEST = "-m pytest -n logical --maxprocesses 8 --dist loadgroup"
COMMANDS = {  # the extras of pyproject.toml, modules that show they're there, what Python runs
    "lessons": ("lessons", "jupyterlab matplotlib ipywidgets trustme h2", "-m jupyterlab"),
    "test": ("test", "pytest xdist pytest_timeout hypothesis", PYTEST),
    "bench": ("bench", "websockets wsproto websocket numpy matplotlib", "-m tests.bench"),
    "site": ("site", "sphinx myst_nb furo nbconvert sphinx_revealjs", "notebooks/site/build.py"),
}
BEFORE_THE_LESSONS = """\
JupyterLab opens in your browser. Ctrl-C here ends it: save your work before.
If no window opens, copy the last address below into a browser."""
NO_VENV = """\
.venv can't be made; Python's own words are above. Most often a package is missing
(Debian, Ubuntu: sudo apt install python3-venv), the disk is full, the folder is
read-only, or a program from .venv still runs: close it, and delete .venv."""
NOT_INSTALLED = """\
pip could not install what this needs; its own words are above. Most often the
network is away: try again when you are online. Behind a proxy, set HTTPS_PROXY
first. An index of your own goes into pip's settings (pip config), as always."""
NEEDS_NOTHING = "What needs no installation at all:  python3 -m wslab demo"


def main(argv: list[str]) -> int:  # "invalid syntax" here? Your Python is too old: take 3.10+
    name, arguments = (argv[0], argv[1:]) if argv else ("lessons", [])
    if name in ("-h", "--help", "help"):
        print((__doc__ or "").strip())
        return 0
    if name == "check-environment":
        from wslab.environment import report

        extras, modules, _ = COMMANDS["lessons"]
        return report(tuple(modules.split()), in_venv=extras in read_stamp())
    if name not in COMMANDS:
        near = difflib.get_close_matches(name, [*COMMANDS, "check-environment"], 1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        print(f"start.py has no command {name!r}.{hint} See: start.py --help", file=sys.stderr)
        return 2
    extras, modules, program = COMMANDS[name]
    if name == "test" and "--thorough" in arguments:
        extras += ",site"
    try:
        os.chdir(ROOT)
        python = own_python(modules.split()) or set_up(extras)
        words = program.split()
        if name == "lessons":
            os.environ["JUPYTER_CONFIG_PATH"] = str(ROOT / "notebooks/.jupyterlab")
            print(BEFORE_THE_LESSONS)
            if python == str(PYTHON):
                words.insert(0, "-I")  # look for no modules in our folder: see above
        namesakes = sys.stdlib_module_names & {path.stem for path in ROOT.glob("*.py")}
        if namesakes and "-I" not in words:
            print(f"Rename {min(namesakes)}.py: Python would take it for its own module.")
        return run([python, *words, *arguments])
    except KeyboardInterrupt:
        print("\nStopped. Start again whenever you like.", file=sys.stderr)
        return 130
    except OSError as error:
        print(f"start.py could not go on: {error}", file=sys.stderr)
        return 1


def run(command: list[str]) -> int:
    """Become the program: its exit status is ours, and Ctrl-C reaches it alone."""
    sys.stdout.flush()
    if os.name == "posix":
        os.execv(command[0], command)
    child = subprocess.Popen(command)  # Windows has no exec that waits
    while True:
        with contextlib.suppress(KeyboardInterrupt):  # the child gets it too, and decides
            return child.wait()


def own_python(modules: list[str]) -> str | None:
    """This Python, if you asked for it or if it's a conda environment with everything."""
    forced = bool(os.environ.get("WSLAB_NO_VENV"))
    conda = os.environ.get("CONDA_PREFIX")
    if not forced and (conda is None or Path(sys.prefix) != Path(conda)):
        return None
    missing = [name for name in modules if importlib.util.find_spec(name) is None]
    if not missing:
        print(f"Using {sys.executable} as it is.")
        paths = [str(ROOT), os.environ.get("PYTHONPATH", "")]  # a notebook must find wslab
        os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, paths))
        return sys.executable
    print(f"{sys.executable} lacks: {', '.join(missing)}.", file=sys.stderr)
    if forced:
        sys.exit("WSLAB_NO_VENV is set, so nothing is installed. Unset it to get a .venv.")
    print("Using .venv. For the lessons here: conda env update -f environment.yml", file=sys.stderr)
    return None


def set_up(extras: str) -> str:
    """Have a .venv with these extras, and give its Python."""
    with open(ROOT / "pyproject.toml", "rb") as pyproject:
        take_turn(pyproject.fileno())
        wanted = hashlib.sha256(pyproject.read()).hexdigest()
        stamp = read_stamp()
        if stamp.get(extras) == wanted:
            return str(PYTHON)
        print(f"Setting up .venv for: {extras} (a minute or two, once)", flush=True)
        if not stamp and subprocess.call([BASE, "-I", "-m", "venv", "--clear", str(VENV)]):
            sys.exit(f"{NO_VENV}\n{NEEDS_NOTHING}")
        STAMP.unlink(missing_ok=True)
        pip = [str(PYTHON), "-I", "-m", "pip", "install", "--disable-pip-version-check"]
        # pip inherits the lock, so an orphan of a kill keeps it.
        lock = () if os.name == "nt" else (pyproject.fileno(),)
        status = subprocess.call([*pip, "--no-input", "-e", f".[{extras}]"], pass_fds=lock)
        # What pip could not finish, it undoes: what was there before still is.
        known = stamp if status else stamp | {extras: wanted}
        STAMP.write_text(json.dumps(known | {"identity": IDENTITY}), "utf-8")
        if status:
            print(f"\n{NOT_INSTALLED}\n{NEEDS_NOTHING}", file=sys.stderr)
            if extras not in stamp:
                sys.exit(1)
        print("Going on with what was installed before." if status else "Ready.")
    return str(PYTHON)


def take_turn(file: int) -> None:
    """Two starts at once take turns."""
    if sys.platform != "win32":
        import fcntl

        with contextlib.suppress(OSError):  # some network drives can't lock
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                print("Another start.py is setting up .venv; waiting for it ...", flush=True)
                fcntl.flock(file, fcntl.LOCK_EX)


# The Python behind any virtual environment: running inside .venv gives the same one.
BASE = os.path.realpath(getattr(sys, "_base_executable", None) or sys.executable)
# A .venv serves one Python and one place: after an upgrade or a move it's built anew.
IDENTITY = f"{sys.version_info[0]}.{sys.version_info[1]} {BASE} {ROOT}"


def read_stamp() -> dict[str, str]:
    """What is known to be installed; empty when .venv is missing, broken or someone else's."""
    try:
        stamp: dict[str, str] = json.loads(STAMP.read_text("utf-8"))
        return stamp if stamp["identity"] == IDENTITY and PYTHON.exists() else {}
    except (OSError, ValueError, LookupError, TypeError):
        return {}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
