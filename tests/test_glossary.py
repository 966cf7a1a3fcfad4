"""The glossary: in order, complete, and linked from where a term first comes up."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.support import glossary

FOLDER = glossary.GLOSSARY.parent
NOTEBOOKS = sorted(FOLDER.glob("[0-9][0-9]_*.ipynb"))
LINK = re.compile(r"\]\(glossary\.md#([^)]+)\)")
LESSON = re.compile(r"\*\[Lesson (\d\d)\]\((\d\d)_\w+\.ipynb\)\*$")

each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name[:2])


@pytest.fixture(scope="module")
def terms() -> dict[str, str]:
    return glossary.read(glossary.GLOSSARY.read_text("utf-8"))[1]


def linked(path: Path) -> list[str]:
    cells = json.loads(path.read_text("utf-8"))["cells"]
    texts = ("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
    return [anchor for text in texts for anchor in LINK.findall(text)]


def test_it_is_in_order_with_its_index() -> None:
    text = glossary.GLOSSARY.read_text("utf-8")
    assert text == glossary.render(*glossary.read(text)), "python tests/support/glossary.py --write"


def test_every_term_is_defined_and_names_its_lesson(terms: dict[str, str]) -> None:
    assert len(terms) >= 60
    for title, definition in terms.items():
        found = LESSON.search(definition)
        assert found, title
        assert found[1] == found[2], title
        assert found.start() > 30, title


@each_notebook
def test_every_link_to_the_glossary_arrives(path: Path, terms: dict[str, str]) -> None:
    assert set(linked(path)) <= {glossary.anchor(title) for title in terms}


def test_a_term_names_the_lesson_that_links_it_first(
    terms: dict[str, str],
) -> None:
    links = {path.name[:2]: set(linked(path)) for path in NOTEBOOKS}
    wrong = []
    for title, definition in terms.items():
        lesson, anchor = definition.rpartition("[Lesson ")[2][:2], glossary.anchor(title)
        first = min((number for number, found in links.items() if anchor in found), default=lesson)
        if first != lesson:
            wrong.append(f"{title}: says lesson {lesson}, is linked in {first}")
    assert wrong == []
