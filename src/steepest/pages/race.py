"""A race of rules over a surface as a picture: the paths on the plane, and the heights step by step."""

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..content.png import COLOURS, STYLES, canvas, draw_relief, file_of
from ..optimizers.surfaces import Path, Surface

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SMALL_DPI = 70  # of the moving picture, and of the pictures in the documentation
FRAMES = 60
FRAME_MILLISECONDS = 70
LAST_FRAME_MILLISECONDS = 2500  # time to read the end before it starts anew
GRID = 160  # points a side of which the contour lines are drawn
LOWEST = 1e-16  # heights below it are drawn there: double precision knows no less


def race_figure(surface: Surface, paths: Sequence[Path]) -> "Figure":
    """Return the whole race: the paths on the plane, and the height above the minimum by step."""
    figure, plane, heights = _figure(surface)
    lines = _lines(plane, heights, paths)
    _advance(lines, surface, paths, _steps(paths))
    _frame_heights(heights, surface, paths)
    return figure


def path_figure(runs: Sequence[tuple[Surface, Path]]) -> "Figure":
    """Return one rule's paths over some surfaces side by side, small: for a page with many of them."""
    figure = canvas(3.4 * len(runs), 2.5, layout=None)
    for number, (surface, path) in enumerate(runs):
        left = number / len(runs)
        plane = figure.add_axes((left, 0, 0.99 / len(runs), 0.9))
        plane.set_axis_off()
        title = f"{surface.name}, {len(path.heights) - 1} steps, lr {path.lr:.2g}"
        figure.text(left + 0.005, 0.925, title, fontsize=9)
        _draw_surface(plane, surface)
        plane.plot(*path.points.T.tolist(), ".-", color=COLOURS[1], markersize=3, linewidth=1)
    return figure


def small_png(figure: "Figure") -> bytes:
    """Return a figure as a PNG file of few colours, a quarter as large."""
    from PIL import Image

    with Image.open(io.BytesIO(file_of(figure, SMALL_DPI))) as picture:
        few = picture.convert("RGB").quantize(32, dither=Image.Dither.NONE)
    buffer = io.BytesIO()
    few.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def race_gif(surface: Surface, paths: Sequence[Path]) -> bytes:
    """Return the race as the bytes of an animated GIF."""
    import numpy as np
    from PIL import Image

    figure, plane, heights = _figure(surface)
    figure.set_dpi(SMALL_DPI)
    lines = _lines(plane, heights, paths)
    _frame_heights(heights, surface, paths)
    canvas: Any = figure.canvas
    moving = [artist for artists in lines for artist in artists]
    for artist in moving:
        artist.set_animated(True)  # left out of the background
    canvas.draw()
    background = canvas.copy_from_bbox(figure.bbox)
    frames = []
    for step in _frame_steps(_steps(paths)):
        _advance(lines, surface, paths, step)
        canvas.restore_region(background)
        for artist in moving:
            artist.axes.draw_artist(artist)
        frames.append(Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB"))
    # the last frame has all colours; one palette for all keeps what stands still the same in every frame
    palette = frames[-1].quantize(256)
    frames = [each.quantize(palette=palette, dither=Image.Dither.NONE) for each in frames]
    times = [FRAME_MILLISECONDS] * (len(frames) - 1) + [LAST_FRAME_MILLISECONDS]
    buffer = io.BytesIO()
    frames[0].save(buffer, "GIF", save_all=True, append_images=frames[1:], duration=times, loop=0)
    return buffer.getvalue()


def _figure(surface: Surface) -> tuple["Figure", Any, Any]:
    figure = canvas(11, 4.2)
    plane, heights = figure.subplots(1, 2)
    _draw_surface(plane, surface)
    plane.set_title(f"{surface.name}: {surface.shows}", fontsize=9)
    return figure, plane, heights


def _draw_surface(plane: Any, surface: Surface) -> None:
    import torch

    left, right, bottom, top = surface.window
    x = torch.linspace(left, right, GRID, dtype=torch.float64)
    y = torch.linspace(bottom, top, GRID, dtype=torch.float64)
    grid = torch.stack(torch.meshgrid(x, y, indexing="xy"), dim=-1)
    above = surface.height(grid) - _bottom(surface)
    draw_relief(plane, x.numpy(), y.numpy(), above.numpy())
    plane.plot(*zip(*surface.minima, strict=True), "*", color="#333333", markersize=11)
    plane.plot(*surface.start, "o", color="#333333", markersize=5)


def _lines(plane: Any, heights: Any, paths: Sequence[Path]) -> list[tuple[Any, Any, Any]]:
    """Return for each path its line on the plane, the dot at its end, and its line of heights."""
    lines = []
    for number, path in enumerate(paths):
        colour, style = COLOURS[number % len(COLOURS)], STYLES[number // len(COLOURS) % len(STYLES)]
        (trail,) = plane.plot([], [], style, color=colour, linewidth=1.4)
        (dot,) = plane.plot([], [], "o", color=colour, markersize=6)
        (height,) = heights.plot([], [], style, color=colour, label=path.label, linewidth=1.4)
        lines.append((trail, dot, height))
    return lines


def _advance(lines: list[tuple[Any, Any, Any]], surface: Surface, paths: Sequence[Path], step: int) -> None:
    """Set every line to where its path is after a step."""
    bottom = _bottom(surface)
    for (trail, dot, height), path in zip(lines, paths, strict=True):
        points = path.points[: step + 1]
        trail.set_data(*points.T.tolist())
        dot.set_data(*points[-1:].T.tolist())
        above = (path.heights[: step + 1] - bottom).clamp(min=LOWEST)
        height.set_data(range(len(above)), above.tolist())


def _frame_heights(heights: Any, surface: Surface, paths: Sequence[Path]) -> None:
    above = [(path.heights - _bottom(surface)).clamp(min=LOWEST) for path in paths]
    values = [each for line in above for each in line.tolist() if each < float("inf")]
    heights.set_xlim(0, _steps(paths))
    heights.set_ylim(min(values) / 2, 2 * max(values[0], min(max(values), 100 * values[0])))
    heights.set_yscale("log")
    heights.set_xlabel("step")
    heights.set_ylabel("height above the minimum")
    heights.grid(color="0.9")
    heights.spines[["top", "right"]].set_visible(False)
    heights.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), fontsize=8, frameon=False)


def _bottom(surface: Surface) -> float:
    import torch

    return float(surface.height(torch.tensor(surface.minima, dtype=torch.float64)).min())


def _steps(paths: Sequence[Path]) -> int:
    return max(len(path.heights) for path in paths) - 1


def _frame_steps(steps: int) -> list[int]:
    """Return the steps that are shown: closer at the start, where most happens."""
    shown = {round(steps * (number / FRAMES) ** 2) for number in range(FRAMES + 1)}
    return sorted(shown)
