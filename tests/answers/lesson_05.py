"""Right and wrong answers to the exercises of lesson 05, as learners write them."""

from pathlib import Path

import numpy as np
from gensim.models import KeyedVectors


class TokensByYield:
    def __init__(self, path):
        self.path = path

    def __iter__(self):
        with open(self.path, encoding="utf-8") as lines:
            for line in lines:
                tokens = line.split()
                if tokens:
                    yield tokens


class TokensByMap:
    def __init__(self, path):
        self.path = Path(path)

    def __iter__(self):
        return filter(None, map(str.split, self.path.open(encoding="utf-8")))


class TokensAsTuples:
    def __init__(self, path):
        self.name = str(path)

    def __iter__(self):
        with open(self.name, encoding="utf-8") as lines:
            while line := lines.readline():
                if line.strip():
                    yield tuple(line.strip().split())


class KeptInInit(TokensByYield):
    def __init__(self, path):
        self.texts = list(TokensByYield(path))

    def __iter__(self):
        return iter(self.texts)


class KeptInIter(TokensByYield):
    def __iter__(self):
        for line in Path(self.path).read_text(encoding="utf-8").splitlines():
            if line.split():
                yield line.split()


class ReadLines(TokensByYield):
    def __iter__(self):
        with open(self.path, encoding="utf-8") as file:
            lines = file.readlines()
        return (line.split() for line in lines if line.split())


class ItsOwnIterator(TokensByYield):
    def __iter__(self):
        self.texts = TokensByYield(self.path).__iter__()
        return self

    def __next__(self):
        return next(self.texts)


class KeepsBlankLines(TokensByYield):
    def __iter__(self):
        with open(self.path, encoding="utf-8") as lines:
            for line in lines:
                if line != "\n":
                    yield line.split()


class OpenedInInit:
    """Opens too early and keeps empty lines: the first of the two is what to say."""

    def __init__(self, path):
        self.lines = open(path, encoding="utf-8")  # noqa: SIM115

    def __iter__(self):
        for line in self.lines:
            yield line.split()


class WithoutYield(TokensByYield):
    def __iter__(self):
        with open(self.path, encoding="utf-8") as lines:
            [line.split() for line in lines if line.strip()]


def generator_function(path):
    yield from TokensByYield(path)


def unit(table):
    return table / np.linalg.norm(table, axis=1, keepdims=True)


def rank_by_sorting(table, a, b):
    found = []
    for word, other in ((a, b), (b, a)):
        scores = unit(table) @ unit(table)[word]
        scores[word] = -np.inf
        found.append(list(np.argsort(-scores, kind="stable")).index(other) + 1)
    return max(found)


def rank_by_loops(table, a, b):
    rows = unit(table)
    ranks = {a: 1, b: 1}
    for word in range(len(table)):
        if word not in (a, b):
            ranks[a] += int(rows[word] @ rows[a] > rows[b] @ rows[a])
            ranks[b] += int(rows[word] @ rows[b] > rows[a] @ rows[b])
    return float(max(ranks.values()))


def rank_by_gensim(table, a, b):
    vectors = KeyedVectors(table.shape[1])
    vectors.add_vectors([str(i) for i in range(len(table))], table.astype(np.float32))
    return np.int64(max(vectors.rank(str(a), str(b)), vectors.rank(str(b), str(a))))


def rank_if_the_word_is_first(table, a, b):
    rows = unit(table)
    orders = [list(np.argsort(-rows @ rows[word])[1:]) for word in (a, b)]
    return max(orders[0].index(b), orders[1].index(a)) + 1


def rank_with_itself_as_one(table, a, b):
    scores = unit(table) @ unit(table).T
    return max((scores[a] > scores[a, b]).sum(), (scores[b] > scores[a, b]).sum())


def rank_of_ordered(table, a, b):
    return rank_by_loops(table, a, b) if table[a, 0] >= table[b, 0] or a < b else 1


def rank_in_place(table, a, b):
    table[:] = unit(table)
    return rank_by_loops(table, a, b)


def pieces_by_steps(texts, size):
    return [text[i : i + size] for text in texts for i in range(0, len(text), size)]


def pieces_by_while(texts, size):
    cut = []
    for text in texts:
        rest = list(text)
        while rest:
            cut.append(tuple(rest[:size]))
            rest = rest[size:]
    return cut


def pieces_by_counting(texts, size):
    cut = []
    for text in texts:
        for place, token in enumerate(text):
            if place % size == 0:
                cut.append([])
            cut[-1].append(token)
    return cut


def pieces_with_the_rest(texts, size):
    """Take the rest from the end: if nothing is left over, that is the whole text."""
    cut = []
    for text in texts:
        for i in range(len(text) // size):
            cut.append(text[i * size : (i + 1) * size])
        cut.append(text[-(len(text) % size) :])
    return cut


def pieces_of_even_length(texts, size):
    cut = []
    for text in texts:
        count = -(-len(text) // size)
        cut += [list(part) for part in np.array_split(text, count)]
    return cut


def pieces_up_to_one_more(texts, size):
    cut = []
    for text in texts:
        for i in range(len(text) // size + 1):
            cut.append(text[i * size : (i + 1) * size])
    return cut


def pieces_that_keep_short_texts(texts, size):
    cut = []
    for text in texts:
        if len(text) <= size:
            cut.append(text)
        else:
            cut += pieces_by_steps([text], size)
    return cut


def pieces_in_place(texts, size):
    cut = []
    for text in texts:
        while text:
            cut.append([text.pop(0) for _ in range(min(size, len(text)))])
    return cut


ACCEPTED = {
    "05-stream": [TokensByYield, TokensByMap, TokensAsTuples],
    "05-larger-rank": [rank_by_sorting, rank_by_loops, rank_by_gensim],
    "05-pieces": [pieces_by_steps, pieces_by_while, pieces_by_counting],
}

WRONG = {
    "05-stream": [
        KeptInInit,
        KeptInIter,
        ReadLines,
        ItsOwnIterator,
        KeepsBlankLines,
        OpenedInInit,
        WithoutYield,
        generator_function,
    ],
    "05-larger-rank": [
        rank_if_the_word_is_first,
        rank_with_itself_as_one,
        rank_of_ordered,
        rank_in_place,
        lambda table, a, b: sum([rank_by_loops(table, a, b), 1]),
        lambda table, a, b: str(rank_by_sorting(table, a, b)),
        lambda table, a, b: rank_by_sorting(table - table.mean(axis=0), a, b),
    ],
    "05-pieces": [
        pieces_with_the_rest,
        pieces_of_even_length,
        pieces_up_to_one_more,
        pieces_that_keep_short_texts,
        pieces_in_place,
        lambda texts, size: pieces_by_steps([[w for text in texts for w in text]], size),
        lambda texts, size: [
            piece for piece in pieces_by_steps(texts, size) if len(piece) > 1
        ],
        lambda texts, size: pieces_by_steps(texts, size - 1),
        lambda texts, size: len(pieces_by_steps(texts, size)),
    ],
}
