"""A table of facts: text of 80 columns on a terminal, Markdown in a notebook."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from .columns import columns, pad, wrap

WIDTH = 80


class Table(NamedTuple):
    """Rows of text under their names; the first column names the row, the others hold numbers.

    A row of two cells only is a name and a remark, which takes the place of all the numbers.

    >>> print(Table("Two echoes:", ("way", "bytes"), [("TCP", "32"), ("WebSocket", "40")]))
    Two echoes:
    way        bytes
    ----------------
    TCP           32
    WebSocket     40
    """

    caption: str
    names: tuple[str, ...]
    rows: list[tuple[str, ...]]
    notes: tuple[str, ...] = ()

    def __str__(self) -> str:
        grid = [self.names, *(row for row in self.rows if not self._is_remark(row))]
        widths = [max(map(columns, column)) for column in zip(*grid, strict=True)]
        widths[0] = max(map(columns, (self.names[0], *(row[0] for row in self.rows))))
        lines = [*wrap(self.caption, WIDTH), _line(self.names, widths)]
        lines.append("-" * columns(lines[-1]))
        for row in self.rows:
            if self._is_remark(row):
                first, *more = wrap(row[1], WIDTH - widths[0] - 2)
                lines.append(f"{pad(row[0], widths[0])}  {first}")
                lines += [f"{'':{widths[0]}}  {text}" for text in more]
            else:
                lines.append(_line(row, widths))
        for note in self.notes:
            lines += wrap(note, WIDTH)
        return "\n".join(lines)

    def _repr_markdown_(self) -> str:
        others = len(self.names) - 1
        lines = [f"**{_markdown(self.caption)}**", ""] if self.caption else []
        lines += [_markdown_line(self.names), f"|:---|{'---:|' * others}"]
        for row in self.rows:
            lines.append(_markdown_line((*row, *[""] * (others + 1 - len(row)))))
        for note in self.notes:
            lines += ["", _markdown(note)]
        return "\n".join(lines)

    def _is_remark(self, row: tuple[str, ...]) -> bool:
        return len(row) == 2 < len(self.names)


def tables_text(tables: Iterable[Table]) -> str:
    """All tables as text, an empty line between them."""
    return "\n\n".join(map(str, tables))


def tables_markdown(tables: Iterable[Table]) -> str:
    """All tables as Markdown."""
    return "\n\n".join(table._repr_markdown_() for table in tables)


def _line(row: tuple[str, ...], widths: list[int]) -> str:
    numbers = [text.rjust(width) for text, width in zip(row[1:], widths[1:], strict=True)]
    return "  ".join([pad(row[0], widths[0]), *numbers])


def _markdown_line(row: Iterable[str]) -> str:
    return f"| {' | '.join(map(_markdown, row))} |"


def _markdown(text: str) -> str:
    """With a backslash before each character that Markdown would act on."""
    return re.sub(r"([\\`*_{}\[\]<>#|$~])", r"\\\1", " ".join(text.split()))
