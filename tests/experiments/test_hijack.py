"""A foreign page uses the victim's cookie, in a real browser; the check of Origin stops it."""

from __future__ import annotations

import asyncio
import http.client
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

import wslab
from tests.support.shell import PYTHON, environment, posix
from tests.support.visit import chromium, missing
from wslab import HandshakeError, Recording
from wslab.errors import Error
from wslab.experiments import hijack
from wslab.experiments.hijack import CASES, Attempt, Case, Hijacked, browser
from wslab.experiments.hijack.browser import Chromium, PageVisitor
from wslab.experiments.hijack.played import Played
from wslab.experiments.hijack.site import ACCOUNT, NOBODY, bank, origin
from wslab.observe.dissect import dissect
from wslab.protocol.handshake import make_response
from wslab.protocol.http import Request, Response

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]

REFUSED = "No connection: 1006"
OPEN = Case("", cross_site=False, checks=False)
CHECKED = Case("", cross_site=False, checks=True)
STRICT = Case("SameSite=Strict", cross_site=False, checks=False)
LAX = Case("", cross_site=True, checks=False)
NONE = Case("SameSite=None; Secure", cross_site=True, checks=False)
NONE_CHECKED = Case("SameSite=None; Secure", cross_site=True, checks=True)
MORE = (
    CHECKED,
    Case("SameSite=Lax", cross_site=False, checks=False),
    Case("SameSite=Lax", cross_site=True, checks=False),
    Case("SameSite=Strict", cross_site=True, checks=False),
    Case("SameSite=None", cross_site=False, checks=False),
    Case("SameSite=None", cross_site=True, checks=False),
    Case("SameSite=None; Secure", cross_site=False, checks=False),
    Case("Secure", cross_site=True, checks=False),
)
CASES_AND_MORE = (*CASES, *MORE)


def start(*, third_party_cookies: bool = True) -> Chromium:
    try:
        return Chromium(third_party_cookies=third_party_cookies)
    except Error as trouble:
        missing(str(trouble))


@pytest.fixture(scope="module")
def real() -> Hijacked:
    with start() as visitor:
        return hijack.run(visitor, cases=CASES_AND_MORE)


@pytest.fixture(scope="module", params=["a real browser", "a program that plays it"])
def result(request: pytest.FixtureRequest) -> Hijacked:
    if request.param == "a real browser":
        found: Hijacked = request.getfixturevalue("real")
        return found
    return hijack.run(Played(), cases=CASES_AND_MORE)


def attempt(result: Hijacked, case: Case) -> Attempt:
    return result.attempts[CASES_AND_MORE.index(case)]


def test_without_the_check_the_foreign_page_reads_the_account(result: Hijacked) -> None:
    seen = attempt(result, OPEN)
    assert (seen.stolen, seen.status, seen.hijacked) == (ACCOUNT, 101, True)
    assert seen.cookie.startswith("session=")
    assert seen.origin != hijack.header(seen.own_recording, "Origin")  # it was plain to see


def test_with_the_check_it_gets_403_and_nothing(result: Hijacked) -> None:
    """The negative control of the test above: the same page, the same cookie, another server."""
    seen = attempt(result, CHECKED)
    assert (seen.stolen, seen.status, seen.hijacked) == (REFUSED, 403, False)
    assert seen.cookie.startswith("session="), "it was not for want of the cookie"


def test_the_own_page_works_in_any_case(result: Hijacked) -> None:
    for seen in result.attempts:
        refused = seen.case.attributes == "SameSite=None"  # a browser wants Secure with it
        assert seen.own == (NOBODY if refused else ACCOUNT), seen.case
    for seen in result.attempts:
        own = seen.own_recording
        assert hijack.header(own, "Origin") == "http://" + hijack.header(own, "Host")


def test_same_site_strict_is_no_help_against_another_port(result: Hijacked) -> None:
    """Sites have no ports, origins have: cookies go by sites."""
    assert attempt(result, STRICT).hijacked


def test_against_another_site_a_cookie_is_kept_back_unless_it_says_none(result: Hijacked) -> None:
    kept, sent = attempt(result, LAX), attempt(result, NONE)
    assert (kept.cookie, kept.status, kept.stolen) == ("", 101, NOBODY)
    assert sent.cookie.startswith("session=")
    assert sent.hijacked
    assert sent.origin.startswith("http://localhost:")
    checked = attempt(result, NONE_CHECKED)
    assert checked.cookie.startswith("session=")
    assert (checked.status, checked.stolen) == (403, REFUSED)


