"""Right and wrong answers to the exercises of lesson 08, as learners write them."""

import numpy as np


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


def shares_in_a_loop(make_labels, texts, added, shuffled):
    before = make_labels(texts, added)
    after = make_labels(texts, shuffled)
    changed = 0
    for one, other in zip(before, after, strict=True):
        if one != other:
            changed += 1
    return changed / len(before)


def shares_by_arrays(make_labels, texts, added, shuffled):
    return np.mean(np.array(make_labels(texts, added)) != make_labels(texts, shuffled))


def shares_by_keeping(make_labels, texts, added, shuffled):
    before, after = make_labels(texts, added), make_labels(texts, shuffled)
    kept = [i for i in range(len(before)) if before[i] == after[i]]
    return 1 - len(kept) / len(before)


def shares_of_added(make_labels, texts, added, shuffled):
    return np.mean([a != b for a, b in zip(added, shuffled, strict=True)])


def shares_of_texts(make_labels, texts, added, shuffled):
    before, after = make_labels(texts, added), make_labels(texts, shuffled)
    return sum(a != b for a, b in zip(before, after, strict=True)) / len(texts)


def shares_of_first_labels(make_labels, texts, added, shuffled):
    before, after = make_labels(texts, added), make_labels(texts, shuffled)
    pairs = zip(texts, before, after, strict=False)
    return np.mean([a != b for _, a, b in pairs])


def shares_by_counting(make_labels, texts, added, shuffled):
    before, after = make_labels(texts, added), make_labels(texts, shuffled)
    return len(set(before) ^ set(after)) / len(before)


def shares_or_none(make_labels, texts, added, shuffled):
    return shares_in_a_loop(make_labels, texts, added, shuffled) > 0


def shares_if_all_added_count(make_labels, texts, added, shuffled):
    if make_labels(texts, added) == make_labels(texts, shuffled):
        return 0.0
    return shares_of_added(make_labels, texts, added, shuffled)


RIGHT = {
    "captions": ("captions", "supervised"),
    "clicks": ("clicks", "supervised"),
    "order": ("nothing", "self-supervised"),
    "smileys": ("nothing", "distantly supervised"),
    "repair": ("nothing", "self-supervised"),
}


def with_entry(name, *entry):
    """Return the right ledgers but for one entry."""
    return RIGHT | {name: entry}


ACCEPTED = {
    "08-masked-word": [masked_by_deleting, masked_by_places, masked_by_offsets],
    "08-share-changed": [shares_in_a_loop, shares_by_arrays, shares_by_keeping],
    "08-new-ledgers": [
        RIGHT,
        {name: list(entry) for name, entry in RIGHT.items()},
        {name: (added.title(), f" {kind.upper()} ") for name, (added, kind) in RIGHT.items()},
        {name: (added, kind.replace("-", " ")) for name, (added, kind) in RIGHT.items()},
    ],
}

WRONG = {
    "08-masked-word": [
        masked_by_value,
        masked_by_index,
        masked_in_place,
        lambda *a: masked_by_deleting(*a) or None,
        lambda sentence, reach: masked_by_deleting(sentence, min(reach, 2)),
        lambda *a: [(label, inputs) for inputs, label in masked_by_deleting(*a)],
        lambda *a: [inputs for inputs, _ in masked_by_deleting(*a)],
    ],
    "08-share-changed": [
        shares_of_added,
        shares_of_texts,
        shares_of_first_labels,
        shares_by_counting,
        shares_or_none,
        shares_if_all_added_count,
        lambda *a: 1 - shares_in_a_loop(*a),
        lambda *a: 100 * shares_in_a_loop(*a),
    ],
    "08-new-ledgers": [
        with_entry("captions", "nothing", "self-supervised"),
        with_entry("clicks", "nothing", "self-supervised"),
        with_entry("clicks", "clicks", "distantly supervised"),
        with_entry("order", "nothing", "supervised"),
        with_entry("smileys", "nothing", "self-supervised"),
        with_entry("repair", "nothing", "distantly supervised"),
        dict.fromkeys(RIGHT, ("nothing", "self-supervised")),
        with_entry("order", "self-supervised", "nothing"),
        RIGHT | {"smileys": "distantly supervised"},
        {name: entry for name, entry in RIGHT.items() if name != "order"},
    ],
}
