"""Make the environment in `.venv`, and renew it when what the course needs has changed.

Only the standard library is used. Any Python from 3.8 on can read this file and say what is
wrong with it; what is made here needs one of the supported versions.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import importlib.util
import json
import os
import queue
import re
import shutil
import subprocess
import sys
import threading
import time
import venv
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO, NoReturn

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENT = ROOT / ".venv"
SPARE = ROOT / ".venv.old"  # the environment as it was, until the new one works
BUSY = ROOT / ".venv.lock"  # held by the one run that changes the environment
LOG = ROOT / ".venv.log"  # all that pip said
STAMP = "course-stamp"  # in the environment: for which locks it was made
PACKAGES = "course-packages"  # beside it: what of the locks was installed here
MARK = "made-by-the-course"  # in the environment from its first moment to its last
IN_ENVIRONMENT = "Scripts/python.exe" if os.name == "nt" else "bin/python"
PYTHON = ENVIRONMENT / IN_ENVIRONMENT

SUPPORTED = ((3, 11), (3, 13))
GIGABYTES_NEEDED = 4
SECONDS_BETWEEN_SIGNS = 5.0

# The parts of the environment, each with its lock and with the parts that it builds on.
LOCKS = {
    "lessons": ROOT / "requirements.lock",
    "lab": ROOT / "requirements-lab.lock",
    "test": ROOT / "requirements-test.lock",
    "binder": ROOT / "requirements-binder.lock",
}
NEEDS = {
    "lessons": (),
    "lab": ("lessons",),
    "test": ("lessons", "lab"),
    "binder": ("lessons", "lab"),
}

DISK_FULL = f"The disk is full. Free {GIGABYTES_NEEDED} GB and run the same command again."
# What pip's own words mean for someone who wants to start a course. The network comes before
# the missing package: without it, pip says both.
REMEDIES = {
    r"No space left on device|not enough space": DISK_FULL,
    r"Failed to establish a new connection|Temporary failure in name resolution"
    r"|NewConnectionError|Max retries exceeded|Read timed out|ConnectionError"
    r"|Network is unreachable": (
        "The packages could not be downloaded. Check the network (and a proxy, if there is "
        "one) and run the same command again; what was downloaded is kept."
    ),
    r"DO NOT MATCH THE HASHES": (
        "A downloaded package is not the one that the course was tested with. Try again; if "
        "it happens twice, something between you and the package index changes files."
    ),
    r"Could not find a version|No matching distribution": (
        "There is no package for this Python on this computer (TensorFlow has none for Intel "
        "Macs and for 32-bit systems). Use Binder instead: the button is in the README."
    ),
}


class CannotMakeError(Exception):
    """The environment cannot be made; the message is a sentence that says what to do."""


def stop(sentence: str) -> NoReturn:
    """End with one sentence that says what to do."""
    sys.exit(f"\n{sentence}")


# -- which Python ------------------------------------------------------------


def is_supported(version: tuple[int, ...]) -> bool:
    """Say whether the course runs on this version of Python."""
    return SUPPORTED[0] <= version[:2] <= SUPPORTED[1]


def find_uv() -> list[str]:
    """Return the command that runs uv; empty if it is not installed."""
    program = shutil.which("uv")
    if program:
        return [program]
    if importlib.util.find_spec("uv"):  # where pip's folder of programs is not in PATH
        return [sys.executable, "-m", "uv"]
    return []


def base_python(python: Path) -> str:
    """Return the program that an environment was made with, which stays if that goes."""
    ask = [str(python), "-I", "-c", "import sys; print(sys._base_executable)"]
    said = subprocess.run(ask, check=True, stdout=subprocess.PIPE)
    return os.fsdecode(said.stdout).strip()


def supported_python() -> str:
    """Find a Python for the course: the environment's own, or one that uv has or gets.

    Returns
    -------
    str
        The path of its program.

    Raises
    ------
    CannotMakeError
        If there is no uv, or it can neither find nor install such a Python.
    """
    if is_supported(version_in(ENVIRONMENT)):
        return base_python(PYTHON)
    here = "{}.{}".format(*sys.version_info[:2])
    uv = find_uv()
    if not uv:
        reason = "gensim has no package for newer ones yet"
        if tuple(sys.version_info[:2]) < SUPPORTED[0]:
            reason = "its packages have left older ones behind"
        raise CannotMakeError(
            f"This is Python {here}, and the course needs 3.11, 3.12 or 3.13 ({reason}): run "
            "`pip install uv` (or `pipx install uv`) and the same command again, or use conda "
            "(environment.yml) or Binder (the button in the README)."
        )
    # Without --system it would find the environment that is to be made anew.
    low, high = SUPPORTED
    wanted = f">={low[0]}.{low[1]},<{high[0]}.{high[1] + 1}"
    find = [*uv, "python", "find", "--no-project", "--system", wanted]
    found = subprocess.run(find, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    if found.returncode:
        newest = f"{high[0]}.{high[1]}"
        print(f"This is Python {here}; uv installs Python {newest} beside it.", flush=True)
        if subprocess.run([*uv, "python", "install", newest]).returncode:
            raise CannotMakeError(
                f"uv could not install Python {newest}: check the network and run the same "
                "command again, or use Binder (the button in the README)."
            )
        found = subprocess.run(find, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    path = found.stdout.decode(errors="replace").strip()
    if found.returncode or not path:
        raise CannotMakeError(
            f"uv found no Python 3.11, 3.12 or 3.13: see `uv python list`, or use Binder "
            f"(the button in the README). This is Python {here}."
        )
    return path


# -- what is there -----------------------------------------------------------


def version_in(folder: Path) -> tuple[int, ...]:
    """Return the version of an environment's Python, such as (3, 12); () if it is broken."""
    ask = [
        str(folder / IN_ENVIRONMENT),
        "-I",
        "-c",
        "import sys; print(*sys.version_info[:2])",
    ]
    try:
        said = subprocess.run(ask, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    except OSError:
        return ()
    if said.returncode:
        return ()
    return tuple(int(number) for number in said.stdout.split())


def digest(part: str, version: Sequence[int]) -> str:
    """Return what an environment has to match for one part of the course.

    Parameters
    ----------
    part : str
        One of `LOCKS`.
    version : sequence of int
        Of the environment's Python.

    Returns
    -------
    str
        A hash of the part's lock, its list of dependencies, the version, and the course's
        folder (the paths inside an environment are absolute). Nothing else in `pyproject.toml`
        counts.

    Raises
    ------
    CannotMakeError
        If the lock or `pyproject.toml` is missing or spoiled.
    """
    import tomllib

    try:
        project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
        wanted = project["dependencies"]
        if part != "lessons":
            wanted = project["optional-dependencies"][part]
        lock = LOCKS[part].read_bytes()
    except (OSError, ValueError, KeyError) as error:
        raise CannotMakeError(
            f"What the course needs cannot be read ({error}): get the files back with "
            f"`git checkout HEAD pyproject.toml {LOCKS[part].name}`."
        ) from error
    parts = [json.dumps([wanted, list(version[:2]), str(ROOT)]).encode()]
    # Git may have written other line ends on Windows; the same lock is meant.
    parts.append(lock.replace(b"\r\n", b"\n"))
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def read_stamp(folder: Path) -> dict[str, str]:
    """Return the digest of every part that an environment has; none if it is unfinished."""
    try:
        content = json.loads((folder / STAMP).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def write_stamp(folder: Path, stamp: dict[str, str]) -> None:
    """Note that an environment is complete: for which digests, and with which packages.

    Parameters
    ----------
    folder : Path
        The environment.
    stamp : dict of str to str
        Part -> its digest from before pip has read the lock: a lock that changes meanwhile
        does not count as installed.
    """
    from helpers.settings import write_atomically

    locked = {name for part in stamp for name, _, _ in _pins(part)}
    mine = sorted(each for each in installed_in(folder) if each[0] in locked)
    write_atomically(folder / PACKAGES, json.dumps(mine))
    write_atomically(folder / STAMP, json.dumps(stamp))


def installed_in(folder: Path) -> set[tuple[str, str]]:
    """Return name and version of all packages in an environment, from their folders' names."""
    found = set()
    for pattern in ("lib/python*/site-packages", "Lib/site-packages"):
        for path in folder.glob(f"{pattern}/*.dist-info"):
            name, _, version = path.name[: -len(".dist-info")].rpartition("-")
            found.add((_canonical(name), version))
    return found


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _pins(part: str) -> list[tuple[str, str, bool]]:
    """Return name, version, and whether it is for some machines only, of all in a lock."""
    text = LOCKS[part].read_text(encoding="utf-8")
    found = re.findall(r"^([\w.-]+)==(\S+)( ;)?", text, re.MULTILINE)
    return [(_canonical(name), version, bool(marker)) for name, version, marker in found]


def altered_packages(parts: Iterable[str]) -> list[str]:
    """Say which locked packages are gone from the environment, or there in another version.

    `pip install` and `pip uninstall` do that, in a lesson or a terminal. Only names of folders
    are read. What was added is no matter.

    Parameters
    ----------
    parts : iterable of str
        Those that the environment has.

    Returns
    -------
    list of str
        Their names, in order.
    """
    try:
        content = json.loads((ENVIRONMENT / PACKAGES).read_text(encoding="utf-8"))
        wanted = {(name, version) for name, version in content}
    except (OSError, ValueError, TypeError):
        # An environment from before there was this list: what every machine has to have.
        pins = [pin for part in parts for pin in _pins(part)]
        wanted = {(name, version) for name, version, some_only in pins if not some_only}
    return sorted({name for name, _ in wanted - installed_in(ENVIRONMENT)})


def missing_parts(parts: Sequence[str]) -> list[str] | None:
    """Say which of `parts` the environment lacks.

    Parameters
    ----------
    parts : sequence of str
        Parts of the environment.

    Returns
    -------
    list of str or None
        The parts to add to what is there; None if the environment has to be made (anew).
    """
    stamp = read_stamp(ENVIRONMENT)
    version = version_in(ENVIRONMENT) if stamp else ()
    if not is_supported(version):
        return None
    for part, made_for in stamp.items():
        if part not in LOCKS or made_for != digest(part, version):
            return None
    if altered_packages(stamp):
        return None
    return [part for part in parts if part not in stamp]


# -- making it ---------------------------------------------------------------


def _try_to_lock(file: IO[str]) -> bool:
    """Take the lock, which the system releases when the process ends, however it ends."""
    try:
        if os.name == "nt":
            import msvcrt

            file.seek(0)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        # Some network folders have no locks: then two first runs at once are not told apart.
        return error.errno in (errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP)
    return True


@contextlib.contextmanager
def only_run() -> Iterator[IO[str]]:
    """Let one run at a time change the environment; the others wait and say so."""
    with BUSY.open("a+", encoding="utf-8") as file:
        told = False
        while not _try_to_lock(file):
            if not told:
                print("Another run is making the environment; waiting for it ...", flush=True)
                told = True
            time.sleep(0.2)
        yield file


class Progress:
    """One changing line on a terminal, now and then a line elsewhere; never long silent."""

    def __init__(self) -> None:
        self.terminal = sys.stdout.isatty()
        self.count = 0
        self.doing = "looking for packages"
        self.began = self.printed = time.monotonic()

    def hear(self, line: str) -> None:
        """Note what pip says."""
        found = re.match(r"(?:Collecting|Processing) (\S+)", line)
        if found:
            self.count += 1
            self.doing = f"package {self.count}: {Path(found.group(1)).name:40.40}"
            if self.terminal or self.count % 40 == 0:
                self.show()
        elif line.startswith("Installing collected packages") and self.count:
            self.doing = f"unpacking {self.count} packages"
            self.show()

    def tick(self) -> None:
        """Give a sign of life if there was none for a while."""
        quiet = SECONDS_BETWEEN_SIGNS if self.terminal else 6 * SECONDS_BETWEEN_SIGNS
        if time.monotonic() - self.printed >= quiet:
            self.show()

    def show(self) -> None:
        """Print what is being done and for how long."""
        self.printed = time.monotonic()
        seconds = f"{self.printed - self.began:.0f} s"
        if self.terminal:
            print(f"\r  {self.doing:58} {seconds:>6}", end="", flush=True)
        else:
            print(f"  {self.doing.strip()} ... {seconds}", flush=True)

    def end(self) -> None:
        """Leave the changing line."""
        if self.terminal:
            print()


def run_pip(arguments: Sequence[str], log_file: IO[str], lock: IO[str]) -> int:
    """Run the environment's pip, show its progress, keep everything that it says.

    Parameters
    ----------
    arguments : sequence of str
        Of `pip install`.
    log_file : file
        Takes what pip says.
    lock : file
        Handed on to pip: should this process be killed, others wait until pip has ended.

    Returns
    -------
    int
        The exit code.
    """
    command = [str(PYTHON), "-m", "pip", "install", "--disable-pip-version-check", *arguments]
    settings = {"PYTHONUNBUFFERED": "1", "PYTHONIOENCODING": "utf-8"}
    # What someone set for their own installations would lead these packages elsewhere.
    settings.update({"PIP_PROGRESS_BAR": "off", "PIP_USER": "0"})
    environment = {**os.environ, **settings}
    for name in ("PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PYTHONHOME"):
        environment.pop(name, None)
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        pass_fds=() if os.name == "nt" else (lock.fileno(),),
    )
    lines: queue.Queue[str] = queue.Queue()

    def read() -> None:
        for line in process.stdout or ():
            lines.put(line)

    reader = threading.Thread(target=read)
    reader.start()
    progress = Progress()
    try:
        while reader.is_alive() or not lines.empty():
            try:
                line = lines.get(timeout=0.2)
            except queue.Empty:
                progress.tick()
                continue
            log_file.write(line)
            progress.hear(line)
        return process.wait()
    except BaseException:  # above all Ctrl-C, which pip has heard, too
        try:
            process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        raise
    finally:
        progress.end()


def install(parts: Sequence[str], lock: IO[str]) -> None:
    """Install the locked packages of these parts, and the course's own package."""
    requirements: list[str] = []
    for part in parts:
        requirements += ["-r", str(LOCKS[part])]
    with LOG.open("w", encoding="utf-8") as log_file:
        code = run_pip(["--require-hashes", *requirements], log_file, lock)
        if code == 0 and "lessons" in parts:
            # A folder has no hash, so the course's own package takes a second call.
            own = ["--no-deps", "--no-build-isolation", "-e", "."]
            code = run_pip(own, log_file, lock)
    if code == 0:
        return
    said = LOG.read_text(encoding="utf-8")
    remedy = remedy_for(said)
    if remedy:
        raise CannotMakeError(remedy)
    print(*said.splitlines()[-12:], sep="\n")
    raise CannotMakeError(f"pip could not install the packages. All it said is in {LOG.name}.")


def remedy_for(said: str) -> str | None:
    """Return what to do after what pip has said; None if nobody knows.

    What pip has complained of before its first error, such as a time-out, it has survived:
    but if it saw no version at all of a package, the network may well be why.
    """
    first_error = re.search(r"^ERROR:", said, re.MULTILINE)
    last_words = said[first_error.start() :] if first_error else said
    if "(from versions: none)" in last_words:
        last_words = said
    for pattern, remedy in REMEDIES.items():
        if re.search(pattern, last_words):
            return remedy
    return None


def _build(parts: Sequence[str], lock: IO[str]) -> None:
    """Make a new environment where none is."""
    if os.pathsep in str(ENVIRONMENT):
        raise CannotMakeError(
            f"The path {ENVIRONMENT} has a {os.pathsep!r} in it, and no environment can be "
            "made there: rename the folder, or move the course."
        )
    try:
        _mark(ENVIRONMENT)
        # Symbolic links: some Pythons do not run without the libraries that lie beside them.
        builder = venv.EnvBuilder(with_pip=True, symlinks=os.name != "nt")
        builder.create(str(ENVIRONMENT))
    except (OSError, subprocess.CalledProcessError) as error:
        if isinstance(error, OSError) and error.errno == errno.ENOSPC:
            raise CannotMakeError(DISK_FULL) from error
        raise CannotMakeError(
            f"Python could not make an environment in {ENVIRONMENT} ({error}). On Debian or "
            "Ubuntu run `sudo apt install python3-venv` first; else check that the folder can "
            "be written."
        ) from error
    version = version_in(ENVIRONMENT)
    stamp = {part: digest(part, version) for part in parts}
    install(parts, lock)
    write_stamp(ENVIRONMENT, stamp)


def _mark(folder: Path) -> None:
    """Note in a folder, which is made if need be, that the course may delete it."""
    folder.mkdir(exist_ok=True)
    (folder / MARK).write_text("The course made this folder, and may delete it.\n", "utf-8")


def _may_go(folder: Path) -> bool:
    """Say whether the course may delete what is there: it made it, or nothing would be lost.

    Of a link only the link goes; where it leads to is not the course's.
    """
    if folder.is_symlink() or not folder.exists():
        return True
    if not folder.is_dir():
        return False
    content = {path.name for path in folder.iterdir()}
    return not content or bool(content & {MARK, STAMP, PACKAGES})


def _demand_ours(folder: Path) -> None:
    """Raise CannotMakeError if something is there that somebody else has made."""
    if not _may_go(folder):
        raise CannotMakeError(
            f"{folder} is there already, and the course has not made it. Rename it (or delete "
            "it, if nobody needs it) and run the same command again: it makes its own of that "
            "name."
        )


def _remove(folder: Path) -> None:
    """Delete an environment, first its stamp: what may be left must not pass for a whole.

    The mark goes last: should this be cut off, the next run knows that the rest may go.
    """
    _demand_ours(folder)
    if folder.is_symlink():
        folder.unlink()
        return
    if not folder.exists():
        return
    with contextlib.suppress(OSError):
        _mark(folder)
    with contextlib.suppress(FileNotFoundError):
        (folder / STAMP).unlink()
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(str(path), ignore_errors=True)
        elif path.name != MARK:
            with contextlib.suppress(OSError):
                path.unlink()
    if {path.name for path in folder.iterdir()} <= {MARK}:
        shutil.rmtree(str(folder), ignore_errors=True)
    if folder.exists():
        raise CannotMakeError(
            f"{folder} cannot be deleted: end the programs that use it (JupyterLab, an "
            "editor) and run the same command again."
        )


def _put_aside() -> None:
    """Keep the present environment as `SPARE`."""
    try:
        ENVIRONMENT.rename(SPARE)
    except OSError as error:
        raise CannotMakeError(
            f"{ENVIRONMENT} cannot be renewed ({error}): end the programs that use it "
            "(JupyterLab, an editor) and run the same command again."
        ) from error


def _is_left_over() -> bool:
    """Say whether a run that was killed has left the environment as it was."""
    return os.path.lexists(SPARE) and _may_go(SPARE)


def _recover() -> None:
    """Clear up after a run that was killed: what is unfinished gives way to the old."""
    if not _is_left_over():
        return
    if not read_stamp(ENVIRONMENT):
        _remove(ENVIRONMENT)
        SPARE.rename(ENVIRONMENT)
    else:
        _remove(SPARE)


def renew(parts: Sequence[str], lock: IO[str]) -> None:
    """Make the environment (anew); the old one stays until the new one works.

    The old one moves aside, since programs in an environment hold its path: one that was built
    elsewhere and then moved would have a `pip` and a `jupyter` that do not start.
    """
    free = shutil.disk_usage(str(ROOT)).free / 1e9
    if free < GIGABYTES_NEEDED:
        raise CannotMakeError(
            f"Only {free:.1f} GB of disk are free, {GIGABYTES_NEEDED} are needed. Free some, "
            "then run the same command again."
        )
    for folder in (ENVIRONMENT, SPARE):
        _demand_ours(folder)
    print(
        "Making the environment in .venv (once; about 2 GB, one to ten minutes):", flush=True
    )
    if os.path.lexists(ENVIRONMENT):
        _put_aside()
    done = False
    try:
        _build(parts, lock)
        done = True
    except KeyboardInterrupt:
        print("\nThe environment stays as it was.", flush=True)
        raise
    finally:
        if not done:
            _remove(ENVIRONMENT)
            if os.path.lexists(SPARE):
                SPARE.rename(ENVIRONMENT)
    if os.path.lexists(SPARE):
        _remove(SPARE)


def is_current(parts: Sequence[str], with_this_python: bool) -> bool:
    """Say whether the environment is complete for these parts."""
    if with_this_python and version_in(ENVIRONMENT) != tuple(sys.version_info[:2]):
        return False
    return missing_parts(parts) == []


def _make_current(parts: Sequence[str], with_this_python: bool, lock: IO[str]) -> None:
    """Make, renew or complete the environment; only one run may be here."""
    _recover()
    if is_current(parts, with_this_python):
        return  # another run has made it meanwhile
    began = time.monotonic()
    other = with_this_python and version_in(ENVIRONMENT) != tuple(sys.version_info[:2])
    missing = missing_parts(parts)
    if missing is None or other:
        wanted = {*read_stamp(ENVIRONMENT), *parts}
        altered = altered_packages(part for part in read_stamp(ENVIRONMENT) if part in LOCKS)
        if altered:
            names = ", ".join(altered[:5]) + (", ..." if len(altered) > 5 else "")
            print(f"Gone from .venv, or not there in the course's version: {names}.")
        renew([part for part in LOCKS if part in wanted], lock)
    else:
        print(f"Adding to the environment: {', '.join(missing)}", flush=True)
        version = version_in(ENVIRONMENT)
        stamp = {part: digest(part, version) for part in missing}
        install(missing, lock)
        write_stamp(ENVIRONMENT, {**read_stamp(ENVIRONMENT), **stamp})
    print(f"The environment is ready after {time.monotonic() - began:.0f} s.", flush=True)


def make_environment(
    parts: Sequence[str], *, old_will_do: bool = False, with_this_python: bool = False
) -> None:
    """Make `.venv` with the locked packages of these parts, unless it is there already.

    Parameters
    ----------
    parts : sequence of str
        What is needed: "lessons", "lab", "test".
    old_will_do : bool
        Whether to go on with the environment of an earlier version of the course if the new
        one cannot be made, as after `git pull` on a train.
    with_this_python : bool
        Whether an environment with another Python than the running one is made anew.

    Raises
    ------
    CannotMakeError
        If it cannot be made; what was there before is kept.
    """
    try:
        if not _is_left_over() and is_current(parts, with_this_python):
            return
        with only_run() as lock:
            _make_current(parts, with_this_python, lock)
    except (OSError, CannotMakeError) as error:
        failure = str(error)
        if isinstance(error, OSError):
            failure = f"The environment could not be made: {error}."
            if error.errno == errno.ENOSPC:
                failure = DISK_FULL
        has_old = set(parts) <= set(read_stamp(ENVIRONMENT)) and version_in(ENVIRONMENT)
        if not (old_will_do and has_old):
            raise CannotMakeError(failure) from error
        print(f"\n{failure}\nThe environment as it was is used for now.", flush=True)
