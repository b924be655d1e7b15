"""The learner's own copies of the lessons: made, renewed and reset, but never overwritten.

`make lab` and Binder open the folder `my-lessons/`. The lessons in `notebooks/` keep their
results for those who only read, and for the tests. Only the standard library is used: `make
reset` works without the environment.
"""

import argparse
import hashlib
import json
import os
import platform
import re
import sys
from pathlib import Path
from typing import Any, NoReturn

ROOT = Path(__file__).resolve().parent.parent
if str(ROOT) not in sys.path:  # `python tools/course.py` puts only tools/ there
    sys.path.append(str(ROOT))

from helpers.settings import write_atomically  # noqa: E402

FOLDER = "my-lessons"
RECORD = ".copied.json"
LESSON = re.compile(r"\d\d_[a-z0-9_]+\.ipynb")  # no kept version, no "-Copy1"
# What a lesson shows from its own folder: ![...](picture.png) and <img src="picture.png">
SHOWN = re.compile(r"""!\[[^\]]*\]\(\s*<?([^)\s>]+)|<img[^>]*?\bsrc=["']([^"']+)["']""")
# In the title cell for readers elsewhere: a picture from the network, and no use to a learner.
COLAB_BADGE = re.compile(r"\n*\[!\[Open in Colab\]\([^)]*\)\]\([^)]*\)")
VERSION = re.compile(r"^version(?:_info)? *= *(\d+\.\d+\.\d+)", re.MULTILINE)
SETTINGS = ROOT / "tools" / "jupyterlab_settings.json"
VIEW = ROOT / "tools" / "jupyterlab_view.js"
# As ipykernel describes Python, but for the version.
LANGUAGE = {
    "codemirror_mode": {"name": "ipython", "version": 3},
    "file_extension": ".py",
    "mimetype": "text/x-python",
    "name": "python",
    "nbconvert_exporter": "python",
    "pygments_lexer": "ipython3",
}
README = """# Your own lessons

These are your copies of the lessons: answer, try and change whatever you like, nothing
overwrites your work. `make reset LESSON=01` (or `python tools/course.py reset 01`) gives you a
fresh lesson 01 and keeps your version beside it, as `01_words_as_vectors.kept-1.ipynb`. When
the course changes a lesson that you have worked on, the new version appears beside yours, with
`.new` in its name. The originals, with all results to read, are in the folder `notebooks`.
"""


def find(root: Path, number: int | str) -> Path:
    """Find a lesson in `notebooks/` by its number.

    Parameters
    ----------
    root : Path
        The folder of the course.
    number : int or str
        1, "1" and "01" are the same.

    Returns
    -------
    Path

    Raises
    ------
    ValueError
        If there is no such lesson; the message lists those that there are.
    """
    lessons = _lessons(root)
    wanted = str(number).strip()
    for path in lessons:
        if wanted.isdecimal() and int(wanted) == int(path.name[:2]):
            return path
    known = ", ".join(path.name[:2] for path in lessons) or "none"
    raise ValueError(f"There is no lesson {wanted!r}. Lessons: {known}.")


def prepare(root: Path, folder: Path | None = None) -> Path:
    """Make the learner's folder, or bring it up to date; print what the learner should know.

    What the learner has changed stays as it is, whatever happens. A lesson of the course that
    cannot be read is left out.

    Parameters
    ----------
    root : Path
        The folder of the course.
    folder : Path, optional
        Where the copies go; `my-lessons` in `root` if not given.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    OSError
        If the folder cannot be written to; the message is a sentence.
    """
    folder = Path(folder or root / FOLDER)
    try:
        record = _read_record(folder)
        _copy(folder, "README.md", README.encode(), record)
        lessons = _lessons(root)
        for original in lessons:
            try:
                content = _cleared(original)
            except ValueError as error:  # the others can be worked on
                print(error)
                continue
            _copy(folder, original.name, content, record)
            _offer_new(folder / original.name, content, record)
            _copy_pictures(original, folder, record)
        _drop_gone({path.name for path in lessons}, folder, record)
        _write_record(folder, record)
    except OSError as error:
        _refuse(folder, error)
    return folder


