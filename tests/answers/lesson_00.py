"""Right and wrong answers to the exercises of lesson 00, as learners write them."""

import numpy as np

SAME = ("texts", "words with a row", "numbers per row")
DIFFERENT = ("library", "network", "starting rows", "what is predicted")
RIGHT = {**dict.fromkeys(SAME, False), **dict.fromkeys(DIFFERENT, True)}

ACCEPTED = {
    "00-differs": [
        dict(reversed(RIGHT.items())),
        {name: np.bool_(value) for name, value in RIGHT.items()},
        {name: str(value) for name, value in RIGHT.items()},
        {name: int(value) for name, value in RIGHT.items()},
        {name: "yes" if value else "no" for name, value in RIGHT.items()},
    ],
}

WRONG = {
    "00-differs": [
        dict.fromkeys(RIGHT, True),
        dict.fromkeys(RIGHT, False),
        {name: not value for name, value in RIGHT.items()},
        {**RIGHT, "network": False, "starting rows": False},
        {**RIGHT, "texts": True, "library": False},
        {**RIGHT, "starting rows": "perhaps"},
        {name: RIGHT[name] for name in DIFFERENT},
        list(RIGHT.values()),
        DIFFERENT,
    ],
}
