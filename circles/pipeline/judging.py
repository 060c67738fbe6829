"""Only what a statement of verdicts needs: the verdicts and who is covered, without gaps, circles and the rest."""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd

from circles.analysis.access import Walks, access_table
from circles.analysis.coverage import coverage
from circles.analysis.verdicts.of_area import Verdicts
from circles.area import Area
from circles.inputs.loading import Inputs


@dataclass(frozen=True)
class Judgement:
    """The tables from which a statement is made."""

    area: Area
    check: pd.DataFrame
    coverage: pd.DataFrame
    townships: pd.DataFrame
    residents: pd.DataFrame
    poverty: pd.DataFrame = field(default_factory=pd.DataFrame)


def judgement(inputs: Inputs, walks: Walks) -> Judgement:
    """Return the verdicts of an area as it stands, with the people covered; every walk is walked once."""
    state, area = Verdicts(inputs, walks), inputs.area
    people = pd.DataFrame(inputs.residents.drop(columns="geometry"))
    found = {category.id: state.found(category.id, category.profile) for category in area.categories}
    covered = coverage(people, access_table(walks, found), area, inputs.townships)
    return Judgement(area, state.judged(), covered, pd.DataFrame(inputs.townships.drop(columns="geometry")), people)
