"""A real browser opens the page of our echo server and clicks on it; nothing is mocked."""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterator
from pathlib import Path
from queue import Queue
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

import wslab
from tests.support.visit import CONTRAST, Visit, chromium, missing
from wslab import ws_echo

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.timeout(90)

PAGE = Path(wslab.__file__).with_name("page.html")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def visit(browser: Browser) -> Iterator[Visit]:
    """A visit that ends with a look back: no complaint, and no host but the one it went to."""
    seen = Visit(browser)
    yield seen
    here = urlsplit(seen.page.url).netloc
    seen.context.close()
    assert seen.complaints == []
    assert seen.hosts == {here}


@pytest.fixture
def echo() -> Iterator[wslab.Server]:
    with ws_echo.serve() as server:
        yield server


def test_the_page_needs_nothing_from_anywhere() -> None:
    source = PAGE.read_text(encoding="utf-8")
    assert re.findall(r"""(?:src|href)\s*=\s*["']?([^"' >]+)""", source) == ["data:,"]
    assert "@import" not in source
    assert "url(" not in source
    assert set(re.findall(r"\w+://", source)) == {"ws://", "wss://"}


def test_page_and_websocket_come_from_the_same_port(visit: Visit, echo: wslab.Server) -> None:
    visit.open(echo.url)
    assert visit.page.inner_text("#url") == echo.url
    assert visit.page.title() == "wslab: WebSocket echo"


def test_text_comes_back(visit: Visit, echo: wslab.Server) -> None:
    visit.open(echo.url)
    table = {"Hello": 5, "": 0, "Grüße, 世界 🌍": 20, "x" * 125: 125, "x" * 126: 126}
    for number, (text, size) in enumerate(table.items(), start=1):
        visit.send("#text", text, "#send-text")
        assert visit.last("sent", number) == (f"text, {size} bytes", text or "(empty)")
        assert visit.last("received", number) == (f"text, {size} bytes", text or "(empty)")


@pytest.mark.slow
def test_a_long_text_comes_back_whole_and_is_shown_in_part(
    visit: Visit, echo: wslab.Server
) -> None:
    visit.open(echo.url).send("#text", "ä" * 70_000, "#send-text")
    shown = "ä" * 300 + " … and 69700 more characters"
    assert visit.last("received", 1) == ("text, 140000 bytes", shown)


@pytest.mark.slow
def test_what_comes_in_is_shown_and_never_run(visit: Visit, echo: wslab.Server) -> None:
    trap = "<img src=x onerror=\"document.title='run'\"><b>bold</b>"
    visit.open(echo.url).send("#text", trap, "#send-text")
    assert visit.last("received", 1)[1] == trap
    assert visit.page.locator("img").count() == 0
    assert visit.page.title() != "run"


def test_bytes_come_back(visit: Visit, echo: wslab.Server) -> None:
    visit.open(echo.url)
    table = [
        ("00 7f ff", 3, "00 7f ff"),
        ("0xDE:ad,BE-ef", 4, "de ad be ef"),
        ("", 0, "(empty)"),
        ("ab" * 400, 400, "ab " * 300 + "… and 100 more bytes"),
    ]
    for number, (typed, size, shown) in enumerate(table, start=1):
        visit.send("#hex", typed, "#send-binary")
        assert visit.last("received", number) == (f"binary, {size} bytes", shown)


@pytest.mark.slow
def test_hex_that_is_none_stays_here(visit: Visit, echo: wslab.Server) -> None:
    visit.open(echo.url)
    for typed, why in (("0g", "“g” is not a hex digit"), ("abc", "3 hex digits")):
        visit.send("#hex", typed, "#send-binary")
        assert why in visit.page.inner_text("#hex-error")
        assert visit.page.get_attribute("#hex", "aria-invalid") == "true"
    visit.send("#hex", "01", "#send-binary")  # corrected: the message goes, the complaint too
    assert visit.last("sent", 1) == ("binary, 1 byte", "01")
    assert visit.page.text_content("#hex-error") == ""


