"""Compare `train_word2vec` with gensim, the NumPy version and a plain `model.fit`.

    python -m tools.studies.benchmark_word2vec                   # 106 Wikipedia articles
    python -m tools.studies.benchmark_word2vec --seeds 5         # the rows in turn, five times
    python -m tools.studies.benchmark_word2vec --text8 text8.gz  # and 17 million words

All rows do skip-gram with 100 dimensions, window 5 and sample 1e-4. Time is that of the whole
call, vocabulary and compiling included, in words per second and per second of processor (the
fairer on a busy machine); preparing batches counts as work, in whichever thread it is done.
Each row runs in a process of its own, which is where its peak memory comes from; with
`--together` all rows of a seed share one, and no memory is told. Rows marked * got a part of
the text, once, and so have no quality. Medians are printed; every run is kept in
datasets/measured/word2vec_speed.csv, unless `--only` leaves rows out.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import Any

import pandas as pd

from helpers.settings import MEASURED, write_atomically

FILE = MEASURED / "word2vec_speed.csv"
SHAPE: dict[str, Any] = {"vector_size": 100, "window": 5, "sample": 1e-4, "min_count": 5}
CORPORA = {
    "wikipedia": {"negative": 10, "epochs": 10},
    "text8": {"negative": 5, "epochs": 5},
}
ROWS = {  # row: (function, workers)
    "plain model.fit, Adam *": ("plain_adam", 1),
    "plain model.fit, SGD *": ("plain_sgd", 1),
    "NumPy, train_skipgram": ("numpy", 1),
    "gensim, 1 worker": ("gensim", 1),
    "Keras, train_word2vec, 1 worker": ("keras", 1),
    "gensim, 2 workers": ("gensim", 2),
    "Keras, train_word2vec, 2 workers": ("keras", 2),
}
PLAIN_WORDS = 50_000  # what the plain version gets of the text
NUMPY_WORDS = 1_000_000  # what the NumPy version gets of text8
TEXT = 1000  # words: text8 is one endless line, and is read in texts of this length
PIECE = 50  # words in a piece of a text
ONE_THREAD = {  # in TensorFlow and linear algebra; workers are threads beside that
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "2",  # as in a lesson: calls of two workers would share one
    "TF_ENABLE_ONEDNN_OPTS": "0",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "COURSE_DATA": "bundled",
}


def texts_of(corpus: str) -> Iterable[list[str]]:
    """Return the corpus as something that can be read twice; text8 stays on the disk."""
    if corpus == "wikipedia":
        from helpers import corpora

        return corpora.load("wikipedia").texts
    from gensim.models.word2vec import Text8Corpus

    return Text8Corpus(os.environ["COURSE_TEXT8"], max_sentence_length=TEXT)


def part_of(texts: Iterable[list[str]], words: int) -> list[list[str]]:
    """Return the first texts, cut into pieces, that have about as many words."""
    pieces = []
    for text in texts:
        for start in range(0, len(text), PIECE):
            pieces.append(text[start : start + PIECE])
        words -= len(text)
        if words <= 0:
            break
    return pieces


def training_pairs(texts: Iterable[list[str]], seed: int) -> tuple[Any, Any, Any]:
    """Return the vocabulary's counts, and the centers and contexts of one epoch."""
    import numpy as np

    from helpers.skipgram_numpy import keep_probability, skipgram_pairs
    from helpers.vocabulary import running_ids

    counts, ids, text_numbers = running_ids(texts, SHAPE["min_count"])
    frequency = np.array(list(counts.values()))
    rng = np.random.default_rng(seed)
    kept = rng.random(len(ids)) < keep_probability(frequency, SHAPE["sample"])[ids]
    centers, contexts = skipgram_pairs(ids[kept], text_numbers[kept], SHAPE["window"], rng)
    return frequency, centers, contexts


def train_plainly(optimizer: str, texts: list[list[str]], negative: int, seed: int) -> None:
    """Train as tutorials do: a row per (target, context, label), one epoch."""
    import keras
    import numpy as np

    from helpers.skipgram_numpy import noise_distribution

    keras.utils.set_random_seed(seed)
    frequency, centers, contexts = training_pairs(texts, seed)
    size = len(frequency)
    target, context = keras.Input((), dtype="int32"), keras.Input((), dtype="int32")
    rows = [
        keras.layers.Embedding(size, SHAPE["vector_size"])(word) for word in (target, context)
    ]
    label = keras.layers.Activation("sigmoid")(keras.layers.Dot(axes=1)(rows))
    model = keras.Model([target, context], label)
    model.compile(optimizer, "binary_crossentropy")
    chances = noise_distribution(frequency)
    noise = np.random.default_rng(seed).choice(size, len(centers) * negative, p=chances)
    inputs = [np.tile(centers, 1 + negative), np.concatenate([contexts, noise])]
    labels = np.arange(len(inputs[0])) < len(centers)
    model.fit(inputs, labels.astype("float32"), batch_size=1024, verbose=0)


def peak_memory() -> float:
    """Return the most memory that this process ever held, in MB."""
    import psutil

    peak = getattr(psutil.Process().memory_info(), "peak_wset", None)
    if peak is None:  # not Windows
        import resource

        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        if sys.platform != "darwin":
            peak *= 1024
    return peak / 1e6


