"""A table of facts, twice: as text of 80 columns, and as HTML for a notebook."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import NamedTuple

from .columns import columns, pad, wrap
from .html import PLAIN_ROW

WIDTH = 80

_TABLE = (
    '<table style="border-collapse:collapse;border:none;margin:12px 0 4px;table-layout:auto;'
    'font-size:1em">'
)
_CAPTION = '<caption style="caption-side:top;text-align:left;font-weight:bold;padding:2px 0">'
_NOTE = '<p style="margin:2px 0">'
_LINE = "border-bottom:1px solid #808080"  # to be seen on white and on black
_LEFT, _RIGHT = "text-align:left;padding:2px 8px", "text-align:right;padding:2px 8px"


class Table(NamedTuple):
    """Rows of text under their names; the first column names the row, the others hold numbers.

    A row of two cells only is a name and a remark, which takes the place of all the numbers.
    """

    caption: str
    names: tuple[str, ...]
    rows: list[tuple[str, ...]]
    notes: tuple[str, ...] = ()


def tables_text(tables: Iterable[Table]) -> str:
    """All tables, an empty line between them."""
    return "\n\n".join(map(_text, tables))


def tables_html(tables: Iterable[Table]) -> str:
    """All tables; they take their colours from the page, light or dark."""
    return f"<div>{''.join(map(_html, tables))}</div>"


def _text(table: Table) -> str:
    grid = [table.names, *(row for row in table.rows if not _is_remark(row, table))]
    widths = [max(map(columns, column)) for column in zip(*grid, strict=True)]
    widths[0] = max(map(columns, (table.names[0], *(row[0] for row in table.rows))))
    lines = [*wrap(table.caption, WIDTH), _line(table.names, widths)]
    lines.append("-" * columns(lines[-1]))
    for row in table.rows:
        if _is_remark(row, table):
            first, *more = wrap(row[1], WIDTH - widths[0] - 2)
            lines.append(f"{pad(row[0], widths[0])}  {first}")
            lines += [f"{'':{widths[0]}}  {text}" for text in more]
        else:
            lines.append(_line(row, widths))
    for note in table.notes:
        lines += wrap(note, WIDTH)
    return "\n".join(lines)


def _is_remark(row: tuple[str, ...], table: Table) -> bool:
    return len(row) == 2 < len(table.names)


def _line(row: tuple[str, ...], widths: list[int]) -> str:
    numbers = [text.rjust(width) for text, width in zip(row[1:], widths[1:], strict=True)]
    return "  ".join([pad(row[0], widths[0]), *numbers])


def _html(table: Table) -> str:
    first, *others = table.names
    cells = [f'<th scope="col" style="{_LEFT};{_LINE}">{escape(first)}</th>']
    cells += [f'<th scope="col" style="{_RIGHT};{_LINE}">{escape(name)}</th>' for name in others]
    rows = "".join(_html_row(row, table) for row in table.rows)
    head = f"{_TABLE}{_CAPTION}{escape(table.caption)}</caption>\n<thead>{PLAIN_ROW}"
    notes = "".join(f"{_NOTE}{escape(note)}</p>\n" for note in table.notes)
    return f"{head}{' '.join(cells)}</tr></thead>\n<tbody>{rows}</tbody></table>\n{notes}"


def _html_row(row: tuple[str, ...], table: Table) -> str:
    cells = [f'<th scope="row" style="{_LEFT}">{escape(row[0])}</th>']
    if _is_remark(row, table):
        span = len(table.names) - 1
        cells.append(f'<td colspan="{span}" style="{_LEFT}">{escape(row[1])}</td>')
    else:
        cells += [f'<td style="{_RIGHT}">{escape(text)}</td>' for text in row[1:]]
    # The spaces between the cells are for a viewer that drops the tags.
    return f"{PLAIN_ROW}{' '.join(cells)}</tr>\n"