def reset(root: Path, number: int | str, folder: Path | None = None) -> str:
    """Give the learner a fresh copy of a lesson, and keep the present one beside it.

    Parameters
    ----------
    root : Path
        The folder of the course.
    number : int or str
        Which lesson: 1, "1" or "01".
    folder : Path, optional
        Where the copies are; `my-lessons` in `root` if not given.

    Returns
    -------
    str
        What was done, for the learner.

    Raises
    ------
    ValueError
        If there is no such lesson, or the course's own version is spoiled.
    OSError
        If the folder cannot be written to; the message is a sentence.
    """
    folder = Path(folder or root / FOLDER)
    original = find(root, number)
    lesson = folder / original.name
    try:
        record = _read_record(folder)
        content = _cleared(original)
        kept = None
        while lesson.exists():
            present = lesson.read_bytes()
            if not _is_untouched(lesson, record):
                kept = _keep(lesson, present, record)
            if _replace(lesson, content, _digest(present)):
                break  # else it has been saved meanwhile: that version is kept, too
        else:
            write_atomically(lesson, content)
        record["copied"][lesson.name] = _digest(content)
        _copy_pictures(original, folder, record)
        _withdraw_new(lesson, record)
        _write_record(folder, record)
    except OSError as error:
        _refuse(folder, error)
    if kept is None:
        return f"{lesson.name} is a fresh copy; there was no work of yours in it."
    return (
        f"{lesson.name} is a fresh copy; your version is kept beside it as {kept.name}. "
        "If the lesson is open in JupyterLab, choose File > Reload Notebook from Disk."
    )


def settings_into(prefix: Path) -> Path:
    """Set once what the learner sees in JupyterLab: for all who start it from an environment.

    Parameters
    ----------
    prefix : Path
        The environment, `sys.prefix` of its Python.

    Returns
    -------
    Path
        The file with the settings. The view (how wide a text is, and that the left area is
        closed at first) is a small extension beside it.
    """
    share = Path(prefix) / "share" / "jupyter"
    settings = share / "lab" / "settings" / "overrides.json"
    write_atomically(settings, SETTINGS.read_text(encoding="utf-8"))
    extension = share / "labextensions" / "course-view"
    write_atomically(extension / "static" / "view.js", VIEW.read_text(encoding="utf-8"))
    description = {
        "name": "course-view",
        "version": "1.0.0",
        "jupyterlab": {
            "extension": True,
            "_build": {
                "load": "static/view.js",
                "extension": "./extension",
            },
        },
    }
    write_atomically(extension / "package.json", json.dumps(description, indent=2) + "\n")
    return settings


def _lessons(root: Path) -> list[Path]:
    folder = Path(root) / "notebooks"
    return sorted(path for path in folder.glob("*.ipynb") if LESSON.fullmatch(path.name))


def _digest(content: bytes) -> str:
    """Return a digest of what a learner can change in a file.

    JupyterLab may write a notebook anew that was only opened: with the kernel's version, and
    its keys in another order. So in a notebook only the cells count.
    """
    try:
        cells = []
        for cell in json.loads(content)["cells"]:
            outputs, count = cell.get("outputs"), cell.get("execution_count")
            source = "".join(cell["source"])
            content_of_cell = [cell["cell_type"], source, cell["metadata"], outputs, count]
            if cell.get("attachments"):  # pasted pictures; JupyterLab also writes an empty one
                content_of_cell.append(cell["attachments"])
            cells.append(content_of_cell)
        content = json.dumps(cells, sort_keys=True).encode()
    except (ValueError, KeyError, TypeError):
        pass  # a picture, the README, or half a notebook: every byte counts
    return hashlib.sha256(content).hexdigest()


