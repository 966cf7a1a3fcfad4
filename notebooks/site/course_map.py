"""Draw the map of the course: ``python notebooks/site/course_map.py`` writes map.svg.

Which lesson needs which stands in the notebooks themselves ("You need: …"). An arrow that others
already say is left out: lesson 04 needs 00 to 03, but one arrow from 03 is enough.
"""

from __future__ import annotations

import json
import re
from html import escape
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent
PLACES = {  # column and row; the main road goes down on the left
    "00": (0, 0), "01": (0, 1), "02": (0, 2), "03": (0, 3), "04": (0, 4), "05": (0, 5),
    "06": (0, 6), "09": (1, 2), "10": (1, 3), "07": (1, 4), "08": (1, 5), "11": (1, 6),
}  # fmt: skip
WIDTH, HEIGHT, ACROSS, DOWN, MARGIN = 250, 40, 350, 62, 12
LONGEST = 28  # letters in a box


def lessons(folder: Path = FOLDER) -> dict[str, str]:
    """Number → first cell, of each lesson."""
    paths = sorted(folder.glob("[0-9][0-9]_*.ipynb"))
    cells = {path.name[:2]: json.loads(path.read_text("utf-8"))["cells"][0] for path in paths}
    return {number: "".join(cell["source"]) for number, cell in cells.items()}


def title(opening: str) -> str:
    """``# 05 · Frames: how a stream …`` → ``Frames``: the words before a colon."""
    return opening.partition("\n")[0].partition("·")[2].partition(":")[0].strip()


def needs(opening: str) -> set[str]:
    """The lessons that a lesson asks for, with all between "00" and "03" in "00 to 03"."""
    line = next((row for row in opening.splitlines() if row.startswith("**You need:**")), "")
    line = re.sub(r"\]\([^)]*\)", "]", line)
    found = set(re.findall(r"\b(\d\d)\b", line))
    for first, last in re.findall(r"(\d\d)\] to \[(\d\d)", line):
        found |= {f"{number:02}" for number in range(int(first), int(last) + 1)}
    return found


def arrows(wanted: dict[str, set[str]]) -> list[tuple[str, str]]:
    """From a lesson to those that need it, without what follows from other arrows."""

    def before(number: str) -> set[str]:
        return wanted.get(number, set()).union(*map(before, wanted.get(number, set())))

    return [
        (earlier, number)
        for number, asked in sorted(wanted.items())
        for earlier in sorted(asked)
        if not any(earlier in before(other) for other in asked)
    ]


def draw(openings: dict[str, str]) -> str:
    """The map as SVG; each box has the number and the title of a lesson."""
    width, height = 2 * MARGIN + ACROSS + WIDTH, 2 * MARGIN + 6 * DOWN + HEIGHT
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" font-family="sans-serif" font-size="14">',
        "<title>The map of the course: which lesson needs which</title>",
        '<rect width="100%" height="100%" fill="#ffffff"/>',
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" '
        'markerHeight="8" orient="auto"><path d="M0 0L8 4L0 8z" fill="#444444"/></marker></defs>',
    ]
    for earlier, later in arrows({number: needs(text) for number, text in openings.items()}):
        (x1, y1), (x2, y2) = corner(earlier), corner(later)
        line = (
            f"M{x1 + WIDTH / 2:g} {y1 + HEIGHT} V{y2}"
            if x1 == x2
            else f"M{x1 + WIDTH} {y1 + HEIGHT / 2:g} L{x2} {y2 + HEIGHT / 2:g}"
        )
        parts.append(
            f'<path d="{line}" fill="none" stroke="#444444" stroke-width="1.5" '
            'marker-end="url(#tip)"/>'
        )
    for number, text in openings.items():
        x, y = corner(number)
        fill = "#e8f1fa" if PLACES[number][0] == 0 else "#fdf0e6"
        parts.append(
            f'<rect x="{x}" y="{y}" width="{WIDTH}" height="{HEIGHT}" rx="6" fill="{fill}" '
            f'stroke="#444444"/><text x="{x + 10}" y="{y + 25}" fill="#000000"><tspan '
            f'font-weight="bold">{number}</tspan> {escape(fitting(title(text)))}</text>'
        )
    return "\n".join([*parts, "</svg>\n"])


def fitting(name: str) -> str:
    """A title that is too long for its box ends at its comma."""
    return name if len(name) <= LONGEST else name.partition(",")[0]


def corner(number: str) -> tuple[int, int]:
    column, row = PLACES[number]
    return MARGIN + column * ACROSS, MARGIN + row * DOWN


if __name__ == "__main__":
    (FOLDER / "map.svg").write_text(draw(lessons()), "utf-8", newline="\n")
