"""Real extracts with the area file that ``circles area new`` writes: long legs are named, and whoever is not reached has a true reason."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

import circles
from circles.inputs.loading import load
from circles.inputs.new_area import new_area
from circles.inputs.snapped_places import snapped_places

BOXES = {
    "malta.osm.pbf": (14.17, 35.78, 14.60, 36.09),
    "monaco.osm.gz": (7.40, 43.72, 7.44, 43.76),
    "andorra.osm.pbf": (1.40, 42.42, 1.79, 42.66),
}
FUTIAN = """[area]
id = "futian"
name = "福田"
crs = "EPSG:4547"
as_of = 2023-06-01
[data]
network = "futian_drive.graphml"
facilities = ["f.csv"]
residents = { streets = 50 }
"""
NAMES_A_PLACE = {"fragment-snap", "not-joined", "leg-off-land"}


def _folder(shared: Path, file: str, folder: Path) -> Path:
    """Return a new area of an extract; Futian's streets hold no facilities: 64 places in a grid over the district."""
    if file in BOXES:
        new_area(shared / "osm" / file, folder, bbox=BOXES[file])
        return folder
    folder.mkdir()
    shutil.copy(shared / "osm" / file, folder)
    places = [(i, j, ("clinic", "meals")[(i + j) % 2]) for i in range(8) for j in range(8)]
    lines = [f"f{i}{j},场所{i}{j},{kind},{114 + 0.012 * i:.4f},{22.51 + 0.009 * j:.4f}" for i, j, kind in places]
    (folder / "f.csv").write_text("id,name,category,lon,lat\n" + "\n".join(lines) + "\n", encoding="utf-8")
    (folder / "area.toml").write_text(FUTIAN, encoding="utf-8")
    return folder


@pytest.mark.long
@pytest.mark.parametrize("file", [*BOXES, "futian_drive.graphml"])
def test_long_legs_are_named_and_whoever_is_not_reached_has_a_true_reason(file, shared_dir, tmp_path):
    """Of the twenty longest legs each above 50 m is named in a finding; reasons agree with islands, legs and components."""
    area = circles.load_area(_folder(shared_dir, file, tmp_path / "area") / "area.toml")
    inputs = load(area)
    result = circles.analyse(area)
    places, found = snapped_places(inputs), result.findings
    named = set(found.loc[found["code"].isin(NAMES_A_PLACE), "id"].astype(str))
    named |= {part.split(" ")[0] for text in found.loc[found["code"] == "leg-long", "message"] for part in _parts(text)}
    component, _ = inputs.network.connected
    for category in area.categories:
        walker = area.walkers[category.profile]
        mine = np.flatnonzero((inputs.facilities["category"] == category.id).to_numpy())
        homes, doors = places.snapped("residents", walker), places.snapped("facilities", walker)
        for at in mine[~doors.is_snapped[mine]]:
            assert str(inputs.facilities["id"].iloc[at]) in named
        longest = mine[np.argsort(-np.nan_to_num(doors.leg_m[mine]), kind="stable")][:20]
        far = [str(inputs.facilities["id"].iloc[at]) for at in longest if doors.leg_m[at] > 50]
        assert set(far) <= named
        mine = mine[doors.is_snapped[mine]]
        rows = result.access[result.access["category"] == category.id].set_index("resident_id")
        rows = rows.loc[inputs.residents["id"].astype(str)]
        reason, has_minutes = rows["reason"].to_numpy(dtype=object), rows["minutes"].notna().to_numpy()
        assert (has_minutes == (reason == "")).all()
        all_mine = (inputs.facilities["category"] == category.id).to_numpy()
        on_island = np.isin(inputs.resident_island, inputs.facility_island[all_mine])
        assert not on_island[reason == "no_facility_on_island"].any()
        assert not homes.is_snapped[reason == "not_joined"].any()
        ends = component[np.concatenate([doors.edge[mine], doors.second.edge[mine][doors.second.is_snapped[mine]]])]
        near = np.isin(component[homes.edge], ends) & homes.is_snapped
        near |= homes.second.is_snapped & np.isin(component[homes.second.edge], ends)
        assert not has_minutes[~near].any()
        assert near[reason == "beyond_horizon"].all()


def _parts(message: str) -> list[str]:
    return message.replace("：", ": ").split(": ", 1)[-1].split(", ")


@pytest.mark.long
def test_maltas_hospital_is_reached_from_the_network(shared_dir, tmp_path):
    """Mater Dei stands on a cut-off footway of 653 m; people walk to it over its second leg, and a finding says so."""
    area = circles.load_area(_folder(shared_dir, "malta.osm.pbf", tmp_path / "area") / "area.toml")
    result = circles.analyse(area)
    to_it = result.access[result.access["facility_id"] == "w24063943"]
    assert len(to_it) > 100
    assert (to_it["minutes"] <= 15).sum() > 100
    codes = result.findings.loc[result.findings["id"].astype(str) == "w24063943", "code"]
    assert "fragment-snap" in set(codes)
