"""The README promises what is there, and nothing else."""

import re
from pathlib import Path

import nbformat
import pytest

from tools.lesson_form import LESSONS

ROOT = Path(__file__).resolve().parent.parent
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")
ROW = re.compile(
    r"^\| \[(\d\d) (.+?)\]\(notebooks/(\S+)\) \| (.+?) \| (\d+) \| (.+?) \|$", re.M
)


def test_the_table_of_lessons_is_what_the_folder_has():
    assert [row[2] for row in ROW.findall(TEXT)] == [path.name for path in LESSONS]


@pytest.mark.parametrize("row", ROW.findall(TEXT), ids=lambda row: row[0])
def test_a_row_says_what_its_lesson_says(row):
    number, title, name, question, minutes, _ = row
    opening = nbformat.read(ROOT / "notebooks" / name, as_version=4).cells[0].source
    assert name.startswith(number) and title.lower() in opening.splitlines()[0].lower()
    assert question in opening
    assert f"**Time.** {minutes} minutes" in opening


def test_links_lead_somewhere():
    documents = [ROOT / "README.md", ROOT / "datasets" / "README.md"]
    texts = [(path, path.read_text(encoding="utf-8")) for path in documents]
    for path in LESSONS:
        cells = nbformat.read(path, as_version=4).cells
        texts.append((path, "\n".join(c.source for c in cells if c.cell_type == "markdown")))
    for path, text in texts:
        for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)\s]+)\)", text):
            assert (path.parent / target.split("#")[0]).exists(), f"{path.name}: {target}"


def test_the_address_of_the_repository_stands_in_one_place():
    assert len(re.findall("OWNER/REPOSITORY", TEXT)) == 1
    assert TEXT.count("mybinder.org/v2/") == 1


def test_the_picture_is_the_one_that_a_lesson_drew():
    import base64

    cells = [cell for path in LESSONS for cell in nbformat.read(path, as_version=4).cells]
    (cell,) = [c for c in cells if "readme-picture" in c.metadata.get("tags", [])]
    drawn = next(o.data["image/png"] for o in cell.outputs if "image/png" in o.get("data", {}))
    assert base64.b64decode(drawn) == (ROOT / "notebooks" / "answer.png").read_bytes()
