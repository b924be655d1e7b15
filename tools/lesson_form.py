"""What STYLE asks of a lesson and a machine can check; each rule returns sentences."""

import ast
import json
import re
import statistics
from collections.abc import Iterable, Iterator
from pathlib import Path

import nbformat
from IPython.core.inputtransformer2 import TransformerManager
from nbformat import NotebookNode

from helpers.settings import NOTEBOOKS, ROOT

# No kept version, no "-Copy1": their names have a dot, a capital letter or a hyphen.
LESSON_NAME = re.compile(r"\d\d_[a-z0-9_]+\.ipynb")
ANSWERS = ROOT / "tests" / "answers"
EXAMPLE = "example"  # so begins the name of a claim that only shows what a claim is
LONGEST_CELL = 20  # lines
LONGEST_CHECK = 80  # lines of a collapsed cell: an exercise with hidden cases and mistakes
LONGEST_PROSE = 140  # words between two code cells; STYLE aims at 60 to 120
WORDS = (900, 2900)  # STYLE aims at 1,000 to 2,700
# What the first line of a collapsed cell says, and an example: JupyterLab goes on showing it.
OPENINGS = {
    "check": (
        r"# Checks? of .+: nothing to do here",
        "# Check of exercise 1.1: nothing to do here",
    ),
    "solution": (
        r"# Solutions? of .+: click to unfold",
        "# Solution of exercise 1.1: click to unfold",
    ),
    "draw": (r"# Draws? .+", "# Draws the figure below"),
    "claim": (r"# .+", "# Checks what the figure says"),
}
ANY_OPENING = (r"# .+", "# Prepares the figure below")
SETUP_TAG = "colab"  # on the cell that finds the course; `tools/set_first_cell.py` writes it
HIDDEN_TAG = "hide-cell"  # Jupyter Book's key; the others are JupyterLab's and Colab's
QUESTION = re.compile(r"\*\*Question \d+\.\*\*")
READS_FULL_DATA = re.compile(r"\bopinions\(\)|load\(\s*[\"'](opinions|imdb)")


def is_lesson(path: Path) -> bool:
    """Whether a file is a lesson of the course, and no copy, kept version or learner's own."""
    return path.parent == NOTEBOOKS and LESSON_NAME.fullmatch(path.name) is not None


def find_lessons() -> list[Path]:
    """Return all lessons in their order."""
    return sorted(path for path in NOTEBOOKS.glob("*.ipynb") if is_lesson(path))


LESSONS = find_lessons()


# ---- Reading a notebook


def tags(cell: NotebookNode) -> list[str]:
    """Return the tags of a cell."""
    return cell.metadata.get("tags", [])


def code_cells(notebook: NotebookNode) -> list[NotebookNode]:
    """Return the code cells of a notebook."""
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def code_of(notebook: NotebookNode) -> str:
    """Return all code of a lesson but for the cell that finds the course, as one text."""
    cells = [cell for cell in code_cells(notebook) if SETUP_TAG not in tags(cell)]
    return "\0".join(cell.source for cell in cells)


def prose_of(notebook: NotebookNode) -> str:
    """Return all Markdown of a notebook."""
    return "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


def first_line(cell: NotebookNode) -> str:
    """Return the first line of a cell, the one that stays in view when it is collapsed."""
    return (cell.source.splitlines() or [""])[0]


def tree(cell: NotebookNode) -> ast.Module:
    """Parse a code cell, magics included."""
    return ast.parse(TransformerManager().transform_cell(cell.source))


def collapsed_as(cell: NotebookNode) -> str | None:
    """Return the tag for which a cell has to be collapsed."""
    return next((tag for tag in tags(cell) if tag in OPENINGS), None)


def is_collapsed(cell: NotebookNode) -> bool:
    """Whether JupyterLab shows no more of a cell than its first line."""
    return bool(cell.metadata.get("jupyter", {}).get("source_hidden"))


def reads_full_data(notebook: NotebookNode) -> bool:
    """Whether a lesson learns from IMDB once it has been downloaded."""
    return any(READS_FULL_DATA.search(cell.source) for cell in code_cells(notebook))