def test_ping_by_message_shows_the_round_trip(visit: Visit, echo: wslab.Server) -> None:
    visit.open(echo.url)
    for number in (1, 2):
        visit.page.click("#ping")
        kind, text = visit.last("received", number)
        assert re.fullmatch(r"text, \d+ bytes, round trip \d+\.\d ms", kind)
        assert text.startswith(f"ping {number} at ")
    assert re.fullmatch(r"round trip \d+\.\d ms", visit.page.inner_text("#round-trip"))


def test_a_browser_answers_real_pings_by_itself(visit: Visit) -> None:
    def handler(ws: wslab.WebSocket) -> None:
        ws.send(f"a Pong after {ws.ping(timeout=10)} seconds")
        for _ in ws:
            pass

    with wslab.serve(handler) as server:
        visit.open(server.url)
        assert visit.last("received", 1)[1].startswith("a Pong after 0.")


@pytest.mark.parametrize(
    ("code", "reason", "seen", "meaning"),
    [
        ("4000", "genug für heute", 4000, "private use"),
        ("", "", 1005, "the Close frame carried no code"),
        pytest.param("1000", "bye", 1000, "normal closure", marks=pytest.mark.slow),
        pytest.param("3000", "", 3000, "registered", marks=pytest.mark.slow),
        pytest.param("4999", "ä" * 61 + "x", 4999, "private use", marks=pytest.mark.slow),
    ],
)
def test_closing(visit: Visit, code: str, reason: str, seen: int, meaning: str) -> None:
    heard: Queue[tuple[int | None, str | None]] = Queue()

    def handler(ws: wslab.WebSocket) -> None:
        ws_echo.echo(ws)
        heard.put((ws.close_code, ws.close_reason))

    with wslab.serve(handler) as server:
        visit.open(server.url)
        visit.page.fill("#code", code)
        visit.send("#reason", reason, "#close")
        shown = visit.ended()
        assert (shown[0], shown[3]) == (str(seen), "true")
        assert shown[1].startswith(meaning)
        assert heard.get(timeout=10) == (seen, reason)


def test_a_server_that_closes_says_why(visit: Visit) -> None:
    def handler(ws: wslab.WebSocket) -> None:
        ws.close(4001, "genug für heute 🌍")

    with wslab.serve(handler) as server:
        visit.page.goto("http" + server.url.removeprefix("ws"))
        code, _, reason, clean = visit.ended()
        assert (code, reason, clean) == ("4001", "genug für heute 🌍", "true")
        log = visit.rows("event").last.text_content() or ""
        assert "closed: 4001, private use" in log
        assert "genug für heute 🌍" in log


def test_a_close_that_a_browser_refuses(visit: Visit, echo: wslab.Server) -> None:
    visit.open(echo.url)
    table = [(code, "", f"refuses the code {code}") for code in ("1001", "2999", "5000", "four")]
    table += [("1000", "ä" * 62, "124 bytes"), ("", "why", "needs a code")]
    for code, reason, why in table:
        visit.page.fill("#code", code)
        visit.send("#reason", reason, "#close")
        assert why in visit.page.inner_text("#close-error")
    visit.send("#text", "still here", "#send-text")
    assert visit.last("received", 1)[1] == "still here"


def test_a_server_that_goes_away_says_1001(visit: Visit, echo: wslab.Server) -> None:
    visit.open(echo.url)
    echo.close()
    code, meaning, _, clean = visit.ended()
    assert (code, clean) == ("1001", "true")
    assert meaning.startswith("going away")
    visit.page.click("#send-text")
    assert "no open connection" in visit.page.inner_text("#text-error")


@pytest.mark.slow
def test_a_message_over_the_limit_is_answered_with_1009(visit: Visit) -> None:
    with ws_echo.serve(max_message=1000) as server:
        visit.open(server.url).send("#text", "x" * 1001, "#send-text")
        code, meaning, _, clean = visit.ended()
    assert (code, meaning, clean) == ("1009", "message too big", "true")


@pytest.mark.slow
def test_connect_again(visit: Visit, echo: wslab.Server) -> None:
    visit.open(echo.url)
    visit.page.click("#connect")
    assert "close it first" in visit.page.inner_text("#connect-error")
    visit.page.click("#close")
    visit.state("closed")
    visit.page.click("#connect")
    visit.state("open")
    assert not visit.page.is_visible("#ending")
    visit.send("#text", "back again", "#send-text")
    assert visit.last("received", 1)[1] == "back again"


