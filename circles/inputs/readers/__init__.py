"""One module per kind of input: places, polygons, residents, rasters, terrain, lines."""