def bound_names(cell: NotebookNode) -> set[str]:
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
    """Count the words that are read one after the other."""
    text = re.sub(r"(?m)^\|.*$", " ", text)  # a table is looked up, not read
    text = re.sub(r"(?m)^- .+ \(\d{4}\)\. \[.*$", " ", text)  # so is a list of papers
    text = re.sub(r"\$\$.*?\$\$|\$.*?\$|```.*?```|<[^>]+>", " ", text, flags=re.S)
    return len(re.findall(r"[A-Za-z][\w'’-]*", text))


def calls(cells: Iterable[NotebookNode], *functions: str) -> Iterator[ast.Call]:
    """Return every call of one of the functions, also as `module.function(...)`."""
    for cell in cells:
        for node in ast.walk(tree(cell)):
            if isinstance(node, ast.Call):
                name = getattr(node.func, "id", getattr(node.func, "attr", None))
                if name in functions:
                    yield node


def claims(notebook: NotebookNode) -> Iterator[ast.Call]:
    """Return every call of `claim(...)` and `exact(...)`, mere examples aside."""
    for call in calls(code_cells(notebook), "claim", "exact"):
        if not claim_name(call).startswith(EXAMPLE):
            yield call


def function_name(call: ast.Call) -> str:
    """Return the name of the function that is called, without its module."""
    return ast.unparse(call.func).split(".")[-1]


def argument(call: ast.Call, place: int, name: str) -> ast.expr | None:
    """Return what a call hands over at a place or by name."""
    if len(call.args) > place:
        return call.args[place]
    return next((k.value for k in call.keywords if k.arg == name), None)


def exercise_names(notebook: NotebookNode) -> list[str]:
    """Return the names of all exercises of a lesson."""
    found = []
    for call in calls(code_cells(notebook), "Exercise"):
        name = argument(call, 0, "name")
        found.append(ast.literal_eval(name) if name is not None else "")
    return found


def claim_names(notebook: NotebookNode) -> list[str]:
    """Return the names of all claims and identities of a lesson."""
    return [claim_name(call) for call in claims(notebook)]


def lines_beside_claims(cell: NotebookNode) -> int:
    """Count the lines of a cell; a claim is one sentence, however many lines it takes."""
    count = sum(bool(line.strip()) for line in cell.source.splitlines())
    for statement in tree(cell).body:
        call = getattr(statement, "value", None)
        if isinstance(call, ast.Call) and function_name(call) in ("claim", "exact"):
            count -= (statement.end_lineno or statement.lineno) - statement.lineno + 1
    return count


def claim_name(call: ast.Call) -> str:
    """Return the name of a claim, empty if it is computed."""
    name = argument(call, 0, "name")
    return str(name.value) if isinstance(name, ast.Constant) else ""


def saved_numbers(notebook: NotebookNode) -> dict[str, dict[str, float]]:
    """Return the numbers that each claim of the last saved run measured."""
    found = {}
    for cell in code_cells(notebook):
        for output in cell.outputs:
            said = output.get("metadata", {}).get("claim")
            if said:
                found[said["name"]] = dict(said["numbers"])
    return found


# ---- From the first cell to the last


def check_opening(notebook: NotebookNode) -> Iterator[str]:
    """Demand a title, the question, the aims, and a first cell that sets seeds."""
    first = notebook.cells[0]
    if first.cell_type != "markdown" or not first.source.startswith("# "):
        yield "the first cell is no title"
    for what in (
        "**The question.**",
        "**By the end you can**",
        "**Before this.**",
        "**Time.**",
    ):
        if what not in first.source:
            yield f"the opening lacks {what}"
    codes = code_cells(notebook)
    if not any(calls(codes[:2], "start")):  # before it: find the course
        yield "neither of the first two code cells calls start(...)"
    if re.search(r"^\s*[!%]\s*(pip|conda)", "\n".join(cell.source for cell in codes), re.M):
        yield "a lesson installs something"


def check_closing(notebook: NotebookNode) -> Iterator[str]:
    """Demand three bullets, a quiz, and a last cell that adds up claims."""
    text = prose_of(notebook)
    for heading in ("## What we saw", "## Check yourself"):
        if heading not in text:
            yield f"there is no '{heading}'"
    saw = re.search(r"## What we saw\n(.*?)(?=\n## |\Z)", text, re.S)
    if saw and len(re.findall(r"^- ", saw[1], re.M)) != 3:
        yield "'What we saw' has not three bullets"
    codes = code_cells(notebook)
    if not any(calls(codes[-1:], "finish")):
        yield "the last code cell does not call finish()"


