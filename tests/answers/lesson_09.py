"""Right and wrong answers to the exercises of lesson 09, as learners write them."""

import itertools
import random

import numpy as np
from scipy import stats
from scipy.spatial.distance import pdist
from sklearn.metrics.pairwise import cosine_similarity


def agreement_by_distances(first, second):
    lists = [1 - pdist(table - table.mean(axis=0), "cosine") for table in (first, second)]
    return stats.pearsonr(*lists).statistic


def agreement_by_loops(first, second):
    lists = []
    for table in (np.array(first, dtype=float), np.array(second, dtype=float)):
        table -= table.mean(axis=0)
        cosines = cosine_similarity(table)
        lists.append([cosines[i, j] for i, j in itertools.combinations(range(len(table)), 2)])
    return float(np.corrcoef(lists)[0, 1])


def agreement_of_all_ordered_pairs(first, second):
    lists = []
    for table in (first, second):
        rows = table - np.mean(table, axis=0)
        rows = rows / np.sqrt((rows**2).sum(axis=1))[:, None]
        lists.append((rows @ rows.T)[~np.eye(len(rows), dtype=bool)])
    one, other = (values - values.mean() for values in lists)
    return (one @ other) / np.sqrt((one @ one) * (other @ other))


def agreement_with_the_diagonal(first, second):
    lists = []
    for table in (first, second):
        lists.append(np.ravel(cosine_similarity(table - table.mean(axis=0))))
    return np.corrcoef(*lists)[0, 1]


def agreement_not_centered(first, second):
    lists = [1 - pdist(table, "cosine") for table in (first, second)]
    return np.corrcoef(*lists)[0, 1]


def agreement_less_one_number(first, second):
    lists = [1 - pdist(table - np.mean(table), "cosine") for table in (first, second)]
    return np.corrcoef(*lists)[0, 1]


def agreement_of_dot_products(first, second):
    some = np.triu_indices(len(first), 1)
    rows = [table - table.mean(axis=0) for table in (first, second)]
    return np.corrcoef(*[(table @ table.T)[some] for table in rows])[0, 1]


def agreement_of_stacked_tables(first, second):
    both = np.vstack([first, second])
    if np.abs(both.mean(axis=0)).max() > 1e-9:
        both = both - both.mean(axis=0)
    halves = np.array_split(both, 2)
    return np.corrcoef(*[1 - pdist(half, "cosine") for half in halves])[0, 1]


def agreement_of_entries(first, second):
    return np.corrcoef(np.ravel(first), np.ravel(second))[0, 1]


def distance_of_cosines(first, second):
    one, other = (pdist(table - table.mean(axis=0), "cosine") for table in (first, second))
    return np.abs(one - other).mean()


COLORS = {"red", "blue", "green", "black", "white"}


def names_a_color(texts, words):
    return ["long" if len(text) > 20 else bool(COLORS & set(text)) for text in texts]


def length_of_text(texts, words):
    return np.where([len(text) > 30 for text in texts], "long", "short")


def last_letter(texts, words):
    return tuple(word[-1] for word in words)


def is_a_short_word(texts, words):
    labels = []
    for word in words:
        labels.append(int(len(word) <= 3))
    return labels


def second_word_of_text(texts, words):
    return [text[1] == "the" for text in texts]


def names_a_color_and_no_more(texts, words):
    return [bool(COLORS & set(text)) for text in texts]


def is_of_odd_length(texts, words):
    return [len(text) % 2 for text in texts]


def says_few_words_twice(texts, words):
    return [len(set(text)) / (len(text) - 1) > 0.8 for text in texts]


def ends_in_ing(texts, words):
    return [word.endswith("ing") for word in words]


def says_numpy(texts, words):
    return ["numpy" in text for text in texts]


def length_as_a_number(texts, words):
    return [len(text) for text in texts]


def first_two_letters(texts, words):
    return [word[:2] if len(word) > 3 else "short" for word in words]


def word_itself(texts, words):
    return list(words)


def always_one(texts, words):
    return [1] * len(words)


def coin(texts, words):
    return [random.random() for _ in words]


def only_long_texts(texts, words):
    return [None if len(text) < 20 else "long" for text in texts]


def label_of_the_last_gap(texts, words):
    return words[-1][0]


KEY = {"a": "properties", "b": "order", "c": "labels", "d": "library", "e": "planted"}

ACCEPTED = {
    "09-agreement": [
        agreement_by_distances,
        agreement_by_loops,
        agreement_of_all_ordered_pairs,
    ],
    "09-fifth": [
        length_of_text,
        last_letter,
        is_a_short_word,
        names_a_color,
        names_a_color_and_no_more,
        is_of_odd_length,
        ends_in_ing,
        says_numpy,
    ],
    "09-controls": [
        KEY,
        {letter: name.upper() for letter, name in KEY.items()},
        {letter: f" {name} " for letter, name in reversed(KEY.items())},
    ],
}
WRONG = {
    "09-agreement": [
        agreement_with_the_diagonal,
        agreement_not_centered,
        agreement_less_one_number,
        agreement_of_dot_products,
        agreement_of_stacked_tables,
        agreement_of_entries,
        distance_of_cosines,
    ],
    "09-fifth": [
        word_itself,
        always_one,
        coin,
        only_long_texts,
        label_of_the_last_gap,
        second_word_of_text,
        first_two_letters,
        says_few_words_twice,
        length_as_a_number,
    ],
    "09-controls": [
        KEY | {"c": "order"},
        KEY | {"a": "seeds"},
        KEY | {"d": "seeds"},
        KEY | {"b": "labels", "c": "order"},
        dict.fromkeys(KEY, "planted"),
        {"a": "properties"},
        "properties",
    ],
}
