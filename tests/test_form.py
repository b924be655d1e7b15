"""Every lesson has the form that STYLE asks for, and the ledger of claims covers them all."""

import ast
import copy
import json
from collections import Counter
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_output

from helpers import claims
from helpers.claims import ledger
from tools import lesson_form as form
from tools.lesson_form import LESSONS
from tools.notebooks import beyond_the_ledger, reads_imdb

DATA = ("bundled", "full")
SEEDS = 10  # on how many seeds a claim is tried before it is made
GOOD = Path(__file__).resolve().parent / "broken_notebooks" / "good.ipynb"


def read(path):
    return nbformat.read(path, as_version=4)


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_form(path):
    found = form.complaints(path)
    assert not found, "\n".join(found)


def test_names_are_unique_in_the_course():
    claim_names, exercise_names = [], []
    for path in LESSONS:
        claim_names += form.claim_names(read(path))
        exercise_names += form.exercise_names(read(path))
    for names in (claim_names, exercise_names):
        assert [name for name, count in Counter(names).items() if count > 1] == []


# ---- The ledger


def literal(node):
    """Return what stands in the code; 0 for what only a run can know."""
    try:
        return form.number_of(node)
    except (ValueError, TypeError):
        return 0.0


def rehearse(call, folder):
    """Make a claim of a lesson with numbers out of thin air; return its row in the log.

    Names, bounds and the sentence are the lesson's. What it measures does not matter here.
    """
    name, sentence = form.claim_name(call), form.argument(call, 1, "sentence").value
    log = folder / "log.jsonl"
    log.unlink(missing_ok=True)
    claims.record_to(log)
    options = {keyword.arg: keyword.value for keyword in call.keywords}
    if form.function_name(call) == "exact":
        options = {"within": literal(options["within"])} if "within" in options else {}
        claims.exact(name, "rehearsed", True, True, **options)
    else:
        options = {key: node for key, node in options.items() if key not in ("given", "value")}
        arguments = {key: rehearsed(key, node) for key, node in options.items()}
        fields = {"value", *arguments} - {"at_least", "at_most", "by", "within", "full"}
        if isinstance(arguments.get("versus"), dict):
            fields = fields - {"versus"} | set(arguments["versus"])
        said = " ".join(f"{{{field}}}" for field in sorted(fields))
        claims.claim(name, said, 0.0, **arguments)
    return json.loads(log.read_text(encoding="utf-8")) | {"sentence": sentence}


def rehearsed(key, node):
    if isinstance(node, ast.Call) and form.function_name(node) == "bounded":
        return claims.bounded(0.0, **{k.arg: form.number_of(k.value) for k in node.keywords})
    if key == "versus" and isinstance(node, ast.Dict):
        return {ast.literal_eval(name): 0.0 for name in node.keys}
    return literal(node)


@pytest.fixture
def on_stage(monkeypatch, tmp_path):
    """A book of claims for rehearsals; yields the folder of its log."""
    monkeypatch.setattr(claims, "BOOK", claims.Book({}, {}, set()))
    monkeypatch.setattr(claims, "show", lambda *_: None)
    return tmp_path


@pytest.mark.parametrize("data", DATA)
def test_every_claim_held_on_other_seeds(data, on_stage, monkeypatch):
    monkeypatch.setenv("COURSE_DATA", data)
    made = {}
    for path in LESSONS:
        if data == "bundled" or form.reads_full_data(read(path)):
            made |= {form.claim_name(call): call for call in form.claims(read(path))}
    table = ledger(data)
    if data == "full":  # claims on IMDB, of those lessons that have been tried on it
        assert set(table) <= set(made), "run `make claims DATA=full`"
        made = {name: made[name] for name in table if name in made}
        assert all(reads_imdb(row) for row in table.values())
    assert set(table) == set(made), "run `make claims`: lessons and ledger differ"
    for name, call in made.items():
        row, said = table[name], rehearse(call, on_stage)
        for field in ("kind", "sentence", "bound"):
            assert row[field] == said[field], f"{name}: the ledger has another {field}"
        assert int(row["runs"]) >= SEEDS, f"{name} was tried on {row['runs']} seeds"
        assert row["held"] == row["runs"], f"{name} held in {row['held']} of {row['runs']}"


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_the_saved_run_lies_where_other_seeds_do(path):
    notebook = read(path)
    measured = form.saved_numbers(notebook)
    missing = set(form.claim_names(notebook)) - set(measured)
    assert not missing, f"run `make notebooks`: no numbers are saved for {sorted(missing)}"
    assert beyond_the_ledger(measured, ledger("bundled")) == []


