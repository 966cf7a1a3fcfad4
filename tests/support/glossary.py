"""The glossary in order: ``tests/support/glossary.py --write`` sorts it and writes its index.

A term is a heading of the second level with its definition below. The anchor above each heading is
for JupyterLab, whose own anchors keep capital letters; so ``glossary.md#masking-key`` leads to the
same place there, on a code host, and on the web site.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

GLOSSARY = Path(__file__).resolve().parents[2] / "notebooks/glossary.md"
INDEX = "**Index:** "


def read(text: str) -> tuple[str, dict[str, str]]:
    """What stands in front of the index, and the terms with their definitions."""
    head, *parts = re.split(r'(?m)^(?:<a id="[\w-]+"></a>\n\n)?## +', text)
    terms: dict[str, str] = {}
    for part in parts:
        title, _, definition = part.partition("\n")
        if title.strip() in terms:
            raise ValueError(f"{title.strip()!r} stands twice in the glossary")
        terms[title.strip()] = definition.strip()
    return head.partition(INDEX)[0].strip(), terms


def anchor(title: str) -> str:
    """The end of a link to a heading, as code hosts and Sphinx make it.

    >>> anchor("Nagle's algorithm"), anchor("UTF-8")
    ('nagles-algorithm', 'utf-8')
    """
    return re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-")


def render(head: str, terms: dict[str, str]) -> str:
    """The whole glossary: what stands in front, the index, and the terms in their order."""
    ordered = sorted(terms, key=str.casefold)
    index = " · ".join(f"[{title}](#{anchor(title)})" for title in ordered)
    entries = [
        f'<a id="{anchor(title)}"></a>\n\n## {title}\n\n{terms[title]}\n' for title in ordered
    ]
    return "\n".join([f"{head}\n\n{INDEX}{index}\n", *entries])


def main(arguments: list[str]) -> int:
    text = GLOSSARY.read_text("utf-8")
    wanted = render(*read(text))
    if arguments == ["--write"]:
        GLOSSARY.write_text(wanted, "utf-8", newline="\n")
    elif text != wanted:
        print("The glossary is out of order: run  python tests/support/glossary.py --write")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
