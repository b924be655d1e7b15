"""What STYLE asks of a lesson and a machine can check; each rule returns sentences."""

import ast
import json
import re
import statistics
from collections.abc import Iterator
from pathlib import Path

import nbformat
from IPython.core.inputtransformer2 import TransformerManager

NOTEBOOKS = Path(__file__).resolve().parent.parent / "notebooks"
LESSONS = sorted(
    path for path in NOTEBOOKS.glob("[0-9][0-9]_*.ipynb") if ".mine" not in path.name
)
LONGEST_CELL = 20  # lines
LONGEST_PROSE = 140  # words between two code cells; STYLE aims at 60 to 120
WORDS = (900, 2900)  # STYLE aims at 1,000 to 2,700


def tags(cell) -> list[str]:
    return cell.metadata.get("tags", [])


def code_cells(notebook) -> list:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def tree(cell) -> ast.Module:
    return ast.parse(TransformerManager().transform_cell(cell.source))


def bound_names(cell) -> set[str]:
    """Names that a cell binds at its top level, loops and imports included."""
    names = set()

    def visit(node: ast.AST) -> None:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
            return
        if isinstance(
            node, ast.Lambda | ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
        ):
            # their variables stay inside, but a walrus does not
            names.update(n.target.id for n in ast.walk(node) if isinstance(n, ast.NamedExpr))
            return
        if isinstance(node, ast.Import | ast.ImportFrom):
            names.update((a.asname or a.name).split(".")[0] for a in node.names)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        for child in ast.iter_child_nodes(node):
            visit(child)

    visit(tree(cell))
    return names


def words(text: str) -> int:
    text = re.sub(r"(?m)^\|.*$", " ", text)  # a table is looked up, not read
    text = re.sub(r"\$\$.*?\$\$|\$.*?\$|```.*?```|<[^>]+>", " ", text, flags=re.S)
    return len(re.findall(r"[A-Za-z][\w'’-]*", text))


def claims(notebook) -> Iterator[ast.Call]:
    """Every call of `claim(...)` in a notebook."""
    for cell in code_cells(notebook):
        for node in ast.walk(tree(cell)):
            if isinstance(node, ast.Call) and getattr(node.func, "id", None) == "claim":
                yield node


def exercise_names(notebook) -> list[str]:
    found = []
    for cell in code_cells(notebook):
        for node in ast.walk(tree(cell)):
            if isinstance(node, ast.Call) and getattr(node.func, "id", None) == "Exercise":
                found.append(ast.literal_eval(node.args[0]))
    return found


def opening(notebook) -> Iterator[str]:
    first = notebook.cells[0]
    text = first.source
    if first.cell_type != "markdown" or not text.startswith("# "):
        yield "the first cell is no title"
    for what in (
        "**The question.**",
        "**By the end you can**",
        "**Before this.**",
        "**Time.**",
    ):
        if what not in text:
            yield f"the opening lacks {what}"
    codes = code_cells(notebook)
    if codes and not re.search(r"\bstart\(", codes[0].source):
        yield "the first code cell does not call start(...)"
    if re.search(r"^\s*[!%]\s*(pip|conda)", "\n".join(c.source for c in codes), re.M):
        yield "a lesson installs something"


def closing(notebook) -> Iterator[str]:
    text = "\n".join(c.source for c in notebook.cells if c.cell_type == "markdown")
    for heading in ("## What we saw", "## Check yourself"):
        if heading not in text:
            yield f"there is no '{heading}'"
    saw = re.search(r"## What we saw\n(.*?)(?=\n## |\Z)", text, re.S)
    if saw and len(re.findall(r"^- ", saw[1], re.M)) != 3:
        yield "'What we saw' has not three bullets"


