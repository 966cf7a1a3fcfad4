"""A notebook as a Python file: its code cells, one below the other. Nothing of it is run here."""

from __future__ import annotations

import json
import re
from typing import Any

# What only works in a notebook, or only where wslab is: the line stays, so that numbers fit.
_NOT_PYTHON = re.compile(r"^(?=\s*[%!?]|import wslab\b|from wslab\b|wslab\.|get_ipython\b)", re.M)
_FUNCTION = re.compile(r"^(?:async\s+)?def\s+(\w+)", re.M)


def code(data: bytes) -> str:
    """The text of all code cells. Raises ValueError; its text goes on after the file's name."""
    try:
        book = json.loads(data.decode("utf-8-sig"))
        cells = book["cells"] if "cells" in book else book["worksheets"][0]["cells"]
        return "\n\n".join(map(_python, filter(_is_code, cells))) + "\n"
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"is no notebook that can be read ({type(error).__name__}).") from None


def _is_code(cell: Any) -> bool:
    return bool(cell["cell_type"] == "code")


def _python(cell: Any) -> str:
    source = cell["source"] if "source" in cell else cell["input"]
    text = source if isinstance(source, str) else "".join(source)
    if "\0" in text:
        raise ValueError
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if text.lstrip().startswith("%%"):
        return re.sub("^", "# ", text, flags=re.M)
    return _NOT_PYTHON.sub("# ", text)


def functions(text: str) -> set[str]:
    """The names of the functions at the top level of a source text."""
    return set(_FUNCTION.findall(text))
