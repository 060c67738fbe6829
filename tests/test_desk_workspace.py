"""The desk's workspace: names that are kept, paths that are found, what a session is and a command shows."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from test_new_area import osm_file

from circles.area import editing, load_area
from circles.desk.commands import command
from circles.desk.identity import Keys, Session
from circles.desk.verdict_table import verdicts
from circles.desk.workspace import RunFolder, Workspace, safe_name
from circles.foundation.errors import CallError
from circles.inputs.new_area import new_area

ENDINGS = (".xlsx", ".csv")


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("设施.xlsx", "设施.xlsx"),
        ("../../etc/设施.csv", "设施.csv"),
        ("C:\\Users\\a b\\设施.csv", "设施.csv"),
        ("..\\..\\con.csv", "_con.csv"),
        (".hidden.csv", "hidden.csv"),
        ("--out.csv", "out.csv"),
        ("a\u202efdp.csv", "afdp.csv"),
        ("a\x00b\n.csv", "ab.csv"),
        ("50%#1.csv", "50__1.csv"),
        (".csv", None),
        ("- .csv", "file.csv"),
        ("run.exe", None),
        ("a.csv/", None),
        ("汉" * 200 + ".csv", "汉" * 60 + ".csv"),
    ],
)
def test_names_are_made_safe(given, kept):
    """A sent file keeps the readable part of its name: no path, no option, nothing hidden or reserved, at most 180 bytes."""
    assert safe_name(given, ENDINGS) == kept


def test_links_that_lead_out_are_not_there(tmp_path):
    """A folder or file of the workspace that points elsewhere is neither listed nor written through."""
    outside, root = tmp_path / "outside", tmp_path / "w"
    outside.mkdir()
    root.mkdir()
    (outside / "area.toml").write_text("[area]\nid = 'x'\n", encoding="utf-8")
    (outside / "t.csv").write_text("id\n", encoding="utf-8")
    try:
        (root / "linked").symlink_to(outside, target_is_directory=True)
        (root / "t.csv").symlink_to(outside / "t.csv")
    except OSError:
        pytest.skip("no symbolic links on this system")
    space = Workspace(root)
    assert space.areas() == []
    assert space.files(root, ENDINGS) == []
    with pytest.raises(CallError):
        space.keep(io.BytesIO(b"x"), root / "linked", "new.csv")
    assert sorted(item.name for item in outside.iterdir()) == ["area.toml", "t.csv"]


def test_nothing_is_replaced(tmp_path):
    """A file that is sent twice stands twice, whole, under two names."""
    space = Workspace(tmp_path)
    space.own.mkdir()
    first, second = (space.keep(io.BytesIO(text), tmp_path / "extracts", "a.csv") for text in (b"1", b"2"))
    assert (first.name, second.name) == ("a.csv", "a-2.csv")
    assert (first.read_bytes(), second.read_bytes()) == (b"1", b"2")
    assert list(space.own.iterdir()) == []


def test_a_session_is_entered_by_its_token_only():
    """Keys differ from start to start; a session has no form of its own before it is entered."""
    keys, other, session = Keys(), Keys(), Session({})
    assert keys.is_token(keys.token)
    assert not any(map(keys.is_token, ("", other.token, keys.token[:-1], keys.token + "x", "令牌")))
    assert not session.is_own_form("")
    session.enter()
    assert session.is_own_form(session.csrf)
    assert not session.is_own_form(Session({}).csrf)


def test_what_is_shown_is_what_is_run():
    """A command is shown argument by argument as it is started, with what a shell would read otherwise in quotes."""
    made = command(
        "en", "area", "use", "a b/area.toml", "--value=category:托儿;rm=x", facilities="it's.csv", full=True, crs=None
    )
    assert made.args[-5:] == ("--facilities", "it's.csv", "--full", "--lang", "en")
    assert made.argv[-len(made.args) :] == list(made.args)
    assert "'a b/area.toml'" in made.shown or '"a b/area.toml"' in made.shown


def test_a_word_may_be_left_out(tmp_path):
    """What the page offers as 不用 can be written into an area file, which is read again as it stands."""
    made = tmp_path / "county"
    new_area(osm_file(tmp_path), made, name="landkreis")
    text = editing.with_words(editing.text_of(made / "area.toml"), {"category": {"其他": ""}})
    editing.rewrite(made / "area.toml", text)
    assert load_area(made / "area.toml").data.values["category"]["其他"] == ""


@pytest.mark.parametrize(
    ("folder", "title"),
    [
        ("shengsi-2026-11-29", "嵊泗县 2026-11-29"), ("shengsi-2026-11-29-2", "嵊泗县 2026-11-29-2"), ("site-shengsi-clinic-2026-11-29", "嵊泗县 2026-11-29"),
        ("compare-shengsi-2026-11-29-shengsi-2026-11-29-2", "嵊泗县 2026-11-29 → 2026-11-29-2"), ("我的结果", "我的结果"),
    ],
)  # fmt: skip
def test_a_result_is_called_by_its_area_s_name(folder, title):
    """No id is in sight where a result is named; a folder that somebody named keeps its name."""
    run = RunFolder("s", Path(folder), "shengsi", "r", "run", "", 0.0, "嵊泗县")
    assert run.title == title


def test_a_result_heads_kinds_as_every_other_product_does(tmp_path):
    """The heading of a kind stands above its column, its name where it has none; the demonstration says no 达标."""
    kinds = [{"id": "a", "name": "托育点", "heading": "托育服务"}, {"id": "b", "name": "球场", "heading": ""}]
    run = {"parameters": {"demonstration": True, "categories": kinds}, "counts_points": False}
    (tmp_path / "run.json").write_text(json.dumps(run), encoding="utf-8")
    (tmp_path / "check.csv").write_text(
        "township_code,township,rule_id,category,measure,value,threshold,verdict,rule_status\n"
        "1,甲镇,r,a,population_share,0.5,0.9,not_met,assumed\n1,甲镇,overall,,,,,not_met,\n",
        encoding="utf-8-sig",
    )
    found = verdicts(tmp_path, "zh")
    assert found.kinds[:2] == ["托育服务", "球场"]
    ((town, cells),) = found.rows
    assert (town, cells[0].symbol, cells[0].word, cells[0].value) == ("甲镇", "▲", "低于参考值", "50.0%")
