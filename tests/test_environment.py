"""One list of dependencies, one lock, one conda layer; what Binder would build from them."""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import venv
from importlib import metadata
from pathlib import Path

import pytest
import yaml
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tools import course

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
CONDA = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
POST_BUILD = (ROOT / "postBuild").read_text(encoding="utf-8")
INSTALL_COURSE = "pip install --no-deps --no-build-isolation -e ."
PYTHONS = ("3.11", "3.12", "3.13")
MACHINES = {
    "Linux": {"sys_platform": "linux", "platform_machine": "x86_64", "os_name": "posix"},
    "Linux on ARM": {
        "sys_platform": "linux",
        "platform_machine": "aarch64",
        "os_name": "posix",
    },
    "macOS": {"sys_platform": "darwin", "platform_machine": "arm64", "os_name": "posix"},
    "Windows": {"sys_platform": "win32", "platform_machine": "AMD64", "os_name": "nt"},
}


def entries():
    """The lock's pins: name, version, marker or None, number of hashes."""
    for block in re.split(r"\n(?=[a-zA-Z0-9])", LOCK.strip()):
        head = re.match(r"([\w.-]+)==(\S+?)(?: ; (.*?))? \\", block)
        assert head, f"not a hashed pin: {block.splitlines()[0]}"
        marker = Marker(head[3]) if head[3] else None
        yield (
            canonicalize_name(head[1]),
            Version(head[2]),
            marker,
            block.count("--hash=sha256:"),
        )


def situations():
    for machine, values in MACHINES.items():
        for python in PYTHONS:
            full = {
                "python_version": python,
                "python_full_version": f"{python}.1",
                "extra": "",
            }
            names = {
                "implementation_name": "cpython",
                "platform_python_implementation": "CPython",
            }
            yield pytest.param({**values, **full, **names}, id=f"{machine}, {python}")


def test_the_lock_has_hashes_and_no_address():
    assert all(hashes for *_, hashes in entries())
    assert "://" not in LOCK and "index-url" not in LOCK and "find-links" not in LOCK


@pytest.mark.parametrize("situation", list(situations()))
def test_the_lock_satisfies_the_list_everywhere(situation):
    pins = {}
    for name, version, marker, _ in entries():
        if marker is None or marker.evaluate(situation):
            assert name not in pins, f"{name} is pinned twice"
            pins[name] = version
    for line in PROJECT["dependencies"]:
        requirement = Requirement(line)
        if requirement.marker is None or requirement.marker.evaluate(situation):
            version = pins.get(canonicalize_name(requirement.name))
            assert version, f"{requirement.name} is not in the lock: run `make lock`"
            assert version in requirement.specifier, f"{line}: the lock has {version}"
    cpu = situation["sys_platform"] == "linux" and situation["platform_machine"] == "x86_64"
    assert ("tensorflow-cpu" in pins) == cpu and ("tensorflow" in pins) == (not cpu)


def test_nothing_is_listed_but_what_the_lock_has_and_says_which_lesson_needs_it():
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    block = re.search(r"^dependencies = \[\n(.*?)^\]", text, re.S | re.M)[1]
    lines = [line for line in block.splitlines() if line.strip().startswith('"')]
    assert len(lines) == len(PROJECT["dependencies"])
    tools = block[block.index("# tests and tools") :]
    for line in lines:
        assert "#" in line or line in tools or "tensorflow" in line, (
            f"{line}: for which lesson?"
        )


def test_conda_adds_python_and_pip_to_the_same_lock():
    *names, pip = CONDA["dependencies"]
    assert [re.split("[=<>]", name)[0] for name in names] == ["python", "pip"]
    assert pip == {"pip": ["-r requirements.lock"]}
    python = names[0].split("=")[1]
    assert (
        python in PYTHONS
        and Version(python) in Requirement(f"x{PROJECT['requires-python']}").specifier
    )


def test_the_supported_pythons_are_the_same_everywhere():
    low, high = (".".join(map(str, version)) for version in course.SUPPORTED)
    assert PYTHONS[0] == low and PYTHONS[-1] == high
    specifier = Requirement(f"x{PROJECT['requires-python']}").specifier
    assert all(Version(f"{python}.0") in specifier for python in PYTHONS)
    assert Version("3.10.9") not in specifier and Version("3.14.0") not in specifier
    assert "(3, 11) <= sys.version_info[:2] <= (3, 13)" in (ROOT / "Makefile").read_text()


