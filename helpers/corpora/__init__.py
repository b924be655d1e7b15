"""The course's texts: each a `Corpus` that says where it came from and what is known of it.

`wikipedia` and `docstrings` are parsed from files that every installation has, and kept in the
user's cache folder; `reviews` and `toy` are files in `datasets/`. Only `imdb` is downloaded,
and only on request. `opinions` are the texts whose labels the lessons learn from, whichever
`datasets/course.toml` names, and `from_file` reads a text of your own.
"""

from difflib import get_close_matches

from helpers.corpora.bundled import from_file, opinions, reviews, toy
from helpers.corpora.corpus import Corpus
from helpers.corpora.downloaded import GENRES, imdb, imdb_genres
from helpers.corpora.installed import LIBRARIES, docstrings, wikipedia

__all__ = [
    "GENRES",
    "LIBRARIES",
    "Corpus",
    "docstrings",
    "from_file",
    "imdb",
    "imdb_genres",
    "load",
    "opinions",
    "reviews",
    "toy",
    "wikipedia",
]


def load(name: str) -> Corpus:
    """Return the corpus of that name.

    Parameters
    ----------
    name : str
        wikipedia, docstrings, reviews, toy, imdb, imdb genres, or opinions.

    Raises
    ------
    ValueError
        If there is no such corpus; it names the nearest one and all that there are.
    """
    loaders = {
        "wikipedia": wikipedia,
        "docstrings": docstrings,
        "reviews": reviews,
        "toy": toy,
        "imdb": imdb,
        "imdb genres": imdb_genres,
        "opinions": opinions,
    }
    if name not in list(loaders):  # a list, because a name may be anything, unhashable too
        near = get_close_matches(str(name), loaders, 1)
        question = f" Did you mean {near[0]!r}?" if near else ""
        raise ValueError(
            f"There is no corpus {name!r}.{question} There are: {', '.join(loaders)}. A text "
            "of your own: from_file(path)."
        )
    return loaders[name]()
