#!/usr/bin/env python3
"""Start here.

  python3 start.py                     the lessons, in JupyterLab
  python3 start.py test                all tests
  python3 start.py bench               the benchmark: our echoes beside others
  python3 start.py site                the lessons as a web site
  python3 start.py check-environment   what is here, what to get, and how

What follows a command goes on to the program that is started:

  python3 start.py lessons --no-browser --port 9000
  python3 start.py test -k masking -x

The first start makes a folder .venv beside this file and installs into it (a
minute or two); later starts take a second or two. Nothing else on your computer
is changed, and deleting .venv undoes it. An active conda environment that has
everything is used as it is; WSLAB_NO_VENV=1 says: use this very Python, always.

On Windows, write `py start.py` instead of `python3 start.py`.
"""

import sys

# Python puts this folder first: a socket.py of yours in here would pass for Python's own.
sys.path.append(sys.path.pop(0))
if sys.version_info < (3, 10):  # the syntax of this file is that of 3.6: it must parse
    import wslab  # noqa: F401  (says what to do, and ends)

import contextlib
import difflib
import hashlib
import importlib.util
import io
import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
STAMP = VENV / "wslab.json"  # what is installed; away while pip works, so a kill leaves none
INPUTS = (ROOT / "pyproject.toml", ROOT / "constraints.txt")
NEEDS_NOTHING = "What needs no installation at all:  python3 -m wslab demo"
BEFORE_THE_LESSONS = """\
JupyterLab opens in your browser. Ctrl-C here ends it: save your work before.
If no window opens, copy the last address below into a browser."""


class Command(NamedTuple):
    extras: str  # of pyproject.toml. "invalid syntax" here? Your Python is too old: take 3.10+
    modules: tuple[str, ...]  # when these can be imported, the extras are there


COMMANDS = {
    "lessons": Command("lessons", ("jupyterlab", "matplotlib", "ipywidgets", "trustme", "h2")),
    "test": Command("test,views", ("pytest", "xdist", "pytest_timeout", "hypothesis")),
    "bench": Command("bench", ("websockets", "wsproto", "websocket", "numpy", "matplotlib")),
    "site": Command("site", ("sphinx", "myst_nb", "furo", "nbconvert", "sphinx_revealjs")),
}


