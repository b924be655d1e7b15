"""The README and its companions promise what is there, and nothing else."""

import base64
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from tools.lesson_form import LESSONS
from tools.lesson_times import BEGIN, END
from tools.set_address import address

ROOT = Path(__file__).resolve().parent.parent
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
DOCUMENTS = [
    *ROOT.glob("*.md"),
    ROOT / "datasets" / "README.md",
    *(ROOT / ".github").rglob("*.md"),
]
ROW = re.compile(
    r"^\| \[(\d\d) (.+?)\]\(notebooks/(\S+)\) \| (.+?) \| (\d+) \| (.+?) \|$", re.M
)
LINK = re.compile(r"\]\((?!https?:|mailto:)([^)\s]+)\)")
# After a backtick or at the start of a line: "make sure" in a sentence is no command.
MAKE = re.compile(r"(?:`|^)make ([a-z]+)", re.M)
COURSE = re.compile(r"tools[/\\]course\.py ([a-z]+)")
MODULE = re.compile(r"python -m (tools\.[a-z_.]+)(?: ([a-z]+))?")
SCRIPT = re.compile(r"python ((?:tools|datasets)/\S+\.py)")


def anchors(text: str) -> set[str]:
    """Return the anchors that a Markdown page gets from its headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", text, re.M)
    plain = [re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings]
    return {heading.replace(" ", "-") for heading in plain}


def commands() -> str:
    """Return what `tools/course.py --help` says."""
    told = subprocess.run(
        [sys.executable, ROOT / "tools" / "course.py", "--help"],
        capture_output=True,
        text=True,
        check=True,
    )
    return told.stdout


def test_the_table_of_lessons_is_what_the_folder_has():
    assert [row[2] for row in ROW.findall(TEXT)] == [path.name for path in LESSONS]


@pytest.mark.parametrize("row", ROW.findall(TEXT), ids=lambda row: row[0])
def test_a_row_says_what_its_lesson_says(row):
    number, title, name, question, minutes, _ = row
    opening = nbformat.read(ROOT / "notebooks" / name, as_version=4).cells[0].source
    assert name.startswith(number) and title.lower() in opening.splitlines()[0].lower()
    assert question in opening
    assert f"**Time.** {minutes} minutes" in opening


def test_the_hours_are_the_sum_of_the_minutes():
    minutes = sum(int(row[4]) for row in ROW.findall(TEXT))
    (hours,) = re.findall(r"\| about (\d+) hours \|", TEXT)
    assert int(hours) == round(minutes / 60)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_links_of_the_documents_lead_somewhere(path):
    text = path.read_text(encoding="utf-8")
    for target in LINK.findall(text):
        name, _, anchor = target.partition("#")
        page = path.parent / name if name else path
        assert page.exists(), target
        if anchor and page.suffix == ".md":
            assert anchor in anchors(page.read_text(encoding="utf-8")), target
    for label in re.findall(r"\]\[([\w-]+)\]", text):
        assert re.search(rf"^\[{label}\]: \S+$", text, re.M), label


def test_links_of_the_lessons_lead_somewhere():
    for path in LESSONS:
        cells = nbformat.read(path, as_version=4).cells
        for cell in cells:
            if cell.cell_type == "markdown":
                for target in LINK.findall(cell.source):
                    page = path.parent / target.split("#")[0]
                    assert page.exists(), f"{path.name}: {target}"


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_the_commands_of_the_documents_exist(path):
    text = path.read_text(encoding="utf-8")
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    (targets,) = re.findall(r"^COMMANDS := (.+)$", makefile, re.M)
    assert set(MAKE.findall(text)) <= set(targets.split())
    told = commands()
    for word in COURSE.findall(text):
        assert re.search(rf"\b{word}\b", told), word
    for name in SCRIPT.findall(text):
        assert (ROOT / name).exists(), name


def test_the_modules_of_the_documents_take_their_arguments():
    used = MODULE.findall(TEXT + CONTRIBUTING)
    assert ("tools.notebooks", "times") in used
    for module, argument in set(used):
        path = ROOT / (module.replace(".", "/") + ".py")
        assert path.exists(), module
        if argument and argument != "you":  # `you/your-repository` is no sub-command
            assert f'"{argument}"' in path.read_text(encoding="utf-8"), f"{module} {argument}"


def test_the_answer_answers_both_questions():
    answer = TEXT.split("**The answer.**")[1].split("![")[0]
    for word in ("supervised", "ground truth", "task", "loss"):
        assert word in answer


@pytest.mark.parametrize("name", ["README.md", "CITATION.cff", "codemeta.json"])
def test_who_makes_the_labels_is_no_longer_given_as_the_cause(name):
    # The course's own figure refutes it: same label makers, other tasks, other meanings.
    text = (ROOT / name).read_text(encoding="utf-8")
    assert not re.search(r"who\s+(makes|made|supplie[sd])", text)


def test_every_button_names_the_same_repository_and_a_tag():
    name, tag = address()
    targets = dict(re.findall(r"^\[(binder|colab|codespaces)\]: (\S+)$", TEXT, re.M))
    start = "my-lessons/00_start_here.ipynb"
    assert targets == {
        "binder": f"https://mybinder.org/v2/gh/{name}/{tag}?urlpath=lab/tree/{start}",
        "colab": f"https://colab.research.google.com/github/{name}/blob/{tag}/"
        "notebooks/00_start_here.ipynb",
        # GitHub documents this address for a repository and its branches, not for tags.
        "codespaces": f"https://codespaces.new/{name}",
    }
    assert re.fullmatch(r"v\d+\.\d+\.\d+\S*", tag)


def test_binder_makes_the_copy_that_its_button_opens():
    assert "tools.my_lessons prepare" in (ROOT / "postBuild").read_text(encoding="utf-8")


def test_buttons_of_the_lessons_open_the_same_tag():
    name, tag = address()
    for path in LESSONS:
        text = path.read_text(encoding="utf-8")
        for host in re.findall(r"colab\.research\.google\.com/github/([^\"\s)]+)", text):
            assert host == f"{name}/blob/{tag}/notebooks/{path.name}", path.name


def test_there_is_one_place_for_the_measured_times():
    assert TEXT.count(BEGIN) == TEXT.count(END) == 1
    between = TEXT.split(BEGIN)[1].split(END)[0]
    assert between.strip()
    measured = re.findall(r"^\| (?:\[)?(\d\d)", between, re.M)
    assert not measured or measured == [path.name[:2] for path in LESSONS]


def test_the_picture_is_the_one_that_a_lesson_drew():
    cells = [cell for path in LESSONS for cell in nbformat.read(path, as_version=4).cells]
    (cell,) = [c for c in cells if "readme-picture" in c.metadata.get("tags", [])]
    drawn = next(o.data["image/png"] for o in cell.outputs if "image/png" in o.get("data", {}))
    assert base64.b64decode(drawn) == (ROOT / "notebooks" / "answer.png").read_bytes()
