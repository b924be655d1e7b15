"""The tools that run lessons: broken ones are caught, good ones come out the same."""

import ast
import functools
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient.exceptions import CellExecutionError, DeadKernelError
from nbformat.v4 import new_code_cell, new_notebook

from helpers import claims
from helpers.settings import ROOT
from tools import lesson_form, lesson_times
from tools import notebooks as tools

BROKEN = Path(__file__).resolve().parent / "broken_notebooks"
RUNS_BADLY = sorted(path.stem for path in BROKEN.glob("*.ipynb") if path.stem != "good")


def notebook_at(path, *sources, tags=()):
    cells = [new_code_cell(source, metadata={"tags": list(tags)}) for source in sources]
    nbformat.write(new_notebook(cells=cells), path)
    return path


# ---- Broken lessons under nbval


@pytest.fixture(scope="module")
def tested(tmp_path_factory):
    """Run all notebooks of tests/broken_notebooks as tests; return what pytest printed.

    With conftest.py, as `make test` does, but in an environment of its own: no plugin that
    happens to be installed may shuffle cells, no option of the outer run is inherited.
    """
    folder = tmp_path_factory.mktemp("broken")
    for path in BROKEN.glob("*.ipynb"):
        (folder / path.name).write_bytes(path.read_bytes())
    options = "--nbval-lax --nbval-current-env --nbval-cell-timeout=300 -q -rfs"
    plugins = "-p nbval.plugin -p conftest -p no:cacheprovider"
    command = [sys.executable, "-m", "pytest", *options.split(), *plugins.split()]
    inherited = {name: x for name, x in os.environ.items() if not name.startswith("PYTEST_")}
    command += ["--nbval-kernel-startup-timeout=300", "-c", os.devnull, "--rootdir", folder]
    run = subprocess.run(
        [*command, folder],
        env=inherited | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    return run.stdout


def test_nbval_passes_the_good_lesson_and_fails_each_broken_one(tested):
    failed = set(re.findall(r"^FAILED .*?(\w+)\.ipynb", tested, re.M))
    assert failed == set(RUNS_BADLY), tested


def test_a_claim_that_fails_is_told_at_the_end_of_the_lesson(tested):
    assert re.search(r"^FAILED .*failing_claim\.ipynb::Cell 2", tested, re.M), tested
    assert "99-seed: the seed is 9" in tested


def test_a_dead_kernel_is_told_at_once_and_once(tested):
    assert "dead_kernel.ipynb, Cell 1: The kernel died, probably for lack of memory" in tested
    assert len(re.findall(r"^FAILED .*dead_kernel", tested, re.M)) == 1, tested
    assert re.search(r"^SKIPPED \[2\].*the kernel died in Cell 1", tested, re.M), tested


def test_the_table_says_what_a_lesson_costs(tested):
    line = re.search(r"^good\.ipynb .*$", tested, re.M)
    assert line and "not the whole lesson" not in line[0], tested
    seconds, cpu, megabytes, first, silence = map(
        float, re.findall(r"([\d.]+) (?:s|MB)", line[0])
    )
    assert 0 <= first <= seconds + 1 and 0 < silence <= seconds + 1
    assert cpu > 0 and megabytes > 50
    assert re.search(r"^exception\.ipynb .*\(not the whole lesson\)", tested, re.M)


@pytest.mark.parametrize(
    "name", ["01_words.mine.ipynb", "01_words-Copy1.ipynb", "01_words.kept-1.ipynb", "a.ipynb"]
)
def test_a_copy_is_no_lesson(name):
    import conftest

    assert not lesson_form.is_lesson(lesson_form.NOTEBOOKS / name)
    assert conftest.pytest_ignore_collect(lesson_form.NOTEBOOKS / name)


def test_a_lesson_is_one_only_in_the_folder_of_the_lessons():
    import conftest

    lesson = lesson_form.LESSONS[0]
    assert lesson_form.is_lesson(lesson)
    assert conftest.pytest_ignore_collect(lesson) is None
    assert conftest.pytest_ignore_collect(ROOT / "my-lessons" / lesson.name)
    assert conftest.pytest_ignore_collect(BROKEN / "good.ipynb")


def test_threads_are_capped_before_the_tests_import_numpy():
    code = (
        "import sys, conftest, os\nfrom helpers.session import SETTINGS\n"
        "assert all(os.environ[name] == value for name, value in SETTINGS.items())\n"
        "assert 'numpy' not in sys.modules and 'COURSE_SETTINGS' not in os.environ\n"
        "assert os.environ['COURSE_DATA'] == 'bundled'"
    )
    environment = os.environ | {"OMP_NUM_THREADS": "7", "COURSE_DATA": "full"}
    environment |= {"COURSE_SETTINGS": "mine.toml"}
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stderr


# ---- Running


def test_a_lesson_that_was_run_again_is_the_same(tmp_path):
    claim = "from helpers.claims import claim\nclaim('99-a', '{value}', 1, at_least=0)"
    path = notebook_at(tmp_path / "99_small.ipynb", claim, "print('a')\n{'b': 1}")
    assert tools.save(tools.execute(path), path)
    assert not tools.save(tools.execute(path), path)


def test_code_before_the_first_cell_runs_and_leaves_no_trace(tmp_path):
    path = notebook_at(tmp_path / "99_small.ipynb", "print(seen)", "1 + 1")
    ran = tools.execute(path, before="seen = 'from before'")
    assert ran.cells[0].outputs[0].text == "from before\n"
    assert [cell.execution_count for cell in ran.cells] == [1, 2]
    assert "seen =" not in nbformat.writes(ran)
    assert ran.cells[1].outputs[0].execution_count == 2


def test_code_before_the_first_cell_that_fails_is_told(tmp_path):
    path = notebook_at(tmp_path / "99_small.ipynb", "1")
    with pytest.raises(RuntimeError, match="ZeroDivisionError"):
        tools.execute(path, before="1 / 0")


def test_a_lesson_is_run_on_the_data_that_were_asked_for(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_DATA", "full")
    monkeypatch.setenv("COURSE_SETTINGS", "mine.toml")
    source = "import os\nprint(os.environ['COURSE_DATA'], os.environ.get('COURSE_SETTINGS'))"
    ran = tools.execute(notebook_at(tmp_path / "99_small.ipynb", source))
    assert ran.cells[0].outputs[0].text == "bundled None\n"


def test_a_cell_that_takes_long_is_mentioned(tmp_path, monkeypatch):
    monkeypatch.setattr(tools, "STILL_RUNNING", 0.05)
    said = []
    path = notebook_at(tmp_path / "99_small.ipynb", "1", "import time\ntime.sleep(0.5)")
    tools.execute(path, say=said.append)
    assert any(re.search(r"99: cell 1 has been running for \d+ s", line) for line in said)


def test_a_kernel_that_dies_is_told_at_once(tmp_path):
    with pytest.raises(DeadKernelError, match="probably for lack of memory, in cell 1"):
        tools.execute(BROKEN / "dead_kernel.ipynb")


def test_a_timing_cell_keeps_its_output_until_code_changes(tmp_path):
    source = "import time\nprint(time.monotonic_ns())"
    path = notebook_at(tmp_path / "99_clock.ipynb", source, tags=["timing"])
    assert tools.save(tools.execute(path), path)
    assert not tools.save(tools.execute(path), path)
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[0].source += "  # changed"
    nbformat.write(notebook, path)
    assert tools.save(tools.execute(path), path)


def test_a_failing_cell_leaves_the_file_as_it_was(tmp_path, monkeypatch, capsys):
    path = notebook_at(tmp_path / "99_fails.ipynb", "1 / 0")
    before = path.read_bytes()
    with pytest.raises(CellExecutionError, match="ZeroDivisionError"):
        tools.execute(path)
    monkeypatch.setattr(tools, "lessons", lambda names: [path, BROKEN / "dead_kernel.ipynb"])
    assert tools.execute_command([]) == 2
    assert path.read_bytes() == before
    told = capsys.readouterr().out
    assert "failed, and the file is as it was: ZeroDivisionError" in told
    assert "the kernel died, probably for lack of memory" in told


def test_an_unknown_lesson_is_named():
    with pytest.raises(SystemExit, match="No lesson 77"):
        tools.lessons(["77"])
    with pytest.raises(SystemExit, match="No lesson 99"):
        tools.lessons(["01", "99"])


def test_what_an_author_saved_meanwhile_is_not_overwritten(small_course, monkeypatch, capsys):
    path = small_course / "98_small.ipynb"

    def execute(path):
        notebook = nbformat.read(path, as_version=4)
        path.write_text(path.read_text().replace("98", "97"))  # in JupyterLab, say
        return notebook

    monkeypatch.setattr(tools, "execute", execute)
    assert tools.execute_command(["98"]) == 1
    assert "97" in path.read_text() and "not saved" in capsys.readouterr().out


def test_runs_on_other_texts_are_told():
    rows = [row(), row(corpora={"reviews": "other"})]
    assert "other texts" in " ".join(tools.judge({"99-a": rows})["CHANGING"])


def test_a_lesson_is_found_by_number_with_or_without_zero():
    assert tools.lessons(["1"]) == tools.lessons(["01"])


# ---- Tidying


def test_tidy_collapses_for_all_three_readers_and_changes_nothing_the_second_time():
    cells = [new_code_cell("# x", metadata={"tags": [tag]}) for tag in lesson_form.OPENINGS]
    plain = new_notebook(cells=[*cells, new_code_cell("shown")])
    once = tools.tidy(plain)
    for tag, cell in zip(lesson_form.OPENINGS, once.cells, strict=False):
        assert cell.metadata == {
            "tags": [tag, "hide-cell"],
            "cellView": "form",
            "jupyter": {"source_hidden": True},
        }
    assert once.cells[-1].metadata == {}
    assert nbformat.writes(tools.tidy(once)) == nbformat.writes(once)
    assert plain.cells[0].metadata == {"tags": ["check"]}  # the original is left alone


# ---- Claims on other seeds


def row(value=0.9, name="99-a", holds=True, **changes):
    """Return what one run records of a claim."""
    fields = {
        "claim": name,
        "lesson": "99",
        "kind": "claim",
        "sentence": "{value}, {versus}",
        "bound": "value - versus ≥ 0.2",
        "holds": holds,
        "numbers": {"value": value, "versus": 0.5, "value - versus": value - 0.5},
        "limits": {"value - versus": [0.2, None]},
        "corpora": {"reviews": "abc"},
    }
    return fields | changes


@pytest.fixture
def small_course(tmp_path, monkeypatch):
    """Two lessons with ledgers of their own; yields their folder."""
    ledgers = {data: tmp_path / "measured" / f"{data}.csv" for data in ("bundled", "full")}
    for module in (claims, tools):
        monkeypatch.setattr(module, "LEDGERS", ledgers)
        monkeypatch.setattr(module, "TABLES", tmp_path / "measured" / "tables.csv")
    monkeypatch.setattr(tools, "MEASURED", tmp_path / "measured")
    monkeypatch.setattr(tools, "RUNS", tmp_path / "build" / "claims")
    claims.ledger.cache_clear()
    opening = (
        "from helpers import claims, session\nSEED = 1 + session._offset\nclaims.open_book()\n"
    )
    claim = (
        "claims.claim('{n}-value', 'it is {{value:.1f}}, {{versus}} before', 0.9 + SEED / 100,"
        " versus=0.5, by=0.2)\nclaims.exact('{n}-twice', 'twice', SEED + SEED, 2 * SEED)"
    )
    closing = "session.finish()"
    found = []
    for number in ("98", "99"):
        path = tmp_path / f"{number}_small.ipynb"
        found.append(notebook_at(path, opening + claim.format(n=number), closing))
    monkeypatch.setattr(lesson_form, "find_lessons", lambda: found)
    yield tmp_path
    claims.ledger.cache_clear()


def test_claims_are_tried_on_seeds_and_written_to_the_ledger(small_course, capsys):
    assert tools.claims_command([], seeds=3, workers=2, data="bundled") == 0
    told = capsys.readouterr().out
    assert "98, seed + 2: 2 claims held (" in told and "(6 of 6 runs" in told
    ledger = tools.ledger("bundled")
    assert set(ledger) == {"98-value", "98-twice", "99-value", "99-twice"}
    kept = ledger["99-value"]
    assert list(kept) == tools.FIELDS
    assert kept["runs"] == kept["held"] == "3"
    assert [kept[key] for key in ("lowest", "median", "highest")] == ["0.91", "0.92", "0.93"]
    assert kept["contrast"] == "value - versus"
    assert kept["contrast_median"] == "0.42" and kept["bound"] == "value - versus ≥ 0.2"
    assert json.loads(kept["numbers"])["value"] == [0.91, 0.92, 0.93]
    identity = ledger["99-twice"]
    assert identity["kind"] == "identity" and identity["numbers"] == "{}"


def test_numbers_that_a_lesson_keeps_are_found_again_and_are_no_claims(small_course, capsys):
    path = small_course / "98_small.ipynb"
    notebook = nbformat.read(path, as_version=4)
    code = "claims.keep('98-rows', {'first': SEED, 'second': 2.0 * SEED})"
    notebook.cells.insert(1, new_code_cell(code))
    nbformat.write(notebook, path)
    assert tools.claims_command(["98"], seeds=3, workers=1, data="bundled") == 0
    told = capsys.readouterr().out
    assert "1 claims and 1 identities on 3 seeds" in told and "2 claims held" in told
    assert set(tools.ledger("bundled")) == {"98-value", "98-twice"}
    assert claims.kept("98-rows", "bundled") == {"first": 2.0, "second": 4.0}
    assert claims.kept("98-rows", "full") == {} == claims.kept("98-other", "bundled")
    assert tools.claims_command(["99"], seeds=1, workers=1, data="bundled") == 0
    assert claims.kept("98-rows", "bundled")  # of a lesson that was not tried: it stays


def test_finished_runs_are_not_made_again_until_code_changes(small_course, capsys):
    made = tools.plan([small_course / "98_small.ipynb"], 2, "bundled", "helpers")
    made[0].log.parent.mkdir(parents=True)
    made[0].log.write_text(json.dumps(row(name="98-kept")) + "\n", encoding="utf-8")
    results, failures = tools.make_runs(made, workers=1)
    assert not failures and results[made[0]][0]["claim"] == "98-kept"
    assert "1 of 2 runs are kept from before" in capsys.readouterr().out
    again, _ = tools.make_runs(made, workers=1)
    assert again == results and "seed" not in capsys.readouterr().out
    notebook_at(small_course / "98_small.ipynb", "other code")
    other = tools.plan([small_course / "98_small.ipynb"], 2, "bundled", "helpers")
    assert not {run.log for run in other} & {run.log for run in made}


def test_runs_depend_on_the_helpers_that_a_lesson_uses_and_on_no_others(tmp_path):
    folder = tmp_path / "helpers"
    (folder / "texts").mkdir(parents=True)
    (folder / "session.py").write_text("import helpers.settings\n")
    (folder / "settings.py").write_text("ROOT = 1\n")
    (folder / "texts" / "__init__.py").write_text("from helpers.words import count\n")
    (folder / "texts" / "files.py").write_text("PATH = 2\n")
    (folder / "words.py").write_text("def count(text): ...\n")
    (folder / "figures.py").write_text("from helpers.unused import color\n")
    (folder / "unused.py").write_text("color = 3\n")
    code = "from helpers import figures, texts\nfrom numpy import mean"
    found = tools.helpers_behind(code, folder)
    names = {path.relative_to(folder).as_posix() for path in found}
    assert names == {
        "session.py",
        "settings.py",
        "texts/__init__.py",
        "texts/files.py",
        "words.py",
    }
    before = tools.digest_of(found)
    (folder / "words.py").write_text('"""What words are."""\ndef count(text): ...  # how\n')
    assert tools.digest_of(found) == before
    (folder / "words.py").write_text("def count(text): return 1\n")
    assert tools.digest_of(found) != before


def test_a_run_under_way_is_not_kept_for_code_that_has_changed_meanwhile(
    small_course, monkeypatch
):
    path = small_course / "98_small.ipynb"
    run = tools.plan([path], 1, "bundled", "helpers")[0]
    execute = tools.execute

    def execute_and_save(path, **options):
        execute(path, **options)
        notebook_at(path, "other = 'code'")

    monkeypatch.setattr(tools, "execute", execute_and_save)
    results, failures = tools.make_runs([run], workers=1)
    assert not results and "changed during the run" in failures[run]
    assert not list(run.log.parent.iterdir())


@pytest.mark.parametrize(
    ("drawing", "counts"),
    [
        ("plt.plot(table)", False),
        ("size = 2 * table", False),
        ("shown = 2 * table", True),  # a claim further down reads it
        ("def shown():\n    return 3", True),
        ("keep('98-table', {'a': table})", True),
    ],
)
def test_a_drawing_counts_as_measuring_where_others_read_what_it_makes(drawing, counts):
    def code(source):
        cells = [
            new_code_cell("table = 1"),
            new_code_cell(source, metadata={"tags": ["draw"]}),
            new_code_cell("claim('98-a', '{value}', shown, at_least=0)"),
        ]
        return tools.measuring_code(new_notebook(cells=cells))

    assert (code(drawing) != code("pass")) == counts


def test_the_address_in_the_first_cell_does_not_count_as_a_change(small_course):
    path = small_course / "98_small.ipynb"
    before = tools.plan([path], 1, "bundled", "helpers")
    notebook = nbformat.read(path, as_version=4)
    notebook.cells.insert(0, new_code_cell("an address", metadata={"tags": ["colab"]}))
    nbformat.write(notebook, path)
    assert tools.plan([path], 1, "bundled", "helpers") == before


def test_the_logs_depend_on_data_helpers_and_seed(small_course):
    path = [small_course / "98_small.ipynb"]
    logs = [
        tools.plan(path, 2, data, common)[offset].log
        for data in ("bundled", "full")
        for common in ("helpers", "other helpers")
        for offset in range(2)
    ]
    assert len(set(logs)) == len(logs)


def test_runs_with_other_seeds_serve_when_only_bounds_and_sentences_change(small_course):
    path = small_course / "98_small.ipynb"
    code = "claim('98-v', 'it is {value}', f(x), at_least=1, versus=y, by=2)"

    def logs(changed):
        notebook_at(path, changed)
        return [run.log for run in tools.plan([path], 2, "bundled", "helpers")]

    own, other = logs(code)
    for changed in (
        code.replace("at_least=1", "at_most=3"),
        code.replace("by=2", "within=0.5"),
        code.replace("it is {value}", "this is {value}"),
    ):
        assert logs(changed)[0] != own, "the run with the lesson's own seed is made anew"
        assert logs(changed)[1] == other
    for changed in (
        code.replace("f(x)", "g(x)"),
        code.replace("versus=y", "versus=z"),
        code.replace("98-v", "98-w"),
    ):
        assert logs(changed)[1] != other


def test_what_was_measured_is_held_to_the_bounds_of_today(small_course):
    runs = tools.plan([small_course / "98_small.ipynb"], 3, "bundled", "helpers")
    today = row(name="98-v") | {"bound": "value ≤ 0.9", "limits": {"value": [None, 0.9]}}
    results = {runs[0]: [today | {"numbers": {"value": 0.8}}]}
    for run, value in zip(runs[1:], (0.85, 0.95), strict=True):
        results[run] = [row(name="98-v") | {"numbers": {"value": value}, "holds": True}]
    judged = [rows[0] for rows in tools.judge_anew(results).values()]
    assert [found["holds"] for found in judged] == [True, True, False]
    assert {found["bound"] for found in judged} == {"value ≤ 0.9"}


def test_an_interrupted_run_is_no_finished_one(small_course):
    run = tools.plan([small_course / "98_small.ipynb"], 1, "bundled", "helpers")[0]
    run.log.parent.mkdir(parents=True)
    run.log.with_suffix(".unfinished").write_text("half a li")
    assert [found["claim"] for found in tools.make_run(run)] == ["98-value", "98-twice"]


def test_a_lesson_that_fails_is_named_and_the_others_are_kept(small_course, capsys):
    notebook_at(small_course / "98_small.ipynb", "raise ValueError('what is this')")
    assert tools.claims_command([], seeds=2, workers=2, data="bundled") != 0
    told = capsys.readouterr().out
    assert "98, seed + 1: ValueError: what is this" in told
    assert set(tools.ledger("bundled")) == {"99-value", "99-twice"}


def test_a_claim_that_fails_is_named_and_recorded(small_course, capsys):
    source = (
        "from helpers import claims, session\nclaims.open_book()\n"
        "claims.claim('98-no', 'it is {value}', 1 + session._offset, at_most=1)\n"
        "session.finish()"
    )
    notebook_at(small_course / "98_small.ipynb", source)
    assert tools.claims_command(["98"], seeds=2, workers=1, data="bundled") != 0
    told = capsys.readouterr().out
    assert "98-no held in 1 of 2 runs" in told and "98-no did not hold" in told
    assert tools.ledger("bundled")["98-no"]["held"] == "1"


def test_full_data_are_only_for_lessons_that_read_them(small_course, capsys):
    assert tools.claims_command([], seeds=1, workers=1, data="full") == 1
    assert "None of these lessons" in capsys.readouterr().out


def test_the_ledger_of_the_full_data_quotes_the_bundled_one(small_course):
    bundled = tools.ledger_row([row(0.9), row(0.8)])
    full = tools.ledger_row([row(0.1, bound="value - versus ≤ -0.2")] * 2)
    tables = {"bundled": {"99-a": bundled}, "full": {"99-a": full}}
    tools.write_ledgers(tables)
    written = tools.ledger("full")["99-a"]
    assert list(written) == tools.FULL_FIELDS
    assert written["bundled_lowest"] == "0.8" and written["bundled_highest"] == "0.9"
    assert written["turns"] == "yes"
    assert "turns" not in tables["full"]["99-a"]  # what was handed over stays as it was


@pytest.mark.parametrize(
    ("bundled", "full", "turned"),
    [
        ("value ≥ 0.5", "value ≥ 0.1", False),
        ("value ≥ 0.5", "value ≤ 0.1", True),
        ("value ≥ 0.5; value - versus ≥ 0.2", "value ≥ 0.5; value - versus ≤ -0.2", True),
        ("value from 0 to 1", "value ≤ 1", False),
        ("", "value ≤ 1", False),
    ],
)
def test_a_claim_turns_where_bounds_point_opposite_ways(bundled, full, turned):
    assert tools.turns(bundled, full) is turned


def test_bounds_without_room_are_weak():
    roomy = [row(value) for value in (0.90, 0.92, 0.94)]  # spread 0.02, room 0.2
    assert tools.weaknesses(roomy) == []
    tight = [row(value) for value in (0.72, 0.74, 0.76)]  # room 0.02: one spread
    assert len(tools.weaknesses(tight)) == 1 and "1.0 spreads" in tools.weaknesses(tight)[0]
    limits = {"value": [None, 0.97], "value - versus": [0.2, None]}
    above = [row(value, limits=limits) for value in (0.90, 0.92, 0.94)]
    assert "value was 0.9 to 0.94" in tools.weaknesses(above)[0]


def test_what_never_varies_or_depends_on_the_seed_is_told():
    found = tools.judge({"99-a": [row()] * 3, "99-b": [row(), row(0.8, bound="value ≥ 0")]})
    assert found["CONSTANT"] == ["99-a: 0.9 in every run"]
    assert len(found["CHANGING"]) == 1 and found["FAILED"] == []


def test_a_run_outside_what_other_seeds_gave_is_told():
    table = {"99-a": tools.ledger_row([row(0.90), row(0.92)])}
    near, far = row(0.94)["numbers"], row(0.95)["numbers"]
    assert tools.beyond_the_ledger({"99-a": near, "99-unknown": far}, table) == []
    said = tools.beyond_the_ledger({"99-a": far}, table)
    assert "99-a: value is 0.95; the ledger has 0.9 to 0.92" in said


# ---- What lessons cost


def cost_of(cell, **changes):
    fields = {
        "lesson": "01_a.ipynb",
        "cell": cell,
        "cells": 2,
        "began": 100.0 + 10 * cell,
        "ended": 110.0 + 10 * cell,
        "outputs": (103.0,) if cell == 0 else (),
        "cpu": 4.0 + cell,
        "memory": 200.0,
        "passed": True,
    }
    return lesson_times.CellCost(**(fields | changes))


def test_cells_add_up_to_lessons():
    cost = lesson_times.add_up([cost_of(1), cost_of(0)])["01_a.ipynb"]
    assert (cost.seconds, cost.cpu, cost.memory, cost.first_output) == (20, 5, 200, 3)
    assert cost.silence == 17 and cost.whole  # from the only output to the end
    broken = lesson_times.add_up([cost_of(0), cost_of(1, passed=False, cpu=lesson_times.NAN)])
    assert not broken["01_a.ipynb"].whole and broken["01_a.ipynb"].cpu == 4
    assert not lesson_times.add_up([cost_of(0)])["01_a.ipynb"].whole


def test_times_of_whole_lessons_are_kept_and_written_into_the_readme(tmp_path, monkeypatch):
    times, readme = tmp_path / "build" / "times.json", tmp_path / "README.md"
    monkeypatch.setattr(lesson_times, "find_lessons", lambda: [Path("01_a.ipynb")])
    readme.write_text(
        "before\n<!-- times -->\nold\n<!-- /times -->\nafter\n", encoding="utf-8"
    )
    lesson_times.keep(lesson_times.add_up([cost_of(0)]), times)  # only a part
    with pytest.raises(ValueError, match=r"run `make test` first: .* 01_a"):
        lesson_times.write_into(readme, times)
    lesson_times.keep(lesson_times.add_up([cost_of(0), cost_of(1)]), times)
    lesson_times.write_into(readme, times)
    text = readme.read_text(encoding="utf-8")
    assert text.startswith("before\n<!-- times -->\n| lesson |") and text.endswith("\nafter\n")
    assert "| 01 | 20 s | 5 s | 0.2 GB | 3 s | 17 s |" in text and "old" not in text
    lesson_times.write_into(readme, times)
    assert readme.read_text(encoding="utf-8") == text
    readme.write_text("no marks", encoding="utf-8")
    with pytest.raises(ValueError, match="needs one line"):
        lesson_times.write_into(readme, times)
    readme.write_text("<!-- /times -->\n<!-- times -->\n", encoding="utf-8")
    with pytest.raises(ValueError, match="has to stand before"):
        lesson_times.write_into(readme, times)


def test_memory_is_told_also_without_a_peak_or_a_process(monkeypatch):
    monkeypatch.setattr(Path, "read_text", lambda *_, **__: "Name:\tsomething\n")
    assert lesson_times.peak_memory(os.getpid()) > 1  # what it holds now
    assert lesson_times.peak_memory(2**30) != lesson_times.peak_memory(2**30)  # NaN
    assert lesson_times.cpu_seconds(2**30) != lesson_times.cpu_seconds(2**30)


def test_a_bar_is_seen_but_not_compared():
    import conftest

    class Kernel:
        def __init__(self, *messages):
            self.messages = list(messages)

        def get_message(self, stream, timeout=None):
            return self.messages.pop(0)

        is_alive = functools.partial(bool, True)

    def message(kind, **content):
        from datetime import UTC, datetime

        return {"msg_type": kind, "content": content, "header": {"date": datetime.now(UTC)}}

    widget = {conftest.WIDGET: {}}
    kernel = Kernel(
        message("stream", name="stderr", text=" 40%|####      | 4/10"),
        message("stream", name="stderr", text="\n"),
        message("display_data", data=widget),
        message("stream", name="stdout", text="90% of it\n"),
        message("stream", name="stderr", text="UserWarning: old"),
        message("status", execution_state="idle"),
    )
    conftest.watch(kernel)
    kinds = [kernel.get_message("iopub")["msg_type"] for _ in range(6)]
    assert kinds == ["execute_input"] * 3 + ["stream", "stream", "status"]
    assert len(kernel.shown) == 5


def runs_with_given(*values):
    row = {"claim": "99-a", "lesson": "99", "kind": "claim", "sentence": "s", "bound": "b"}
    row |= {"corpora": {}, "holds": True, "limits": {}, "numbers": {"value": 1.0}}
    return [
        row | {"numbers": {"value": i / 7}, "given": {"n": n}} for i, n in enumerate(values)
    ]


def test_a_count_that_differs_between_seeds_is_kept_as_a_range():
    rows = runs_with_given("2739", "2766", "2744")
    assert json.loads(tools.ledger_row(rows)["given"]) == {"n": "2739 to 2766"}
    assert not tools.judge({"99-a": rows})["CHANGING"]


def test_a_word_that_differs_between_seeds_is_a_changing_claim():
    found = tools.judge({"99-a": runs_with_given("good", "bad")})["CHANGING"]
    assert found and "names another n" in found[0]


@pytest.mark.parametrize(
    "code",
    ["rows.append(1)", "rows[0] = 1", "rng.shuffle(rows)", "table.sort()", "x = rng.normal()"],
)
def test_a_cell_that_moves_what_is_measured_later_does_more_than_draw(code):
    wanted = {"rows", "rng", "table"}
    assert not tools.only_draws(ast.parse(code), wanted)
    assert tools.only_draws(ast.parse("print(rows, table.mean())"), wanted)


def test_other_film_reviews_are_other_surroundings(monkeypatch):
    before = tools.surroundings("full")
    monkeypatch.setattr(tools, "mark_of_imdb", lambda: "another download")
    assert tools.surroundings("full") != before
    assert tools.surroundings("bundled") == tools.surroundings()


def test_runs_depend_on_the_data_that_the_code_names_and_on_no_other(tmp_path, monkeypatch):
    monkeypatch.setattr(tools, "DATASETS", tmp_path)
    (tmp_path / "words.csv").write_text("a")
    (tmp_path / "other.csv").write_text("b")
    before = tools.data_named_in("read('words.csv')")
    (tmp_path / "other.csv").write_text("c")
    assert tools.data_named_in("read('words.csv')") == before != b""
    (tmp_path / "words.csv").write_text("d")
    assert tools.data_named_in("read('words.csv')") != before
