"""Pictures for documents, drawn by matplotlib: the same tables give the same bytes."""

from __future__ import annotations

import contextlib
import io
import math
import warnings
from typing import Any

import matplotlib as mpl
import numpy as np
import shapely
from matplotlib import font_manager
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.colors import to_rgba_array
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.lines import Line2D

from circles.analysis.results import Tables
from circles.foundation.limits import reached
from circles.foundation.words import Lang
from circles.outputs import text
from circles.outputs.report import Report

FONTS = (
    "Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "Source Han Sans CN", "Microsoft YaHei", "SimHei", "PingFang SC",
    "Hiragino Sans GB", "WenQuanYi Micro Hei", "WenQuanYi Zen Hei", "Noto Sans CJK JP", "DejaVu Sans",
)  # fmt: skip
"""Fonts that know Chinese, best first; the last comes with matplotlib and does not, but always draws."""
COLOURS = ("#A50026", "#F46D43", "#FDC55E", "#74ADD1", "#1F4E9E")
"""From none to all categories within reach; distinguishable by the colour-blind and in grey."""
_NAMES_MAX = 40
_MARGIN, _LEGEND = 0.06, 0.2
_WIDTH_IN, _DPI = 6.2, 200
_RATIO_MIN, _RATIO_MAX = 0.5, 1.1
_LAND, _LAND_EDGE, _SEA, _INK = "#E9E6DF", "#B9B2A4", "#F4F8FB", "#22303C"


def county_map(tables: Tables, *, lang: Lang = "zh") -> bytes:
    """Return a PNG of the area: every residents' point coloured by the kinds of service within its limit.

    Longitudes are shortened by the cosine of the middle latitude. Points lie in the order of the residents, those
    that lack most on top.
    """
    report = Report(tables, lang)
    west, south, east, north = _extent(tables)
    shrink = math.cos(math.radians((south + north) / 2))
    ratio = min(max((north - south) / ((east - west) * shrink), _RATIO_MIN), _RATIO_MAX)
    figure = Figure(figsize=(_WIDTH_IN, _WIDTH_IN * ratio), dpi=_DPI, facecolor="white")
    canvas: Any = FigureCanvasAgg(figure)
    axes = figure.add_axes((0.005, 0.005, 0.99, 0.99), facecolor=_SEA)
    wide = max(0.0, (north - south) / ratio / shrink - (east - west)) / 2
    high = max(0.0, (east - west) * shrink * ratio - (north - south)) / 2
    axes.set_xlim(west - wide, east + wide)
    axes.set_ylim(south - high, north + high)
    axes.set_xticks([])
    axes.set_yticks([])
    font = FontProperties(family=font_family())
    _land(axes, tables)
    _people(axes, report)
    _facilities(axes, tables)
    _names(axes, report, font)
    _legend(axes, report, font)
    _scale(axes, report, font, shrink)
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # a name in a script that the font lacks is drawn as boxes
        canvas.print_png(buffer, metadata={"Software": None})
    return buffer.getvalue()


def font_family() -> str:
    """Return the first font of ``FONTS`` that this machine has, one installed since matplotlib made its list too."""
    manager = font_manager.fontManager
    found = _first_known(manager)
    if found == FONTS[-1]:
        known = {font.fname for font in manager.ttflist}
        for path in sorted(set(font_manager.findSystemFonts()) - known):
            with contextlib.suppress(OSError, RuntimeError, ValueError):  # a font that cannot be read is none of ours
                manager.addfont(path)
        found = _first_known(manager)
    return found


def _first_known(manager: font_manager.FontManager) -> str:
    known = {font.name for font in manager.ttflist}
    return next((name for name in FONTS if name in known), FONTS[-1])


def use_chinese_font() -> None:
    """Let matplotlib's own figures in this process show Chinese, in the first font of ``FONTS`` that is installed."""
    mpl.rcParams["font.sans-serif"] = [font_family(), FONTS[-1]]
    mpl.rcParams["axes.unicode_minus"] = False  # most Chinese fonts lack the typographic minus


