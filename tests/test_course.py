"""The commands: what they run, how they end, which Python they find."""

import os
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from tools import course, environment, my_lessons

ROOT = Path(__file__).resolve().parent.parent
needs_make = pytest.mark.skipif(not shutil.which("make"), reason="there is no make here")
needs_signals = pytest.mark.skipif(os.name == "nt", reason="Windows sends Ctrl-C otherwise")


@pytest.fixture(autouse=True)
def no_environment(monkeypatch, tmp_path):
    """Keep the tests away from the environment that they run in."""
    monkeypatch.setattr(environment, "ENVIRONMENT", tmp_path / ".venv")
    monkeypatch.setattr(environment, "PYTHON", tmp_path / ".venv" / "bin" / "python")
    for name in ("SPARE", "BUSY", "LOG"):
        monkeypatch.setattr(environment, name, tmp_path / name)


# Stands for JupyterLab or pytest: cleans up for a while after the first Ctrl-C.
CHILD = """
import signal, sys, time
def clean_up(*_):
    time.sleep(0.5)
    print("cleaned up", flush=True)
    sys.exit({code})
signal.signal(signal.SIGINT, {handler})
print("ready", flush=True)
time.sleep(60)
"""


def interrupt(command: str, child: str, again: bool = False) -> tuple[int, str]:
    """Run a command with a stand-in for what it starts; press Ctrl-C once or until it ends."""
    program = f"""
    import sys
    sys.path.insert(0, {str(ROOT)!r})
    from pathlib import Path
    from tools import course, environment
    environment.ENVIRONMENT = Path("there is none")
    course.make_environment = lambda *_, **__: None
    course.first_page = lambda lesson: lesson
    wait_for = course.wait_for
    course.wait_for = lambda *_: wait_for([sys.executable, "-c", {child!r}])
    sys.exit(course.main([{command!r}]))
    """
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(program)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,  # so that Ctrl-C reaches these two and not the tests
    )
    said = ""
    while "ready" not in said:
        line = process.stdout.readline()
        assert line, said
        said += line
    time.sleep(0.2)  # until the course waits for its child
    os.killpg(process.pid, signal.SIGINT)
    while again and process.poll() is None:
        time.sleep(0.3)
        os.killpg(process.pid, signal.SIGINT)
    rest, _ = process.communicate(timeout=30)
    return process.returncode, said + rest


@needs_signals
@pytest.mark.parametrize("command", ["test", "lint", "notebooks", "claims", "fetch"])
def test_an_interrupted_command_says_so_and_fails(command):
    code, said = interrupt(command, CHILD.format(code=2, handler="clean_up"))
    assert code == course.INTERRUPTED
    assert "Interrupted: not everything was done." in said
    assert "passed" not in said and "clean." not in said
    assert "cleaned up" in said, "the program had no time to clean up"


@needs_signals
def test_a_program_that_ends_well_after_ctrl_c_was_interrupted_all_the_same():
    code, said = interrupt("test", CHILD.format(code=0, handler="clean_up"))
    assert code == course.INTERRUPTED and "All tests passed" not in said


@needs_signals
def test_ctrl_c_is_how_one_leaves_jupyterlab():
    code, said = interrupt("lab", CHILD.format(code=0, handler="clean_up"))
    assert code == 0 and "cleaned up" in said and "JupyterLab has ended." in said


@needs_signals
def test_the_third_ctrl_c_ends_a_program_that_does_not_listen():
    code, said = interrupt("test", CHILD.format(code=0, handler="signal.SIG_IGN"), again=True)
    assert code == course.INTERRUPTED and "Interrupted" in said


@pytest.fixture
def started(monkeypatch):
    """What the commands start: (parts of the environment, arguments of Python)."""
    calls = []

    def make_environment(parts, **_):
        calls.append(tuple(parts))

    def wait_for(command, settings=None):
        calls.append(command[1:])
        return 0

    monkeypatch.setattr(course, "make_environment", make_environment)
    monkeypatch.setattr(course, "wait_for", wait_for)
    return calls


def run(*arguments: str) -> int:
    options, rest = course.parse(arguments)
    return course.COMMANDS[options.command](options, rest)


