#!/usr/bin/env python3
"""Draws the figures of result files as SVG: python3 bench/plot.py RESULT.json... [--out FOLDER]

A result file is a JSON object whose member `figures` is a list of entries such as

    {"id": "throughput-latency", "title": "...",
     "x": {"label": "...", "scale": "linear"}, "y": {"label": "...", "scale": "log"},
     "series": [{"name": "...", "points": [[x, y], [x, y, ymin, ymax]]}],
     "marks": [{"x": 123, "label": "saturation"}]}

Each becomes `<stem of the result file>-<id>.svg`, beside the result file unless --out names a
folder. Points are joined in the order given, `ymin` and `ymax` become error bars, a mark is a
vertical line. The same input gives the same bytes. Exits 2, with one line and nothing drawn, when
an input is not well-formed.
"""

import argparse
import json
import math
import os
import re
import sys

# Okabe and Ito's palette without its yellow, which is too pale on white.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
LINES = ("-", "--", ":", "-.")
SERIES_MAX = len(COLOURS) * len(LINES)

STYLE = {
    "svg.fonttype": "none",  # Text stays text: small files that can be searched.
    "svg.hashsalt": "intermute",  # Ids inside the file do not change from run to run.
    "text.parse_math": False,
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans", "Verdana"],
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "legend.frameon": False,
}
ID = re.compile(r"[a-z0-9][a-z0-9_.-]*")
LABEL_HEIGHT = 12  # Of a mark, in points.
NUMBER_MAX = 1e300  # Beyond it the margins of an axis overflow; excludes inf and nan, too.


class BadInput(Exception):
    """What is wrong with a result file, in words for one line."""


def require(condition, what):
    if not condition:
        raise BadInput(what)


def members(value, where, needed, optional=()):
    """Returns `value`, an object with exactly these members."""
    require(isinstance(value, dict), f"{where} is not an object")
    for name in needed:
        require(name in value, f"{where} has no member '{name}'")
    for name in value:
        require(name in needed or name in optional, f"{where} has the unknown member '{name}'")
    return value


def entries(value, where):
    require(isinstance(value, list) and value, f"{where} is not a list with entries")
    return value


def text(value, where):
    well = isinstance(value, str) and value.strip() and value.isprintable()
    require(well, f"{where} is not a line of text")
    return value


def number(value, where, axis):
    """Returns `value`, a number that can be shown on the axis."""
    well = isinstance(value, (int, float)) and not isinstance(value, bool)
    require(well and abs(value) < NUMBER_MAX, f"{where} is not a number")
    require(axis["scale"] == "linear" or value > 0, f"{where} is not above 0, the axis is log")
    return value


def check_point(point, where, figure):
    well = isinstance(point, list) and len(point) in (2, 4)
    require(well, f"{where} is not [x, y] or [x, y, ymin, ymax]")
    number(point[0], f"x of {where}", figure["x"])
    for value in point[1:]:
        number(value, f"y of {where}", figure["y"])
    if len(point) == 4:
        require(point[2] <= point[1] <= point[3], f"{where} has y outside of ymin to ymax")


def check_figure(figure, where):
    members(figure, where, ("id", "title", "x", "y", "series"), ("marks",))
    well = isinstance(figure["id"], str) and ID.fullmatch(figure["id"])
    require(well, f"id of {where} is not of the letters a-z, 0-9, '-', '_', '.'")
    where = f"figure '{figure['id']}'"
    text(figure["title"], f"title of {where}")
    for axis in ("x", "y"):
        members(figure[axis], f"{axis} of {where}", ("label", "scale"))
        text(figure[axis]["label"], f"label of {axis} of {where}")
        well = figure[axis]["scale"] in ("linear", "log")
        require(well, f"scale of {axis} of {where} is not 'linear' or 'log'")
    names = set()
    for at, one in enumerate(entries(figure["series"], f"series of {where}")):
        members(one, f"series {at} of {where}", ("name", "points"))
        name = text(one["name"], f"name of series {at} of {where}")
        require(not name.startswith("_"), f"series '{name}' of {where} begins with '_'")
        require(name not in names, f"{where} has two series '{name}'")
        names.add(name)
        for index, point in enumerate(entries(one["points"], f"series '{name}' of {where}")):
            check_point(point, f"point {index} of series '{name}' of {where}", figure)
    require(len(names) <= SERIES_MAX, f"{where} has more than {SERIES_MAX} series")
    require(isinstance(figure.get("marks", []), list), f"marks of {where} is not a list")
    for at, mark in enumerate(figure.get("marks", [])):
        members(mark, f"mark {at} of {where}", ("x", "label"))
        number(mark["x"], f"x of mark {at} of {where}", figure["x"])
        text(mark["label"], f"label of mark {at} of {where}")


def read_figures(path):
    """Returns the checked entries of one result file."""
    try:
        with open(path, encoding="utf-8") as file:
            result = json.load(file)
    except OSError as error:
        raise BadInput(error.strerror) from error
    except (ValueError, RecursionError) as error:
        raise BadInput(f"not JSON: {error}") from error
    require(isinstance(result, dict), "not a JSON object")
    require("figures" in result, "no member 'figures'")
    for at, figure in enumerate(entries(result["figures"], "figures")):
        check_figure(figure, f"figure {at}")
    return result["figures"]


