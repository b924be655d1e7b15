"""The environment is made once, by one run, and the old one stays until the new one works.

pip and venv are stood in for: what is tested is what happens around them.
"""

import errno
import json
import os
import re
import shutil
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest

from tools import environment
from tools.environment import CannotMakeError, make_environment

pytestmark = pytest.mark.skipif(os.name == "nt", reason="links stand for Python's program")

ROOT = Path(__file__).resolve().parent.parent
PROJECT = """
[project]
dependencies = ["numpy>=2"]
[project.optional-dependencies]
lab = ["jupyterlab>=4"]
test = ["pytest>=8"]
binder = []
[tool.ruff]
line-length = 95
"""


def read_lock(name: str) -> list[str]:
    return (environment.ROOT / name).read_text(encoding="utf-8").split()


def split_pin(pin: str) -> tuple[str, str, str]:
    return pin.partition("==")


def site_packages() -> Path:
    version = "{}.{}".format(*sys.version_info[:2])
    return environment.ENVIRONMENT / "lib" / f"python{version}" / "site-packages"


class Pip:
    """Stands for pip: notes what it was asked for, and says and returns what it is told to."""

    def __init__(self):
        self.asked = []
        self.said = ""
        self.code = 0
        self.meanwhile = lambda: None

    def __call__(self, arguments, log_file, lock):
        locks = re.findall(r"requirements-?(\w*)\.lock", " ".join(arguments))
        self.asked.append([name or "lessons" for name in locks] or "the course")
        log_file.write(self.said)
        (environment.ENVIRONMENT / "packages").write_text("new")
        for lock in re.findall(r"requirements-?\w*\.lock", " ".join(arguments)):
            for name, _, version in map(split_pin, read_lock(lock)):
                (site_packages() / f"{name}-{version}.dist-info").mkdir(parents=True)
        self.meanwhile()
        return self.code


@pytest.fixture
def pip(monkeypatch, tmp_path):
    """A course in a folder of its own, whose path has what paths should not have."""
    root = tmp_path / "Kurs für Größeres"
    root.mkdir()
    move_course(monkeypatch, root)
    (root / "pyproject.toml").write_text(PROJECT, encoding="utf-8")
    for part, lock in environment.LOCKS.items():
        lock.write_text(f"{part}==1\n")

    def create(builder, folder):
        program = Path(folder) / environment.IN_ENVIRONMENT
        program.parent.mkdir(parents=True)
        program.symlink_to(sys.executable)

    monkeypatch.setattr(environment.venv.EnvBuilder, "create", create)
    stand_in = Pip()
    monkeypatch.setattr(environment, "run_pip", stand_in)
    return stand_in


def move_course(monkeypatch, root):
    folder = root / ".venv"
    names = {
        "ROOT": root,
        "ENVIRONMENT": folder,
        "PYTHON": folder / environment.IN_ENVIRONMENT,
    }
    names |= {
        "SPARE": root / ".venv.old",
        "BUSY": root / ".venv.lock",
        "LOG": root / ".venv.log",
    }
    for name, path in names.items():
        monkeypatch.setattr(environment, name, path)
    locks = {part: root / lock.name for part, lock in environment.LOCKS.items()}
    monkeypatch.setattr(environment, "LOCKS", locks)


def packages() -> str:
    return (environment.ENVIRONMENT / "packages").read_text()


def mark_as_old() -> None:
    (environment.ENVIRONMENT / "packages").write_text("old")


def change(name: str, old: str, new: str) -> None:
    path = environment.ROOT / name
    path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")


def only_these_are_left(*names: str) -> bool:
    return {path.name for path in environment.ROOT.glob(".venv*")} - {".venv.lock"} == set(
        names
    )


# -- when ------------------------------------------------------------------------------------


def test_it_is_made_once(pip, capsys):
    make_environment(["lessons", "lab"])
    assert pip.asked == [["lessons", "lab"], "the course"]
    assert "ready after" in capsys.readouterr().out
    make_environment(["lessons", "lab"])
    make_environment(["lessons"])
    assert len(pip.asked) == 2 and capsys.readouterr().out == ""
    assert only_these_are_left(".venv", ".venv.log")


def test_a_part_is_added_to_what_is_there(pip):
    make_environment(["lessons", "lab"])
    mark_as_old()
    make_environment(["lessons", "lab", "test"])
    assert pip.asked[2:] == [["test"]]
    make_environment(["lessons", "lab", "test"])
    assert len(pip.asked) == 3


