"""What the first and the last cell of every lesson do."""

import os
import subprocess
import sys

import pytest

from helpers import claims, session
from helpers.claims import ClaimError, claim


def run_fresh(code, **environment):
    drop = {"OMP_NUM_THREADS", "TF_CPP_MIN_LOG_LEVEL", "COURSE_DATA"}
    base = {name: value for name, value in os.environ.items() if name not in drop}
    return subprocess.run(
        [sys.executable, "-c", code],
        env=base | {"COURSE_DATA": "bundled"} | environment,
        capture_output=True,
        text=True,
    )


@pytest.fixture
def lesson(monkeypatch):
    """A book of claims of its own, for a lesson that no ledger knows."""
    monkeypatch.setattr(claims, "BOOK", claims.Book({}, {}, set()))
    monkeypatch.setattr(claims, "ledger", lambda data="bundled": {})
    monkeypatch.setattr("helpers.exercises.status", dict)


def test_a_wrong_data_choice_is_named(monkeypatch):
    monkeypatch.setenv("COURSE_DATA", "everything")
    with pytest.raises(ValueError, match="COURSE_DATA='everything'"):
        session.start(seed=1)


def test_start_sets_seeds_and_threads_before_numpy_is_imported():
    code = (
        "import sys\nfrom helpers import session\nassert 'numpy' not in sys.modules\n"
        "session.other_seed({offset})\nseed = session.start(seed=3)\n"
        "import os, random, numpy as np\nfrom threadpoolctl import threadpool_info\n"
        "assert {{pool['num_threads'] for pool in threadpool_info()}} == {{1}}\n"
        "print(seed, os.environ['OMP_NUM_THREADS'], random.random(), np.random.random())"
    )
    first, again = run_fresh(code.format(offset=0)), run_fresh(code.format(offset=0))
    other = run_fresh(code.format(offset=4), COURSE_SEED_OFFSET="9")
    assert first.stdout == again.stdout, first.stderr
    assert first.stdout.splitlines()[0] == "Data: bundled. Seed: 3."
    assert first.stdout.splitlines()[1].startswith("3 1 ")
    assert other.stdout.splitlines()[1].startswith("7 1 ") and other.stdout != first.stdout


def test_start_makes_keras_repeatable_and_silent():
    code = (
        "from helpers.session import start\nstart(seed=3, tensorflow=True)\nimport keras\n"
        "print(keras.random.uniform((2,)).numpy())\nstart(seed=3, tensorflow=True)\n"
        "print(keras.random.uniform((2,)).numpy())"
    )
    run = run_fresh(code)
    assert run.returncode == 0 and run.stderr == "", run.stderr
    lines = run.stdout.splitlines()
    assert lines[:2] == lines[2:]


def test_the_data_choice_stays_as_it_was_when_the_lesson_began(monkeypatch, lesson):
    monkeypatch.delenv("COURSE_DATA", raising=False)
    monkeypatch.setattr(session.settings, "is_downloaded", lambda: False)
    session.start(seed=1)
    monkeypatch.setattr(session.settings, "is_downloaded", lambda: True)
    assert session.settings.data_choice() == "bundled"
    monkeypatch.delenv("COURSE_DATA")
    assert session.settings.data_choice() == "full"


def test_finish_counts_claims_and_exercises(lesson, monkeypatch, capsys):
    session.start(seed=1)
    claim("99-a", "it is {value}", 1, at_least=0)
    monkeypatch.setattr(
        "helpers.exercises.status", lambda: {"99-x": "passed", "99-y": "open", "99-z": "open"}
    )
    capsys.readouterr()
    session.finish()
    said = capsys.readouterr().out
    assert said == "1 of 1 claims held. Exercises passed: 1 of 3 (open: 99-y, 99-z).\n"


def test_finish_raises_with_the_sentence_of_a_claim_that_failed(lesson):
    session.start(seed=1)
    claim("99-a", "it is {value}", 1, at_least=2)
    with pytest.raises(ClaimError, match=r"99-a: it is 1\.0"):
        session.finish()


class Process:
    def __init__(self, pid, command, memory, user=None):
        resident = type("Memory", (), {"rss": memory})()
        self.info = {"pid": pid, "cmdline": command, "memory_info": resident}
        if user is not None:
            self.info["uids"] = type("Users", (), {"real": user})()


def test_start_says_when_other_kernels_hold_much_memory(lesson, monkeypatch, capsys):
    kernel = ["python", "-m", "ipykernel_launcher"]
    processes = [
        Process(os.getpid(), kernel, 9e8),
        Process(-1, kernel, 7e8),
        Process(-2, kernel, 1e8),
        Process(-3, ["python", "-m", "http.server"], 9e8),
        Process(-4, None, 9e8),
    ]
    monkeypatch.setattr("psutil.process_iter", lambda _: processes)
    monkeypatch.setenv("JPY_SESSION_NAME", "notebooks/01.ipynb")
    session.start(seed=1)
    assert "1 other kernel holds 0.7 GB" in capsys.readouterr().out
    monkeypatch.delenv("JPY_SESSION_NAME")
    session.start(seed=1)
    assert "other kernel" not in capsys.readouterr().out


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="Windows has no numbers of users")
def test_on_a_shared_hub_only_ones_own_kernels_count(lesson, monkeypatch, capsys):
    kernel, mine = ["python", "-m", "ipykernel_launcher"], os.getuid()
    processes = [Process(-1, kernel, 7e8, mine), Process(-2, kernel, 9e8, mine + 1)]
    asked = []

    def process_iter(names):
        asked.extend(names)
        return processes

    monkeypatch.setattr("psutil.process_iter", process_iter)
    monkeypatch.setenv("JPY_SESSION_NAME", "notebooks/01.ipynb")
    session.start(seed=1)
    assert "1 other kernel holds 0.7 GB" in capsys.readouterr().out and "uids" in asked


def test_the_environment_report_is_one_line_where_all_is_well(capsys):
    assert session.environment_report()
    assert capsys.readouterr().out.startswith("Your set-up works: all ")
    assert session.environment_report(details=True)
    assert "gensim" in capsys.readouterr().out


def test_the_environment_report_names_what_is_missing_or_old(capsys, monkeypatch):
    listed = ["gensim>=99", "no-such-package", "pywin32; sys_platform == 'none'"]
    monkeypatch.setattr(
        session.tomllib, "loads", lambda _: {"project": {"dependencies": listed}}
    )
    assert not session.environment_report()
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    assert "the course needs >=99" in lines[0] and "run `make lab`, which renews" in lines[1]
