"""Right and wrong answers to the exercises of lesson 08, as learners write them."""

import numpy as np


def next_by_zip(sentence, size):
    inputs = zip(*[sentence[i:] for i in range(size)], strict=False)
    return list(zip(inputs, sentence[size:], strict=False))


def next_from_the_end(sentence, size):
    examples = []
    for end in range(size, len(sentence)):
        examples.append([sentence[end - size : end], sentence[end]])
    return examples


def next_by_windows(sentence, size):
    if len(sentence) <= size:
        return []
    windows = np.lib.stride_tricks.sliding_window_view(np.array(sentence), size + 1)
    return [(row[:-1], row[-1]) for row in windows]


def next_by_value(sentence, size):
    examples = []
    for word in sentence[:-size]:
        i = sentence.index(word)
        examples.append((sentence[i : i + size], sentence[i + size]))
    return examples


def next_of_two(sentence, size):
    return next_from_the_end(sentence, min(size, 2))


def next_growing(sentence, size):
    return [(sentence[max(0, i - size) : i], sentence[i]) for i in range(1, len(sentence))]


def masked_by_deleting(sentence, reach):
    examples = []
    for i in range(reach, len(sentence) - reach):
        window = list(sentence[i - reach : i + reach + 1])
        label = window.pop(reach)
        examples.append([window, label])
    return examples


def masked_by_places(sentence, reach):
    return tuple(
        (tuple(sentence[i + d] for d in range(-reach, reach + 1) if d), sentence[i])
        for i in range(reach, len(sentence) - reach)
    )


def masked_by_offsets(sentence, reach):
    offsets = [d for d in range(-reach, reach + 1) if d != 0]
    places = range(reach, len(sentence) - reach)
    return [(np.array([sentence[i + d] for d in offsets]), sentence[i]) for i in places]


def masked_by_value(sentence, reach):
    examples = []
    for i in range(reach, len(sentence) - reach):
        window = sentence[i - reach : i + reach + 1]
        examples.append(([word for word in window if word != sentence[i]], sentence[i]))
    return examples


def masked_by_index(sentence, reach):
    examples = []
    for word in sentence[reach : len(sentence) - reach]:
        i = sentence.index(word)
        around = sentence[max(0, i - reach) : i] + sentence[i + 1 : i + reach + 1]
        examples.append((around, word))
    return examples


def masked_in_place(sentence, reach):
    examples = masked_by_deleting(sentence, reach)
    if sentence:
        sentence[0] = "[MASK]"
    return examples


def triples_in_a_loop(center, context, noise):
    examples = [[center, context, 1]]
    for word in noise:
        examples.append([center, word, 0])
    return examples


def triples_by_labels(center, context, noise):
    labels = np.array([1] + [0] * len(noise))
    words = [context, *noise]
    return [(center, word, label) for word, label in zip(words, labels, strict=True)]


def triples_by_place(center, context, noise):
    return tuple(
        (center, word, float(place == 0)) for place, word in enumerate([context, *noise])
    )


def triples_in_place(center, context, noise):
    noise.insert(0, context)
    return triples_by_labels(center, noise[0], noise[1:])


def triples_by_value(center, context, noise):
    return [(center, word, int(word == context)) for word in [context, *noise]]


ACCEPTED = {
    "08-next-word": [next_by_zip, next_from_the_end, next_by_windows],
    "08-masked-word": [masked_by_deleting, masked_by_places, masked_by_offsets],
    "08-triples": [triples_in_a_loop, triples_by_labels, triples_by_place],
}

WRONG = {
    "08-next-word": [
        next_by_value,
        next_of_two,
        next_growing,
        lambda *a: next_from_the_end(*a) or None,
        lambda *a: iter(next_from_the_end(*a)),
        lambda *a: [("".join(inputs), label) for inputs, label in next_from_the_end(*a)],
        lambda *a: next_from_the_end(*a)[::-1],
    ],
    "08-masked-word": [
        masked_by_value,
        masked_by_index,
        masked_in_place,
        lambda *a: masked_by_deleting(*a) or None,
        lambda sentence, reach: masked_by_deleting(sentence, min(reach, 2)),
        lambda *a: [(label, inputs) for inputs, label in masked_by_deleting(*a)],
        lambda *a: [inputs for inputs, _ in masked_by_deleting(*a)],
    ],
    "08-triples": [
        triples_by_value,
        triples_in_place,
        lambda w, c, noise: triples_in_a_loop(w, c, [n for n in noise if n not in (w, c)]),
        lambda w, c, noise: triples_in_a_loop(w, c, sorted(noise)),
        lambda w, c, noise: triples_in_a_loop(w, c, list(dict.fromkeys(noise))),
        lambda w, c, noise: [(w, c, True), *((w, n, False) for n in noise)],
        lambda w, c, noise: [(w, c, "1"), *((w, n, "0") for n in noise)],
        lambda w, c, noise: triples_in_a_loop(w, c, noise)[::-1],
    ],
}