def test_a_part_that_cannot_be_added_takes_nothing_away(pip):
    make_environment(["lessons", "lab"])
    pip.code = 1
    with pytest.raises(CannotMakeError):
        make_environment(["lessons", "lab", "test"])
    asked = len(pip.asked)
    make_environment(["lessons", "lab"])
    assert len(pip.asked) == asked


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("pyproject.toml", "line-length = 95", "line-length = 80"),
        ("requirements.lock", "\n", "\r\n"),
        ("requirements-test.lock", "==1", "==2"),
        ("pyproject.toml", "pytest>=8", "pytest>=9"),
    ],
)
def test_what_does_not_concern_it_does_not_make_it_anew(name, old, new, pip):
    make_environment(["lessons", "lab"])
    change(name, old, new)
    make_environment(["lessons", "lab"])
    assert len(pip.asked) == 2


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("requirements.lock", "==1", "==2"),
        ("requirements-lab.lock", "==1", "==2"),
        ("pyproject.toml", "numpy>=2", "numpy>=3"),
        ("pyproject.toml", "jupyterlab>=4", "jupyterlab>=5"),
    ],
)
def test_what_concerns_it_makes_it_anew_with_all_its_parts(name, old, new, pip):
    make_environment(["lessons", "lab"])
    mark_as_old()
    change(name, old, new)
    make_environment(["lessons"])
    assert pip.asked[2:] == [["lessons", "lab"], "the course"]
    assert packages() == "new" and only_these_are_left(".venv", ".venv.log")


def test_a_course_that_was_moved_makes_it_anew(pip, monkeypatch, tmp_path):
    make_environment(["lessons"])
    shutil.copytree(environment.ROOT, tmp_path / "elsewhere", symlinks=True)
    move_course(monkeypatch, tmp_path / "elsewhere")
    make_environment(["lessons"])
    assert len(pip.asked) == 4


def test_another_python_makes_it_anew_only_if_asked_for(pip, monkeypatch):
    make_environment(["lessons"])
    other = (3, 13) if sys.version_info[:2] != (3, 13) else (3, 12)
    monkeypatch.setattr(sys, "version_info", (*other, 0, "final", 0))
    make_environment(["lessons"])
    assert len(pip.asked) == 2
    make_environment(["lessons"], with_this_python=True)
    assert len(pip.asked) == 4


def test_a_python_that_is_gone_makes_it_anew(pip):
    make_environment(["lessons"])
    environment.PYTHON.unlink()
    environment.PYTHON.symlink_to("/no/such/python")
    make_environment(["lessons"])
    assert len(pip.asked) == 4


def test_a_python_that_the_system_replaced_makes_it_anew(pip):
    make_environment(["lessons"])
    environment.PYTHON.unlink()
    environment.PYTHON.write_text("#!/bin/sh\necho 3 14\n")
    environment.PYTHON.chmod(0o755)
    make_environment(["lessons"])
    assert len(pip.asked) == 4


@pytest.mark.parametrize("has_list", [True, False])
@pytest.mark.parametrize("version", [None, "2"])
def test_a_package_that_is_gone_or_was_changed_makes_it_anew(version, has_list, pip, capsys):
    make_environment(["lessons", "lab"])
    (site_packages() / "what_the_learner_added-3.dist-info").mkdir()
    make_environment(["lessons", "lab"])
    assert len(pip.asked) == 2
    if not has_list:  # as in an environment from before there was one
        (environment.ENVIRONMENT / environment.PACKAGES).unlink()
    (site_packages() / "lab-1.dist-info").rmdir()
    if version:
        (site_packages() / f"lab-{version}.dist-info").mkdir()
    make_environment(["lessons", "lab"])
    assert pip.asked[2:] == [["lessons", "lab"], "the course"]
    assert "not there in the course's version: lab." in capsys.readouterr().out
    make_environment(["lessons", "lab"])
    assert len(pip.asked) == 4


def test_a_package_for_other_machines_is_not_missed(pip):
    lock = environment.LOCKS["lessons"]
    lock.write_text("Num_py==1 \\\nappnope==1 ; sys_platform == 'darwin' \\\n")
    found = [("num-py", "1", False), ("appnope", "1", True)]
    assert environment._pins("lessons") == found
    (site_packages() / "num.py-1.dist-info").mkdir(parents=True)
    assert environment.altered_packages(["lessons"]) == []
    lock.write_text("numpy==1")
    assert environment.altered_packages(["lessons"]) == ["numpy"]


