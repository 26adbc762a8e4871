"""bench/plot.py: the same bytes for the same figures, one plain line for what cannot be drawn."""

import copy
import json
import os
import pathlib
import subprocess
import sys
import xml.etree.ElementTree

import pytest

PLOT = pathlib.Path(__file__).parents[2] / "bench" / "plot.py"

CURVE = {
    "id": "throughput-latency",
    "title": "latency against rate & <load>",
    "x": {"label": "requests per second", "scale": "linear"},
    "y": {"label": "p99, µs", "scale": "log"},
    "series": [
        {"name": "send, 64 connections", "points": [[1000, 80, 70, 95], [14000, 900], [9000, 4e5]]},
        {"name": "peer <v0> & $x$", "points": [[500, 200], [900, 2000]]},
    ],
    "marks": [{"x": 14000, "label": "saturation"}],
}
SINGLE = {
    "id": "fan-out.k_1",
    "title": "deliveries against sockets",
    "x": {"label": "sockets", "scale": "log"},
    "y": {"label": "deliveries per second", "scale": "linear"},
    "series": [{"name": "one event to all", "points": [[1, 9000], [1000, 150000]]}],
}
MANY = {**SINGLE, "id": "many",
        "series": [{"name": f"series {at}", "points": [[1, at], [2, at + 1]]} for at in range(28)]}
ALL = [CURVE, SINGLE, MANY]


def plot(*arguments, hash_seed="0"):
    """Runs the script as a user would, under a hash seed that must not matter."""
    return subprocess.run(
        [sys.executable, str(PLOT), *map(str, arguments)], capture_output=True, text=True,
        check=False, timeout=120, env={**os.environ, "PYTHONHASHSEED": hash_seed})


def result_file(folder, content, name="2026-01-02-curve.json"):
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    """The folder with one SVG for each of ALL."""
    folder = tmp_path_factory.mktemp("drawn")
    path = result_file(folder, {"commit": "abc", "figures": ALL})
    done = plot(path, "--out", folder / "new" / "plots")
    assert (done.returncode, done.stderr) == (0, "")
    return folder / "new" / "plots"


def svg_of(drawn, figure):
    return (drawn / f"2026-01-02-curve-{figure['id']}.svg").read_text(encoding="utf-8")


def visible(svg):
    """Returns the texts a reader sees."""
    root = xml.etree.ElementTree.fromstring(svg)
    return [one.text for one in root.iter("{http://www.w3.org/2000/svg}text")]


def test_each_figure_is_a_file_named_after_its_result_file(drawn):
    assert sorted(path.name for path in drawn.iterdir()) == [
        "2026-01-02-curve-fan-out.k_1.svg", "2026-01-02-curve-many.svg",
        "2026-01-02-curve-throughput-latency.svg"]


def test_without_out_the_files_stand_beside_the_result_file_and_are_printed(tmp_path):
    first = result_file(tmp_path / "a", {"figures": [SINGLE]})
    second = result_file(tmp_path / "b", {"figures": [SINGLE]})
    done = plot(first, second)
    files = [path.with_name("2026-01-02-curve-fan-out.k_1.svg") for path in (first, second)]
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [str(file) for file in files]
    assert files[0].read_bytes() == files[1].read_bytes()


def test_the_same_figures_give_the_same_bytes(drawn, tmp_path):
    path = result_file(tmp_path, {"figures": ALL})
    assert plot(path, hash_seed="7").returncode == 0
    for figure in ALL:
        file = path.with_name(f"2026-01-02-curve-{figure['id']}.svg")
        assert file.read_text(encoding="utf-8") == svg_of(drawn, figure)


def test_a_changed_point_changes_the_file(drawn, tmp_path):
    changed = copy.deepcopy(SINGLE)
    changed["series"][0]["points"][1][1] = 149000
    path = result_file(tmp_path, {"figures": [changed]})
    assert plot(path).returncode == 0
    file = path.with_name(f"2026-01-02-curve-{SINGLE['id']}.svg")
    assert file.read_text(encoding="utf-8") != svg_of(drawn, SINGLE)


@pytest.mark.parametrize("figure", ALL, ids=lambda figure: figure["id"])
def test_the_texts_are_text_and_every_series_is_named(drawn, figure):
    svg = svg_of(drawn, figure)
    description = xml.etree.ElementTree.fromstring(svg).find(
        ".//{http://purl.org/dc/elements/1.1/}description").text
    seen = visible(svg)
    for text in (figure["title"], figure["x"]["label"], figure["y"]["label"]):
        assert seen.count(text) == 1
    for mark in figure.get("marks", []):
        assert seen.count(mark["label"]) == 1
    legend = len(figure["series"]) > 1
    for one in figure["series"]:
        assert one["name"] in description
        assert seen.count(one["name"]) == (1 if legend else 0)


@pytest.mark.parametrize("figure", ALL, ids=lambda figure: figure["id"])
def test_no_date_no_program_version_and_a_white_ground(drawn, figure):
    svg = svg_of(drawn, figure)
    assert "dc:date" not in svg and "matplotlib.org" not in svg
    ground = next(line for line in svg.splitlines() if "style=\"fill:" in line)
    assert "fill: #ffffff" in ground
    assert len(svg) < 100_000


def test_each_point_has_its_marker(drawn):
    svg = svg_of(drawn, SINGLE)
    _, _, line = svg.partition("#0072b2; stroke-width: 1.6")
    markers, _, _ = line.partition("</g>\n    </g>")
    assert markers.count("<use") == len(SINGLE["series"][0]["points"])


