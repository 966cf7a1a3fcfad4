"""Three files name what we need: pyproject for pip, constraints as ranges, environment for conda.

They must not drift apart; nor may any of them say where packages come from.
"""

import importlib.util
import re
import sys
from importlib import metadata
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from rattler import MatchSpec

from wslab import environment

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).resolve().parent.parent
FILES = ("pyproject.toml", "constraints.txt", "environment.yml", "start.py", "wslab/environment.py")

# Where conda-forge has another name for it.
CONDA_NAMES = {"playwright": "playwright-python"}

# What conda-forge does not have: pip fetches it into the conda environment.
FROM_PIP = {"axe-playwright-python", "sphinx-revealjs"}


def read(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    found: dict[str, Any] = tomllib.loads(read("pyproject.toml"))["project"]
    return found


@pytest.fixture(scope="module")
def extras(project: dict[str, Any]) -> dict[str, list[Requirement]]:
    listed = project["optional-dependencies"].items()
    return {extra: [Requirement(line) for line in lines] for extra, lines in listed}


@pytest.fixture(scope="module")
def constraints() -> dict[str, SpecifierSet]:
    lines = (line.partition("#")[0].strip() for line in read("constraints.txt").splitlines())
    requirements = [Requirement(line) for line in lines if line]
    return {each.name: each.specifier for each in requirements}


@pytest.fixture(scope="module")
def conda() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(read("environment.yml"))
    return found


def conda_specs(conda: dict[str, Any]) -> dict[str, MatchSpec]:
    specs = [MatchSpec(line) for line in conda["dependencies"] if isinstance(line, str)]
    return {str(spec.name.normalized): spec for spec in specs}


def bounds(version: object) -> set[str]:
    """``>=1,<2`` in any order and spelling, as a set."""
    return set(str(version or "").replace(" ", "").split(",")) - {""}


def test_the_core_needs_nothing(project: dict[str, Any]) -> None:
    assert project["dependencies"] == []


def test_every_extra_gives_a_reason_for_each_of_its_packages() -> None:
    table = read("pyproject.toml").partition("[project.optional-dependencies]")[2]
    lines = [line for line in table.partition("\n[")[0].splitlines() if line.startswith('    "')]
    assert len(lines) > 20
    assert [line for line in lines if not re.search(r'",\s+# \S', line)] == []


def test_constraints_hold_exactly_the_packages_of_the_extras(
    extras: dict[str, list[Requirement]], constraints: dict[str, SpecifierSet]
) -> None:
    assert set(constraints) == {each.name for lines in extras.values() for each in lines}


def test_constraints_begin_where_the_extras_begin_and_end_somewhere(
    extras: dict[str, list[Requirement]], constraints: dict[str, SpecifierSet]
) -> None:
    for requirement in (each for lines in extras.values() for each in lines):
        limits = bounds(constraints[requirement.name])
        assert bounds(requirement.specifier) < limits, requirement.name
        assert [limit[0] for limit in sorted(limits)] == ["<", ">"], requirement.name


def test_conda_gets_the_same_packages_with_the_same_bounds(
    constraints: dict[str, SpecifierSet], conda: dict[str, Any]
) -> None:
    specs = conda_specs(conda)
    assert set(constraints) > FROM_PIP
    wanted = {CONDA_NAMES.get(n, n): constraints[n] for n in set(constraints) - FROM_PIP}
    assert set(specs) - {"python", "pip"} == set(wanted)
    for name, limits in wanted.items():
        assert bounds(specs[name].version) == bounds(limits), name


def test_conda_gets_a_python_that_is_new_enough(
    project: dict[str, Any], conda: dict[str, Any]
) -> None:
    assert bounds(conda_specs(conda)["python"].version) == bounds(project["requires-python"])


def test_conda_takes_from_pip_only_this_project_and_what_conda_forge_has_not(
    conda: dict[str, Any], constraints: dict[str, SpecifierSet]
) -> None:
    assert conda["name"] == "wslab"
    assert conda["channels"] == ["conda-forge"]
    (rest,) = [each for each in conda["dependencies"] if not isinstance(each, str)]
    assert list(rest) == ["pip"]
    project, *others = rest["pip"]
    assert project == "-e ."
    found = {each.name: each.specifier for each in map(Requirement, others)}
    assert found == {name: constraints[name] for name in FROM_PIP}


def test_what_is_installed_here_lies_within_the_constraints(
    constraints: dict[str, SpecifierSet],
) -> None:
    checked = 0
    for name, limits in constraints.items():
        try:
            version = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue  # another extra's
        assert limits.contains(version, prereleases=True), f"{name} {version} is not in {limits}"
        checked += 1
    assert checked > 10


@pytest.mark.parametrize("name", FILES)
def test_no_file_says_where_packages_come_from(name: str) -> None:
    assert not re.search(r"--(extra-)?index-url|--find-links|--hash|pypi\.|anaconda\.", read(name))


@pytest.fixture(scope="module")
def start() -> ModuleType:
    spec = importlib.util.spec_from_file_location("start", ROOT / "start.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_start_asks_for_extras_that_exist(
    start: ModuleType, extras: dict[str, list[Requirement]]
) -> None:
    """And the modules by which it knows them come with those very extras."""
    modules = {"pytest-xdist": "xdist", "websocket-client": "websocket"}  # else: - becomes _
    for command in start.COMMANDS.values():
        names = [each.name for extra in command.extras.split(",") for each in extras[extra]]
        assert set(command.modules) <= {modules.get(n, n.replace("-", "_")) for n in names}


def test_what_start_py_is_said_to_install_it_installs(
    extras: dict[str, list[Requirement]],
) -> None:
    for package in environment.WITH_THE_LESSONS:
        assert package in {each.name for each in extras["lessons"]}


def test_a_package_that_is_missing_here_may_be_in_venv(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(environment, "__file__", str(tmp_path / "wslab/environment.py"))
    assert environment.how_to_get("trustme") == (
        "`python3 start.py` installs it into .venv; or install it: python -m pip install trustme"
    )
    (tmp_path / ".venv/lib/python3.12/site-packages/trustme").mkdir(parents=True)
    assert environment.how_to_get("trustme").endswith(str(Path(".venv", *environment.PYTHON)))
    assert environment.how_to_get("numpy") == "install it: python -m pip install numpy"
    monkeypatch.setattr(sys, "prefix", str(tmp_path / ".venv"))
    assert environment.how_to_get("trustme") == (
        "`python3 start.py` installs it into .venv; or install it: python -m pip install trustme"
    )
