"""Make the environment and do what is asked: `python tools/course.py lab` (or test, ...).

Only the standard library is used up to the point where the environment exists.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from urllib.parse import quote

ROOT = Path(__file__).resolve().parent.parent
if str(ROOT) not in sys.path:  # `python tools/course.py` puts only tools/ there
    sys.path.append(str(ROOT))

from tools import environment  # noqa: E402
from tools.environment import make_environment, stop  # noqa: E402

INTERRUPTED = 130  # what a shell says of a program that Ctrl-C has ended
LESSONS = ("lessons",)
LAB = ("lessons", "lab")
EVERYTHING = ("lessons", "lab", "test")


def run(*arguments: str, **settings: str) -> int:
    """Run the environment's Python in the project's folder.

    Ctrl-C reaches the program by itself; here it is only waited for, so that it can clean up
    or ask back. A third Ctrl-C ends it.

    Parameters
    ----------
    *arguments : str
        Of Python.
    **settings : str
        Added to the environment variables.

    Returns
    -------
    int
        Its exit code; `INTERRUPTED` after Ctrl-C, whatever the program made of it.
    """
    return wait_for([str(environment.PYTHON), *arguments], {**os.environ, **settings})


def wait_for(command: Sequence[str], settings: dict[str, str] | None = None) -> int:
    """Run a command as `run` does."""
    process = subprocess.Popen(command, cwd=ROOT, env=settings)
    interrupts = 0
    while True:
        try:
            code = process.wait()
        except KeyboardInterrupt:
            interrupts += 1
            if interrupts > 2:
                process.terminate()
            continue
        return INTERRUPTED if interrupts else code


def say(code: int, good: str, bad: str) -> int:
    """Print how a command has ended, and return its exit code."""
    if code == INTERRUPTED:
        print("\nInterrupted: not everything was done.")
    elif code == 0:
        print(good)
    else:
        print(bad)
    return code


def first_page(lesson: Path) -> Path:
    """Make or renew the learner's own copies; return what to open.

    Parameters
    ----------
    lesson : Path
        The course's own version of the lesson to begin with.

    Returns
    -------
    Path
        The learner's copy of it, or the folder of the copies if that one is missing; the
        course's own lesson only if there can be no copies.
    """
    from tools import my_lessons

    try:
        folder = my_lessons.prepare(ROOT)
    except OSError as error:
        print(f"{error}\nThe lessons themselves are opened; save your work elsewhere.")
        return lesson
    try:
        my_lessons.settings_into(environment.ENVIRONMENT)
    except OSError as error:
        print(f"JupyterLab looks other than the course describes it ({error}).")
    copy = folder / lesson.name
    return copy if copy.is_file() else folder


def lab(options: argparse.Namespace, rest: list[str]) -> int:
    """Open JupyterLab on your own copies of the lessons."""
    if len(options.lesson) > 1:
        stop("JupyterLab opens one lesson at first. Say for example `make lab LESSON=05`.")
    (lesson,) = find_lessons(options.lesson or [0])
    make_environment(LAB, old_will_do=True, with_this_python=options.with_this_python)
    page = quote(first_page(lesson).relative_to(ROOT).as_posix())
    print("Opening JupyterLab on the course; press Ctrl-C here to end it.", flush=True)
    # What remains of its log is the address to open.
    command = ["-m", "jupyterlab", "--ServerApp.log_level=WARN", "--LabApp.log_level=WARN"]
    command += ["--ServerApp.root_dir=.", f"--LabApp.default_url=/lab/tree/{page}"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--allow-root")  # in many containers there is nobody else
    code = run(*command, *rest)
    if code == INTERRUPTED:  # Ctrl-C is how one leaves JupyterLab
        code = 0
    return say(code, "JupyterLab has ended.", f"JupyterLab ended with code {code}: see above.")


def fetch(options: argparse.Namespace, rest: list[str]) -> int:
    """Prepare the corpora, and download the real film reviews (19 MB)."""
    make_environment(LESSONS, old_will_do=True, with_this_python=options.with_this_python)
    code = run("-m", "helpers.corpora", "fetch", *rest)
    return say(code, "", "Not everything could be fetched: see above.")


def reset(options: argparse.Namespace, rest: list[str]) -> int:
    """Give you a fresh copy of a lesson; your version is kept beside it."""
    from tools import my_lessons

    numbers = [*options.lesson, *rest]
    if len(numbers) != 1:
        stop("Which lesson? Say for example `make reset LESSON=01`.")
    try:
        print(my_lessons.reset(ROOT, numbers[0]))
    except (ValueError, OSError) as error:
        stop(str(error))
    return 0


def test(options: argparse.Namespace, rest: list[str]) -> int:
    """Run all tests, every lesson among them, two at a time; or only the lessons named."""
    make_environment(EVERYTHING, with_this_python=options.with_this_python)
    chosen = [str(lesson.relative_to(ROOT)) for lesson in find_lessons(options.lesson)]
    what = " ".join(chosen) or "helpers, forms, and every lesson from top to bottom"
    print(f"Testing the course: {what}.", flush=True)
    pytest = ["-m", "pytest", "-n", "2", "--dist", "loadfile"]
    code = run(*pytest, *chosen, *rest, COURSE_DATA="bundled")
    good = "All tests passed."
    if chosen or rest:
        good = "All of these tests passed."
    return say(code, good, "Some tests failed: the lines above say which.")


def find_lessons(numbers: Sequence[str]) -> list[Path]:
    """Return the lessons with these numbers; 1 and 01 are the same."""
    from tools import my_lessons

    try:
        return [my_lessons.find(ROOT, number) for number in numbers]
    except ValueError as error:
        stop(str(error))


def lint(options: argparse.Namespace, rest: list[str]) -> int:
    """Check format, style and types of code and notebooks."""
    make_environment(EVERYTHING, with_this_python=options.with_this_python)
    code = 0
    for arguments in (["ruff", "format", "--check", "."], ["ruff", "check", "."], ["mypy"]):
        code = run("-m", *arguments) or code
        if code == INTERRUPTED:
            break
    remedy = "Run `ruff format` and `ruff check --fix`; mypy's remarks are for you."
    return say(code, "Format, lint and types are clean.", remedy)


def notebooks(options: argparse.Namespace, rest: list[str]) -> int:
    """Run all lessons (or those named) in place; nothing changes where nothing changed."""
    make_environment(EVERYTHING, with_this_python=options.with_this_python)
    names = [f"{int(number):02}" for number in options.lesson]
    code = run("-m", "tools.notebooks", "execute", *names, *rest, COURSE_DATA="bundled")
    return say(code, "The lessons are up to date.", "Not all lessons ran: see above.")


def claims(options: argparse.Namespace, rest: list[str]) -> int:
    """Try every claim (or those of the lessons named) on other seeds and write the ledger."""
    make_environment(EVERYTHING, with_this_python=options.with_this_python)
    arguments = [f"{int(number):02}" for number in options.lesson]
    if options.data:
        arguments += ["--data", options.data]
    if options.seeds:
        arguments += ["--seeds", str(options.seeds)]
    command = ["-m", "tools.notebooks", "claims", *arguments, *rest]
    code = run(*command, COURSE_DATA="bundled")
    return say(code, "The ledger is written.", "Not every claim held: see above.")


def lock(options: argparse.Namespace, rest: list[str]) -> int:
    """Write the locks anew from pyproject.toml (needs uv)."""
    from tools.locks import write_locks

    return write_locks(rest)


def make(options: argparse.Namespace, rest: list[str]) -> int:
    """Make the environment for the lessons and JupyterLab, and open nothing."""
    unknown = [part for part in rest if part not in environment.LOCKS]
    if unknown:
        stop(f"There is no part {unknown[0]!r}. Parts: {', '.join(environment.LOCKS)}.")
    make_environment([*LAB, *rest], with_this_python=options.with_this_python)
    return 0


COMMANDS: dict[str, Callable[[argparse.Namespace, list[str]], int]] = {
    "lab": lab,
    "test": test,
    "fetch": fetch,
    "reset": reset,
    "lint": lint,
    "notebooks": notebooks,
    "claims": claims,
    "lock": lock,
    "environment": make,
}
# The options that not every command knows.
KNOWN_OPTIONS = {
    "lab": ("lesson",),
    "test": ("lesson",),
    "reset": ("lesson",),
    "notebooks": ("lesson",),
    "claims": ("lesson", "data", "seeds"),
}


def parse(arguments: Sequence[str]) -> tuple[argparse.Namespace, list[str]]:
    """Split the command line into what is known here and what the program behind it gets."""
    lines = [f"  {name:12} {does.__doc__}" for name, does in COMMANDS.items()]
    parser = argparse.ArgumentParser(
        description="Make the environment (once) and do with it what is asked.",
        epilog="commands:\n" + "\n".join(lines),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("command", choices=COMMANDS, metavar="command", help="see below")
    parser.add_argument("--lesson", type=int, action="append", default=[], help="its number")
    parser.add_argument("--data", choices=("bundled", "full"), help="which data claims see")
    parser.add_argument("--seeds", type=int, help="how many, for claims")
    parser.add_argument(
        "--with-this-python", action="store_true", help="else an environment may have another"
    )
    options, rest = parser.parse_known_args(arguments)
    known = KNOWN_OPTIONS.get(options.command, ())
    for name in ("lesson", "data", "seeds"):
        if getattr(options, name) and name not in known:
            stop(f"`make {options.command}` knows no {name.upper()} (--{name}): leave it out.")
    return options, rest


def main(arguments: Sequence[str]) -> int:
    """Do what the command line says."""
    options, rest = parse(arguments)
    try:
        python = None
        if not environment.is_supported(tuple(sys.version_info[:2])):
            python = environment.supported_python()
        elif Path(sys.prefix) == environment.ENVIRONMENT:
            # The environment may have to go; this must not run in it.
            python = environment.base_python(environment.PYTHON)
        if python:
            return wait_for([python, str(Path(__file__).resolve()), *arguments])
        return COMMANDS[options.command](options, rest)
    except environment.CannotMakeError as error:
        stop(str(error))
    except KeyboardInterrupt:
        print("\nInterrupted: not everything was done.")
        return INTERRUPTED


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
