"""Pictures for documents, drawn by matplotlib: the same tables give the same bytes."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.lines import Line2D

from circles.analysis.results import Tables
from circles.foundation.limits import reached
from circles.foundation.words import Lang
from circles.outputs import text
from circles.outputs.blocks import kinds_word
from circles.outputs.fonts import drawable, font, use_chinese_font
from circles.outputs.map.frames import frames
from circles.outputs.report import Report
from circles.outputs.statement import BELOW_COLOURS

_NAMES_MAX = 40
_MARGIN = 0.06
_SIGN = 0.05
"""No sign is wider than this share of the smallest frame."""
_ACROSS, _FOOT_IN = 4, 0.62
_WIDTH_IN, _DPI = 6.2, 200
_RATIO_MIN, _RATIO_MAX = 0.5, 1.1
_LAND, _LAND_EDGE, _SEA, _INK = "#E9E6DF", "#B9B2A4", "#F4F8FB", "#22303C"
_WARN = "#7f2704"
__all__ = ["county_map", "kinds_reached", "use_chinese_font"]


def county_map(tables: Tables, *, lang: Lang = "zh") -> bytes:
    """Return a PNG of the area, a frame per island: every residents' point coloured by the kinds of service within its limit.

    Longitudes are shortened by the cosine of the middle latitude. Points lie in the order of the residents, those
    that lack most on top. An area of one island, or of none, is one frame.
    """
    report = Report(tables, lang)
    parts = frames(tables)
    boxes = [(" · ".join(part["islands"][:2]), _padded(part["box"])) for part in parts] or [("", _extent(tables))]
    rows = _rows(len(boxes))
    height = _WIDTH_IN * (_ratio(boxes[0][1]) if len(boxes) == 1 else rows / _ACROSS)
    figure = Figure(figsize=(_WIDTH_IN, height + _FOOT_IN), dpi=_DPI, facecolor="white")
    canvas: Any = FigureCanvasAgg(figure)
    letters = font()
    for number, (name, box) in enumerate(boxes):
        axes = figure.add_axes(_place(number, len(boxes), height), facecolor=_SEA)
        _frame(axes, report, box, letters, name=name, is_alone=len(boxes) == 1)
    _legend(figure, report, letters)
    buffer = io.BytesIO()
    canvas.print_png(buffer, metadata={"Software": None})
    return buffer.getvalue()


def _frame(
    axes: Any, report: Report, box: Sequence[float], letters: FontProperties, *, name: str, is_alone: bool
) -> None:
    """Draw one frame: land, people, facilities, names, scale and north."""
    west, south, east, north = box
    shrink = math.cos(math.radians((south + north) / 2))
    size = axes.get_window_extent()
    wanted = size.height / size.width
    wide = max(0.0, (north - south) / wanted / shrink - (east - west)) / 2
    high = max(0.0, (east - west) * shrink * wanted - (north - south)) / 2
    axes.set_xlim(west - wide, east + wide)
    axes.set_ylim(south - high, north + high)
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set(color="#B9C2CA", linewidth=0.6)
    _land(axes, report.tables)
    _people(axes, report)
    _facilities(axes, report.tables)
    if is_alone or report.tables.area.map.boundaries:
        _names(axes, report, letters)
    _scale(axes, report, letters, shrink)
    if name:
        axes.text(
            0.02, 0.97, drawable(text.short(name, report.lang, most=24)), transform=axes.transAxes, ha="left", va="top",
            fontproperties=letters, fontsize=7.5, color=_INK, zorder=7, parse_math=False,
            bbox={"facecolor": "white", "alpha": 0.8, "edgecolor": "none", "pad": 1.0},
        )  # fmt: skip


def _rows(count: int) -> int:
    """Return the rows of a grid in which the first frame is two by two cells large."""
    return 2 if count <= 1 else max(2, math.ceil((count + 3) / _ACROSS))


def _place(number: int, count: int, height: float) -> tuple[float, float, float, float]:
    """Return where a frame stands: left, bottom, width, height as parts of the figure; the legend is below all."""
    foot = _FOOT_IN / (height + _FOOT_IN)
    if count == 1:
        return 0.005, foot, 0.99, 1 - foot - 0.005
    rows = _rows(count)
    cells = [(r, c) for r in range(rows) for c in range(_ACROSS) if not (r < 2 and c < 2)]
    row, column, size = (0, 0, 2) if number == 0 else (*cells[number - 1], 1)
    wide, high = 1 / _ACROSS, (1 - foot) / rows
    return column * wide + 0.003, 1 - (row + size) * high + 0.003, size * wide - 0.006, size * high - 0.006


def _padded(box: Sequence[float]) -> tuple[float, float, float, float]:
    west, south, east, north = box
    size = max(east - west, north - south, 0.004)
    return west - _MARGIN * size, south - _MARGIN * size, east + _MARGIN * size, north + _MARGIN * size


def _ratio(box: Sequence[float]) -> float:
    west, south, east, north = box
    shrink = math.cos(math.radians((south + north) / 2))
    return min(max((north - south) / ((east - west) * shrink), _RATIO_MIN), _RATIO_MAX)


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
        float(middle[0] - half[0]), float(middle[1] - half[1]), float(middle[0] + half[0]), float(middle[1] + half[1])
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
    total = len(report.categories)
    x, y = residents.geometry.x.to_numpy(), residents.geometry.y.to_numpy()
    (west, east), (south, north) = axes.get_xlim(), axes.get_ylim()
    # half a sign beyond the frame still shows; one colour at a time, which matplotlib stamps instead of tracing
    wide, high = _SIGN * (east - west), _SIGN * (north - south)
    is_shown = (x > west - wide) & (x < east + wide) & (y > south - high) & (y < north + high)
    for kind in range(total, -1, -1):
        own = is_shown & (kinds == kind)
        axes.scatter(x[own], y[own], s=8, color=_shade(kind, total), linewidths=0.2, edgecolors="#6b6b6b", zorder=3)


def _shade(kinds: int, total: int) -> str:
    """Return the map's colour of a place by the number of kinds that it lacks."""
    return BELOW_COLOURS[min(total - kinds, len(BELOW_COLOURS) - 1)]


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


