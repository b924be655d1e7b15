"""What the course needs, its locks, the conda layer, and what Binder would build from them."""

import ast
import getpass
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

from tools import environment, locks
from tools.lesson_form import LESSONS
from tools.locks import LOWEST, blocks

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
NEEDED = {"lessons": PROJECT["dependencies"]} | PROJECT["optional-dependencies"]
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
needs_bash = pytest.mark.skipif(
    os.name == "nt" or not shutil.which("bash"), reason="Binder's scripts are for bash"
)


def entries(part):
    """Read the pins of a lock: name, version, marker or None, number of hashes."""
    for block in blocks(environment.LOCKS[part].read_text(encoding="utf-8")):
        head = re.match(r"([\w.-]+)==(\S+?)(?: ; (.*?))? \\", block)
        assert head, f"not a hashed pin: {block.splitlines()[0]}"
        marker = Marker(head[3]) if head[3] else None
        hashes = block.count("--hash=sha256:")
        yield canonicalize_name(head[1]), Version(head[2]), marker, hashes


def pins(part, situation=None):
    """Return name -> version of what pip installs for a part and those that it builds on."""
    found = {}
    for each in (*environment.NEEDS[part], part):
        for name, version, marker, _ in entries(each):
            if marker is None or marker.evaluate(situation):
                assert found.setdefault(name, version) == version, f"{name} is pinned twice"
    return found


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


@pytest.mark.parametrize("part", environment.LOCKS)
def test_the_locks_have_hashes_and_no_address(part):
    assert all(hashes for *_, hashes in entries(part))
    for path in (environment.LOCKS[part], LOWEST):
        text = path.read_text(encoding="utf-8")
        assert "://" not in text and "index-url" not in text and "find-links" not in text


@pytest.mark.parametrize("part", environment.LOCKS)
@pytest.mark.parametrize("situation", list(situations()))
def test_the_locks_satisfy_the_lists_everywhere(situation, part):
    locked = pins(part, situation)
    for line in NEEDED[part]:
        requirement = Requirement(line)
        if requirement.marker is None or requirement.marker.evaluate(situation):
            version = locked.get(canonicalize_name(requirement.name))
            assert version, f"{requirement.name} is not in the lock: run `make lock`"
            assert version in requirement.specifier, f"{line}: the lock has {version}"
    cpu = situation["sys_platform"] == "linux" and situation["platform_machine"] == "x86_64"
    assert ("tensorflow-cpu" in locked) == cpu and ("tensorflow" in locked) == (not cpu)


def test_a_lock_holds_only_what_the_parts_below_do_not_hold():
    for part, below in environment.NEEDS.items():
        own = set(blocks(environment.LOCKS[part].read_text(encoding="utf-8")))
        for lower in below:
            assert not own & set(blocks(environment.LOCKS[lower].read_text(encoding="utf-8")))


def test_learners_do_not_download_what_only_authors_need():
    installed = pins("lab")
    for name in ("ruff", "mypy", "hypothesis", "jupyter-repo2docker", "nbval", "pytest"):
        assert name not in installed and name in pins("test")
    assert "jupyter-offlinenotebook" in pins("binder")
    assert "jupyter-offlinenotebook" not in pins("test")


def test_the_lowest_versions_are_those_of_the_lists():
    lowest = LOWEST.read_text(encoding="utf-8")
    for line in [*NEEDED["lessons"], *NEEDED["lab"], *NEEDED["test"]]:
        requirement = Requirement(line)
        (bound,) = [s.version for s in requirement.specifier if s.operator == ">="]
        found = re.findall(rf"^{re.escape(requirement.name)}==(\S+)", lowest, re.M)
        assert found and min(map(Version, found)) == Version(bound), (
            f"{line}, and tools/lowest.txt has {found}: say the lowest that there is, or run "
            "`make lock`"
        )


