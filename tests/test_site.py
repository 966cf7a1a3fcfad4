"""The web site: built as a reader builds it, complete, self-contained, and usable by everyone."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urldefrag, urlsplit

import pytest

from tests.support.visit import chromium, missing

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ROOT = Path(__file__).resolve().parent.parent
LESSONS = sorted(path.stem for path in (ROOT / "notebooks").glob("*.ipynb"))
PAGES = (
    "index.html",
    "notebooks/README.html",
    "notebooks/04_opening_handshake.html",
    "notebooks/glossary.html",
    "exercises/ex03_opening_handshake.html",
    "api/wslab.comparison.html",
)
SIZES: dict[str, Any] = {
    "wide": {"width": 1280, "height": 800},
    "phone": {"width": 390, "height": 844},
}

# One worker, so that the site is built once. On a busy machine that takes its time.
pytestmark = [
    pytest.mark.slow, pytest.mark.timeout(400), pytest.mark.xdist_group("site")
]  # fmt: skip


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    for name in ("sphinx", "myst_nb", "furo", "nbconvert", "sphinx_revealjs"):
        if importlib.util.find_spec(name) is None:
            missing(f"{name} is not installed: the site cannot be built")
    into = tmp_path_factory.mktemp("build")
    result = subprocess.run(
        [sys.executable, str(ROOT / "notebooks/site/build.py"), "--into", str(into)],
        capture_output=True,
        encoding="utf-8",
        timeout=360,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    assert result.stderr == "", "a warning is an error"
    assert str(into / "site/index.html") in result.stdout, "it says which file to open"
    return into / "site"


class Page(HTMLParser):
    """What a page loads, where it leads, and what its pictures say."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.links: list[str] = []
        self.ids: set[str] = set()
        self.silent: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        self.ids |= {found[name] for name in ("id", "name") if found.get(name)}
        if "src" in found:
            self.loads.append(found["src"])
        if tag == "link" and found.get("rel") in ("stylesheet", "icon", "preload"):
            self.loads.append(found.get("href", ""))
        if tag == "a" and "href" in found:
            self.links.append(found["href"])
        if tag == "img" and len(found.get("alt", "")) < 20:
            self.silent.append(found.get("src", "")[:60])


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, Page]:
    return {path: Page(path.read_text("utf-8")) for path in sorted(site.rglob("*.html"))}


def test_the_site_has_all_that_the_course_has(site: Path) -> None:
    names = [f"notebooks/{name}" for name in (*LESSONS, "README", "glossary")]
    names += [f"slides/{name}" for name in LESSONS]
    names += [f"exercises/{path.stem}" for path in (ROOT / "exercises").glob("ex*.py")]
    names += ["index", "search", "api/index", "api/wslab", "api/wslab.protocol"]
    assert [name for name in names if not (site / f"{name}.html").is_file()] == []


def test_the_answers_of_the_oral_exams_are_not_in_it(site: Path) -> None:
    guide = (ROOT / "notebooks/INSTRUCTORS.md").read_text("utf-8")
    assert "**Show live:**" in guide, "or this looks for nothing"
    for path in site.rglob("*"):
        assert "INSTRUCTORS" not in path.name
        if path.suffix in (".html", ".js", ".md"):
            text = path.read_text("utf-8")
            assert "Show live:" not in text, path
            assert "INSTRUCTORS.html" not in text, path
    overview = (site / "notebooks/README.html").read_text("utf-8")
    assert "INSTRUCTORS.md (not on this site)" in overview


def test_the_reference_says_what_the_docstrings_say(site: Path) -> None:
    text = (site / "api/wslab.html").read_text("utf-8")
    assert 'id="wslab.server.serve"' in text
    assert 'id="wslab.websocket.WebSocket.recv"' in text


def test_a_lesson_shows_its_outputs(site: Path) -> None:
    text = (site / "notebooks/00_start_here.html").read_text("utf-8")
    assert "RAW TCP SOCKET" in text


def test_nothing_comes_from_elsewhere(site: Path, pages: dict[Path, Page]) -> None:
    """No script, style, font or picture from a server; what a page loads is there."""
    assert any(page.loads for page in pages.values())
    for path, page in pages.items():
        if "_static" in path.parts or "reveal" in path.parts:
            continue
        for address in page.loads:
            if address.startswith("data:"):
                continue
            assert not urlsplit(address).netloc, f"{path}: {address}"
            assert (path.parent / unquote(urlsplit(address).path)).is_file(), f"{path}: {address}"


