"""``circles register``: the register of facilities, complete, fresh, compared with its last edition, imported."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from circles.cli.console import EXIT_STRICT, LangOption, aligned, out, reporting, say, spoken
from circles.cli.spoken import SpokenGroup
from circles.foundation import nearest_word, words
from circles.foundation.words import Lang

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

    from circles.area import Area
    from circles.foundation.errors import Finding
    from circles.inputs.register import Mapping, Register


def _help(name: str) -> str:
    return words.text(f"register.{name}", "zh")


register_app = typer.Typer(cls=SpokenGroup, no_args_is_help=True)
Format = Literal["table", "csv", "json"]
Form = Annotated[Format, typer.Option("--format", help=words.text("cli.help_format", "zh"))]
Outside = Annotated[bool, typer.Option("--allow-outside", help=words.text("cli.help_outside", "zh"))]
AreaOption = Annotated[Path | None, typer.Option("--area", metavar="AREA.toml", help=_help("help_area"))]
MappingOption = Annotated[Path | None, typer.Option("--mapping", metavar="MAP.toml", help=_help("help_mapping"))]
_COLUMNS = (
    "township", "category", "kind", "reported_by", "expected", "registered", "missing", "surplus", "share", "undated",
    "stale", "incomplete",
)  # fmt: skip


@register_app.command(help=_help("help_check"))
def check(
    register: Annotated[Path | None, typer.Argument(metavar="REGISTER", help=_help("help_register"))] = None,
    area: AreaOption = None,
    mapping: MappingOption = None,
    expected: Annotated[Path | None, typer.Option("--expected", metavar="FILE", help=_help("help_expected"))] = None,
    max_age_days: Annotated[int | None, typer.Option("--max-age-days", min=0, help=_help("help_age"))] = None,
    require: Annotated[str, typer.Option("--require", metavar="FIELDS", help=_help("help_require"))] = "",
    form: Form = "table",
    strict: Annotated[bool, typer.Option("--strict", help=_help("help_strict"))] = False,
    allow_outside: Outside = False,
    lang: LangOption = "zh",
) -> None:
    """Print how complete and how fresh the register is, per township, kind and reporting unit."""
    speech = spoken(lang)
    with reporting(speech):
        import circles  # noqa: PLC0415 - help and mistyped options answer at once
        from circles.inputs import register as registers  # noqa: PLC0415

        fields = _fields(require)
        loaded = circles.load_area(area, allow_outside=allow_outside)
        edition = _edition(register, loaded, mapping)
        wanted, notes = registers.read_expected(expected, loaded) if expected is not None else (None, ())
        checked = registers.check(
            edition.facilities, townships=_townships(loaded), as_of=loaded.as_of, counts_examples=loaded.demonstration,
            expected=wanted, max_age_days=max_age_days, required=fields,
        )  # fmt: skip
        found = [*edition.findings, *notes, *checked.findings]
        if form == "csv":
            _print_csv(checked.completeness)
        elif form == "json":
            parts = {"completeness": checked.completeness, "entries": checked.entries, "missing": checked.missing}
            _print_json(parts, found, speech, demonstration=loaded.demonstration)
        else:
            out(aligned(_completeness_rows(checked.completeness, loaded, speech)))
            _print_findings(found, speech)
        _say_total(checked.completeness, speech)
        if strict and not checked.is_complete_and_fresh:
            raise SystemExit(EXIT_STRICT)


@register_app.command(help=_help("help_compare"))
def compare(
    before: Annotated[Path, typer.Argument(metavar="BEFORE", help=_help("help_before"))],
    after: Annotated[Path, typer.Argument(metavar="AFTER", help=_help("help_after"))],
    area: AreaOption = None,
    mapping: MappingOption = None,
    mapping_before: Annotated[
        Path | None, typer.Option("--mapping-before", metavar="MAP.toml", help=_help("help_mapping_before"))
    ] = None,
    moved_m: Annotated[float, typer.Option("--moved-m", min=0, help=_help("help_moved"))] = 10.0,
    same_place_m: Annotated[float, typer.Option("--same-place-m", min=0, help=_help("help_place"))] = 30.0,
    every: Annotated[bool, typer.Option("--all", help=_help("help_all"))] = False,
    form: Form = "table",
    allow_outside: Outside = False,
    lang: LangOption = "zh",
) -> None:
    """Print what is new, reopened, changed, closed and gone between two editions."""
    speech = spoken(lang)
    with reporting(speech):
        import circles  # noqa: PLC0415
        from circles.inputs import register as registers  # noqa: PLC0415

        loaded = circles.load_area(area, allow_outside=allow_outside)
        new = _edition(after, loaded, mapping)
        old = _edition(before, loaded, mapping_before or mapping)
        towns = _townships(loaded)
        compared = registers.compare(
            old.facilities, new.facilities, crs=loaded.crs, townships=towns, moved_m=moved_m, same_place_m=same_place_m
        )
        found = [*old.findings, *new.findings, *compared.findings]
        shown = compared.differences if every else compared.differences[compared.differences["change"] != "same"]
        if form == "csv":
            _print_csv(shown)
        elif form == "json":
            _print_json({"summary": compared.summary, "differences": shown}, found, speech)
        else:
            out(aligned(_difference_rows(shown, loaded, towns, speech)))
            _print_findings(found, speech)
        total = compared.summary.iloc[-1]
        counts = {name: int(total[name]) for name in registers.CHANGES}
        say(words.text("register.compared", speech, before=old.n_rows, after=new.n_rows, **counts))


@register_app.command("import", help=_help("help_import"))
def import_(
    export: Annotated[Path, typer.Argument(metavar="EXPORT", help=_help("help_export"))],
    mapping: Annotated[Path, typer.Option("--mapping", metavar="MAP.toml", help=_help("help_mapping"))],
    file: Annotated[Path, typer.Option("--out", metavar="FILE.csv", help=_help("help_out"))],
    area: AreaOption = None,
    allow_outside: Outside = False,
    lang: LangOption = "zh",
) -> None:
    """Turn an export into a table of facilities: every row is written, or left out by the mapping, or an error."""
    speech = spoken(lang)
    with reporting(speech):
        import circles  # noqa: PLC0415
        from circles.foundation import errors  # noqa: PLC0415
        from circles.outputs.files import csv_text  # noqa: PLC0415

        if file.exists():
            raise errors.CallError(errors.error("register-out-exists", file.name, path=str(file)))
        edition = _edition(export, circles.load_area(area, allow_outside=allow_outside), mapping)
        table = edition.facilities.drop(columns=["geometry", "file", "row", "island", "is_counted"]).round(
            {"lon": 7, "lat": 7}
        )
        _write(file, csv_text(table))
        _print_findings(list(edition.findings), speech, to_stderr=True)
        counts = {"rows": edition.n_rows, "written": len(table), "skipped": len(edition.skipped), "file": str(file)}
        say(words.text("register.imported", speech, **counts))


def _edition(register: Path | None, area: Area, mapping: Path | None) -> Register:
    """Return an edition of the register; without a file the facilities that the area names."""
    from circles.inputs import register as registers  # noqa: PLC0415

    how: Mapping | None = registers.load_mapping(mapping) if mapping is not None else None
    return registers.of_area(area) if register is None else registers.read_register(register, area, mapping=how)


def _townships(area: Area) -> dict[str, str]:
    from circles.inputs.readers.polygons import read_townships  # noqa: PLC0415

    table, _ = read_townships(area)
    return dict(zip(table["code"], table["name"], strict=True)) or {area.id: area.name}


def _fields(text: str) -> list[str]:
    """Return the fields that must not be empty.

    Raises
    ------
    CallError
        A field that the table of facilities does not have.
    """
    from circles.foundation import errors  # noqa: PLC0415
    from circles.foundation.schema.tables import TABLES  # noqa: PLC0415

    valid = [
        name for name in TABLES["facilities"].names if name not in ("geometry", "file", "row", "is_counted", "island")
    ]
    names = [part.strip() for part in text.replace("，", ",").split(",") if part.strip()]
    strange = [name for name in names if name not in valid]
    if strange:
        raise errors.CallError(
            [
                errors.error(
                    "register-field-unknown",
                    "--require",
                    value=n,
                    near=nearest_word.near(n, valid),
                    valid=", ".join(valid),
                )
                for n in strange
            ]
        )
    return names


def _write(file: Path, text: str) -> None:
    """Write a file atomically."""
    from circles.foundation import atomic, errors  # noqa: PLC0415

    try:
        atomic.write_file(file, text.encode("utf-8-sig"))
    except OSError as e:
        raise errors.CallError(
            errors.error("out-not-written", file.name, path=str(file), detail=e.strerror or str(e))
        ) from e


def _print_csv(table: pd.DataFrame) -> None:
    from circles.outputs.files import csv_text  # noqa: PLC0415

    out(csv_text(table).rstrip("\n"))


def _print_json(parts: dict[str, pd.DataFrame], found: list[Finding], lang: Lang, **marks: bool) -> None:
    from circles.foundation.schema.tables import findings_frame  # noqa: PLC0415

    tables = parts | {"findings": findings_frame(found, lang)}
    content = marks | {name: json.loads(table.to_json(orient="records")) for name, table in tables.items()}
    out(json.dumps(content, ensure_ascii=False, indent=2))


def _print_findings(found: Iterable[Finding], lang: Lang, *, to_stderr: bool = False) -> None:
    for item in sorted(found, key=lambda f: ("error", "warning", "info").index(f.severity)):
        (say if to_stderr else out)(item.line(lang))


def _completeness_rows(table: pd.DataFrame, area: Area, lang: Lang) -> list[list[str]]:
    """Return the cells of the completeness as a terminal shows them, with its header."""
    names = {c.id: c.title for c in area.categories}
    rows = [[words.text(f"register.column_{name}", lang) for name in _COLUMNS]]
    anything = words.text("register.any", lang)
    for row in table.to_dict("records"):
        is_all = row["township_code"] == "ALL"
        town = words.text("register.all", lang) if is_all else row["township"] or row["township_code"] or anything
        blank = "" if is_all else anything
        category = names.get(row["category"], row["category"]) or blank
        texts = [town, category, row["kind"] or ("" if is_all else "–"), row["reported_by"] or ("" if is_all else "–")]
        rows.append([str(text) for text in texts] + [_number(name, row[name]) for name in _COLUMNS[4:]])
    return rows


def _number(name: str, value: Any) -> str:
    from circles.analysis.coverage import shown_percent  # noqa: PLC0415

    if value is None or value != value:  # noqa: PLR0124 - NaN
        return "–"
    return shown_percent(float(value)) if name == "share" else f"{value:g}"


def _difference_rows(table: pd.DataFrame, area: Area, towns: dict[str, str], lang: Lang) -> list[list[str]]:
    names = {c.id: c.title for c in area.categories}
    head = ("change", "township", "category", "id", "name", "detail")
    rows = [[words.text(f"register.column_{name}", lang) for name in head]]
    for row in table.to_dict("records"):
        detail = [_aspect(aspect, row, names, towns, lang) for aspect in row["aspects"].split("+") if aspect]
        change = words.text(f"register.change_{row['change']}", lang)
        town, kind = towns.get(row["township_code"], row["township_code"]), names.get(row["category"], row["category"])
        own = (row["id"] or row["id_before"], row["name"] or row["name_before"])
        rows.append([change, town, kind, *map(str, own), "；".join(detail)])
    return rows


def _aspect(aspect: str, row: dict[Any, Any], names: dict[str, str], towns: dict[str, str], lang: Lang) -> str:
    column = {"renamed": "name", "resized": "capacity", "recategorised": "category", "other_township": "township_code"}
    own = {"renumbered": "id", "other_status": "status"} | column
    if aspect == "moved":
        return words.text("register.aspect_moved", lang, metres=f"{row['metres']:.0f}")

    def shown(value: Any) -> str:
        if value is None or value != value or value == "":  # noqa: PLR0124 - NaN
            return words.text("register.unknown", lang)
        if aspect == "other_status":
            return words.text(f"report.status_{value}", lang)
        return f"{value:g}" if isinstance(value, float) else names.get(value, towns.get(value, str(value)))

    values = {"before": shown(row[f"{own[aspect]}_before"]), "after": shown(row[own[aspect]])}
    return words.text(f"register.aspect_{aspect}", lang, **values)


def _say_total(table: pd.DataFrame, lang: Lang) -> None:
    total = table.iloc[-1]
    counts = {name: int(total[name]) for name in ("registered", "undated", "stale", "incomplete")}
    if total["share"] != total["share"]:
        say(words.text("register.counted", lang, **counts))
        return
    there = f"{total['expected'] - total['missing']:g}"
    say(
        words.text(
            "register.complete", lang, expected=f"{total['expected']:g}", there=there,
            share=_number("share", total["share"]), **counts,
        )
    )  # fmt: skip
