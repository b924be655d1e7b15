"""Measure what the reviews corpus is for: one table over some seeds.

    python tools/studies/reviews_report.py 10

Each row is one way to train the same table of word vectors; each cell gives the smallest, mean
and largest value over the seeds.  AUC: a linear probe, cross-validated over words (opposites stay
in the same fold), reads polarity, topic or role out of the rows; 0.5 is chance.
"""

import os
import sys

os.environ |= {
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "OMP_NUM_THREADS": "1",
    "CUDA_VISIBLE_DEVICES": "-1",
}

import re
from collections import Counter
from pathlib import Path

import keras
import numpy as np
import pandas as pd
from gensim.models import Word2Vec
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold, cross_val_predict, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler, normalize

DATASETS = Path(__file__).resolve().parents[2] / "datasets"
SIZE = 50


def tokens(text: str) -> list[str]:
    return re.findall(r"[a-z]+", text.lower())


def probe(vectors: np.ndarray, labels: pd.Series, groups: pd.Series) -> float:
    """Cross-validated AUC of a linear probe (one class against the rest, averaged)."""
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000))
    folds = GroupKFold(10, shuffle=True, random_state=0)
    p = cross_val_predict(
        model, vectors, labels, groups=groups, cv=folds, method="predict_proba"
    )
    if p.shape[1] == 2:
        return roc_auc_score(labels, p[:, 1])
    return roc_auc_score(labels, p, multi_class="ovr", average="macro")


def geometry(vectors: np.ndarray, words: list[str], lexicon: pd.DataFrame) -> dict[str, float]:
    """What can be read from a table whose row i belongs to words[i]."""
    rows = normalize(vectors)
    known = lexicon.loc[words]
    row = {word: i for i, word in enumerate(words)}
    order = np.argsort(-(rows @ rows[row["good"]]))
    ones = known[known.polarity == "positive"]
    ours = rows[[row[w] for w in ones.index]], rows[[row[w] for w in ones.opposite]]
    polar = known.polarity.isin(["positive", "negative"]).to_numpy()
    pair = pd.Series(
        [min(w, o) if o else w for w, o in zip(known.index, known.opposite, strict=True)]
    )
    topical = (known.topic != "general").to_numpy()
    content = known.role.isin(["noun", "verb", "adjective", "adverb"]).to_numpy()
    return {
        "cos(good, bad)": float(rows[row["good"]] @ rows[row["bad"]]),
        "rank of bad": int(np.flatnonzero(order == row["bad"])[0]),
        "cos(opposites)": float((ours[0] * ours[1]).sum(1).mean()),
        "polarity AUC": probe(rows[polar], known.polarity[polar], pair[polar]),
        "topic AUC": probe(rows[topical], known.topic[topical], pair[topical]),
        "role AUC": probe(rows[content], known.role[content], pair[content]),
    }


def train_embedding(ids: np.ndarray, labels: np.ndarray, seed: int, order: bool = False):
    """Train Embedding -> mean -> Dense; return the table and the accuracy on held-out reviews.

    With order=True a convolution over four words stands before the mean.
    """
    keras.utils.set_random_seed(seed)
    classes, y = np.unique(labels, return_inverse=True)
    layers = [keras.layers.Embedding(int(ids.max()) + 1, SIZE, mask_zero=not order)]
    if order:
        layers.append(keras.layers.Conv1D(64, 4, activation="relu"))
    layers.append(keras.layers.GlobalAveragePooling1D())
    layers.append(
        keras.layers.Dense(1, "sigmoid")
        if len(classes) == 2
        else keras.layers.Dense(len(classes), "softmax")
    )
    model = keras.Sequential(layers)
    loss = "binary_crossentropy" if len(classes) == 2 else "sparse_categorical_crossentropy"
    model.compile(keras.optimizers.Adam(0.003 if order else 0.01), loss, metrics=["accuracy"])
    train, test = train_test_split(np.arange(len(ids)), test_size=0.2, random_state=seed)
    model.fit(ids[train], y[train], batch_size=64, epochs=8, verbose=0)
    accuracy = model.evaluate(ids[test], y[test], verbose=0)[1]
    return model.layers[0].get_weights()[0][2:], accuracy


def main(seeds: int = 10) -> None:
    reviews = pd.read_csv(DATASETS / "reviews.tsv", sep="\t")
    lexicon = pd.read_csv(DATASETS / "reviews_lexicon.csv", keep_default_na=False).set_index(
        "word"
    )
    texts = [tokens(text) for text in reviews.text]
    words = [word for word, _ in Counter(w for t in texts for w in t).most_common()]
    index = {word: i + 2 for i, word in enumerate(words)}  # 0 is padding, 1 is unknown
    width = max(map(len, texts))
    ids = np.array([[index[w] for w in t] + [0] * (width - len(t)) for t in texts], "int32")
    results = []
    for seed in range(seeds):
        for name, sg in ("Word2Vec skip-gram", 1), ("Word2Vec CBOW", 0):
            model = Word2Vec(
                texts, vector_size=SIZE, sg=sg, epochs=10, min_count=1, workers=1, seed=seed
            )
            found = geometry(model.wv[words], words, lexicon)
            results.append({"table": name, **found})
        shuffled = np.random.default_rng(seed).permutation(reviews.sentiment)
        for name, labels in [
            ("Embedding, sentiment", reviews.sentiment),
            ("Embedding, topic", reviews.topic),
            ("Embedding, shuffled labels", shuffled),
        ]:
            vectors, accuracy = train_embedding(ids, np.asarray(labels), seed)
            found = geometry(vectors, words, lexicon)
            results.append({"table": name, **found, "held-out accuracy": accuracy})
        accuracy = train_embedding(ids, reviews.sentiment.to_numpy(), seed, order=True)[1]
        results.append({"table": "Embedding, Conv1D", "held-out accuracy": accuracy})
        for name, ngrams in ("bag of words", (1, 1)), ("bag of words and bigrams", (1, 2)):
            train, test = train_test_split(reviews, test_size=0.2, random_state=seed)
            model = make_pipeline(
                CountVectorizer(ngram_range=ngrams), LogisticRegression(max_iter=2000)
            )
            accuracy = model.fit(train.text, train.sentiment).score(test.text, test.sentiment)
            results.append({"table": name, "held-out accuracy": accuracy})
        print(f"seed {seed} done", file=sys.stderr)
    groups = pd.DataFrame(results).groupby("table", sort=False)
    parts = [groups.agg(how).map(lambda v: f"{v:.2f}") for how in ("min", "mean", "max")]
    print((parts[0] + " " + parts[1] + " " + parts[2]).replace("nan nan nan", "-").to_string())


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
