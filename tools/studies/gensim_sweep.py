"""Try gensim's CBOW at many settings on the Wikipedia articles, and keep what each scores.

    python -m tools.studies.gensim_sweep 5

Every combination of the settings below is trained, on some seeds. Scores are rank correlations
with WordSim-353, apart for the two sets of pairs that it was made from: one to choose a
setting by, one to report. It writes datasets/measured/gensim_sweep.csv, which lesson 05 reads,
and takes five minutes a seed on a quiet core.
"""

import os

os.environ.update({"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"})  # NumPy reads them
os.environ["COURSE_DATA"] = "bundled"

import argparse
import itertools
import tempfile
import time
from pathlib import Path
from typing import Any

import pandas as pd
from gensim.models import KeyedVectors, Word2Vec
from gensim.test.utils import datapath

from helpers import corpora
from helpers.settings import MEASURED, write_atomically

FILE = MEASURED / "gensim_sweep.csv"
FIRST_SEED = 101  # far from the seeds of the lesson's own runs
EPOCHS = (5, 10, 20, 40)
SIZES = (25, 100, 200)
ALPHAS = (0.025, 0.1, 0.4)
FIRST_SET = 153  # pairs; one group of people rated these, another the rest


def pair_files(folder: Path) -> dict[str, Path]:
    """Write the two sets of WordSim-353 into files of their own, as lesson 05 does."""
    text = Path(datapath("wordsim353.tsv")).read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    files = {}
    for name, part in {"tune": lines[:FIRST_SET], "report": lines[FIRST_SET:]}.items():
        files[name] = folder / f"{name}.tsv"
        files[name].write_text("\n".join(part), encoding="utf-8")
    return files


def correlation(vectors: KeyedVectors, file: Path) -> float:
    """Return Spearman's correlation between cosines and ratings."""
    _, spearman, _ = vectors.evaluate_word_pairs(str(file))
    return round(float(spearman.statistic), 4)


def sweep(texts: list[list[str]], seed: int, files: dict[str, Path]) -> list[dict[str, Any]]:
    """Train and score every setting on one seed."""
    rows = []
    for epochs, size, alpha in itertools.product(EPOCHS, SIZES, ALPHAS):
        setting = {"epochs": epochs, "vector_size": size, "alpha": alpha, "seed": seed}
        vectors = Word2Vec(texts, sample=1e-4, workers=1, **setting).wv
        rows.append(
            setting | {name: correlation(vectors, file) for name, file in files.items()}
        )
    return rows


def main() -> None:
    """Measure, print a line a seed, and write the file."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("seeds", type=int, nargs="?", default=5)
    options = parser.parse_args()
    texts = corpora.wikipedia().texts
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as folder:
        files = pair_files(Path(folder))
        for seed in range(FIRST_SEED, FIRST_SEED + options.seeds):
            start = time.perf_counter()
            rows += sweep(texts, seed, files)
            print(f"seed {seed}: {time.perf_counter() - start:.0f} s", flush=True)
            write_atomically(FILE, pd.DataFrame(rows).to_csv(index=False))


if __name__ == "__main__":
    main()
