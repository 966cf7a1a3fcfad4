"""Cut the lessons into slides: ``tests/support/slides.py --write`` sets the cells' metadata.

A heading begins a slide. What follows stays on it as long as there is room for it, and goes on
below it otherwise. Folded answers go to the speaker's notes; folded code is left out, unless it
shows a picture. The heights are estimates, in points of a slide that is 960 wide.
"""

from __future__ import annotations

import json
import math
import re
import sys
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parents[2] / "notebooks"
ROOM = 740  # a little more than there is: what is slightly too high is shown slightly smaller
LETTERS, TEXT_LINE, CODE_LINE, ROW, PICTURE = 88, 30, 20, 24, 420


def kinds(cells: list[dict[str, Any]]) -> list[str]:
    """For each cell what it is in a talk: slide, subslide, - (goes on), notes or skip."""
    found, used = [], 0
    for cell in cells:
        kind, needed = role(cell), height(cell)
        if kind == "-" and used + needed > ROOM:
            kind = "subslide"
        if kind in ("slide", "subslide"):
            used = 0
        if kind not in ("notes", "skip"):
            used += needed
        found.append(kind)
    return found


def role(cell: dict[str, Any]) -> str:
    source = "".join(cell["source"])
    if cell["cell_type"] == "markdown":
        if source.startswith("<details>"):
            return "notes"
        return "slide" if re.match("##? ", source) else "-"
    return "skip" if folded(cell) and not any(map(picture, cell["outputs"])) else "-"


def picture(output: dict[str, Any]) -> bool:
    data = output.get("data", {})
    return "image/png" in data or "<img" in "".join(data.get("text/html", ""))


def folded(cell: dict[str, Any]) -> bool:
    return bool(cell["metadata"].get("jupyter", {}).get("source_hidden"))


def height(cell: dict[str, Any]) -> int:
    source = "".join(cell["source"])
    if cell["cell_type"] == "markdown":
        source = re.sub("(?s)<details>.*?</details>", "Answer", source)
        rows = [line for line in source.splitlines() if line]
        return sum(TEXT_LINE * math.ceil(len(line) / LETTERS) + 8 for line in rows)
    lines = 0 if folded(cell) else CODE_LINE * (source.count("\n") + 2)
    return lines + sum(shown(output) for output in cell["outputs"])


def shown(output: dict[str, Any]) -> int:
    data = {kind: "".join(content) for kind, content in output.get("data", {}).items()}
    if "text/html" in data:
        html = re.sub("(?s)<details>.*?</details>", "<p>", data["text/html"])
        return ROW * len(re.findall("<tr|<p|<pre|<h|\n", html)) + PICTURE * html.count("<img")
    if "image/png" in data:
        return PICTURE
    if "text/markdown" in data:
        rows = data["text/markdown"].splitlines()
        return sum(TEXT_LINE * math.ceil(len(line) / LETTERS) for line in rows if line)
    text = "".join(output.get("text", "")) or data.get("text/plain", "")
    return CODE_LINE * (text.count("\n") + 1)


def set_kinds(notebook: dict[str, Any]) -> None:
    for cell, kind in zip(notebook["cells"], kinds(notebook["cells"]), strict=True):
        cell["metadata"]["slideshow"] = {"slide_type": kind}


def main(arguments: list[str]) -> int:
    late = []
    for path in sorted(FOLDER.glob("*.ipynb")):
        stored = path.read_text("utf-8")
        notebook = json.loads(stored)
        set_kinds(notebook)
        text = json.dumps(notebook, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
        if json.loads(stored) == notebook:
            continue
        late.append(path.name)
        if arguments == ["--write"]:
            path.write_text(text, "utf-8", newline="\n")
    if late and arguments != ["--write"]:
        print("Run  python tests/support/slides.py --write  for:", *late)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
