"""Whole submissions made of one belief each: the solution, with one function or line replaced."""

from __future__ import annotations

import ast
import inspect
import sys
import textwrap

from wslab.grading import kit
from wslab.grading.beliefs import Belief
from wslab.grading.submission import Submission, read_folder


def solution() -> Submission:
    return read_folder(kit.root() / "solutions")


def wrong_submission(exercise: str, belief: Belief) -> Submission:
    """What somebody would hand in who believes this, and has all the rest right."""
    name = kit.FILES[exercise]
    texts = dict(solution().texts)
    if belief.edits:
        for passage, other in belief.edits:
            assert texts[name].count(passage) == 1, passage
            texts[name] = texts[name].replace(passage, other)
        return Submission(texts)
    # In a function of its own, so that the helpers here do not replace the solution's.
    inside = textwrap.indent(f"{surroundings(belief)}\n{definition(belief)}", "    ")
    belief_in = f"\n\ndef believed():\n{inside}\n    return {belief.function}\n"
    belief_in += f"\n\n{belief.function} = believed()\n"
    # A file that is a program starts with its last lines: the belief has to be there before.
    text, start, end = texts[name].partition('\n\nif __name__ == "__main__":')
    texts[name] = text + belief_in + start + end
    return Submission(texts)


def definition(belief: Belief) -> str:
    """The wrong function, under the name that the exercise asks for."""
    (tree,) = ast.parse(inspect.getsource(belief.wrong)).body
    assert isinstance(tree, ast.FunctionDef)
    tree.decorator_list.clear()
    tree.name = belief.function
    return ast.unparse(tree)


def surroundings(belief: Belief) -> str:
    """What the belief's module has for all of them: imports, constants, helpers."""
    module = inspect.getmodule(belief.wrong)
    assert module
    kept = []
    for node in ast.parse(inspect.getsource(module)).body:
        if isinstance(node, ast.Import):
            kept.append(node)
        elif isinstance(node, ast.ImportFrom):
            if not node.level and (node.module or "").partition(".")[0] in STANDARD:
                kept.append(node)
        elif (isinstance(node, ast.FunctionDef) and not node.decorator_list) or isinstance(
            node, (ast.Assign, ast.AnnAssign)
        ):
            kept.append(node)
    return "\n".join(map(ast.unparse, kept))


STANDARD = sys.stdlib_module_names - {"__future__"}