def test_a_full_disk_leaves_no_half_lock(tmp_path, monkeypatch):
    paths = {part: tmp_path / lock.name for part, lock in environment.LOCKS.items()}
    for path in (*paths.values(), tmp_path / "lowest.txt"):
        path.write_text("as it was\n")
    monkeypatch.setattr(locks, "LOCKS", paths)
    monkeypatch.setattr(locks, "LOWEST", tmp_path / "lowest.txt")
    monkeypatch.setattr(locks, "find_uv", lambda: ["uv"])

    def solve(output, extras, *arguments):
        output.write_text("numpy==1\n")
        return "numpy==1\n"

    monkeypatch.setattr(locks, "compile_lock", solve)

    def fill(path, content, **_):
        with path.open("wb") as file:
            file.write(b"num")
        if path.parent == tmp_path:
            raise OSError(28, "No space left on device")

    with monkeypatch.context() as disk:
        disk.setattr(Path, "write_bytes", fill)
        disk.setattr(Path, "write_text", fill)
        with pytest.raises(OSError, match="No space left"):
            locks.write_locks()
    assert {path.read_text() for path in tmp_path.iterdir()} == {"as it was\n"}
    assert locks.write_locks() == 0
    assert paths["lessons"].read_text() == "numpy==1\n" == locks.LOWEST.read_text()
    assert len(list(tmp_path.iterdir())) == len(paths) + 1


# -- the lists tell the truth -----------------------------------------------------------------

OWN = {"helpers", "tools", "conftest", "datasets", "tests"}
# What no line imports by name, and why it is there all the same.
NOT_IMPORTED = {
    "ipykernel": "runs the lessons",
    "ipywidgets": "tqdm's bars in a notebook are drawn with it",
    "jupyterlab": "shows the lessons",
    "setuptools": "installs the course's own package",
    "mypy": "make lint",
    "ruff": "make lint",
    "nbval": "a plugin of pytest",
    "pytest-xdist": "a plugin of pytest",
    "jupyter-repo2docker": "run in a process of its own",
    "jupyter-offlinenotebook": "an extension of JupyterLab",
    "jupyter-resource-usage": "an extension of JupyterLab",
}
# Imported, but not listed: what it comes with is.
COMES_WITH = {
    "IPython": "ipykernel",
    "matplotlib_inline": "ipykernel",
    "traitlets": "ipykernel",
    "jupyter_client": "ipykernel",
    "requests": "pooch",
    "urllib3": "pooch",
    "nbconvert": "jupyterlab",
}
OPTIONAL = {"playwright"}  # its absence is said in a sentence


def imports_of(source):
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name.split(".")[0]
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield node.module.split(".")[0]


def sources(path):
    if path.suffix == ".py":
        return [path.read_text(encoding="utf-8")]
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    return [
        "\n".join(re.sub("^[%!].*", "pass", source, flags=re.M).splitlines())
        for source in code
    ]


def imported(paths):
    neighbors = {path.stem for path in paths}
    known = set(sys.stdlib_module_names) | OWN | OPTIONAL | neighbors
    names = {name for path in paths for text in sources(path) for name in imports_of(text)}
    return names - known


def project_of(module):
    module = COMES_WITH.get(module, module)
    name = {"sklearn": "scikit-learn", "yaml": "pyyaml"}.get(module, module)
    return canonicalize_name(name)


def listed(*parts):
    return {
        canonicalize_name(Requirement(line).name) for part in parts for line in NEEDED[part]
    }


def test_the_list_of_the_lessons_is_what_lessons_and_helpers_import():
    found = imported([*LESSONS, *ROOT.glob("helpers/**/*.py")])
    needed = {project_of(name) for name in found}
    assert needed <= listed("lessons"), "list these in [project.dependencies]"
    # On some machines TensorFlow has another name.
    idle = listed("lessons") - needed - set(NOT_IMPORTED) - {"tensorflow-cpu"}
    assert not idle, "nothing imports these"


def test_the_list_of_the_tests_is_what_tests_and_tools_import():
    paths = [*ROOT.glob("tests/**/*.py"), *ROOT.glob("tools/**/*.py"), ROOT / "conftest.py"]
    needed = {project_of(name) for name in imported(paths)}
    assert needed <= listed("lessons", "lab", "test"), "list these in the part `test`"
    assert not listed("lab", "test", "binder") - needed - set(NOT_IMPORTED)


def test_conda_adds_python_and_pip_to_the_same_locks():
    *names, pip = CONDA["dependencies"]
    assert [re.split("[=<>]", name)[0] for name in names] == ["python", "pip"]
    locks = [environment.LOCKS[part].name for part in (*environment.NEEDS["lab"], "lab")]
    assert pip == {"pip": [f"-r {name}" for name in locks]}
    python = names[0].split("=")[1]
    assert (
        python in PYTHONS
        and Version(python) in Requirement(f"x{PROJECT['requires-python']}").specifier
    )


