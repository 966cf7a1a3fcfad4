"""One table, twice: as text that fits a terminal, and as Markdown for a notebook."""

from __future__ import annotations

import re

import nbconvert.filters

from wslab.views.table import WIDTH, Table, tables_markdown, tables_text

TABLE = Table(
    "What <it> costs:",
    ("way", "bytes", "ms"),
    [
        ("TCP", "16.0", "0.1"),
        ("回声 & a|b_c", "1,234.5", "12.0"),
        ("TLS", "skipped: " + "no " * 40),
    ],
    ("A note, " + "long " * 30,),
)


def test_text_is_aligned_and_fits() -> None:
    lines = tables_text([TABLE, TABLE]).splitlines()
    assert max(map(len, lines)) <= WIDTH
    assert lines[0] == "What <it> costs:"
    assert lines[1] == "way             bytes    ms"
    assert lines[3] == "TCP              16.0   0.1"
    assert lines[4] == "回声 & a|b_c  1,234.5  12.0"  # the two characters take four columns
    assert lines[5].startswith("TLS           skipped: no")
    assert lines.count("What <it> costs:") == 2


def test_markdown_shows_every_cell_as_it_is() -> None:
    """Nothing in a cell acts as Markdown or as HTML, and none breaks its row."""
    page = nbconvert.filters.markdown2html(tables_markdown([TABLE]))
    cells = re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", page)
    expected = [*TABLE.names, "TCP", "16.0", "0.1", "回声 &amp; a|b_c", "1,234.5", "12.0"]
    assert cells[: len(expected)] == expected
    assert "What &lt;it&gt; costs:" in page
    assert "<p>A note, long" in page
