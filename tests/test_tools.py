"""The tools that run and test lessons: broken lessons are caught, good ones come out the same."""

import copy
import os
import platform
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient.exceptions import CellExecutionError
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from tools import lesson_form as form
from tools import notebooks as tools

ROOT = Path(__file__).resolve().parent.parent


def small_lesson():
    """A lesson in the smallest form: a claim, a figure, a stub with its solution, a table."""
    check = "double_exercise = Exercise('99-double', cases=[((2,), 4)], mistakes={"
    check += (
        "'This adds one to it.': lambda x: x + 1, 'It comes back as it was.': lambda x: x,"
    )
    check += "'This is its negative, doubled.': lambda x: -2 * x})"
    collapsed = {"jupyter": {"source_hidden": True}}
    return new_notebook(
        cells=[
            new_markdown_cell("# A small lesson"),
            new_code_cell(
                "from helpers.session import start\n\nSEED = start(seed=9)\n"
                "import matplotlib.pyplot as plt\nfrom helpers import figures\n"
                "from helpers.claims import claim\nfrom helpers.exercises import Exercise"
            ),
            new_code_cell("claim('99-seed', 'the seed is {value:.0f}', SEED, at_least=9)"),
            new_code_cell("# NBVAL_CHECK_OUTPUT\nprint('a table', 6 * 7)"),
            new_code_cell(
                "fig, ax = plt.subplots()\nax.plot([1, 2], [3, 4])\n"
                "ax.set(xlabel='time (s)', ylabel='height (m)', title='It rises')\n"
                "figures.show(fig, 'A line that rises from three to four meters in a second.')"
            ),
            new_code_cell(check, metadata={"tags": ["check"], **collapsed}),
            new_code_cell("def double(x):\n    ...\n\ndouble_exercise.check(double)"),
            new_code_cell(
                "def solution_double(x):\n    return 2 * x\n\n"
                "double_exercise.check_solution(solution_double)",
                metadata={"tags": ["solution"], **collapsed},
            ),
            new_code_cell("print('the end')"),
        ]
    )


def cell_with(notebook, text):
    return next(cell for cell in notebook.cells if text in cell.source)


def failing_claim(notebook):
    cell_with(
        notebook, "claim('99"
    ).source += "\nclaim('99-no', 'one is {value}', 1, at_least=2)"


def exception(notebook):
    cell_with(notebook, "the end").source = "{}['no such word']"


def wrong_stored_output(notebook):
    cell_with(notebook, "a table").outputs[0].text = "a table 43\n"


def stub_that_breaks_what_follows(notebook):
    cell_with(notebook, "the end").source = "print(double(21) + 1)"


RUNNING_BREAKS = [failing_claim, exception, wrong_stored_output, stub_that_breaks_what_follows]


@pytest.fixture(scope="module")
def executed(tmp_path_factory):
    path = tmp_path_factory.mktemp("lesson") / "99_small.ipynb"
    nbformat.write(small_lesson(), path)
    return tools.execute(path)


def test_nbval_passes_the_good_lesson_and_fails_each_broken_one(executed, tmp_path):
    nbformat.write(executed, tmp_path / "good.ipynb")
    for break_it in RUNNING_BREAKS:
        broken = copy.deepcopy(executed)
        break_it(broken)
        nbformat.write(broken, tmp_path / f"{break_it.__name__}.ipynb")
    options = (
        "--nbval-lax --nbval-current-env --nbval-cell-timeout=60 -q -rf -p no:cacheprovider"
    )
    command = [sys.executable, "-m", "pytest", *options.split(), "--rootdir", str(tmp_path)]
    run = subprocess.run(
        [*command, "-c", os.devnull, "-p", "no:xdist", str(tmp_path)],
        capture_output=True,
        text=True,
    )
    failed = set(re.findall(r"^FAILED .*?(\w+)\.ipynb", run.stdout, re.M))
    assert failed == {break_it.__name__ for break_it in RUNNING_BREAKS}, run.stdout


def test_the_good_lesson_has_the_form(executed):
    for rule in (form.outputs, form.figures, form.cells):
        assert not [text for text in rule(executed) if "words of prose" not in text]
    assert not [text for text in form.exercises(executed) if "has two to four" not in text][1:]


