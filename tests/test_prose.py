"""What is written around the code: its links arrive, and its sections exist."""

from __future__ import annotations

import importlib.util
import json
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from urllib.parse import unquote, urldefrag, urlsplit

import pytest

from tests.support.cells import cells_of, claims_of
from tests.support.glossary import anchor
from tests.test_architecture import SECTIONS, citations

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
TEXTS = [*NOTEBOOKS, *sorted(ROOT.glob("*.md")), *sorted((ROOT / "notebooks").glob("*.md"))]
LINK = re.compile(r"(?<!!)\[(?P<text>[^\]]*)\]\((?P<target>[^)\s]+)\)")
PICTURE = re.compile(r"!\[(?P<alt>[^\]]*)\]\((?P<target>[^)\s]+)\)|<img[^>]*>")
CITING = [
    *TEXTS,
    *sorted((ROOT / "exercises").glob("*.md")),
    *sorted((ROOT / "exercises").glob("*.py")),
    *sorted((ROOT / "solutions").glob("*.py")),
]
RFC = re.compile(
    r"https://www\.rfc-editor\.org/rfc/rfc(?P<rfc>\d+)(?:#section-(?P<section>[\d.]+))?$"
)

# The sections that links lead to: those of RFC 6455, and a few of others, with what they say.
ELSEWHERE = {
    ("1122", "4.2.3.2"): "an acknowledgement may wait, for less than half a second",
    ("1122", "4.2.3.5"): "bytes are sent again and again, for at least 100 seconds",
    ("1122", "4.2.3.6"): "a keep-alive is off by default, and waits for two hours or more",
    ("9110", "9.3.6"): "CONNECT",
    ("9293", "2.2"): "a reliable, in-order, byte-stream service",
}
LINKED = {("6455", section) for section in SECTIONS} | ELSEWHERE.keys()

each_text = pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.name)


def prose(path: Path) -> str:
    """The text of a page; of a notebook the cells that are text, and what cells wrote as text."""
    if path.suffix != ".ipynb":
        return re.sub(r"(?s)```.*?```", "", path.read_text("utf-8"))
    parts = []
    for cell in json.loads(path.read_text("utf-8"))["cells"]:
        if cell["cell_type"] == "markdown":
            parts.append("".join(cell["source"]))
        for output in cell.get("outputs", []):
            parts.append("".join(output.get("data", {}).get("text/markdown", "")))
    return "\n\n".join(parts)


def headings(path: Path) -> set[str]:
    text = "\n".join(line for line in prose(path).splitlines() if line.startswith("#"))
    return {anchor(title.strip()) for title in re.findall(r"(?m)^#+ (.+)$", text)}


def broken(path: Path, text: str) -> Iterator[str]:
    """Links that lead nowhere, and links to an RFC that show another number than they lead to."""
    for found in [*LINK.finditer(text), *PICTURE.finditer(text)]:
        target = found["target"] or ""
        address, fragment = urldefrag(target)
        if "rfc-editor" in target:
            cited = RFC.match(target)
            if cited is None or (cited["section"] and cited.groups() not in LINKED):
                yield target
                continue
            for shape, group in (r"RFC (\d+)", "rfc"), (r"(?:§|part )([\d.]*\d)", "section"):
                if (shown := re.search(shape, found[0])) and shown[1] != cited[group]:
                    yield f"{shown[0]} leads to {target}"
        elif not urlsplit(target).scheme and target:
            file = (path.parent / unquote(address)) if address else path
            ends = headings(file) if fragment and file.suffix in (".md", ".ipynb") else {fragment}
            if not file.exists() or fragment not in ends:
                yield target


@each_text
def test_every_link_leads_somewhere(path: Path) -> None:
    assert list(broken(path, prose(path))) == []


def test_a_broken_link_is_found() -> None:
    here = ROOT / "notebooks/README.md"
    rfc = "https://www.rfc-editor.org/rfc/rfc6455#section-"
    assert list(broken(here, f"[§5.2]({rfc}5.2), [the map](README.md#the-map)")) == []
    for text in (f"[§5.9]({rfc}5.9)", f"[§5.3]({rfc}5.2)", "[x](nowhere.md)", "[y](README.md#no)"):
        assert len(list(broken(here, text))) == 1, text


@pytest.mark.parametrize("path", CITING, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_every_section_that_is_cited_exists(path: Path) -> None:
    found = set(citations(path.read_text("utf-8")))  # all of it: text, code, comments, outputs
    assert found <= SECTIONS, found - SECTIONS
    assert found or path.suffix != ".ipynb" or path.name < "02", "each lesson cites the RFC"


@each_text
def test_every_picture_says_what_it_shows(path: Path) -> None:
    pictures = [found[0] for found in PICTURE.finditer(prose(path))]
    silent = [each for each in pictures if len(re.sub(r"\(.*\)|src=\S+", "", each)) < 24]
    assert silent == []


def test_the_list_of_claims_names_the_lessons_that_check_them() -> None:
    checked: dict[str, list[str]] = {}
    for path in NOTEBOOKS:
        for claim in {claim for cell in cells_of(path.name) for claim, _ in claims_of(cell.source)}:
            checked.setdefault(claim, []).append(path.name[:2])
    table = (ROOT / "notebooks/README.md").read_text("utf-8").partition("## The main sentences")[2]
    rows = re.findall(r"(?m)^\| (C\d+) \| .{20,} \| (.*) \|$", table)
    assert {claim: re.findall(r"\[(\d\d)\]", where) for claim, where in rows} == checked


# ---------------------------------------------------------------- the map of the course


@pytest.fixture(scope="module")
def course_map() -> ModuleType:
    path = ROOT / "notebooks/site/course_map.py"
    spec = importlib.util.spec_from_file_location("course_map", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_map_shows_what_the_lessons_ask_for(course_map: ModuleType) -> None:
    openings = course_map.lessons()
    drawn = (ROOT / "notebooks/map.svg").read_text("utf-8")
    assert drawn == course_map.draw(openings), "run  python notebooks/site/course_map.py"


def test_the_table_says_what_the_lessons_say(course_map: ModuleType) -> None:
    table = (ROOT / "notebooks/README.md").read_text("utf-8")
    for number, opening in course_map.lessons().items():
        (row,) = re.findall(rf"(?m)^\| \[{number} .*$", table)
        _, name, _, minutes, needs, _, _ = (cell.strip() for cell in row.split("|"))
        assert course_map.title(opening).startswith(name[4:].partition("]")[0])
        assert f"**Time:** {minutes} minutes" in opening
        asked = set(re.findall(r"\d\d", needs))
        if "–" in needs and asked:
            asked = {f"{each:02}" for each in range(int(min(asked)), int(max(asked)) + 1)}
        assert asked == course_map.needs(opening), number
