"""The minutes that a lesson prints are those of the formula."""

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from tools import lesson_minutes
from tools.lesson_form import find_lessons


def test_the_formula_is_the_one_of_the_style_guide():
    load = lesson_minutes.Load(
        words=360, lines=12, figures=3, exercises=2, derivations=1, questions=4
    )
    assert load.minutes == pytest.approx(2 + 1 + 1 + 10 + 10 + 4)


def small_lesson():
    figure = new_output("display_data", {"image/png": "x"})
    check = "# Check of exercise 1.1: nothing to do here\nmine = Exercise('99-mine')"
    collapsed = {"jupyter": {"source_hidden": True}}
    return new_notebook(
        cells=[
            new_markdown_cell("# Title\n\n**Time.** 10 minutes\n\none two three $x + y$"),
            new_code_cell("a = 1\n\nb = 2", outputs=[figure]),
            new_code_cell(check, metadata=collapsed | {"tags": ["check"]}),
            new_code_cell(check, metadata=collapsed | {"tags": ["check", "derivation"]}),
            new_markdown_cell(
                "### Going further: more\n\nfour\n\n## Going further: much more"
            ),
            new_code_cell("c = 3", outputs=[figure]),
            new_markdown_cell("five\n\n### A part of it\n\nsix"),
            new_markdown_cell(
                "## Check\n\n**Question 1.** Is it?\n\n<details>\nNo\n</details>"
            ),
        ]
    )


def test_core_and_going_further_are_told_apart():
    core, further = lesson_minutes.loads(small_lesson())
    assert (core.lines, core.figures, core.exercises, core.derivations) == (2, 1, 1, 1)
    assert (further.lines, further.figures, further.questions) == (1, 1, 0)
    assert core.questions == 1


def test_words_are_those_that_are_read_from_top_to_bottom():
    core, further = lesson_minutes.loads(small_lesson())
    assert core.words == 6  # "Title", "Time", "minutes", "one", "two", "three"
    # "Going further: b", "four", "Going further: much more", "five", "A part of it", "six"
    assert further.words == 3 + 1 + 4 + 1 + 4 + 1


@pytest.mark.parametrize("path", find_lessons(), ids=lambda path: path.stem)
def test_each_lesson_prints_the_minutes_of_the_formula(path):
    notebook = nbformat.read(path, as_version=4)
    core, _ = lesson_minutes.loads(notebook)
    assert lesson_minutes.printed_minutes(notebook) == lesson_minutes.to_print(core), (
        f"{path.name}: run `python -m tools.lesson_minutes --write`"
    )


def test_a_lesson_without_minutes_is_told_what_to_write():
    with pytest.raises(ValueError, match="Time"):
        lesson_minutes.printed_minutes(new_notebook())


def test_the_readme_gets_the_minutes_of_each_lesson_and_the_hours_of_all():
    text = "| whole | about 1 hours |\n| [00 A](notebooks/00_a.ipynb) | Why? | 15 | say |\n"
    text += "| [01 B](notebooks/01_b.ipynb) | How? | 20 | do |\n"
    written = lesson_minutes.written_into_readme(text, {"00_a.ipynb": 60, "01_b.ipynb": 65})
    assert "| Why? | 60 | say |" in written and "| How? | 65 | do |" in written
    assert "| about 2 hours |" in written
