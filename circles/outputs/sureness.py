"""How sure the verdicts are, in words: for the terminal, the brief and the workbook."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from circles.analysis.coverage import shown_percent
from circles.analysis.results import Tables
from circles.foundation import words
from circles.foundation.schema.doubts import Confidence
from circles.foundation.schema.tables import Verdict
from circles.foundation.words import Lang
from circles.outputs.blocks import COUNT, NUMBER, SHARE, Block, Column, Share, Sheet, of_measure
from circles.outputs.report import Report

_ITEMS_MAX = 3


@dataclass(frozen=True)
class Sure:
    """One verdict with how sure it is."""

    code: str
    town: str
    rule: str
    category: str
    measure: str
    verdict: str
    status: str
    word: str
    p_met: float
    error: float
    spread: tuple[float, float, float]
    decides: str
    share: float
    items: tuple[str, ...]


def verdicts(tables: Tables, lang: Lang) -> list[Sure]:
    """Return the verdicts with how sure they are, in the order of ``certainty``; none without runs."""
    if tables.certainty.empty:
        return []
    check = tables.check.set_index(["township_code", "rule_id"])
    known = tables.certainty_shares.drop_duplicates(["township_code", "rule_id"])
    known = known.set_index(["township_code", "rule_id"])
    asked: dict[tuple[str, str], list[str]] = {}
    for row in tables.survey.to_dict("records"):
        asked.setdefault((row["township_code"], row["rule_id"]), []).append(item(row, lang))
    found = []
    for row in tables.certainty.to_dict("records"):
        key = row["township_code"], row["rule_id"]
        own = check.loc[key]
        has = key in known.index
        found.append(
            Sure(
                key[0], row["township"], key[1], str(own["category"]), str(own["measure"]), str(own["verdict"]),
                str(own["rule_status"]),
                str(known.loc[key, "confidence"]) if has else str(Confidence.HIGH), float(row["p_met"]),
                float(known.loc[key, "p_met_se"]) if has else math.nan,
                (row["value_p05"], row["value_p50"], row["value_p95"]), row["decides"], float(row["decides_share"]),
                tuple(asked.get(key, ())[:_ITEMS_MAX]),
            )
        )  # fmt: skip
    return found


def item(row: dict[Any, Any], lang: Lang) -> str:
    """Return what is to be surveyed, in words."""
    metres = row["metres"]
    shown = f"{metres:.0f}" if math.isfinite(metres) else "–"
    return words.text(f"sure.kind_{row['kind']}", lang, name=row["name"], metres=shown)


def summary(tables: Tables, lang: Lang) -> str:
    """Return how many verdicts are how sure, after how many runs."""
    all_of_them = verdicts(tables, lang)
    counts = {str(word): sum(one.word == word for one in all_of_them) for word in Confidence}
    worst = max((one.error for one in all_of_them if math.isfinite(one.error)), default=0.0)
    draws = int(tables.certainty["draws"].iloc[0])
    return words.text(
        "sure.summary", lang, n=len(all_of_them), draws=f"{draws:,}", points=f"{worst * 100:.1f}", **counts
    )


def in_doubt(tables: Tables, lang: Lang) -> list[Sure]:
    """Return the verdicts that are not of high confidence, the least sure first."""
    unsure = [one for one in verdicts(tables, lang) if one.word != Confidence.HIGH]
    return sorted(unsure, key=lambda one: abs(one.p_met - 0.5) if math.isfinite(one.p_met) else 1.0)


def sentence(report: Report, one: Sure) -> str:
    """Return one verdict with its probability, what decides it, and what to check."""
    lang = report.lang
    judged, met = report.judged(one.verdict, [one.status]), report.judged(Verdict.MET, [one.status])
    text = words.text(
        "sure.sentence" if one.decides != "nothing" else "sure.sentence_nothing", lang, town=one.town,
        rule=report.rule_names.get(one.rule, ""),
        verdict=report.stated.word(judged.word), met=report.stated.word(met.word),
        word=words.text(f"sure.confidence_{one.word}", lang), p=shown_percent(one.p_met),
        source=words.text(f"sure.source_{one.decides}", lang),
    )  # fmt: skip
    if one.word == Confidence.TO_CHECK and one.items:
        text += words.text("sure.to_check", lang, items=words.text("sure.comma", lang).join(one.items))
    return text


def lines(tables: Tables, lang: Lang) -> str:
    """Return what the terminal shows: the counts, then a line per verdict that is not of high confidence."""
    report = Report(tables, lang)
    return "\n".join([summary(tables, lang), *(f"  {sentence(report, one)}" for one in in_doubt(tables, lang))])


def sheets(report: Report) -> Iterator[Sheet]:
    """Yield the workbook's sheets: how sure each verdict is and what decides it, and what to survey."""
    if report.tables.certainty.empty:
        return
    yield _certainty(report)
    if len(report.tables.survey):
        yield _survey(report)