def test_claims_take_lesson_data_and_seeds(started):
    assert run("claims", "--lesson", "7", "--data", "full", "--seeds", "3") == 0
    expected = ["-m", "tools.notebooks", "claims", "07", "--data", "full", "--seeds", "3"]
    assert started == [course.EVERYTHING, expected]


def test_notebooks_take_a_lesson_with_or_without_the_option(started):
    run("notebooks", "--lesson", "06")
    run("notebooks", "06")
    command = ["-m", "tools.notebooks", "execute", "06"]
    assert started == [course.EVERYTHING, command, course.EVERYTHING, command]


def test_a_lesson_can_be_tested_alone_and_options_reach_pytest(started):
    run("test", "--lesson", "1", "-k", "norm", "-n", "0")
    chosen = os.path.join("notebooks", "01_words_as_vectors.ipynb")
    assert started[1][-5:] == [chosen, "-k", "norm", "-n", "0"]


def test_lint_goes_on_after_the_first_remark(started, monkeypatch, capsys):
    ran = []

    def wait_for(command, settings=None):
        ran.append(command[2])
        return 1 if len(ran) == 1 else 0

    monkeypatch.setattr(course, "wait_for", wait_for)
    assert run("lint") == 1
    assert ran == ["ruff", "ruff", "mypy"]
    assert "are clean" not in capsys.readouterr().out


def test_fetch_needs_only_what_lessons_need(started):
    run("fetch")
    assert started == [("lessons",), ["-m", "helpers.corpora", "fetch"]]


@pytest.fixture
def small_course(monkeypatch, tmp_path):
    """A course of two lessons in a folder of its own."""
    (tmp_path / "notebooks").mkdir()
    for name in ("00_start_here.ipynb", "05_more.ipynb"):
        (tmp_path / "notebooks" / name).write_text('{"cells": [], "metadata": {}}')
    monkeypatch.setattr(course, "ROOT", tmp_path)
    monkeypatch.setattr(my_lessons, "FOLDER", "my lessons")
    return tmp_path


def test_lab_opens_the_learners_copy(started, small_course):
    run("lab", "--no-browser")
    parts, command = started
    assert parts == ("lessons", "lab")
    page = "--LabApp.default_url=/lab/tree/my%20lessons/00_start_here.ipynb"
    assert page in command and command[-1] == "--no-browser"


def test_lab_opens_the_lesson_that_is_asked_for(started, small_course):
    run("lab", "--lesson", "5")
    assert "--LabApp.default_url=/lab/tree/my%20lessons/05_more.ipynb" in started[1]
    with pytest.raises(SystemExit, match="There is no lesson '7'"):
        run("lab", "--lesson", "7")
    with pytest.raises(SystemExit, match="opens one lesson"):
        run("lab", "--lesson", "0", "--lesson", "5")
    assert len(started) == 2, "nothing is made for a lesson that there is not"


@pytest.mark.parametrize(
    ("command", "option", "value"),
    [("fetch", "lesson", "1"), ("notebooks", "data", "full"), ("test", "seeds", "3")],
)
def test_an_option_that_a_command_does_not_know_is_refused(command, option, value, started):
    said = f"`make {command}` knows no {option.upper()}"
    with pytest.raises(SystemExit, match=said):
        run(command, f"--{option}", value)
    assert started == []


@pytest.mark.parametrize("user", [0, 1000])
def test_lab_starts_for_the_only_user_of_a_container(user, started, monkeypatch):
    monkeypatch.setattr(course, "first_page", lambda lesson: lesson)
    monkeypatch.setattr(os, "geteuid", lambda: user, raising=False)
    run("lab")
    assert ("--allow-root" in started[1]) == (user == 0)


def test_lab_opens_the_lessons_themselves_where_no_copy_can_be_made(
    small_course, monkeypatch, capsys
):
    (small_course / "my lessons").write_text("a file in its place")
    lesson = small_course / "notebooks" / "05_more.ipynb"
    assert course.first_page(lesson) == lesson
    said = capsys.readouterr().out
    assert "Your own copies" in said and "save your work elsewhere" in said


def test_a_look_that_cannot_be_set_leads_nobody_to_the_originals(
    small_course, monkeypatch, capsys
):
    def refuse(prefix):
        raise PermissionError(13, "Permission denied", ".venv")

    monkeypatch.setattr(my_lessons, "settings_into", refuse)
    lesson = small_course / "notebooks" / "05_more.ipynb"
    assert course.first_page(lesson) == small_course / "my lessons" / "05_more.ipynb"
    said = capsys.readouterr().out
    assert "Permission denied" in said and "elsewhere" not in said