def cells(notebook) -> Iterator[str]:
    lengths = []
    for number, cell in enumerate(notebook.cells):
        if cell.cell_type != "code":
            continue
        lines = [line for line in cell.source.splitlines() if line.strip()]
        if len(cell.source.splitlines()) > LONGEST_CELL:
            yield f"code cell {number} has {len(cell.source.splitlines())} lines: {lines[0]!r}"
        if not {"solution", "check"} & set(tags(cell)):
            lengths.append(len(lines))
    if lengths and statistics.median(lengths) > 6:
        yield f"the median code cell has {statistics.median(lengths)} lines; aim at 4"
    count, run = 0, 0
    for number, cell in enumerate(notebook.cells):
        if cell.cell_type == "markdown":
            if "<details>" in cell.source:  # hints and quizzes unfold
                continue
            count += words(cell.source)
            run += words(cell.source)
            if run > LONGEST_PROSE and number > 1:
                yield f"{run} words without a code cell, up to cell {number}"
                run = 0
        else:
            run = 0
    if not WORDS[0] <= count <= WORDS[1]:
        yield f"the lesson has {count} words of prose"


def outputs(notebook) -> Iterator[str]:
    last = 0
    for number, cell in enumerate(notebook.cells):
        if cell.cell_type != "code":
            continue
        if cell.execution_count is None:
            yield f"cell {number} was never run"
        elif cell.execution_count != last + 1:
            yield f"cell {number} was not run in order"
        last = cell.execution_count or last
        if "execution" in cell.metadata:
            yield f"cell {number} carries timing metadata"
        for output in cell.outputs:
            text = json.dumps(output)
            if output.output_type == "error":
                yield f"cell {number} saved an error"
            if output.get("name") == "stderr":
                yield f"cell {number} saved a line of stderr: {output.text.strip()[:60]!r}"
            if re.search(r"(/home/|/root/|/work/|/tmp/|/Users/|[A-Z]:\\\\)", text):
                yield f"cell {number} saved a path of one machine"
            if "widget-view" in text:
                yield f"cell {number} saved a widget"
            if re.search(r"\d+%\|", text):
                yield f"cell {number} saved a progress bar"
    if "widgets" in notebook.metadata:
        yield "the notebook carries widget state"
    if notebook.nbformat_minor < 5 or not all("id" in cell for cell in notebook.cells):
        yield "cells have no ids"


def figures(notebook) -> Iterator[str]:
    for number, cell in enumerate(code_cells(notebook)):
        for output in cell.outputs:
            if "image/png" in output.get("data", {}):
                alt = output.metadata.get("image/png", {}).get("alt", "")
                words_too = any(
                    alt in o.get("data", {}).get("text/plain", "") for o in cell.outputs
                )
                if len(alt.split()) < 8 or not words_too:
                    yield f"a figure of code cell {number} has no alt text: use figures.show"
    text = "\n".join(c.source for c in notebook.cells if c.cell_type == "markdown")
    for alt in re.findall(r"!\[(.*?)\]\(", text):
        if len(alt.split()) < 4:
            yield f"an image in the prose has the alt text {alt!r}"


def prose(notebook) -> Iterator[str]:
    """Numbers that a run measures are printed by code; prose has them only with a citation."""
    for number, cell in enumerate(notebook.cells):
        if cell.cell_type != "markdown":
            continue
        for sentence in re.split(r"(?<=[.!?])\s", cell.source):
            measured = re.search(
                r"(?<![\w.])[-−+]?[01]?\.\d{2,}(?![\w])|\d+(\.\d+)?\s?%", sentence
            )
            plain = re.sub(r"\$.*?\$|`.*?`", "", sentence, flags=re.S)
            if (
                measured
                and measured[0] in plain
                and not re.search(r"\b(19|20)\d\d\b", sentence)
            ):
                yield f"cell {number} types in a result: {sentence.strip()[:90]!r}"


