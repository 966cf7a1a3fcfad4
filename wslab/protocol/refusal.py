"""What came in place of a 101, in words: another protocol, the text of a refusal, a redirect.

All of it is the peer's text. So it is bounded, on one line, and moves no cursor.
"""

from __future__ import annotations

import re

MAX_BODY = 4096
"""How much of a refusal's body is read, in bytes."""

MAX_SHOWN = 300
"""How much of its text is shown, in characters."""

_STRANGERS = [
    (rb"[\x15\x16]\x03", "this is TLS: try wss:// in place of ws://"),
    (rb"SSH-", "this is an SSH server: try another port"),
    (rb"220[ -].*(?i:smtp|mail)", "this is a mail server (SMTP): try another port"),
    (rb"220[ -]", "this is an FTP or mail server: try another port"),
    (rb"\+OK|\* OK", "this is a mail server (POP3 or IMAP): try another port"),
    (rb"RFB \d", "this is a VNC server: try another port"),
    (rb"-ERR|-DENIED", "this is a Redis server: try another port"),
    (rb"[^\0]..\0\x0a[\d.]", "this is a MySQL server: try another port"),
    # RFC 9113 §3.4: a server begins with a SETTINGS frame. Its WebSocket is another: RFC 8441.
    (rb"\0\0.\x04\0\0\0\0\0", "this is HTTP/2: try a port or a server that speaks HTTP/1.1"),
    (rb"[\x81\x82\x88-\x8a][\0-\x7f]", "this is a WebSocket frame: the 101 must come first"),
    (rb"\s*<(?i:!doctype|html|h1)", "this is a page without a status line and header fields"),
    (rb"(?i:Upgrade|Connection|Sec-WebSocket-\w+):", "the status line must come first"),
]


def stranger(data: bytes) -> str:
    r"""Who begins with such bytes, and what to try; nothing if we do not know them.

    >>> stranger(b"SSH-2.0-OpenSSH_9.6\r\n")
    'this is an SSH server: try another port'
    """
    return next((what for start, what in _STRANGERS if re.match(start, data, re.DOTALL)), "")


def text_of(kind: str, coding: str, body: bytes, whole: bool = True) -> str:
    r"""The start of a body in one harmless line.

    ``kind`` is its Content-Type, ``coding`` its Content-Encoding.

    >>> text_of("text/html; charset=latin-1", "", b"<h1>Caf\xe9</h1> <p>is\n closed")
    'Café is closed'
    >>> text_of("", "gzip", b"...")
    '(a body that is compressed with gzip)'
    """
    if not body:
        return ""
    if coding.strip().lower() not in ("", "identity"):
        return f"(a body that is compressed with {harmless(coding)[:40]})"
    mime = kind.partition(";")[0].strip().lower()
    charset = re.search(r"charset\s*=\s*\"?([\w.:-]+)", kind, re.IGNORECASE)
    try:
        text = body.decode(charset[1] if charset else "utf-8", "replace")
    except (LookupError, ValueError):  # no such encoding, or one of Python's own that is no text
        text = body.decode("latin-1")
    if not whole:
        text = text.rstrip("\ufffd")  # a character that we cut
    known = re.match(r"text/|.*(json|xml|javascript|x-www-form)", mime)
    if not known and (mime or text.count("\ufffd") + text.count("\0") > len(text) // 10):
        return f"(a body of type {harmless(mime)[:40] or 'unknown'})"
    if "html" in mime or (not mime and text.lstrip()[:1] == "<"):
        text = _without_tags(text)
    text = harmless(" ".join(text.split()))
    if re.search("HTTPS (port|server)|SSL-enabled", text):  # so say nginx, Go and Apache
        return f"{text[:MAX_SHOWN]} (try wss:// in place of ws://)"
    return text if whole and len(text) <= MAX_SHOWN else text[:MAX_SHOWN].rstrip() + "..."


def _without_tags(html: str) -> str:
    """What a page says, roughly: enough to recognize it."""
    from html import unescape  # here, for few refusals are pages

    for hidden in ("script", "style"):
        html = re.sub(rf"(?is)<{hidden}\b.*?(?:</{hidden}\s*>|\Z)", " ", html)
    return unescape(re.sub(r"(?s)<!--.*?(?:-->|\Z)|<[^>]*(?:>|\Z)", " ", html))


def harmless(text: str) -> str:
    r"""The same with every control character as its code.

    >>> harmless("a\x1b[2J\u202eb")
    'a\\x1b[2J\\u202eb'
    """
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def other_address(location: str) -> str:
    """The WebSocket URL that a Location leads to, ready to type; empty if it is only a path.

    >>> other_address("https://example.org/chat?a=1&b=2")
    '"wss://example.org/chat?a=1&b=2"'
    """
    from urllib.parse import quote  # here, for few refusals are redirects

    match = re.match(r"(?i)(?:http|ws)(s?)://([!-~]+)", location)
    if not match:
        return ""
    # Nothing may stay in it that a shell would act on.
    url = f"ws{match[1].lower()}://" + quote(match[2].partition("#")[0], safe="/:?&=%@[]+,~.-_")
    return f'"{url}"' if re.search(r"[&?\[\]]", url) else url
