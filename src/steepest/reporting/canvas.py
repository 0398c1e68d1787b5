"""An empty figure to draw into."""

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def canvas(
    width: float, height: float, layout: Literal["constrained"] | None = "constrained"
) -> "Figure":
    """Return an empty figure of its own instead of pyplot's: nothing global changes, and no window can open.

    Args:
        width: inches.
        height: inches.
        layout: ``constrained`` makes room for titles and labels; None leaves the axes where they are put.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout=layout)
    FigureCanvasAgg(figure)
    return figure
