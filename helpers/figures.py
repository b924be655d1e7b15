"""One look for all figures, and a `show` that will not display a figure without words for it."""

import html

import matplotlib.pyplot as plt
import seaborn as sns
from IPython import get_ipython
from IPython.display import display
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib_inline.backend_inline import set_matplotlib_formats

PALETTE = "colorblind"  # seaborn's; its colors stay apart in the common color deficiencies
SMALLEST_TEXT = 9  # points, at the size at which the figure is displayed
WIDEST = 9.0  # inches; wider figures are shrunk by the page, and their text with them


def use_style() -> None:
    """Set seaborn's theme, the palette, and text sizes for every figure that follows."""
    if get_ipython() is not None:
        set_matplotlib_formats(
            "retina"
        )  # sharp on fine screens, displayed at the size asked for
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


def complaints(figure: Figure, alt: str) -> list[str]:
    """List what a reader would miss: title, axis labels, legible text, alt text; with remedies."""
    found = []
    if len(alt.split()) < 8:
        found.append(f"alt text {alt!r} says too little: describe what the figure shows")
    axes = [ax for ax in figure.axes if ax.axison and ax.get_label() != "<colorbar>"]
    titles = [ax.get_title(loc) for ax in figure.axes for loc in ("left", "center", "right")]
    if not any([*titles, figure.get_suptitle()]):
        found.append("no title: state the finding with ax.set_title or fig.suptitle")
    for which in ("x", "y"):
        named = [getattr(ax, f"get_{which}label")() for ax in axes]
        shared = getattr(figure, f"get_sup{which}label")()
        ticks = [ax for ax in axes if len(getattr(ax, f"get_{which}ticks")())]
        if ticks and not shared and not any(named):
            found.append(f"no {which} axis has a label: name what it shows, and its unit")
    if figure.get_size_inches()[0] > WIDEST:
        found.append(f"wider than {WIDEST:g} inches: the page would shrink its text")
    figure.draw_without_rendering()
    for text in figure.findobj(Text):
        if (
            text.get_visible()
            and text.get_text().strip()
            and text.get_fontsize() < SMALLEST_TEXT
        ):
            size = text.get_fontsize()
            found.append(f"text {text.get_text()!r} has {size:g} points: use {SMALLEST_TEXT}")
            break
    return found


def show(figure: Figure, alt: str) -> None:
    """Display a figure with its alt text and close it; ValueError if `complaints` has any.

    `alt` says what it shows to those who do not see it: the axes, the finding, the numbers. It is
    stored with the picture, where web pages made from the lesson find it, and unfolds below it,
    because JupyterLab and GitHub give a stored picture no alternative text.
    """
    found = complaints(figure, alt)
    plt.close(figure)
    if found:
        raise ValueError("this figure is not ready to be shown: " + "; ".join(found))
    display(figure, metadata={"image/png": {"alt": alt}})
    unfolds = f"<details><summary>The figure in words</summary>{html.escape(alt)}</details>"
    display({"text/html": unfolds, "text/plain": alt}, raw=True)
