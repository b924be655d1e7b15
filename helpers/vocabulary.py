"""From text to words, from words to ids. The convention for ids stands here and nowhere else.

Where the course's Keras layers read ids, 0 is padding, 1 is any unknown word, and words begin
at 2, as in Keras's `TextVectorization`. Elsewhere a word's id is its row, from 0.
"""

import re
import sys
import unicodedata
from array import array
from collections import Counter
from collections.abc import Iterable

import numpy as np

PADDING = 0
UNKNOWN = 1
FIRST_WORD = 2
SPECIAL = ["", "[UNK]"]  # rows 0 and 1, as TextVectorization spells them
# Inside a word and not seen: soft hyphen, word joiner, and the zero-width joiner and
# non-joiner of Persian and Hindi.
INVISIBLE = (0xAD, 0x2060, 0x200D, 0x200C)


class _LettersOnly(dict):
    """A table for `str.translate`: letters and accents stay, all else becomes a space."""

    def __missing__(self, code: int) -> int:
        kind = unicodedata.category(chr(code))
        self[code] = code if kind[0] in "LM" else ord(" ")
        return self[code]


LETTERS_ONLY = _LettersOnly(dict.fromkeys(INVISIBLE))
WORD = re.compile(r"[^\W\d_]\S*")  # begins with a letter, for an accent alone is no word


def tokenize(text: str) -> list[str]:
    """Split a text into words: runs of letters, of any language, in lower case.

    Digits, underscores and apostrophes separate: `n_samples` is two words, and so is `don't`.
    Soft hyphens and joiners, which are not seen, are left out.

    Parameters
    ----------
    text : str

    Returns
    -------
    list of str
        In Unicode's composed form (NFC), so that an accented letter is spelled one way only.
        One string object per distinct word: two million words would else take 120 MB.
    """
    letters = unicodedata.normalize("NFC", text.lower()).translate(LETTERS_ONLY)
    return [sys.intern(word) for word in WORD.findall(letters)]


def count_words(texts: Iterable[Iterable[str]], min_count: int = 1) -> dict[str, int]:
    """Count how often each word occurs.

    Parameters
    ----------
    texts : iterable of lists of words
    min_count : int
        Words that occur less often are left out.

    Returns
    -------
    dict
        Word to count, most frequent first; words that occur equally often in the order in
        which they are first met.
    """
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(_as_words(text))
    return {word: count for word, count in counts.most_common() if count >= min_count}


def index_words(vocabulary: Iterable[str], first: int = 0) -> dict[str, int]:
    """Give each word of a vocabulary an id.

    Parameters
    ----------
    vocabulary : iterable of str
        Distinct words; a dict of counts will do.
    first : int
        The id of the first word: 0 for rows of a table, `FIRST_WORD` for Keras.

    Returns
    -------
    dict
        Word to id; the course calls it `word_to_id`.

    Raises
    ------
    ValueError
        If a word occurs twice.
    """
    word_to_id: dict[str, int] = {}
    for word_id, word in enumerate(vocabulary, start=first):
        if word in word_to_id:
            raise ValueError(f"{word!r} stands twice in the vocabulary: keep one of them")
        word_to_id[word] = word_id
    return word_to_id


def encode(
    texts: Iterable[Iterable[str]], word_to_id: dict[str, int], length: int | None = None
) -> np.ndarray:
    """Replace words by ids, and fill up with padding to a rectangle.

    Parameters
    ----------
    texts : iterable of lists of words
    word_to_id : dict
        From `index_words(vocabulary, first=FIRST_WORD)`.
    length : int, optional
        Width of the result; what is longer is cut. By default the longest text sets it.

    Returns
    -------
    ndarray of int32, shape (texts, length)
        `UNKNOWN` for words that are not in `word_to_id`, `PADDING` at the end of a row.

    Raises
    ------
    TypeError
        If a text is a string, whose letters would be the words.
    ValueError
        If a word has one of the two ids that are taken.
    """
    if word_to_id and min(word_to_id.values()) < FIRST_WORD:
        word = min(word_to_id, key=lambda word: word_to_id[word])
        raise ValueError(
            f"{word!r} has the id {word_to_id[word]}, but {PADDING} is padding and {UNKNOWN} "
            "any unknown word: number words with index_words(vocabulary, first=FIRST_WORD)"
        )
    rows = []
    for text in texts:
        rows.append([word_to_id.get(word, UNKNOWN) for word in _as_words(text)])
    if length is None:
        length = max((len(row) for row in rows), default=0)
    ids = np.full((len(rows), length), PADDING, dtype=np.int32)
    for number, row in enumerate(rows):
        kept = row[:length]
        ids[number, : len(kept)] = kept
    return ids


def running_ids(
    texts: Iterable[Iterable[str]], min_count: int
) -> tuple[dict[str, int], np.ndarray, np.ndarray]:
    """Turn a corpus into one long array of ids, keeping 8 bytes for each of its words.

    Parameters
    ----------
    texts : iterable of lists of words
        It is read twice, so an iterator is refused.
    min_count : int
        Words that occur less often are left out, and their neighbors move together, as in
        gensim.

    Returns
    -------
    counts : dict
        As `count_words` gives it; a word's id is its place in it.
    ids : ndarray of int32, shape (running words,)
    text_numbers : ndarray of int32, shape (running words,)
        The number of the text that the word is in.

    Raises
    ------
    TypeError
        If `texts` can be read only once, or holds strings in place of lists of words.
    ValueError
        If no word occurs `min_count` times, or the second reading gives more or fewer words of
        the vocabulary than the first. Other words in the same number are not noticed.
    """
    if isinstance(texts, str) or not isinstance(texts, Iterable):
        raise TypeError(
            f"texts have to be lists of words; {texts!r:.60} is not a list of them"
        )
    if iter(texts) is texts:
        raise TypeError(
            f"a {type(texts).__name__} can be read only once, and training reads its texts "
            "twice: give list(...) of it, or an object whose __iter__ starts afresh"
        )
    everything = count_words(texts)
    counts = {word: count for word, count in everything.items() if count >= min_count}
    if not everything:
        raise ValueError("the texts hold no word at all: are they empty, or their file?")
    if not counts:
        raise ValueError(
            f"none of {len(everything):,} distinct words occurs min_count={min_count} times: "
            "give more text or lower min_count"
        )
    word_to_id = index_words(counts)
    ids = array("i")
    lengths = []
    for text in texts:
        before = len(ids)
        ids.extend(word_to_id[word] for word in text if word in word_to_id)
        lengths.append(len(ids) - before)
    expected = sum(counts.values())
    if len(ids) != expected:
        raise ValueError(
            f"the texts held {expected:,} words of the vocabulary at first and {len(ids):,} "
            "when read again: __iter__ has to start afresh each time"
        )
    text_numbers = np.repeat(np.arange(len(lengths), dtype=np.int32), lengths)
    return counts, np.array(ids, dtype=np.int32), text_numbers


def _as_words(text: Iterable[str]) -> Iterable[str]:
    if isinstance(text, str):
        raise TypeError(
            f"the text {text!r:.60} is a string, whose letters would be the words: split it, "
            "as in [tokenize(text) for text in texts]"
        )
    return text
