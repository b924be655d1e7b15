"""Claims that can fail, and the settings of a session."""

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from helpers import claims, session
from helpers.claims import ClaimError, claim

HELPERS = Path(claims.__file__).parent
LONGEST = 1200  # lines of all helpers together


@pytest.fixture(autouse=True)
def no_ledger(monkeypatch):
    monkeypatch.setattr(claims, "ledger", lambda data: {})
    monkeypatch.setenv("COURSE_DATA", "bundled")
    monkeypatch.delenv("COURSE_CLAIMS_LOG", raising=False)


def test_a_claim_that_holds_prints_its_numbers(capsys):
    claim("99-a", "{value:.1f} against {baseline:.1f}", 0.52, at_least=0.4, baseline=0.11)
    assert capsys.readouterr().out == "✔ 99-a: 0.5 against 0.1 [at least 0.4]\n"


def test_a_claim_knows_how_it_fared_on_other_seeds(capsys, monkeypatch):
    monkeypatch.setattr(claims, "ledger", lambda data: {"99-a": {"held": "10", "runs": "10"}})
    claim("99-a", "it is {value}", np.float32(2), at_most=2)
    assert "[at most 2; held in 10 of 10 runs]" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("value", "bounds", "said"),
    [
        (1.0, {"at_least": 2}, "measured value is 1, has to be at least 2"),
        (3.0, {"at_most": 2}, "measured value is 3, has to be at most 2"),
        (3.0, {"at_least": 1, "at_most": 2}, "at least 1 and at most 2"),
        (float("nan"), {"at_least": 0}, "is not a number"),
        (float("nan"), {"at_most": 0}, "is not a number"),
    ],
)
def test_a_claim_fails(value, bounds, said):
    with pytest.raises(ClaimError, match=said):
        claim("99-a", "it is {value:.2f}", value, **bounds)


def test_a_claim_can_have_another_bound_on_the_full_data(capsys, monkeypatch):
    claim("99-a", "it is {value}", 3, at_least=2, full={"at_most": 1})
    assert "[at least 2]" in capsys.readouterr().out
    monkeypatch.setenv("COURSE_DATA", "full")
    claim("99-a", "it is {value}", 3, at_least=2)
    assert "[at least 2]" in capsys.readouterr().out
    with pytest.raises(ClaimError, match="has to be at most 1"):
        claim("99-a", "it is {value}", 3, at_least=2, full={"at_most": 1})
    with pytest.raises(ValueError, match="cannot fail"):
        claim("99-a", "it is {value}", 3, at_least=2, full={})


def test_a_claim_without_a_bound_is_refused():
    with pytest.raises(ValueError, match="cannot fail"):
        claim("99-a", "it is {value}", 1)


def test_under_other_seeds_failures_are_noted_and_the_lesson_goes_on(
    tmp_path, monkeypatch, capsys
):
    log = tmp_path / "claims.jsonl"
    monkeypatch.setenv("COURSE_CLAIMS_LOG", str(log))
    claim("99-a", "it is {value}", 1, at_least=2)
    claim("99-b", "it is {value}", 1, at_most=2)
    rows = [json.loads(line) for line in log.read_text().splitlines()]
    assert [(row["claim"], row["holds"]) for row in rows] == [("99-a", False), ("99-b", True)]
    assert capsys.readouterr().out.startswith("✘ 99-a")


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("COURSE_DATA", "everything", "COURSE_DATA='everything'"),
        ("COURSE_SEED_OFFSET", "-1", "COURSE_SEED_OFFSET='-1'"),
    ],
)
def test_a_wrong_setting_is_named(variable, value, said, monkeypatch):
    monkeypatch.setenv(variable, value)
    with pytest.raises(ValueError, match=said):
        session.start(seed=1)


def run_fresh(code, **environment):
    drop = {"OMP_NUM_THREADS", "TF_CPP_MIN_LOG_LEVEL", "COURSE_SEED_OFFSET"}
    base = {name: value for name, value in os.environ.items() if name not in drop}
    return subprocess.run(
        [sys.executable, "-c", code], env=base | environment, capture_output=True, text=True
    )


def test_start_sets_seeds_and_threads_before_numpy_is_imported():
    code = (
        "import sys\nfrom helpers.session import start\nassert 'numpy' not in sys.modules\n"
        "seed = start(seed=3)\nimport os, random, numpy as np\n"
        "from threadpoolctl import threadpool_info\n"
        "assert {pool['num_threads'] for pool in threadpool_info()} == {1}\n"
        "print(seed, os.environ['OMP_NUM_THREADS'], random.random(), np.random.random())"
    )
    first, again = run_fresh(code), run_fresh(code)
    other = run_fresh(code, COURSE_SEED_OFFSET="4")
    assert first.stdout == again.stdout, first.stderr
    assert first.stdout.splitlines()[0] == "Data: bundled. Seed: 3."
    assert first.stdout.splitlines()[1].startswith("3 1 ")
    assert other.stdout.splitlines()[1].startswith("7 1 ") and other.stdout != first.stdout


def test_start_makes_keras_repeatable_and_silent():
    code = (
        "from helpers.session import start\nstart(seed=3, tensorflow=True)\nimport keras\n"
        "print(keras.random.uniform((2,)).numpy())"
    )
    first, again = run_fresh(code), run_fresh(code)
    assert first.stdout == again.stdout and first.stderr == "", first.stderr


def test_the_environment_report_has_a_line_for_each_package(capsys, monkeypatch):
    assert session.environment_report()
    assert "gensim" in capsys.readouterr().out

    def requires(_):
        return ["gensim>=99", "no-such-package", "pywin32; sys_platform == 'none'"]

    monkeypatch.setattr(session.metadata, "requires", requires)
    assert not session.environment_report()
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    assert "the course needs >=99" in lines[0] and "missing: run `make lab`" in lines[1]


def test_the_helpers_stay_small():
    count = {path.name: len(path.read_text().splitlines()) for path in HELPERS.glob("*.py")}
    assert sum(count.values()) < LONGEST, count


@pytest.mark.parametrize("path", sorted(HELPERS.glob("*.py")), ids=lambda path: path.name)
def test_helpers_have_type_hints_and_docstrings(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert ast.get_docstring(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
            for argument in arguments:
                assert argument.annotation or argument.arg in ("self", "cls"), (
                    node.name,
                    argument.arg,
                )
            assert node.returns, f"{node.name} has no type for what it returns"
            inner = [
                n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef) and node in n.body
            ]
            if not node.name.startswith("_") and not inner:
                assert ast.get_docstring(node), f"{node.name} has no docstring"