def _names(axes: Any, report: Report, letters: FontProperties) -> None:
    """Write each township's name above the middle of its people, or below where another name stands there already."""
    homes = report.tables.residents
    (west, east), (south, north) = axes.get_xlim(), axes.get_ylim()
    placed: list[tuple[float, float]] = []
    for row in sorted(report.matrix, key=lambda item: item.code)[:_NAMES_MAX]:
        own = homes[homes["township_code"] == row.code].geometry
        own = own[own.x.between(west, east) & own.y.between(south, north)] if len(own) else own
        if not len(own):
            continue
        x, y = float(own.x.median()), float(own.y.median())
        is_free = all(abs(x - a) > 0.12 * (east - west) or abs(y - b) > 0.07 * (north - south) for a, b in placed)
        placed.append((x, y))
        axes.annotate(
            drawable(text.short(row.name, report.lang, most=12)), (x, y), xytext=(0, 7 if is_free else -7),
            textcoords="offset points", ha="center", va="bottom" if is_free else "top", fontproperties=letters, fontsize=7,
            color=_INK, zorder=5, parse_math=False, annotation_clip=True,
        )  # fmt: skip


def _legend(figure: Any, report: Report, letters: FontProperties) -> None:
    """Draw below all frames what colours mean, what the picture may be used for, and what its lines are worth."""
    total, word = len(report.categories), report.word
    dot: dict[str, Any] = {"marker": "o", "linestyle": "", "markersize": 4.5}
    handles = [
        Line2D([], [], color=_shade(kinds, total), label=kinds_word(report, "map_kinds", kinds), **dot)
        for kinds in range(total + 1)
    ]
    handles.append(Line2D([], [], marker="^", linestyle="", markersize=4.5, markerfacecolor="white", markeredgecolor=_INK,
                          label=word("map_facility")))  # fmt: skip
    legend = figure.legend(
        handles=handles, prop=letters, loc="lower left", ncols=len(handles),
        frameon=False, borderpad=0.1, handletextpad=0.2, columnspacing=0.9, bbox_to_anchor=(-0.005, -0.008),
    )  # fmt: skip
    for item in legend.get_texts():
        item.set_fontsize(7)
    number = report.area.map.review_number
    lines = [word("map_review", number=text.visible(number)) if number else word("map_internal")]
    if report.area.map.boundaries and len(report.tables.townships):
        lines.append(word("map_boundaries"))
    if report.is_demonstration:
        lines.insert(0, word("demonstration_mark"))
    figure.text(
        0.995, 0.3 * _FOOT_IN / figure.get_figheight(), drawable("　".join(lines)), ha="right", va="bottom", fontproperties=letters, fontsize=6.5, color=_WARN,
        parse_math=False, linespacing=1.35,
    )  # fmt: skip


def _scale(axes: Any, report: Report, letters: FontProperties, shrink: float) -> None:
    """Draw a scale bar of a round length, and north."""
    west, east = axes.get_xlim()
    km = (east - west) * shrink * 111.32
    length = _round_length(km / 4)
    width = length / 111.32 / shrink / (east - west)
    transform = axes.transAxes
    axes.plot(
        [0.97 - width, 0.97], [0.03, 0.03], color=_INK, linewidth=1.6, transform=transform, zorder=6, solid_capstyle="butt"
    )  # fmt: skip
    options: dict[str, Any] = {
        "transform": transform, "fontproperties": letters, "color": _INK, "zorder": 6, "parse_math": False,
    }  # fmt: skip
    axes.text(
        0.97 - width / 2,
        0.045,
        report.word("map_km", count=f"{length:g}"),
        ha="center",
        va="bottom",
        fontsize=6,
        **options,
    )
    axes.text(0.955, 0.905, report.word("map_north"), ha="center", va="bottom", fontsize=6.5, **options)
    arrow = {"arrowstyle": "-|>", "color": _INK, "linewidth": 0.8}
    axes.annotate("", xy=(0.955, 0.9), xytext=(0.955, 0.82), xycoords=transform, arrowprops=arrow, zorder=6)


def _round_length(km: float) -> float:
    """Return the largest of 1, 2, 5 × 10ⁿ that is no longer than ``km``."""
    scale = 10.0 ** math.floor(math.log10(max(km, 1e-6)))
    return float(max(step * scale for step in (1, 2, 5) if step * scale <= km * (1 + 1e-9)))
