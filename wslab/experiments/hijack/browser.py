"""The real browser that visits the pages, driven by Playwright."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any, Protocol, TypeVar

from ...environment import BROWSERS, GET_BROWSER, how_to_get, scratch_folder
from ...errors import Error

TIMEOUT = 30.0
"""How long a page may take to show its answer, in seconds."""

T = TypeVar("T")


class Visitor(Protocol):
    """Visits pages, and keeps cookies as a browser does."""

    name: str

    def forget(self) -> None:
        """Drop all cookies."""

    def read(self, url: str) -> str:
        """Open the page, wait until its script has an answer, and return it. Raises Error."""


class PageVisitor:
    """A page of Playwright (its synchronous kind), used in the thread that it belongs to."""

    def __init__(self, page: Any) -> None:
        self._page = page
        self.name = "a browser"
        if browser := page.context.browser:
            self.name = f"{browser.browser_type.name.capitalize()} {browser.version}"

    def forget(self) -> None:
        """Drop all cookies of this page's browser context."""
        self._page.context.clear_cookies()

    def read(self, url: str) -> str:
        """See :class:`Visitor`."""
        from playwright.sync_api import Error as PlaywrightError

        try:
            self._page.goto(url, timeout=TIMEOUT * 1000)
            answer = self._page.locator("#answer:not(:empty)")
            text: str = answer.text_content(timeout=TIMEOUT * 1000)
        except PlaywrightError as error:
            first_line = str(error).partition("\n")[0]
            raise Error(f"The browser could not show {url}: {first_line}") from None
        return text


class Chromium:
    """A headless Chromium, Chrome or Edge of this machine; a context manager. Raises Error.

    ``third_party_cookies`` says whether cookies go with what a page of another site asks for, if
    their SameSite permits. Chrome lets them, as it comes; Firefox, Safari and Debian's Chromium
    do not.

    Playwright needs a thread in which no event loop runs, and in a notebook one does. So it gets a
    thread of its own.
    """

    def __init__(self, *, third_party_cookies: bool = True) -> None:
        self._block = not third_party_cookies
        self._thread = ThreadPoolExecutor(1, "browser")
        self._end = ExitStack()
        try:
            self._page = self._call(self._launch)
        except BaseException:
            self.close()
            raise
        self.name = self._page.name

    def forget(self) -> None:
        """Drop all cookies."""
        self._call(self._page.forget)

    def read(self, url: str) -> str:
        """See :class:`Visitor`."""
        return self._call(lambda: self._page.read(url))

    def close(self) -> None:
        """End the browser, and the thread."""
        self._call(self._end.close)
        self._thread.shutdown()

    def __enter__(self) -> Chromium:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _call(self, what: Callable[[], T]) -> T:
        return self._thread.submit(what).result()

    def _launch(self) -> PageVisitor:
        try:
            from playwright.sync_api import Error as PlaywrightError
            from playwright.sync_api import sync_playwright
        except ImportError:
            text = "playwright is not installed, and drives the browser"
            raise Error(f"{text}; {how_to_get('playwright')}") from None
        profile = self._end.enter_context(scratch_folder())
        self._write_preferences(profile)
        chromium = self._end.enter_context(sync_playwright()).chromium
        paths: list[str | None] = [path for name in BROWSERS if (path := shutil.which(name))]
        for path in [*paths, None]:  # None: the one that Playwright has fetched
            try:
                context = chromium.launch_persistent_context(
                    profile,
                    executable_path=path,
                    args=["--disable-gpu"],
                    handle_sigint=False,  # Ctrl-C is ours: we end the browser, in order
                )
            except PlaywrightError:
                continue
            self._end.callback(_close, context)
            return PageVisitor(context.pages[0])
        raise Error(f"No Chromium, Chrome or Edge can be started; install one: {GET_BROWSER}")

    def _write_preferences(self, profile: Path) -> None:
        """What "Third-party cookies" in the settings writes."""
        (profile / "Default").mkdir()
        preferences = {"profile": {"cookie_controls_mode": int(self._block)}}
        (profile / "Default" / "Preferences").write_text(json.dumps(preferences), "utf-8")


def _close(context: Any) -> None:
    with suppress(Exception):  # somebody may have ended the browser before
        context.close()
