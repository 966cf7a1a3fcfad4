"""`start.py check-environment`: what it says when all is there, and when something is not."""

from __future__ import annotations

import contextlib
import itertools
import shutil
import socket
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from wslab import environment

Says = Callable[..., str]


@pytest.fixture
def says(capsys: pytest.CaptureFixture[str]) -> Says:
    def run(*modules: str, in_venv: bool = False, status: int = 0) -> str:
        assert environment.report(modules, in_venv) == status
        return capsys.readouterr().out

    return run


def test_all_is_there(says: Says, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: f"/somewhere/{name}")
    monkeypatch.delenv("CONDA_PREFIX", raising=False)
    text = says("json", "socket")
    assert "ok        json  (in this Python)" in text
    assert "a byte goes out and comes back" in text
    assert "ok        tshark  (/somewhere/tshark)" in text
    assert "conda env create" in text
    assert text.endswith("What needs no installation at all:  python3 -m wslab demo\n")
    assert "The lessons can run" in text


def test_what_is_missing_is_said_with_what_to_do(
    says: Says, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.setenv("CONDA_PREFIX", "/envs/course")
    text = says("no_such_module")
    assert "not yet   no_such_module" in text
    assert "installs it into .venv" in text
    assert "optional  tshark is missing" in text
    assert "ok        conda: /envs/course" in text


def test_packages_in_the_venv_count(says: Says) -> None:
    assert "ok        no_such_module  (in .venv)" in says("no_such_module", in_venv=True)


def test_without_venv_nothing_can_be_installed(says: Says, monkeypatch: pytest.MonkeyPatch) -> None:
    find = environment.importlib.util.find_spec
    monkeypatch.setattr(
        environment.importlib.util,
        "find_spec",
        lambda name: None if name == "ensurepip" else find(name),
    )
    text = says("no_such_module", status=1)
    assert "sudo apt install python3-venv" in text
    assert "The lessons cannot run yet." in text


def test_a_machine_without_loopback(says: Says, monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(*args: object) -> socket.socket:
        raise PermissionError("no sockets here")

    monkeypatch.setattr(environment.socket, "socket", forbidden)
    text = says("json", status=1)
    assert "missing   loopback 127.0.0.1" in text
    assert "a firewall or sandbox forbids sockets" in text
    assert "optional  loopback ::1 (IPv6) is off" in text


def test_a_scratch_folder_goes_although_a_helper_of_the_program_still_writes_there() -> None:
    ended = threading.Event()

    def write(folder: Path) -> None:
        for number in itertools.count():
            if ended.is_set():
                return
            with contextlib.suppress(OSError):
                (folder / f"{number}.log").write_bytes(b"")

    with environment.scratch_folder() as folder:
        helper = threading.Thread(target=write, args=[folder])
        helper.start()
        threading.Timer(0.3, ended.set).start()
    helper.join()
    assert not folder.exists()
