"""Write the locks: every package that a part of the course needs, with version and hashes.

Only the standard library is used, and uv. `make lock` keeps the versions that are locked
already; `make lock ARGS=--upgrade` takes the newest that `pyproject.toml` allows.
"""

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
if str(ROOT) not in sys.path:  # `python tools/course.py` puts only tools/ there
    sys.path.append(str(ROOT))

from helpers.settings import write_atomically  # noqa: E402
from tools.environment import LOCKS, NEEDS, find_uv, stop  # noqa: E402

LOWEST = ROOT / "tools" / "lowest.txt"
# For all systems and Pythons at once; no line that names the machine or an address.
OPTIONS = "--universal --python-version 3.11 --fork-strategy fewest --no-annotate --no-header"


def blocks(text: str) -> list[str]:
    """Split a lock into its pins: a line with name and version, and the hashes below it."""
    return [block for block in re.split(r"\n(?=\S)", text.strip()) if block]


def compile_lock(output: Path, extras: Sequence[str], *arguments: str) -> str:
    """Resolve the course's own dependencies and those of `extras` into `output`.

    Parameters
    ----------
    output : Path
        Versions that stand in it already are kept where they can be.
    extras : sequence of str
        Parts of `[project.optional-dependencies]`.
    *arguments : str
        Further options of `uv pip compile`.

    Returns
    -------
    str
        The new content of `output`.

    Raises
    ------
    subprocess.CalledProcessError
        If uv finds no solution; it has said why.
    """
    command = [*find_uv(), "pip", "compile", "pyproject.toml", "--quiet", *OPTIONS.split()]
    for extra in extras:
        command += ["--extra", extra]
    command += ["--output-file", str(output), *arguments]
    subprocess.run(command, cwd=ROOT, check=True)
    return output.read_text(encoding="utf-8")


def write_locks(arguments: Sequence[str] = ()) -> int:
    """Write one lock for each part, all of one solution, and the list of lowest versions.

    A lock holds only what the parts that it builds on do not hold already.

    Parameters
    ----------
    arguments : sequence of str
        Further options of `uv pip compile`, such as `--upgrade`.

    Returns
    -------
    int
        The exit code.
    """
    if not find_uv():
        stop("`make lock` needs uv: `pip install uv`, then run it again.")
    extras = [part for part in LOCKS if part != "lessons"]
    with tempfile.TemporaryDirectory() as folder:
        everything = Path(folder, "everything.txt")
        known = [lock.read_text(encoding="utf-8") for lock in LOCKS.values() if lock.exists()]
        everything.write_text("\n".join(known), encoding="utf-8")
        try:
            compile_lock(everything, extras, "--generate-hashes", *arguments)
            pins: dict[str, list[str]] = {}
            for part in LOCKS:
                output = Path(folder, f"{part}.txt")
                shutil.copy(everything, output)
                below = NEEDS[part]
                chosen = [extra for extra in (*below, part) if extra in extras]
                limits = ["--constraint", str(everything), "--generate-hashes"]
                pins[part] = blocks(compile_lock(output, chosen, *limits))
                had = {block for lower in below for block in pins[lower]}
                pins[part] = [block for block in pins[part] if block not in had]
            lowest = Path(folder, "lowest.txt")
            compile_lock(lowest, ["lab", "test"], "--resolution", "lowest-direct")
        except subprocess.CalledProcessError as error:
            return error.returncode
        for part, lock in LOCKS.items():
            write_atomically(lock, "\n".join(pins[part]) + "\n")
            print(f"{lock.name}: {len(pins[part])} packages")
        write_atomically(LOWEST, lowest.read_bytes())
    return 0
