"""What a corpus is: texts, their labels, and where they came from."""

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from helpers.vocabulary import tokenize

if TYPE_CHECKING:
    import pandas as pd

LEXICON_COLUMNS = ["word", "role", "topic", "polarity", "opposite"]


@dataclass(frozen=True, repr=False)
class Corpus:
    """Tokenized texts with their labels; `str` makes one line about them.

    Parameters
    ----------
    name : str
    texts : list of lists of str
        One list of words per text. No word is empty or has white space in it.
    labels : dict of str to list of str
        For each kind of label, one value per text.
    source, license : str
    lexicon : DataFrame, optional
        What is known of the words, in the columns word, role, topic, polarity and opposite.
    pair : tuple of two str, optional
        The lessons' example of two opposites, the positive one first.
    fingerprint : str
        Twelve digits of the SHA-256 of texts and labels: equal texts, equal fingerprints, in
        whatever version of a library they were found. Computed if it is not given.

    Raises
    ------
    ValueError
        If some kind of label has not one value per text.
    """

    name: str
    texts: list[list[str]]
    labels: dict[str, list[str]]
    source: str
    license: str
    lexicon: "pd.DataFrame | None" = field(default=None, compare=False)
    pair: tuple[str, str] | None = None
    fingerprint: str = ""

    def __post_init__(self) -> None:
        for kind, values in self.labels.items():
            if len(values) != len(self.texts):
                raise ValueError(
                    f"{self.name}: {len(values)} {kind} labels for {len(self.texts)} texts"
                )
        if not self.fingerprint:
            # The one place that may set an attribute of a frozen object.
            object.__setattr__(self, "fingerprint", _fingerprint(self.texts, self.labels))

    @property
    def with_lexicon(self) -> str:
        """The fingerprint; with a lexicon, of what that says and of the example pair, too."""
        if self.lexicon is None:
            return self.fingerprint
        known = self.lexicon.to_csv(index=False, lineterminator="\n") + json.dumps(self.pair)
        return hashlib.sha256((self.fingerprint + known).encode()).hexdigest()[:12]

    @property
    def opposites(self) -> list[tuple[str, str]]:
        """The lexicon's pairs of opposites, the positive word first."""
        if self.lexicon is None:
            raise ValueError(f"{self.name} comes without a lexicon, so it names no opposites")
        known = self.lexicon
        positive = known[(known["polarity"] == "positive") & (known["opposite"] != "")]
        return list(zip(positive["word"], positive["opposite"], strict=True))

    def __str__(self) -> str:
        tokens = sum(len(text) for text in self.texts)
        distinct = len(set().union(*self.texts))
        kinds = ""
        for kind, values in self.labels.items():
            kinds += f", {len(set(values)):,} {kind} labels"
        return (
            f"{self.name}: {len(self.texts):,} texts, {tokens:,} tokens, {distinct:,} "
            f"distinct words{kinds} (from {self.source}; {self.license})"
        )

    __repr__ = __str__  # a corpus at the end of a cell must not print two million words


def _fingerprint(texts: list[list[str]], labels: dict[str, list[str]]) -> str:
    digest = hashlib.sha256()
    for text in texts:
        digest.update(" ".join(text).encode("utf-8", "surrogatepass") + b"\n")
    digest.update(json.dumps(labels).encode())
    return digest.hexdigest()[:12]


def noted(corpus: Corpus, *, foreign: bool = False) -> Corpus:
    """Tell the claims which texts, labels and lexicon are in use, and return the corpus."""
    from helpers.claims import note_corpus  # late: whoever only reads a text needs no claims

    note_corpus(corpus.name, corpus.with_lexicon, foreign)
    return corpus


def demand_opposites(corpus: Corpus, lexicon: Path) -> None:
    """Raise ValueError if the example pair is not two opposites, the positive one first."""
    if corpus.pair not in corpus.opposites:
        raise ValueError(
            f"the pair {corpus.pair} has to be two opposites of {lexicon.name}, the positive "
            "one first: name another pair"
        )


def read_lexicon(path: Path) -> "pd.DataFrame":
    """Return a lexicon: one row per word, all fields strings, the empty ones too.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it lacks a column, has a word twice, or an opposite whose opposite is another word.
    """
    import pandas as pd

    # Without keep_default_na the word "null" would be a missing value.
    try:
        lexicon = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is not in UTF-8: save it as UTF-8") from error
    missing = [column for column in LEXICON_COLUMNS if column not in lexicon]
    if missing:
        raise ValueError(f"{path} lacks the column {missing[0]}: it needs {LEXICON_COLUMNS}")
    for word in lexicon["word"]:
        if tokenize(word) != [word]:
            raise ValueError(
                f"{path}: {word!r} is no word as the texts have them, in lower case and of "
                f"letters alone: write {' '.join(tokenize(word))!r} or leave it out"
            )
    twice = lexicon["word"][lexicon["word"].duplicated()]
    if len(twice):
        raise ValueError(f"{path}: {twice.iloc[0]!r} stands twice among the words")
    opposite = dict(zip(lexicon["word"], lexicon["opposite"], strict=True))
    for word, other in opposite.items():
        if other and opposite.get(other) != word:
            raise ValueError(
                f"{path}: the opposite of {word!r} is {other!r}, but not the reverse"
            )
    return lexicon