def run_row(row: str, corpus: str, seed: int) -> dict[str, Any]:
    """Train one row in this process, and return what was measured."""
    function, workers = ROWS[row]
    settings = SHAPE | CORPORA[corpus] | {"seed": seed}
    texts, vectors = texts_of(corpus), None
    part = function.startswith("plain") or (function == "numpy" and corpus == "text8")
    if part:
        texts = part_of(texts, NUMPY_WORDS if function == "numpy" else PLAIN_WORDS)
        settings["epochs"] = 1
    elif function == "numpy":
        texts = part_of(texts, sys.maxsize)  # it wants its texts in pieces
    if function == "gensim":
        from gensim.models import Word2Vec
    elif function == "numpy":
        from helpers.skipgram_numpy import train_skipgram
    elif function == "keras":
        from helpers.word2vec_keras import train_word2vec
    start, start_cpu = time.perf_counter(), time.process_time()
    if function == "gensim":
        vectors = Word2Vec(texts, sg=1, workers=workers, **settings).wv
    elif function == "numpy":
        vectors = train_skipgram(texts, progress=False, **settings)
    elif function == "keras":
        vectors = train_word2vec(texts, workers=workers, progress=False, **settings)
    else:
        optimizer = {"plain_adam": "adam", "plain_sgd": "sgd"}[function]
        train_plainly(optimizer, list(texts), settings["negative"], seed)
    wall, cpu = time.perf_counter() - start, time.process_time() - start_cpu
    memory = peak_memory()
    words = settings["epochs"] * sum(len(text) for text in texts)
    found = {"words/s": words / wall, "words/CPU s": words / cpu, "seconds": wall}
    found["MB"] = memory
    if vectors is not None and not part:
        from gensim.test.utils import datapath

        _, spearman, missing = vectors.evaluate_word_pairs(datapath("wordsim353.tsv"))
        found |= {"WordSim-353": float(spearman[0]), "covered": 1 - missing / 100}
    return found


def pairs_per_word(corpus: str) -> float:
    """Return how many positive pairs a running word makes, measured on a thousand texts."""
    texts = list(islice(texts_of(corpus), 1000))
    _, centers, _ = training_pairs(texts, seed=1)
    return len(centers) / sum(len(text) for text in texts)


def in_a_process(task: str, *arguments: object) -> list[Any]:
    """Do a task in a process with one thread for TensorFlow, and return what it prints."""
    command = [sys.executable, str(Path(__file__).resolve()), "--task", task]
    command += ["--arguments", json.dumps(arguments)]
    done = subprocess.run(command, env=os.environ | ONE_THREAD, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{task} {arguments} failed:\n{done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


def measure(corpus: str, seeds: int, only: str, together: bool) -> pd.DataFrame:
    """Run the rows in turn, seed by seed."""
    results = []
    for seed in range(1, seeds + 1):
        rows = [row for row in ROWS if only in row and not ("*" in row and seed > 1)]
        groups = [rows] if together else [[row] for row in rows]
        for group in groups:
            for row, found in zip(
                group, in_a_process("rows", group, corpus, seed), strict=True
            ):
                if together:
                    del found["MB"]
                partly = "WordSim-353" not in found and "*" not in row
                name = row + " *" if partly else row
                results.append({"corpus": corpus, "row": name, "seed": seed} | found)
                print(results[-1], file=sys.stderr, flush=True)
    return pd.DataFrame(results)


def show(corpus: str, results: pd.DataFrame) -> None:
    """Print the medians of the runs, and the lowest and highest quality."""
    settings = ", ".join(f"{name} {value}" for name, value in CORPORA[corpus].items())
    pairs = in_a_process("pairs", corpus)[0]
    seeds = results["seed"].nunique()
    print(f"{corpus}: {settings}, {pairs:.2f} pairs a word, seeds 1 to {seeds}", flush=True)
    grouped = results.drop(columns="corpus").groupby("row", sort=False)
    table = grouped.median().drop(columns="seed")
    table.insert(2, "pairs/s", pairs * table["words/s"])
    if seeds > 1 and "WordSim-353" in table:
        table["lowest"] = grouped["WordSim-353"].min()
        table["highest"] = grouped["WordSim-353"].max()
    whole = dict.fromkeys(("words/s", "words/CPU s", "pairs/s", "MB"), "{:,.0f}".format)
    share = dict.fromkeys(("WordSim-353", "covered", "lowest", "highest"), "{:.3f}".format)
    formats: dict[Any, Any] = whole | share | {"seconds": "{:.0f}".format}
    print(table.to_string(formatters=formats, na_rep=""))


def main() -> None:
    """Read the command line; measure and print each corpus, and keep the runs."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--text8", default=os.environ.get("COURSE_TEXT8"), help="a file of text"
    )
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--corpus", choices=CORPORA, help="only this one")
    parser.add_argument("--only", default="", help="only rows with this in their name")
    parser.add_argument("--together", action="store_true", help="all rows in one process")
    parser.add_argument("--task", help=argparse.SUPPRESS)
    parser.add_argument("--arguments", type=json.loads, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.task == "pairs":
        print(json.dumps([pairs_per_word(*options.arguments)]))
        return
    if options.task == "rows":
        rows, corpus, seed = options.arguments
        print(json.dumps([run_row(row, corpus, seed) for row in rows]))
        return
    if options.text8:
        os.environ["COURSE_TEXT8"] = str(Path(options.text8).resolve())
    runs = []
    for corpus in [options.corpus] if options.corpus else CORPORA:
        if corpus == "text8" and not options.text8:
            print("text8: skipped, no file given: say --text8 FILE or set COURSE_TEXT8")
            continue
        runs.append(measure(corpus, options.seeds, options.only, options.together))
        show(corpus, runs[-1])
    if runs and not options.only:
        everything = pd.concat(runs).round(4)
        write_atomically(FILE, everything.to_csv(index=False, lineterminator="\n"))


if __name__ == "__main__":
    main()
