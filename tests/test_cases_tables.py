"""Every case of the shared folder ``cases/tables`` is answered as its ``expected.txt`` says."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from pathlib import Path

import pytest

import circles
from circles.foundation.errors import InputError
from circles.inputs import examine, loading

BASE = {"330922100": 900.0, "330922200": 1200.0}
"""People of the two townships of the base area: 9 and 12 points of 100."""


@dataclass(frozen=True)
class Answer:
    """What must be found (``severity code``, in the text where given), and what is right where it runs."""

    found: tuple[tuple[str, str], ...] = ()
    silent: tuple[str, ...] = ()
    population: dict[str, float] | None = None
    capacity: dict[str, float | None] = field(default_factory=dict)
    stops: bool = False


ANSWERS = {
    "cap-floor-area": Answer((("capacity-other-unit", "建筑面积（㎡）"),), capacity={"330922100": None}),
    "code-16-digits": Answer((("code-scientific", "33092210000100"),), stops=True),
    "cover-sheet": Answer((("sheet-other", "设施"),), stops=True),
    "curve-polygon": Answer((("geometry-curves", "CONVERT_TO_LINEAR"),), stops=True),
    "date-null": Answer(population=BASE),
    "datum-ballpark": Answer((("datum-ballpark", "EPSG:2385"),), population=BASE),
    "encoding-ignored-shp": Answer(silent=("encoding-told", "text-garbled"), population=BASE),
    "extra-number-column": Answer((("columns-no-people", "联系电话"), ("columns-no-people", "groups =")), population=BASE),
    "header-datum": Answer((("datum-in-title", "GCJ-02"),), population=BASE),
    "hidden-first-sheet": Answer((("sheet-hidden", "2022旧"),), population=BASE),
    "hidden-row": Answer((("rows-hidden", "4"),), population=BASE),
    "mojibake": Answer((("text-garbled", "甲"),), population=BASE),
    "packed-dms": Answer((("degrees-minutes", "122.4421111"),), stops=True),
    "point-empty-doctor": Answer((("geometry-missing", ""),), stops=True),
    "pop-hu": Answer((("unit-wrong", "35户"),), stops=True),
    "residents-township-name": Answer((("township-other", "330922200"),), population={"330922100": 0.0, "330922200": 2100.0}),
    "same-title-groups": Answer((("column-same-title", "男"), ("column-same-title", "女")), stops=True),
    "status-bracket": Answer((("status-note", "暂停营业"), ("status-note", "2024年3月起停业")), population=BASE),
    "title-over-tsv": Answer((("header-lower", "2"),), population=BASE),
    "totals-with-points": Answer(population={"330922100": 1800.0, "330922200": 2400.0}),
    "township-parts": Answer((("township-in-parts", "330922200"),), population=BASE),
    "two-line-header": Answer((("header-two-lines", ""),), silent=("xlsx-merged",), stops=True),
    "unit-wan": Answer(population=BASE, capacity={"330922100": 30 / 0.9, "330922200": 20 / 1.2}),
    "utf8-one-bad-byte": Answer((("encoding-bad-byte", "k1"),), stops=True),
    "xy-degrees": Answer((("xy-degrees", "lon"),), stops=True),
}  # fmt: skip


@pytest.fixture
def case(shared_dir: Path, tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """A copy of a case, since the program may write beside its inputs."""
    shutil.copytree(shared_dir / "cases" / "tables" / request.param, tmp_path / "case")
    return tmp_path / "case"


@pytest.mark.parametrize(("case", "answer"), ANSWERS.items(), indirect=["case"], ids=list(ANSWERS))
def test_a_case_is_answered_as_it_says(case: Path, answer: Answer) -> None:
    """The doctor and the analysis name what is wrong with the file, row or column; what runs gives the right people."""
    area = circles.load_area(case / "area.toml")
    said = examine.of_area(area)
    lines = [(item.code, item.line("zh")) for item in said]
    for code, text in answer.found:
        assert any(code == own and text in line for own, line in lines), lines
    assert not {code for code, _ in lines} & set(answer.silent)
    if answer.stops:
        with pytest.raises(InputError) as stop:
            loading.load(area)
        assert {code for code, _ in answer.found} <= {item.code for item in stop.value.findings}
        return
    assert not [item.line("zh") for item in said if item.severity == "error"]
    result = circles.analyse(area)
    assert {code for code, _ in answer.found} <= set(result.findings["code"])
    if answer.population is not None:
        people = result.coverage.query("category == 'childcare' and group == 'population'")
        told = dict(zip(people["township_code"], people["population"], strict=True))
        assert {code: told[code] for code in answer.population} == pytest.approx(answer.population)
    check = result.check.query("rule_id == 'cap'").set_index("township_code")["value"]
    for code, value in answer.capacity.items():
        assert check[code] == pytest.approx(value) if value is not None else check.isna()[code]


@pytest.mark.parametrize("case", ["gdb-folder"], indirect=True)
def test_a_folder_is_refused_with_the_way_out(case: Path) -> None:
    """A file geodatabase is a folder: the finding gives the command that makes a GeoPackage of it."""
    with pytest.raises(InputError) as stop:
        circles.load_area(case / "area.toml")
    assert [(item.code, "ogr2ogr f.gpkg f.gdb" in item.fix("zh")) for item in stop.value.findings] == [
        ("file-format", True)
    ]


# --- forms of the plan -----------------------------------------------------------------------------------------------


def plan(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], ledger: Path, *args: object
) -> tuple[int, str]:
    """Run ``circles plan …`` on a ledger; its exit code and all that it prints."""
    from circles.cli.app import app

    monkeypatch.setenv("CIRCLES_LEDGER", str(ledger))
    code = 0
    try:
        code = int(app(["plan", *map(str, args)], standalone_mode=False) or 0)
    except SystemExit as e:
        code = int(e.code or 0)
    both = capsys.readouterr()
    return code, both.out + both.err


@pytest.mark.parametrize(
    ("case", "text"),
    [("plan-error-cell", "填报!I5"), ("plan-formula-no-cache", "填报!I5"), ("plan-wan-suggestion", "13400")],
    indirect=["case"],
)
def test_a_form_that_cannot_be_read_is_refused(case, text, monkeypatch, capsys, tmp_path) -> None:
    """A cell that reads as empty and is not, and a text for a number, refuse the form and name the cell."""
    code, said = plan(monkeypatch, capsys, tmp_path / "new.sqlite", "import", case / "a.xlsx")
    assert (code, text in said) == (2, True)


@pytest.mark.parametrize("case", ["plan-form-twice"], indirect=True)
def test_two_forms_with_one_figure_are_refused(case, monkeypatch, capsys, tmp_path) -> None:
    """Two files of one import that give the same figure are an error, the same file twice as well; nothing is stored."""
    for files in (("a.xlsx", "b.xlsx"), ("a.xlsx", "a.xlsx")):
        code, said = plan(monkeypatch, capsys, tmp_path / "new.sqlite", "import", *(case / file for file in files))
        assert (code, "form-twice" in said) == (2, True)


@pytest.mark.parametrize("case", ["plan-percent-monitored"], indirect=True)
def test_a_percentage_is_read_as_it_shows(case, monkeypatch, capsys, tmp_path) -> None:
    """35 % typed as a percentage is 35, not 0.35."""
    code, said = plan(monkeypatch, capsys, tmp_path / "new.sqlite", "import", case / "a.xlsx")
    assert code == 0, said
    from circles.plan.ledger import opened

    with opened(str(tmp_path / "new.sqlite")) as book:
        assert {row.value for row in book.entries() if row.unit == "%"} >= {"35", "82.6"}


@pytest.mark.parametrize("case", ["plan-old-correction"], indirect=True)
def test_a_form_taken_before_changes_nothing(case, monkeypatch, capsys, tmp_path) -> None:
    """An old correction that comes once more does not undo the newer one."""
    ledger = tmp_path / "new.sqlite"
    for file in ("a.xlsx", "b.xlsx", "c.xlsx"):
        code, said = plan(monkeypatch, capsys, ledger, "import", case / file)
        assert code == 0, said
    from circles.plan.ledger import opened

    with opened(str(ledger)) as book:
        before = [row.hash for row in book.entries()]
    plan(monkeypatch, capsys, ledger, "import", case / "b.xlsx")
    with opened(str(ledger)) as book:
        assert [row.hash for row in book.entries()] == before


@pytest.mark.parametrize("case", ["plan-verify-truncated"], indirect=True)
def test_a_ledger_that_was_cut_is_told(case, monkeypatch, capsys) -> None:
    """A ledger whose end is gone is said to be cut off, by exit code 2, without a traceback."""
    code, said = plan(monkeypatch, capsys, case / "ledger.sqlite", "verify")
    assert code == 2
    assert "ledger-truncated" in said


@pytest.mark.parametrize("case", ["expected-total-row"], indirect=True)
def test_a_total_in_a_list_is_no_facility(case: Path) -> None:
    """The row 合计 of a list of names is refused with its row, instead of being a facility that nobody reported."""
    from circles.inputs.register.expected import read_expected

    area = circles.load_area(case / "area.toml")
    with pytest.raises(InputError) as stop:
        read_expected(case / "e.csv", area)
    assert [(item.code, item.row) for item in stop.value.findings] == [("total-row", 4)]
