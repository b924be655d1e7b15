"""Where things are, which data are used, how files are written, what a teacher may change."""

import multiprocessing
import os
import subprocess
import sys
from pathlib import Path

import pytest

from helpers import settings
from helpers.corpora import Corpus
from helpers.corpora.cache import encode

FILMS = Corpus("imdb", [["a", "film"]], {"sentiment": ["positive"]}, "there", "as you know")
MINE = """
vector_size = 20
[bundled]
corpus = "mine.csv"
lexicon = "words.csv"
pair = ["gut", "schlecht"]
"""


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty cache folder of the test's own."""
    monkeypatch.setenv(settings.CACHE_VARIABLE, str(tmp_path))
    return settings.cache_folder()


def test_the_paths_are_there():
    for path in (settings.ROOT, settings.DATASETS, settings.MEASURED, settings.NOTEBOOKS):
        assert path.is_dir()


def test_numpy_is_not_imported():
    code = (
        "import sys; from helpers import settings; settings.course(); settings.data_choice()"
    )
    code += "; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_a_package_that_is_not_editable_finds_the_course_it_is_run_in(tmp_path, monkeypatch):
    installed = tmp_path / "site-packages" / "helpers"
    installed.mkdir(parents=True)
    for file in Path(settings.__file__).parent.glob("*.py"):
        (installed / file.name).write_bytes(file.read_bytes())
    code = "from helpers import settings; print(settings.DATASETS)"
    shown = subprocess.run(
        [sys.executable, "-c", code],
        cwd=settings.NOTEBOOKS,
        env=os.environ | {"PYTHONPATH": str(installed.parent), "PYTHONSAFEPATH": "1"},
        capture_output=True,
        text=True,
    )
    assert shown.stdout.strip() == str(settings.DATASETS), shown.stderr


def test_data_choice(cache, monkeypatch):
    for value in ("bundled", "full"):
        monkeypatch.setenv("COURSE_DATA", value)
        assert settings.data_choice() == value
    monkeypatch.setenv("COURSE_DATA", "ful")
    with pytest.raises(ValueError, match=r"COURSE_DATA='ful'.*bundled.*full.*unset"):
        settings.data_choice()
    for unset in ("", None):
        if unset is None:
            monkeypatch.delenv("COURSE_DATA")
        else:
            monkeypatch.setenv("COURSE_DATA", unset)
        assert settings.data_choice() == "bundled"
    for content, expected in (
        (encode(FILMS, {"parser": settings.PARSER}), "full"),
        (encode(FILMS, {"parser": "of an earlier version"}), "bundled"),
        (b"damaged", "bundled"),
        (b"", "bundled"),
    ):
        settings.write_atomically(cache / "imdb.txt", content)
        assert settings.data_choice() == expected


# ---- the one way in which a file is written


@pytest.mark.parametrize("content", ["ä\nb\r\n", b"\x00\xff"])
def test_a_file_is_written_as_it_is_and_nothing_else_stays(tmp_path, content):
    path = tmp_path / "new" / "folder" / "file.txt"
    for _ in range(2):
        settings.write_atomically(str(path), content)
    expected = content if isinstance(content, bytes) else content.encode()
    assert path.read_bytes() == expected
    assert [file.name for file in path.parent.iterdir()] == ["file.txt"]


def test_others_may_read_what_the_user_lets_them_read(tmp_path):
    settings.write_atomically(tmp_path / "written", "")
    (tmp_path / "plain").write_text("")
    assert (tmp_path / "written").stat().st_mode == (tmp_path / "plain").stat().st_mode


@pytest.mark.parametrize("failing", ["write_bytes", "replace"])
@pytest.mark.parametrize(
    "error", [OSError(28, "No space left on device"), KeyboardInterrupt()]
)
def test_a_failure_leaves_the_old_file(tmp_path, monkeypatch, failing, error):
    path = tmp_path / "file.txt"
    settings.write_atomically(path, "old")

    def fail(self, *_):
        self.touch()
        raise error

    monkeypatch.setattr(Path, failing, fail)
    with pytest.raises(type(error)):
        settings.write_atomically(path, "new")
    monkeypatch.undo()
    assert path.read_text() == "old"
    assert [file.name for file in tmp_path.iterdir()] == ["file.txt"]


def write_often(path: Path, content: bytes) -> None:
    for _ in range(200):
        settings.write_atomically(path, content)


