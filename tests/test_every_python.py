"""The promise "Python 3.10 or newer, nothing else", tried on every such Python of this machine.

CI runs all tests on each version.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.pythons import BARE, pythons
from tests.support.shell import DEADLINE, ROOT

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("version", pythons())
def test_the_demo_runs_on_a_bare_python(version: str, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "wslab", tmp_path / "wslab", ignore=shutil.ignore_patterns("__pyc*"))
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "COV"))}
    done = subprocess.run(
        [pythons()[version], *BARE, "-m", "wslab", "demo", "Hello"],
        cwd=tmp_path,
        env=kept | {"PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        encoding="utf-8",
        timeout=DEADLINE,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "Hello" in done.stdout
