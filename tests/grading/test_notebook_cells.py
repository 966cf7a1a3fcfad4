"""A notebook's cells, read as IPython reads them, by IPython's own transformer."""

from __future__ import annotations

import ast
import contextlib
import itertools
import random
from typing import Any

import pytest

from tests.support.visit import missing
from wslab.grading import execute

PIECES = [
    "x = 1\n", "y = (7\n% 2)\n", "z = 7 \\\n  % 2\n", "%matplotlib inline\n", "%time a = 2\n",
    "!ls -l it's\n",
    "files = !ls\n", "n = %pwd\n", "print?\n", "?print\n", "x.real??\n", "!!date\n",
    "for n in [1]:\n    %time\n    !echo {n}\n", "if x:\n    y = '%s' % 3\n", "# what? !ls\n",
    's = """\n%not a magic\n!nor this\n"""\n', "t = '''it's? \"'''\n", "u = 'a\\'b!' + \"#\"\n",
    "%%not_at_the_top\n",
    "!echo a \\\n  b \\\n  c\n",
    "def f(a,\n      b=3): # why?\n    return a % b\n",
    "%cd ..\\\n/tmp\n", "v = r'\\d' 'x'\n", "w = x != 2\n",
]  # fmt: skip


def plain_of(code: str) -> str:
    """What is left of IPython's result when its magics do nothing."""

    class Nothing(ast.NodeTransformer):
        def visit_Expr(self, node: ast.Expr) -> Any:
            return ast.Pass() if "get_ipython" in ast.dump(node) else node

        def visit_Assign(self, node: ast.Assign) -> Any:
            value = ast.dump(node.value)
            if "get_ipython" in value:
                node.value = (
                    ast.List([], ast.Load()) if "getoutput" in value else ast.Constant(None)
                )
            return node

    return ast.dump(Nothing().visit(ast.parse(code)))


def cells() -> list[str]:
    chance = random.Random("cells")
    mixed = ["".join(chance.sample(PIECES, 5)) for _ in range(60)]
    return [*PIECES, *map("".join, itertools.permutations(PIECES[1:12], 2)), *mixed]


def test_each_cell_is_the_python_that_ipython_makes_of_it() -> None:
    try:
        from IPython.core.inputtransformer2 import TransformerManager
    except ImportError:
        missing("IPython is not installed")
    seen = 0
    for cell in cells():
        if cell.lstrip().startswith("%%"):
            continue  # a cell for another program: tests/grading/test_handed_in.py
        theirs = TransformerManager().transform_cell(cell)
        try:
            wanted = plain_of(theirs)
        except SyntaxError:
            continue
        # "%time STATEMENT" runs the statement, in both; and so ours has it as it is.
        ours = execute.plain(cell).replace("a = 2\n", "pass\n")
        assert ast.dump(ast.parse(ours)) == wanted, cell
        assert ours.count("\n") == cell.count("\n"), "or lines would have other numbers"
        seen += 1
    assert seen > 150


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "text",
    ["\n" * 400_000, " " * 60_000, "%%time\n" * 3_000, "?" * 40_000, '\\"""' * 40_000,
     "(" * 60_000,
     "'" * 60_001, "x = !ls\\\n" * 50_000, "---" * 40_000, "async\n" * 40_000, "\\\n" * 40_000,
     "%%time" + " " * 60_000, "def " * 40_000, "\t\f" * 60_000, ">>> " * 40_000],
    ids=lambda text: ascii(text[:12]),
)  # fmt: skip
def test_any_text_takes_linear_time(text: str) -> None:
    for cell in (text, f"x\n{text}", f"!\n{text}\n!"):
        with contextlib.suppress(SyntaxError):  # a cell for another program
            execute.plain(cell)
