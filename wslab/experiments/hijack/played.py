"""Where there is no browser: a program that plays it."""

from __future__ import annotations

import http.client
import re
from http.cookies import Morsel, SimpleCookie
from urllib.parse import urlsplit

from ...client import connect
from ...errors import Error
from ...protocol.errors import HandshakeError

TIMEOUT = 10.0
"""How long a server may take to answer, in seconds."""


class Played:
    """A program that plays the browser: no more than what a browser does with cookie and Origin.

    It plays a Chromium that permits third-party cookies; others differ. To see what a browser
    really does, take a real one. ``why`` tells why this is none.
    """

    def __init__(self, why: str = "") -> None:
        self.name = "a program that plays the browser" + (f" ({why})" if why else "")
        self.forget()

    def forget(self) -> None:
        """Drop all cookies."""
        self._jar: dict[str | None, SimpleCookie] = {}

    def read(self, url: str) -> str:
        """See :class:`Visitor`."""
        place = urlsplit(url)
        page = self._get(place.hostname, place.port)
        script = re.search(r'new WebSocket\("([^"]+)"\)', page)
        if script is None:
            raise Error(f"There is no WebSocket in the page {url}")
        target = script[1]
        cookie = self._cookie(place.hostname, urlsplit(target).hostname)
        headers = [("Cookie", cookie)] if cookie else []
        try:
            # A page cannot choose its Origin, the browser does: where the page came from (§4.1).
            with connect(target, origin=f"http://{place.netloc}", headers=headers) as ws:
                return str(ws.recv(timeout=TIMEOUT))
        except HandshakeError:
            return "No connection: 1006"  # no more than that does a browser tell a page (§7.1.5)

    def _get(self, host: str | None, port: int | None) -> str:
        # All names here mean this machine; to look one up can take seconds.
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT)
        try:
            connection.request("GET", "/")
            answer = connection.getresponse()
            if cookie := answer.getheader("Set-Cookie"):
                kept = SimpleCookie(cookie)
                if any(_is_refused(each) for each in kept.values()):
                    kept.clear()
                self._jar[host] = kept  # of the host: its port does not matter
            return answer.read().decode()
        finally:
            connection.close()

    def _cookie(self, page: str | None, target: str | None) -> str:
        """The value of Cookie: of that host, and SameSite permitting (draft RFC 6265bis)."""
        kept = self._jar.get(target, SimpleCookie()).values()
        return "; ".join(
            f"{each.key}={each.value}"
            for each in kept
            # Without SameSite it counts as Lax. Two ports of one host are the same site.
            if page == target or each["samesite"].lower() == "none"
        )

    def __enter__(self) -> Played:
        return self

    def __exit__(self, *exc: object) -> None:
        pass


def _is_refused(cookie: Morsel[str]) -> bool:
    """A cookie for all sites must be Secure; else a browser drops it (draft RFC 6265bis)."""
    return cookie["samesite"].lower() == "none" and not cookie["secure"]
