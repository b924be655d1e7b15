"""Measure how far gensim's skip-gram and the course's two scatter on WordSim-353 over seeds.

    python -m tools.studies.sgns_spread 10

All three get the same pieces of the Wikipedia articles in the same order, another order for
each seed. Writes datasets/measured/sgns_spread.csv, which lessons 04 and 08 read, and for the
Keras version keras_spread.csv, which lesson 08 reads; takes seven minutes on a quiet core.
"""

import os

os.environ.update({"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"})  # NumPy reads them
os.environ.update({"TF_NUM_INTRAOP_THREADS": "1", "TF_CPP_MIN_LOG_LEVEL": "3"})
os.environ["COURSE_DATA"] = "bundled"

import argparse
import time
from typing import Any

import numpy as np
import pandas as pd
from gensim.models import KeyedVectors, Word2Vec
from gensim.test.utils import datapath

from helpers import corpora
from helpers.settings import MEASURED, write_atomically
from helpers.skipgram_numpy import train_skipgram
from helpers.word2vec_keras import train_word2vec

FILE = MEASURED / "sgns_spread.csv"
KERAS_FILE = MEASURED / "keras_spread.csv"
FIRST_SEED = 101  # far from the seeds of the lessons' own runs
PIECE = 50  # words; lesson 04 cuts the articles the same way
SETTINGS: dict[str, Any] = {
    "vector_size": 100,
    "window": 5,
    "negative": 5,
    "sample": 1e-4,
    "min_count": 5,
    "epochs": 10,
}


def mixed_pieces(texts: list[list[str]], seed: int) -> list[list[str]]:
    """Cut texts into pieces of PIECE words, and mix these."""
    pieces = []
    for text in texts:
        for start in range(0, len(text), PIECE):
            pieces.append(text[start : start + PIECE])
    order = np.random.default_rng(seed).permutation(len(pieces))
    return [pieces[i] for i in order]


def scored(model: str, seed: int, vectors: KeyedVectors, seconds: float) -> dict[str, Any]:
    """Return a row of the file: the correlation, the share of pairs covered, the time."""
    _, spearman, missing = vectors.evaluate_word_pairs(datapath("wordsim353.tsv"))
    return {
        "model": model,
        "seed": seed,
        "wordsim": round(float(spearman[0]), 4),
        "covered": round(1 - missing / 100, 4),
        "cpu_seconds": round(seconds, 1),
    }


def main() -> None:
    """Train all three with each seed, and write the file at the end."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("seeds", type=int, nargs="?", default=10)
    seeds = parser.parse_args().seeds
    texts = corpora.load("wikipedia").texts
    train_word2vec(texts[:3], epochs=1, progress=False)  # not timed: it loads what all need
    rows = []
    for seed in range(FIRST_SEED, FIRST_SEED + seeds):
        pieces = mixed_pieces(texts, seed)
        start = time.process_time()
        gensim = Word2Vec(pieces, sg=1, workers=1, seed=seed, **SETTINGS).wv
        middle = time.process_time()
        own = train_skipgram(pieces, seed=seed, progress=False, **SETTINGS)
        later = time.process_time()
        keras = train_word2vec(pieces, seed=seed, progress=False, **SETTINGS)
        end = time.process_time()
        rows.append(scored("gensim", seed, gensim, middle - start))
        rows.append(scored("NumPy", seed, own, later - middle))
        rows.append(scored("Keras", seed, keras, end - later))
        print(*rows[-3:], sep="\n", flush=True)
    table = pd.DataFrame(rows)
    is_keras = table["model"] == "Keras"
    for file, part in ((FILE, table[~is_keras]), (KERAS_FILE, table[is_keras])):
        write_atomically(file, part.to_csv(index=False, lineterminator="\n"))


if __name__ == "__main__":
    main()
