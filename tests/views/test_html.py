"""The HTML view: every byte there once, every fact in text, nothing that runs or leaks style."""

import hashlib
import re
from html.parser import HTMLParser
from itertools import pairwise

import pytest

from tests.protocol.streams import (
    BINARY,
    KEY,
    PING,
    RFC_REQUEST,
    RFC_RESPONSE,
    TEXT,
    close_frame,
    frame,
    need,
)
from wslab.observe.dissect import dissect
from wslab.observe.fields import Field, Item
from wslab.observe.recording import Recording
from wslab.protocol.rfc import Role
from wslab.views import html
from wslab.views.html import COLORS, INK, bits_html, explain_html, field_html, item_html, letter

need("hypothesis")
from hypothesis import example, given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

thorough = settings(deadline=None, max_examples=50, derandomize=True)
TAGS = {"b", "caption", "details", "div", "p", "span", "summary", "wbr"}
TAGS |= {"table", "tbody", "td", "th", "thead", "tr"}
FACTS = {"style", "colspan", "rowspan", "scope"}
HELLO = frame(TEXT, b"Hello", KEY)


def is_byte(facts: dict[str, str | None]) -> bool:
    """Whether a cell is of the byte view: of its three lines."""
    return "text-align:center" in (facts.get("style") or "")


