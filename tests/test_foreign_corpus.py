"""A teacher swaps the corpus, its language, the example pair and the dimension in one file."""

import csv
import json
import os
import re

import pytest

from helpers import settings
from tools import lesson_form, notebooks

ENDING = "ö"  # makes every word foreign, and none of them ASCII
LESSON = "00"  # the quickest of the lessons that learn from opinions


@pytest.fixture
def teachers_file(tmp_path):
    """The reviews in another language, with a lexicon, a pair and a dimension of their own."""
    for name, columns in (
        ("reviews.tsv", ("text",)),
        ("reviews_lexicon.csv", ("word", "opposite")),
    ):
        delimiter = "\t" if name.endswith("tsv") else ","
        with (settings.DATASETS / name).open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file, delimiter=delimiter))
        for row in rows:
            for column in columns:
                words = row[column].replace(".", " ").replace(",", " ").split()
                row[column] = " ".join(f"{word}{ENDING}" for word in words)
        with (tmp_path / name).open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, rows[0], delimiter=delimiter)
            writer.writeheader()
            writer.writerows(rows)
    file = tmp_path / "mine.toml"
    file.write_text(
        "vector_size = 20\n[bundled]\ncorpus = 'reviews.tsv'\n"
        f"lexicon = 'reviews_lexicon.csv'\npair = ['great{ENDING}', 'terrible{ENDING}']\n",
        encoding="utf-8",
    )
    return file


def test_a_lesson_runs_through_on_a_foreign_corpus(teachers_file):
    path = notebooks.lessons([LESSON])[0]
    name = "COURSE_SETTINGS"
    before = f"import os\nos.environ[{name!r}] = {os.fspath(teachers_file)!r}"
    notebook = notebooks.execute(path, before=before, say=lambda _: None)
    said = json.dumps([cell.get("outputs", []) for cell in notebook.cells], ensure_ascii=False)
    assert f"great{ENDING}" in said and "measured, not judged" in said
    assert "DOES NOT HOLD" not in said.replace("DOES NOT HOLD: one and one is 2", "")
    assert " seeds:" not in said, "a record of other texts stands beside a number of these"


def test_the_lessons_that_learn_from_opinions_name_no_word_of_theirs():
    """The example pair comes from the corpus, not from the code."""
    for path in lesson_form.LESSONS:
        notebook = notebooks.nbformat.read(path, as_version=4)
        code = "\n".join(
            cell.source
            for cell in lesson_form.code_cells(notebook)
            if not {"check", "solution"} & set(lesson_form.tags(cell))
        )
        code = re.sub(r'"(good|bad)":', "", code)  # names of fields, not words
        if "opinions(" in code:
            assert not re.search(r"[\"'](good|bad)[\"']", code), path.name
