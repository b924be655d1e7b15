"""From text to words, from words to ids: any language, one convention, clear errors."""

import re
import unicodedata
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.vocabulary import (
    FIRST_WORD,
    PADDING,
    SPECIAL,
    UNKNOWN,
    count_words,
    encode,
    index_words,
    running_ids,
    tokenize,
)

TEXTS = [["tea", "and", "milk"], [], ["tea"], ["milk", "tea", "salt"]]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("The n_samples, x[0]: don't.\n", "the n samples x don t"),
        ("Müller trägt GRÖSSERE Straße", "müller trägt grössere straße"),
        ("Москва, São Paulo; Ελλάδα", "москва são paulo ελλάδα"),
        ("हिन्दी में", "हिन्दी में"),  # vowel signs are marks, and belong to the word
        ("שָׁלוֹם", "שָׁלוֹם"),
        ("東京 is big", "東京 is big"),
        ("I ❤️love it 👍🏽", "i love it"),  # an emoji's variation selector is a mark too
        ("x² 3kg ½cup Ⅷth", "x kg cup th"),
        ("co\u00adoperate", "cooperate"),  # a soft hyphen is not seen
        ("می\u200cخواهم", "میخواهم"),  # a zero-width non-joiner neither
        ("क्\u200dष a\u2060b", "क्ष ab"),
        ("", ""),
        ("8/10 ---", ""),
    ],
)
def test_words_are_runs_of_letters_of_any_language(text, words):

    assert tokenize(text) == unicodedata.normalize("NFC", words).split()


def test_an_accented_letter_has_one_spelling():
    assert tokenize("cafe\u0301") == tokenize("caf\u00e9") == ["caf\u00e9"]


@given(st.text(st.characters(max_codepoint=127)))
def test_on_ascii_words_are_runs_of_a_to_z(text):
    assert tokenize(text) == re.findall("[a-z]+", text.lower())


@given(st.text())
def test_words_have_no_space_and_splitting_them_again_changes_nothing(text):
    words = tokenize(text)
    assert all(word.split() == [word] for word in words)
    assert tokenize(" ".join(words)) == words


def test_a_word_is_one_object():
    first, second = tokenize("teapot"), tokenize("Teapot?")
    assert first[0] is second[0]


def test_counts_come_most_frequent_first_and_ties_as_they_are_met():
    assert list(count_words(TEXTS).items()) == [
        ("tea", 3),
        ("milk", 2),
        ("and", 1),
        ("salt", 1),
    ]
    assert count_words(TEXTS, min_count=2) == {"tea": 3, "milk": 2}
    assert count_words([]) == {}


def test_ids_begin_where_they_are_told():
    assert index_words(["tea", "milk"]) == {"tea": 0, "milk": 1}
    assert index_words(count_words(TEXTS), first=FIRST_WORD)["tea"] == 2
    with pytest.raises(ValueError, match="'tea' stands twice"):
        index_words(["tea", "milk", "tea"])


def test_the_convention_is_that_of_keras():
    assert (0, 1, len(SPECIAL), ["", "[UNK]"]) == (PADDING, UNKNOWN, FIRST_WORD, SPECIAL)


def test_encode_pads_at_the_end_and_marks_unknown_words():
    ids = encode(TEXTS, index_words(["tea", "milk"], first=FIRST_WORD))
    assert ids.dtype == np.int32
    assert ids.tolist() == [[2, 1, 3], [0, 0, 0], [2, 0, 0], [3, 2, 1]]


def test_encode_cuts_and_fills_to_a_given_length():
    word_to_id = index_words(["tea", "milk"], first=FIRST_WORD)
    assert encode(TEXTS[:1], word_to_id, length=2).tolist() == [[2, 1]]
    assert encode(TEXTS[:1], word_to_id, length=4).tolist() == [[2, 1, 3, 0]]
    assert encode([], word_to_id).shape == (0, 0)


def test_encode_refuses_ids_that_are_taken():
    with pytest.raises(ValueError, match=r"'tea' has the id 0.*first=FIRST_WORD"):
        encode(TEXTS, index_words(["tea", "milk"]))


@pytest.mark.parametrize(
    "reads",
    [count_words, lambda texts: encode(texts, {}), lambda texts: running_ids(texts, 1)],
)
def test_a_string_is_no_list_of_words(reads):
    with pytest.raises(TypeError, match=r"'tea and milk' is a string.*split it"):
        reads(["tea and milk"])


# ---- running ids


@given(
    st.lists(st.lists(st.sampled_from("abcdef"), max_size=6), min_size=1), st.integers(1, 3)
)
def test_running_ids_hold_the_frequent_words_in_order(texts, min_count):
    frequent = count_words(texts, min_count)
    if not frequent:
        with pytest.raises(ValueError):
            running_ids(texts, min_count)
        return
    counts, ids, text_numbers = running_ids(texts, min_count)
    assert list(counts.items()) == list(frequent.items())
    assert ids.dtype == text_numbers.dtype == np.int32
    words = list(counts)
    spelled = [[] for _ in texts]
    for number, word_id in zip(text_numbers, ids, strict=True):
        spelled[number].append(words[word_id])
    assert spelled == [[word for word in text if word in counts] for text in texts]
    assert Counter(ids.tolist()) == dict(enumerate(counts.values()))


class Unsteady:
    """Gives fewer texts on each reading."""

    def __init__(self):
        self.texts = [["tea"], ["tea"], ["tea"], ["tea"]]

    def __iter__(self):
        self.texts = self.texts[1:]
        return iter(self.texts)


class Fresh:
    """Starts afresh on each reading, as gensim's LineSentence does."""

    def __iter__(self):
        return iter(TEXTS)


@pytest.mark.parametrize(
    ("texts", "error", "said"),
    [
        ("tea and milk", TypeError, r"'tea and milk' is not a list of them"),
        (7, TypeError, r"7 is not a list of them"),
        (iter(TEXTS), TypeError, r"list_iterator can be read only once.*give list"),
        ([], ValueError, r"no word at all"),
        ([[], []], ValueError, r"no word at all"),
        ([["tea"]], ValueError, r"none of 1 distinct words occurs min_count=2 times"),
        (Unsteady(), ValueError, r"held 2 words .* and 1 when read again"),
    ],
)
def test_what_cannot_be_read_is_named(texts, error, said):
    with pytest.raises(error, match=said):
        running_ids(texts, min_count=2 if texts == [["tea"]] else 1)


def test_anything_that_starts_afresh_can_be_read():
    assert running_ids(Fresh(), 1)[0] == count_words(TEXTS)
