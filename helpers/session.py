"""Seeds, threads and the data switch: `start` opens a lesson, `finish` closes it."""

import html
import os
import random
import tomllib
from importlib import metadata

from helpers import claims, settings

# Binder shows many cores and grants one or two: more threads than that only wait for each
# other. For linear algebra one is enough: lesson 02 took more than twice the processor time
# with two. The same numbers everywhere also keep sums in the same order, hence results alike.
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
MUCH_MEMORY = 300e6  # bytes: a kernel that has imported TensorFlow holds more
_offset = 0  # added to the seed of the next `start`


def other_seed(offset: int) -> None:
    """Add `offset` to the seed of every later `start`: `make claims` tries other seeds so."""
    global _offset
    _offset = offset


def start(seed: int, *, tensorflow: bool = False) -> int:
    """Make the lesson repeatable, set the figure style and say which data it looks at.

    Call it before NumPy, gensim or Keras are imported: they read thread caps and TensorFlow's
    log level at import.

    Parameters
    ----------
    seed : int
        For Python's and NumPy's generators and, with `tensorflow`, Keras's.
    tensorflow : bool
        Whether to import and seed Keras, which takes some seconds.

    Returns
    -------
    int
        The seed, for everything else that takes one, such as `Word2Vec(seed=...)`.

    Raises
    ------
    ValueError
        If `COURSE_DATA` is neither bundled nor full.
    """
    for name, value in SETTINGS.items():
        os.environ.setdefault(name, value)
    # A download that ends while the lesson runs must not change what it looks at.
    os.environ["COURSE_DATA"] = settings.data_choice()
    seed += _offset
    import numpy as np  # only now: NumPy reads the settings above

    from helpers import figures

    random.seed(seed)
    np.random.seed(seed)
    if tensorflow:
        import keras

        keras.utils.set_random_seed(seed)
    figures.use_style()
    claims.open_book()
    print(f"Data: {settings.data_choice()}. Seed: {seed}.")
    _warn_of_other_kernels()
    return seed


def finish() -> None:
    """Close the lesson: say how many claims held and which exercises are passed.

    Raises
    ------
    ClaimError
        If a claim of the lesson did not hold; the message repeats its sentence.
    """
    from helpers import exercises

    said = claims.close_book()
    status = exercises.status()
    waiting = [name for name, state in status.items() if state != "passed"]
    if status:
        said += f". Exercises passed: {len(status) - len(waiting)} of {len(status)}"
    if waiting:
        said += f" (open: {', '.join(waiting)})"
    claims.show(f"{said}.", f"<b>{html.escape(said)}.</b>")


def _warn_of_other_kernels() -> None:
    """Say so when other lessons that are still open hold much memory (Binder grants 2 GB)."""
    if "JPY_SESSION_NAME" not in os.environ:  # set by JupyterLab, not by a test run
        return
    import psutil

    asked = ["pid", "cmdline", "memory_info"]
    if hasattr(os, "getuid"):
        asked.append("uids")  # on a shared hub the kernels of others can be seen, too
    held = []
    for process in psutil.process_iter(asked):
        users = process.info.get("uids")
        if users is not None and users.real != os.getuid():
            continue
        command = " ".join(process.info["cmdline"] or [])
        memory = getattr(process.info["memory_info"], "rss", 0)
        is_other = "ipykernel" in command and process.info["pid"] != os.getpid()
        if is_other and memory > MUCH_MEMORY:
            held.append(memory)
    if held:
        kernels = (
            "1 other kernel holds" if len(held) == 1 else f"{len(held)} other kernels hold"
        )
        print(
            f"{kernels} {sum(held) / 1e9:.1f} GB. Where memory is short (Binder: 2 GB), "
            "shut down the lessons that you are done with: Kernel > Shut Down Kernel."
        )


def environment_report(details: bool = False) -> bool:
    """Say in one line whether everything is installed that the lessons import.

    Parameters
    ----------
    details : bool
        Whether to print a line for each package; else only those that are missing or too old.

    Returns
    -------
    bool
        Whether all is well.
    """
    from packaging.requirements import Requirement

    project = tomllib.loads((settings.ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    lines, wrong = [], 0
    for line in project["project"]["dependencies"]:
        requirement = Requirement(line)
        if requirement.marker is not None and not requirement.marker.evaluate():
            continue
        try:
            version = metadata.version(requirement.name)
        except metadata.PackageNotFoundError:
            version, verdict = "-", f"missing: {settings.RENEW}"
        else:
            verdict = "ok"
            if not requirement.specifier.contains(version, prereleases=True):
                verdict = f"the course needs {requirement.specifier}: {settings.RENEW}"
        wrong += verdict != "ok"
        if details or verdict != "ok":
            print(f"{requirement.name:22} {version:14} {verdict}")
        lines.append(line)
    if not wrong:
        print(
            f"Your set-up works: all {len(lines)} packages that the lessons import are here."
        )
    return not wrong
