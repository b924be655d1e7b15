"""The learner's copies: fresh where nobody has worked, never overwritten elsewhere."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tools import my_lessons

ROOT = my_lessons.ROOT
FIRST, SECOND = "00_start_here.ipynb", "01_words_as_vectors.ipynb"
SHARE = Path(sys.prefix) / "share" / "jupyter" / "lab" / "schemas"


def notebook(*sources: str) -> str:
    """Return a notebook with a title, its picture and code cells that have run."""
    cells: list[dict] = [
        {
            "cell_type": "markdown",
            "id": "title",
            "metadata": {},
            "source": [
                "# A lesson\n",
                "\n",
                "[![Open in Colab](https://host/badge.svg)](https://host/lesson)\n",
                "\n",
                "![Rows](pictures/rows.png)",
            ],
        }
    ]
    for number, source in enumerate(sources):
        output = {"name": "stdout", "output_type": "stream", "text": ["42\n"]}
        cells.append(
            {
                "cell_type": "code",
                "execution_count": number + 1,
                "id": f"cell-{number}",
                "metadata": {"tags": ["claim"]},
                "outputs": [output],
                "source": [source],
            }
        )
    metadata = {"kernelspec": {"display_name": "Python 3", "name": "python3"}}
    content = {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(content, indent=1) + "\n"


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """Make a course of two lessons with a picture, and files that are no lessons."""
    folder = tmp_path / "course" / "notebooks"
    (folder / "pictures").mkdir(parents=True)
    (folder / "pictures" / "rows.png").write_bytes(b"\x89PNG rows")
    (folder / FIRST).write_text(notebook("print(42)"))
    (folder / SECOND).write_text(notebook("print(42)", "answer = ..."))
    for name in ("01_words_as_vectors.mine.ipynb", "00_start_here-Copy1.ipynb"):
        (folder / name).write_text(notebook("mine"))
    return tmp_path / "course"


def work(lesson: Path, text: str = "answer = 7") -> bytes:
    """Answer an exercise and save, as JupyterLab does."""
    content = json.loads(lesson.read_text())
    content["cells"][-1]["source"] = [text]
    lesson.write_text(json.dumps(content, indent=1) + "\n")
    return lesson.read_bytes()


def change(course: Path, text: str = "print('new')") -> None:
    """Change the second lesson of the course."""
    (course / "notebooks" / SECOND).write_text(notebook("print(42)", text))


def names(folder: Path) -> list[str]:
    """List the notebooks of a folder."""
    return sorted(path.name for path in folder.glob("*.ipynb"))


def test_copies_have_no_results_and_everything_else(course):
    folder = my_lessons.prepare(course)
    assert folder == course / "my-lessons"
    assert names(folder) == [FIRST, SECOND]
    copy = json.loads((folder / SECOND).read_text())
    original = json.loads((course / "notebooks" / SECOND).read_text())
    for mine, theirs in zip(copy["cells"], original["cells"], strict=True):
        assert mine["id"] == theirs["id"]
        assert mine["metadata"] == theirs["metadata"]
        if mine["cell_type"] == "code":
            assert mine["outputs"] == [] and mine["execution_count"] is None
            assert mine["source"] == theirs["source"]
    assert original["cells"][1]["outputs"], "the course's own lesson keeps its results"
    assert copy["metadata"]["kernelspec"] == original["metadata"]["kernelspec"]
    assert (folder / "pictures" / "rows.png").read_bytes() == b"\x89PNG rows"
    assert (folder / "README.md").read_text().startswith("# Your own lessons")


def test_a_copy_asks_for_nothing_from_the_network(course):
    folder = my_lessons.prepare(course)
    title = "".join(json.loads((folder / FIRST).read_text())["cells"][0]["source"])
    assert title == "# A lesson\n\n![Rows](pictures/rows.png)"


@pytest.mark.parametrize("line", ["version = 3.12.9", "version_info = 3.12.9.final.0"])
def test_a_copy_names_the_python_of_the_environment(course, line):
    (course / ".venv").mkdir()
    (course / ".venv" / "pyvenv.cfg").write_text(f"home = /usr/bin\n{line}\n")
    folder = my_lessons.prepare(course)
    metadata = json.loads((folder / FIRST).read_text())["metadata"]
    assert metadata["language_info"]["version"] == "3.12.9"


def test_a_second_start_writes_nothing(course):
    folder = my_lessons.prepare(course)
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    my_lessons.prepare(course)
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before


def test_work_is_never_overwritten_and_a_new_version_is_offered_once(course, capsys):
    folder = my_lessons.prepare(course)
    mine = work(folder / SECOND)
    my_lessons.prepare(course)
    assert capsys.readouterr().out == "", "the course has not changed"
    change(course)
    my_lessons.prepare(course)
    said = capsys.readouterr().out
    assert said.count("\n") == 1 and "01_words_as_vectors.new.ipynb" in said
    assert (folder / SECOND).read_bytes() == mine
    new = folder / "01_words_as_vectors.new.ipynb"
    assert "print('new')" in new.read_text()

    new.unlink()  # the learner does not want it
    my_lessons.prepare(course)
    assert capsys.readouterr().out == "" and not new.exists()


def test_a_newer_version_replaces_an_offer_only_where_nobody_has_worked_in_it(course):
    folder = my_lessons.prepare(course)
    work(folder / SECOND)
    change(course, "first")
    my_lessons.prepare(course)
    change(course, "second")
    my_lessons.prepare(course)
    new = folder / "01_words_as_vectors.new.ipynb"
    assert "second" in new.read_text()
    begun = work(new)
    change(course, "third")
    my_lessons.prepare(course)
    assert new.read_bytes() == begun
    assert "third" in (folder / "01_words_as_vectors.new-2.ipynb").read_text()


def test_a_copy_that_was_opened_at_most_follows_the_course(course, capsys):
    folder = my_lessons.prepare(course)
    content = json.loads((folder / SECOND).read_text())
    content["metadata"]["language_info"] = {"name": "python", "version": "3.12.1"}
    content["cells"][0]["attachments"] = {}  # JupyterLab adds that
    (folder / SECOND).write_text(json.dumps(content))
    change(course)
    my_lessons.prepare(course)
    assert capsys.readouterr().out == ""
    assert names(folder) == [FIRST, SECOND]
    assert "print('new')" in (folder / SECOND).read_text()


def test_new_results_of_the_course_are_no_new_version(course, capsys):
    folder = my_lessons.prepare(course)
    work(folder / SECOND)
    original = course / "notebooks" / SECOND
    original.write_text(original.read_text().replace('"42', '"43'))
    my_lessons.prepare(course)
    assert capsys.readouterr().out == "" and names(folder) == [FIRST, SECOND]


def test_a_deleted_lesson_comes_back(course):
    folder = my_lessons.prepare(course)
    (folder / FIRST).unlink()
    my_lessons.prepare(course)
    assert (folder / FIRST).exists()


@pytest.mark.parametrize("record", [None, "", "[1]", '{"copied": 3}'])
def test_without_its_record_everything_is_the_learners_work(course, record):
    folder = my_lessons.prepare(course)
    mine = work(folder / SECOND)
    (folder / my_lessons.RECORD).unlink()
    if record is not None:
        (folder / my_lessons.RECORD).write_text(record)
    change(course)
    my_lessons.prepare(course)
    my_lessons.prepare(course)
    assert (folder / SECOND).read_bytes() == mine


def test_a_lesson_that_the_course_has_renamed_goes_unless_there_is_work_in_it(course):
    folder = my_lessons.prepare(course)
    mine = work(folder / SECOND)
    for name in (FIRST, SECOND):
        old = course / "notebooks" / name
        old.rename(old.with_name(f"{name[:3]}renamed.ipynb"))
    my_lessons.prepare(course)
    assert names(folder) == ["00_renamed.ipynb", "01_renamed.ipynb", SECOND]
    assert (folder / SECOND).read_bytes() == mine


def test_any_number_of_resets_keeps_every_version(course):
    folder = my_lessons.prepare(course)
    versions = []
    for number, name in enumerate([1, "1", "01", 1, "01"], 1):
        versions.append(work(folder / SECOND, f"answer = {number}"))
        said = my_lessons.reset(course, name)
        assert f"01_words_as_vectors.kept-{number}.ipynb" in said
        assert "File > Reload Notebook from Disk" in said
        assert "answer = ..." in (folder / SECOND).read_text()
    for number, version in enumerate(versions, 1):
        kept = folder / f"01_words_as_vectors.kept-{number}.ipynb"
        assert kept.read_bytes() == version


def test_a_number_is_never_used_twice(course):
    folder = my_lessons.prepare(course)
    for _ in range(2):
        work(folder / SECOND)
        my_lessons.reset(course, 1)
    (folder / "01_words_as_vectors.kept-2.ipynb").unlink()
    work(folder / SECOND)
    assert "kept-3" in my_lessons.reset(course, 1)
    (folder / "01_words_as_vectors.kept-7.ipynb").write_text("somebody's")
    work(folder / SECOND)
    assert "kept-8" in my_lessons.reset(course, 1)
    assert (folder / "01_words_as_vectors.kept-7.ipynb").read_text() == "somebody's"


def test_a_reset_needs_no_earlier_start_and_keeps_nothing_where_there_is_no_work(course):
    said = my_lessons.reset(course, 0)
    folder = course / "my-lessons"
    assert names(folder) == [FIRST] and "no work" in said
    my_lessons.reset(course, 0)
    assert names(folder) == [FIRST]


def test_a_reset_takes_the_new_version_and_its_offer_away(course, capsys):
    folder = my_lessons.prepare(course)
    work(folder / SECOND)
    change(course)
    my_lessons.prepare(course)
    my_lessons.reset(course, 1)
    assert names(folder) == [FIRST, SECOND, "01_words_as_vectors.kept-1.ipynb"]
    assert "print('new')" in (folder / SECOND).read_text()
    capsys.readouterr()
    my_lessons.prepare(course)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("number", ["7", "", "x", "-1", "1 or 2"])
def test_an_unknown_number_is_told_which_there_are(course, number):
    with pytest.raises(ValueError, match=r"There is no lesson .*\. Lessons: 00, 01\."):
        my_lessons.reset(course, number)


def test_a_failed_reset_loses_nothing(course, monkeypatch):
    folder = my_lessons.prepare(course)
    mine = work(folder / SECOND)

    def full(path, content):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(my_lessons, "write_atomically", full)
    with pytest.raises(OSError, match=r"cannot be written to .*No space left on device"):
        my_lessons.reset(course, 1)
    assert (folder / SECOND).read_bytes() == mine


def test_a_folder_that_cannot_be_written_gives_a_sentence(course):
    (course / "my-lessons").write_text("a file in its place")
    with pytest.raises(OSError, match=r"cannot be written to .* is not full"):
        my_lessons.prepare(course)


def test_a_spoiled_lesson_of_the_course_is_left_out_and_named(course, capsys):
    folder = my_lessons.prepare(course)
    mine = work(folder / SECOND)
    for spoiled in ("<<<<<<< HEAD\n{}", "[]", '{"cells": 1}', '{"cells": [{}]}'):
        (course / "notebooks" / SECOND).write_text(spoiled)
        (folder / FIRST).unlink()
        my_lessons.prepare(course)
        said = capsys.readouterr().out
        assert f"`git checkout HEAD notebooks/{SECOND}`" in said and said.count("\n") == 1
        assert (folder / FIRST).exists() and (folder / SECOND).read_bytes() == mine
        with pytest.raises(ValueError, match="git checkout HEAD"):
            my_lessons.reset(course, 1)
        assert (folder / SECOND).read_bytes() == mine


def saved_after_the_look(monkeypatch, lesson: Path) -> list[bytes]:
    """Let the learner save once, between a look at the lesson and what comes of it."""
    look, saved = my_lessons._is_untouched, []

    def look_and_save(path, *record):
        untouched = look(path, *record)
        if path == lesson and not saved:
            saved.append(work(lesson))
        return untouched

    monkeypatch.setattr(my_lessons, "_is_untouched", look_and_save)
    return saved


def saved_before_the_place_is_taken(monkeypatch, lesson: Path) -> list[bytes]:
    """Let the learner save once more, when the untouched lesson has just gone."""
    content, link, saved = lesson.read_text(), my_lessons.os.link, []

    def save_and_link(source, target):
        if target == lesson and not saved:
            lesson.write_text(content)
            saved.append(work(lesson))
        link(source, target)

    monkeypatch.setattr(my_lessons.os, "link", save_and_link)
    return saved


@pytest.mark.parametrize("when", [saved_after_the_look, saved_before_the_place_is_taken])
def test_what_is_saved_at_this_very_moment_is_not_lost(course, when, monkeypatch):
    folder = my_lessons.prepare(course)
    change(course)
    saved = when(monkeypatch, folder / SECOND)
    my_lessons.prepare(course)
    assert (folder / SECOND).read_bytes() == saved[0]
    assert "print('new')" in (folder / "01_words_as_vectors.new.ipynb").read_text()
    assert not list(folder.glob(".*.aside")) and not list(folder.glob(".*.fresh"))


@pytest.mark.parametrize("when", [saved_after_the_look, saved_before_the_place_is_taken])
def test_a_reset_keeps_what_is_saved_at_this_very_moment(course, when, monkeypatch):
    folder = my_lessons.prepare(course)
    saved = when(monkeypatch, folder / SECOND)
    assert "kept-1" in my_lessons.reset(course, 1)
    assert (folder / "01_words_as_vectors.kept-1.ipynb").read_bytes() == saved[0]
    assert "answer = ..." in (folder / SECOND).read_text()


def test_a_disk_without_hard_links_will_do(course, monkeypatch):
    def no_links(source, target):
        raise PermissionError(1, "Operation not permitted")

    folder = my_lessons.prepare(course)
    change(course)
    monkeypatch.setattr(my_lessons.os, "link", no_links)
    my_lessons.prepare(course)
    assert "print('new')" in (folder / SECOND).read_text()
    assert names(folder) == [FIRST, SECOND]


@pytest.mark.parametrize("kept", ["x", None, []])
def test_a_record_with_odd_entries_stops_nothing(course, kept):
    folder = my_lessons.prepare(course)
    record = json.loads((folder / my_lessons.RECORD).read_text())
    stem = SECOND.removesuffix(".ipynb")
    record |= {"kept": {stem: kept}, "offered": {SECOND: kept}}
    record["copied"][FIRST] = kept
    (folder / my_lessons.RECORD).write_text(json.dumps(record))
    work(folder / SECOND)
    assert "kept-1" in my_lessons.reset(course, 1)


def test_a_record_that_is_no_text_is_written_anew(course):
    folder = my_lessons.prepare(course)
    good = (folder / my_lessons.RECORD).read_bytes()
    (folder / my_lessons.RECORD).write_bytes(b"\xff\xfe{")
    my_lessons.prepare(course)
    assert (folder / my_lessons.RECORD).read_bytes() == good


def test_a_pasted_picture_is_work(course):
    folder = my_lessons.prepare(course)
    content = json.loads((folder / SECOND).read_text())
    content["cells"][0]["attachments"] = {"mine.png": {"image/png": "iVBORw0KGgo="}}
    (folder / SECOND).write_text(json.dumps(content))
    change(course)
    my_lessons.prepare(course)
    assert "mine.png" in (folder / SECOND).read_text()
    assert "kept-1" in my_lessons.reset(course, 1)


def test_pictures_of_one_name_in_two_folders_are_told_apart(course):
    lesson = course / "notebooks" / SECOND
    lesson.write_text(lesson.read_text().replace("pictures/rows.png", "others/rows.png"))
    other = course / "notebooks" / "others" / "rows.png"
    other.parent.mkdir()
    other.write_bytes(b"\x89PNG other")
    folder = my_lessons.prepare(course)
    (course / "notebooks" / "pictures" / "rows.png").write_bytes(b"\x89PNG new rows")
    my_lessons.prepare(course)
    assert (folder / "pictures" / "rows.png").read_bytes() == b"\x89PNG new rows"
    assert (folder / "others" / "rows.png").read_bytes() == b"\x89PNG other"


def test_links_and_pictures_of_the_real_lessons_work_from_the_copies(tmp_path):
    folder = my_lessons.prepare(ROOT, tmp_path / "my-lessons")
    assert len(names(folder)) >= 11
    for path in folder.glob("*.ipynb"):
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            text = "".join(cell["source"])
            if cell["cell_type"] != "markdown":
                continue
            for link in re.findall(r"\]\(([^)\s]+)", text):
                target = link.partition("#")[0]
                if not target or re.match(r"[a-z]+:", target):
                    continue
                place = folder
                if target.startswith("../"):  # beside notebooks/ and beside my-lessons/
                    place, target = ROOT, target.removeprefix("../")
                assert (place / target).exists(), f"{path.name}: {link}"


def test_the_standard_library_is_enough(tmp_path):
    program = (
        "import runpy, sys\n"
        f"tool = runpy.run_path({str(ROOT / 'tools' / 'my_lessons.py')!r})\n"
        "from pathlib import Path\n"
        f"print(tool['reset'](Path({str(ROOT)!r}), 1, Path({str(tmp_path)!r})))\n"
    )
    # -S: without the packages of the environment
    done = subprocess.run([sys.executable, "-I", "-S", "-c", program], capture_output=True)
    assert done.returncode == 0, done.stderr.decode()
    assert (tmp_path / SECOND).exists()


def test_jupyterlab_knows_every_setting(tmp_path):
    settings = my_lessons.settings_into(tmp_path)
    assert settings == tmp_path / "share" / "jupyter" / "lab" / "settings" / "overrides.json"
    for plugin, values in json.loads(settings.read_text()).items():
        package, _, name = plugin.partition(":")
        schema = json.loads((SHARE / package / f"{name}.json").read_text(encoding="utf-8"))
        assert values.keys() <= schema["properties"].keys(), plugin


def test_the_view_is_where_jupyterlab_looks_for_extensions(tmp_path):
    my_lessons.settings_into(tmp_path)
    folder = tmp_path / "share" / "jupyter" / "labextensions" / "course-view"
    description = json.loads((folder / "package.json").read_text())
    script = (folder / description["jupyterlab"]["_build"]["load"]).read_text()
    assert f"window._JUPYTERLAB['{description['name']}']" in script
    assert description["jupyterlab"]["_build"]["extension"] in script
