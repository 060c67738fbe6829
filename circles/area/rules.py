"""``[[rules]]``: one clause of a document, word for word, with its threshold and where it comes from."""

from __future__ import annotations

import datetime as dt
import difflib
import math
from typing import Annotated, Any, Literal

from pydantic import Field, PrivateAttr, ValidationError, field_serializer, field_validator, model_validator

from circles.area.base import Frozen, Id, Text, error
from circles.foundation import words

TownshipClass = Literal["town", "rural"]
CLASSES: tuple[TownshipClass, ...] = ("town", "rural")
_FAMILIES = (("threshold", "targets"), ("limit_min", "within"), ("category", "categories", "at_least"))
"""Keys of which one replaces the other: what a class overrides puts the base's own away."""


class Kinds(Frozen):
    """``at_least``: so many distinct places of any of these kinds."""

    of: tuple[str, ...] = Field(min_length=1)
    places: int = Field(1, ge=1, le=1000)


class Within(Frozen):
    """``within``: a distance in the place of ``limit_min``, straight or along the streets."""

    radius_m: float | None = Field(None, gt=0, le=100_000)
    network_m: float | None = Field(None, gt=0, le=100_000)

    @model_validator(mode="after")
    def _one_of_them(self) -> Within:
        if (self.radius_m is None) == (self.network_m is None):
            raise error("rule-within-one")
        return self


class Exempt(Frozen):
    """``exempt``: small or emptied townships or islands, to which the rule does not apply."""

    population_below: float | None = Field(None, gt=0)
    of: Literal["township", "island"] = "township"
    codes: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _some(self) -> Exempt:
        if self.population_below is None and not self.codes:
            raise error("rule-exempt-empty")
        return self


