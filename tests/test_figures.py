"""Figures that say what they show, in text that can be read; ledgers that can be selected."""

import re
import xml.etree.ElementTree as ElementTree

import matplotlib

matplotlib.use("agg")
import matplotlib.pyplot as plt
import numpy as np
import pytest
import seaborn as sns
from matplotlib.colors import to_rgb

from helpers import figures

ALT = "A line rises from three meters to four meters within one second."


@pytest.fixture(autouse=True)
def style():
    figures.use_style()
    yield
    plt.close("all")


@pytest.fixture
def displayed(monkeypatch):
    """What `display` was handed, with its metadata."""
    seen = []
    monkeypatch.setattr(
        figures, "display", lambda *args, **kwargs: seen.append((args, kwargs))
    )
    return seen


def figure(**labels):
    fig, ax = plt.subplots()
    ax.plot([1, 2], [3, 4])
    ax.set(**({"title": "It rises", "xlabel": "time (s)", "ylabel": "height (m)"} | labels))
    return fig


def test_a_complete_figure_is_shown_with_its_words(displayed):
    fig = figure()
    assert figures.complaints(fig, ALT) == []
    figures.show(fig, f"{ALT} <And> more.")
    (picture, options), (words, _) = displayed
    assert picture == (fig,)
    assert options["metadata"]["image/png"]["alt"] == f"{ALT} <And> more."
    assert words[0]["text/plain"] == f"{ALT} <And> more."
    assert "&lt;And&gt; more.</details>" in words[0]["text/html"]
    assert plt.get_fignums() == []


@pytest.mark.parametrize(
    ("labels", "alt", "missing"),
    [
        ({}, "a plot", "alt text 'a plot' says too little"),
        ({"title": ""}, ALT, "no title"),
        ({"xlabel": ""}, ALT, "no x axis has a label"),
        ({"ylabel": ""}, ALT, "no y axis has a label"),
    ],
    ids=["alt text", "title", "x axis", "y axis"],
)
def test_what_a_figure_lacks_is_named(labels, alt, missing):
    with pytest.raises(ValueError, match=missing):
        figures.show(figure(**labels), alt)
    assert plt.get_fignums() == []


def test_categories_and_tables_are_looked_at_too():
    fig, ax = plt.subplots()
    ax.barh(["good", "bad"], [1, 2])
    ax.table([["a", "b"]])
    assert any("no y axis has a label" in text for text in figures.complaints(fig, ALT))


def test_one_label_for_all_panels_is_enough():
    fig, axes = plt.subplots(1, 2)
    fig.supxlabel("time (s)")
    axes[0].set_ylabel("height (m)")
    fig.suptitle("It rises")
    assert figures.complaints(fig, ALT) == []


def test_small_text_and_wide_figures_are_refused():
    fig = figure()
    fig.axes[0].annotate("tiny", (1, 3), fontsize=6)
    fig.set_size_inches(12, 4)
    found = figures.complaints(fig, ALT)
    assert any("wider than 9 inches" in text for text in found)
    assert any("'tiny' has 6 points" in text for text in found)


# ---- contrast


@pytest.mark.parametrize(
    ("first", "second", "value"),
    [("black", "white", 21), ("white", "white", 1), ("#777777", "white", 4.48)],
)
def test_contrast_is_that_of_wcag(first, second, value):
    assert figures.contrast(first, second) == pytest.approx(value, abs=0.01)
    assert figures.contrast(second, first) == figures.contrast(first, second)


def faint(fig) -> list[str]:
    return [text for text in figures.complaints(fig, ALT) if "contrast" in text]


@pytest.mark.parametrize(
    ("options", "readable"),
    [
        ({"color": "0.4"}, True),
        ({"color": "0.7"}, False),
        ({"color": "black", "alpha": 0.3}, False),
        ({"color": "white"}, False),
        ({"color": "white", "bbox": {"facecolor": "black"}}, True),
        ({"color": "black", "bbox": {"facecolor": "0.2"}}, False),
    ],
)
def test_text_has_to_stand_out_from_what_is_behind_it(options, readable):
    fig = figure()
    fig.axes[0].text(1.5, 3.5, "some words", **options)
    found = faint(fig)
    assert (found == []) == readable
    assert readable or "'some words' has a contrast of" in found[0]


def test_text_on_a_bar_is_compared_with_the_bar():
    for color, readable in (("navy", True), ("lightyellow", False)):
        fig = figure()
        fig.axes[0].bar([1.5], [3.8], color=color)
        fig.axes[0].text(1.5, 3.4, "on the bar", color="white", ha="center")
        assert (faint(fig) == []) == readable


