"""One look for all figures, no figure without words for it, and the labels ledger."""

import html
from collections.abc import Sequence
from typing import NamedTuple

import matplotlib.pyplot as plt
import seaborn as sns
from IPython import get_ipython
from IPython.display import display
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb, to_rgba
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.typing import ColorType
from matplotlib_inline.backend_inline import set_matplotlib_formats

PALETTE = "colorblind"  # seaborn's; its colors stay apart in the common color deficiencies
SMALLEST_TEXT = 9  # points, at the size at which the figure is displayed
WIDEST = 9.0  # inches; wider figures are shrunk by the page, and their text with them
LEAST_CONTRAST = 4.5  # of text with what is behind it: WCAG 2.2, criterion 1.4.3


class Look(NamedTuple):
    """How a task is drawn, as Matplotlib's `color` and `marker`."""

    color: str
    marker: str


# A task looks the same in every figure of the course, and no two differ by color alone.
TASKS = {
    "contexts": Look("C0", "o"),
    "next word": Look("C9", "v"),
    "masked word": Look("C4", "^"),
    "sentiment": Look("C1", "s"),
    "topic": Look("C2", "D"),
    "library": Look("C5", "P"),
    "kind": Look("C3", "X"),
    "untrained": Look("0.4", "x"),
}

LABEL_STYLE = "background: #fde3b0; color: black; font-weight: bold"


def use_style() -> None:
    """Set seaborn's theme, the palette, and text sizes for every figure that follows."""
    if get_ipython() is not None:
        # Sharp on fine screens, displayed at the size that was asked for.
        set_matplotlib_formats("retina")
    sns.set_theme(
        context="notebook",
        style="whitegrid",
        palette=PALETTE,
        font_scale=0.9,
        rc={
            "figure.figsize": (7, 4),
            "figure.dpi": 96,
            "figure.constrained_layout.use": True,
            "axes.titlelocation": "left",
            "axes.titleweight": "bold",
            "font.family": ["DejaVu Sans"],  # comes with Matplotlib: the same on every machine
        },
    )


def contrast(first: ColorType, second: ColorType) -> float:
    """Return the contrast of two Matplotlib colors as WCAG 2.2 defines it, from 1 to 21."""
    brighter, darker = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


def _luminance(color: ColorType) -> float:
    total = 0.0
    for share, weight in zip(to_rgb(color), (0.2126, 0.7152, 0.0722), strict=True):
        linear = share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4
        total += weight * linear
    return total


def complaints(figure: Figure, alt: str) -> list[str]:
    """List what a reader would miss, each with its remedy.

    Parameters
    ----------
    figure : Figure
    alt : str
        The figure in words.

    Returns
    -------
    list of str
        Empty if there are a title, axis labels, words for the figure, and all text is large
        enough and stands out from what is behind it.
    """
    found = []
    if len(alt.split()) < 8:
        found.append(f"alt text {alt!r} says too little: describe what the figure shows")
    titles = [figure.get_suptitle()]
    for ax in figure.axes:
        titles += [ax.get_title(place) for place in ("left", "center", "right")]
    if not any(titles):
        found.append("no title: state the finding with ax.set_title or fig.suptitle")
    axes = [ax for ax in figure.axes if ax.axison and ax.get_label() != "<colorbar>"]
    x_labels = [figure.get_supxlabel()] + [ax.get_xlabel() for ax in axes]
    y_labels = [figure.get_supylabel()] + [ax.get_ylabel() for ax in axes]
    if any(len(ax.get_xticks()) for ax in axes) and not any(x_labels):
        found.append("no x axis has a label: name what it shows, and its unit")
    if any(len(ax.get_yticks()) for ax in axes) and not any(y_labels):
        found.append("no y axis has a label: name what it shows, and its unit")
    if figure.get_size_inches()[0] > WIDEST:
        found.append(f"wider than {WIDEST:g} inches: the page would shrink its text")
    figure.draw_without_rendering()
    texts = [
        text for text in figure.findobj(Text) if text.get_visible() and text.get_text().strip()
    ]
    return found + _small_text(texts) + _faint_text(figure, texts)


def _small_text(texts: list[Text]) -> list[str]:
    for text in texts:
        size = float(text.get_fontsize())
        if size < SMALLEST_TEXT:
            return [f"text {text.get_text()!r} has {size:g} points: use {SMALLEST_TEXT}"]
    return []


def _faint_text(figure: Figure, texts: list[Text]) -> list[str]:
    for text in texts:
        behind = _color_behind(figure, text)
        if behind is None:
            continue
        seen = _over(to_rgba(text.get_color(), text.get_alpha()), behind)
        value = contrast(seen, behind)
        if value < LEAST_CONTRAST:
            return [
                f"text {text.get_text()!r} has a contrast of {value:.1f} with what is behind "
                f"it: {LEAST_CONTRAST} is readable, so make it darker"
            ]
    return []


