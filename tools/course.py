"""Make the environment and do with it what was asked: `python tools/course.py lab` (or test, ...).

Only the standard library is used up to the point where the environment exists.
"""

import argparse
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
import venv
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENT = ROOT / ".venv"
PYTHON = ENVIRONMENT / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
LOCK = ROOT / "requirements.lock"
STAMP = ENVIRONMENT / "course-stamp"
PIP_LOG = ENVIRONMENT / "install.log"
SUPPORTED = ((3, 11), (3, 13))
GIGABYTES_NEEDED = 4
QUIET = {"fetchNews": "false", "checkForUpdates": False}
# What pip's own words mean for someone who wants to start a course.
REMEDIES = {
    r"No space left on device|not enough space": (
        f"The disk is full. Free {GIGABYTES_NEEDED} GB and run the same command again."
    ),
    r"Failed to establish a new connection|Temporary failure in name resolution|NewConnectionError"
    r"|Max retries exceeded|Read timed out|ConnectionError|Network is unreachable": (
        "The packages could not be downloaded. Check the network (and a proxy, if there is one) "
        "and run the same command again; what was downloaded is kept."
    ),
    r"DO NOT MATCH THE HASHES": (
        "A downloaded package is not the one that the course was tested with. Try again; if it "
        "happens twice, something between you and the package index changes files."
    ),
    r"Could not find a version|No matching distribution": (
        "There is no package for this Python on this computer (TensorFlow has none for Intel Macs "
        "and for 32-bit systems). Use Binder instead: the button is in the README."
    ),
}


def stop(sentence: str) -> None:
    """End with one sentence that says what to do."""
    sys.exit(f"\n{sentence}")


def stamp() -> str:
    """Say what the environment has to match: lock, package definition, Python."""
    parts = [LOCK.read_bytes(), (ROOT / "pyproject.toml").read_bytes(), sys.version.encode()]
    return hashlib.sha256(b"\0".join([*parts, str(ROOT).encode()])).hexdigest()


def run_pip(arguments: Sequence[str], log_file) -> int:
    """Run pip, show one changing line of progress, keep everything it says in the log."""
    command = [str(PYTHON), "-m", "pip", "install", "--disable-pip-version-check", *arguments]
    environment = os.environ | {"PYTHONUNBUFFERED": "1", "PIP_PROGRESS_BAR": "off"}
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    count, terminal = 0, sys.stdout.isatty()
    for line in process.stdout:
        log_file.write(line)
        if found := re.match(r"(?:Collecting|Processing) (\S+)", line):
            count += 1
            if terminal:
                print(f"\r  package {count}: {Path(found[1]).name:40.40}", end="", flush=True)
            elif count % 40 == 0:
                print(f"  {count} packages ...", flush=True)
        elif line.startswith("Installing collected packages") and count:
            print(
                ("\r" if terminal else "") + f"  unpacking {count} packages ... {'':30}",
                flush=True,
            )
    return process.wait()


def make_environment() -> None:
    """Make `.venv` with the locked packages and the course's own, unless it is there already."""
    here = sys.version_info[:2]
    if not SUPPORTED[0] <= here <= SUPPORTED[1]:
        stop(
            f"This is Python {here[0]}.{here[1]}; the course needs Python 3.11, 3.12 or 3.13 "
            "(TensorFlow has no packages for others). Install one of them and run it with that."
        )
    if STAMP.exists() and PYTHON.exists() and STAMP.read_text() == stamp():
        return
    free = shutil.disk_usage(ROOT).free / 1e9
    if free < GIGABYTES_NEEDED and not ENVIRONMENT.exists():
        stop(
            f"Only {free:.1f} GB of disk are free; {GIGABYTES_NEEDED} GB are needed. Free some."
        )
    began = time.monotonic()
    print(
        "Making the environment in .venv (once; about 2 GB, one to ten minutes):", flush=True
    )
    STAMP.unlink(missing_ok=True)
    try:
        # symbolic links keep a Python that needs the libraries beside it working
        venv.EnvBuilder(with_pip=True, clear=True, symlinks=os.name != "nt").create(
            ENVIRONMENT
        )
    except (OSError, subprocess.CalledProcessError) as error:
        if isinstance(error, OSError) and error.errno == 28:
            stop(REMEDIES[next(iter(REMEDIES))])
        stop(
            f"Python could not make an environment in {ENVIRONMENT} ({error}). On Debian or Ubuntu "
            "run `sudo apt install python3-venv` first; else check that the folder can be written."
        )
    with PIP_LOG.open("w", encoding="utf-8") as log_file:
        code = run_pip(["--require-hashes", "-r", str(LOCK)], log_file)
        # A folder has no hash, so the course's own package takes a second call.
        code = code or run_pip(["--no-deps", "--no-build-isolation", "-e", "."], log_file)
    if code:
        said = PIP_LOG.read_text(encoding="utf-8")
        for pattern, remedy in REMEDIES.items():
            if re.search(pattern, said):
                stop(remedy)
        print(*said.splitlines()[-12:], sep="\n")
        stop(
            f"pip could not install the packages. All it said is in {PIP_LOG.relative_to(ROOT)}."
        )
    # Or JupyterLab's first words to a learner were: would you like to get news about Jupyter?
    settings = ENVIRONMENT / "share" / "jupyter" / "lab" / "settings" / "overrides.json"
    settings.parent.mkdir(parents=True, exist_ok=True)
    settings.write_text(json.dumps({"@jupyterlab/apputils-extension:notification": QUIET}))
    STAMP.write_text(stamp())
    print(f"The environment is ready after {time.monotonic() - began:.0f} s.", flush=True)


