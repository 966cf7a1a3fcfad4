"""What `python3 start.py check-environment` says: what is here, what is missing, how to get it."""

import glob
import importlib.util
import os
import shutil
import socket
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

BROWSERS = [
    *("chromium", "chromium-browser", "google-chrome", "chrome", "msedge"),
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe",
]
TSHARKS = [
    "tshark",
    "/Applications/Wireshark.app/Contents/MacOS/tshark",
    r"C:\Program Files\Wireshark\tshark.exe",
]
GET_BROWSER, GET_TSHARK = {
    "win32": ("winget install Google.Chrome", "winget install WiresharkFoundation.Wireshark"),
    "darwin": ("brew install --cask google-chrome", "brew install wireshark"),
}.get(sys.platform, ("sudo apt install chromium", "sudo apt install tshark"))

WITH_THE_LESSONS = ("h2", "ipywidgets", "matplotlib", "trustme")
"""Packages that some commands need too, and `python3 start.py` installs for the lessons."""

PYTHON = ("Scripts", "python.exe") if os.name == "nt" else ("bin", "python")  # in .venv


def how_to_get(package: str) -> str:
    """How to come by a package that this Python lacks: often .venv has it already."""
    venv = Path(__file__).resolve().parent.parent / ".venv"
    # Not Path.glob: before Python 3.13 it raises where a folder may not be entered.
    there = (f"lib/python*/site-packages/{package}", f"Lib/site-packages/{package}")
    if Path(sys.prefix) != venv and any(glob.glob(path, root_dir=venv) for path in there):
        return f"use the Python that has it: {Path('.venv', *PYTHON)}"
    by_hand = f"install it: python -m pip install {package}"
    if package in WITH_THE_LESSONS:
        return f"`python3 start.py` installs it into .venv; or {by_hand}"
    return by_hand


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """An empty folder for a program's files, removed at the end.

    A browser's helper processes outlive it for a moment and write until they end, so one attempt
    to remove the folder may not be enough: it's repeated for up to 5 seconds.
    """
    folder = Path(tempfile.mkdtemp())
    try:
        yield folder
    finally:
        deadline = time.monotonic() + 5
        shutil.rmtree(folder, ignore_errors=True)
        while folder.exists() and time.monotonic() < deadline:
            time.sleep(0.05)
            shutil.rmtree(folder, ignore_errors=True)


def report(modules: tuple[str, ...], in_venv: bool) -> int:
    """Print a line for each tool; 0 when the lessons can run, whatever optional is missing."""
    version = ".".join(str(number) for number in sys.version_info[:3])
    _tell("ok", f"Python {version}  ({sys.executable})")
    here = all(map(importlib.util.find_spec, modules))
    installable = _check_venv()
    for name in modules:
        if in_venv or importlib.util.find_spec(name):
            _tell("ok", f"{name}  ({'in .venv' if in_venv else 'in this Python'})")
        else:
            _tell("not yet", name, "`python3 start.py` installs it into .venv")
    loopback = _check_loopback()
    _check_tool("a browser (Chromium)", BROWSERS, GET_BROWSER)
    _check_tool("tshark", TSHARKS, GET_TSHARK)
    _check_conda()
    works = loopback and (in_venv or here or installable)
    print(f"\nThe lessons {'can run:  python3 start.py' if works else 'cannot run yet.'}")
    print("What needs no installation at all:  python3 -m wslab demo")
    return 0 if works else 1


def _tell(state: str, what: str, advice: str = "") -> None:
    print(f"{state:<9} {what}")
    if advice:
        print(f"{'':<9}   -> {advice}")


def _check_venv() -> bool:
    if importlib.util.find_spec("venv") and importlib.util.find_spec("ensurepip"):
        _tell("ok", "venv and ensurepip: .venv can be made")
        return True
    _tell("missing", "venv or ensurepip", "Debian, Ubuntu: sudo apt install python3-venv")
    return False


def _check_loopback() -> bool:
    """IPv4 must work; IPv6 may be switched off."""
    works = loopback_works()
    if works:
        _tell("ok", "loopback 127.0.0.1: a byte goes out and comes back")
    else:
        _tell("missing", "loopback 127.0.0.1", "a firewall or sandbox forbids sockets: allow them")
    if _echoes(socket.AF_INET6, "::1"):
        _tell("ok", "loopback ::1 (IPv6)")
    else:
        _tell("optional", "loopback ::1 (IPv6) is off", "nothing to do: those parts are skipped")
    return works


def loopback_works() -> bool:
    """Whether a byte goes to 127.0.0.1 and comes back."""
    return _echoes(socket.AF_INET, "127.0.0.1")


def _echoes(family: socket.AddressFamily, host: str) -> bool:
    try:
        with socket.socket(family) as listener:
            listener.settimeout(2)
            listener.bind((host, 0))
            listener.listen(1)
            with socket.create_connection(listener.getsockname()[:2], timeout=2) as near:
                far, _ = listener.accept()
                with far:
                    far.settimeout(2)
                    near.sendall(b"?")
                    far.sendall(far.recv(1))
                    return near.recv(1) == b"?"
    except OSError:
        return False


def _check_tool(title: str, names: list[str], how: str) -> None:
    found = next(filter(None, map(shutil.which, names)), None)
    if found:
        _tell("ok", f"{title}  ({found})")
    else:
        _tell("optional", f"{title} is missing: some lessons show less", how)


def _check_conda() -> None:
    active = os.environ.get("CONDA_PREFIX")
    if active:
        _tell("ok", f"conda: {active}", "to add what lacks: conda env update -f environment.yml")
    elif shutil.which("conda"):
        _tell("ok", "conda", "if you prefer it to .venv: conda env create -f environment.yml")
