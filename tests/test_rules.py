"""The ready set of rules: it loads, says where each number comes from, and is judged on the embedded county."""

from __future__ import annotations

import shutil
import tomllib

import pytest

import circles
from circles.analysis.access import walks_of
from circles.analysis.verdicts import MEASURES
from circles.analysis.verdicts.of_area import judged
from circles.foundation.errors import InputError
from circles.inputs.loading import load


@pytest.fixture(scope="module")
def shared(repository, tmp_path_factory):
    """The embedded county with the ready rules from a file of its own, beside it."""
    folder = tmp_path_factory.mktemp("shared")
    shutil.copytree(repository / "data" / "gis" / "shengsi", folder / "county", ignore=shutil.ignore_patterns("facts"))
    shutil.copy(repository / "data" / "rules" / "four-kinds.toml", folder)
    file = folder / "county" / "area.toml"
    text = file.read_text(encoding="utf-8")
    body = 'rules = "../four-kinds.toml"\n' + text[: text.index("[[rules]]")]
    file.write_text(body, encoding="utf-8")
    return file


def test_the_ready_rules_name_their_sources(repository):
    """Every rule of the set has a source; only what a document sets for this very unit is called adopted."""
    rules = tomllib.loads((repository / "data" / "rules" / "four-kinds.toml").read_text(encoding="utf-8"))["rules"]
    assert set(MEASURES) - {"land_share"} == {rule["measure"] for rule in rules}  # which asks for a table of its own
    kinds = {"childcare", "meals", "clinic", "sports"}
    assert kinds == {kind for rule in rules for kind in rule.get("categories", [rule.get("category")])}
    assert [rule["id"] for rule in rules if rule["status"] == "adopted"] == ["childcare-each-township"]
    for rule in rules:
        assert len(rule["source"]) > 15
        assert rule["status"] == "adopted" or "假定" in rule["source"]


def test_rules_are_shared_between_areas(shared):
    """Rules of a file outside the area's folder need --allow-outside; every measure then has a verdict per township."""
    with pytest.raises(InputError):
        circles.load_area(shared)
    area = circles.load_area(shared, allow_outside=True)
    inputs = load(area)
    table = judged(inputs, walks_of(inputs))
    measured = table[table["measure"] != ""]
    assert set(measured["measure"]) == set(MEASURES) - {"land_share"}
    assert measured["verdict"].isin(["met", "not_met"]).all()
    per_township = table.groupby("township_code")["rule_id"].apply(list)
    assert (per_township.apply(lambda ids: ids.count("overall")) == 1).all()
    assert area.extra_inputs[0].name == "four-kinds.toml"
    assert any("four-kinds.toml" in name for name in inputs.digests)
    seats = table[table["rule_id"] == "childcare-seats-infants"].set_index("township")
    assert seats.loc["菜园镇", "value"] == pytest.approx(95 / 0.361)  # 95 seats for 361 infants, per thousand
    islands = table[table["rule_id"] == "clinic-each-island"].set_index("township")
    assert islands.loc["菜园镇", "denominator"] > 1  # 绿华 and other islands stand beside 泗礁


def test_ready_rules_give_norms_to_capacity(shared):
    """The capacity table takes its norm from the capacity rules: 280 seats per thousand infants, 4.5 per thousand people."""
    result = circles.analyse(circles.load_area(shared, allow_outside=True))
    own = result.capacity[(result.capacity["category"] == "childcare") & (result.capacity["township"] == "菜园镇")]
    norms = own.drop_duplicates("group").set_index("group")[["norm_per_1000", "norm_rule"]].to_dict("index")
    assert norms["age_0_2"] == {"norm_per_1000": 280, "norm_rule": "childcare-seats-infants"}
    assert norms["population"] == {"norm_per_1000": 4.5, "norm_rule": "childcare-seats-people"}
    assert (own.dropna(subset=["norm_per_1000"])["places_short"] >= 0).all()
