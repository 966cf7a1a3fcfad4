"""The pages in a real browser: to be read in light and dark, on a phone, and with hostile names."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.grading.report.class_of import CLASS, HOSTILE, graded
from tests.grading.report.test_page import attacked
from tests.support.visit import CONTRAST, Visit, chromium
from wslab.grading.report import page, write

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180), pytest.mark.xdist_group("report pages")]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as one:
        yield one


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("report")
    write(graded(*CLASS), out)
    return out


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["summary.html", "feedback/ben.html", "feedback/emil.html"])
def test_it_can_be_read(browser: Browser, folder: Path, name: str, scheme: str) -> None:
    visit = Visit(browser, color_scheme=scheme, viewport={"width": 380, "height": 700})
    visit.page.goto((folder / name).as_uri())
    contrasts = visit.page.evaluate(CONTRAST)
    assert contrasts, "or there is no text at all"
    assert min(contrasts) >= [4.5], min(contrasts)
    ground = visit.page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    assert (ground == "rgb(255, 255, 255)") == (scheme == "light")
    # What is wide scrolls in its own box; the page itself stays as wide as the phone.
    assert visit.page.evaluate("document.documentElement.scrollWidth") <= 380
    assert visit.complaints == []
    assert visit.hosts <= {""}
    visit.context.close()


@pytest.mark.parametrize("text", [text for text in HOSTILE if "<" in text or '"' in text])
def test_a_hostile_name_is_shown_and_not_obeyed(
    browser: Browser, tmp_path: Path, text: str
) -> None:
    (tmp_path / "page.html").write_bytes(page.html(attacked(text)))
    visit = Visit(browser)
    visit.page.on("dialog", lambda box: visit.complaints.append(box.message))
    visit.page.goto((tmp_path / "page.html").as_uri())
    assert visit.page.inner_text("h1") == f"Feedback for {text}"
    assert visit.page.evaluate("document.querySelectorAll('script, img, [onerror]').length") == 0
    assert visit.complaints == []
    visit.context.close()


def test_the_policy_stops_what_should_slip_through(browser: Browser, tmp_path: Path) -> None:
    """The second wall: even a script in the page would not run."""
    data = page.html(CLASS[1]).replace(b"<h1>", b"<script>document.title = 'owned'</script><h1>")
    (tmp_path / "page.html").write_bytes(data)
    visit = Visit(browser)
    visit.page.goto((tmp_path / "page.html").as_uri())
    assert visit.page.title() == "Feedback for ben"
    assert any("Content Security Policy" in line for line in visit.complaints)
    visit.context.close()
