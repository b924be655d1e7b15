"""Where things are, which data are used, and the one way in which the course writes a file.

Nothing here imports NumPy: `session.start` has to set the number of threads before that.
"""

import contextlib
import os
import secrets
import tomllib
from collections.abc import Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NoReturn

DataChoice = Literal["bundled", "full"]


def _course_folder() -> Path:
    """Return the folder that holds `datasets/`, also for a package installed elsewhere."""
    here = Path(__file__).resolve().parent.parent
    working = Path.cwd()
    for folder in (here, working, *working.parents):
        if (folder / "datasets" / "course.toml").is_file():
            return folder
    return here  # whoever looks for a data set there says what is missing


ROOT = _course_folder()
DATASETS = ROOT / "datasets"
MEASURED = DATASETS / "measured"  # what tools wrote, never edited by hand
NOTEBOOKS = ROOT / "notebooks"

# Change it with the tokenizer or any parser, and all that is cached is built again.
PARSER = "4"
CACHE_VARIABLE = "WIN_PD_OVERRIDE_LOCAL_APPDATA" if os.name == "nt" else "XDG_CACHE_HOME"
CHECKSUM = 65  # bytes of the first line of a file in the cache folder
FETCH = r"py tools\course.py fetch" if os.name == "nt" else "make fetch"
REMEDY = f"run `{FETCH}` in the course's folder (19 MB), or set COURSE_DATA=bundled"
# `make lab` compares what is in .venv with the lock, and makes it anew where they differ.
RENEW = "end JupyterLab and run `make lab`, which renews .venv; on Binder, start anew"
RESTORE = f"restore it with `git checkout datasets` in {ROOT}"
# What `course.toml` says as the course ships it: the bounds of the claims were set with this.
SHIPPED = {
    "vector_size": 50,
    "bundled": {
        "corpus": "reviews.tsv",
        "lexicon": "reviews_lexicon.csv",
        "pair": ["good", "bad"],
    },
    "full": {
        "corpus": "imdb genres",
        "lexicon": "imdb_lexicon.csv",
        "pair": ["good", "bad"],
    },
}


def data_choice() -> DataChoice:
    """Return which data the lessons look at.

    Returns
    -------
    "bundled" or "full"
        What `COURSE_DATA` asks for; without it, "full" once IMDB is in the cache folder.

    Raises
    ------
    ValueError
        If `COURSE_DATA` is anything else.
    """
    choice = os.environ.get("COURSE_DATA", "")
    if choice == "bundled":
        return "bundled"
    if choice == "full":
        return "full"
    if choice:
        raise ValueError(f"COURSE_DATA={choice!r}: set it to bundled or to full, or unset it")
    return "full" if is_downloaded() else "bundled"


def cache_folder() -> Path:
    """Return where parsed corpora are kept: below `XDG_CACHE_HOME`, if that is set."""
    import pooch

    return Path(pooch.os_cache("same-table"))


def is_downloaded() -> bool:
    """Return whether IMDB is in the cache folder, as this version of the course keeps it.

    Only the beginning of the file is read: after the checksum it says which parser wrote it.
    """
    said = f'{{"stamp": {{"parser": "{PARSER}"}}'.encode()
    try:
        with (cache_folder() / "imdb.txt").open("rb") as file:
            beginning = file.read(CHECKSUM + len(said))
    except OSError:  # not there, or not ours to read
        return False
    return beginning[CHECKSUM:] == said


def write_atomically(path: str | Path, content: bytes | str) -> None:
    """Write a file so that nobody ever sees half of it, and make its folder if need be.

    The content goes to a name of its own first, so that two writers never share a file, and
    is then moved into place. If that fails, the old file stays and nothing else is left.

    Parameters
    ----------
    path : str or Path
    content : bytes or str
        Text is written as UTF-8, its line ends as they are.

    Raises
    ------
    OSError
        If the folder cannot be written to, or the disk is full.
    """
    path = Path(path)
    if isinstance(content, str):
        content = content.encode("utf-8")
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}.tmp")
    try:
        temporary.write_bytes(content)
        temporary.replace(path)
    finally:
        with contextlib.suppress(OSError):  # it is gone, unless something failed
            temporary.unlink()