def kinds_reached(tables: Tables) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Return, per resident in the order of the table, how many kinds of service lie within the limit."""
    access = tables.access
    is_reached = reached(access["minutes"], tables.area.walk.limit_min)
    counts = access["resident_id"][is_reached].value_counts()
    return np.asarray(tables.residents["id"].map(counts).fillna(0), dtype=np.int64)


def _extent(tables: Tables) -> tuple[float, float, float, float]:
    """Return the box of residents and counted facilities with a margin; of the land, where there are none."""
    parts = [
        frame.geometry for frame in (tables.residents, tables.facilities[tables.facilities["is_counted"].astype(bool)])
    ]
    boxes = [part.total_bounds for part in parts if len(part) and np.isfinite(part.total_bounds).all()]
    if not boxes:
        boxes = [frame.total_bounds for frame in (tables.land, tables.streets) if len(frame)] or [
            np.array([0.0, 0.0, 1.0, 1.0])
        ]
    low, high = np.min(boxes, axis=0)[:2], np.max(boxes, axis=0)[2:]
    size = np.maximum(high - low, 0.01)
    middle = (low + high) / 2
    half = size * (0.5 + _MARGIN)
    return (
        float(middle[0] - half[0]), float(middle[1] - half[1] - _LEGEND * size[1]), float(middle[0] + half[0]), float(middle[1] + half[1])
    )  # fmt: skip


def _land(axes: Any, tables: Tables) -> None:
    if len(tables.land):
        rings = [np.asarray(part.exterior.coords)[:, :2] for part in _polygons(tables.land)]
        axes.add_collection(PolyCollection(rings, facecolor=_LAND, edgecolor=_LAND_EDGE, linewidth=0.4, zorder=1))
    if tables.area.map.boundaries and len(tables.townships):
        lines = [np.asarray(part.exterior.coords)[:, :2] for part in _polygons(tables.townships)]
        axes.add_collection(LineCollection(lines, colors="#7C8894", linewidths=0.5, linestyles="dashed", zorder=2))


def _polygons(frame: Any) -> list[Any]:
    parts = shapely.get_parts(frame.geometry.to_numpy())
    return [part for part in parts if part.geom_type == "Polygon" and not part.is_empty]


def _people(axes: Any, report: Report) -> None:
    residents = report.tables.residents
    if not len(residents):
        return
    kinds = kinds_reached(report.tables)
    order = np.argsort(-kinds, kind="stable")
    total = len(report.categories)
    shades = to_rgba_array([_shade(kind, total) for kind in range(total + 1)])[kinds[order]]
    x, y = residents.geometry.x.to_numpy()[order], residents.geometry.y.to_numpy()[order]
    axes.scatter(x, y, s=8, c=shades, linewidths=0, zorder=3)


def _shade(kinds: int, total: int) -> str:
    place = 0 if total == 0 else round(kinds / total * (len(COLOURS) - 1))
    return COLOURS[place]


def _facilities(axes: Any, tables: Tables) -> None:
    counted = tables.facilities[tables.facilities["is_counted"].astype(bool)]
    axes.scatter(
        counted.geometry.x,
        counted.geometry.y,
        s=14,
        marker="^",
        facecolors="none",
        edgecolors=_INK,
        linewidths=0.6,
        zorder=4,
    )


def _names(axes: Any, report: Report, font: FontProperties) -> None:
    """Write each township's name above the middle of its people, or below where another name stands there already."""
    homes = report.tables.residents
    (west, east), (south, north) = axes.get_xlim(), axes.get_ylim()
    placed: list[tuple[float, float]] = []
    for row in sorted(report.matrix, key=lambda item: item.code)[:_NAMES_MAX]:
        own = homes[homes["township_code"] == row.code].geometry
        if not len(own):
            continue
        x, y = float(own.x.median()), float(own.y.median())
        is_free = all(abs(x - a) > 0.07 * (east - west) or abs(y - b) > 0.04 * (north - south) for a, b in placed)
        placed.append((x, y))
        axes.annotate(
            text.short(row.name, report.lang, most=12), (x, y), xytext=(0, 9 if is_free else -9), textcoords="offset points",
            ha="center", va="bottom" if is_free else "top", fontproperties=font, fontsize=7.5, color=_INK, zorder=5, parse_math=False,
        )  # fmt: skip


def _legend(axes: Any, report: Report, font: FontProperties) -> None:
    total = len(report.categories)
    handles = [
        Line2D(
            [],
            [],
            marker="o",
            linestyle="",
            markersize=4.5,
            color=_shade(kinds, total),
            label=report.word("map_kinds", count=kinds),
        )
        for kinds in range(total + 1)
    ]
    label = report.word("map_facility")
    handles.append(
        Line2D(
            [], [], marker="^", linestyle="", markersize=4.5, markerfacecolor="white", markeredgecolor=_INK, label=label
        )
    )
    legend = axes.legend(
        handles=handles, title=report.word("map_legend", limit=report.limit), prop=font, loc="lower left", ncols=3, framealpha=0.9,
        edgecolor="#B9C2CA", borderpad=0.6, handletextpad=0.3, columnspacing=1.0,
    )  # fmt: skip
    legend.get_title().set_fontproperties(font)
    for item in (*legend.get_texts(), legend.get_title()):
        item.set_fontsize(7.5)


def _scale(axes: Any, report: Report, font: FontProperties, shrink: float) -> None:
    """Draw a scale bar of a round length, north, and what the map may be used for."""
    west, east = axes.get_xlim()
    km = (east - west) * shrink * 111.32
    length = _round_length(km / 5)
    width = length / 111.32 / shrink / (east - west)
    transform = axes.transAxes
    axes.plot(
        [0.97 - width, 0.97],
        [0.045, 0.045],
        color=_INK,
        linewidth=2,
        transform=transform,
        zorder=6,
        solid_capstyle="butt",
    )
    options: dict[str, Any] = {
        "transform": transform,
        "fontproperties": font,
        "color": _INK,
        "zorder": 6,
        "parse_math": False,
    }
    axes.text(
        0.97 - width / 2,
        0.06,
        report.word("map_km", count=f"{length:g}"),
        ha="center",
        va="bottom",
        fontsize=7,
        **options,
    )
    number = report.area.map.review_number
    line = report.word("map_review", number=text.visible(number)) if number else report.word("map_internal")
    axes.text(0.98, 0.012, line, ha="right", va="bottom", fontsize=6.5, **options)
    axes.text(0.97, 0.955, report.word("map_north"), ha="center", va="bottom", fontsize=8, **options)
    arrow = {"arrowstyle": "-|>", "color": _INK, "linewidth": 1.0}
    axes.annotate("", xy=(0.97, 0.955), xytext=(0.97, 0.87), xycoords=transform, arrowprops=arrow, zorder=6)
    if report.is_demonstration:
        mark = report.word("demonstration")
        axes.text(0.02, 0.97, mark, ha="left", va="top", fontsize=10, **{**options, "color": "#9A3412"})


def _round_length(km: float) -> float:
    """Return the largest of 1, 2, 5 × 10ⁿ that is no longer than ``km``."""
    scale = 10.0 ** math.floor(math.log10(max(km, 1e-6)))
    return float(max(step * scale for step in (1, 2, 5) if step * scale <= km * (1 + 1e-9)))
