"""Corpora that are files: those in `datasets/`, a teacher's, and a learner's own."""

from pathlib import Path

from helpers import settings
from helpers.corpora.corpus import Corpus, demand_opposites, noted, read_lexicon
from helpers.corpora.downloaded import imdb_genres
from helpers.settings import RESTORE, Opinions
from helpers.vocabulary import tokenize

FEW = 100_000  # words; below, vectors depend on the seed more than on the text
LONG = 10_000  # words of a text that gensim's Word2Vec looks at
DELIMITERS = {"\t": "a tab", ";": "a semicolon", ",": "a comma"}


def reviews() -> Corpus:
    """Return the controlled reviews, labeled by `"sentiment"` and `"topic"`, with lexicon."""
    chosen = Opinions(
        corpus=str(_dataset("reviews.tsv")),
        lexicon=_dataset("reviews_lexicon.csv"),
        pair=("good", "bad"),
    )
    return noted(_labeled_opinions(chosen, foreign=False))


def toy() -> Corpus:
    """Return the sixty or so sentences for working by hand."""
    lines = _dataset("toy.txt").read_text("utf-8").splitlines()
    texts = [tokenize(line) for line in lines if line.strip()]
    return noted(Corpus("toy", texts, {}, "this course's datasets/toy.txt", "CC BY 4.0"))


def opinions(*, bundled: bool = False) -> Corpus:
    """Return the texts labeled by `"sentiment"` and `"topic"`, with lexicon and example pair.

    Which ones, `course.toml` says: bundled, the controlled reviews; full, IMDB's reviews of
    one genre. A teacher may name others there.

    Parameters
    ----------
    bundled : bool
        Whether to take the bundled texts whatever `COURSE_DATA` says, for lessons that have to
        be quick.

    Raises
    ------
    FileNotFoundError
        If a file is missing, or IMDB is asked for and not in the cache folder.
    ValueError
        If `course.toml`, the texts or the lexicon are not of the form that is needed.
    """
    course = settings.course()
    is_full = settings.data_choice() == "full" and not bundled
    chosen = course.full if is_full else course.bundled
    if chosen.corpus == "imdb genres":
        return imdb_genres(chosen, foreign=course.foreign)
    return noted(_labeled_opinions(chosen, course.foreign), foreign=course.foreign)


def _labeled_opinions(chosen: Opinions, foreign: bool) -> Corpus:
    path = Path(chosen.corpus)
    is_ours = not foreign or path == settings.DATASETS / "reviews.tsv"
    for file in (path, chosen.lexicon):
        if not file.is_file():
            remedy = f"correct it in {settings.course().file}" if foreign else RESTORE
            raise FileNotFoundError(f"{file} is missing: {remedy}")
    table = _read_table(path)
    missing = [name for name in ("sentiment", "topic", "text") if name not in table]
    if missing:
        raise ValueError(
            f"{path} needs columns sentiment, topic, text and has {', '.join(table)}: "
            + (RESTORE if is_ours else "rename them")
        )
    sides = sorted(set(table["sentiment"]))
    if sides != ["negative", "positive"]:
        raise ValueError(f"{path}: sentiment has to be positive or negative, not {sides}")
    labels = {"sentiment": table["sentiment"], "topic": table["topic"]}
    texts, labels = _with_words(path, table["text"], labels)
    lexicon = read_lexicon(chosen.lexicon)
    words = set().union(*texts)
    for word in chosen.pair:
        if word not in words or word not in set(lexicon["word"]):
            raise ValueError(
                f"the pair's word {word!r} has to occur in {path.name} and in "
                f"{chosen.lexicon.name}: name another pair"
            )
    source, terms = f"this course's datasets/{path.name}", "CC BY 4.0"
    if not is_ours:
        source, terms = f"your file {path.name}", "as you know"
    corpus = Corpus(path.stem, texts, labels, source, terms, lexicon, chosen.pair)
    demand_opposites(corpus, chosen.lexicon)
    return corpus


def _with_words(
    path: Path, pieces: list[str], labels: dict[str, list[str]]
) -> tuple[list[list[str]], dict[str, list[str]]]:
    """Divide texts into words, and leave out those without a word together with their labels.

    A network that takes the mean over a text's words would make NaN of none.
    """
    texts, kept = [], []
    for number, piece in enumerate(pieces):
        words = tokenize(piece)
        if words:
            texts.append(words)
            kept.append(number)
    if not texts:
        raise ValueError(f"{path} holds no word: is it the right file?")
    return texts, {kind: [values[n] for n in kept] for kind, values in labels.items()}