def _cleared(original: Path) -> bytes:
    """Return a lesson without results, as JupyterLab would write it.

    With the kernel's words about itself JupyterLab finds nothing to change when it opens the
    lesson, and does not ask whether to save what nobody has touched.

    Raises
    ------
    ValueError
        If the file is no notebook, as after a merge with a conflict.
    """
    try:
        notebook = json.loads(original.read_text(encoding="utf-8"))
        for cell in notebook["cells"]:
            if cell["cell_type"] == "code":
                cell["outputs"] = []
                cell["execution_count"] = None
            else:
                text = COLAB_BADGE.sub("", "".join(cell["source"]))
                cell["source"] = text.splitlines(True)
        notebook["metadata"].pop("widgets", None)  # the state of results that are gone
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(
            f"{original.parent.name}/{original.name} cannot be read as a lesson ({error!r}): "
            f"get it back with `git checkout HEAD {original.parent.name}/{original.name}`."
        ) from error
    notebook["metadata"]["language_info"] = LANGUAGE | {"version": _kernel_version(original)}
    text = json.dumps(notebook, indent=1, ensure_ascii=False, sort_keys=True)
    return f"{text}\n".encode()


def _kernel_version(original: Path) -> str:
    """Return the version of the environment's Python, which may not be this one."""
    file = original.parent.parent / ".venv" / "pyvenv.cfg"
    try:
        # "version" as venv writes it, "version_info" as uv does
        found = VERSION.search(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        found = None
    return found[1] if found else platform.python_version()


def _read_record(folder: Path) -> dict[str, Any]:
    """Return what was copied: path in the folder -> digest; offered; kept: name -> number."""
    record: dict[str, Any] = {"copied": {}, "offered": {}, "kept": {}}
    try:
        stored = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return record  # then every file there counts as the learner's work
    for key, kind in (("copied", str), ("offered", str), ("kept", int)):
        entries = stored.get(key) if isinstance(stored, dict) else None
        if isinstance(entries, dict):
            record[key] = {name: v for name, v in entries.items() if isinstance(v, kind)}
    return record


def _write_record(folder: Path, record: dict[str, Any]) -> None:
    content = json.dumps(record, indent=1, sort_keys=True) + "\n"
    path = folder / RECORD
    if not path.exists() or path.read_bytes() != content.encode():
        write_atomically(path, content)


def _is_untouched(path: Path, record: dict[str, Any], name: str | None = None) -> bool:
    """Return whether a file is what was copied there, opened and saved at most."""
    return record["copied"].get(name or path.name) == _digest(path.read_bytes())


def _take(path: Path, seen: str) -> bool:
    """Remove a file if it is still what it was when it was looked at; say whether it was.

    A learner may save at any moment: so it is moved aside before it is compared, and whatever
    is saved from then on is another file.
    """
    aside = path.with_name(f".{path.name}.aside")
    path.replace(aside)
    is_same = _digest(aside.read_bytes()) == seen
    if is_same or not _place(aside, path):  # what has been saved since is newer still
        aside.unlink()
    return is_same


def _place(source: Path, target: Path) -> bool:
    """Move a file to where none is; say whether that was so."""
    try:
        os.link(source, target)
    except FileExistsError:
        return False
    except OSError:  # a disk without hard links
        if target.exists():
            return False
        source.rename(target)
        return True
    source.unlink()
    return True


def _replace(path: Path, content: bytes, seen: str) -> bool:
    """Put new content where `_take` removes the old; say whether it is there."""
    fresh = path.with_name(f".{path.name}.fresh")
    write_atomically(fresh, content)
    try:
        return _take(path, seen) and _place(fresh, path)
    finally:
        fresh.unlink(missing_ok=True)


def _copy(folder: Path, name: str, content: bytes, record: dict[str, Any]) -> None:
    """Write a file, unless the learner has changed the one that is there.

    `name` is its path in the folder: two pictures in two sub-folders may share a file name.
    """
    path = folder / name
    copied = record["copied"].get(name)
    if not path.exists():
        write_atomically(path, content)
    elif _digest(path.read_bytes()) == _digest(content):
        pass
    elif not (_is_untouched(path, record, name) and _replace(path, content, copied)):
        # A lost record cannot say which version the learner began with: this one, then.
        record["copied"].setdefault(name, _digest(content))
        return
    record["copied"][name] = _digest(content)


def _offer_new(lesson: Path, content: bytes, record: dict[str, Any]) -> None:
    """Put the course's new version beside the learner's, once per version."""
    digest = _digest(content)
    if record["copied"].get(lesson.name) == digest:
        _withdraw_new(lesson, record)
        return
    if record["offered"].get(lesson.name) == digest:
        return
    new = lesson.with_name(f"{lesson.stem}.new.ipynb")
    number = 1
    while new.exists() and not _is_untouched(new, record):  # the learner works in it
        number += 1
        new = lesson.with_name(f"{lesson.stem}.new-{number}.ipynb")
    write_atomically(new, content)
    record["copied"][new.name] = digest
    record["offered"][lesson.name] = digest
    print(
        f"The course has changed lesson {lesson.name[:2]} since you began it: yours stays "
        f"as it is, the new version is {new.name}."
    )


def _withdraw_new(lesson: Path, record: dict[str, Any]) -> None:
    """Remove an offered version that nobody has touched: the lesson itself is as new now."""
    record["offered"].pop(lesson.name, None)
    for new in lesson.parent.glob(f"{lesson.stem}.new*.ipynb"):
        if _is_untouched(new, record) and _take(new, record["copied"][new.name]):
            del record["copied"][new.name]


def _copy_pictures(original: Path, folder: Path, record: dict[str, Any]) -> None:
    """Copy the pictures that a lesson shows from its own folder."""
    notebook = json.loads(original.read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        if cell["cell_type"] != "markdown":
            continue
        for found in SHOWN.finditer("".join(cell["source"])):
            name = found[1] or found[2]
            picture = original.parent / name
            inside = not Path(name).is_absolute() and ".." not in Path(name).parts
            if inside and picture.is_file():
                _copy(folder, Path(name).as_posix(), picture.read_bytes(), record)


def _drop_gone(names: set[str], folder: Path, record: dict[str, Any]) -> None:
    """Remove copies of lessons that the course no longer has, if they hold no work."""
    for name in list(record["copied"]):
        path = folder / name
        if LESSON.fullmatch(name) and name not in names:
            if path.exists() and _is_untouched(path, record):
                _take(path, record["copied"][name])
            del record["copied"][name]


def _keep(lesson: Path, content: bytes, record: dict[str, Any]) -> Path:
    """Write the learner's version under a name that no version has ever had."""
    number = record["kept"].get(lesson.stem, 0)
    for path in lesson.parent.glob(f"{lesson.stem}.kept-*.ipynb"):
        taken = path.stem.rpartition("-")[2]
        if taken.isdecimal():
            number = max(number, int(taken))
    while True:
        number += 1
        kept = lesson.with_name(f"{lesson.stem}.kept-{number}.ipynb")
        try:
            file = kept.open("xb")  # never over another file, not even one made just now
        except FileExistsError:
            continue
        break
    try:
        with file:
            file.write(content)
    except OSError:  # the disk is full: no half version
        kept.unlink()
        raise
    record["kept"][lesson.stem] = number
    _write_record(lesson.parent, record)
    return kept


def _refuse(folder: Path, error: OSError) -> NoReturn:
    reason = error.strerror or str(error)
    raise OSError(
        f"Your own copies of the lessons cannot be written to {folder} ({reason}): make sure "
        "that the folder may be written to and that the disk is not full."
    ) from error


def main() -> int:
    """Do one of the three from the command line; Binder's postBuild does."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("prepare", help="make the copies, or bring them up to date")
    resetting = commands.add_parser("reset", help="a fresh copy; yours is kept beside it")
    resetting.add_argument("lesson", help="its number, such as 01")
    setting = commands.add_parser("settings", help="how JupyterLab looks in this environment")
    setting.add_argument("prefix", nargs="?", default=sys.prefix)
    chosen = parser.parse_args()
    try:
        if chosen.command == "prepare":
            print(f"The lessons are in {os.path.relpath(prepare(ROOT))}.")
        elif chosen.command == "reset":
            print(reset(ROOT, chosen.lesson))
        else:
            settings_into(Path(chosen.prefix))
    except (ValueError, OSError) as error:
        sys.exit(str(error))
    return 0


if __name__ == "__main__":
    sys.exit(main())
