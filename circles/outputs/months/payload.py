"""The months as the data block of ``months.html``."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from circles.analysis.compare import unit_of
from circles.analysis.coverage import shown_percent
from circles.analysis.months import CAUSES, Book, Cell, Event, Month, Shapes, cells, events
from circles.foundation import words
from circles.foundation.limits import reached
from circles.foundation.schema.tables import ALL, Verdict
from circles.foundation.words import Lang
from circles.outputs.stated import whole_name
from circles.outputs.statement import SYMBOLS

_STEP_DEG = 1e-5
_MOST_DOTS = 1_200_000
"""Signs for dots of all months and kinds; beyond it the map shows townships and places alone."""
_PAGE = (
    "township", "county", "row", "month", "before_after", "change", "line", "verdict", "nothing", "first", "changes_row", "changes_month",
    "no_events", "map_label", "cell_label", "measure", "target", "reported", "computed",
)  # fmt: skip
_VERDICTS = ("met", "not_met", "no_data", "no_rule", "exempt")


@dataclass(frozen=True)
class Measured:
    """A measure of the plan: what units reported by period, and what the map computed, by month (None = nothing)."""

    name: str
    target: str
    reported: tuple[tuple[str, str], ...]
    computed: tuple[str | None, ...]


def payload(book: Book, measured: Iterable[Measured], lang: Lang) -> dict[str, Any]:
    """Return everything that the page shows."""
    months = book.months
    last = months[-1].state
    rows = cells(months)
    towns = list(dict.fromkeys((row.township_code, row.township) for row in rows))
    kinds = list(dict.fromkeys(row.category for row in rows))
    names = {c: name for month in months for c, name in month.state.headings.items()}
    area = str(last.run.get("area_name", last.run["area"]))
    happened = [[], *(events(a, b) for a, b in itertools.pairwise(months))]
    shapes = list(dict.fromkeys(_shape_key(month.shapes) for month in months))
    spots = _Spots(months, kinds)
    used = {
        cause for row in rows for step in row.steps if step for cause, part in step.parts.items() if abs(part) > 1e-12
    }
    return {
        "area": area, "unit": unit_of(last, lang),
        "townships": [{"code": code, "name": whole_name(area, lang) if code == ALL else name} for code, name in towns],
        "kinds": [{"id": kind, "name": names[kind], "base": _base(kind, rows, lang)} for kind in kinds],
        "causes": [
            {"id": cause, "name": words.text(f"months.cause_{cause}", lang)}
            for cause in CAUSES
            if cause != "other" or cause in used
        ],
        "cells": [_cell(row, towns, kinds) for row in rows],
        "months": [
            {
                "as_of": month.as_of.isoformat(), "shapes": shapes.index(_shape_key(month.shapes)),
                "differs": [
                    words.text("months.differs", lang, name=name, before=a, after=b) for name, a, b in month.differs
                ],
                "events": [_sentence(event, names, dict(towns), month, lang) for event in happened[at]],
                "places": spots.places(at, {event.id for event in happened[at]}),
                "reach": spots.reach(at),
            }
            for at, month in enumerate(months)
        ],
        "signs": {verdict: SYMBOLS[Verdict(verdict)] for verdict in _VERDICTS},
        "map": spots.ground([next(m.shapes for m in months if _shape_key(m.shapes) == key) for key in shapes]),
        "ledger": [
            {"name": one.name, "target": one.target, "reported": [list(p) for p in one.reported], "computed": list(one.computed)}
            for one in measured
        ],
        "words": {key: words.text(f"months.{key}", lang) for key in _PAGE}
        | {f"verdict_{v}": _verdict(v, months[-1], lang) for v in _VERDICTS},
    }  # fmt: skip


def _base(kind: str, rows: Iterable[Cell], lang: Lang) -> str:
    """Return whose shares a kind's column holds, as they stand in the last month."""
    groups = dict.fromkeys(row.group[-1] for row in rows if row.category == kind and row.group[-1])
    return words.listed((words.group(group, lang) for group in groups), lang)


def _cell(row: Cell, towns: list[tuple[str, str]], kinds: list[str]) -> dict[str, Any]:
    steps = [
        None if step is None else {
            "change": _number(step.change), "line": _number(step.line),
            "parts": {cause: _number(part) for cause, part in step.parts.items() if part},
        }
        for step in row.steps
    ]  # fmt: skip
    return {
        "town": towns.index((row.township_code, row.township)), "kind": kinds.index(row.category),
        "value": [_number(v) for v in row.value],
        "text": [_text(v, bar) for v, bar in zip(row.value, row.threshold, strict=True)], "threshold": [_number(v) for v in row.threshold],
        "verdict": list(row.verdict), "steps": steps,
    }  # fmt: skip


def _number(value: float) -> float | None:
    """Return a share as the page holds it: twelve decimals; None where it is none."""
    return None if math.isnan(value) else round(value, 12) + 0.0


def _text(value: float, threshold: float) -> str:
    """Return a share as every product shows it, never across its threshold."""
    return shown_percent(None if math.isnan(value) else value, None if math.isnan(threshold) else threshold)


