"""What every table of ``area.toml`` is made of: the frozen model, ids, and how a mistake becomes a finding."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

Id = Annotated[str, Field(pattern=r"^[\w.][\w.\-]*$", max_length=200)]
Text = Annotated[str, Field(min_length=1)]


def error(code: str, **values: Any) -> PydanticCustomError:
    """Return the error that becomes the finding ``code`` with these values; its ``id`` is the key unless given."""
    return PydanticCustomError(code, code, values)


class Frozen(BaseModel):
    """A table of the file: values never change, and a key that is not known is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=False, allow_inf_nan=False)