def plan(paths, out):
    """Returns pairs of figure and file to write; no file occurs twice."""
    planned = {}
    for path in paths:
        try:
            for figure in read_figures(path):
                stem = os.path.splitext(os.path.basename(path))[0]
                folder = os.path.dirname(path) if out is None else out
                file = os.path.join(folder, f"{stem}-{figure['id']}.svg")
                require(file not in planned, f"{file} would be written twice")
                planned[file] = figure
        except BadInput as error:
            raise BadInput(f"{path}: {error}") from error
    return [(figure, file) for file, figure in planned.items()]


def set_axis(axes, name, wanted, values):
    """Gives the axis `name`, x or y, its label, its scale and plainly written numbers."""
    from matplotlib import ticker

    axes.set(**{f"{name}label": wanted["label"], f"{name}scale": wanted["scale"]})
    axis = axes.xaxis if name == "x" else axes.yaxis
    if wanted["scale"] == "log":
        decades = math.log10(max(values)) - math.log10(min(values))
        axis.set_major_locator(ticker.LogLocator(subs=(1, 2, 5) if decades < 2.5 else (1,)))
        axis.set_minor_formatter(ticker.NullFormatter())
    axis.set_major_formatter(ticker.FuncFormatter(lambda value, _: f"{value:,.10g}"))


def draw_series(axes, at, one):
    points = one["points"]
    x, y = [point[0] for point in points], [point[1] for point in points]
    style = {"color": COLOURS[at % len(COLOURS)], "marker": MARKERS[at % len(MARKERS)],
             "linestyle": LINES[at // len(COLOURS)], "linewidth": 1.6, "markersize": 5}
    if any(len(point) == 4 for point in points):
        down = [point[1] - point[2] if len(point) == 4 else 0 for point in points]
        up = [point[3] - point[1] if len(point) == 4 else 0 for point in points]
        return axes.errorbar(x, y, yerr=[down, up], capsize=3, elinewidth=1, **style)
    return axes.plot(x, y, **style)[0]


def draw_marks(axes, marks):
    """Draws vertical lines, their labels above the axes in two rows; returns the height taken."""
    for at, mark in enumerate(marks):
        axes.axvline(mark["x"], color="#555555", linestyle=(0, (4, 3)), linewidth=1, zorder=1)
        axes.annotate(mark["label"], (mark["x"], 1), xycoords=("data", "axes fraction"),
                      xytext=(0, 3 + LABEL_HEIGHT * (at % 2)), textcoords="offset points",
                      ha="center", va="bottom", fontsize=9, color="#555555")
    return LABEL_HEIGHT * min(len(marks), 2)


def draw(figure, file):
    """Writes one checked entry as an SVG file."""
    import matplotlib
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    matplotlib.rcdefaults()
    matplotlib.rcParams.update(STYLE)
    drawing = Figure(figsize=(7.2, 4.5), facecolor="white")
    FigureCanvasSVG(drawing)
    axes = drawing.add_subplot()
    axes.grid(color="#dddddd", linewidth=0.8)
    series, marks = figure["series"], figure.get("marks", [])
    points = [point for one in series for point in one["points"]]
    across = [point[0] for point in points] + [mark["x"] for mark in marks]
    upward = [value for point in points for value in point[1:]]
    set_axis(axes, "x", figure["x"], across)
    set_axis(axes, "y", figure["y"], upward)
    handles = [draw_series(axes, at, one) for at, one in enumerate(series)]
    title_pad = 8 + draw_marks(axes, marks)
    if figure["y"]["scale"] == "linear" and min(upward) >= 0:
        axes.set_ylim(bottom=0)  # So that heights can be compared by eye.
    axes.set_title(figure["title"], loc="left", fontsize=11, pad=title_pad)
    names = [one["name"] for one in series]
    if len(names) > 1:
        axes.legend(handles, names, loc="upper left", bbox_to_anchor=(0, -0.16), ncol=2,
                    borderaxespad=0, handlelength=3)
    # Neither the date nor the version of matplotlib, so that the file changes with the data only.
    metadata = {"Date": None, "Creator": None, "Title": figure["title"],
                "Description": "Series: " + ", ".join(names)}
    drawing.savefig(file, format="svg", metadata=metadata, bbox_inches="tight", pad_inches=0.15)


def main(arguments=None):
    parser = argparse.ArgumentParser(
        description="Draws the figures of result files as SVG.",
        epilog="Exit status: 0 well, 2 an input or an argument is wrong.")
    parser.add_argument("results", metavar="RESULT.json", nargs="+")
    parser.add_argument("--out", metavar="FOLDER",
                        help="where the SVG files go (default: beside each result file)")
    given = parser.parse_args(arguments)
    try:
        planned = plan(given.results, given.out)
        if given.out is not None:
            os.makedirs(given.out, exist_ok=True)
        for figure, file in planned:
            draw(figure, file)
            print(file)
    except BadInput as error:
        print(f"plot: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"plot: {error.filename}: {error.strerror}", file=sys.stderr)
        return 2
    except ModuleNotFoundError as error:
        print(f"plot: no Python module {error.name} (Debian: python3-matplotlib)", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
