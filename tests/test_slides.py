"""The lessons are cut into slides as tests/support/slides.py cuts them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support import slides

NOTEBOOKS = sorted(slides.FOLDER.glob("*.ipynb"))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name[:2])
def test_a_lesson_carries_its_slides(path: Path) -> None:
    cells = json.loads(path.read_text("utf-8"))["cells"]
    stored = [cell["metadata"].get("slideshow", {}).get("slide_type") for cell in cells]
    assert stored == slides.kinds(cells), "run  python tests/support/slides.py --write"