def check_cell_lengths(notebook: NotebookNode) -> Iterator[str]:
    """Demand short code cells."""
    lengths = []
    for number, cell in enumerate(notebook.cells):
        if cell.cell_type != "code" or SETUP_TAG in tags(cell):
            continue
        count = len(cell.source.splitlines())
        if count > (LONGEST_CHECK if is_collapsed(cell) else LONGEST_CELL):
            yield f"code cell {number} has {count} lines: {first_line(cell)!r}"
        length = lines_beside_claims(cell)
        if length and not is_collapsed(cell):
            lengths.append(length)
    if lengths and statistics.median(lengths) > 6:
        yield f"the median code cell has {statistics.median(lengths)} lines; aim at 4"


def check_amount_of_prose(notebook: NotebookNode) -> Iterator[str]:
    """Demand neither too much nor too little prose, and code in between."""
    count, run = 0, 0
    for number, cell in enumerate(notebook.cells):
        if cell.cell_type != "markdown":
            run = 0
            continue
        if "<details>" in cell.source or QUESTION.match(cell.source):  # hints, quizzes
            continue
        count += words(cell.source)
        run += words(cell.source)
        if run > LONGEST_PROSE and number > 1:
            yield f"{run} words without a code cell, up to cell {number}"
            run = 0
    if not WORDS[0] <= count <= WORDS[1]:
        yield f"the lesson has {count} words of prose"


def check_prose(notebook: NotebookNode) -> Iterator[str]:
    """Demand that code prints what a run measures; prose has numbers with a citation only."""
    for number, cell in enumerate(notebook.cells):
        if cell.cell_type != "markdown":
            continue
        for sentence in re.split(r"(?<=[.!?])\s", cell.source):
            measured = re.search(
                r"(?<![\w.])[-−+]?[01]?\.\d{2,}(?![\w])|\d+(\.\d+)?\s?%", sentence
            )
            if measured is None or re.search(r"\b(19|20)\d\d\b", sentence):
                continue
            if measured[0] in re.sub(r"\$.*?\$|`.*?`", "", sentence, flags=re.S):
                yield f"cell {number} types in a result: {sentence.strip()[:90]!r}"


# ---- What is saved with it


def check_execution(notebook: NotebookNode) -> Iterator[str]:
    """Demand that the lesson was saved after one run from top to bottom."""
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
    if "widgets" in notebook.metadata:
        yield "the notebook carries widget state"
    if notebook.nbformat_minor < 5 or not all("id" in cell for cell in notebook.cells):
        yield "cells have no ids"


def check_outputs(notebook: NotebookNode) -> Iterator[str]:
    """Demand outputs that any machine could have saved."""
    for number, cell in enumerate(notebook.cells):
        for output in cell.get("outputs", []):
            for problem in problems_of_output(output):
                yield f"cell {number} saved {problem}"


def problems_of_output(output: NotebookNode) -> Iterator[str]:
    """Return what should not have been saved."""
    text = json.dumps(output)
    if output.output_type == "error":
        yield "an error"
    if output.get("name") == "stderr":
        yield f"a line of stderr: {output.text.strip()[:60]!r}"
    if re.search(r"(/home/|/root/|/work/|/tmp/|/Users/|[A-Z]:\\\\)", text):
        yield "a path of one machine"
    if "widget-view" in text:
        yield "a widget"
    if re.search(r"\d+%\|", text):
        yield "a progress bar"


def check_figures(notebook: NotebookNode) -> Iterator[str]:
    """Demand that every picture is described in words."""
    for number, cell in enumerate(code_cells(notebook)):
        said = [output.get("data", {}).get("text/plain", "") for output in cell.outputs]
        for output in cell.outputs:
            if "image/png" not in output.get("data", {}):
                continue
            alt = output.metadata.get("image/png", {}).get("alt", "")
            if len(alt.split()) < 8 or not any(alt in text for text in said):
                yield f"a figure of code cell {number} has no alt text: use figures.show"
    for alt in re.findall(r"!\[(.*?)\]\(", prose_of(notebook)):
        if len(alt.split()) < 4:
            yield f"an image in the prose has the alt text {alt!r}"


# ---- Exercises and quizzes