def exercises(notebook) -> Iterator[str]:
    names = exercise_names(notebook)
    solutions = [cell for cell in code_cells(notebook) if "solution" in tags(cell)]
    checks = [cell for cell in code_cells(notebook) if "check" in tags(cell)]
    others = [c for c in code_cells(notebook) if "solution" not in tags(c)]
    expected = names + re.findall(r"\bpretest\(\)", "".join(c.source for c in others))[:1]
    if len(solutions) != len(expected):
        yield f"{len(expected)} exercises, {len(solutions)} cells tagged 'solution'"
    if not 2 <= len(expected) <= 4:
        yield f"{len(expected)} exercises; a lesson has two to four"
    for cell in (*solutions, *checks):
        if not cell.metadata.get("jupyter", {}).get("source_hidden"):
            yield f"not collapsed: {cell.source.splitlines()[0]!r}"
    learners = set().union(*(bound_names(cell) for cell in others)) if others else set()
    for cell in solutions:
        if "check_solution(" not in cell.source:
            yield f"a solution is not checked: {cell.source.splitlines()[0]!r}"
        for name in sorted(bound_names(cell)):
            if name in learners:
                yield f"a solution binds the learner's name {name!r}"
            elif not name.startswith("solution"):
                yield f"a solution binds {name!r}: call it solution_{name}"
    signatures = {
        node.name: ast.unparse(node.args)
        for cell in code_cells(notebook)
        for node in tree(cell).body
        if isinstance(node, ast.FunctionDef)
    }
    for name, arguments in signatures.items():
        stub = name.removeprefix("solution_")
        if stub != name and signatures.get(stub, arguments) != arguments:
            yield f"the stub {stub} and its solution take other arguments"
    text = "\n".join(c.source for c in notebook.cells if c.cell_type == "markdown")
    hints = len(re.findall(r"<summary>(?:<b>)?Hint", text))
    if hints < len(names):
        yield f"{len(names)} exercises, {hints} hints"


def quizzes(notebook) -> Iterator[str]:
    cells = [
        cell.source
        for cell in notebook.cells
        if cell.cell_type == "markdown"
        and re.search(r"^\*\*Question \d+\.\*\*", cell.source, re.M)
    ]
    questions = [
        q for source in cells for q in re.split(r"(?m)^(?=\*\*Question \d+\.\*\*)", source)[1:]
    ]
    if not 2 <= len(questions) <= 6:
        yield f"{len(questions)} quiz questions; a lesson has two to four"
    for question in questions:
        title = question.splitlines()[0][:60]
        choices = re.findall(
            r"<details>\s*<summary>(.*?)</summary>(.*?)</details>", question, re.S
        )
        if len(choices) < 3:
            yield f"{title!r} has {len(choices)} choices that unfold"
        right = [text for _, text in choices if text.strip().startswith("**Right.**")]
        if len(right) != 1:
            yield f"{title!r} has {len(right)} answers that say **Right.**"
        for choice, text in choices:
            if not re.match(r"\*\*(Right|No)\.\*\*", text.strip()):
                yield f"choice {choice!r} says neither **Right.** nor **No.**"
            if words(text) < 6:
                yield f"choice {choice!r} is not explained"


def claim_rules(notebook, number: str) -> Iterator[str]:
    names = []
    for call in claims(notebook):
        name = ast.literal_eval(call.args[0])
        names.append(name)
        if not name.startswith(f"{number}-"):
            yield f"claim {name!r} does not start with {number}-"
        if not {"at_least", "at_most"} & {k.arg for k in call.keywords}:
            yield f"claim {name!r} has no bound"
        if isinstance(call.args[2], ast.Constant):
            yield f"claim {name!r} has a value that was typed in"
    if not names:
        yield "the lesson claims nothing"
    for name in {name for name in names if names.count(name) > 1}:
        yield f"claim {name!r} stands twice"


def complaints(path: Path) -> list[str]:
    """Everything that is wrong with the form of one lesson."""
    notebook = nbformat.read(path, as_version=4)
    rules = (opening, closing, cells, outputs, figures, prose, exercises, quizzes)
    found = [sentence for rule in rules for sentence in rule(notebook)]
    return [*found, *claim_rules(notebook, path.name[:2])]