def test_lab_opens_the_others_where_one_lesson_is_spoiled(small_course, capsys):
    lesson = small_course / "notebooks" / "00_start_here.ipynb"
    lesson.write_text("<<<<<<< HEAD")
    assert course.first_page(lesson) == small_course / "my lessons"
    assert "git checkout HEAD notebooks/00_start_here.ipynb" in capsys.readouterr().out


def test_an_interruption_does_not_claim_that_nothing_was_made(monkeypatch, capsys):
    def interrupt_it(lesson):
        raise KeyboardInterrupt

    monkeypatch.setattr(course, "make_environment", lambda *_, **__: None)
    monkeypatch.setattr(course, "first_page", interrupt_it)
    assert course.main(["lab"]) == course.INTERRUPTED
    assert capsys.readouterr().out == "\nInterrupted: not everything was done.\n"


def test_reset_takes_the_number_from_the_command_and_not_from_the_surroundings(
    monkeypatch, capsys
):
    monkeypatch.setenv("LESSON", "02")
    monkeypatch.setattr(my_lessons, "reset", lambda root, number: f"lesson {int(number)}")
    for arguments in (["reset", "1"], ["reset", "--lesson", "01"]):
        assert run(*arguments) == 0
        assert capsys.readouterr().out == "lesson 1\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "Which lesson"),
        (["1", "2"], "Which lesson"),
        (["77"], "There is no lesson '77'"),
        (["soup"], "There is no lesson 'soup'"),
    ],
)
def test_reset_says_what_it_needs(arguments, said):
    with pytest.raises(SystemExit, match=said):
        run("reset", *arguments)


def test_an_unknown_part_of_the_environment_is_named(started):
    with pytest.raises(SystemExit, match=r"no part 'tests'\. Parts: lessons, lab, test"):
        run("environment", "tests")
    run("environment", "test")
    assert started == [course.EVERYTHING]


def test_what_cannot_be_made_is_one_sentence(monkeypatch):
    def refuse(*_, **__):
        raise environment.CannotMakeError("The disk is full.")

    monkeypatch.setattr(course, "make_environment", refuse)
    with pytest.raises(SystemExit, match="The disk is full"):
        course.main(["test"])


# -- which Python ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("version", "reason"),
    [((3, 14, 2), "gensim has no package for newer"), ((3, 9, 1), "left older ones behind")],
)
def test_a_wrong_python_without_uv_gets_the_shortest_way(version, reason, monkeypatch):
    monkeypatch.setattr(sys, "version_info", (*version, "final", 0))
    monkeypatch.setattr(environment, "find_uv", lambda: [])
    with pytest.raises(SystemExit) as stopped:
        course.main(["lab"])
    said = str(stopped.value)
    assert f"This is Python {version[0]}.{version[1]}" in said and reason in said
    assert "`pip install uv`" in said and "conda" in said and "Binder" in said
    assert said.count("\n") == 1 and "TensorFlow" not in said