def check_collapsed_cells(notebook: NotebookNode) -> Iterator[str]:
    """Demand that plumbing is collapsed everywhere, behind a line that gives nothing away."""
    for cell in code_cells(notebook):
        kind = collapsed_as(cell)
        if kind is None and not is_collapsed(cell):
            continue
        line = first_line(cell)
        pattern, example = OPENINGS.get(kind or "", ANY_OPENING)
        if not re.fullmatch(pattern, line):
            yield f"a collapsed cell opens with {line!r}; say for instance {example!r}"
        if not is_collapsed(cell):
            yield f"not collapsed in JupyterLab: {line!r}"
        if cell.metadata.get("cellView") != "form":
            yield f"not collapsed in Colab: {line!r}"
        if HIDDEN_TAG not in tags(cell):
            yield f"not collapsed in Jupyter Book: {line!r}"


def check_exercises(notebook: NotebookNode) -> Iterator[str]:
    """Demand two to four exercises, each with a solution and a hint."""
    names = exercise_names(notebook)
    solutions = [cell for cell in code_cells(notebook) if "solution" in tags(cell)]
    others = [cell for cell in code_cells(notebook) if "solution" not in tags(cell)]
    pretest = any(re.search(r"\bpretest\(\)", cell.source) for cell in others)
    if len(solutions) != len(names):  # the pre-test shows none: it is asked again at the end
        yield f"{len(names)} exercises, {len(solutions)} cells tagged 'solution'"
    if not 2 <= len(names) + pretest <= 4:
        yield f"{len(names) + pretest} exercises; a lesson has two to four"
    hints = len(re.findall(r"<summary>(?:<b>)?Hint", prose_of(notebook)))
    if hints < len(names):
        yield f"{len(names)} exercises, {hints} hints"


def check_solutions(notebook: NotebookNode) -> Iterator[str]:
    """Demand that a solution is checked and never replaces what the learner wrote."""
    learners: set[str] = set()
    for cell in code_cells(notebook):
        if "solution" not in tags(cell):
            learners |= bound_names(cell)
    for cell in code_cells(notebook):
        if "solution" not in tags(cell):
            continue
        if "check_solution(" not in cell.source:
            yield f"a solution is not checked: {first_line(cell)!r}"
        for name in sorted(bound_names(cell)):
            if name in learners:
                yield f"a solution binds the learner's name {name!r}"
            elif not name.startswith("solution"):
                yield f"a solution binds {name!r}: call it solution_{name}"


def check_stubs(notebook: NotebookNode) -> Iterator[str]:
    """Demand that a stub takes the arguments of its solution."""
    signatures = {}
    for cell in code_cells(notebook):
        for node in tree(cell).body:
            if isinstance(node, ast.FunctionDef):
                signatures[node.name] = ast.unparse(node.args)
    for name, arguments in signatures.items():
        stub = name.removeprefix("solution_")
        if stub != name and signatures.get(stub, arguments) != arguments:
            yield f"the stub {stub} and its solution take other arguments"


def check_answers(notebook: NotebookNode, number: str, answers: Path) -> Iterator[str]:
    """Demand that the tests try right and wrong answers to each exercise."""
    names = exercise_names(notebook)
    path = answers / f"lesson_{number}.py"
    tried = path.read_text(encoding="utf-8") if path.exists() else ""
    for name in names:
        if tried.count(f'"{name}"') < 2:  # one under ACCEPTED, one under WRONG
            yield f"exercise {name!r} has no ACCEPTED and WRONG answers in {path.name}"


def check_quizzes(notebook: NotebookNode) -> Iterator[str]:
    """Demand two to four questions at the end."""
    quiz = prose_of(notebook).partition("## Check yourself")[
        2
    ]  # the pre-test explains nothing
    questions = re.split(rf"(?m)^(?={QUESTION.pattern})", quiz)[1:]
    if not 2 <= len(questions) <= 6:
        yield f"{len(questions)} quiz questions; a lesson has two to four"
    for question in questions:
        yield from check_question(question)


def check_question(question: str) -> Iterator[str]:
    """Demand three choices or more, one of them right, each explained."""
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


# ---- Claims


# Beside the name, the sentence and the value; any other is a number that was measured as well.
KEYWORDS_OF_CLAIMS = frozenset(
    ("at_least", "at_most", "versus", "by", "within", "full", "given", "equals")
)