def test_a_lock_that_changes_while_pip_runs_does_not_count_as_installed(pip):
    pip.meanwhile = lambda: change("requirements.lock", "==1", "==2")
    make_environment(["lessons"])
    pip.meanwhile = lambda: None
    make_environment(["lessons"])
    assert pip.asked == [["lessons"], "the course"] * 2
    pip.meanwhile = lambda: change("requirements-lab.lock", "==1", "==2")
    make_environment(["lessons", "lab"])
    pip.meanwhile = lambda: None
    make_environment(["lessons", "lab"])
    assert pip.asked[4:] == [["lab"], ["lessons", "lab"], "the course"]


@pytest.mark.parametrize("name", ["requirements.lock", "pyproject.toml"])
def test_a_missing_list_is_one_sentence_with_a_remedy(name, pip, capsys):
    make_environment(["lessons"])
    (environment.ROOT / name).unlink()
    with pytest.raises(CannotMakeError, match=r"git checkout HEAD pyproject\.toml"):
        make_environment(["lessons"])
    make_environment(["lessons"], old_will_do=True)
    assert "The environment as it was is used for now" in capsys.readouterr().out


def test_of_a_link_in_its_place_only_the_link_goes(pip, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / environment.STAMP).write_text("not the course's")
    environment.ENVIRONMENT.symlink_to(elsewhere)
    make_environment(["lessons"])
    environment.SPARE.symlink_to(tmp_path / "gone")  # as a killed run may leave it
    make_environment(["lessons"])
    assert only_these_are_left(".venv", ".venv.log") and packages() == "new"
    assert (elsewhere / environment.STAMP).read_text() == "not the course's"


def test_an_environment_of_somebody_elses_stays(pip, capsys):
    """VS Code and uv make one of that name, too, and pipenv a file."""
    own = site_packages() / "their-1.dist-info"
    own.mkdir(parents=True)
    (environment.ENVIRONMENT / "pyvenv.cfg").write_text("home = elsewhere")
    with pytest.raises(CannotMakeError, match=r"\.venv is there already.* Rename it"):
        make_environment(["lessons", "lab"], old_will_do=True)
    assert own.exists() and pip.asked == [] and only_these_are_left(".venv")
    assert capsys.readouterr().out == "", "nothing is announced that is not done"
    shutil.rmtree(environment.ENVIRONMENT)
    environment.ENVIRONMENT.write_text("words\n")
    for _ in range(2):
        with pytest.raises(CannotMakeError, match=r"\.venv is there already.* Rename it"):
            make_environment(["lessons", "lab"])
    assert environment.ENVIRONMENT.read_text() == "words\n" and only_these_are_left(".venv")


@pytest.mark.parametrize("is_file", [True, False])
def test_a_spare_one_of_somebody_elses_stays_and_never_takes_its_place(is_file, pip):
    if is_file:
        environment.SPARE.write_text("precious")
    else:
        environment.SPARE.mkdir()
        (environment.SPARE / "work").write_text("precious")
    with pytest.raises(CannotMakeError, match=r"\.venv\.old is there already.* Rename it"):
        make_environment(["lessons"])
    assert pip.asked == [] and only_these_are_left(".venv.old")
    environment.SPARE.rename(environment.ROOT / "theirs")
    make_environment(["lessons"])
    (environment.ROOT / "theirs").rename(environment.SPARE)
    make_environment(["lessons"])  # nothing has to be made, so nothing is in the way
    mark_as_old()
    change("requirements.lock", "==1", "==2")
    make_environment(["lessons"], old_will_do=True)
    assert packages() == "old" and len(pip.asked) == 2
    kept = environment.SPARE if is_file else environment.SPARE / "work"
    assert kept.read_text() == "precious"


def test_one_of_somebody_elses_made_after_a_run_was_killed_stays(pip):
    make_environment(["lessons"])
    environment.ENVIRONMENT.rename(environment.SPARE)
    environment.ENVIRONMENT.mkdir()
    (environment.ENVIRONMENT / "work").write_text("precious")
    with pytest.raises(CannotMakeError, match=r"\.venv is there already"):
        make_environment(["lessons"])
    assert (environment.ENVIRONMENT / "work").read_text() == "precious"
    assert (environment.SPARE / environment.STAMP).exists()