def test_the_supported_pythons_are_the_same_everywhere():
    low, high = (".".join(map(str, version)) for version in environment.SUPPORTED)
    assert PYTHONS[0] == low and PYTHONS[-1] == high
    specifier = Requirement(f"x{PROJECT['requires-python']}").specifier
    assert all(Version(f"{python}.0") in specifier for python in PYTHONS)
    assert Version("3.10.9") not in specifier and Version("3.14.0") not in specifier
    assert "(3, 11) <= sys.version_info[:2] <= (3, 13)" in (ROOT / "Makefile").read_text()


@pytest.mark.skipif(
    os.environ.get("COURSE_VERSIONS") == "any",
    reason="COURSE_VERSIONS=any: these packages are not meant to be the locked ones",
)
def test_what_is_installed_is_what_is_locked():
    wrong = {}
    for name, version in pins("test").items():
        try:
            installed = metadata.version(name)
        except metadata.PackageNotFoundError:
            installed = "nothing"
        if installed != str(version):
            wrong[name] = f"{installed} for {version}"
    assert not wrong, f"delete .venv and run `make test`, or say COURSE_VERSIONS=any: {wrong}"


# -- conda and Binder -------------------------------------------------------------------------


def has_a_name():
    """Say whether the user has one; in some containers there is only a number."""
    try:
        getpass.getuser()
    except (KeyError, OSError, ImportError):
        return False
    return True


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
    ignore = shutil.ignore_patterns(
        ".venv*", ".git", "my-lessons", "*.egg-info", "*cache*", "*.ipynb"
    )
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


@pytest.mark.skipif(os.name == "nt", reason="repo2docker does not run on Windows")
@pytest.mark.skipif(
    not has_a_name(), reason="repo2docker asks for the user's name: there is none"
)
def test_binder_builds_from_environment_yml(tmp_path):
    ignore = shutil.ignore_patterns(".venv*", ".git", "*cache*", "my-lessons")
    shutil.copytree(ROOT, tmp_path / "course", ignore=ignore)
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
    # pip's section names local files, so the whole course has to be there before conda runs
    assert "COPY --chown" in dockerfile[: update.start()]
    for name in re.findall(r"-r ([\w.-]+)", json.dumps(CONDA) + POST_BUILD):
        assert (ROOT / name).is_file()
    assert "./postBuild" in dockerfile


@needs_bash
def test_post_build_is_a_script_for_bash():
    assert os.access(ROOT / "postBuild", os.X_OK), "chmod +x postBuild"
    assert POST_BUILD.startswith("#!/bin/bash\n") and "set -e" in POST_BUILD.splitlines()
    assert subprocess.run(["bash", "-n", str(ROOT / "postBuild")]).returncode == 0


@pytest.fixture
def post_build(tmp_path):
    """Run postBuild with stand-ins for pip and python; return exit code and lines."""
    programs = tmp_path / "programs"
    programs.mkdir()

    def run(pip=0, fetch=0):
        ends = f'case "$*" in *fetch*) exit {fetch} ;; esac'
        scripts = {"pip": f'echo "pip $*"; exit {pip}', "python": f'echo "python $*"; {ends}'}
        for name, line in scripts.items():
            (programs / name).write_text(f"#!/bin/bash\n{line}\n")
            (programs / name).chmod(0o755)
        path = f"{programs}{os.pathsep}{os.environ['PATH']}"
        command = [str(ROOT / "postBuild")]
        done = subprocess.run(
            command, cwd=ROOT, env=os.environ | {"PATH": path}, capture_output=True, text=True
        )
        return done.returncode, done.stdout.splitlines()

    return run


@needs_bash
def test_post_build_stops_at_the_first_error(post_build):
    code, said = post_build(pip=3)
    assert code == 3 and len(said) == 1


@needs_bash
def test_post_build_adds_binders_part_the_course_and_the_learners_copies(post_build):
    code, said = post_build()
    assert code == 0
    assert said == [
        f"pip install --require-hashes -r {environment.LOCKS['binder'].name}",
        INSTALL_COURSE,
        "python -m tools.my_lessons settings",
        "python -m tools.my_lessons prepare",
        "python -m helpers.corpora fetch",
    ]


@needs_bash
def test_a_failed_download_does_not_break_the_image(post_build):
    code, said = post_build(fetch=1)
    assert code == 0 and "only the bundled data" in said[-1]
