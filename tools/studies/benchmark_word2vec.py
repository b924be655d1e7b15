"""Compare `train_word2vec` with gensim, the NumPy version and a plain `model.fit`: one table.

    python tools/studies/benchmark_word2vec.py                     # 106 Wikipedia articles
    python tools/studies/benchmark_word2vec.py --seeds 3           # the rows in turn, three times
    python tools/studies/benchmark_word2vec.py --text8 text8.gz    # and 17 million words (or COURSE_TEXT8)

All rows do skip-gram with 100 dimensions, window 5 and sample 1e-4. Each runs in a process of its
own, which is where its peak memory comes from. Time is that of the whole call, vocabulary and
compiling included, in words per second and per second of CPU (the fairer on a busy machine). Rows
marked * got a part of the text, once, and so have no quality.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from itertools import islice
from pathlib import Path

import pandas as pd

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))  # for conftest

SETTINGS = {"vector_size": 100, "window": 5, "sample": 1e-4, "min_count": 5}
CORPORA = {"wikipedia": {"negative": 10, "epochs": 10}, "text8": {"negative": 5, "epochs": 5}}
ROWS = {  # row: (function, threads)
    "plain model.fit, Adam *": ("plain_adam", 1),
    "plain model.fit, SGD *": ("plain_sgd", 1),
    "NumPy, train_skipgram": ("numpy", 1),
    "gensim, 1 worker": ("gensim", 1),
    "Keras, train_word2vec, 1 thread": ("keras", 1),
    "gensim, 2 workers": ("gensim", 2),
    "Keras, train_word2vec, 2 threads": ("keras", 2),
}
PLAIN_WORDS = 50_000  # what the plain version gets of the text
NUMPY_WORDS = 1_000_000  # what the NumPy version gets of text8


def texts_of(corpus: str):
    """Return the corpus as something that can be read twice; text8 stays on the disk."""
    if corpus == "wikipedia":
        from helpers import corpora

        return corpora.wikipedia().sentences
    from gensim.models.word2vec import Text8Corpus

    return Text8Corpus(os.environ["COURSE_TEXT8"], max_sentence_length=1000)


def part_of(sentences, words: int) -> list[list[str]]:
    """Return the first texts, cut into pieces, that have about as many words."""
    pieces, missing = [], words
    for text in sentences:
        pieces += [text[i : i + 50] for i in range(0, len(text), 50)]
        missing -= len(text)
        if missing <= 0:
            return pieces
    return pieces


def plain(optimizer, sentences: list[list[str]], negative: int, seed: int) -> float:
    """Train as tutorials do, and return the seconds of CPU and clock."""
    import keras
    import numpy as np

    from helpers.skipgram_numpy import (
        encode,
        keep_probability,
        noise_distribution,
        skipgram_pairs,
    )

    keras.utils.set_random_seed(seed)
    target, context = keras.Input((), dtype="int32"), keras.Input((), dtype="int32")
    counts, ids, texts = encode(sentences, SETTINGS["min_count"])
    size, frequency = len(counts), np.array([*counts.values()])
    rows = [keras.layers.Embedding(size, 100)(word) for word in (target, context)]
    label = keras.layers.Activation("sigmoid")(keras.layers.Dot(axes=1)(rows))
    model = keras.Model([target, context], label)
    model.compile(optimizer, "binary_crossentropy")

    start, start_cpu = time.time(), time.process_time()
    rng = np.random.default_rng(seed)
    kept = rng.random(len(ids)) < keep_probability(frequency, SETTINGS["sample"])[ids]
    centers, contexts = skipgram_pairs(ids[kept], texts[kept], SETTINGS["window"], rng)
    noise = rng.choice(size, len(centers) * negative, p=noise_distribution(frequency))
    inputs = [np.tile(centers, 1 + negative), np.concatenate([contexts, noise])]
    labels = np.arange(len(inputs[0])) < len(centers)
    model.fit(inputs, labels.astype("float32"), batch_size=1024, verbose=0)
    return time.time() - start, time.process_time() - start_cpu


def run_row(function: str, threads: int, corpus: str, seed: int) -> dict:
    """Train one row here, and return what it measured."""
    from conftest import peak_memory

    settings = SETTINGS | CORPORA[corpus]
    sentences, vectors = texts_of(corpus), None
    if function.startswith("plain"):
        sentences = part_of(sentences, PLAIN_WORDS)
        optimizer = {"plain_adam": "adam", "plain_sgd": "sgd"}[function]
        wall, cpu = plain(optimizer, sentences, settings["negative"], seed)
        settings["epochs"] = 1
    else:
        part = function == "numpy" and corpus == "text8"
        if function == "numpy":
            sentences = part_of(sentences, NUMPY_WORDS if part else sys.maxsize)
            settings["epochs"] = 1 if part else settings["epochs"]
            from helpers.skipgram_numpy import train_skipgram as train
        elif function == "keras":
            from helpers.word2vec_keras import train_word2vec as train
        else:
            from gensim.models import Word2Vec as train

            settings |= {"sg": 1, "workers": threads}
        if function != "gensim":
            settings["progress"] = False
        start, start_cpu = time.time(), time.process_time()
        vectors = train(sentences, seed=seed, **settings)
        wall, cpu = time.time() - start, time.process_time() - start_cpu
        vectors = None if part else getattr(vectors, "wv", vectors)
    memory = peak_memory(os.getpid())
    words = settings["epochs"] * sum(map(len, sentences))
    found = {
        "words/s": words / wall,
        "words/CPU s": words / cpu,
        "seconds": wall,
        "MB": memory,
    }
    if vectors is not None:
        from gensim.test.utils import datapath

        _, spearman, missing = vectors.evaluate_word_pairs(datapath("wordsim353.tsv"))
        found |= {"WordSim-353": float(spearman[0]), "covered": 1 - missing / 100}
    return found


def pairs_per_word(corpus: str) -> dict:
    """Return how many positive pairs a running word makes, measured on a million words."""
    import numpy as np

    from helpers.skipgram_numpy import encode, keep_probability, skipgram_pairs

    sentences = texts_of(corpus)
    raw = sum(map(len, islice(sentences, 1000)))
    counts, ids, texts = encode(sentences, SETTINGS["min_count"])
    keep = keep_probability(np.array([*counts.values()]), SETTINGS["sample"])
    rng, among = np.random.default_rng(1), texts < 1000
    kept = among & (rng.random(len(ids)) < keep[ids])
    centers, _ = skipgram_pairs(ids[kept], texts[kept], SETTINGS["window"], rng)
    return {"pairs": len(centers) / raw}


def in_a_process(*arguments: object, threads: int = 1) -> dict:
    count = str(threads)
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "TF_NUM_INTRAOP_THREADS")
    environment = os.environ | dict.fromkeys(names, count)
    environment |= {"COURSE_DATA": "bundled", "TF_CPP_MIN_LOG_LEVEL": "3"}
    environment |= {"TF_ENABLE_ONEDNN_OPTS": "0", "TF_NUM_INTEROP_THREADS": "1"}
    command = [sys.executable, __file__, "--one", json.dumps(arguments)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{arguments} failed:\n{done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


def table(corpus: str, seeds: int, only: str) -> None:
    settings = ", ".join(f"{name} {value}" for name, value in CORPORA[corpus].items())
    pairs = in_a_process("pairs", 1, corpus, 0)["pairs"]
    print(f"{corpus}: {settings}, {pairs:.2f} pairs a word, seeds 1 to {seeds}", flush=True)
    results = []
    for seed in range(1, seeds + 1):
        for row, (function, threads) in ROWS.items():
            if only in row and not ("*" in row and seed > 1):
                found = in_a_process(function, threads, corpus, seed, threads=threads)
                star = "" if "WordSim-353" in found or "*" in row else " *"
                results.append({"row": row + star, "seed": seed} | found)
                print(results[-1], file=sys.stderr, flush=True)
    results = pd.DataFrame(results)
    grouped = results.groupby("row", sort=False)
    show = grouped.median().drop(columns="seed")
    show.insert(2, "pairs/s", pairs * show["words/s"])
    if seeds > 1 and "WordSim-353" in show:
        show.insert(6, "lowest", grouped["WordSim-353"].min())
        show.insert(7, "highest", grouped["WordSim-353"].max())
    whole = dict.fromkeys(("words/s", "words/CPU s", "pairs/s", "MB"), "{:,.0f}".format)
    share = dict.fromkeys(("WordSim-353", "lowest", "highest", "covered"), "{:.3f}".format)
    print(show.to_string(formatters=whole | share | {"seconds": "{:.0f}".format}, na_rep=""))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--text8", default=os.environ.get("COURSE_TEXT8"), help="a file of text"
    )
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--corpus", choices=CORPORA, help="only this one")
    parser.add_argument("--only", default="", help="only rows with this in their name")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        function, *rest = json.loads(options.one)
        corpus = rest[1]
        found = pairs_per_word(corpus) if function == "pairs" else run_row(function, *rest)
        print(json.dumps(found))
        return
    if options.text8:
        os.environ["COURSE_TEXT8"] = options.text8
    for corpus in [options.corpus] if options.corpus else CORPORA:
        if corpus == "text8" and not (options.text8 and Path(options.text8).is_file()):
            print("text8: skipped, no file given: say --text8 FILE or set COURSE_TEXT8")
        else:
            table(corpus, options.seeds, options.only)


if __name__ == "__main__":
    main()