def test_what_is_half_made_or_half_deleted_is_known_to_be_the_courses(pip, monkeypatch):
    pip.meanwhile = fail(SystemExit())
    with monkeypatch.context() as killed:
        killed.setattr(environment, "_remove", fail(SystemExit()))  # nobody clears up
        with pytest.raises(SystemExit):
            make_environment(["lessons"])
    assert environment.PYTHON.exists() and not environment.read_stamp(environment.ENVIRONMENT)
    pip.meanwhile = lambda: None
    make_environment(["lessons"])
    mark_as_old()
    change("requirements.lock", "==1", "==2")
    with monkeypatch.context() as killed:
        killed.setattr(environment.shutil, "rmtree", fail(SystemExit()))
        with pytest.raises(SystemExit):
            make_environment(["lessons"])
    assert not environment.read_stamp(environment.SPARE)
    make_environment(["lessons"])
    assert packages() == "new" and only_these_are_left(".venv", ".venv.log")


# -- failures --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "advice"),
    [
        ("ERROR: Could not install packages due to an OSError: No space left on device",
         "disk is full"),
        ("NewConnectionError: Failed to establish a new connection", "Check the network"),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS", "Try again"),
        ("ERROR: No matching distribution found for tensorflow==2.21.0", "Use Binder"),
        ("something that nobody has seen before", r"\.venv\.log"),
    ],
)  # fmt: skip
def test_a_failed_installation_says_what_to_do_and_leaves_no_half(said, advice, pip):
    pip.said, pip.code = said, 1
    with pytest.raises(CannotMakeError, match=advice):
        make_environment(["lessons"])
    assert only_these_are_left(".venv.log")
    assert environment.LOG.read_text() == said


TIMED_OUT = "WARNING: Retrying after connection broken by 'Read timed out.'"
NO_VERSION = "ERROR: Could not find a version that satisfies the requirement gensim"


@pytest.mark.parametrize(
    ("said", "advice"),
    [
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES", "Try again"),
        (f"{NO_VERSION} (from versions: 4.3)", "Use Binder"),
        (f"{NO_VERSION} (from versions: none)", "Check the network"),
    ],
)
def test_a_time_out_that_pip_has_survived_is_not_the_reason(said, advice, pip):
    assert advice in environment.remedy_for(f"{TIMED_OUT}\nCollecting numpy\n{said}\n")
    assert environment.remedy_for(f"{TIMED_OUT}\nERROR: a wheel could not be built") is None


def fail(error):
    def failing(*_, **__):
        raise error

    return failing


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        PermissionError(13, "no"),
        RuntimeError(),
    ],
)
def test_the_old_one_is_kept_whatever_happens(error, pip):
    make_environment(["lessons", "lab"])
    mark_as_old()
    change("requirements.lock", "==1", "==2")
    pip.meanwhile = fail(error)
    with pytest.raises((CannotMakeError, RuntimeError)):
        make_environment(["lessons", "lab"])
    assert packages() == "old" and only_these_are_left(".venv", ".venv.log")


