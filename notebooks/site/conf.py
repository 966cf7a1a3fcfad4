"""How Sphinx shows the course. It executes nothing and loads nothing from elsewhere."""

from __future__ import annotations

import builtins
import re
from typing import Any

from sphinx import addnodes
from sphinx.ext.napoleon import Config, GoogleDocstring

project = "wslab"
author = "The wslab authors"
copyright = "The wslab authors, MIT licence"
language = "en"

extensions = ["myst_nb", "sphinx.ext.autodoc"]
html_theme = "furo"
html_title = "wslab"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_copy_source = False
html_domain_indices = False
html_use_index = False
html_show_sphinx = False
html_theme_options = {"footer_icons": []}

# Notebooks: what is stored is what is shown.
nb_execution_mode = "off"
nb_ipywidgets_js: dict[str, object] = {}  # they would come from a server
nb_merge_streams = True
nb_number_source_lines = False
myst_heading_anchors = 3
myst_enable_extensions: set[str] = set()  # no formulas, so no MathJax

# The reference.
autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
suppress_warnings = ["ref.python"]  # two modules may have a class of the same name


def docstring(app: Any, what: str, name: str, thing: Any, options: Any, lines: list[str]) -> None:
    """Google's sections; and an indented block after a blank line is code or a drawing."""
    if lines and lines[0].startswith("Alias for field number"):
        lines.clear()  # what Python says of a NamedTuple's fields; name and type say more
    text = "\n".join(lines)
    lines[:] = re.sub(r"(?m)^(\S.*)\n\n(?=    +\S)", r"\1\n\n::\n\n", text).split("\n")
    if what not in ("attribute", "data", "property"):  # theirs is one sentence, with any colons
        lines[:] = str(GoogleDocstring(lines, Config(), app, what, name, thing, options)).split(
            "\n"
        )


def leave_builtins(app: Any, doctree: Any) -> None:
    """``bytes`` in a signature is Python's own, not a field of ours with the same name."""
    for reference in list(doctree.findall(addnodes.pending_xref)):
        if reference.get("reftarget") in vars(builtins):
            reference.replace_self(reference.children)


def setup(app: Any) -> None:
    """What Sphinx calls at the start."""
    app.connect("autodoc-process-docstring", docstring)
    app.connect("doctree-read", leave_builtins)
