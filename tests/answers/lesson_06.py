"""Right and wrong answers to the exercises of lesson 06, as learners write them."""

import numpy as np


def mean_in_loops(vectors, ids):
    means = np.zeros((len(ids), vectors.shape[2]))
    for number, (rows, text) in enumerate(zip(vectors, ids, strict=True)):
        words = rows[text != 0]
        if len(words):
            means[number] = words.mean(axis=0)
    return means


def mean_by_einsum(vectors, ids):
    mask = (ids > 0).astype(float)
    totals = np.einsum("tl,tld->td", mask, vectors)
    return (totals / np.maximum(mask.sum(axis=1), 1)[:, None]).tolist()


def mean_of_masked_array(vectors, ids):
    mask = np.repeat((ids == 0)[..., None], vectors.shape[2], axis=2)
    return np.ma.array(vectors, mask=mask).mean(axis=1).filled(0)


def mean_of_first(vectors, ids):
    counts = np.count_nonzero(ids, axis=1)
    return [
        rows[:n].mean(axis=0) if n else np.zeros(vectors.shape[2])
        for rows, n in zip(vectors, counts, strict=True)
    ]


def mean_of_different_words(vectors, ids):
    means = []
    for rows, text in zip(vectors, ids, strict=True):
        _, places = np.unique(text, return_index=True)
        places = places[text[places] != 0]
        means.append(rows[places].sum(axis=0) / max(len(places), 1))
    return means


def mean_in_place(vectors, ids):
    vectors[ids == 0] = 0
    return vectors.sum(axis=1) / np.maximum((ids != 0).sum(axis=1), 1)[:, None]


def mean_by(count):
    def mean(vectors, ids):
        mask = (ids != 0)[..., None]
        return (vectors * mask).sum(axis=1) / np.maximum(count(mask), 1)

    return mean


RIGHT_ROWS = {
    "RMSprop(momentum=0.9)": "earlier",
    "Adam(beta_1=0)": "read",
    "SGD(weight_decay=0.01)": "all",
    "SGD(clipnorm=0.01)": "read",
    "Adam(), embeddings_regularizer": "all",
    "AdamW(), trainable=False": "none",
}


def step_in_loops(slices):
    total = squares = 0.0
    for g in slices:
        total += g
        squares += g * g
    return (total * total / squares) ** 0.5


def step_by_norm(slices):
    return np.abs(slices.sum()) / np.linalg.norm(slices)


def step_by_mean(slices):
    m, v = slices.mean(), (slices**2).mean()
    return np.sqrt(len(slices) * m**2 / v)


def step_in_place(slices):
    total = abs(slices.sum())
    slices **= 2
    return total / np.sqrt(slices.sum())


ACCEPTED = {
    "06-masked-mean": [mean_in_loops, mean_by_einsum, mean_of_masked_array],
    "06-which-rows": [
        RIGHT_ROWS,
        {setting: word.upper() for setting, word in RIGHT_ROWS.items()},
        {setting: f" {RIGHT_ROWS[setting]} " for setting in reversed(RIGHT_ROWS)},
    ],
    "06-first-step": [step_in_loops, step_by_norm, step_by_mean],
}

WRONG = {
    "06-masked-mean": [
        mean_of_first,
        mean_of_different_words,
        mean_in_place,
        mean_by(lambda mask: mask.sum()),
        mean_by(lambda mask: mask.sum(axis=1).max()),
        lambda vectors, ids: (vectors * (ids > 1)[..., None]).sum(axis=1) / (ids > 1).sum(),
        lambda vectors, ids: mean_in_loops(vectors, np.where(ids > 1, ids, 0)),
        lambda vectors, ids: mean_in_loops(vectors, ids)[:, None],
        lambda vectors, ids: vectors[ids != 0].mean(axis=0),
        lambda vectors, ids: vectors.mean(axis=1),
    ],
    "06-which-rows": [
        dict.fromkeys(RIGHT_ROWS, "all"),
        dict.fromkeys(RIGHT_ROWS, "earlier"),
        RIGHT_ROWS | {"Adam(beta_1=0)": "earlier"},
        RIGHT_ROWS | {"AdamW(), trainable=False": "all"},
        RIGHT_ROWS | {"SGD(weight_decay=0.01)": "read"},
        RIGHT_ROWS | {"SGD(clipnorm=0.01)": "some"},
        RIGHT_ROWS | {"SGD(clipnorm=0.01)": 1},
        dict(list(RIGHT_ROWS.items())[:5]),
        list(RIGHT_ROWS.values()),
    ],
    "06-first-step": [
        lambda slices: np.sqrt(len(slices)),
        lambda slices: slices.sum() / np.linalg.norm(slices),
        lambda slices: np.abs(slices).sum() / np.linalg.norm(slices),
        lambda slices: abs(slices.sum()) / (slices**2).sum(),
        lambda slices: np.abs(slices).sum() / np.abs(slices).max() / np.sqrt(len(slices)),
        lambda slices: len(slices) ** 0.5 if slices[0] > 0 else -(len(slices) ** 0.5),
        lambda slices: 1.0,
        lambda slices: float(len(slices)),
        lambda slices: slices / np.linalg.norm(slices),
        step_in_place,
    ],
}
