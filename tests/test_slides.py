"""The lessons are cut into slides as tests/support/slides.py cuts them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support import slides

NOTEBOOKS = sorted(slides.FOLDER.glob("*.ipynb"))


def text(source: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "source": source, "metadata": {}}


def code(lines: int, folded: bool = False, png: bool = False) -> dict[str, Any]:
    outputs: list[Any] = [{"output_type": "display_data", "data": {"image/png": ""}}] if png else []
    metadata = {"jupyter": {"source_hidden": True}} if folded else {}
    source = "\n" * (lines - 1)
    return {"cell_type": "code", "source": source, "metadata": metadata, "outputs": outputs}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name[:2])
def test_a_lesson_carries_its_slides(path: Path) -> None:
    cells = json.loads(path.read_text("utf-8"))["cells"]
    stored = [cell["metadata"].get("slideshow", {}).get("slide_type") for cell in cells]
    assert stored == slides.kinds(cells), "run  python tests/support/slides.py --write"


def test_a_heading_begins_a_slide_and_what_follows_stays_while_there_is_room() -> None:
    cells = [text("# Title"), code(5), text("More."), text("## Next"), code(30), code(30)]
    assert slides.kinds(cells) == ["slide", "-", "-", "slide", "-", "subslide"]


def test_folded_answers_are_notes_and_folded_code_is_left_out_unless_it_draws() -> None:
    cells = [text("<details>x</details>"), code(9, folded=True), code(9, folded=True, png=True)]
    assert slides.kinds(cells) == ["notes", "skip", "-"]
