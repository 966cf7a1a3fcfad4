"""One table, twice: as text that fits a terminal, as HTML that survives without its styles."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from wslab.views.tables import WIDTH, Table, tables_html, tables_text

TABLE = Table(
    "What <it> costs:",
    ("way", "bytes", "ms"),
    [("TCP", "16.0", "0.1"), ("回声 & more", "1,234.5", "12.0"), ("TLS", "skipped: " + "no " * 40)],
    ("A note, " + "long " * 30,),
)


class Reader(HTMLParser):
    """Tags in balance, and the text of each cell."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.rows: list[list[str]] = []
        self.facts: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open.append(tag)
        self.facts |= {name for name, _ in attrs}
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in ("td", "th"):
            self.rows[-1][-1] += data


def test_text_is_aligned_and_fits() -> None:
    lines = tables_text([TABLE, TABLE]).splitlines()
    assert max(map(len, lines)) <= WIDTH
    assert lines[0] == "What <it> costs:"
    assert lines[1] == "way            bytes    ms"
    assert lines[3] == "TCP             16.0   0.1"
    assert lines[4] == "回声 & more  1,234.5  12.0"  # the two characters take four columns
    assert lines[5].startswith("TLS          skipped: no")
    assert lines.count("What <it> costs:") == 2


def test_html_has_every_cell_once() -> None:
    reader = Reader()
    reader.feed(tables_html([TABLE]))
    assert reader.open == []
    assert reader.rows == [list(TABLE.names), *(list(row) for row in TABLE.rows)]
    assert reader.facts <= {"style", "scope", "colspan"}


def test_html_takes_its_colours_from_the_page() -> None:
    shown = tables_html([TABLE])
    assert "<caption" in shown
    assert "What &lt;it&gt; costs:" in shown
    assert "A note, long" in shown
    assert not re.search(r"[; \"](color|background-color):", shown)
    assert set(re.findall(r"background:(\w+)", shown)) == {"none"}


def test_without_tags_the_cells_stay_apart() -> None:
    bare = re.sub("<[^>]*>", "", tables_html([TABLE]))
    assert "TCP 16.0 0.1" in bare
    assert "way bytes ms" in bare
