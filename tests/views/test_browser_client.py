"""The client in an output cell: in a real browser, without a notebook around it."""

from __future__ import annotations

import html
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.support.visit import chromium
from wslab import WebSocket, serve, tcp_echo, ws_echo
from wslab.views.browser_client import LiveClient, live_browser_client

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.timeout(120)
ELSEWHERE = "https://lab.example/user/ada/lab"
CONFIG = (
    '<script id="jupyter-config-data" type="application/json">{"baseUrl":"/user/ada/"}</script>'
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with browser.new_context() as context:
        page = context.new_page()
        page.set_default_timeout(30_000)
        yield page


def show(page: Page, client: LiveClient) -> None:
    page.set_content(f"<!DOCTYPE html>{client._repr_html_()}")


def log(page: Page, words: str) -> None:
    from playwright.sync_api import expect

    expect(page.get_by_role("log")).to_contain_text(words, timeout=30_000)


def test_it_connects_and_shows_what_comes_back(page: Page) -> None:
    with ws_echo.serve() as server:
        show(page, live_browser_client(server))
        log(page, "• open; Origin: ")
        for words in ("回声 <img src=x onerror=alert(1)>", ""):
            page.get_by_role("textbox").fill(words)
            page.get_by_role("button", name="Send").click()
            log(page, f"→ {words}← {words}")
        page.get_by_role("button", name="Close").click()
        log(page, "• closed: 1000")
        page.get_by_role("button", name="Send").click()
        log(page, "• not sent: not connected")


def test_binary_is_shown_in_hex_and_the_log_is_bounded(page: Page) -> None:
    def talk(ws: WebSocket) -> None:
        for _ in range(200):
            ws.send("again")
        ws.send(b"\x00\xff")
        ws.close(4000, "<b>enough</b>")

    with serve(talk) as server:
        show(page, live_browser_client(server))
        log(page, "← bytes 00 ff• closed: 4000 <b>enough</b>")
        assert page.get_by_role("log").locator("div").count() == 50


def test_a_server_that_is_gone(page: Page) -> None:
    with ws_echo.serve() as server:
        client = live_browser_client(server)
    show(page, client)
    log(page, "• closed: 1006 (no Close frame came: does the server still run?")


def test_a_stored_output_connects_to_nobody(page: Page) -> None:
    with ws_echo.serve() as server:
        show(page, LiveClient(server.url, time.time() - 3600))
        log(page, "stored some time ago: run this cell again")
        assert server.connections == 0
        page.get_by_role("button", name="Connect").click()
        log(page, "• open")


def test_a_page_that_may_not_connect(page: Page) -> None:
    policy = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'"
    head = f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
    with ws_echo.serve() as server:
        page.set_content(f"{head}{live_browser_client(server)._repr_html_()}")
        log(page, "• this page may not connect")
        assert server.connections == 0
        assert page.get_by_role("status").inner_text() == "closed"


def test_without_scripts_it_says_so_and_teaches_all_the_same(browser: Browser) -> None:
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.set_content(LiveClient("ws://127.0.0.1:1/", time.time())._repr_html_())
        assert "No script runs here, so nothing is connected." in page.inner_text("body")
        page.locator("summary").click()
        text = page.inner_text("pre")
        for words in ("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", "text 'Hello'", "close 1000"):
            assert words in text


def test_a_kernel_on_another_machine_is_reached_through_the_notebook_server(page: Page) -> None:
    asked: list[str] = []
    page.on("websocket", lambda socket: asked.append(socket.url))
    markup = CONFIG + LiveClient("ws://127.0.0.1:4321/", time.time())._repr_html_()
    page.route(
        "**/*", lambda route: route.fulfill(body=markup, content_type="text/html; charset=utf-8")
    )
    page.goto(ELSEWHERE)
    log(page, "this goes through jupyter-server-proxy")
    log(page, "• closed: 1006")
    assert asked == ["wss://lab.example/user/ada/proxy/4321/"]


def test_only_a_websocket_server_has_a_client() -> None:
    with tcp_echo.serve() as server, pytest.raises(ValueError, match="ws:// or wss://, not to tcp"):
        live_browser_client(server)
    assert repr(live_browser_client("ws://127.0.0.1:1/")).startswith("A client for ws://127.0.0.1")


def test_no_address_ends_the_script() -> None:
    bad = "ws://x/</script><script>alert(1)</script>"
    shown = LiveClient(bad, 0.0)._repr_html_()
    assert shown.count("<script>") == 1
    assert html.escape(bad) in shown
