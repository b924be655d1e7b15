"""Seeds, threads, log level and the data switch: the first cell of every lesson calls `start`."""

import os
import random
from importlib import metadata

# Binder shows many cores and grants one or two: more threads than that only wait for each other.
# For linear algebra one is enough: lesson 02 took more than twice the processor time with two. The
# same numbers everywhere also keep sums in the same order, hence results alike.
SETTINGS = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "TF_NUM_INTRAOP_THREADS": "2",
    "TF_NUM_INTEROP_THREADS": "2",
    "TF_CPP_MIN_LOG_LEVEL": "3",  # TensorFlow's C++ log would end up in the saved notebook
    "TF_ENABLE_ONEDNN_OPTS": "0",  # oneDNN picks its arithmetic by CPU type
    "KERAS_BACKEND": "tensorflow",
}
PACKAGE = "same-table-different-teacher"


def start(seed: int, *, tensorflow: bool = False) -> int:
    """Make the notebook repeatable, set the figure style and say which data it looks at.

    Call it before NumPy, gensim or Keras are imported: thread caps and TensorFlow's log level are
    read at import. It seeds Python, NumPy and, with `tensorflow=True` (some seconds), Keras, and
    returns the seed for everything else that takes one, such as `Word2Vec(seed=...)`. With
    `COURSE_SEED_OFFSET=k` in the environment, k is added to it: that is how the claims are tried on
    other seeds. Raises ValueError if that or `COURSE_DATA` is not what it may be.
    """
    for name, value in SETTINGS.items():
        os.environ.setdefault(name, value)
    from helpers import (
        corpora,
        figures,
    )  # only now: they import NumPy, which reads the settings

    offset = os.environ.get("COURSE_SEED_OFFSET", "0")
    if not offset.isdecimal():
        problem = f"COURSE_SEED_OFFSET={offset!r} is no whole number"
        raise ValueError(f"{problem}; unset it or use 0, 1, 2, ...")
    seed += int(offset)
    import numpy as np

    random.seed(seed)
    np.random.seed(seed)
    if tensorflow:
        import keras

        keras.utils.set_random_seed(seed)
    figures.use_style()
    print(f"Data: {corpora.data_choice()}. Seed: {seed}.")
    return seed


def environment_report() -> bool:
    """Print a line per package that the course needs, found or what to do; True if all are ok."""
    from packaging.requirements import Requirement

    everything_ok = True
    for line in metadata.requires(PACKAGE) or []:
        requirement = Requirement(line)
        if requirement.marker is not None and not requirement.marker.evaluate():
            continue
        try:
            version = metadata.version(requirement.name)
        except metadata.PackageNotFoundError:
            version, verdict = "-", "missing: run `make lab` again, or Binder's 'Rebuild'"
        else:
            verdict = "ok"
            if not requirement.specifier.contains(version, prereleases=True):
                verdict = f"the course needs {requirement.specifier}: run `make lab` again"
        everything_ok &= verdict == "ok"
        print(f"{requirement.name:22} {version:14} {verdict}")
    return everything_ok