def run(*arguments: str, **environment: str) -> int:
    """Run the environment's Python in the project's folder and return its exit code."""
    command = [str(PYTHON), *arguments]
    try:
        return subprocess.run(command, cwd=ROOT, env=os.environ | environment).returncode
    except KeyboardInterrupt:  # Ctrl-C is how one leaves JupyterLab
        return 0


def lab(arguments: list[str]) -> int:
    """Open JupyterLab on the course."""
    print("Opening JupyterLab on the course; press Ctrl-C here to end it.", flush=True)
    quiet = "--ServerApp.log_level=WARN"  # what remains is the address to open
    page = "--LabApp.default_url=/lab/tree/notebooks/00_start_here.ipynb"
    code = run("-m", "jupyterlab", quiet, "--ServerApp.root_dir=.", page, *arguments)
    print(
        "JupyterLab has ended."
        if code == 0
        else f"JupyterLab ended with code {code}: see above."
    )
    return code


def test(arguments: list[str]) -> int:
    """Run all tests, every lesson among them, two at a time."""
    print(
        "Testing the course: helpers, forms, and every lesson from top to bottom.", flush=True
    )
    code = run(
        "-m", "pytest", "-n", "2", "--dist", "loadfile", *arguments, COURSE_DATA="bundled"
    )
    print(
        "All tests passed." if code == 0 else "Some tests failed: the lines above say which."
    )
    return code


def lint(arguments: list[str]) -> int:
    """Check format and style of code and notebooks."""
    code = run("-m", "ruff", "format", "--check", ".") or run("-m", "ruff", "check", ".")
    print(
        "Format and lint are clean."
        if code == 0
        else "Run `ruff format` and `ruff check --fix`."
    )
    return code


def notebooks(arguments: list[str]) -> int:
    """Run all lessons (or those named) in place; nothing changes where nothing changed."""
    return run("-m", "tools.notebooks", "execute", *arguments, COURSE_DATA="bundled")


def claims(arguments: list[str]) -> int:
    """Try every claim on other seeds and write the ledger."""
    return run("-m", "tools.notebooks", "claims", *arguments, COURSE_DATA="bundled")


def lock(arguments: list[str]) -> int:
    """Write requirements.lock anew from pyproject.toml (needs uv)."""
    uv = shutil.which("uv")
    if uv is None:
        stop("`make lock` needs uv: `pip install uv`, then run it again.")
    options = "--universal --python-version 3.11 --fork-strategy fewest --generate-hashes"
    command = [uv, "pip", "compile", "pyproject.toml", *options.split(), "--no-annotate"]
    return subprocess.run(
        [*command, "--no-header", "--quiet", "-o", LOCK.name], cwd=ROOT
    ).returncode


def reset(arguments: list[str]) -> int:
    """Put a lesson back as it was; the learner's own version is kept beside it."""
    lessons = sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))
    known = {path.name[:2]: path for path in lessons if not path.stem.endswith(".mine")}
    number = (
        os.environ.get("LESSON", *arguments[:1]) if arguments else os.environ.get("LESSON", "")
    )
    if number not in known:
        stop(
            f"Which lesson? Say for example `make reset LESSON=01`. There are {', '.join(known)}."
        )
    lesson = known[number]
    original = subprocess.run(
        ["git", "show", f"HEAD:notebooks/{lesson.name}"], cwd=ROOT, capture_output=True
    )
    if original.returncode:
        stop(
            "The original comes from git, and this is no git clone: download the course anew."
        )
    count = len(list(lesson.parent.glob(f"{lesson.stem}.mine*.ipynb")))
    kept = lesson.with_name(f"{lesson.stem}.mine{count or ''}.ipynb")
    lesson.rename(kept)
    lesson.write_bytes(original.stdout)
    print(f"{lesson.name} is as it was; your version is now {kept.name}.")
    return 0


def main() -> int:
    commands = {f.__name__: f for f in (lab, test, lint, notebooks, claims, lock, reset)}
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("command", choices=commands)
    chosen, rest = parser.parse_known_args()
    if chosen.command not in ("lock", "reset"):
        make_environment()
    return commands[chosen.command](rest)


if __name__ == "__main__":
    sys.exit(main())
