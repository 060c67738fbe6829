"""What somebody surveyed on foot: tracks (GPX, KML, GeoJSON), and tables of steps and paths."""

from circles.inputs.survey.model import Named, Surveyed
from circles.inputs.survey.reading import read_survey

__all__ = ["Named", "Surveyed", "read_survey"]