def test_which_cookie_goes_along(result: Hijacked) -> None:
    """Each cookie is seconds old: Chromium's two minutes of grace for Lax cover no WebSocket."""
    sent = {
        (seen.case.attributes, seen.case.cross_site): bool(seen.cookie)
        for seen in result.attempts[len(CASES) :]
    }
    assert sent == {
        ("", False): True,
        ("SameSite=Lax", False): True,
        ("SameSite=Lax", True): False,
        ("SameSite=Strict", True): False,
        ("SameSite=None", False): False,
        ("SameSite=None", True): False,
        ("SameSite=None; Secure", False): True,
        ("Secure", True): False,
    }


def test_the_recordings_hold_what_the_dissector_can_show(result: Hijacked) -> None:
    for seen in result.attempts:
        for recording in (seen.own_recording, seen.recording):
            items = list(dissect(recording))
            assert {item.kind for item in items} <= {"handshake", "frame", "other"}
            fields = {field.label: field.value for field in items[0].fields}
            assert fields["Origin"] == hijack.header(recording, "Origin")
            assert fields.get("Cookie", "") == hijack.header(recording, "Cookie")
        assert f" {seen.status} " in list(dissect(seen.recording))[1].summary


def test_the_play_is_true_to_the_original(real: Hijacked) -> None:
    played = hijack.run(Played(), cases=CASES_AND_MORE)
    for one, other in zip(real.attempts, played.attempts, strict=True):
        assert (one.own, one.stolen, one.status) == (other.own, other.stolen, other.status)
        assert bool(one.cookie) == bool(other.cookie)
        assert one.origin.rpartition(":")[0] == other.origin.rpartition(":")[0]
    assert real.visitor.startswith("Chromium ")
    assert played.visitor == "a program that plays the browser"


def test_a_browser_that_blocks_third_party_cookies_keeps_it_back() -> None:
    with start(third_party_cookies=False) as visitor:
        result = hijack.run(visitor, cases=(OPEN, NONE))
    assert [seen.hijacked for seen in result.attempts] == [True, False]
    assert result.attempts[1].cookie == ""


def test_the_table_marks_what_depends_on_the_browser(result: Hijacked) -> None:
    """The rows that a browser which blocks third-party cookies changes, and the rows it may."""
    _, table, notes = str(result).split("\n\n")
    rows = table.splitlines()[2:]
    assert ["*" in row for row in rows] == [seen.case.cross_site for seen in result.attempts]
    assert "* " in notes
    assert "third-party cookies" in notes


def test_origin_holds_off_pages_not_programs(result: Hijacked) -> None:
    """§10.2: it is not made to keep other clients out. Those have no cookie of the victim."""
    assert result.liar == NOBODY


def test_a_page_of_ones_own(nothing_stays: None) -> None:
    with chromium() as shared:
        page = shared.new_page()
        result = hijack.run(PageVisitor(page), cases=(OPEN, CHECKED))
        page.close()
    assert [seen.hijacked for seen in result.attempts] == [True, False]


def test_it_runs_where_an_event_loop_runs_as_in_a_notebook() -> None:
    start().close()

    async def cell() -> Hijacked:
        return hijack.run(cases=[OPEN])

    result = asyncio.run(cell())
    assert result.visitor.startswith("Chromium ")
    assert result.attempts[0].hijacked


# ---------------------------------------------------------------- without a browser


def test_without_playwright_one_sentence_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, nothing_stays: None
) -> None:
    monkeypatch.setitem(sys.modules, "playwright.sync_api", None)
    with pytest.raises(Error, match=r"^playwright is not .* install it: python -m pip install"):
        Chromium()
    result = hijack.run(cases=[OPEN])
    assert result.attempts[0].hijacked
    assert result.visitor.startswith("a program that plays the browser (playwright is not")


def test_without_a_browser_one_sentence_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, nothing_stays: None
) -> None:
    try:
        import playwright  # noqa: F401
    except ImportError:
        missing("playwright is not installed")
    monkeypatch.setattr(browser, "BROWSERS", ["no-such-browser"])
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path))
    with pytest.raises(Error, match=r"^No Chromium, Chrome or Edge can be started; install one"):
        Chromium()


def test_a_page_that_shows_nothing_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    with start() as visitor:
        monkeypatch.setattr(browser, "TIMEOUT", 0.5)
        with wslab.serve(lambda ws: None) as server:
            url = "http" + server.url.removeprefix("ws")
            with pytest.raises(Error, match=rf"^The browser could not show {url}: .*Timeout"):
                visitor.read(url)