def test_two_writers_at_once_never_mix(tmp_path):
    path = tmp_path / "file.txt"
    contents = [b"a" * 50_000, b"b" * 50_000]
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=write_often, args=(path, text)) for text in contents]
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        if path.exists():
            assert path.read_bytes() in contents
    assert [writer.exitcode for writer in writers] == [0, 0]
    assert [file.name for file in tmp_path.iterdir()] == ["file.txt"]


# ---- the teacher's file


def test_the_file_of_the_course_is_its_own(monkeypatch):
    monkeypatch.delenv("COURSE_SETTINGS", raising=False)
    course = settings.course()
    assert not course.foreign
    assert course.vector_size == 50
    assert Path(course.bundled.corpus) == settings.DATASETS / "reviews.tsv"
    assert course.full.corpus == "imdb genres"
    assert course.bundled.pair == ("good", "bad")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("vector_size = 50", "vector_size = 20"),
        ('corpus = "reviews.tsv"', 'corpus = "mine.tsv"'),
        ('lexicon = "imdb_lexicon.csv"', 'lexicon = "mine.csv"'),
        ('pair = ["good", "bad"]', 'pair = ["nice", "poor"]'),
    ],
)
def test_the_file_of_the_course_is_foreign_once_a_teacher_changed_it(
    tmp_path, monkeypatch, before, after
):
    content = (settings.DATASETS / "course.toml").read_text("utf-8")
    assert before in content
    monkeypatch.delenv("COURSE_SETTINGS", raising=False)
    monkeypatch.setattr(settings, "DATASETS", tmp_path)
    for text, foreign in ((content, False), (content.replace(before, after), True)):
        (tmp_path / "course.toml").write_text(text, "utf-8")
        assert settings.course().foreign == foreign


def test_another_file_is_foreign_and_its_paths_are_beside_it(tmp_path, monkeypatch):
    (tmp_path / "mine.toml").write_text(MINE)
    monkeypatch.setenv("COURSE_SETTINGS", str(tmp_path / "mine.toml"))
    course = settings.course()
    assert course.foreign
    assert course.vector_size == 20
    assert Path(course.bundled.corpus) == tmp_path / "mine.csv"
    assert course.bundled.lexicon == tmp_path / "words.csv"
    assert course.bundled.pair == ("gut", "schlecht")
    assert course.full == course.bundled  # without a part of its own


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("vector_size = 20", "", "lacks vector_size"),
        ("vector_size = 20", "vector_size = 0", "vector_size = 0 has to be a whole number"),
        ("vector_size = 20", "vector_size = true", "vector_size = True has to be a whole"),
        ("vector_size = 20", "vector_size = 20\nsize = 1", "does not know size: choose from"),
        ("vector_size = 20", "vector_size 20", "cannot be read"),
        ('lexicon = "words.csv"', "", r"\[bundled\] lacks lexicon"),
        ('corpus = "mine.csv"', "corpus = 3", r"\[bundled\] corpus = 3 has to be the name"),
        ('["gut", "schlecht"]', '["gut"]', r"pair = \['gut'\] has to be two words"),
        ('["gut", "schlecht"]', "[1, 2]", r"pair = \[1, 2\] has to be two words"),
        (MINE, "vector_size = 2\nbundled = 3", r"\[bundled\] has to be a table"),
    ],
)
def test_what_is_wrong_in_the_file_is_named(tmp_path, monkeypatch, before, after, said):
    assert before in MINE
    (tmp_path / "mine.toml").write_text(MINE.replace(before, after))
    monkeypatch.setenv("COURSE_SETTINGS", str(tmp_path / "mine.toml"))
    with pytest.raises(ValueError, match=r"mine\.toml.*" + said):
        settings.course()


def test_a_missing_file_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_SETTINGS", str(tmp_path / "none.toml"))
    with pytest.raises(FileNotFoundError, match=r"COURSE_SETTINGS.*none\.toml.*unset"):
        settings.course()
    monkeypatch.delenv("COURSE_SETTINGS")
    monkeypatch.setattr(settings, "DATASETS", tmp_path)
    with pytest.raises(FileNotFoundError, match=r"course\.toml is missing.*git checkout"):
        settings.course()


def test_the_remedy_is_a_command_that_needs_no_environment():
    assert settings.FETCH in ("make fetch", r"py tools\course.py fetch")
    assert settings.FETCH in settings.REMEDY