def test_the_table_of_both_data_sets_is_up_to_date():
    bundled = ledger("bundled")
    for name, row in ledger("full").items():
        for field in ("lowest", "median", "highest"):
            assert row[f"bundled_{field}"] == bundled[name][field], "run `make claims`"


# ---- The form test itself


def test_the_good_lesson_has_the_form(tmp_path):
    both = '{"99-double": [], "99-half": []}'
    answers = f"ACCEPTED = {both}\nWRONG = {both}"
    (tmp_path / "lesson_99.py").write_text(answers)
    found = form.complaints_about(read(GOOD), "99", answers=tmp_path)
    assert found == ["the lesson has 43 words of prose"]


def test_an_exercise_without_tried_answers_is_told(tmp_path):
    (tmp_path / "lesson_99.py").write_text(
        'ACCEPTED = {"99-double": []}\nWRONG = {"99-double": []}'
    )
    found = list(form.check_answers(read(GOOD), "99", tmp_path))
    assert found == ["exercise '99-half' has no ACCEPTED and WRONG answers in lesson_99.py"]


def test_the_good_claims_can_be_rehearsed(on_stage, monkeypatch):
    calls = {form.claim_name(call): call for call in form.claims(read(GOOD))}
    bounds = {name: rehearse(call, on_stage)["bound"] for name, call in calls.items()}
    assert bounds["99-seed"] == "value - versus ≥ 2"
    assert bounds["99-range"] == "value ≥ 9; double ≤ 40"
    assert bounds["99-sum"] == "exact"
    monkeypatch.setenv("COURSE_DATA", "full")
    assert rehearse(calls["99-seed"], on_stage)["bound"] == "value - versus ≥ 1"


def cell_with(notebook, text):
    return next(cell for cell in notebook.cells if text in cell.source)


def replace(old, new):
    """Return a change that replaces code or prose."""

    def change(notebook):
        cell = cell_with(notebook, old)
        cell.source = cell.source.replace(old, new)

    return change


def missing_alt_text(notebook):
    outputs = cell_with(notebook, "plt.subplots").outputs
    picture = next(output for output in outputs if "image/png" in output.data)
    del picture.metadata["image/png"]["alt"]


def stderr_in_a_saved_output(notebook):
    cell_with(notebook, "a table").outputs.append(
        new_output("stream", name="stderr", text="UserWarning: something is old")
    )


def saved_error(notebook):
    cell_with(notebook, "a table").outputs.append(
        new_output("error", ename="KeyError", evalue="'x'", traceback=[])
    )


def path_of_one_machine(notebook):
    cell_with(notebook, "a table").outputs[0].text = "saved as /home/someone/model.kv"


def never_run(notebook):
    cell_with(notebook, "finish()").execution_count = None


def open_in_jupyterlab(notebook):
    del cell_with(notebook, "def solution_double").metadata["jupyter"]


def open_in_colab(notebook):
    del cell_with(notebook, "def solution_double").metadata["cellView"]


def open_in_jupyter_book(notebook):
    cell_with(notebook, "plt.subplots").metadata["tags"] = ["draw"]


def collapsed_without_a_tag(notebook):
    cell_with(notebook, "a table").metadata["jupyter"] = {"source_hidden": True}


def code_after_the_end(notebook):
    cell = new_code_cell("print('more')")
    cell.execution_count = 20
    notebook.cells.append(cell)


NO_SOLUTION_LINE = replace("# Solution of exercise 1: click to unfold\n", "")
NO_CHECK_LINE = replace("# Check of exercise 1: nothing to do here\n", "")
SENTENCE = '"the seed is {value:.0f}, twice that {double:.0f}"'
TEMPLATE = '"the seed is {value:.0f}, a'
REPLACES = replace("double_exercise.check_solution", "\ndouble = 1\n#")

