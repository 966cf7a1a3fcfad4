from __future__ import annotations

from pathlib import Path

import pytest

from wslab.grading import kit
from wslab.grading.submission import Submission, read_folder

collect_ignore_glob = [
    "honest/*.py",
    "search_everything.py",
]  # students' files: loaded where their neighbours are


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--submission", metavar="DIR", help="judge the files in DIR, not the solutions"
    )
    parser.addoption("--seed", default="tests", help="seed of the random questions")


@pytest.fixture(scope="session")
def submission(request: pytest.FixtureRequest) -> Submission:
    folder = request.config.getoption("--submission", None)
    return read_folder(Path(folder) if folder else kit.root() / "solutions")


@pytest.fixture(scope="session")
def seed(request: pytest.FixtureRequest) -> str:
    return str(request.config.getoption("--seed", "tests"))
