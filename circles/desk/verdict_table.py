"""The verdicts of a run as the page shows them: the words, signs and order of every other product, from the files of the run."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass, field
from pathlib import Path

from circles.foundation.words import Lang, text


@dataclass(frozen=True)
class Cell:
    """A township and a kind of service: sign, word and value, and what stood there in the run before."""

    verdict: str
    symbol: str
    word: str
    value: str
    before: str = ""
    is_changed: bool = False


@dataclass(frozen=True)
class Verdicts:
    """All verdicts of a run."""

    kinds: list[str]
    rows: list[tuple[str, list[Cell]]]
    counts: dict[str, int]
    is_demonstration: bool
    counts_points: bool
    words: list[tuple[str, str, str]] = field(default_factory=list)


def verdicts(folder: Path, lang: Lang, before: Path | None = None) -> Verdicts:
    """Return the verdicts of the run in ``folder``, beside those of the run in ``before`` where one is given."""
    run = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    parameters = run["parameters"]
    is_demonstration = bool(parameters.get("demonstration"))
    kinds = [(str(item["id"]), str(item.get("heading") or item["name"])) for item in parameters["categories"]]
    now, towns = _cells(folder, lang, [key for key, _ in kinds], is_demonstration=is_demonstration)
    then: dict[tuple[str, str], Cell] = {}
    if before is not None and (before / "check.csv").is_file():
        then, _ = _cells(before, lang, [key for key, _ in kinds], is_demonstration=is_demonstration)
    columns = [*(key for key, _ in kinds), "overall"]
    rows = [
        (name, [_beside(now.get((code, key)), then.get((code, key)), is_asked=bool(then)) for key in columns])
        for code, name in towns
    ]
    counts: dict[str, int] = {}
    for cell in now.values():
        counts[cell.verdict] = counts.get(cell.verdict, 0) + 1
    heads = [*(name for _, name in kinds), text("cli.overall", lang)]
    return Verdicts(heads, rows, counts, is_demonstration, bool(run.get("counts_points")))


def _cells(
    folder: Path, lang: Lang, kinds: list[str], *, is_demonstration: bool
) -> tuple[dict[tuple[str, str], Cell], list[tuple[str, str]]]:
    """Return township × category → cell, and the townships in the order of the file; the worst rule speaks."""
    from circles.analysis.verdicts import is_share  # noqa: PLC0415 - the analysis is loaded with the first result
    from circles.analysis.verdicts.words import word_key  # noqa: PLC0415 - as above
    from circles.foundation.schema.tables import Verdict  # noqa: PLC0415 - as above
    from circles.outputs.statement import SYMBOLS, WORST_FIRST  # noqa: PLC0415 - as above

    with (folder / "check.csv").open(encoding="utf-8-sig", newline="") as source:
        rows = [row for row in csv.DictReader(source) if row["rule_status"] != "proposed"]
    groups: dict[tuple[str, str], list[dict[str, str]]] = {}
    towns: dict[str, str] = {}
    for row in rows:
        towns.setdefault(row["township_code"], row["township"])
        key = "overall" if row["rule_id"] == "overall" else row["category"]
        if key in kinds or key == "overall":
            groups.setdefault((row["township_code"], key), []).append(row)
    order = [item.value for item in WORST_FIRST]
    found = {}
    for (code, key), own in groups.items():
        first = min(own, key=lambda row: order.index(row["verdict"]) if row["verdict"] in order else len(order))
        verdict = first["verdict"]
        statuses = [row["rule_status"] for row in (own if key != "overall" else rows) if row["rule_status"]]
        word = text(f"statement.{word_key(verdict, statuses, is_demonstration=is_demonstration)}", lang)
        value = (
            _value(first, is_percent=bool(first["measure"]) and is_share(first["measure"])) if key != "overall" else ""
        )
        found[code, key] = Cell(verdict, SYMBOLS.get(Verdict(verdict), "–"), word, value)
    return found, list(towns.items())


def _value(row: dict[str, str], *, is_percent: bool) -> str:
    from circles.analysis.coverage import shown_percent  # noqa: PLC0415 - as above

    if not row["value"]:
        return ""
    value = float(row["value"])
    threshold = float(row["threshold"]) if row["threshold"] else None
    return str(shown_percent(value, threshold)) if is_percent else f"{value:.4g}"


def _beside(now: Cell | None, then: Cell | None, *, is_asked: bool) -> Cell:
    own = now or Cell("no_rule", "–", "", "")
    if then is None or not is_asked:
        return own
    shown = " ".join(part for part in (then.symbol, then.word, then.value) if part)
    is_changed = (own.verdict, own.value) != (then.verdict, then.value)
    return Cell(own.verdict, own.symbol, own.word, own.value, shown if is_changed else "", is_changed)
