"""China's coordinate systems: the inverse is exact, the zones are the right ones."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import CRS, Geod

from circles.inputs.readers import cells, datum
from circles.inputs.readers.degrees import sexagesimal

GEOD = Geod(ellps="WGS84")
LON = st.floats(73, 135)
LAT = st.floats(18, 54)


def test_published_place_in_gcj02_and_bd09():
    """A place in Beijing comes out as the published converters give it (116.404, 39.915 in GCJ-02 and BD-09)."""
    bd = datum.gcj02_to_bd09(np.array([116.404]), np.array([39.915]))
    assert bd[0][0] == pytest.approx(116.41036949371029, abs=1e-9)
    assert bd[1][0] == pytest.approx(39.92133699351022, abs=1e-9)
    gcj = datum.wgs84_to_gcj02(np.array([116.404]), np.array([39.915]))
    assert gcj[0][0] == pytest.approx(116.41024449916938, abs=1e-9)
    assert gcj[1][0] == pytest.approx(39.91640428150164, abs=1e-9)


@given(LON, LAT, st.sampled_from(["gcj02", "bd09"]))
def test_inverse_is_exact_over_china(lon, lat, name):
    """There and back again is the same place within 0.05 m (it is below a millimetre)."""
    forward = {"gcj02": datum.wgs84_to_gcj02, "bd09": datum.wgs84_to_bd09}[name]
    a, b = datum.to_wgs84(*forward(np.array([lon]), np.array([lat])), name)
    assert GEOD.inv(lon, lat, a[0], b[0])[2] < 0.001


@given(LON, LAT)
def test_gcj02_shifts_by_less_than_a_kilometre(lon, lat):
    """GCJ-02 moves a place by up to some hundred metres in China, never more than a kilometre or so."""
    a, b = datum.wgs84_to_gcj02(np.array([lon]), np.array([lat]))
    assert GEOD.inv(lon, lat, a[0], b[0])[2] < 1100


def test_geographic_cgcs2000_counts_as_wgs84():
    """WGS 84 and CGCS2000 degrees are left alone, and nothing given is changed in place."""
    lon, lat = np.array([122.45]), np.array([30.72])
    for name in ("wgs84", "cgcs2000"):
        a, b = datum.to_wgs84(lon, lat, name)
        assert (a[0], b[0]) == (122.45, 30.72)
    datum.to_wgs84(lon, lat, "gcj02")
    assert (lon[0], lat[0]) == (122.45, 30.72)


@pytest.mark.parametrize(
    ("easting", "code", "meridian"),
    [(41_447_225.0, 4529, 123), (21_447_225.0, 4499, 123), (25_500_000.0, 4513, 75), (45_500_000.0, 4533, 135),
     (13_500_000.0, 4491, 75), (23_500_000.0, 4501, 135)],
)  # fmt: skip
def test_zone_number_names_its_code(easting, code, meridian):
    """The zone number before an easting gives the EPSG code with that zone's central meridian and false easting."""
    assert datum.zone_code(easting) == code
    params = {p.name: p.value for p in CRS.from_epsg(code).coordinate_operation.params}
    assert params["Longitude of natural origin"] == meridian
    assert params["False easting"] == int(easting // 1e6) * 1e6 + 5e5


@pytest.mark.parametrize("easting", [447_225.0, 3_400_605.0, 46_500_000.0, 12_500_000.0, 41_000_001.0, -41e6])
def test_other_numbers_name_no_zone(easting):
    """Numbers without a zone number of China name no zone."""
    assert datum.zone_code(easting) is None


@pytest.mark.parametrize(
    ("text", "degrees"),
    [
        ("122°27′18″E", 122.455), ("122度27分18秒", 122.455), ("东经122°27′18″", 122.455), ("122 27 18", 122.455),
        ("122:27:18", 122.455), ("30°43.5′N", 30.725), ("30°43′30″S", -30.725),
    ],
)  # fmt: skip
def test_degrees_and_minutes(text, degrees):
    """Degrees, minutes and seconds are understood in the ways they are written."""
    assert sexagesimal(text) == pytest.approx(degrees)


@pytest.mark.parametrize("text", ["122.45", "122°75′", "东", "12345", ""])
def test_no_degrees_and_minutes(text):
    """Other texts, and minutes of 60 or more, are none."""
    assert sexagesimal(text) is None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("20万", 2e5), ("1,234", 1234.0), ("１２３", 123.0), ("50个", 50.0), ("0.5万", 5000.0), ("−3", -3.0),
        ("300㎡", 300.0), (" 7 ", 7.0), ("1e3", 1000.0),
    ],
)  # fmt: skip
def test_numbers_as_people_write_them(text, value):
    """Magnitudes, thousands, full-width digits and units are read as the number meant."""
    assert cells.number(text) == value


@pytest.mark.parametrize("text", ["1_000", "1,23", "12,34,567", "约50", "50-60", "--", "1.2.3", "nil"])
def test_what_is_no_number(text):
    """What may mean several things, or nothing, is no number."""
    assert np.isnan(cells.number(text))
