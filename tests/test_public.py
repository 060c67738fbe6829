"""The public edition: what leaves the office, and what never does."""

from __future__ import annotations

import json
import re

import pandas as pd
import pytest
from typer.testing import CliRunner

import circles
from circles import testing
from circles.cli.app import app
from circles.foundation.errors import AreaError
from circles.outputs import public

PHONE = "0580-5081234"
NUMBER = "浙S（2024）12号"


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A finished run of a generated county, a telephone number in the name of each facility."""
    return made(tmp_path_factory.mktemp("run"), "")


def county(root):
    """A generated county of two islands that is no demonstration."""
    root.mkdir(exist_ok=True)
    return testing.write_county(root, name="测试县", side=6, seed=3, residents=60, facilities=6)


def made(root, more):
    file = county(root)
    file.write_text(file.read_text(encoding="utf-8") + more, encoding="utf-8")
    table = pd.read_csv(root / "facilities.csv")
    table.assign(name=f"王医生 {PHONE}").to_csv(root / "facilities.csv", index=False)
    circles.analyse(circles.load_area(file)).save(root / "out")
    return root / "out"


def scanned(folder):
    """Every text of the edition, and the names of its files."""
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    return "\n".join(file.read_text(encoding="utf-8-sig") for file in files), [file.name for file in files]


def test_nothing_private_leaves(run, tmp_path):
    """No resident's id or place, no telephone number, no name of a facility, no line and no raw table is in the edition."""
    done = CliRunner().invoke(app, ["publish", str(run), "--public", "--out", str(tmp_path / "public")])
    assert done.exit_code == 0, done.output
    text, names = scanned(tmp_path / "public")
    assert names == ["index.html", "run.json", "statement.csv"]
    result = json.loads((run / "run.json").read_text(encoding="utf-8"))
    assert result["run_id"] in text
    assert PHONE not in text
    assert "王医生" not in text
    assert not re.search(r"\b1[3-9]\d{9}\b|\b0\d{2,3}-\d{7,8}\b", text)
    assert "<svg" not in text
    assert "<script" not in text
    assert not re.search(r"1[12]\d\.\d{4,}", text)  # no longitude
    for digest in result["inputs"].values():
        assert str(digest) not in text


def test_a_map_needs_its_number(tmp_path):
    """With a review number the page holds a picture that bears it; without a well-formed one the area is refused."""
    out = made(tmp_path / "a", f'\n[map]\nreview_number = "{NUMBER}"\n')
    assert public.publish(out, tmp_path / "public")
    text, _ = scanned(tmp_path / "public")
    assert "<svg" in text
    assert NUMBER in text
    assert "王医生" not in text
    with pytest.raises(AreaError, match="area-review-number"):
        made(tmp_path / "b", '\n[map]\nreview_number = "第12号"\n')


def test_a_demonstration_has_no_public_edition(run, tmp_path):
    """Demonstrations, folders that are no run, and calls without --public end with 2 and write nothing."""
    demo = tmp_path / "demo"
    demo.mkdir()
    record = json.loads((run / "run.json").read_text(encoding="utf-8"))
    (demo / "run.json").write_text(json.dumps({**record, "demonstration": True}), encoding="utf-8")
    for args, code in (
        ([str(demo), "--public"], "publish-demonstration"), ([str(tmp_path / "none"), "--public"], "compare-no-folder"),
        ([str(run)], "publish-not-public"),
    ):  # fmt: skip
        done = CliRunner().invoke(app, ["publish", *args, "--out", str(tmp_path / "out")])
        assert (done.exit_code, code in done.output) == (2, True), done.output
        assert not (tmp_path / "out").exists()
    (demo / "run.json").write_text(json.dumps(record), encoding="utf-8")
    done = CliRunner().invoke(app, ["publish", str(demo), "--public", "--out", str(tmp_path / "out")])
    assert (done.exit_code, "publish-map-missing" in done.output) == (2, True), done.output


@pytest.mark.parametrize(
    ("entry", "code"),
    [
        ('{ file = "facilities.csv", level = "内部" }', ""), ('{ file = "facilities.csv", level = "公开" }', ""),
        ('{ file = "facilities.csv", level = "涉密" }', "area-classified"),
        ('{ file = "facilities.csv", level = "秘密" }', "area-level-unknown"),
    ],
)  # fmt: skip
def test_classified_data_are_refused(entry, code, tmp_path):
    """An entry of [data] may say how far it may travel; what is 涉密 is refused before it is read."""
    file = county(tmp_path)
    text = file.read_text(encoding="utf-8")
    changed = re.sub(r"^facilities = .*$", f"facilities = [{entry}]", text, count=1, flags=re.MULTILINE)
    assert changed != text
    file.write_text(changed, encoding="utf-8")
    if not code:
        assert circles.load_area(file).data.facilities == ("facilities.csv",)
        return
    with pytest.raises(AreaError, match=code):
        circles.load_area(file)
