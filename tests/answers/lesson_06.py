"""Right and wrong answers to the exercises of lesson 06, as learners write them."""

import numpy as np


def encode_into_zeros(texts, word_to_id, length):
    result = np.zeros((len(texts), length), dtype=int)
    for row, text in zip(result, texts, strict=True):
        for place, word in enumerate(text[:length]):
            row[place] = word_to_id.get(word, 1)
    return result


def encode_by_padding(texts, word_to_id, length):
    padded = [(list(text) + [None] * length)[:length] for text in texts]
    known = {None: 0, **word_to_id}
    return [[known.get(word, 1) for word in text] for text in padded]


def encode_with_in(texts, word_to_id, length):
    rows = []
    for text in texts:
        row = []
        for word in text:
            row.append(word_to_id[word] if word in word_to_id else 1)  # noqa: SIM401
        while len(row) < length:
            row.append(0)
        rows.append(tuple(row[:length]))
    return tuple(rows)


def encode_by_place(texts, word_to_id, length):
    places = {word: place + 2 for place, word in enumerate(word_to_id)}
    return encode_into_zeros(texts, places, length)


def encode_in_place(texts, word_to_id, length):
    for number, text in enumerate(texts):
        texts[number] = encode_into_zeros([text], word_to_id, length)[0]
    return texts


def encode_until_unknown(texts, word_to_id, length):
    rows = encode_into_zeros(texts, word_to_id, length)
    for row in rows:
        if row[0] == 1:
            row[:] = 0
    return rows


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


def gradient_in_loops(ids, upstream, V):
    result = [[0.0] * upstream.shape[1] for _ in range(V)]
    for text, above in zip(ids, upstream, strict=True):
        words = [i for i in text if i != 0]
        for i in words:
            for k, entry in enumerate(above):
                result[i][k] += entry / len(words)
    return result


def gradient_by_one_hot(ids, upstream, V):
    hot = np.eye(V)[ids] * (ids != 0)[..., None]
    shares = hot.sum(axis=1) / (ids != 0).sum(axis=1, keepdims=True)
    return shares.T @ upstream


def gradient_by_bincount(ids, upstream, V):
    result = np.zeros((V, upstream.shape[1]))
    for text, above in zip(ids, upstream, strict=True):
        counts = np.bincount(text[text > 0], minlength=V)
        result += np.outer(counts / counts.sum(), above)
    return result


def gradient_from(first, width=None, rows=None):
    def gradient(ids, upstream, V):
        weights = (ids >= first) / np.maximum((ids >= first).sum(axis=1, keepdims=True), 1)
        result = np.zeros((rows or V, width or upstream.shape[1]))
        np.add.at(result, ids, weights[..., None] * upstream[:, None])
        return result

    return gradient


def gradient_up_to_padding(ids, upstream, V):
    result = np.zeros((V, upstream.shape[1]))
    for text, above in zip(ids, upstream, strict=True):
        end = list(text).index(0) if text[-1] == 0 else len(text)
        np.add.at(result, text[: min(end, 3)], above / end)
    return result


ACCEPTED = {
    "06-encode": [encode_into_zeros, encode_by_padding, encode_with_in],
    "06-masked-mean": [mean_in_loops, mean_by_einsum, mean_of_masked_array],
    "06-table-gradient": [gradient_in_loops, gradient_by_one_hot, gradient_by_bincount],
}

WRONG = {
    "06-encode": [
        encode_by_place,
        encode_until_unknown,
        lambda texts, ids, n: encode_into_zeros(texts, ids, min(n, max(map(len, texts)))),
        encode_in_place,
        lambda texts, ids, n: encode_into_zeros([text[-n:] for text in texts], ids, n),
        lambda texts, ids, n: encode_into_zeros(texts, ids, n).ravel(),
        lambda texts, ids, n: [row[row > 0] for row in encode_into_zeros(texts, ids, n)],
    ],
    "06-masked-mean": [
        mean_of_first,
        mean_of_different_words,
        mean_in_place,
        mean_by(lambda mask: mask.sum()),
        mean_by(lambda mask: mask.sum(axis=1).max()),
        lambda vectors, ids: mean_in_loops(vectors, ids)[:, None],
        lambda vectors, ids: vectors[ids != 0].mean(axis=0),
    ],
    "06-table-gradient": [
        gradient_from(2),
        gradient_from(1, width=2),
        gradient_up_to_padding,
        gradient_from(1, rows=4),
        lambda *a: gradient_by_one_hot(*a) / len(a[0]),
        lambda *a: gradient_by_one_hot(*a).T,
        lambda *a: gradient_by_one_hot(*a)[1:],
    ],
}