def _certainty(report: Report) -> Sheet:
    def word(key: str) -> str:
        return words.text(f"sure.{key}", report.lang)

    columns = (
        Column(report.word("township")), Column(report.word("check_rule")), Column(report.word("verdict")),
        Column(word("col_confidence")), Column(word("col_p_met"), SHARE), Column(word("col_se"), SHARE),
        Column(word("col_p05"), NUMBER), Column(word("col_p50"), NUMBER), Column(word("col_p95"), NUMBER),
        Column(word("col_decides")), Column(word("col_share"), SHARE), Column(word("col_check")),
    )  # fmt: skip
    rows: list[tuple[Any, ...]] = []
    for one in verdicts(report.tables, report.lang):
        spread = [of_measure(value, one.measure) for value in one.spread]
        rows.append(
            (
                one.town, report.rule_names.get(one.rule, ""), report.judged(one.verdict, [one.status]), word(f"confidence_{one.word}"), one.p_met, one.error, *spread,
                word(f"source_{one.decides}"), one.share, word("comma").join(one.items),
            )
        )  # fmt: skip
    sure = report.area.sure
    draws = int(report.tables.certainty["draws"].iloc[0])
    note = words.text(
        "sure.sheet_note", report.lang, draws=f"{draws:,}", high=shown_percent(sure.high), fair=shown_percent(sure.fair)
    )
    return Sheet(word("sheet"), (Block(columns, rows), _shares(report)), note, is_wide=True)


def _shares(report: Report) -> Block:
    """Return the total shares: one row per verdict, one column per source."""
    table = report.tables.certainty_shares
    sources = list(dict.fromkeys(table["source"]))
    names = dict(zip(report.tables.certainty["township_code"], report.tables.certainty["township"], strict=True))
    columns = (
        Column(report.word("township")), Column(report.word("check_rule")),
        *(Column(words.text(f"sure.source_{source}", report.lang), SHARE) for source in sources),
    )  # fmt: skip
    rows = []
    for (code, rule), part in table.groupby(["township_code", "rule_id"], sort=False):
        total = part.set_index("source")["total"]
        rows.append((names[code], report.rule_names.get(str(rule), ""), *(float(total[source]) for source in sources)))
    return Block(columns, rows, words.text("sure.caption_shares", report.lang))


def _survey(report: Report) -> Sheet:
    from circles.analysis.certainty import places_to_visit  # noqa: PLC0415 - it needs numba, the documents' clerk does not

    def word(key: str) -> str:
        return words.text(f"sure.{key}", report.lang)

    visit = places_to_visit(report.tables.survey)
    places = Block(
        (
            Column(word("col_item")), Column(word("col_gain"), SHARE), Column(word("col_verdicts"), COUNT),
            Column(word("col_lon"), NUMBER), Column(word("col_lat"), NUMBER),
        ),
        [
            (item(row, report.lang), row["gain"], row["verdicts"], row["lon"], row["lat"])
            for row in visit.to_dict("records")
        ],
        word("caption_places"),
    )  # fmt: skip
    each = Block(
        (
            Column(report.word("township")), Column(report.word("check_rule")), Column(word("col_item")),
            Column(word("col_now"), SHARE), Column(word("col_gain"), SHARE),
        ),
        [
            (
                row["township"], report.rule_names.get(row["rule_id"], ""), item(row, report.lang),
                Share(row["certainty_now"]), Share(row["gain"]),
            )
            for row in report.tables.survey.to_dict("records")
        ],
        word("caption_items"),
    )  # fmt: skip
    return Sheet(word("sheet_survey"), (places, each), word("survey_note"))