def without(figure, *path):
    """Returns a copy of the figure without the member at the path."""
    return changed(figure, None, *path)


def changed(figure, value, *path):
    """Returns a copy of the figure with another value at the path, or without it for None."""
    figure = copy.deepcopy(figure)
    at = figure
    for step in path[:-1]:
        at = at[step]
    if value is None:
        del at[path[-1]]
    else:
        at[path[-1]] = value
    return figure


POINTS = ("series", 0, "points")
BAD_FIGURES = [
    (without(CURVE, "title"), "has no member 'title'"),
    (without(CURVE, "y", "scale"), "has no member 'scale'"),
    (changed(CURVE, "Curve/../../x", "id"), "id of figure 0"),
    (changed(CURVE, "cubic", "x", "scale"), "scale of x"),
    (changed(CURVE, "a\nb", "x", "label"), "label of x"),
    (changed(CURVE, " ", "title"), "title"),
    (changed(CURVE, [], "series"), "series of figure 'throughput-latency'"),
    (changed(CURVE, "send, 64 connections", "series", 1, "name"), "two series"),
    (changed(CURVE, "_hidden", "series", 0, "name"), "begins with '_'"),
    (changed(CURVE, [], *POINTS), "is not a list with entries"),
    (changed(CURVE, [[1, 2, 3]], *POINTS), "point 0 of series 'send, 64 connections'"),
    (changed(CURVE, [[1, 2], [1, "2"]], *POINTS), "y of point 1"),
    (changed(CURVE, [[True, 2]], *POINTS), "x of point 0"),
    (changed(CURVE, [[1, float("nan")]], *POINTS), "is not a number"),
    (changed(CURVE, [[1, float("inf")]], *POINTS), "is not a number"),
    (changed(CURVE, [[10**400, 1]], *POINTS), "is not a number"),
    (changed(CURVE, [[1, 0]], *POINTS), "is not above 0, the axis is log"),
    (changed(CURVE, [[1, 5, 6, 7]], *POINTS), "outside of ymin to ymax"),
    (changed(CURVE, [[1, 5, 4, 4.5]], *POINTS), "outside of ymin to ymax"),
    (changed(CURVE, [{"label": "x"}], "marks"), "mark 0"),
    (changed(SINGLE, [{"x": 0, "label": "none"}], "marks"), "is not above 0"),
    (changed(CURVE, [], "makrs"), "unknown member 'makrs'"),
    (changed(MANY, MANY["series"] + [{"name": "one more", "points": [[1, 1]]}], "series"),
     "more than 28 series"),
    ("figure", "is not an object"),
]


@pytest.fixture
def refused(tmp_path, monkeypatch, capsys):
    """Asserts that the arguments end in status 2 with one line, and that nothing is drawn."""
    monkeypatch.syspath_prepend(str(PLOT.parent))
    import plot as script

    def check(*arguments):
        assert script.main([str(argument) for argument in arguments]) == 2
        written = capsys.readouterr()
        assert written.out == "" and written.err.count("\n") == 1
        assert not list(tmp_path.rglob("*.svg"))
        return written.err

    return check


@pytest.mark.parametrize("figure, reason", BAD_FIGURES)
def test_a_malformed_figure_is_named_and_nothing_is_drawn(tmp_path, refused, figure, reason):
    well = result_file(tmp_path, {"figures": [SINGLE]}, "well.json")
    bad = result_file(tmp_path, {"figures": [figure]}, "bad.json")
    line = refused(well, bad)
    assert line.startswith(f"plot: {bad}: ") and reason in line


@pytest.mark.parametrize("content, reason", [
    ({"commit": "abc"}, "no member 'figures'"),
    ({"figures": []}, "figures is not a list with entries"),
    ({"figures": {}}, "figures is not a list with entries"),
    ([CURVE], "not a JSON object"),
    ("{", "not JSON"),
    ("[" * 100_000, "not JSON"),
])
def test_a_file_without_figures_is_refused(tmp_path, refused, content, reason):
    assert reason in refused(result_file(tmp_path, content))


def test_a_missing_file_is_refused(tmp_path, refused):
    assert "No such file" in refused(tmp_path / "none.json")


def test_a_file_that_is_not_text_is_refused(tmp_path, refused):
    path = tmp_path / "binary.json"
    path.write_bytes(b"\xff\xfe\x00")
    assert "not JSON" in refused(path)


def test_two_figures_never_share_a_file(tmp_path, refused):
    twice = result_file(tmp_path, {"figures": [SINGLE, SINGLE]})
    assert "would be written twice" in refused(twice)
    paths = [result_file(tmp_path / name, {"figures": [SINGLE]}) for name in ("a", "b")]
    assert "would be written twice" in refused(*paths, "--out", tmp_path)


def test_a_folder_that_cannot_be_made_is_refused(tmp_path, refused):
    path = result_file(tmp_path, {"figures": [SINGLE]})
    assert str(path) in refused(path, "--out", path / "plots")


def test_without_matplotlib_the_package_is_named(tmp_path, refused, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert "python3-matplotlib" in refused(result_file(tmp_path, {"figures": [SINGLE]}))


def test_without_a_result_file_the_status_is_2():
    done = plot()
    assert done.returncode == 2 and "RESULT.json" in done.stderr