def test_what_is_installed_is_what_is_locked():
    here = {
        name: (version, m) for name, version, m, _ in entries() if m is None or m.evaluate()
    }
    wrong = {
        name: (metadata.version(name), str(version))
        for name, (version, _) in here.items()
        if Version(metadata.version(name)) != version
    }
    assert not wrong, f"installed against locked: {wrong}; delete .venv and run `make test`"


@pytest.fixture(scope="module")
def fresh_environment(tmp_path_factory):
    """An environment as it stands after the lock is installed, and a copy of the course."""
    folder = tmp_path_factory.mktemp("fresh")
    venv.EnvBuilder(with_pip=True, symlinks=os.name != "nt").create(folder / "env")
    python = folder / "env" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    # Python 3.11 brings an old setuptools into every environment; the lock replaces it.
    remove = [python, "-m", "pip", "uninstall", "-q", "-y", "setuptools"]
    subprocess.run(remove, check=True, capture_output=True)
    command = "import sysconfig; print(sysconfig.get_path('purelib'))"
    site = subprocess.check_output([python, "-c", command], text=True).strip()
    # Stands for the locked packages; .pth files in there are not read, so `helpers` is not.
    Path(site, "locked.pth").write_text(str(Path(yaml.__file__).parent.parent) + "\n")
    repository = folder / "course"
    ignore = shutil.ignore_patterns(".venv", ".git", "*.egg-info", "*cache*", "*.ipynb")
    shutil.copytree(ROOT, repository, ignore=ignore)
    return python, repository


def test_helpers_can_be_imported_after_the_documented_second_call(fresh_environment, tmp_path):
    python, repository = fresh_environment
    assert INSTALL_COURSE in POST_BUILD
    assert INSTALL_COURSE in (ROOT / "README.md").read_text(encoding="utf-8")
    ask = [str(python), "-c", "import helpers; print(helpers.__file__)"]
    before = subprocess.run(ask, cwd=tmp_path, capture_output=True, text=True)
    assert "No module named 'helpers'" in before.stderr
    arguments = INSTALL_COURSE.split()[1:]
    subprocess.run([python, "-m", "pip", "-q", *arguments], cwd=repository, check=True)
    after = subprocess.check_output(ask, cwd=tmp_path, text=True)
    assert Path(after.strip()) == repository / "helpers" / "__init__.py"


def test_binder_builds_from_environment_yml(tmp_path):
    shutil.copytree(
        ROOT, tmp_path / "course", ignore=shutil.ignore_patterns(".venv", ".git", "*cache*")
    )
    command = "from repo2docker.__main__ import main; main()"
    run = subprocess.run(
        [sys.executable, "-c", command, "--no-build", "--debug", str(tmp_path / "course")],
        capture_output=True,
        text=True,
        timeout=120,
    )
    said = run.stdout + run.stderr
    assert run.returncode == 0, said[-2000:]
    dockerfile = said[said.index("FROM ") :]
    update = re.search(r"env (update|create) .*environment\.yml", dockerfile)
    assert update, "repo2docker would not use environment.yml"
    # pip's section names a local file, so the whole course has to be there before conda runs
    assert "COPY --chown" in dockerfile[: update.start()]
    for name in re.findall(r"-r (\S+)", json.dumps(CONDA)):
        assert (ROOT / name.strip('"]}')).is_file()
    assert "./postBuild" in dockerfile
    assert re.search(r"R2D_ENTRYPOINT=.*/start", dockerfile), "the start script is not used"


@pytest.mark.parametrize("name", ["postBuild", "start"])
def test_binder_scripts_run_under_bash(name):
    path = ROOT / name
    assert os.access(path, os.X_OK), f"chmod +x {name}"
    assert path.read_text().startswith("#!/bin/bash\n")
    assert subprocess.run(["bash", "-n", str(path)]).returncode == 0


def test_post_build_stops_at_the_first_error(fresh_environment, tmp_path):
    assert "set -e" in POST_BUILD.splitlines()
    fake = tmp_path / "bin"
    fake.mkdir()
    (fake / "pip").write_text("#!/bin/bash\nexit 3\n")
    (fake / "python").write_text("#!/bin/bash\necho reached\n")
    for script in fake.iterdir():
        script.chmod(0o755)
    environment = os.environ | {"PATH": f"{fake}{os.pathsep}{os.environ['PATH']}"}
    run = subprocess.run([ROOT / "postBuild"], env=environment, capture_output=True, text=True)
    assert run.returncode == 3 and "reached" not in run.stdout