def _color_behind(figure: Figure, text: Text) -> ColorType | None:
    """Return the color on which a text stands, or None if a picture is behind it."""
    color = _over(figure.get_facecolor(), (1.0, 1.0, 1.0))
    x, y = _center(text)
    for ax in figure.axes:
        if not ax.get_visible() or not ax.bbox.contains(x, y):
            continue
        if ax.axison:
            color = _over(ax.get_facecolor(), color)
        if ax.images or _has_mesh(ax):
            return None  # a heat map: seaborn chooses black or white for each cell
        for patch in ax.patches:
            if patch.get_visible() and patch.get_fill() and patch.contains_point((x, y)):
                color = _over(patch.get_facecolor(), color)
    box = text.get_bbox_patch()
    if box is not None:
        color = _over(box.get_facecolor(), color)
    return color


def _has_mesh(ax: Axes) -> bool:
    return any(type(collection).__name__ == "QuadMesh" for collection in ax.collections)


def _center(text: Text) -> tuple[float, float]:
    extent = text.get_window_extent()
    return (extent.x0 + extent.x1) / 2, (extent.y0 + extent.y1) / 2


def _over(color: ColorType, behind: ColorType) -> tuple[float, float, float]:
    """Return what is seen of a color that may be transparent."""
    red, green, blue, alpha = to_rgba(color)
    below = to_rgb(behind)
    return (
        alpha * red + (1 - alpha) * below[0],
        alpha * green + (1 - alpha) * below[1],
        alpha * blue + (1 - alpha) * below[2],
    )


def show(figure: Figure, alt: str) -> None:
    """Display a figure with its alt text and close it.

    Parameters
    ----------
    figure : Figure
    alt : str
        What the figure shows to those who do not see it: the axes, the finding, the numbers.
        It is stored with the picture, where web pages made from the lesson find it, and
        unfolds below it, because JupyterLab and GitHub give a stored picture no alternative
        text.

    Raises
    ------
    ValueError
        If `complaints` has any.
    """
    found = complaints(figure, alt)
    plt.close(figure)
    if found:
        raise ValueError("this figure is not ready to be shown: " + "; ".join(found))
    display(figure, metadata={"image/png": {"alt": alt}})
    unfolds = f"<details><summary>The figure in words</summary>{html.escape(alt)}</details>"
    display({"text/html": unfolds, "text/plain": alt}, raw=True)


def labels_ledger(
    rows: Sequence[Sequence[object]],
    columns: Sequence[str] = ("input", "label", "who made it"),
    label: str = "label",
    title: str = "",
) -> None:
    """Display a labels ledger: what goes in, which label it has, where that comes from.

    Parameters
    ----------
    rows : sequence of sequences
        One entry per column, written as `str` writes it.
    columns : sequence of str
        The header.
    label : str
        The column to mark, by color and by bold letters.
    title : str, optional
        Stands above the table.

    Raises
    ------
    ValueError
        If a row has not one entry per column, or no column is called `label`.
    """
    if label not in columns:
        raise ValueError(f"no column is called {label!r}: there are {', '.join(columns)}")
    for row in rows:
        if len(row) != len(columns):
            raise ValueError(f"{tuple(row)} has {len(row)} entries for {len(columns)} columns")
    lines = [[str(entry) for entry in row] for row in rows]
    display(
        {
            "text/html": _as_html(lines, columns, label, title),
            "text/plain": _as_text(lines, columns, title),
        },
        raw=True,
    )


def _as_html(lines: list[list[str]], columns: Sequence[str], label: str, title: str) -> str:
    def row(entries: Sequence[str], element: str) -> str:
        cells = ""
        for column, entry in zip(columns, entries, strict=True):
            style = "text-align: left"
            if column == label:
                style += f"; {LABEL_STYLE}"
            cells += f'<{element} style="{style}">{html.escape(entry)}</{element[:2]}>'
        return f"<tr>{cells}</tr>"

    caption = ""
    if title:
        caption = f'<caption style="text-align: left">{html.escape(title)}</caption>'
    header = row(columns, 'th scope="col"')
    body = "".join(row(line, "td") for line in lines)
    return f"<table>{caption}<thead>{header}</thead><tbody>{body}</tbody></table>"


def _as_text(lines: list[list[str]], columns: Sequence[str], title: str) -> str:
    table = [list(columns), *lines]
    widths = []
    for number in range(len(columns)):
        widths.append(max(len(line[number]) for line in table))
    written = [title] if title else []
    for line in table:
        cells = [entry.ljust(width) for entry, width in zip(line, widths, strict=True)]
        written.append("  ".join(cells).rstrip())
    return "\n".join(written)