def test_titles_are_compared_with_the_page_and_heat_maps_are_left_to_seaborn():
    fig = figure()
    fig.axes[0].set_title("It rises", color="0.8")
    assert "'It rises'" in faint(fig)[0]
    fig, ax = plt.subplots()
    sns.heatmap(np.eye(2), annot=True, ax=ax)
    ax.set(title="It rises", xlabel="column", ylabel="row")
    assert faint(fig) == []


# ---- colors


# Machado, Oliveira & Fernandes 2009, severity 1.0, for linear RGB.
DEFICIENCIES = {
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
                   [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
                     [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602],
                   [0.004733, 0.691367, 0.303900]],
}  # fmt: skip


def lab(rgb):
    """CIE L*a*b* (D65) of linear RGB, shape (n, 3)."""
    to_xyz = np.array(
        [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    )
    xyz = rgb.clip(0, 1) @ to_xyz.T / [0.9505, 1.0, 1.089]
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.stack(
        [116 * f[:, 1] - 16, 500 * (f[:, 0] - f[:, 1]), 200 * (f[:, 1] - f[:, 2])], 1
    )


@pytest.mark.parametrize("deficiency", DEFICIENCIES)
def test_tasks_stay_apart_for_color_blind_readers(deficiency):
    srgb = np.array([to_rgb(look.color) for look in figures.TASKS.values()])
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    seen = lab(linear @ np.array(DEFICIENCIES[deficiency]).T)
    distances = np.linalg.norm(seen[:, None] - seen[None], axis=-1)
    # 2.3 is a just noticeable difference.
    assert distances[np.triu_indices(len(seen), 1)].min() > 8


def test_no_two_tasks_share_color_or_marker():
    colors = {to_rgb(look.color) for look in figures.TASKS.values()}
    markers = {look.marker for look in figures.TASKS.values()}
    assert len(colors) == len(markers) == len(figures.TASKS)
    ax = plt.subplots()[1]
    for number, look in enumerate(figures.TASKS.values()):
        ax.scatter(number, 0, **look._asdict())


# ---- the labels ledger

ROWS = [("tea & milk", "good", "a person"), ("<b>tea</b>", 1, "the text itself")]


def test_a_ledger_is_a_table_that_can_be_selected(displayed):
    figures.labels_ledger(ROWS, title="Two labels")
    ((shown,), options) = displayed[0]
    assert options == {"raw": True}
    table = ElementTree.fromstring(shown["text/html"])
    assert table.tag == "table" and table.find("caption").text == "Two labels"
    header = table.findall("thead/tr/th")
    assert [cell.text for cell in header] == ["input", "label", "who made it"]
    assert {cell.get("scope") for cell in header} == {"col"}
    rows = [[cell.text for cell in row] for row in table.findall("tbody/tr")]
    assert rows == [[str(entry) for entry in row] for row in ROWS]
    for row in [header, *table.findall("tbody/tr")]:
        marked = ["bold" in cell.get("style") for cell in row]
        assert marked == [False, True, False]


def test_the_marked_column_can_be_read_in_light_and_in_dark_themes():
    colors = dict(re.findall(r"(background|color): ([#\w]+)", figures.LABEL_STYLE))
    assert figures.contrast(colors["background"], colors["color"]) > 7


def test_a_ledger_has_plain_text_beside_it_and_is_the_same_each_time(displayed):
    for _ in range(2):
        figures.labels_ledger(ROWS, title="Two labels")
    assert displayed[0] == displayed[1]
    assert displayed[0][0][0]["text/plain"].splitlines() == [
        "Two labels",
        "input       label  who made it",
        "tea & milk  good   a person",
        "<b>tea</b>  1      the text itself",
    ]


def test_a_ledger_may_have_other_columns(displayed):
    figures.labels_ledger([("next word", "tea", "is")], ("task", "input", "target"), "target")
    table = ElementTree.fromstring(displayed[0][0][0]["text/html"])
    assert table.find("caption") is None
    assert "bold" in table.findall("tbody/tr/td")[2].get("style")


def test_a_ledger_that_does_not_fit_is_refused():
    with pytest.raises(ValueError, match=r"no column is called 'target': there are input"):
        figures.labels_ledger(ROWS, label="target")
    with pytest.raises(ValueError, match=r"\('tea', 'good'\) has 2 entries for 3 columns"):
        figures.labels_ledger([("tea", "good")])