@dataclass(frozen=True)
class Opinions:
    """The texts labeled by sentiment and topic that lessons 00 and 07 to 10 work on."""

    corpus: str  # the path of a .tsv or .csv file, or "imdb genres"
    lexicon: Path
    pair: tuple[str, str]


@dataclass(frozen=True)
class Course:
    """What a teacher may change, as `datasets/course.toml` has it."""

    file: Path
    vector_size: int
    bundled: Opinions
    full: Opinions
    foreign: bool  # whether a teacher named something else than the course does


def course() -> Course:
    """Read the one file in which a teacher swaps corpus, example pair or dimension.

    It is `datasets/course.toml`, or the file that `COURSE_SETTINGS` names. Paths in it are
    relative to it.

    Returns
    -------
    Course

    Raises
    ------
    FileNotFoundError
        If the file is missing.
    ValueError
        If something in it is missing, unknown or of the wrong kind.
    """
    default = DATASETS / "course.toml"
    file = Path(os.environ.get("COURSE_SETTINGS") or default).expanduser().resolve()
    if not file.is_file():
        if file == default:
            raise FileNotFoundError(f"{file} is missing: {RESTORE}")
        raise FileNotFoundError(
            f"COURSE_SETTINGS={str(file)!r} is no file: correct the path, or unset it"
        )
    try:
        content = tomllib.loads(file.read_text("utf-8"))
    except ValueError as error:  # not TOML, or not UTF-8
        raise ValueError(f"{file} cannot be read: {error}") from error
    _demand_keys(file, "", content, {"vector_size", "bundled"}, optional={"full"})
    vector_size = content["vector_size"]
    if not isinstance(vector_size, int) or isinstance(vector_size, bool) or vector_size < 1:
        _refuse(file, f"vector_size = {vector_size!r} has to be a whole number of 1 or more")
    bundled = _opinions(file, "bundled", content["bundled"])
    full = _opinions(file, "full", content["full"]) if "full" in content else bundled
    foreign = file != default.resolve() or content != SHIPPED
    return Course(file, vector_size, bundled, full, foreign)


def _opinions(file: Path, name: str, table: Any) -> Opinions:
    if not isinstance(table, dict):
        _refuse(file, f"[{name}] has to be a table with corpus, lexicon and pair")
    _demand_keys(file, f"[{name}] ", table, {"corpus", "lexicon", "pair"})
    for key in ("corpus", "lexicon"):
        if not isinstance(table[key], str):
            _refuse(file, f"[{name}] {key} = {table[key]!r} has to be the name of a file")
    pair = table["pair"]
    two_words = isinstance(pair, list) and len(pair) == 2
    if not two_words or not all(isinstance(word, str) for word in pair):
        _refuse(file, f'[{name}] pair = {pair!r} has to be two words, as in ["good", "bad"]')
    corpus = table["corpus"]
    if corpus != "imdb genres":
        corpus = str(file.parent / corpus)
    return Opinions(corpus, file.parent / table["lexicon"], (pair[0], pair[1]))


def _demand_keys(
    file: Path, where: str, table: dict, needed: Set[str], optional: Set[str] = frozenset()
) -> None:
    missing = sorted(needed - table.keys())
    unknown = sorted(table.keys() - needed - optional)
    if missing:
        _refuse(file, f"{where}lacks {', '.join(missing)}")
    if unknown:
        known = ", ".join(sorted(needed | optional))
        _refuse(file, f"{where}does not know {', '.join(unknown)}: choose from {known}")


def _refuse(file: Path, problem: str) -> NoReturn:
    raise ValueError(f"{file}: {problem}")