def missing_alt_text(notebook):
    cell = cell_with(notebook, "plt.subplots")
    del cell.outputs[0].metadata["image/png"]["alt"]
    return form.figures, "no alt text"


def solution_binds_a_learners_name(notebook):
    cell = cell_with(notebook, "def solution_double")
    cell.source += "\ndouble = solution_double"
    return form.exercises, "binds the learner's name 'double'"


def stderr_in_a_saved_output(notebook):
    cell_with(notebook, "the end").outputs.append(
        new_output("stream", name="stderr", text="UserWarning: something is old")
    )
    return form.outputs, "stderr"


def saved_error(notebook):
    cell_with(notebook, "the end").outputs.append(
        new_output("error", ename="KeyError", evalue="'x'", traceback=[])
    )
    return form.outputs, "saved an error"


def path_of_one_machine(notebook):
    cell_with(notebook, "the end").outputs[0].text = "saved as /home/someone/model.kv"
    return form.outputs, "path of one machine"


def never_run(notebook):
    cell_with(notebook, "the end").execution_count = None
    return form.outputs, "never run"


def open_solution(notebook):
    cell_with(notebook, "def solution_double").metadata.pop("jupyter")
    return form.exercises, "not collapsed"


def drifted_stub(notebook):
    cell = cell_with(notebook, "def double")
    cell.source = cell.source.replace("double(x):", "double(x, y):")
    return form.exercises, "take other arguments"


def typed_in_result(notebook):
    notebook.cells[0].source += "\n\nThe model reaches 0.87 here."
    return form.prose, "types in a result"


def claim_that_cannot_fail(notebook):
    cell = cell_with(notebook, "claim('99")
    cell.source = cell.source.replace(", at_least=9", "")
    return (lambda notebook: form.claim_rules(notebook, "99")), "no bound"


FORM_BREAKS = [
    missing_alt_text, solution_binds_a_learners_name, stderr_in_a_saved_output, saved_error,
    path_of_one_machine, never_run, open_solution, drifted_stub, typed_in_result,
    claim_that_cannot_fail,
]  # fmt: skip


@pytest.mark.parametrize("break_it", FORM_BREAKS, ids=lambda f: f.__name__)
def test_the_form_test_catches(break_it, executed):
    broken = copy.deepcopy(executed)
    rule, sentence = break_it(broken)
    before = [text for text in rule(executed) if sentence in text]
    after = [text for text in rule(broken) if sentence in text]
    assert not before and after, f"expected {sentence!r} among {list(rule(broken))}"


@pytest.mark.skipif(
    platform.system() != "Linux" or platform.machine() != "x86_64",
    reason="the saved figures were drawn on Linux x86-64; other systems round other pixels",
)
def test_executing_changes_no_byte_where_nothing_changed():
    path = tools.lessons(["01"])[0]
    again = nbformat.writes(tools.execute(path)) + "\n"
    assert again == path.read_text(encoding="utf-8"), (
        "run `make notebooks 01`: its outputs are old"
    )


def test_a_timing_cell_keeps_its_output_until_code_changes(tmp_path):
    path = tmp_path / "99_clock.ipynb"
    clock = new_code_cell(
        "import time\nprint(time.monotonic_ns())", metadata={"tags": ["timing"]}
    )
    nbformat.write(new_notebook(cells=[clock]), path)
    assert tools.save(tools.execute(path), path)
    assert not tools.save(tools.execute(path), path)
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[0].source += "  # changed"
    nbformat.write(notebook, path)
    assert tools.save(tools.execute(path), path)


def test_a_failing_cell_leaves_the_file_as_it_was(tmp_path):
    path = tmp_path / "99_fails.ipynb"
    nbformat.write(new_notebook(cells=[new_code_cell("1 / 0")]), path)
    before = path.read_bytes()
    with pytest.raises(CellExecutionError, match="ZeroDivisionError"):
        tools.execute(path)
    assert path.read_bytes() == before


def test_an_unknown_lesson_is_named():
    with pytest.raises(SystemExit, match="No lesson 77"):
        tools.lessons(["77"])
