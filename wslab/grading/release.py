"""Which files of the kit go where: to the students, or into a grader.

Lists of what goes along, and not of what stays: a file that nobody thought of (a seed, marks, an
old solution) is in no list.
"""

from __future__ import annotations

import ast
import posixpath
import re
from collections.abc import Iterator
from pathlib import Path

from . import kit
from .kit import KitError
from .parcel import Item, Parcel

TOP = (
    "README.md", "LICENSE", "CHANGELOG.md", "pyproject.toml", "environment.yml",
    "start.py", ".gitignore", ".gitattributes",
)  # fmt: skip
_CODE = (".py", ".html", ".json", ".typed")
_LESSONS = (".ipynb", ".md", ".svg", ".png", ".html", ".css", ".json", ".pcapng")
_LINK = re.compile(r"!?\[([^\]]*)\]\(([^)#:\s]+)(?:[#\s][^)]*)?\)")
"""A link of Markdown to another file: its text, and the path that it leads to."""
_CHECKS = ("checks/*.py", "beliefs/*.py", "hints/*.md", "starters/*.txt")


def students() -> Parcel:
    """The students' copy: lessons, starters and checks. Raises KitError if it would hold solutions.

    The checks come along, so students can run them: there is nothing in them to steal, since the
    graded run asks other random questions.
    """
    root = kit.root()
    found = {name: root / name for name in TOP}
    found |= _below(root, "wslab", _CODE)
    found |= _below(root, "notebooks", _LESSONS)  # without the sources of the web site
    found = {name: path for name, path in found.items() if not name.startswith("notebooks/site/")}
    found |= {f"exercises/{name}": root / "exercises" / name for name in (*_starters(), *kit.GIVEN)}
    found |= _checks(root)
    parcel = _read(found)
    for key, name in kit.FILES.items():  # as they were, whatever has been tried out in the folder
        parcel[f"exercises/{name}.py"] = Item(kit.starter(key).encode())
    _look_for_solutions(parcel, root)
    return _without_dead_links(parcel)


def grader() -> Parcel:
    """What a machine needs to grade: the package, the checks, and what is given. No solutions.

    Raises KitError if something is missing.
    """
    for key in kit.FILES:
        kit.companions(key)
    root = kit.root()
    given = {f"exercises/{name}": root / "exercises" / name for name in (*_starters(), *kit.GIVEN)}
    return _read(_below(root, "wslab", _CODE) | _checks(root) | given)


def _starters() -> Iterator[str]:
    yield from (f"{name}.py" for name in kit.FILES.values())


def _checks(root: Path) -> dict[str, Path]:
    """The checks, what belongs to them, and the modules beside them that they import."""
    folder = root / "tests" / "exercises"
    paths = [path for pattern in _CHECKS for path in sorted(folder.glob(pattern))]
    for path in paths:  # grows while we go through it
        if path.suffix == ".py":
            names = (folder / f"{name}.py" for name in _imported(path.read_text("utf-8")))
            paths += [other for other in names if other.is_file() and other not in paths]
    return {path.relative_to(root).as_posix(): path for path in paths}


def _imported(source: str) -> Iterator[str]:
    """The names after ``from ..`` and ``from . import``."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.level:
            yield from [node.module] if node.module else [alias.name for alias in node.names]


def _below(root: Path, folder: str, endings: tuple[str, ...]) -> dict[str, Path]:
    """All files of these kinds in a folder of the kit, but nothing that is hidden or a cache."""
    found = {}
    for path in (root / folder).rglob("*"):
        parts = path.relative_to(root).parts
        hidden = any(part.startswith((".", "__pycache__")) for part in parts)
        if path.suffix in endings and not hidden and path.name != "INSTRUCTORS.md":
            found["/".join(parts)] = path
    return found


def _read(found: dict[str, Path]) -> dict[str, Item]:
    """What is there; a link might lead out of the kit, so it is left out."""
    return {
        name: Item(path.read_bytes())
        for name, path in sorted(found.items())
        if path.is_file() and not path.is_symlink()
    }


def _without_dead_links(parcel: Parcel) -> Parcel:
    """The same, but in Markdown a link to a file that stays at home is a text that says so."""
    folders = {posixpath.dirname(name) for name in parcel}

    def mended(name: str, item: Item) -> Item:
        def link(found: re.Match[str]) -> str:
            target = posixpath.normpath(posixpath.join(posixpath.dirname(name), found[2]))
            there = target in parcel or target in folders
            return found[0] if there else f"{found[1]} (not in this copy)"

        # A file of the instructor's own may have bytes that are no text: they stay as they are.
        text = item.data.decode("utf-8", "surrogateescape")
        return Item(_LINK.sub(link, text).encode("utf-8", "surrogateescape"), item.program)

    return {
        name: mended(name, item) if name.endswith(".md") else item for name, item in parcel.items()
    }


def _look_for_solutions(parcel: Parcel, root: Path) -> None:
    solved = {path.read_bytes() for path in (root / "solutions").glob("ex*.py")}
    for name, item in parcel.items():
        starter = name.startswith("exercises/ex")
        if item.data in solved or (starter and b"raise NotImplementedError" not in item.data):
            raise KitError(
                f"{name} would be a solution, and not the starter. "
                "Put the starter back first, so that the students do not get the solution."
            )