BREAKS = [
    (missing_alt_text, "no alt text"),
    (stderr_in_a_saved_output, "stderr"),
    (saved_error, "saved an error"),
    (path_of_one_machine, "path of one machine"),
    (never_run, "never run"),
    (open_in_jupyterlab, "not collapsed in JupyterLab"),
    (open_in_colab, "not collapsed in Colab"),
    (open_in_jupyter_book, "not collapsed in Jupyter Book"),
    (collapsed_without_a_tag, "say for instance '# Prepares"),
    (code_after_the_end, "does not call finish()"),
    (replace("finish()", "print('done')"), "does not call finish()"),
    (replace("SEED = start(seed=9)", "SEED = 9"), "calls start"),
    (NO_SOLUTION_LINE, "say for instance '# Solution"),
    (NO_CHECK_LINE, "say for instance '# Check"),
    (replace("# Check of exercise 1: nothing to do here", "# 2 * x"), "say for instance"),
    (replace("# Draws the line\n", ""), "say for instance '# Draws"),
    (REPLACES, "the learner's name 'double'"),
    (replace("def double(x):", "def double(x, y):"), "take other arguments"),
    (replace("## What is measured", "## It reaches 0.87 here"), "types in a result"),
    (replace("- a claim\n", ""), "has not three bullets"),
    (replace("**No.** Look", "Look"), "neither **Right.** nor **No.**"),
    (replace('"99-seed"', '"98-seed"'), "does not start with 99-"),
    (replace('"99-seed"', '"99-range"'), "is made twice"),
    (replace("    SEED,\n    at_least", "    9,\n    at_least"), "typed in"),
    (replace("    SEED,\n    at_least", "    -(9 + 1.5),\n    at_least"), "typed in"),
    (replace("    by=2,\n", ""), "neither by= nor within="),
    (replace("    at_least=9,\n", ""), "has no bound"),
    (replace("at_least=9", "at_least=SEED - 1"), "computes at_least=SEED - 1"),
    (replace("at_most=40", "at_most=3 * SEED"), "computes at_most=3 * SEED"),
    (replace('full={"by": 1}', 'full={"by": SEED}'), "computes full="),
    (replace("the seed is {value:.0f}, twice", "the seed, twice"), "does not say {value}"),
    (replace(SENTENCE, "says"), "sentence elsewhere"),
    (replace(TEMPLATE, f"f{TEMPLATE}"), "sentence elsewhere"),
    (replace('"adding twice is doubling"', "says"), "sentence elsewhere"),
    (replace("SEED + SEED, 2 * SEED", "1 + 1, 2"), "typed in"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "sentence"), BREAKS)
def test_the_form_test_catches(change, sentence):
    broken = copy.deepcopy(read(GOOD))
    change(broken)
    before = form.complaints_about(read(GOOD), "99")
    after = [text for text in form.complaints_about(broken, "99") if text not in before]
    assert any(sentence in text for text in after), after


def test_the_cell_that_finds_the_course_may_be_long():
    notebook = read(GOOD)
    tags = ["colab", "hide-cell"]
    keys = {"jupyter": {"source_hidden": True}, "cellView": "form", "tags": tags}
    cell = new_code_cell("# Finds the course\n" + "x = 1\n" * 30, metadata=keys)
    notebook.cells.insert(1, cell)
    cell.execution_count = 1
    for number, later in enumerate(form.code_cells(notebook), start=1):
        later.execution_count = number
    assert form.complaints_about(notebook, "99") == form.complaints_about(read(GOOD), "99")


def test_an_example_of_a_claim_is_none():
    notebook = read(GOOD)
    replace('"99-seed"', '"example"')(notebook)
    assert form.claim_names(notebook) == ["99-range", "99-sum"]


def test_lessons_that_read_the_full_data_are_known():
    notebook = read(GOOD)
    assert not form.reads_full_data(notebook)
    for code in ("corpora.opinions()", 'load("opinions")', "corpora.load('imdb')"):
        notebook.cells.append(new_code_cell(code))
        assert form.reads_full_data(notebook)
        notebook.cells.pop()
