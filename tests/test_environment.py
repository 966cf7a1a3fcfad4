"""What is installed: pyproject.toml has packages and bounds, environment.yml the names alone."""

from __future__ import annotations

import re
import runpy
import sys
from pathlib import Path
from typing import Any

import pytest

from wslab import environment

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).resolve().parent.parent
PYPROJECT = (ROOT / "pyproject.toml").read_text("utf-8")
PROJECT: dict[str, Any] = tomllib.loads(PYPROJECT)["project"]
EXTRAS: dict[str, list[str]] = PROJECT["optional-dependencies"]


def names(extra: str) -> set[str]:
    """The packages of an extra, and of the extras it includes."""
    found = set()
    for line in EXTRAS[extra]:
        included = re.fullmatch(r"wslab\[(.*)\]", line)
        if included:
            found |= set().union(*map(names, included[1].split(",")))
        else:
            found |= set(re.findall(r"^[\w-]+", line))
    return found


def test_the_core_needs_nothing() -> None:
    assert PROJECT["dependencies"] == []


def test_each_package_has_bounds_and_a_reason() -> None:
    listed = [line for lines in EXTRAS.values() for line in lines if not line.startswith("wslab[")]
    assert len(listed) == len({re.split("[<>=]", line)[0] for line in listed}), "bounds twice"
    for line in listed:
        assert re.fullmatch(r"[\w-]+>=[\d.]+,<[\d.]+|setuptools>=\d+", line)
        assert re.search(rf'"{re.escape(line)}", +# \S', PYPROJECT), line


def test_conda_gets_what_the_lessons_need_and_no_bounds_of_its_own() -> None:
    text = (ROOT / "environment.yml").read_text("utf-8").partition("dependencies:")[2]
    packages = re.findall(r"(?m)^  - ([\w-]+)$", text)
    assert set(packages) - {"pip", "pytest"} <= names("lessons")
    assert f"- python {PROJECT['requires-python']}\n" in text
    assert "- -e .[lessons]" in text


@pytest.mark.parametrize("name", ["pyproject.toml", "environment.yml", "start.py"])
def test_no_file_says_where_packages_come_from(name: str) -> None:
    text = (ROOT / name).read_text("utf-8")
    assert not re.search(r"--(extra-)?index-url|--find-links|--hash|pypi\.|anaconda\.", text)


def test_start_py_installs_what_it_looks_for() -> None:
    modules = {"pytest-xdist": "xdist", "websocket-client": "websocket"}  # else: - becomes _
    commands: dict[str, tuple[str, str, str]] = runpy.run_path(str(ROOT / "start.py"))["COMMANDS"]
    for extra, wanted, _ in commands.values():
        installed = {modules.get(name, name.replace("-", "_")) for name in names(extra)}
        assert set(wanted.split()) <= installed
    assert set(environment.WITH_THE_LESSONS) <= names("lessons")


def test_a_package_that_is_missing_here_may_be_in_venv(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(environment, "__file__", str(tmp_path / "wslab/environment.py"))
    assert "start.py" in environment.how_to_get("trustme")
    (tmp_path / ".venv/lib/python3.12/site-packages/trustme").mkdir(parents=True)
    assert environment.how_to_get("trustme").endswith(str(Path(".venv", *environment.PYTHON)))
    assert "pip install numpy" in environment.how_to_get("numpy")
    monkeypatch.setattr(sys, "prefix", str(tmp_path / ".venv"))
    assert "start.py" in environment.how_to_get("trustme")