def test_the_play_needs_a_page_with_a_websocket() -> None:
    def page(request: Request) -> Response:
        return make_response(200, b"<p>Nothing to see here")

    with wslab.serve(lambda ws: None, with_page=page) as server:
        url = "http" + server.url.removeprefix("ws")
        with pytest.raises(Error, match="There is no WebSocket in the page"):
            Played().read(url)


# ---------------------------------------------------------------- the site


@pytest.fixture
def site() -> Iterator[wslab.Server]:
    with bank("secret", "SameSite=Strict", True, lambda _: Recording()) as server:
        yield server


def test_the_site_logs_in_who_opens_its_page(site: wslab.Server) -> None:
    connection = http.client.HTTPConnection(*site.address, timeout=10)
    connection.request("GET", "/")
    answer = connection.getresponse()
    assert answer.getheader("Set-Cookie") == "session=secret; HttpOnly; SameSite=Strict"
    assert f'new WebSocket("{site.url}")' in answer.read().decode()
    connection.close()


@pytest.mark.parametrize(
    ("cookie", "told"),
    [
        ("session=secret", ACCOUNT),
        ("theme=dark; session=secret", ACCOUNT),
        ("session=guess", NOBODY),
        ("other=secret", NOBODY),
        ("", NOBODY),
    ],
)
def test_the_site_tells_the_account_to_the_cookie(
    site: wslab.Server, cookie: str, told: str
) -> None:
    with wslab.connect(site.url, origin=origin(site), headers=[("Cookie", cookie)]) as ws:
        assert ws.recv(timeout=10) == told


@pytest.mark.parametrize("other", [None, "null", "http://localhost", "https://127.0.0.1"])
def test_the_site_refuses_every_other_origin(site: wslab.Server, other: str | None) -> None:
    with pytest.raises(HandshakeError) as refused:
        wslab.connect(site.url, origin=other, headers=[("Cookie", "session=secret")])
    assert refused.value.status == 403


# ---------------------------------------------------------------- the end


class Impatient(Played):
    """Somebody presses Ctrl-C while a page is being read."""

    def __init__(self, reads: int) -> None:
        super().__init__()
        self.reads = reads

    def read(self, url: str) -> str:
        if not self.reads:
            raise KeyboardInterrupt
        self.reads -= 1
        return super().read(url)


@pytest.mark.parametrize("reads", [0, 1, 2])
def test_it_ends_completely_also_when_interrupted(reads: int, nothing_stays: None) -> None:
    with pytest.raises(KeyboardInterrupt):
        hijack.run(Impatient(reads))


def test_it_ends_completely_and_runs_again(nothing_stays: None) -> None:
    for _ in range(2):
        assert hijack.run(Played(), cases=[OPEN]).attempts[0].hijacked


@posix
def test_ctrl_c_ends_the_browser_too() -> None:
    start().close()
    # Not tmp_path: Chromium puts a socket there, whose path must not be long.
    with tempfile.TemporaryDirectory() as folder:
        press_ctrl_c(Path(folder))


def press_ctrl_c(folder: Path) -> None:
    """In a terminal the signal goes to every process of the group, so also to the browser."""
    program = (
        "from wslab.experiments.hijack.browser import Chromium\n"
        "with Chromium() as visitor:\n"
        "    print('ready', flush=True)\n"
        "    visitor._call(input)  # waits in the browser's thread\n"
    )
    with subprocess.Popen(
        [*PYTHON, "-c", program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(TMPDIR=str(folder)),
        start_new_session=True,
    ) as process:
        assert process.stdout
        assert process.stdin
        assert process.stdout.readline() == b"ready\n"
        os.killpg(process.pid, signal.SIGINT)
        _, error = process.communicate(b"\n", timeout=60)
    assert error.decode().rstrip().endswith("KeyboardInterrupt")
    deadline = time.monotonic() + 30
    while any_left(process.pid) or any(folder.iterdir()):
        assert time.monotonic() < deadline, "the browser, or its profile, is still there"
        time.sleep(0.05)


def any_left(group: int) -> bool:
    """Whether a process of that group is still there."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def test_what_it_prints(result: Hijacked) -> None:
    text = str(replace(result, attempts=result.attempts[: len(CASES)]))
    assert max(map(len, text.splitlines())) <= 80
    assert "SameSite=None; Secure  other site*  no       yes      101     the account" in text
    assert "SameSite=None; Secure  other site*  yes      yes      403     nothing" in text
    assert "The site's own page worked each time." in text


def test_a_long_reason_is_wrapped() -> None:
    result = hijack.run(Played("no browser was found, " * 8), cases=[OPEN])
    assert max(map(len, str(result).splitlines())) <= 80
