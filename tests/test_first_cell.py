"""The cell that finds the course: in its folder, elsewhere, and on Colab."""

import importlib.util
import subprocess
import sys
import types
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode

from tools import set_first_cell
from tools.lesson_form import LESSONS
from tools.set_first_cell import CELL_ID, PLACEHOLDER

ROOT = set_first_cell.ROOT
COURSE = "https://github.com/ada/words/tree/v1.2.0"
NAME = "01_words_as_vectors.ipynb"


def lesson(*sources: str) -> NotebookNode:
    """Return a lesson with a title and code cells that have run."""
    cells = [nbformat.v4.new_markdown_cell("# Words as vectors\n\n**The question.** What?")]
    for number, source in enumerate(sources, 1):
        cells.append(nbformat.v4.new_code_cell(source, execution_count=number))
    return nbformat.v4.new_notebook(cells=cells)


def cell_source(packages: str = "json", course: str = COURSE) -> str:
    """Return the cell for a lesson that needs certain packages."""
    notebook = lesson()
    set_first_cell.set_first_cell(notebook, NAME, "ada/words", "v1.2.0")
    source: str = notebook.cells[1].source
    definitions, _, _ = source.partition("\nget_ready(")
    return f"{definitions}\nget_ready({course!r}, {packages!r})\n"