def test_ctrl_c_keeps_the_old_one(pip, capsys):
    make_environment(["lessons"])
    mark_as_old()
    change("requirements.lock", "==1", "==2")
    pip.meanwhile = fail(KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        make_environment(["lessons"])
    assert packages() == "old" and only_these_are_left(".venv", ".venv.log")
    assert "The environment stays as it was." in capsys.readouterr().out


def test_a_full_disk_is_one_sentence(pip):
    pip.meanwhile = fail(OSError(errno.ENOSPC, "No space left on device"))
    with pytest.raises(CannotMakeError, match=r"^The disk is full\. Free 4 GB"):
        make_environment(["lessons"])


def test_too_little_disk_is_said_before_anything_is_moved(pip, monkeypatch):
    usage = type("usage", (), {"free": 1.5e9})
    monkeypatch.setattr(environment.shutil, "disk_usage", lambda path: usage)
    with pytest.raises(CannotMakeError, match=r"Only 1\.5 GB of disk are free"):
        make_environment(["lessons"])
    assert pip.asked == [] and only_these_are_left()


def test_without_a_network_the_lab_opens_with_the_old_one(pip, capsys):
    make_environment(["lessons", "lab"])
    mark_as_old()
    change("requirements.lock", "==1", "==2")
    pip.said, pip.code = "Network is unreachable", 1
    make_environment(["lessons", "lab"], old_will_do=True)
    said = capsys.readouterr().out
    assert "Check the network" in said and "The environment as it was is used for now" in said
    assert packages() == "old"
    with pytest.raises(CannotMakeError, match="Check the network"):
        make_environment(["lessons", "lab"])  # as the tests do
    pip.code = 0
    make_environment(["lessons", "lab"])
    assert packages() == "new"


def test_a_machine_without_venv_is_told_the_package(pip, monkeypatch):
    def create(builder, folder):
        raise subprocess.CalledProcessError(1, "ensurepip")

    monkeypatch.setattr(environment.venv.EnvBuilder, "create", create)
    with pytest.raises(CannotMakeError, match="apt install python3-venv"):
        make_environment(["lessons"])


# -- runs that were killed, and two at once --------------------------------------------------


def test_a_run_that_was_killed_leaves_the_old_one_to_the_next(pip):
    make_environment(["lessons"])
    mark_as_old()
    environment.ENVIRONMENT.rename(environment.SPARE)
    environment.ENVIRONMENT.mkdir()  # as far as the killed run had come
    make_environment(["lessons"])
    assert packages() == "old" and len(pip.asked) == 2
    assert only_these_are_left(".venv", ".venv.log")


def test_a_run_that_was_killed_at_the_very_end_leaves_the_new_one(pip):
    make_environment(["lessons"])
    environment.SPARE.mkdir()
    make_environment(["lessons"])
    assert packages() == "new" and only_these_are_left(".venv", ".venv.log")


def test_the_first_run_that_was_killed_is_begun_anew(pip):
    environment.ENVIRONMENT.mkdir()
    make_environment(["lessons"])
    assert packages() == "new" and only_these_are_left(".venv", ".venv.log")


def test_two_first_runs_make_one_environment(pip, capsys):
    started = threading.Event()

    def take_time():
        started.set()
        time.sleep(0.5)

    pip.meanwhile = take_time
    first = threading.Thread(target=make_environment, args=(["lessons", "lab"],))
    first.start()
    started.wait()
    make_environment(["lessons", "lab"])
    first.join()
    assert pip.asked == [["lessons", "lab"], "the course"]
    assert "Another run is making the environment; waiting" in capsys.readouterr().out


HOLD = """
import sys, time
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from tools import environment
environment.BUSY = Path(sys.argv[2])
with environment.only_run():
    print("held", flush=True)
    time.sleep(60)
"""


def test_the_lock_of_a_run_that_was_killed_holds_nobody_up(pip, capsys):
    command = [sys.executable, "-c", HOLD, str(ROOT), str(environment.BUSY)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as other:
        assert other.stdout.readline() == b"held\n"
        threading.Timer(0.3, other.kill).start()
        make_environment(["lessons"])
        assert other.wait() != 0
    assert "Another run is making the environment" in capsys.readouterr().out
    assert packages() == "new"


# -- pip itself ------------------------------------------------------------------------------


def test_pip_may_say_what_is_no_text(monkeypatch, tmp_path, capsys):
    program = tmp_path / "python"
    program.write_text(
        textwrap.dedent(r"""
        #!/bin/sh
        printf 'Collecting numpy==2.1\n'
        printf 'a byte \377 that is no letter\n'
        printf 'Installing collected packages: numpy\n'
        echo "user: $PIP_USER, target: $PIP_TARGET"
        exit 7
        """).lstrip()
    )
    program.chmod(0o755)
    monkeypatch.setattr(environment, "PYTHON", program)
    monkeypatch.setenv("PIP_USER", "1")
    monkeypatch.setenv("PIP_TARGET", "elsewhere")
    log = tmp_path / "log"
    with log.open("w+", encoding="utf-8") as log_file, log.open() as lock:
        assert environment.run_pip(["x"], log_file, lock) == 7
    lines = log.read_text(encoding="utf-8").splitlines()
    assert lines[1] == "a byte \ufffd that is no letter"
    assert lines[3] == "user: 0, target: "
    assert "unpacking 1 packages" in capsys.readouterr().out


def test_a_long_installation_gives_signs_of_life(monkeypatch, capsys):
    now = [0.0]
    monkeypatch.setattr(environment.time, "monotonic", lambda: now[0])
    progress = environment.Progress()
    progress.hear("Collecting numpy")
    progress.hear("Installing collected packages: numpy")
    for second in range(1, 62):
        now[0] = float(second)
        progress.tick()
    said = capsys.readouterr().out.splitlines()
    assert said == [f"  unpacking 1 packages ... {second} s" for second in (0, 30, 60)]


def test_the_stamp_is_written_whole_or_not_at_all(pip, monkeypatch):
    make_environment(["lessons"])
    stamp = environment.ENVIRONMENT / environment.STAMP
    assert list(json.loads(stamp.read_text())) == ["lessons"]
    stamp.write_text("{")
    assert environment.read_stamp(environment.ENVIRONMENT) == {}
    stamp.write_text('"what the course wrote in earlier versions"')
    assert environment.read_stamp(environment.ENVIRONMENT) == {}
