"""`python -m helpers.corpora fetch`: get all that `COURSE_DATA=full` needs."""

import os
import sys

from helpers import corpora


def main(arguments: list[str]) -> None:
    """Parse and download, and print a line for each corpus; one line says what failed."""
    if arguments != ["fetch"]:
        sys.exit("Usage: python -m helpers.corpora fetch")
    os.environ["COURSE_DATA"] = "full"
    try:
        print(corpora.wikipedia(), flush=True)
        print(corpora.docstrings(), flush=True)
        print(corpora.imdb(download=True), flush=True)
        print(corpora.opinions(), flush=True)
    except OSError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main(sys.argv[1:])