@pytest.mark.parametrize(("outcome", "line"), [(0, ""), (1, "only the bundled data")])
def test_a_failed_download_does_not_break_the_image(outcome, line, tmp_path):
    (tmp_path / "pip").write_text("#!/bin/bash\n")
    (tmp_path / "python").write_text(f'#!/bin/bash\necho "python $*"\nexit {outcome}\n')
    for script in tmp_path.iterdir():
        script.chmod(0o755)
    environment = os.environ | {"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"}
    run = subprocess.run([ROOT / "postBuild"], env=environment, capture_output=True, text=True)
    assert run.returncode == 0 and run.stderr == ""
    said = run.stdout.splitlines()
    assert said[0] == "python -m helpers.corpora fetch" and len(said) == 1 + outcome
    assert line in said[-1]


@pytest.mark.parametrize("choice", [None, "bundled"])
def test_start_caps_the_threads_leaves_the_data_switch_alone_and_runs_the_command(choice):
    environment = {k: v for k, v in os.environ.items() if k != "COURSE_DATA"}
    environment |= {"COURSE_DATA": choice} if choice else {}
    shown = subprocess.check_output([ROOT / "start", "env"], env=environment, text=True)
    assert (
        ("COURSE_DATA=bundled" in shown) == (choice == "bundled") == ("COURSE_DATA" in shown)
    )
    assert "OMP_NUM_THREADS=1" in shown


@pytest.mark.parametrize(
    ("said", "advice"),
    [
        ("ERROR: Could not install packages due to an OSError: No space left on device",
         "disk is full"),
        ("NewConnectionError: Failed to establish a new connection", "Check the network"),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE", "Try again"),
        ("ERROR: No matching distribution found for tensorflow==2.21.0", "Use Binder"),
        ("something that nobody has seen before", "install.log"),
    ],
)  # fmt: skip
def test_a_failed_installation_says_what_to_do(said, advice, monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(course, "ENVIRONMENT", tmp_path / "env")
    monkeypatch.setattr(course, "STAMP", tmp_path / "env" / "stamp")
    monkeypatch.setattr(course, "PIP_LOG", tmp_path / "install.log")
    monkeypatch.setattr(course, "ROOT", tmp_path)
    monkeypatch.setattr(course, "stamp", lambda: "x")
    monkeypatch.setattr(
        course.venv.EnvBuilder, "create", lambda *_: (tmp_path / "env").mkdir()
    )

    def pip(_, log_file):
        log_file.write(said)
        return 1

    monkeypatch.setattr(course, "run_pip", pip)
    with pytest.raises(SystemExit, match=advice):
        course.make_environment()
    assert not course.STAMP.exists()


def test_a_wrong_python_is_named(monkeypatch):
    monkeypatch.setattr(course.sys, "version_info", (3, 10, 13, "final", 0))
    with pytest.raises(SystemExit, match=r"This is Python 3\.10; the course needs"):
        course.make_environment()


def test_make_says_when_there_is_no_python(tmp_path):
    run = subprocess.run(["make", "lab", "PYTHON="], cwd=ROOT, capture_output=True, text=True)
    assert run.returncode and "No Python 3.11, 3.12 or 3.13 found" in run.stdout


def test_reset_keeps_the_learners_version(monkeypatch, tmp_path, capsys):
    lesson = tmp_path / "notebooks" / "01_words.ipynb"
    lesson.parent.mkdir()
    lesson.write_text("the original")
    git = ["git", "-c", "user.name=x", "-c", "user.email=x@example.org"]
    for arguments in (["init", "-q"], ["add", "."], ["commit", "-qm", "x"]):
        subprocess.run([*git, *arguments], cwd=tmp_path, check=True)
    lesson.write_text("mine")
    monkeypatch.setattr(course, "ROOT", tmp_path)
    monkeypatch.setenv("LESSON", "01")
    assert course.reset([]) == 0
    assert lesson.read_text() == "the original"
    assert (lesson.parent / "01_words.mine.ipynb").read_text() == "mine"
    lesson.write_text("mine too")
    course.reset([])
    assert (lesson.parent / "01_words.mine1.ipynb").read_text() == "mine too"
    monkeypatch.setenv("LESSON", "77")
    with pytest.raises(SystemExit, match=r"Which lesson\?.*There are 01"):
        course.reset([])
