"""The lessons as slides, for a lecture hall without a network."""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path
from typing import Any

import nbformat
import pages
from nbconvert.exporters import SlidesExporter
from traitlets.config import Config

HERE = Path(__file__).resolve().parent


def write(notebooks: list[Path], into: Path) -> None:
    """One page for each notebook, and the reveal.js that they share."""
    into.mkdir(parents=True, exist_ok=True)
    reveal = into / "reveal"
    shutil.rmtree(reveal, ignore_errors=True)
    for part in ("dist", "plugin/notes"):
        copy = shutil.ignore_patterns("*.map", "*.esm.js")
        shutil.copytree(reveal_js() / part, reveal / part, ignore=copy)
    slides = exporter()
    for path in notebooks:
        (into / f"{path.stem}.html").write_text(page(path, slides), "utf-8")


def reveal_js() -> Path:
    """The copy of reveal.js that the package sphinx-revealjs brings along."""
    found = importlib.util.find_spec("sphinx_revealjs")
    if found is None or found.origin is None:
        raise ModuleNotFoundError("The slides need reveal.js: pip install sphinx-revealjs")
    return Path(found.origin).parent / "_static/revealjs"


def exporter() -> SlidesExporter:
    """nbconvert's own, with our template: what it loads lies beside the page."""
    config = Config()
    config.SlidesExporter.reveal_url_prefix = "reveal"
    config.SlidesExporter.reveal_theme = "white"  # its fonts are its own; others fetch theirs
    config.SlidesExporter.extra_template_basedirs = [str(HERE)]
    return SlidesExporter(config=config, template_name="slides")


def page(path: Path, slides: SlidesExporter) -> str:
    """One notebook as a talk."""
    notebook: Any = nbformat.reads(path.read_text("utf-8"), as_version=4)
    for cell in notebook.cells:
        if cell.metadata.get("jupyter", {}).get("source_hidden"):
            cell.source = ""
        for output in cell.get("outputs", []):
            pages.picture(output)
    html, _ = slides.from_notebook_node(notebook, {"metadata": {"name": path.stem}})
    return str(html)