def from_file(path: str | Path, text: str | None = None, label: str | None = None) -> Corpus:
    """Read a text of your own, in any language that puts spaces between words.

    Parameters
    ----------
    path : str or Path
        A `.txt` file: one text a paragraph if there are empty lines, else one a line. A
        folder: one text a `.txt` file, labeled by the sub-folder that it is in. A `.csv` or
        `.tsv` file with a header. All in UTF-8.
    text, label : str, optional
        The columns of a table. Without them, the columns `text` and `label`, if it has them.

    Returns
    -------
    Corpus
        With one kind of label, named after the column, `"folder"` for a folder, or none. Texts
        without a word are left out. One printed line each says whether there are few words,
        whether some texts are longer than gensim's Word2Vec reads, and whether some fields for
        labels are empty.

    Raises
    ------
    FileNotFoundError
        If there is no such file or folder.
    ValueError
        If the path is empty, or there is no word in the file, it is not UTF-8, lacks a column,
        or has rows that are longer than its header.
    """
    if not str(path):
        raise ValueError("the path is empty: give a file or a folder")  # not the working one
    path = Path(path).expanduser()
    if path.is_dir():
        kind, pieces, values = _read_folder(path)
    elif not path.is_file():
        raise FileNotFoundError(
            f"there is no {str(path)!r} (looked for in {Path.cwd()}): correct the path"
        )
    elif path.suffix.lower() in (".csv", ".tsv"):
        kind, pieces, values = _read_columns(path, text, label)
    elif path.suffix.lower() == ".txt":
        kind, pieces, values = "", _read_paragraphs(path), []
    else:
        raise ValueError(f"{path.name}: give a .txt, .csv or .tsv file, or a folder")
    texts, labels = _with_words(path, pieces, {kind: values} if kind else {})
    corpus = Corpus(path.stem, texts, labels, f"your {path.name}", "as you know")
    _warn(corpus)
    return noted(corpus, foreign=True)


def _warn(corpus: Corpus) -> None:
    lengths = [len(text) for text in corpus.texts]
    long = sum(length > LONG for length in lengths)
    if sum(lengths) < FEW:
        print(
            f"{corpus.name} has {sum(lengths):,} words. That is little for word vectors: "
            f"below {FEW:,} or so, neighbors depend on the seed more than on the text."
        )
    if long:
        print(
            f"{long} of the texts are longer than {LONG:,} words: gensim's Word2Vec drops the "
            "rest of them without saying so. Divide them, for instance by paragraph."
        )
    for kind, values in corpus.labels.items():
        if "" in values:
            print(
                f"{values.count('')} of the texts have an empty field for {kind}, which "
                "counts as a label: fill it in, or take these rows out."
            )


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{path} is not UTF-8 (byte {error.start}): save it as UTF-8, as every editor and "
            "spreadsheet offers"
        ) from None


def _read_paragraphs(path: Path) -> list[str]:
    lines = [line.strip() for line in _read(path).strip().splitlines()]
    if "" not in lines:
        return lines
    return "\n".join(lines).split("\n\n")


def _read_folder(path: Path) -> tuple[str, list[str], list[str]]:
    files = []
    for file in sorted(path.rglob("*")):
        inside = file.relative_to(path).parts
        is_hidden = any(part.startswith(".") for part in inside)  # JupyterLab's copies
        if file.suffix.lower() == ".txt" and file.is_file() and not is_hidden:
            files.append(file)
    if not files:
        raise ValueError(f"{path} holds no .txt file, in no sub-folder either")
    labels = []
    for file in files:
        inner = file.relative_to(path).parts[:-1]
        labels.append(inner[0] if inner else "")
    kind = "folder" if any(labels) else ""
    if kind and "" in labels:
        stray = files[labels.index("")].name
        raise ValueError(f"{path}: {stray} is in no sub-folder, so it has no label: move it")
    return kind, [_read(file) for file in files], labels


def _read_columns(
    path: Path, text: str | None, label: str | None
) -> tuple[str, list[str], list[str]]:
    table = _read_table(path)
    has = f"it has {', '.join(table)}"
    if text is None and "text" not in table:
        raise ValueError(f"{path.name}: say which column holds the texts, text=...; {has}")
    if label is None and "label" in table:
        label = "label"
    for column in (text, label):
        if column is not None and column not in table:
            raise ValueError(f"{path.name} has no column {column!r}: {has}")
    text = text or "text"
    if label == text:
        raise ValueError(f"{path.name}: column {text!r} cannot be text and label at once")
    texts = table[text]
    if label is None:
        return "", texts, []
    return label, texts, table[label]


def _read_table(path: Path) -> dict[str, list[str]]:
    """Return the columns of a table that tabs, semicolons or commas divide."""
    import io

    import pandas as pd

    content = _read(path)
    header = content.partition("\n")[0]
    delimiter = max(DELIMITERS, key=header.count)
    # In a .tsv file quotes are letters like any other.
    quoting = 3 if path.suffix.lower() == ".tsv" else 0
    try:
        frame = pd.read_csv(
            io.StringIO(content),
            sep=delimiter,
            dtype=str,
            keep_default_na=False,  # "null" is a word
            quoting=quoting,
        )
    except ValueError as error:
        raise ValueError(f"{path} cannot be read as a table: {error}") from error
    if len(frame) and not isinstance(frame.index, pd.RangeIndex):
        # pandas would take the first column for names of rows, and all others for the next.
        remedy = "put texts that hold one into quotes"
        if quoting:
            remedy = "take it out of the texts"
        raise ValueError(
            f"{path}: its rows have more fields than its header, for "
            f"{DELIMITERS[delimiter]} begins a new one: {remedy}, and end no row with one"
        )
    return {str(name).strip(): frame[name].tolist() for name in frame}


def _dataset(name: str) -> Path:
    path = settings.DATASETS / name
    if not path.is_file():
        remedy = f"restore it with `git checkout datasets/{name}` in {settings.ROOT}"
        raise FileNotFoundError(f"datasets/{name} is missing: {remedy}")
    return path