def test_every_link_inside_the_site_arrives(site: Path, pages: dict[Path, Page]) -> None:
    checked = 0
    for path, page in pages.items():
        if path.parent.name == "slides" or "reveal" in path.parts:
            continue  # their links are those of the lessons
        for link in page.links:
            address, fragment = urldefrag(link)
            if urlsplit(link).scheme or link == "#":
                continue
            target = (path.parent / unquote(address)).resolve() if address else path
            assert target.is_file(), f"{path.relative_to(site)}: {link}"
            if fragment and target in pages:
                assert unquote(fragment) in pages[target].ids, f"{path.relative_to(site)}: {link}"
            checked += 1
    assert checked > 500


def test_every_picture_has_a_text(pages: dict[Path, Page]) -> None:
    silent = {path.name: page.silent for path, page in pages.items() if page.silent}
    assert {name: found for name, found in silent.items() if name != "speaker-view.html"} == {}


def test_a_page_with_faults_is_seen() -> None:
    page = Page('<img src="https://x.example/a.png" alt="a"><a href="b.html#c">b</a><p id="d">')
    assert page.loads == ["https://x.example/a.png"]
    assert page.silent == page.loads
    assert page.links == ["b.html#c"]
    assert page.ids == {"d"}


# ---------------------------------------------------------------- in a browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def axe() -> str:
    """The script of axe-core, which finds what shuts people out."""
    found = importlib.util.find_spec("axe_playwright_python")
    if found is None or found.origin is None:
        missing("axe-playwright-python is not installed")
    return (Path(found.origin).parent / "axe.min.js").read_text("utf-8")


def faults(page: Any, axe: str) -> list[str]:
    page.evaluate(axe)
    found = page.evaluate("axe.run({resultTypes: ['violations']})")["violations"]
    grave = [each for each in found if each["impact"] in ("serious", "critical")]
    return [f"{each['id']}: {json.dumps(each['nodes'][0]['target'])}" for each in grave]


# Each size and each set of colours once: axe takes seconds for a page.
@pytest.mark.parametrize(("size", "colours"), [("wide", "light"), ("phone", "dark")])
def test_everyone_can_use_it(
    browser: Browser, axe: str, site: Path, size: str, colours: Any
) -> None:
    with browser.new_context(viewport=SIZES[size], color_scheme=colours) as context:
        page = context.new_page()
        asked: set[str] = set()
        page.on("request", lambda request: asked.add(urlsplit(request.url).scheme))
        for name in PAGES:
            page.goto((site / name).as_uri())
            assert faults(page, axe) == [], name
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth + 1"), name
        assert asked <= {"file", "data"}


def test_axe_finds_a_fault(browser: Browser, axe: str) -> None:
    with browser.new_context() as context:
        page = context.new_page()
        page.set_content('<html lang="en"><title>x</title><img src="data:,"></html>')
        assert any(fault.startswith("image-alt") for fault in faults(page, axe))


def test_the_search_finds_a_word_without_a_server(browser: Browser, site: Path) -> None:
    with browser.new_context() as context:
        page = context.new_page()
        page.goto((site / "search.html").as_uri() + "?q=poisoning")
        page.locator("#search-results li a").first.wait_for(timeout=30_000)
        assert "07" in page.locator("#search-results").inner_text(timeout=10_000)


# ---------------------------------------------------------------- slides

SLIDES = """() => Reveal.getSlides().map(slide => {
  const {h, v} = Reveal.getIndices(slide);
  Reveal.slide(h, v);
  const box = slide.querySelector(':scope > .fit');
  const {bottom, right} = box.getBoundingClientRect();
  return {place: h + '/' + v, bottom, right, zoom: Number(box.style.zoom)};
})"""


@pytest.mark.parametrize("name", LESSONS)
def test_the_slides_fit_their_screen(browser: Browser, site: Path, name: str) -> None:
    size: Any = {"width": 1280, "height": 720}
    with browser.new_context(viewport=size) as context:
        page = context.new_page()
        asked: set[str] = set()
        page.on("request", lambda request: asked.add(urlsplit(request.url).scheme))
        page.goto((site / f"slides/{name}.html").as_uri())
        page.wait_for_function("window.Reveal && Reveal.isReady()", timeout=30_000)
        slides = page.evaluate(SLIDES)
        assert len(slides) >= 10
        too_big = [each for each in slides if each["bottom"] > 721 or each["right"] > 1281]
        assert too_big == []
        assert asked <= {"file", "data"}