class Rule(Frozen):
    """``[[rules]]``: one threshold, with the document it comes from."""

    id: Id
    category: str | None = None
    categories: tuple[str, ...] = ()
    at_least: tuple[Kinds, ...] = ()
    kinds_at_least: int | None = Field(None, ge=1)
    one_site: bool = False
    applies_to: Literal["town", "rural", "all"] = "all"
    measure: str = Field(json_schema_extra=lambda schema: schema.update(enum=list(words.catalogue("measures"))))
    group: str = "population"
    threshold: float = Field(math.nan, ge=0)
    targets: dict[Annotated[int, Field(ge=1900, le=2200)], Annotated[float, Field(ge=0)]] = Field(default_factory=dict)
    limit_min: float | None = Field(None, gt=0, le=1440, description="[walk] limit_min where left out")
    within: Within | None = None
    origins: Literal["residents", "villages"] = "residents"
    profile: str | None = Field(None, description="the category's own where left out")
    percentile: float = Field(
        90.0, gt=0, le=100, description="nearest_minutes: share of people, in percent, within the threshold"
    )
    village_min_share: float = Field(0.5, gt=0, le=1)
    when: str | None = Field(None, description="the id of a moment, or a time: people leave then")
    by_class: dict[str, dict[str, Any]] = Field(default_factory=dict)
    exempt: Exempt | None = None
    due: dt.date | None = None
    source: Text
    address: str = ""
    dated: str = ""
    confidence: Literal["", "read", "secondary"] = ""
    status: Literal["adopted", "proposed", "assumed"]
    _of_class: dict[str, Rule] = PrivateAttr(default_factory=dict)

    @field_validator("at_least", mode="before")
    @classmethod
    def _kinds_by_name(cls, value: Any) -> Any:
        """Read ``{ hall = 1, space = 2 }`` as one entry per kind."""
        if not isinstance(value, dict):
            return value
        if not value:
            raise error("rule-at-least-empty")
        return [{"of": [kind], "places": places} for kind, places in value.items()]

    @field_validator("measure")
    @classmethod
    def _known_measure(cls, value: str) -> str:
        valid = words.catalogue("measures")
        if value not in valid:
            near = difflib.get_close_matches(value, valid, n=1)
            raise error(
                "unknown-measure", value=value[:80], valid=", ".join(sorted(valid)), near=near[0] if near else "–"
            )
        return value

    @field_validator("by_class")
    @classmethod
    def _known_class(cls, value: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
        for name, keys in value.items():
            if name not in CLASSES:
                raise error("rule-unknown-class", value=name[:80], valid=", ".join(CLASSES))
            for key in ("id", "by_class", "applies_to", "status"):
                if key in keys:
                    raise error("rule-class-key", key=f"by_class.{name}.{key}")
        return value

    @field_serializer("threshold", when_used="json")
    def _no_nan(self, value: float) -> float | None:
        return None if math.isnan(value) else value

    @model_validator(mode="after")
    def _consistent(self) -> Rule:
        if bool(self.category) + bool(self.categories) + bool(self.at_least) != 1:
            raise error("area-rule-category")
        if self.id == "overall":
            raise error("area-rule-overall")
        has_threshold = "threshold" in self.model_fields_set
        if has_threshold and self.targets:
            raise error("rule-threshold-and-targets")
        if not has_threshold and not self.targets:
            raise error("rule-no-threshold")
        if self.within is not None and self.limit_min is not None:
            raise error("rule-within-and-limit")
        if self.status == "adopted" and self.confidence == "secondary":
            raise error("rule-adopted-unread")
        self._check_kinds()
        for name, keys in self.by_class.items():
            self._of_class[name] = self._overridden(name, keys)
        return self

    def _check_kinds(self) -> None:
        twice = sorted({kind for kind in self.categories if self.categories.count(kind) > 1})
        twice += sorted({kind for item in self.at_least for kind in item.of if item.of.count(kind) > 1})
        if twice:
            raise error("rule-kind-twice", value=twice[0])
        if (self.kinds_at_least is not None or self.one_site) and not self.categories:
            raise error("rule-kinds-without-categories")
        if (self.kinds_at_least or 0) > len(self.categories):
            raise error("rule-more-kinds-than-named", count=self.kinds_at_least, named=len(self.categories))

    def _overridden(self, name: str, keys: dict[str, Any]) -> Rule:
        """Return the rule with what a class of townships overrides; its mistakes are the rule's own."""
        base = self.model_dump(exclude_unset=True, exclude={"by_class"})
        for family in _FAMILIES:
            if any(key in keys for key in family):
                base = {key: value for key, value in base.items() if key not in family}
        if "at_least" in keys or "category" in keys:
            base = {key: value for key, value in base.items() if key not in ("kinds_at_least", "one_site")}
        try:
            return Rule.model_validate(base | keys)
        except ValidationError as e:
            first = e.errors()[0]
            key = ".".join(["by_class", name, *map(str, first["loc"])])
            if first["type"] in words.finding_codes():
                raise error(first["type"], **first.get("ctx", {})) from None
            code, value = "rule-class-value", repr(first["input"])[:80]
            raise error(code, key=key, value=value, detail=first["msg"]) from None

    def of_class(self, township_class: str) -> Rule:
        """Return the rule as it is for townships of a class: with what ``by_class`` overrides."""
        return self._of_class.get(township_class, self)

    def in_force(self, as_of: dt.date) -> Rule:
        """Return the rule with the target that is in force on a day as its threshold; NaN where none is yet."""
        out = self.model_copy()
        if self.targets:
            due = [year for year in self.targets if dt.date(year, 12, 31) <= as_of]
            out = self.model_copy(update={"threshold": self.targets[max(due)] if due else math.nan})
        out._of_class = {  # noqa: SLF001 - a copy of its own kind
            name: rule.in_force(as_of) for name, rule in self._of_class.items()
        }
        return out

    def next_target(self, as_of: dt.date) -> tuple[float, dt.date] | None:
        """Return the first target that falls due after a day, with the day it is due; None where there is none."""
        later = [year for year in self.targets if dt.date(year, 12, 31) > as_of]
        return (self.targets[min(later)], dt.date(min(later), 12, 31)) if later else None

    @property
    def category_ids(self) -> tuple[str, ...]:
        """Return the categories that the rule names, one or several, each once."""
        if self.category:
            return (self.category,)
        return self.categories or tuple(dict.fromkeys(kind for item in self.at_least for kind in item.of))

    @property
    def kinds(self) -> tuple[Kinds, ...]:
        """Return how many places of which kinds must be there: those of ``at_least``, else one of each category."""
        return self.at_least or tuple(Kinds(of=(kind,)) for kind in self.category_ids)

    @property
    def kinds_needed(self) -> int:
        """Return how many of ``kinds`` must hold: all, unless ``kinds_at_least`` says fewer."""
        return len(self.kinds) if self.kinds_at_least is None else self.kinds_at_least

    @property
    def is_plain(self) -> bool:
        """Return whether it asks for the nearest place of every category within minutes of where people live."""
        counted = bool(self.at_least) or self.kinds_at_least is not None or self.one_site
        return not counted and self.within is None and self.origins == "residents"