def test_connecting_to_a_server_that_is_gone_shows_1006(visit: Visit, echo: wslab.Server) -> None:
    visit.open(echo.url)
    echo.close()
    visit.state("closed")
    with visit.page.expect_event("console"):  # here the browser itself complains, rightly
        visit.page.click("#connect")
    assert (visit.ended()[0], visit.ended()[3]) == ("1006", "false")
    assert len(visit.complaints) == 1
    assert "ERR_CONNECTION_REFUSED" in visit.complaints.pop()


@pytest.mark.slow
def test_the_log_keeps_the_last_200_rows(visit: Visit) -> None:
    def handler(ws: wslab.WebSocket) -> None:
        for number in range(250):
            ws.send(f"number {number}")
        for _ in ws:
            pass

    with wslab.serve(handler) as server:
        visit.open(server.url)
        visit.page.locator("#log .received", has_text="number 249").wait_for()
        contents = visit.page.locator("#log .content").all_text_contents()
    assert contents == [f"number {number}" for number in range(50, 250)]


@pytest.mark.slow
def test_with_the_keyboard_alone(visit: Visit, echo: wslab.Server) -> None:
    visit.open(echo.url)
    press, order = visit.page.keyboard.press, []
    for _ in range(10):
        press("Tab")
        focus = visit.page.locator(":focus")
        order.append(focus.get_attribute("id"))
        ring = focus.evaluate("node => getComputedStyle(node).outlineStyle")
        assert ring == "solid", "the focus must be visible"
        if order[-1] in ("text", "hex"):
            press("Enter")
        if order[-1] == "ping":
            press("Space")
    assert " ".join(map(str, order)) == (
        "connect text send-text hex send-binary ping code reason close log"
    )
    kinds = [visit.last("received", number)[0].split(",")[0] for number in (1, 2, 3)]
    assert kinds == ["text", "binary", "text"]
    press("Shift+Tab")
    press("Enter")
    assert visit.ended()[0] == "1000"


@pytest.mark.slow
def test_a_screen_reader_finds_its_way(visit: Visit, echo: wslab.Server) -> None:
    page = visit.open(echo.url).page
    for role in ("banner", "main", "log"):
        assert page.get_by_role(role).count() == 1
    for name in ("Text", "Bytes in hex", "Code", "Reason"):
        assert page.get_by_role("textbox", name=name, exact=True).count() == 1
    for name in ("Connection", "Send a message", "Close", "Messages"):
        assert page.get_by_role("region", name=name, exact=True).count() == 1
    assert page.get_by_role("status").text_content() == "open"
    assert page.get_attribute("html", "lang") == "en"
    assert page.get_attribute("#log", "aria-live") == "polite"


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_readable_on_a_phone(browser: Browser, echo: wslab.Server, scheme: Any) -> None:
    phone = Visit(browser, viewport={"width": 360, "height": 740}, color_scheme=scheme)
    phone.open(echo.url).send("#text", "m" * 200, "#send-text")
    phone.send("#hex", "0g", "#send-binary")
    phone.last("received", 1)
    phone.page.fill("#code", "4000")
    phone.page.click("#close")
    phone.ended()
    assert phone.page.evaluate("document.documentElement.scrollWidth") <= 360
    ratios = phone.page.evaluate(CONTRAST)
    assert len(ratios) > 40
    assert [element for ratio, element in ratios if ratio < 7] == []
    background = phone.page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (background == "rgb(255, 255, 255)") == (scheme == "light")
    phone.context.close()


def test_the_same_over_tls(browser: Browser) -> None:
    try:
        import trustme
    except ImportError:
        missing("trustme is not installed")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    with ws_echo.serve(ssl=context) as server:
        assert server.url.startswith("wss://")
        secure = Visit(browser, ignore_https_errors=True).open(server.url)
        secure.send("#text", "over TLS", "#send-text")
        assert secure.last("received", 1)[1] == "over TLS"
        assert secure.page.inner_text("#url") == server.url
        secure.context.close()
