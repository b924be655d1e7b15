"""Say where this repository lives: `python -m tools.set_address you/your-repository`.

The address stands in one place, `repository-code` in CITATION.cff, next to the version, whose
tag the buttons open. Everything that quotes the two (the buttons of the README and of the
lessons, codemeta.json, the issue templates) is rewritten from there by this command.
"""

import argparse
import re
import subprocess
import sys
from pathlib import Path

from helpers.settings import write_atomically

ROOT = Path(__file__).resolve().parent.parent
CITATION = "CITATION.cff"
ADDRESS = re.compile(r'^repository-code: "https://github\.com/([^/\s"]+/[^/\s"]+)"', re.M)
VERSION = re.compile(r"^version: (\S+)", re.M)
# Owner and repository as GitHub allows them.
NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?/[A-Za-z0-9._-]+")
# Where the address may occur; code reads it from CITATION.cff.
QUOTED_IN = ["*.md", "*.cff", "*.json", "*.yml", "*.toml", "*.ipynb"]
NOT_IN = ["datasets/", "tests/"]
# Where the version stands, and how.
VERSION_LINES = {
    CITATION: "\nversion: {}\n",
    "codemeta.json": '"version": "{}"',
    "pyproject.toml": '\nversion = "{}"\n',
}


def address(root: Path = ROOT) -> tuple[str, str]:
    """Read owner/repository and the tag of the current version from CITATION.cff.

    Parameters
    ----------
    root : Path
        The folder of the course.

    Returns
    -------
    tuple of str
        For example `("ada/word-tables", "v1.2.0")`.

    Raises
    ------
    ValueError
        If CITATION.cff names no repository on GitHub, or no version.
    """
    text = (root / CITATION).read_text(encoding="utf-8")
    repository = ADDRESS.search(text)
    version = VERSION.search(text)
    if repository is None or version is None:
        raise ValueError(
            f'{CITATION} needs a line `repository-code: "https://github.com/owner/name"` '
            "and a line `version: 1.2.3`."
        )
    return repository[1], f"v{version[1]}"


def files(root: Path) -> list[Path]:
    """List the files that git keeps (or would keep) and that may quote the address."""
    # -z: else git writes names that are not ASCII in its own way.
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--"]
    listed = subprocess.run(
        [*command, *QUOTED_IN], cwd=root, capture_output=True, text=True, encoding="utf-8"
    )
    if listed.returncode:
        sys.exit(f"This needs a git clone of the course: {listed.stderr.strip()}")
    names = [name for name in listed.stdout.split("\0") if not name.startswith(tuple(NOT_IN))]
    return [root / name for name in names if name and (root / name).exists()]


def replace(text: str, old: tuple[str, str], new: tuple[str, str]) -> str:
    """Return a text with another address, and with another tag where it follows the address.

    Parameters
    ----------
    text : str
        What a file says.
    old, new : tuple of str
        Owner/repository and tag.
    """
    old_name, old_tag = old
    new_name, new_tag = new
    # "you/words" must not match in "you/words-2" or in "thank-you/words".
    whole = rf"(?<![\w.-]){re.escape(old_name)}(?![\w-]|\.(?!git\b)\w)"
    # .../v2/gh/owner/name/TAG, .../owner/name/blob/TAG, .../owner/name/tree/TAG
    tagged = rf"({whole}/(?:blob/|tree/)?){re.escape(old_tag)}(?![\w.-])"
    text = re.sub(tagged, lambda found: found[1] + new_tag, text)
    return re.sub(whole, lambda found: new_name, text)


def set_address(name: str, tag: str | None = None, root: Path = ROOT) -> list[str]:
    """Write owner/repository, and a new version if a tag is given, wherever they are quoted.

    Parameters
    ----------
    name : str
        Owner and repository, `ada/word-tables`, or the whole address on GitHub.
    tag : str, optional
        The tag that the buttons open, such as `v1.2.0`; the version follows it.
    root : Path
        The folder of the course.

    Returns
    -------
    list of str
        The files that changed, relative to `root`.

    Raises
    ------
    ValueError
        If `name` or `tag` is not what GitHub and CITATION.cff accept.
    """
    name = name.removeprefix("https://github.com/").removesuffix("/").removesuffix(".git")
    if not NAME.fullmatch(name):
        raise ValueError(f"{name!r} is not owner/repository, as in ada/word-tables.")
    if tag is not None and not re.fullmatch(r"v\d+\.\d+\.\d+(?:[\w.-]*\w)?", tag):
        raise ValueError(f"{tag!r} is not a tag such as v1.2.0.")
    old = address(root)
    new = (name, tag or old[1])
    results: dict[str, str] = {}
    for path in files(root):
        text = path.read_bytes().decode("utf-8")
        result = replace(text, old, new)
        relative = path.relative_to(root).as_posix()
        if relative in VERSION_LINES:
            line = VERSION_LINES[relative]
            result = result.replace(line.format(old[1][1:]), line.format(new[1][1:]), 1)
        if result != text:
            results[relative] = result
    # The file that says what to replace comes last: what was interrupted can be run again.
    for relative in sorted(results, key=lambda name: name == CITATION):
        write_atomically(root / relative, results[relative])
    return list(results)


def main() -> int:
    """Set the address, or only compare it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("name", help="owner/repository on GitHub")
    parser.add_argument("--tag", help="the tag that the buttons open, such as v1.2.0")
    parser.add_argument("--check", action="store_true", help="change nothing, only compare")
    chosen = parser.parse_args()
    if chosen.check:
        current = address()[0]
        if current.lower() == chosen.name.lower():
            return 0
        print(
            f"The buttons lead to {current}, this is {chosen.name}: run "
            f"`python -m tools.set_address {chosen.name}` and commit what it changes."
        )
        return 1
    try:
        changed = set_address(chosen.name, chosen.tag)
    except ValueError as error:
        sys.exit(str(error))
    print("Changed:", ", ".join(changed) or "nothing; it was so already.", flush=True)
    # The lessons get their Colab buttons, which they lack while the address is a placeholder.
    if subprocess.run([sys.executable, "-m", "tools.set_first_cell"], cwd=ROOT).returncode:
        sys.exit("The lessons' first cells were not renewed: see above.")
    print(f"The buttons open the tag {address()[1]}; push it with `git push origin --tags`.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
