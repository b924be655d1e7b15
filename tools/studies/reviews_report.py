"""Measure what the reviews corpus is for: one table over some seeds.

    python tools/studies/reviews_report.py 10

Each row is one way to train the same table of word vectors; each cell gives the smallest, mean
and largest value over the seeds. AUC: the course's probe, on held-out words, with opposites
kept in the same fold, reads polarity, topic or role out of the rows; 0.5 is chance.
"""

import os
import sys

from helpers.session import SETTINGS

os.environ |= SETTINGS  # before NumPy and TensorFlow are imported

import keras
import numpy as np
import pandas as pd
from gensim.models import Word2Vec
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline

from helpers import corpora, measures
from helpers.corpora import Corpus
from helpers.models import embedding_classifier, word_rows
from helpers.settings import course
from helpers.vocabulary import FIRST_WORD, count_words, encode, index_words

FOLDS = 10
CONTENT = ["noun", "verb", "adjective", "adverb"]


def geometry(table: np.ndarray, vocabulary: list[str], corpus: Corpus) -> dict[str, float]:
    """Return what can be read from a table whose row i belongs to word i."""
    word_to_id = index_words(vocabulary)
    assert corpus.lexicon is not None and corpus.pair is not None
    known = corpus.lexicon.set_index("word").loc[vocabulary]
    good, bad = (word_to_id[word] for word in corpus.pair)
    firsts = np.array([word_to_id[word] for word, _ in corpus.opposites])
    seconds = np.array([word_to_id[word] for _, word in corpus.opposites])
    pairs = []  # a word and its opposite stay on the same side of a split
    for word, opposite in zip(known.index, known["opposite"], strict=True):
        pairs.append(min(word, opposite) if opposite else word)
    groups = np.array(pairs)

    def probe(column: str, chosen: pd.Series) -> float:
        chosen = chosen.to_numpy()
        return measures.probe(
            table[chosen], known[column][chosen], FOLDS, groups=groups[chosen]
        )

    return {
        "cos(example pair)": float(measures.cosine(table, good, bad)),
        "rank in the pair": measures.rank(table, good, bad),
        "cos(opposites)": float(np.mean(measures.cosine(table, firsts, seconds))),
        "polarity AUC": probe("polarity", known["polarity"].isin(["positive", "negative"])),
        "topic AUC": probe("topic", known["topic"] != "general"),
        "role AUC": probe("role", known["role"].isin(CONTENT)),
    }


def convolution(rows: int, vector_size: int, seed: int) -> keras.Sequential:
    """Return a classifier that sees the order of four words, not only which there are."""
    keras.utils.set_random_seed(seed)
    model = keras.Sequential(
        [
            keras.layers.Embedding(rows, vector_size),
            keras.layers.Conv1D(64, 4, activation="relu"),
            keras.layers.GlobalAveragePooling1D(),
            keras.layers.Dense(1, "sigmoid"),
        ]
    )
    model.compile(keras.optimizers.Adam(0.003), "binary_crossentropy", metrics=["accuracy"])
    return model


def accuracy_of(
    model: keras.Sequential, ids: np.ndarray, labels: np.ndarray, seed: int
) -> float:
    """Train a model and return its accuracy on held-out reviews."""
    train, test = train_test_split(np.arange(len(ids)), test_size=0.2, random_state=seed)
    model.fit(ids[train], labels[train], batch_size=64, epochs=8, verbose=0)
    return model.evaluate(ids[test], labels[test], verbose=0)[1]


def report(seed: int) -> list[dict[str, float | str]]:
    """Return one row per way to train, for one seed."""
    corpus = corpora.reviews()
    vector_size = course().vector_size
    vocabulary = list(count_words(corpus.texts))
    ids = encode(corpus.texts, index_words(vocabulary, first=FIRST_WORD))
    labels = {}
    for kind, named in corpus.labels.items():
        labels[kind] = np.unique(named, return_inverse=True)[1]
    labels["shuffled labels"] = np.random.default_rng(seed).permutation(labels["sentiment"])
    rows: list[dict[str, float | str]] = []
    for name, sg in (("Word2Vec skip-gram", 1), ("Word2Vec CBOW", 0)):
        word2vec = Word2Vec(
            corpus.texts,
            vector_size=vector_size,
            sg=sg,
            epochs=10,
            min_count=1,
            workers=1,
            seed=seed,
        )
        rows.append({"table": name, **geometry(word2vec.wv[vocabulary], vocabulary, corpus)})
    for kind, values in labels.items():
        classes = len(np.unique(values))
        model = embedding_classifier(
            len(vocabulary), vector_size, 1 if classes == 2 else classes, seed
        )
        accuracy = accuracy_of(model, ids, values, seed)
        found = geometry(word_rows(model), vocabulary, corpus)
        rows.append({"table": f"Embedding, {kind}", **found, "held-out accuracy": accuracy})
    model = convolution(FIRST_WORD + len(vocabulary), vector_size, seed)
    accuracy = accuracy_of(model, ids, labels["sentiment"], seed)
    rows.append({"table": "Embedding, Conv1D", "held-out accuracy": accuracy})
    for name, longest in (("bag of words", 1), ("bag of words and bigrams", 2)):
        model = make_pipeline(
            CountVectorizer(analyzer=lambda text, n=longest: ngrams(text, n)),
            LogisticRegression(max_iter=2000),
        )
        train, test = train_test_split(np.arange(len(ids)), test_size=0.2, random_state=seed)
        model.fit([corpus.texts[i] for i in train], labels["sentiment"][train])
        accuracy = model.score([corpus.texts[i] for i in test], labels["sentiment"][test])
        rows.append({"table": name, "held-out accuracy": accuracy})
    return rows


def ngrams(text: list[str], longest: int) -> list[str]:
    """Return the runs of 1 to `longest` words of a text."""
    runs = []
    for length in range(1, longest + 1):
        for start in range(len(text) - length + 1):
            runs.append(" ".join(text[start : start + length]))
    return runs


def main(seeds: int = 10) -> None:
    """Print the table."""
    results = []
    for seed in range(seeds):
        results += report(seed)
        print(f"seed {seed} done", file=sys.stderr)
    groups = pd.DataFrame(results).groupby("table", sort=False)
    smallest, mean, largest = (
        groups.agg(how).map(lambda value: f"{value:.2f}") for how in ("min", "mean", "max")
    )
    table = smallest + " " + mean + " " + largest
    print(table.replace("nan nan nan", "-").to_string())


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
