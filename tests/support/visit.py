"""A visit to a page with a real browser: what the tests of the page have in common."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NoReturn
from urllib.parse import urlsplit

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

WAIT = 10_000  # milliseconds that the browser may take for any one step
CONTRAST = """() => {
  const parse = text => text.match(/[\\d.]+/g).map(Number);
  const shine = rgb => rgb.slice(0, 3).map(c => c / 255)
    .map(c => c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = node => {
    const colour = parse(getComputedStyle(node).backgroundColor);
    return colour.length === 3 || colour[3] === 1 ? colour : behind(node.parentElement);
  };
  return [...document.body.querySelectorAll('*')]
    .filter(node => node.offsetParent && (node.value || [...node.childNodes].some(
      child => child.nodeType === Node.TEXT_NODE && child.data.trim())))
    .map(node => {
      const pair = [shine(parse(getComputedStyle(node).color)), shine(behind(node))];
      const ratio = (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
      return [ratio, node.tagName + '#' + node.id + ': ' + node.textContent.trim().slice(0, 40)];
    });
}"""  # the contrast of WCAG 2, for every element that shows text of its own


def missing(what: str) -> NoReturn:
    """A tool that is not there: a reason to skip at home, a failure where CI promises it."""
    if os.environ.get("CI"):
        pytest.fail(f"{what}, and CI is set")
    pytest.skip(what)


@contextmanager
def chromium() -> Iterator[Browser]:
    """One headless Chromium: the system's, the one that playwright fetched, or Chrome or Edge."""
    try:
        from playwright.sync_api import Error as PlaywrightError
        from playwright.sync_api import sync_playwright
    except ImportError:
        missing("playwright is not installed")
    names = ("chromium", "chromium-browser", "google-chrome")
    found = [path for name in names if (path := shutil.which(name))]
    ways: list[dict[str, str]] = [{"executable_path": path} for path in found]
    ways += [{}, {"channel": "chrome"}, {"channel": "msedge"}]
    quiet = ["--disable-gpu", "--disable-background-networking"]
    with sync_playwright() as play:
        for way in ways:
            try:
                browser = play.chromium.launch(args=quiet, **way)  # type: ignore[arg-type]
            except PlaywrightError:
                continue
            yield browser
            browser.close()
            return
    missing("no Chromium, Chrome or Edge can be started")


class Visit:
    """One visit: a fresh page, and what it asked for and complained about meanwhile."""

    def __init__(self, browser: Browser, **options: Any) -> None:
        self.context = browser.new_context(**options)
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(WAIT)
        self.hosts: set[str] = set()
        self.complaints: list[str] = []
        self.page.on("request", lambda request: self.hosts.add(urlsplit(request.url).netloc))
        self.page.on("websocket", lambda socket: self.hosts.add(urlsplit(socket.url).netloc))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", lambda line: self.complaints.append(line.text))

    def open(self, url: str) -> Visit:
        """Go to the address of a server (ws:// or wss://) as a person does: over http(s)."""
        self.page.goto("http" + url.removeprefix("ws"))
        self.state("open")
        return self

    def state(self, state: str) -> None:
        """Wait until the page says that the connection is in this state."""
        from playwright.sync_api import expect

        expect(self.page.locator("#state")).to_have_text(state, timeout=WAIT)

    def send(self, field: str, value: str, button: str) -> None:
        self.page.fill(field, value)
        self.page.click(button)

    def rows(self, direction: str) -> Locator:
        return self.page.locator(f"#log .{direction}")

    def last(self, direction: str, nth: int) -> tuple[str, str]:
        """Kind and content of message number `nth` (from 1) of a direction, once it is there."""
        row = self.rows(direction).nth(nth - 1)
        words, content = row.locator(".words"), row.locator(".content")
        return words.text_content() or "", content.text_content() or ""

    def ended(self) -> tuple[str, str, str, str]:
        """Code, meaning, server's reason and wasClean, once the page shows them."""
        self.page.locator("#ending").wait_for()
        ids = ("#close-code", "#close-meaning", "#close-reason", "#close-clean")
        code, meaning, reason, clean = (self.page.inner_text(name) for name in ids)
        return code, meaning, reason, clean.partition(":")[0]