class Page(HTMLParser):
    """HTML as a browser takes it: complains about what may not be in it, keeps the text."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.cells: list[tuple[str, dict[str, str | None], str]] = []
        self.text = ""
        self.feed(markup)
        self.close()
        assert self.open == [], "every tag is closed"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in TAGS
        assert {name for name, _ in attrs} <= FACTS
        if tag == "wbr":  # where a long word may be broken: it has no end
            return
        self.open.append(tag)
        if tag in ("td", "th"):
            self.cells.append((tag, dict(attrs), ""))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data
        if {"td", "th"} & set(self.open):
            tag, attrs, text = self.cells[-1]
            self.cells[-1] = tag, attrs, text + data

    def handle_comment(self, data: str) -> None:
        pytest.fail("no comment")

    handle_decl = handle_pi = unknown_decl = handle_comment

    @property
    def bytes(self) -> bytes:
        """What stands in the cells of the byte view."""
        codes = [text for tag, facts, text in self.cells if tag == "td" and is_byte(facts)]
        return bytes.fromhex("".join(code for code in codes if len(code) == 2))

    def counted(self, what: str) -> int:
        """The sum of the numbers before those words, as in "1,200 bytes folded"."""
        numbers = re.findall(rf"([\d,]+) {what}", self.text)
        return sum(int(number.replace(",", "")) for number in numbers)


def item(label: str = "bytes", value: str = "", summary: str = "", raw: bytes = b"<>&") -> Item:
    field = Field(7, raw, label, value, "meaning", "5.2")
    return Item(Role.CLIENT, 0.0, "bytes", summary, (field,))


# ---------------------------------------------------------------- what it says


def test_without_its_tags_it_still_tells_all() -> None:
    [hello] = dissect(HELLO)
    text = " ".join(Page(item_html(hello)).text.split())
    assert text.startswith("client → server text 'Hello' (11 bytes)")
    assert "0 A B C payload 81 85 37 fa 21 3d 7f 9f 4d 51 58 · · 7 · ! = · · M Q X" in text
    for row in (
        "where field value meaning RFC 6455",
        "A bytes 0–1 frame header 10000001 10000101 text, masked §5.2",
        "A byte 0, bit 0 FIN 1 the last frame of its message §5.2",
        "A byte 0, bits 4–7 opcode 0001 = 1 text §5.2",
        "A byte 1, bits 1–7 length 0000101 = 5 bytes of payload §5.2",
        "B bytes 2–5 masking key 37 fa 21 3d XORed over the payload",
        "C bytes 6–10 payload 'Hello' text in UTF-8",
    ):
        assert row in text


def test_direction_and_time_stand_in_the_heading() -> None:
    recording = Recording(clock=iter([0.0, 1.2345]).__next__)
    recording.add(Role.SERVER, b"x")
    assert "client ← server \xa0'x' \xa0(1 byte, 1234.5 ms)" in Page(recording._repr_html_()).text


def test_places_beyond_nine_say_in_which_base_they_are() -> None:
    """The view for a terminal counts them in base 16."""
    words = "In front of each row its place, in decimal"
    assert words not in Page(explain_html(dissect(HELLO))).text
    page = Page(explain_html(dissect(frame(TEXT, b"Hello" * 4, KEY))))
    assert words in page.text
    assert ("th", "16") in [(tag, text) for tag, _, text in page.cells]


def test_without_a_section_there_is_no_column_for_it() -> None:
    raw = Recording(clock=lambda: 0.0)
    raw.add(Role.CLIENT, b"Hello")
    for markup, columns in (explain_html(dissect(HELLO)), 6), (raw._repr_html_(), 5):
        table = markup[markup.rindex("<table") :]
        assert ("RFC 6455" in table) == (columns == 6)
        for row in table.split("</tr>")[:-1]:
            assert len(re.findall("<t[dh]", re.sub("<thead>|<tbody>", "", row))) == columns


def test_a_gap_is_a_heading_alone() -> None:
    gap = Item(Role.CLIENT, 0.0, "gap", "5 bytes were not kept", ())
    assert Page(item_html(gap)).text.strip() == "client → server \xa05 bytes were not kept"
    assert Page(explain_html([])).text == "Nothing crossed."


def test_fields_are_lettered_beyond_the_alphabet() -> None:
    names = " ".join(letter(n) for n in (0, 25, 26, 51, 52, 701, 702))
    assert names == "A Z AA AZ BA ZZ AAA"
    many = RFC_REQUEST[:-2] + b"".join(b"X-%d: y\r\n" % n for n in range(300)) + b"\r\n"
    page = Page(explain_html(dissect(many)))
    assert "\nCV " in page.text, "the hundredth"
    assert re.search(r"… 209 more fields: [\d,]+ bytes", page.text)


# ---------------------------------------------------------------- every byte once


@pytest.mark.parametrize("size", [0, 1, 9, 10, 11, 26, 249, 250, 251, 70_000])
def test_every_byte_is_shown_or_counted_as_folded(size: int) -> None:
    data = frame(BINARY, bytes(n % 251 for n in range(size)), KEY)
    page = Page(explain_html(dissect(data)))
    folded = page.counted("bytes? folded")
    front = data if not folded else data[:128]
    assert page.bytes == front + data[len(front) + folded :]
    assert bool(folded) == (len(data) > 256)
    if folded:
        assert f"SHA-256 of all {len(data):,}: {hashlib.sha256(data).hexdigest()}" in page.text


@thorough
@given(st.lists(st.binary(min_size=1, max_size=40), min_size=1, max_size=30), st.data())
def test_fields_cut_anywhere_lose_no_byte(pieces: list[bytes], data: st.DataObject) -> None:
    start = data.draw(st.integers(0, 10**9))
    fields = [Field(start, raw, "some label", "value", "", "") for raw in pieces]
    page = Page(item_html(Item(Role.SERVER, 0.0, "bytes", "", tuple(fields))))
    assert len(page.bytes) + page.counted("bytes? folded") == sum(map(len, pieces))
    spans = [
        int(attrs.get("colspan") or 1)
        for tag, attrs, _ in page.cells
        if tag == "th" and is_byte(attrs)
    ]
    assert sum(spans) == len(page.bytes), "the names cover the bytes"


def test_many_items_are_folded_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(html, "MOST_LINES", 20)
    items = dissect(HELLO * 30).items
    page = Page(explain_html(items))
    assert page.bytes == HELLO * 8
    assert "20 more items in one line each: 220 bytes" in page.text
    assert page.text.count("client → server") == 28
    assert [text for tag, _, text in page.cells if tag == "th" and text == "27"]
    assert "… 2 more items not listed: 22 bytes" in page.text
    assert "more item" not in Page(explain_html(items[:8])).text
    assert "1 more item in one line" in Page(explain_html(items[:9])).text


def test_ten_thousand_frames_make_a_small_page() -> None:
    recording = Recording(max_total=10**7)
    for _ in range(5_000):
        recording.add(Role.CLIENT, HELLO)
        recording.add(Role.SERVER, frame(TEXT, b"Hello"))
    markup = explain_html(dissect(recording, opened=True))
    assert len(markup) < 10**6
    page = Page(markup)
    folded = page.counted(r"bytes?(?=\s*(?:item|$))")
    assert len(page.bytes) + folded == 5_000 * (11 + 7)


def test_folding_does_not_draw_what_it_hides() -> None:
    assert len(explain_html(dissect(frame(BINARY, bytes(2**24))))) < 100_000


# ---------------------------------------------------------------- nothing that acts


NASTY = "<script>alert(1)</script><!-- \"' &amp; </td></table><b style=x onclick=y>"
nasty = st.text(max_size=100) | st.text("<>&\"'/ab=\x1b\x00\u202e\ud800回", max_size=600)


@thorough
@given(nasty, nasty, nasty)
@example(NASTY, NASTY, NASTY)
def test_whatever_the_fields_say(label: str, value: str, summary: str) -> None:
    page = Page(item_html(item(label, value, summary, raw=NASTY.encode())))
    assert page.bytes == NASTY.encode()
    assert page.text.replace("\n", "").replace("\xa0", "").isprintable()
    page.text.encode("utf-8")  # as the file of a notebook is written


def test_what_looks_like_html_is_shown_as_it_is() -> None:
    recording = Recording()
    recording.add(Role.CLIENT, RFC_REQUEST[:-2] + f"X-Evil: {NASTY}\r\n\r\n".encode())
    recording.add(Role.SERVER, RFC_RESPONSE + frame(TEXT, NASTY.encode()))
    recording.add(Role.CLIENT, close_frame(1000, b"<b>\x1b[2J", KEY))
    markup = recording._repr_html_()
    assert ">&lt;</td>" in markup, "in the cells of the bytes too"
    assert ">&amp;</td>" in markup
    page = Page(markup)
    assert NASTY in page.text
    assert r"<b>\x1b[2J" in page.text


def test_an_endless_value_is_cut() -> None:
    page = Page(item_html(item(value="é" * 10_000)))
    assert "é... (10000 characters)" in page.text
    assert page.text.count("é") == 400


# ---------------------------------------------------------------- colours


def shine(color: str) -> float:
    """The relative luminance of WCAG 2."""
    digits = color.lstrip("#")
    digits = "".join(2 * digit for digit in digits) if len(digits) == 3 else digits
    parts = [part / 255 for part in bytes.fromhex(digits)]
    red, green, blue = (p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("color", COLORS)
def test_text_stands_out_from_its_cell(color: str) -> None:
    assert shine("#fff") == pytest.approx(1)
    ratio = (shine(color) + 0.05) / (shine(INK) + 0.05)
    assert ratio >= 7


@pytest.mark.parametrize("data", [RFC_REQUEST, HELLO, frame(BINARY, bytes(300), KEY)])
def test_a_coloured_cell_sets_its_ink_too(data: bytes) -> None:
    """And no other cell sets any: the page's own colours fit a light theme and a dark one."""
    [each] = dissect(data)
    for view in (item_html(each), bits_html(each) if each.kind == "frame" else ""):
        styles = re.findall(r'style="([^"]*)"', view)
        inks = [re.findall(r"(?:^|;)color:([^;]*)", style) for style in styles]
        grounds = [re.findall(r"background:(?!none)([^;]*)", style) for style in styles]
        for ink, ground in zip(inks, grounds, strict=True):
            assert (ink, ground) == ([], []) or (ink == [INK] and ground[0] in COLORS)
        assert not view or len({color for ground in grounds for color in ground}) > 2