def main(argv: list[str]) -> int:
    for stream in (sys.stdout, sys.stderr):  # a path may hold letters that a console lacks
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    name, arguments = (argv[0], argv[1:]) if argv else ("lessons", [])
    if name in ("-h", "--help", "help"):
        print((__doc__ or "").strip())
        return 0
    if name == "check-environment":
        from wslab.environment import report

        lessons = COMMANDS["lessons"]
        return report(lessons.modules, in_venv=lessons.extras in read_stamp())
    if name not in COMMANDS:
        near = difflib.get_close_matches(name, [*COMMANDS, "check-environment"], 1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        print(f"start.py has no command {name!r}.{hint} See: start.py --help", file=sys.stderr)
        return 2
    try:
        os.chdir(ROOT)
        what = program(name)
        more = ",site" if name == "test" and "--thorough" in arguments else ""
        python = own_python(name) or set_up(COMMANDS[name].extras + more)
        if name == "lessons":
            what += encryption(python)
            if python == str(PYTHON):
                what.insert(0, "-I")
            print(BEFORE_THE_LESSONS)
        else:
            warn_of_namesakes()
        return run([python, *what, *arguments])
    except KeyboardInterrupt:
        print("\nStopped. Start again whenever you like.", file=sys.stderr)
        return 130
    except OSError as error:
        print(f"start.py could not go on: {error}", file=sys.stderr)
        return 1


def warn_of_namesakes() -> None:
    """A learner's file beside ours, such as socket.py, would be taken for Python's own module."""
    mine = sorted(sys.stdlib_module_names & {path.stem for path in ROOT.glob("*.py")})
    if mine:
        print(f"{mine[0]}.py in {ROOT} has the name of a module of Python's own, and")
        print("would be taken for it. If what follows fails, rename that file.", flush=True)


def program(name: str) -> list[str]:
    """What Python is to run for a command."""
    if name == "test":  # loadgroup: neighbours that measure time can ask for one worker
        return ["-m", "pytest", "-n", "logical", "--maxprocesses", "8", "--dist", "loadgroup"]
    if name == "bench":
        return ["-m", "tests.bench"]
    if name == "site":
        return [str(ROOT / "notebooks/site/build.py")]
    first = sorted((ROOT / "notebooks").glob("00*.ipynb"))
    if not first:
        sys.exit(f"There is no notebook 00 in {ROOT / 'notebooks'}: is this copy complete?")
    return [
        *("-m", "jupyterlab", f"--ServerApp.root_dir={ROOT}"),
        "--LabApp.default_url=/lab/tree/notebooks/" + quote(first[0].name),
        # no news, no updates: just the lesson
        f"--LabApp.app_settings_dir={ROOT / 'notebooks/.jupyterlab'}",
        # Tabs of other projects stay where they are.
        f"--LabApp.workspaces_dir={ROOT / '.wslab/workspaces'}",
        "--Application.log_format=%(message)s",  # its red [C ...] looks like an error
        # Its diary would push the address out of sight; what a learner must know is an error.
        "--Application.log_level=ERROR",
        "--ServerApp.answer_yes=True",  # one Ctrl-C ends it; else it asks, and runs on after 5 s
        # JupyterLab refuses root (a container, mostly) unless told; it listens on loopback only.
        *(["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []),
    ]


def encryption(python: str) -> list[str]:
    """Between JupyterLab and the kernels: without it, each kernel warns of eavesdroppers.

    Asked for where libzmq has it, for elsewhere no kernel would start. A JupyterLab that is too
    old to know the option passes it over, and its kernels do not warn.
    """
    has_it = "import sys, zmq; sys.exit(not zmq.has('curve'))"
    if subprocess.call([python, "-c", has_it], stderr=subprocess.DEVNULL):
        return []
    return ["--KernelManager.transport_encryption=auto"]


def run(command: list[str]) -> int:
    """Become the program: its exit status is ours, and Ctrl-C reaches it alone."""
    sys.stdout.flush()
    if os.name == "posix":
        os.execv(command[0], command)
    child = subprocess.Popen(command)  # Windows has no exec that waits
    while True:
        with contextlib.suppress(KeyboardInterrupt):  # the child gets it too, and decides
            return child.wait()


# Which Python: this one, or the one in .venv


def missing_modules(modules: tuple[str, ...]) -> list[str]:
    return [name for name in modules if importlib.util.find_spec(name) is None]


def own_python(name: str) -> str | None:
    """This Python, if it was asked for or if it is a conda environment with everything."""
    conda = os.environ.get("CONDA_PREFIX")
    in_conda = conda is not None and Path(sys.prefix) == Path(conda)
    if not os.environ.get("WSLAB_NO_VENV") and not in_conda:
        return None
    missing = missing_modules(COMMANDS[name].modules)
    if not missing:
        print(f"Using {sys.executable} as it is.")
        paths = [str(ROOT), os.environ.get("PYTHONPATH", "")]  # a notebook must find wslab
        os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, paths))
        return sys.executable
    print(f"{sys.executable} lacks: {', '.join(missing)}.", file=sys.stderr)
    if in_conda:
        print("  conda env update -f environment.yml  adds them.", file=sys.stderr)
    if os.environ.get("WSLAB_NO_VENV"):
        sys.exit("WSLAB_NO_VENV is set, so nothing is installed. Unset it to get a .venv.")
    print("For now, .venv it is.", file=sys.stderr)
    return None


# Making .venv


def base_python() -> str:
    """The Python behind any virtual environment: running inside .venv gives the same answer."""
    return os.path.realpath(getattr(sys, "_base_executable", None) or sys.executable)


def identity() -> str:
    """A .venv serves one Python and one place: after an upgrade or a move, build it anew."""
    return f"{sys.version_info[0]}.{sys.version_info[1]} {base_python()} {ROOT}"


def fingerprint(extras: str) -> str:
    content = b"\0".join(path.read_bytes() for path in INPUTS) + extras.encode()
    return hashlib.sha256(content).hexdigest()


def read_stamp() -> dict[str, str]:
    """What is known to be installed; empty when .venv is missing, broken or someone else's."""
    try:
        stamp: dict[str, str] = json.loads(STAMP.read_text("utf-8"))
        return stamp if stamp["identity"] == identity() and PYTHON.exists() else {}
    except (OSError, ValueError, LookupError, TypeError):
        return {}


def write_stamp(stamp: dict[str, str]) -> None:
    draft = STAMP.with_suffix(".new")
    draft.write_text(json.dumps(stamp), "utf-8")
    draft.replace(STAMP)


def set_up(extras: str) -> str:
    """Have a .venv with these extras, and give its Python."""
    with only_one() as lock:
        stamp = read_stamp()
        if stamp.get(extras) != fingerprint(extras):
            print(f"Setting up .venv for: {extras} (a minute or two, once)", flush=True)
            if not stamp:
                create_venv(lock)
            STAMP.unlink(missing_ok=True)
            installed = install(extras, lock)
            had_it = extras in stamp
            stamp["identity"] = identity()
            if installed:
                stamp[extras] = fingerprint(extras)
            write_stamp(stamp)  # pip undoes what it could not finish: the rest still stands
            if not installed and not had_it:
                sys.exit(1)
            print("Ready." if installed else "Going on with what was installed before.")
    return str(PYTHON)


@contextlib.contextmanager
def only_one() -> Iterator[tuple[int, ...]]:
    """Two starts at once take turns. pip inherits the lock, so an orphan of a kill keeps it."""
    if sys.platform == "win32":
        yield ()
        return
    import fcntl

    lock = os.open(ROOT, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):  # some network drives cannot lock
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                print("Another start.py is setting up .venv; waiting for it ...", flush=True)
                fcntl.flock(lock, fcntl.LOCK_EX)
        yield (lock,)
    finally:
        os.close(lock)


def create_venv(lock: tuple[int, ...]) -> None:
    try:
        import ensurepip  # noqa: F401  (Debian packs it apart)
        import venv  # noqa: F401
    except ImportError:
        sys.exit(
            "This Python cannot make a virtual environment: its venv and ensurepip are missing.\n"
            f"  Debian, Ubuntu:  sudo apt install python3-venv\n"
            f"  (or python3.{sys.version_info[1]}-venv, if that is the Python you call)\n"
            "  other systems:   install Python from https://www.python.org\n" + NEEDS_NOTHING
        )
    command = [base_python(), "-I", "-m", "venv", "--clear", str(VENV)]
    status, output = follow(command, lock)
    if status:
        print(*output[-5:], sep="\n", file=sys.stderr)
        sys.exit(
            f"Could not make {VENV}. Is the disk full, the folder read-only, or a program from\n"
            f".venv still running? Close it, delete .venv and try again.\n{NEEDS_NOTHING}"
        )


def install(extras: str, lock: tuple[int, ...]) -> bool:
    options = ["--disable-pip-version-check", "--no-input", "--progress-bar", "off"]
    pip = [str(PYTHON), "-I", "-m", "pip", "install", *options]
    # The pip that an older Python brings along is half as fast. If no other can be had, it will do.
    follow([*pip, "--quiet", "--retries", "0", "--upgrade", "pip"], lock)
    what = ["--no-compile", "-e", f".[{extras}]", "-c", "constraints.txt"]
    status, output = follow([*pip, *what], lock)
    if status:
        errors = [line for line in output if line.startswith("ERROR")]
        print(*(errors or output)[-5:], sep="\n", file=sys.stderr)
        print(
            "\npip could not install what this needs; its own words are above. Most often the\n"
            "network is away: try again when you are online. Behind a proxy, set HTTPS_PROXY\n"
            "first. An index of your own goes into pip's settings (pip config), as always.\n"
            + NEEDS_NOTHING,
            file=sys.stderr,
        )
        return False
    # pip would compile one file after the other; this takes all cores.
    follow([str(PYTHON), "-I", "-m", "compileall", "-q", "-j", "0", str(VENV / "lib")], lock)
    return True


# With -I, Python doesn't look for modules in our folder, where yours may have the names of its own.


def follow(command: list[str], lock: tuple[int, ...]) -> tuple[int, list[str]]:
    """Run, showing a dot for each package; give the exit status and what was said."""
    child = subprocess.Popen(
        command,
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        pass_fds=lock,
    )
    assert child.stdout is not None
    output: list[str] = []
    try:
        for line in child.stdout:
            output.append(line.rstrip())
            if line.startswith("Collecting "):
                print(".", end="", flush=True)
        return child.wait(), output
    except BaseException:
        child.terminate()
        child.wait()
        raise
    finally:
        if any(line.startswith("Collecting ") for line in output):
            print()


if __name__ == "__main__":
    try:
        status = main(sys.argv[1:])
        sys.stdout.flush()
    except BrokenPipeError:  # whoever reads our output has seen enough, as in "| head"
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = 0
    sys.exit(status)