def number_of(node: ast.expr) -> float | dict:
    """Return a number that is written down, such as `-0.5` or `1 / 6`, or a dict of them.

    Raises
    ------
    ValueError
        If it depends on anything that is computed.
    """
    if isinstance(node, ast.Dict):
        keys = [ast.literal_eval(key) for key in node.keys if key is not None]
        return dict(zip(keys, map(number_of, node.values), strict=True))
    arithmetic = (ast.Constant, ast.UnaryOp, ast.BinOp, ast.operator, ast.unaryop)
    if not all(isinstance(part, arithmetic) for part in ast.walk(node)):
        raise ValueError(f"{ast.unparse(node)} is not a number that was written down")
    return eval(compile(ast.Expression(node), "<bound>", "eval"), {})  # constants only


def is_written_down(node: ast.expr) -> bool:
    """Whether a number, or a dict of numbers, stands there itself."""
    try:
        number_of(node)
    except (ValueError, TypeError):
        return False
    return True


def bounds_of(call: ast.Call) -> Iterator[tuple[str, ast.expr]]:
    """Return each bound in a call of `claim`, those of `bounded(...)` in it too."""
    for keyword in call.keywords:
        if keyword.arg in ("at_least", "at_most", "by", "within", "full"):
            yield keyword.arg, keyword.value
        elif isinstance(keyword.value, ast.Call):
            yield from bounds_of(keyword.value)


def check_claims(notebook: NotebookNode, number: str) -> Iterator[str]:
    """Demand that claims have names of their own and can fail."""
    names = claim_names(notebook)
    if not names:
        yield "the lesson claims nothing"
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"claim {name!r} is made twice"
    whole_lines = set()
    for cell in code_cells(notebook):
        for statement in tree(cell).body:
            call = getattr(statement, "value", None)
            if isinstance(call, ast.Call):
                whole_lines.add(ast.dump(call))
    for call in claims(notebook):
        name = claim_name(call)
        if ast.dump(call) not in whole_lines:
            yield f"claim {name!r} is made in a loop or a function: make it once, outside"
        if not name.startswith(f"{number}-"):
            yield f"claim {name!r} does not start with {number}-"
        for problem in problems_of_claim(call):
            yield f"claim {name!r} {problem}"


def problems_of_claim(call: ast.Call) -> Iterator[str]:
    """Return what is wrong with one call of `claim` or `exact`."""
    sentence = argument(call, 1, "sentence")
    if not isinstance(sentence, ast.Constant) or not isinstance(sentence.value, str):
        yield "has its sentence elsewhere: write it into the call"
    value = argument(call, 2, "value")
    if value is None or is_written_down(value):
        yield "has a value that was typed in"
    for keyword in call.keywords:
        number = keyword.value
        if keyword.arg not in KEYWORDS_OF_CLAIMS and not isinstance(number, ast.Call):
            yield f"hands over {keyword.arg} by name: write bounded(...) into the call"
        elif isinstance(number, ast.Call) and number.args and is_written_down(number.args[0]):
            yield f"has a number that was typed in: {ast.unparse(number)}"
    for word, bound in bounds_of(call):
        if not is_written_down(bound):
            yield f"computes {word}={ast.unparse(bound)}: write down a number"
    if function_name(call) == "claim":
        yield from problems_of_bounds(call, sentence)


def problems_of_bounds(call: ast.Call, sentence: ast.expr | None) -> Iterator[str]:
    """Return how one call of `claim` evades being checked."""
    said = getattr(sentence, "value", "")
    if isinstance(said, str) and not re.search(r"\{value[:.}!]", said):
        yield "does not say {value}"
    given = {keyword.arg for keyword in call.keywords}
    if not given & {"at_least", "at_most", "versus"}:
        yield "has no bound"
    if "versus" in given and not given & {"by", "within"}:
        yield "compares, but says neither by= nor within="


# ---- All together

RULES = (
    check_opening,
    check_closing,
    check_cell_lengths,
    check_amount_of_prose,
    check_prose,
    check_execution,
    check_outputs,
    check_figures,
    check_collapsed_cells,
    check_exercises,
    check_solutions,
    check_stubs,
    check_quizzes,
)


def complaints_about(
    notebook: NotebookNode, number: str, answers: Path = ANSWERS
) -> list[str]:
    """Return everything that is wrong with the form of a notebook as lesson `number`."""
    found = [sentence for rule in RULES for sentence in rule(notebook)]
    found += check_answers(notebook, number, answers)
    return [*found, *check_claims(notebook, number)]


def complaints(path: Path) -> list[str]:
    """Return everything that is wrong with the form of one lesson."""
    return complaints_about(nbformat.read(path, as_version=4), path.name[:2])
