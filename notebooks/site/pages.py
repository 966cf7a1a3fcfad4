"""The pages of the web site, made from notebooks, Markdown, exercises and modules."""

from __future__ import annotations

import ast
import html
import json
import re
from pathlib import Path
from typing import Any

EXERCISE = re.compile(r"\((?:\.\./)?exercises/(ex\d\d_\w+)\.py\)")
MODULE = re.compile(r"\(\.\./(wslab(?:/\w+)*)\.py\)")
GUIDE = "INSTRUCTORS.md"
"""It has answers, and is no page of the site."""
TO_GUIDE = re.compile(rf"\[([^\]]*)\]\([^)\s]*{re.escape(GUIDE)}[^)]*\)")
ANCHOR = re.compile(r'<a id="[\w-]+"></a>\n*')
PARTS = {
    "wslab": "The package",
    "wslab.protocol": "The protocol, as pure computation",
    "wslab.observe": "Recording and explaining",
    "wslab.views": "Showing",
    "wslab.experiments": "The experiments of the lessons",
    "wslab.comparison": "Comparing the traffic",
}
"""The pages of the reference: the package that each describes, and a title."""

LEFT_OUT = re.compile(r"\b(__main__|cli|commands|grading)\b")
"""The command line has help texts of its own; what checks exercises would give them away."""


def document(text: str) -> str:
    """A text that lies beside the notebooks: its links lead to pages of the site."""
    text = ANCHOR.sub("", text)  # for JupyterLab; on the site every heading is an anchor
    text = TO_GUIDE.sub(r"\1 (not on this site)", text)
    text = EXERCISE.sub(r"(../exercises/\1.md)", text)
    return MODULE.sub(lambda found: f"(../api/{part_of(found[1].replace('/', '.'))}.rst)", text)


def lesson(text: str) -> str:
    """A notebook as it is stored, with links for the site, and pictures that carry their text."""
    notebook = json.loads(text)
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            cell["source"] = document("".join(cell["source"]))
            continue
        if cell["metadata"].get("jupyter", {}).get("source_hidden"):
            cell["metadata"].setdefault("tags", []).append("hide-input")
        for output in cell.get("outputs", []):
            picture(output)
    return json.dumps(notebook)


def picture(output: dict[str, Any]) -> None:
    """Sphinx forgets the alternative text of a picture; as HTML the picture keeps it."""
    data = output.get("data", {})
    if "image/png" not in data:
        return
    alt = html.escape(output["metadata"].get("image/png", {}).get("alt", ""))
    png = "".join("".join(data.pop("image/png")).split())
    data["text/html"] = f'<img src="data:image/png;base64,{png}" alt="{alt}" class="figure">'


# ---------------------------------------------------------------- exercises


def exercises(folder: Path) -> dict[str, str]:
    """A page for each exercise, and one that lists them: file name → text."""
    made, names = {}, []
    for path in sorted(folder.glob("ex*.py")):
        source = path.read_text("utf-8")
        title, _, about = (ast.get_docstring(ast.parse(source)) or path.stem).partition("\n")
        names.append(path.stem)
        made[f"{path.stem}.md"] = (
            f"# {title.rstrip('.')}\n\n"
            f"{as_markdown(about.strip())}\n\n"
            f"This is the file `exercises/{path.name}` of the course. Open it in JupyterLab or in "
            f"any editor, and fill in what is missing.\n\n"
            f"{fenced(source, 'python')}\n"
        )
    made["index.md"] = (
        "# Exercises\n\nNine files, one a topic, with gaps to fill in. At the end you have a "
        "WebSocket server of your own. `python -m wslab check ex01` looks at your solution of the "
        "first and says what is not right yet.\n\n"
        "```{toctree}\n:maxdepth: 1\n\n" + "\n".join(names) + "\n```\n"
    )
    return made


def as_markdown(text: str) -> str:
    """The little of reStructuredText that our docstrings use."""
    text = re.sub(r"``([^`]+)``", r"`\1`", text)
    return re.sub(r"(?m)^(Check yourself:) +(.*)$", r"\n\1 `\2`", text)


def fenced(code: str, language: str) -> str:
    return f"````{language}\n{code.rstrip()}\n````"


# ---------------------------------------------------------------- reference of wslab


def api(package: Path) -> dict[str, str]:
    """A page for each part of wslab, and one that lists them: file name → text."""
    modules = sorted(module_name(path, package.parent) for path in package.rglob("*.py"))
    modules = [name for name in modules if not LEFT_OUT.search(name)]
    made = {}
    for part, title in PARTS.items():
        sections = [section(name) for name in modules if part_of(name) == part]
        made[f"{part}.rst"] = "\n".join([underlined(title, "="), *sections])
    listing = [underlined("Reference of wslab", "="), REFERENCE, ".. toctree::", ""]
    made["index.rst"] = "\n".join([*listing, *(f"   {part}" for part in PARTS), ""])
    return made


REFERENCE = """
What the modules promise, from their own docstrings. Start with :mod:`wslab.tcp_echo` and
:mod:`wslab.ws_echo`, side by side. Most programs need :func:`connect <wslab.client.connect>`,
:func:`serve <wslab.server.serve>`, :class:`WebSocket <wslab.websocket.WebSocket>` and
:class:`Recording <wslab.observe.tap.Recording>`, and ``import wslab`` brings all four.
"""


def module_name(path: Path, root: Path) -> str:
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def part_of(name: str) -> str:
    """``wslab.protocol.frames`` → ``wslab.protocol``; ``wslab.net`` → ``wslab``."""
    return max((part for part in PARTS if f"{name}.".startswith(f"{part}.")), key=len)


def section(name: str) -> str:
    """One module: what its docstring says, and all public things that it defines itself."""
    members = "" if name == "wslab" else "   :members:\n   :ignore-module-all:\n"
    return f"{underlined(name, '-')}\n.. automodule:: {name}\n{members}"


def underlined(title: str, line: str) -> str:
    return f"{title}\n{line * len(title)}\n"
