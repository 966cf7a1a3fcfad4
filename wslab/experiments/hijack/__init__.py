"""Cross-site WebSocket hijacking: somebody else's page uses the victim's cookie.

A script may connect to any WebSocket server: the same-origin policy, which keeps pages from reading
what other sites answer, does not cover it. The browser adds the Origin of the page, and may add the
cookie that it has for that server. For a page of the same site it does. For a page of another site
SameSite decides, and the browser: Firefox and Safari keep third-party cookies back as they come. A
server that looks at the cookie alone takes the foreign page for its own; a server that compares the
Origin refuses it with 403 (§10.2).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ...client import connect
from ...errors import Error
from ...observe.recording import Recording
from ...protocol.rfc import Role
from ...views.columns import wrap
from .browser import Chromium, Visitor
from .played import Played
from .site import ACCOUNT, bank, origin, stranger


@dataclass(frozen=True)
class Case:
    """One attempt: the cookie's attributes, where the foreign page is, whether Origin counts."""

    attributes: str
    cross_site: bool
    """Another host name (cross-site), or only another port (same site, yet another origin).

    If it is cross-site, what happens depends on the browser and its settings."""
    checks: bool


CASES = (
    Case("", cross_site=False, checks=False),
    Case("SameSite=Strict", cross_site=False, checks=False),
    Case("SameSite=Strict", cross_site=False, checks=True),
    Case("", cross_site=True, checks=False),
    Case("SameSite=None; Secure", cross_site=True, checks=False),
    Case("SameSite=None; Secure", cross_site=True, checks=True),
)
"""From bare to safe; and SameSite in between, which helps only against other sites."""


@dataclass(frozen=True)
class Attempt:
    """What came of a case; the recordings hold the opening handshakes, with Cookie and Origin."""

    case: Case
    own: str
    """What the site's own page was told."""
    stolen: str
    """What the foreign page was told."""
    own_recording: Recording
    recording: Recording
    """The connection of the foreign page, at the site."""

    @property
    def hijacked(self) -> bool:
        """Whether the foreign page read what only Alice should read."""
        return self.stolen == ACCOUNT

    @property
    def status(self) -> int:
        """What the site answered the foreign page: 101 lets it in."""
        return int(self.recording.stream(Role.SERVER)[9:12])

    @property
    def cookie(self) -> str:
        """The Cookie that came with the foreign page's request; empty if none did."""
        return header(self.recording, "Cookie")

    @property
    def origin(self) -> str:
        """The Origin of the foreign page's request."""
        return header(self.recording, "Origin")


@dataclass(frozen=True)
class Hijacked:
    """All attempts, who made them, and what a program was told that lied about its Origin."""

    visitor: str
    attempts: tuple[Attempt, ...]
    liar: str
    """No browser lets a page choose its Origin; a program can, but it has no cookie of Alice's."""

    def __str__(self) -> str:
        return "\n".join(_tell(self))


def run(
    visitor: Visitor | None = None,
    *,
    cases: Sequence[Case] = CASES,
    random: Callable[[int], bytes] = os.urandom,
) -> Hijacked:
    """Let ``visitor`` log in to the site, then open the foreign page; once for each case.

    Without a visitor a headless Chromium is started, and where there is none, a program plays the
    browser: the result says so. Raises Error if the browser cannot go on.
    """
    if visitor is not None:
        return _run(visitor, cases, random)
    with _find() as found:
        return _run(found, cases, random)


def _find() -> Chromium | Played:
    try:
        return Chromium()
    except Error as trouble:
        return Played(str(trouble))


def _run(visitor: Visitor, cases: Sequence[Case], random: Callable[[int], bytes]) -> Hijacked:
    attempts = tuple(_attempt(visitor, case, random(16).hex()) for case in cases)
    return Hijacked(visitor.name, attempts, _lie(random(16).hex()))


def _attempt(visitor: Visitor, case: Case, session: str) -> Attempt:
    recordings: list[Recording] = []

    def record(_: Any) -> Recording:
        recordings.append(Recording())
        return recordings[-1]

    visitor.forget()
    with bank(session, case.attributes, case.checks, record) as site, stranger(site) as foreign:
        host = "localhost" if case.cross_site else "127.0.0.1"  # one machine, two names
        pages = origin(site), origin(foreign, host)
        own, stolen = (visitor.read(page + "/") for page in pages)
    by_origin = {header(each, "Origin"): each for each in recordings if header(each, "Upgrade")}
    return Attempt(case, own, stolen, *(by_origin[page] for page in pages))


def _lie(session: str) -> str:
    with (
        bank(session, "", True, lambda _: Recording()) as site,
        connect(site.url, origin=origin(site)) as ws,
    ):
        return str(ws.recv(timeout=10))


def header(recording: Recording, name: str) -> str:
    """A header field of the request at the beginning of a recording; empty if it is not there."""
    head = recording.stream(Role.CLIENT).partition(b"\r\n\r\n")[0].decode("latin-1")
    fields = (line.partition(":") for line in head.split("\r\n"))
    values = (value.strip() for key, _, value in fields if key.lower() == name.lower())
    return next(values, "")


def _tell(result: Hijacked) -> list[str]:
    lines = [*wrap(f"Visitor: {result.visitor}", 80), ""]
    row = "{:<23}{:<13}{:<9}{:<9}{:<8}{}".format
    lines += [
        row("cookie", "foreign page", "Origin", "cookie", "answer", "foreign page"),
        row("", "on", "checked", "sent", "", "reads"),
    ]
    for each in result.attempts:
        lines.append(
            row(
                each.case.attributes or "(no SameSite)",
                "other site*" if each.case.cross_site else "other port",
                "yes" if each.case.checks else "no",
                "yes" if each.cookie else "no",
                each.status,
                "the account" if each.hijacked else "nothing",
            )
        )
    works = all(each.own == ACCOUNT for each in result.attempts)
    return [
        *lines,
        "",
        "Other port: another origin, of the same site. Other site: another domain.",
        "* Depends on the browser, and on its setting for third-party cookies.",
        f"The site's own page {'worked each time' if works else 'did not always work'}.",
        f"A program that lies about its Origin, without the cookie: {result.liar}",
    ]