def test_neighbours_have_different_colours() -> None:
    [head] = dissect(RFC_REQUEST)
    cells = Page(item_html(head)).cells
    names = [
        (text[0], attrs["style"]) for tag, attrs, text in cells if tag == "th" and is_byte(attrs)
    ]
    for (name, style), (after, other) in pairwise(names):
        assert (name == after) == (style == other)


# ---------------------------------------------------------------- the header, bit by bit


def test_the_bits_of_a_header() -> None:
    [hello] = dissect(HELLO)
    page = Page(bits_html(hello))
    lines = [" ".join(line.split()) for line in page.text.splitlines() if line.strip()]
    assert lines[0].startswith("48 bits before the payload")
    assert lines[1] == " ".join(str(n) for n in range(32))
    assert lines[2:] == [
        "F R R R opcode: 1 M length: 5 masking key: 37 fa 21 3d",
        "1 0 0 0 0 0 0 1 1 0 0 0 0 1 0 1 0 0 1 1 0 1 1 1 1 1 1 1 1 0 1 0",
        "byte 0: 81 byte 1: 85 byte 2: 37 byte 3: fa",
        "… masking key",
        "0 0 1 0 0 0 0 1 0 0 1 1 1 1 0 1",
        "byte 4: 21 byte 5: 3d",
    ]


@pytest.mark.parametrize("size", [0, 125, 126, 65_535, 65_536])
@pytest.mark.parametrize("key", [b"", KEY])
def test_all_bits_before_the_payload_are_there(size: int, key: bytes) -> None:
    data = frame(BINARY, bytes(size), key)
    _, skipped = dissect(HELLO + data) if key else dissect(frame(PING) + data)
    page = Page(bits_html(skipped))
    shown = "".join(text for tag, _, text in page.cells if tag == "td" and text in "01")
    front = data[: len(data) - size]
    assert shown == "".join(f"{byte:08b}" for byte in front), "though it is not first in the stream"
    spans = [int(str(attrs["colspan"])) for _, attrs, _ in page.cells if "colspan" in attrs]
    assert sum(spans) == 2 * 8 * len(front), "once by the names, once by the bytes"


def test_only_a_frame_has_header_bits() -> None:
    [head] = dissect(RFC_REQUEST)
    with pytest.raises(ValueError, match="this is handshake: GET /chat"):
        bits_html(head)
    [broken] = dissect(b"\x81", sender=Role.CLIENT)
    with pytest.raises(ValueError, match="this is unparsed"):
        bits_html(broken)


# ---------------------------------------------------------------- in a notebook


def test_a_notebook_finds_the_views() -> None:
    recording = Recording(clock=lambda: 0.0)
    recording.add(Role.CLIENT, RFC_REQUEST)
    found = dissect(recording)
    assert recording._repr_html_() == found._repr_html_() == explain_html(found)
    [head] = found
    assert head._repr_html_() == item_html(head)
    first = head.fields[0]
    assert first._repr_html_() == field_html(first)
    page = Page(field_html(head.fields[1]))
    assert page.bytes == b"Host: server.example.com\r\n"
    assert "bytes 20–45" in page.text
