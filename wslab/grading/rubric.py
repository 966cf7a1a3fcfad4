"""The points of all checks, as a table for people; computed, so that it cannot be out of date.

python -m wslab.grading.rubric          prints it
python -m wslab.grading.rubric --write  puts it into exercises/INSTRUCTORS.md
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from . import kit

BEGIN, END = "<!-- rubric -->", "<!-- end of rubric -->"


def table() -> str:
    """The table in Markdown: a line for each exercise, then one for each check."""
    return "\n".join(_lines())


def _lines() -> Iterator[str]:
    keys = kit.written()
    checks = {key: kit.checks(key) for key in keys}
    yield "| exercise | checks | beliefs | points |"
    yield "| --- | ---: | ---: | ---: |"
    for key in keys:
        points = sum(check.points for check in checks[key])
        yield f"| `{kit.FILES[key]}` | {len(checks[key])} | {len(kit.beliefs(key))} | {points} |"
    every = [check for key in keys for check in checks[key]]
    beliefs = sum(len(kit.beliefs(key)) for key in keys)
    points = sum(check.points for check in every)
    yield f"| all | {len(every)} | {beliefs} | {points} |"
    yield ""
    yield "| check | points | what is right when it passes | builds on |"
    yield "| --- | ---: | --- | --- |"
    for check in every:
        needs = ", ".join(f"`{name}`" for name in check.needs)
        yield f"| `{check.id}` | {check.points} | {check.title} | {needs} |"


def guide() -> Path:
    """The file that holds the table."""
    return kit.root() / "exercises" / "INSTRUCTORS.md"


def replaced(text: str) -> str:
    """The text with the table of today between its marks."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{table()}\n{END}{after}"


def main() -> None:
    """Print the table, or write it."""
    if "--write" in sys.argv:
        text = guide().read_text("utf-8")
        guide().write_text(replaced(text), "utf-8", newline="\n")
    else:
        print(table())


if __name__ == "__main__":
    main()
