"""A survey saved: as a scenario, or as a network that has what was surveyed. What is written can be run, or nothing is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from circles.analysis import scenario as room
from circles.analysis.surveyed import HEAD, Matched, as_scenario, days_of, scenario_text
from circles.foundation import atomic, errors
from circles.foundation.errors import CallError, Finding
from circles.inputs.loading import Inputs
from circles.outputs import kept_network

_ID = "survey"


@dataclass(frozen=True)
class Saved:
    """What was saved: how many lines came and went, and notes on what was left out."""

    added: int
    removed: int
    notes: tuple[Finding, ...]


def check_target(target: Path) -> None:
    """Refuse a file that a survey cannot be saved in.

    Raises
    ------
    CallError
        Its name ends in neither .toml nor .gpkg, its folder does not exist, or it is a scenario that somebody wrote.
    """
    if target.suffix.lower() not in (".toml", ".gpkg"):
        raise CallError(errors.error("survey-out", str(target), value=target.name))
    if not target.absolute().parent.is_dir():
        raise CallError(errors.error("out-no-parent", str(target), path=str(target.parent)))
    if target.is_dir() or (target.suffix.lower() == ".toml" and target.exists() and not _is_ours(target)):
        raise CallError(errors.error("survey-exists", str(target), value=target.name))


def _is_ours(target: Path) -> bool:
    with target.open("rb") as file:
        return file.read(len(HEAD)) == HEAD.encode()


def save(inputs: Inputs, matched: Matched, target: Path, *, name: str, takes_contradicting: bool) -> Saved:
    """Write a matched survey, once the area has been tried with it.

    Parameters
    ----------
    inputs : the area
    matched : the survey
    target : a ``.toml`` for a scenario, a ``.gpkg`` for the whole network with the survey in it
    name : the scenario's name; the dates follow it
    takes_contradicting : also take what contradicts the streets

    Raises
    ------
    InputError
        Nothing to save, pieces without a date, or links that the area cannot take; nothing is written then.
    """
    titled = f"{name} {days_of(matched)}".strip()
    content, notes = as_scenario(matched, scenario_id=_ID, name=titled, takes_contradicting=takes_contradicting)
    changed = room.apply(inputs, room.read_scenario(content, inputs.area, file=target.name))
    if target.suffix.lower() == ".toml":
        atomic.write_file(target, scenario_text(content).encode("utf-8"))
    else:
        kept_network.write(changed.network.kept(), target, as_of=inputs.area.as_of)
    return Saved(len(content.get("links", ())), len(content.get("remove_streets", ())), tuple(notes))
