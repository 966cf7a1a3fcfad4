"""The page of one student: it stands alone, hides nothing, and runs nothing."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from tests.grading.report.class_of import CLASS, HOSTILE, WRONG, record, refused
from wslab.grading.record import CheckRecord, Record
from wslab.grading.report import page
from wslab.views.columns import columns


class Elements(HTMLParser):
    """What a browser would make of it: elements with their attributes, and the text."""

    def __init__(self, data: bytes) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(data.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


ALLOWED = {
    "html", "head", "meta", "title", "style", "body", "main", "h1", "h2", "p", "strong", "ul", "li",
    "br", "em", "code", "table", "thead", "tbody", "tr", "th", "td", "span", "pre", "img",
    "details", "summary",
}  # fmt: skip


def stands_alone(data: bytes) -> Elements:
    elements = Elements(data)
    for tag, attrs in elements.found:
        assert tag in ALLOWED, tag
        assert not any(name.startswith("on") or name in ("href", "srcset") for name in attrs)
        assert (attrs.get("src") or "data:image/png").startswith("data:image/png")
    style = data.decode().partition("<style>")[2].partition("</style>")[0]
    assert "url(" not in style
    assert "@import" not in style
    assert "color-scheme: light dark" in style
    return elements


def test_the_page_says_what_the_student_needs() -> None:
    ben = CLASS[1]
    text = page.text(ben).decode()
    assert text.startswith("Feedback for ben\n2 of 7 points\n")
    assert "40 hex digits" in text, "the belief, in words"
    assert "not yet  The accept value" in text
    for line in WRONG.lines:
        assert line in text
    elements = stands_alone(page.html(ben))
    for words in ("Feedback for ben", "2 of 7", "40 hex digits", "not yet", *WRONG.lines):
        assert words in elements.text
    assert "late" not in elements.text, "flags are for the instructor"


def test_what_went_wrong_with_the_whole_submission_is_said() -> None:
    for data in (page.text(refused("emil")), page.html(refused("emil"))):
        assert b"The archive is too large." in data
        assert b"? of 7" in data
    assert b"a person will look at this" in page.text(CLASS[3])


def test_one_reason_for_many_checks_stands_there_once() -> None:
    reason = ("  ex03_opening_handshake.py cannot be loaded: SyntaxError",)
    checks = [
        CheckRecord(f"ex03.c{n}", "ex03", "T", 1, 0, "missing", lines=reason) for n in range(5)
    ]
    assert page.text(record("anna", *checks)).count(b"SyntaxError") == 1


def attacked(text: str) -> Record:
    check = CheckRecord("ex03.a", "ex03", text, 1, 0, "failed", text, (f"  {text}", text))
    sly = CheckRecord("ex03.b", text, "T", 1, 0, text, "ex03.hex-digest", (text,))
    return Record(text, text, text, 1, 2, (text,), text, text, "", "", (check, sly), text)


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_that_students_write_gets_out_of_its_place(text: str) -> None:
    elements = stands_alone(page.html(attacked(text)))
    quiet = stands_alone(page.html(attacked("quiet")))
    assert [tag for tag, _ in elements.found] == [tag for tag, _ in quiet.found] or not text.strip()
    plain = page.text(attacked(text)).decode()
    assert all(line.isprintable() for line in plain.split("\n"))
    own = [line for line in plain.split("\n") if text[:20] not in line]
    assert max(map(columns, own), default=0) <= 80
    assert all(c.isprintable() or c == "\n" for c in page.html(attacked(text)).decode())


def test_the_same_record_gives_the_same_bytes() -> None:
    for one in CLASS:
        assert page.html(one) == page.html(Record.from_json(one.to_json()))
        assert page.text(one) == page.text(Record.from_json(one.to_json()))
