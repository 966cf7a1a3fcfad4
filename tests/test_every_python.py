"""The promise "Python 3.10 or newer, nothing else", kept on every such Python of this machine.

The other Pythons get no packages installed: they borrow pytest from the one that runs this test.
Only packages that are pure Python can be lent, so tests that need more stay with their owner.
"""

import ast
import os
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

from tests.support.pythons import BARE, pythons

ROOT = Path(__file__).resolve().parent.parent
TESTS = ROOT / "tests"

# What every Python runs: the protocol, the table of the RFC, the echoes over real sockets.
CORE = (
    "protocol/test_*.py",
    "test_rfc*.py",
    "test_architecture.py",
    "test_net*.py",
    "test_*echo*.py",
)

LENT = ("pytest", "pytest-timeout", "pluggy", "iniconfig", "packaging", "pygments", "colorama")
LENT_TO_3_10 = ("exceptiongroup", "tomli", "typing_extensions")

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


every_python = pytest.mark.parametrize("version", pythons())
every_other_python = pytest.mark.parametrize("version", list(pythons())[1:])


def run(
    python: str, *arguments: str, cwd: Path, **extra: str
) -> "subprocess.CompletedProcess[str]":
    ours = ("PYTHON", "COV", "PYTEST")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return subprocess.run(
        [python, *BARE, *arguments],
        cwd=cwd,
        env=kept | {"PYTHONIOENCODING": "utf-8", "PYTHONDONTWRITEBYTECODE": "1"} | extra,
        capture_output=True,
        encoding="utf-8",
        timeout=240,
        check=False,
    )


@every_python
def test_the_demo_runs_on_a_bare_python(version: str, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "wslab", tmp_path / "wslab", ignore=shutil.ignore_patterns("__pyc*"))
    result = run(pythons()[version], "-m", "wslab", "demo", "Hello", cwd=tmp_path)
    assert result.returncode == 0, result.stdout + result.stderr
    assert result.stderr == ""
    assert "Hello" in result.stdout


@pytest.fixture(scope="module")
def lent(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """pytest and what it needs, without anything compiled for another Python."""
    folder = tmp_path_factory.mktemp("lent")
    for name in LENT + LENT_TO_3_10:
        try:
            files = metadata.distribution(name).files or []
        except metadata.PackageNotFoundError:
            if name != "colorama":  # pytest wants it on Windows only
                raise
            continue
        for file in files:
            if file.suffix in {".py", ".typed"} and ".." not in file.parts:
                copy = folder / file
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file.locate(), copy)
    return folder


def needs_only_pytest(path: Path) -> bool:
    """Whether a test module, and the helpers it imports, need no package that is not lent."""
    known = sys.stdlib_module_names | {"pytest", "wslab", "tests", "_pytest"}
    nodes: list[ast.AST] = list(ast.parse(path.read_text("utf-8")).body)
    for node in nodes:
        if isinstance(node, (ast.If, ast.Try)):
            nodes.extend(node.body + node.orelse)
        if isinstance(node, ast.Import):
            names = [each.name for each in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names = [f"{node.module}.{each.name}" for each in node.names]
        else:
            continue
        for name in names:
            if name.partition(".")[0] not in known:
                return False
            for helper in helpers(name):
                if not needs_only_pytest(helper):
                    return False
    return True


def helpers(name: str) -> list[Path]:
    """``tests.peers.dial`` may be ``tests/peers.py`` or ``tests/peers/dial.py``."""
    whole = ROOT.joinpath(*name.split(".")).with_suffix(".py")
    parent = ROOT.joinpath(*name.split(".")[:-1]).with_suffix(".py")
    return [path for path in (whole, parent) if name.startswith("tests.") and path.is_file()]


@every_other_python
def test_the_core_passes_on_every_other_python(version: str, lent: Path, tmp_path: Path) -> None:
    core = [path for pattern in CORE for path in sorted(TESTS.glob(pattern))]
    lendable = [str(path) for path in core if needs_only_pytest(path)]
    assert lendable, "no core test runs with pytest alone"
    result = run(
        pythons()[version],
        *("-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "pytest_timeout"),
        *("--basetemp=base", f"--rootdir={ROOT}", f"--config-file={ROOT / 'pyproject.toml'}"),
        *("-o", "addopts=--import-mode=importlib --strict-markers", *lendable),
        cwd=tmp_path,
        PYTHONPATH=os.pathsep.join([str(lent), str(ROOT)]),
        PYTEST_DISABLE_PLUGIN_AUTOLOAD="1",
    )
    assert result.returncode == 0, result.stdout[-5000:] + result.stderr[-2000:]
    assert " passed" in result.stdout.splitlines()[-1]