def write_program(path: Path, lines: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n" + textwrap.dedent(lines))
    path.chmod(0o755)


@pytest.fixture
def machine(tmp_path):
    """A machine on which `python3` is Python 3.14, and a copy of the course's commands."""
    if os.name == "nt":
        pytest.skip("shell scripts stand for programs")
    programs = tmp_path / "programs"
    pretend = "import sys; sys.version_info = (3, 14, 2, 'final', 0);"
    write_program(
        programs / "python3",
        f"""
        if [ "$1" = -c ]; then exec "{sys.executable}" -c "{pretend} $2"; fi
        exec "{sys.executable}" -c "{pretend} import runpy; sys.argv = sys.argv[1:]
        runpy.run_path(sys.argv[0], run_name='__main__')" "$@"
        """,
    )
    folder = tmp_path / "a course"
    (folder / "notebooks").mkdir(parents=True)
    ignore = shutil.ignore_patterns("__pycache__", "studies")
    shutil.copytree(ROOT / "tools", folder / "tools", ignore=ignore)
    shutil.copytree(ROOT / "helpers", folder / "helpers", ignore=ignore)
    for name in ("Makefile", "pyproject.toml"):
        shutil.copy(ROOT / name, folder)
    return folder, programs


def run_make(machine: tuple[Path, Path], *arguments: str) -> subprocess.CompletedProcess:
    folder, programs = machine
    surroundings = {"PATH": str(programs), "HOME": str(folder)}
    command = [shutil.which("make"), *arguments]
    return subprocess.run(
        command, cwd=folder, env=surroundings, capture_output=True, text=True
    )


@needs_make
def test_make_names_the_shortest_way_where_python_is_too_new(machine):
    ran = run_make(machine, "lab")
    assert ran.returncode
    said = ran.stdout + ran.stderr
    assert "This is Python 3.14" in said and "`pip install uv`" in said
    assert "Traceback" not in said


@needs_make
def test_make_takes_a_python_from_uv_where_python_is_too_new(machine, tmp_path):
    found = tmp_path / "uv's python"
    write_program(found, 'echo "found: $(basename "$1") $2"')
    write_program(
        machine[1] / "uv",
        f"""
        if [ "$1 $2" != "python find" ]; then exit 9; fi
        case "$*" in *--system*) echo "{found}" ;; *) exit 9 ;; esac
        """,
    )
    (machine[1] / "basename").symlink_to(shutil.which("basename"))
    ran = run_make(machine, "lab")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert ran.stdout.splitlines()[-1] == "found: course.py lab"


@needs_make
def test_uv_installs_a_python_where_it_finds_none(machine, tmp_path):
    found, installed = tmp_path / "python3.13", tmp_path / "installed"
    write_program(found, "echo found")
    write_program(
        machine[1] / "uv",
        f"""
        case "$1 $2" in
        "python find") if [ -e "{installed}" ]; then echo "{found}"; else exit 2; fi ;;
        "python install") [ "$3" = 3.13 ] && : > "{installed}" ;;
        esac
        """,
    )
    ran = run_make(machine, "lab")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "uv installs Python 3.13" in ran.stdout and "found" in ran.stdout


@needs_make
def test_uv_without_a_network_ends_in_a_sentence(machine):
    write_program(machine[1] / "uv", "exit 2")
    ran = run_make(machine, "lab")
    assert (
        ran.returncode and "uv could not install Python 3.13: check the network" in ran.stderr
    )
    assert "Traceback" not in ran.stderr


@needs_make
def test_make_runs_uv_where_there_is_no_python_at_all(machine):
    (machine[1] / "python3").unlink()
    ran = run_make(machine, "lab")
    assert ran.returncode and "No Python is here: install" in ran.stdout
    write_program(machine[1] / "uv", 'echo "uv $*"')
    ran = run_make(machine, "lab")
    assert ran.stdout.startswith("uv run --no-project --python 3.13 tools/course.py lab")


@needs_make
def test_make_hands_on_what_is_named(tmp_path):
    command = ["make", "-n", "claims", "LESSON=07", "DATA=full", "SEEDS=10", "ARGS=-x"]
    said = subprocess.check_output([*command, "PYTHON=some python"], cwd=ROOT, text=True)
    options = "--lesson 07 --data full --seeds 10 -x"
    assert f'"some python" tools/course.py claims --with-this-python {options}' in said


def test_an_environment_that_works_is_used_under_a_python_that_is_too_new(monkeypatch):
    monkeypatch.setattr(sys, "version_info", (3, 14, 2, "final", 0))
    monkeypatch.setattr(environment, "version_in", lambda folder: (3, 12))
    monkeypatch.setattr(environment, "base_python", lambda python: "/its/python")
    assert environment.supported_python() == "/its/python"


def test_a_real_uv_finds_a_python_that_is_here(monkeypatch):
    if not shutil.which("uv"):
        pytest.skip("uv is not installed")
    monkeypatch.setattr(sys, "version_info", (3, 14, 2, "final", 0))
    monkeypatch.setenv("UV_PYTHON_DOWNLOADS", "never")
    here = Path(sys._base_executable).parent
    monkeypatch.setenv("PATH", f"{here}{os.pathsep}{os.environ['PATH']}")
    python = environment.supported_python()
    ask = [python, "-c", "import sys; print(*sys.version_info[:2])"]
    version = subprocess.check_output(ask, text=True).split()
    assert environment.is_supported(tuple(map(int, version)))
    assert environment.ENVIRONMENT not in Path(python).parents
