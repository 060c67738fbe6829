"""Doors: where people enter a facility, from a table or from the entrances of its building in OpenStreetMap."""

from circles.inputs.entrances.model import Doors
from circles.inputs.entrances.of_buildings import doors_of_buildings
from circles.inputs.entrances.placing import placed_doors
from circles.inputs.entrances.table import read_table

__all__ = ["Doors", "doors_of_buildings", "placed_doors", "read_table"]
