"""Coordinates in another system: the same as geopandas gives, and errors where there is no way."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pyproj
import pytest
import shapely

from circles.foundation.crs import WGS84, between, projected, to_crs

SHAPES = [shapely.Point(122.45, 30.72), shapely.box(122.0, 30.5, 122.5, 31.0), None, shapely.LineString()]


@pytest.mark.parametrize("target", ["EPSG:4550", "EPSG:32651", "EPSG:4326"])
def test_tables_and_columns_come_out_as_geopandas_gives_them(target):
    """Geometry, row labels, column order, name and system are those of geopandas, bit by bit, there and back."""
    frame = gpd.GeoDataFrame({"a": [1, 2, 3, 4]}, geometry=SHAPES, crs="EPSG:4326", index=[7, 5, 3, 1]).assign(b="x")
    for given, ours in (
        (frame, to_crs(frame, target)),
        (frame.geometry, to_crs(frame.geometry, target)),
    ):
        theirs = given.to_crs(target)
        assert type(ours) is type(theirs)
        assert ours.crs == theirs.crs
        assert ours.index.tolist() == theirs.index.tolist()
        assert (shapely.to_wkb(ours.geometry.to_numpy()) == shapely.to_wkb(theirs.geometry.to_numpy())).all()
    assert list(to_crs(frame, target).columns) == ["a", "geometry", "b"]
    assert to_crs(frame.geometry.rename("g"), target).name == "g"


def test_points_go_there_and_back():
    """Points of a county come back within a millimetre, x first."""
    lonlat = np.array([[122.45, 30.72], [122.8, 30.9]])
    metres = projected(lonlat, WGS84, "EPSG:4550")
    assert (np.abs(metres[:, 0] - 500_000) < 60_000).all()
    assert np.allclose(projected(metres, "EPSG:4550", WGS84), lonlat, atol=1e-8, rtol=0)


def test_what_has_no_system_or_no_way_is_an_error():
    """Geometries without a system, and systems that PROJ does not know, are refused."""
    with pytest.raises(ValueError, match="no coordinate reference system"):
        to_crs(gpd.GeoSeries([shapely.Point(1, 2)]), "EPSG:4550")
    with pytest.raises(pyproj.exceptions.ProjError):
        between("EPSG:4326", "nonsense")
