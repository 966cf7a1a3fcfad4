"""Build the course as a web site: ``python3 start.py site``.

The pages are assembled in build/site-source from what is already there (the notebooks with their
stored outputs, the glossary, the exercises, the docstrings of wslab), and Sphinx makes the site
in build/site. It is for learners: the guide with the answers of the oral exams stays out. Nothing
is executed and nothing is fetched; a warning is an error.
"""

from __future__ import annotations

import argparse
import re
import shutil
import sys
from pathlib import Path

import pages
import talks
from sphinx.cmd.build import build_main

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent


def assemble(source: Path) -> None:
    """Write all pages, in the form that Sphinx reads, into an empty folder."""
    shutil.rmtree(source, ignore_errors=True)
    for folder in ("notebooks", "exercises", "api"):
        (source / folder).mkdir(parents=True)
    for name in ("conf.py", "index.md"):
        shutil.copy(HERE / name, source / name)
    shutil.copytree(HERE / "static", source / "static")
    for path in sorted((ROOT / "notebooks").glob("*.md")):
        if path.name == pages.GUIDE:
            continue
        text = pages.document(path.read_text("utf-8"))
        (source / "notebooks" / path.name).write_text(text, "utf-8")
    for path in sorted((ROOT / "notebooks").glob("*.svg")):
        shutil.copy(path, source / "notebooks")
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        text = pages.lesson(path.read_text("utf-8"))
        (source / "notebooks" / path.name).write_text(text, "utf-8")
    for name, text in pages.exercises(ROOT / "exercises").items():
        (source / "exercises" / name).write_text(text, "utf-8")
    for name, text in pages.api(ROOT / "wslab").items():
        (source / "api" / name).write_text(text, "utf-8")


FINISHING = {
    r'role="heading"(?! aria-level)': 'role="heading" aria-level="2"',
    r"<pre(?= |>)(?![^>]*tabindex)": '<pre tabindex="0"',  # long lines: the keyboard can scroll
    r'<div class="cell_output ': '<div tabindex="0" class="cell_output ',
    r' aria-label="Toggle hidden content"': "",  # what it says itself is better
    r'<aside class="sidebar-drawer"': '<aside class="sidebar-drawer" aria-label="All pages"',
}
"""What Sphinx and its theme leave open for those who use a keyboard or hear the page."""


def finish(site: Path) -> None:
    """Mend all pages of the site."""
    for path in site.rglob("*.html"):
        text = path.read_text("utf-8")
        for pattern, better in FINISHING.items():
            text = re.sub(pattern, better, text)
        path.write_text(text, "utf-8")


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="start.py site", description="Build the web site.")
    parser.add_argument("--into", type=Path, default=ROOT / "build", help="where (build/)")
    build = parser.parse_args(arguments).into.resolve()
    source, site = build / "site-source", build / "site"
    assemble(source)
    shutil.rmtree(site, ignore_errors=True)
    sys.path.insert(0, str(ROOT))  # autodoc reads the docstrings of this very copy
    options = ["-W", "--keep-going", "-q", "-j", "auto", "-d", str(build / "site-doctrees")]
    status = build_main(["-b", "html", *options, str(source), str(site)])
    if status:
        print("The site is not complete: see the lines above.", file=sys.stderr)
        return status
    finish(site)
    talks.write(sorted((ROOT / "notebooks").glob("*.ipynb")), site / "slides")
    print(f"The site is ready. Open this file in your browser:\n  {site / 'index.html'}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
