"""Judge and worker under two users: what is the judge's own, the worker cannot read."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.shell import ROOT, posix
from tests.visit import missing

PROGRAM = """
import json, sys
sys.path.insert(0, sys.argv[1])
from wslab.grading.limits import Limits
from wslab.grading.session import Session
code = '''
import os
def f(path):
    open("mine", "w").close()
    try:
        with open(path) as file:
            said = file.read()
    except OSError as error:
        said = type(error).__name__
    return [os.getuid() == os.geteuid() != 0, os.getgroups(), said]
'''
limits = Limits(load=30, call=15, total=60, landlock=False)
with Session({"ex04_frames": code}, "ex04_frames", limits) as session:
    answer = session.call("f", (sys.argv[2],), {})
    print(json.dumps([answer.value, session.layers]))
"""


@posix
def test_the_worker_is_somebody_else(tmp_path: Path) -> None:
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        pytest.skip("only root may change users")
    secret = tmp_path / "seed"
    secret.write_text("secret")
    secret.chmod(0o600)
    said, layers = _ask("nobody", secret)
    assert said == [True, [], "PermissionError"]
    assert "own user" in layers
    said, layers = _ask("", secret)
    assert said == [False, os.getgroups(), "secret"], "without it, only Landlock closes the file"
    assert "own user" not in layers


def _ask(user: str, secret: Path) -> tuple[list[object], list[str]]:
    # The worker's Python has to be one that everybody may start.
    python = next((p for p in (sys.executable, "/usr/bin/python3") if _for_everybody(p)), None)
    if not python:
        missing("no Python that another user may start")
    done = subprocess.run(
        [python, "-c", PROGRAM, str(ROOT), str(secret)],
        capture_output=True,
        timeout=60,
        check=False,
        env={"PATH": os.environ["PATH"], "WSLAB_WORKER_USER": user},
    )
    assert done.returncode == 0, done.stderr.decode()
    value, layers = json.loads(done.stdout)
    return value, layers


def _for_everybody(python: str) -> bool:
    path = Path(python).resolve()
    return path.is_file() and all(parent.stat().st_mode & 1 for parent in path.parents)
