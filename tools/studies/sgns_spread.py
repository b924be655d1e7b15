"""Measure how far gensim's skip-gram and the course's own scatter on WordSim-353 over seeds.

    python tools/studies/sgns_spread.py 10

Both get the same pieces of the Wikipedia articles in the same order, another order for each seed.
Writes datasets/measured/sgns_spread.csv, which lesson 04 draws; takes about five minutes on a quiet core.
"""

import os
import sys

os.environ |= {"OMP_NUM_THREADS": "1", "COURSE_DATA": "bundled"}

import time
from pathlib import Path

import numpy as np
import pandas as pd
from gensim.models import KeyedVectors, Word2Vec
from gensim.test.utils import datapath

from helpers import corpora
from helpers.skipgram_numpy import train_skipgram

FILE = Path(__file__).resolve().parents[2] / "datasets" / "measured" / "sgns_spread.csv"
PIECE = 50  # words; lesson 04 cuts the articles the same way
SETTINGS = {
    "vector_size": 100,
    "window": 5,
    "negative": 5,
    "sample": 1e-4,
    "min_count": 5,
    "epochs": 10,
}


def mixed_pieces(sentences: list[list[str]], seed: int) -> list[list[str]]:
    pieces = [text[i : i + PIECE] for text in sentences for i in range(0, len(text), PIECE)]
    return [pieces[i] for i in np.random.default_rng(seed).permutation(len(pieces))]


def score(model: str, seed: int, vectors: KeyedVectors, seconds: float) -> dict:
    _, spearman, missing = vectors.evaluate_word_pairs(datapath("wordsim353.tsv"))
    row = {"model": model, "seed": seed, "wordsim": round(float(spearman[0]), 4)}
    row |= {"covered": round(1 - missing / 100, 4), "cpu_seconds": round(seconds, 1)}
    print(row, flush=True)
    return row


def main(seeds: int) -> None:
    rows, sentences = [], corpora.wikipedia().sentences
    for seed in range(101, 101 + seeds):  # far from the seeds of the lesson's own runs
        pieces = mixed_pieces(sentences, seed)
        start = time.process_time()
        model = Word2Vec(pieces, sg=1, workers=1, seed=seed, **SETTINGS)
        middle = time.process_time()
        own = train_skipgram(pieces, seed=seed, progress=False, **SETTINGS)
        end = time.process_time()
        rows.append(score("gensim", seed, model.wv, middle - start))
        rows.append(score("NumPy", seed, own, end - middle))
    temporary = FILE.with_suffix(".tmp")
    pd.DataFrame(rows).to_csv(temporary, index=False, lineterminator="\n")
    os.replace(temporary, FILE)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10)
