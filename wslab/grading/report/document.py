"""An HTML document that stands alone: no script, no address, nothing to load, light or dark."""

from __future__ import annotations

from html import escape

from ...views.columns import printable

_STYLE = """
:root { color-scheme: light dark; --line: #8888; --soft: #8882 }
html { background: Canvas; color: CanvasText }
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem }
h1, h2, li, td { overflow-wrap: anywhere }
h1 { font-size: 1.6rem } h2 { font-size: 1.2rem; margin: 2rem 0 .5rem }
table { border-collapse: collapse; table-layout: fixed; width: 100% }
th:first-child { width: 4.5rem } th.points { width: 4rem }
th, td { border-bottom: 1px solid var(--line); padding: .3rem .6rem; text-align: left;
         vertical-align: top }
td.points, th.points { text-align: right; white-space: nowrap }
pre { background: var(--soft); margin: .4rem 0 0; overflow-x: auto; padding: .5rem;
      font-size: .85rem; line-height: 1.35 }
.state { border: 1px solid #000; border-radius: .3rem; color: #000; padding: 0 .4rem;
         white-space: nowrap }
.passed { background: #5FCBA8 } .failed { background: #F29256 } .missing { background: #F0E442 }
.waiting { background: #BFC5D6 } .fault { background: #DDA1C4 }
.total { font-size: 1.2rem } .small { font-size: .85rem }
img { background: #fff; max-width: 100% }
@media print { body { margin: 0; max-width: none } tr { break-inside: avoid } }
"""

# The browser keeps the promise even if we should fail to: nothing is loaded, nothing runs.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def document(title: str, body: str) -> bytes:
    """A whole page in UTF-8; ``body`` is HTML, ``title`` is text."""
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width">\n'
        '<meta name="referrer" content="no-referrer">\n'
        f"<title>{safe(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
        f"<main>\n{body}</main>\n</body>\n</html>\n"
    ).encode()


def safe(text: str) -> str:
    r"""Text as HTML: no tag, no quote; and nothing that turns the reading direction around.

    >>> safe("<b>\u202e")
    '&lt;b&gt;\\u202e'
    """
    return escape("\n".join(map(printable, text.split("\n"))))