def _verdict(verdict: str, month: Month, lang: Lang) -> str:
    from circles.analysis.compare import verdict_word  # noqa: PLC0415 - beside the other imports of that room

    return verdict_word(verdict, month.state, lang)


def _sentence(event: Event, names: Mapping[str, str], towns: Mapping[str, str], month: Month, lang: Lang) -> str:
    values = {
        "id": event.id, "name": event.name or event.id, "kind": "+".join(names.get(part, part) for part in event.category.split("+")),
        "town": towns.get(event.township_code, event.township_code),
    }  # fmt: skip
    if event.kind == "verdict":
        before, after = (_verdict(v, month, lang) for v in (event.before, event.after))
        why = words.text(f"compare.told_{event.why}", lang)
        return words.text("months.event_verdict", lang, before=before, after=after, why=why, **values)
    day = words.text("months.opened_on", lang, day=event.opened_on) if event.opened_on else ""
    return words.text(f"months.event_{event.kind}", lang, day=day, **values)


def _shape_key(shapes: Shapes) -> str:
    return "".join(
        [*(f"{c}{g.wkb_hex}" for c, g in sorted(shapes.townships.items())), *(g.wkb_hex for g in shapes.land)]
    )


class _Spots:
    """Places and people of all months on one grid of whole numbers, a metre wide."""

    def __init__(self, months: tuple[Month, ...], kinds: list[str]) -> None:
        self._months, self._kinds = months, kinds
        every = [m.state.residents[["x", "y"]].to_numpy(dtype=np.float64) for m in months]
        every += [m.state.facilities[["x", "y"]].to_numpy(dtype=np.float64) for m in months]
        every += [shapely.get_coordinates([*m.shapes.townships.values(), *m.shapes.land]) for m in months]
        xy = np.concatenate(every)
        xy = xy[np.isfinite(xy).all(axis=1)]
        self._low = xy.min(axis=0) if len(xy) else np.zeros(2)
        self._middle = float(xy[:, 1].mean()) if len(xy) else 0.0
        rows = [
            list(zip(m.state.residents["id"].astype(str), *self._whole(m.state.residents).T.tolist(), strict=True))
            for m in months
        ]
        self._points = {row: at for at, row in enumerate(dict.fromkeys(row for part in rows for row in part))}
        self._rows = rows
        self._shows_dots = len(self._points) * len(months) * len(kinds) <= _MOST_DOTS

    def _whole(self, frame: Any) -> np.ndarray[Any, Any]:
        return np.asarray(self.whole(frame[["x", "y"]].to_numpy(dtype=np.float64)))

    def whole(self, xy: Any) -> Any:
        """Return degrees as whole steps from the corner."""
        return np.rint(np.nan_to_num((np.asarray(xy) - self._low) / _STEP_DEG)).astype(np.int64)

    def reach(self, at: int) -> list[str]:
        """Return, per kind, one sign per point: 0 nobody there, 1 not reached, 2 reached; none where there are too many."""
        if not self._shows_dots:
            return []
        state = self._months[at].state
        place = np.array([self._points[row] for row in self._rows[at]], dtype=np.int64)
        out = []
        for kind in self._kinds:
            own = state.access[state.access["category"] == kind].set_index("resident_id")["minutes"]
            minutes = own.reindex(state.residents["id"]).to_numpy(dtype=np.float64, na_value=np.nan)
            signs = np.full(len(self._points), "0")
            signs[place] = np.where(reached(minutes, state.limit_min), "2", "1")
            out.append("".join(signs.tolist()))
        return out

    def places(self, at: int, fresh: set[str]) -> list[list[int]]:
        """Return ``x, y, kind, counts, is new`` of every facility."""
        frame = self._months[at].state.facilities
        counts = frame["is_counted"].astype(bool)
        return [
            [x, y, self._kinds.index(kind), int(is_counted), int(id_ in fresh)]
            for (x, y), kind, is_counted, id_ in zip(
                self._whole(frame).tolist(), frame["category"].astype(str), counts, frame["id"].astype(str), strict=True
            )
            if kind in self._kinds
        ]

    def ground(self, shapes: list[Shapes]) -> dict[str, Any]:
        """Return outlines and points."""
        land = [[ring for shape in one.land for ring in self._rings(shape)] for one in shapes]
        towns = [{code: self._rings(shape) for code, shape in sorted(one.townships.items())} for one in shapes]
        points = list(self._points) if self._shows_dots else []
        flat = [value for rings in land for ring in rings for value in ring] or [0, 0]
        for one in towns:
            flat += [value for rings in one.values() for ring in rings for value in ring]
        box = [min(flat[::2]), min(flat[1::2]), max(flat[::2]), max(flat[1::2])]
        return {
            "land": land, "townships": towns, "residents": [value for _, x, y in points for value in (x, y)], "box": box,
            "shrink": round(math.cos(math.radians(self._middle)), 6),
        }  # fmt: skip

    def _rings(self, shape: shapely.Geometry) -> list[list[int]]:
        parts = [part for part in shapely.get_parts(shape) if part.geom_type == "Polygon"]
        rings = [ring for part in parts for ring in (part.exterior, *part.interiors)]
        return [self.whole(shapely.get_coordinates(ring)[:-1]).ravel().tolist() for ring in rings]