def run_bare(source: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the cell in a Python that has no packages and not the course."""
    command = [sys.executable, "-I", "-S", "-c", source]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


@pytest.fixture
def in_kernel(monkeypatch):
    """Return a function that runs the cell in this process, in a folder, with a clean path."""

    def run(source: str, folder: Path) -> dict:
        monkeypatch.chdir(folder)
        monkeypatch.setattr(sys, "path", list(sys.path))
        names: dict = {}
        exec(source, names)
        return names

    return run


def copy_helpers(folder: Path) -> Path:
    """Make a course that is only large enough to be found."""
    for name in ("helpers/__init__.py", "helpers/session.py"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("")
    (folder / "helpers" / "settings.py").write_text(
        "from pathlib import Path\nDATASETS = Path(__file__).parent.parent / 'datasets'\n"
    )
    (folder / "datasets").mkdir()
    return folder


def test_it_finds_the_course_above_the_working_folder(tmp_path):
    course = copy_helpers(tmp_path / "course")
    deep = course / "my-lessons" / "week 1"
    deep.mkdir(parents=True)
    for folder in (course, course / "my-lessons", deep):
        done = run_bare(cell_source() + "import helpers\nprint(helpers.__file__)", folder)
        assert done.stdout.strip() == str(course / "helpers" / "__init__.py"), done.stderr


def test_the_course_around_a_lesson_comes_before_one_that_is_installed(tmp_path, in_kernel):
    course = copy_helpers(tmp_path / "course")
    in_kernel(cell_source(), course)
    assert sys.path[0] == str(course)


def test_in_the_made_environment_it_does_nothing(tmp_path, in_kernel, capsys):
    in_kernel(cell_source(), ROOT / "notebooks")
    in_kernel(cell_source(), tmp_path)  # installed so that it is found from anywhere
    assert capsys.readouterr() == ("", "")


def test_a_lesson_alone_says_where_the_rest_is(tmp_path):
    done = run_bare(cell_source(), tmp_path)
    last = done.stderr.strip().splitlines()[-1]
    assert last.endswith(f"A lesson needs the course around it: get the whole from {COURSE}.")


def test_a_package_without_its_data_counts_as_a_lesson_alone(tmp_path):
    course = copy_helpers(tmp_path / "course")
    (course / "datasets").rmdir()
    assert "get the whole from" in run_bare(cell_source(), course).stderr


def test_another_package_of_that_name_is_not_taken_for_the_course(tmp_path):
    (tmp_path / "helpers.py").write_text("print('not the course')")
    source = "import sys\nsys.path.insert(0, '.')\n" + cell_source()
    assert "get the whole from" in run_bare(source, tmp_path).stderr


def test_missing_packages_are_named_as_pip_calls_them(tmp_path, in_kernel):
    with pytest.raises(Exception, match=r"`%pip install gensim5 scikit-learn5` in a cell"):
        in_kernel(cell_source("json gensim5 sklearn5"), tmp_path)


def test_the_sentence_comes_without_a_traceback(tmp_path):
    program = (
        "from IPython.core.interactiveshell import InteractiveShell\n"
        f"InteractiveShell.instance().run_cell({cell_source('gensim5')!r})\n"
    )
    command = [sys.executable, "-c", program]
    said = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True).stdout
    assert said.strip().startswith("This kernel lacks packages:")
    assert len(said.strip().splitlines()) == 1


@pytest.fixture
def colab(monkeypatch, tmp_path):
    """Imitate Colab: its module, and commands that are recorded and end as told."""
    monkeypatch.setitem(sys.modules, "google.colab", types.ModuleType("google.colab"))
    commands: list[list[str]] = []
    ends = {"git": 0, sys.executable: 0}

    def run(command: tuple[str, ...]) -> subprocess.CompletedProcess[str]:
        commands.append(list(command))
        if command[0] == "git" and not ends["git"]:
            copy_helpers(tmp_path / "content")
        return subprocess.CompletedProcess(command, ends[command[0]])

    monkeypatch.setattr(subprocess, "run", run)
    source = cell_source().replace("/content/course", str(tmp_path / "content"))
    return source, commands, ends


def test_on_colab_it_gets_the_course_once_and_only_gensim(colab, tmp_path, in_kernel):
    source, commands, _ = colab
    source = source.replace('find_spec("gensim")', 'find_spec("gensim5")')
    in_kernel(source, tmp_path)
    clone, install = commands
    assert clone[:6] == ["git", "clone", "-q", "--depth=1", "-b", "v1.2.0"]
    assert clone[6:] == ["https://github.com/ada/words", str(tmp_path / "content")]
    assert install[1:] == ["-m", "pip", "install", "-q", "gensim>=4.4,<5"]
    assert sys.path[0] == str(tmp_path / "content")
    in_kernel(source.replace("gensim5", "json"), tmp_path)
    assert len(commands) == 2, "a second run gets nothing again"


def test_on_colab_a_failed_download_is_said_and_tried_again(colab, tmp_path, in_kernel):
    source, commands, ends = colab
    ends["git"] = 128
    for _ in range(2):
        with pytest.raises(Exception, match=r"This did not work: git clone .* again"):
            in_kernel(source, tmp_path)
    assert [command[0] for command in commands] == ["git", "git"]


def test_packages_are_those_that_the_lesson_and_its_helpers_import():
    notebook = lesson(
        "import os, gensim.models\nfrom sklearn.svm import SVC\nfrom helpers import corpora",
        "%matplotlib inline\nimport unseen",
        "from IPython.display import Markdown",
    )
    found = set_first_cell.packages(notebook)
    assert found == sorted(found) and {"gensim", "sklearn"} <= set(found)
    assert {"pooch", "tqdm", "pandas"} <= set(found), "through corpora"
    assert {"matplotlib", "numpy", "seaborn"} <= set(found), "through session"
    assert "keras" in set_first_cell.packages(lesson("start(seed=1, tensorflow=True)"))
    assert not {"unseen", "IPython", "os", "helpers", "keras"} & set(found)
    assert "tensorflow" in set_first_cell.packages(lesson("import keras"))
    through = set_first_cell.packages(lesson("from helpers.skipgram_numpy import sgns_step"))
    assert {"scipy", "tqdm", "threadpoolctl", "gensim"} <= set(through)
    assert "sklearn" in set_first_cell.packages(lesson("from helpers import measures"))


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.name[:2])
def test_every_lesson_asks_for_what_is_installed_with_the_course(path):
    notebook = nbformat.read(path, as_version=4)
    asked = set_first_cell.packages(notebook)
    assert all(importlib.util.find_spec(name) for name in asked)
    code = " ".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
    assert "tensorflow=True" not in code or {"keras", "tensorflow"} <= set(asked)
    set_first_cell.set_first_cell(notebook, path.name, "ada/words", "v1.2.0")
    assert max(map(len, notebook.cells[1].source.splitlines())) <= 95


def test_the_cell_stands_after_the_title_once_and_keeps_its_count():
    notebook = lesson("import gensim", "print(1)")
    set_first_cell.set_first_cell(notebook, NAME, "ada/words", "v1.2.0")
    assert [cell.get("execution_count") for cell in notebook.cells[1:]] == [None, 1, 2]
    cell = notebook.cells[1]
    assert cell.id == CELL_ID and "colab" in cell.metadata.tags
    assert cell.source.startswith("# ") and cell.metadata.jupyter.source_hidden
    cell.execution_count = 1
    notebook.cells.append(notebook.cells.pop(1))  # somebody has moved it
    before = nbformat.writes(notebook)
    set_first_cell.set_first_cell(notebook, NAME, "ada/words", "v1.2.0")
    assert [each.get("id") for each in notebook.cells].count(CELL_ID) == 1
    assert notebook.cells[1].execution_count == 1
    again = nbformat.writes(notebook)
    set_first_cell.set_first_cell(notebook, NAME, "ada/words", "v1.2.0")
    assert nbformat.writes(notebook) == again != before


def test_the_button_stands_below_the_title_and_follows_the_address():
    notebook = lesson("import gensim")
    title = notebook.cells[0].source
    set_first_cell.set_first_cell(notebook, NAME, PLACEHOLDER, "v0.1.0")
    assert notebook.cells[0].source == title, "no address yet, no button"
    set_first_cell.set_first_cell(notebook, NAME, "ada/words", "v1.2.0")
    heading, _, button, *rest = notebook.cells[0].source.split("\n")
    assert heading == "# Words as vectors" and rest == ["", "**The question.** What?"]
    assert button.endswith(f"/github/ada/words/blob/v1.2.0/notebooks/{NAME})")
    set_first_cell.set_first_cell(notebook, NAME, "bob/words", "v2.0.0")
    assert notebook.cells[0].source.count("Open in Colab") == 1
    assert "bob/words/blob/v2.0.0" in notebook.cells[0].source
    set_first_cell.set_first_cell(notebook, NAME, PLACEHOLDER, "v0.1.0")
    assert notebook.cells[0].source == title


def test_a_lesson_without_a_title_is_named():
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1")])
    with pytest.raises(ValueError, match=f"{NAME} does not begin"):
        set_first_cell.set_first_cell(notebook, NAME, "ada/words", "v1.2.0")


def test_on_disk_only_the_first_cells_change_and_only_once(tmp_path):
    original = (ROOT / "notebooks" / NAME).read_text(encoding="utf-8")
    path = tmp_path / NAME
    path.write_text(original, encoding="utf-8")
    arguments = (path, "ada/words", "v1.2.0")
    assert set_first_cell.update(*arguments, write=False)
    assert path.read_text(encoding="utf-8") == original
    assert set_first_cell.update(*arguments)
    assert not set_first_cell.update(*arguments)
    before = nbformat.reads(original, as_version=4).cells
    after = nbformat.read(path, as_version=4).cells
    others = [cell for cell in before if cell.get("id") != CELL_ID]
    assert after[2:] == others[1:]
