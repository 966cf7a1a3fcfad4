"""The cells of a notebook, as its file has them. Nothing of it is compiled or run here."""

from __future__ import annotations

import json
import re
from typing import Any

from .execute import CELL

_FUNCTION = re.compile(r"^(?:async[ \t]+)?def[ \t]+(\w+)", re.M)
_WRITEFILE = re.compile(
    r"\s*%%(?:writefile|file)[ \t]+(?P<more>-a[ \t]+|--append[ \t]+)?[\"']?(?P<name>[^\n\"']+)"
)


def code(data: bytes) -> str:
    """All cells, with a NUL before each of them; those that aren't code are empty.

    Raises ValueError; its text goes on after the file's name.
    """
    book = _read(data)
    try:
        # Until nbformat 3, there were worksheets.
        sheets = [book] if "cells" in book else book["worksheets"]
        return "".join(CELL + _source(cell) for sheet in sheets for cell in sheet["cells"])
    except (LookupError, TypeError, AttributeError):
        raise ValueError("isn't a notebook: its cells aren't where Jupyter writes them.") from None


def _read(data: bytes) -> Any:
    encoding = json.detect_encoding(data)
    try:
        # NULs at the end are what a crash leaves behind.
        text = data.decode(encoding).rstrip("\0 \t\r\n")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ValueError(f"isn't text in {encoding}: see line {line}.") from None
    try:
        # A very long number takes long to compute, and none of them counts here.
        return json.loads(text, parse_int=float)
    except json.JSONDecodeError as error:
        why = f"it isn't JSON, see line {error.lineno}"
        if error.pos >= len(text) or error.msg.startswith("Unterminated"):
            why = "it ends in the middle" if text else "the file is empty"
        raise ValueError(f"isn't a whole notebook: {why}.") from None
    except (ValueError, RecursionError):
        raise ValueError("isn't a notebook: it's nested too deeply.") from None


def _source(cell: Any) -> str:
    if cell["cell_type"] != "code":
        return ""
    source = cell["source"] if "source" in cell else cell["input"]
    text = source if isinstance(source, str) else "".join(source)
    # Python takes neither half a surrogate pair nor a NUL, and here a NUL begins a cell.
    text = text.encode("utf-8", "surrogatepass").decode("utf-8", "replace").replace(CELL, "\ufffd")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def written_files(text: str) -> dict[str, str]:
    """The files that the cells with ``%%writefile`` make: their names, their texts."""
    found: dict[str, str] = {}
    for cell in text.split(CELL):
        if match := _WRITEFILE.match(cell):
            name = match["name"].strip()
            before = found.get(name, "") if match["more"] else ""
            found[name] = before + cell[match.end() :].partition("\n")[2]
    return found


def functions(text: str) -> set[str]:
    """The names of the functions at the top level of a source text."""
    return set(_FUNCTION.findall(text.replace(CELL, "\n")))
